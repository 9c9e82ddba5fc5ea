"""Every notice in both languages: what it says, what can be pressed, and what a secret task never tells."""

import html
import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, get_args, get_type_hints

import msgspec
import pytest

from backend.domain import notices as said
from backend.domain.notices import AnyNotice, TaskNotice, TaskRef
from backend.domain.types import Urgency
from bot.channel import Text
from bot.lines import press
from bot.render import render
from bot.render_slot import together
from bot.simulator.markup import parse_html, utf16_len
from bot.words import Voice, cut
from tests.fakes import vn

KINDS: tuple[type[said.Notice], ...] = get_args(AnyNotice)
URL = "https://viec.example.vn"
DUE = vn("2026-11-27 17:00")
VOICES = {locale: Voice(locale, URL) for locale in ("vi", "en")}


def sample(kind: type[said.Notice], words: str, *, secret: bool = False, **chosen: Any) -> Any:
    """A notice of a kind with ``words`` in everything a person writes."""
    task = TaskRef(123, "CV26-000123", words, DUE, Urgency.URGENT, secret)
    by_type: dict[Any, Any] = {
        str: words, int: 3, bool: True, type(DUE): DUE, date: date(2026, 11, 27), Decimal: Decimal("2.5"),
        TaskRef: task, tuple[str, ...]: (words, words), Decimal | None: Decimal("2.5"),
        tuple[TaskRef, ...]: (task,) * 3, tuple[said.HeldTask, ...]: (said.HeldTask(task, words),) * 3,
        tuple[said.LateOfficer, ...]: (said.LateOfficer(words, 2),) * 3,
    }  # fmt: skip
    values = {
        name: by_type.get(hint, {}) for name, hint in get_type_hints(kind).items() if name in kind.__struct_fields__
    }
    values |= {"part": "lead", "channel": "telegram", "why": "share", "params": {"share": "1/3"}, "what": "reported"}
    values |= {"period": "2026-11", "step": "head", "band": "good", "handle": "an"}
    values["url"] = f"{URL}/links/abc"  # ours, never written by people
    values |= chosen
    return kind(**{name: value for name, value in values.items() if name in kind.__struct_fields__})


def pressed(text: Text) -> list[str]:
    return [button.data for row in text.buttons for button in row]


@pytest.mark.parametrize("locale", ["vi", "en"])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_kind_is_said_within_telegrams_limits(kind: type[said.Notice], locale: str) -> None:
    for words in ("Plan", "𝔘<&>" * 3000):
        text = render(sample(kind, words), VOICES[locale], maybe_sent=True)
        plain, _ = parse_html(text.html)
        assert 1 <= utf16_len(plain) <= utf16_len(text.html) <= 4096
        assert all(1 <= len(data.encode()) <= 64 for data in pressed(text))
        assert "{" not in plain


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_english_has_no_vietnamese_letters(kind: type[said.Notice]) -> None:
    for chosen in (
        {},
        {"done": False, "major_error": False, "authority": False, "on_behalf_of": "", "what": "accepted"},
    ):
        text = render(sample(kind, "Plan", **chosen), VOICES["en"], maybe_sent=True)
        written = text.plain + "".join(button.label for row in text.buttons for button in row)
        assert re.findall(r"[^\x00-\x7f“”…]", written) == []


@pytest.mark.parametrize("locale", ["vi", "en"])
@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if issubclass(kind, TaskNotice)], ids=lambda kind: kind.__name__
)
def test_a_secret_task_shows_its_code_and_a_link_and_nothing_else(kind: type[said.Notice], locale: str) -> None:
    text = render(sample(kind, "Tuyệt mật", secret=True), VOICES[locale], maybe_sent=True)
    everything = html.unescape(text.html) + " ".join(button.label for row in text.buttons for button in row)
    assert "Tuyệt mật" not in everything
    assert "27/11" not in everything
    assert f"{URL}/tasks/CV26-000123" in text.html
    assert set(pressed(text)) <= {"t:123:ack", "n:123:ack"}


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if issubclass(kind, TaskNotice)], ids=lambda kind: kind.__name__
)
def test_every_notice_of_a_task_leads_to_its_page(kind: type[said.Notice]) -> None:
    text = render(sample(kind, "Báo cáo"), VOICES["vi"])
    assert f'<a href="{URL}/tasks/CV26-000123">CV26-000123</a>' in text.html
    assert "<b>[KHẨN] Báo cáo</b>" in text.html


def test_what_people_write_is_never_markup() -> None:
    text = render(sample(said.TaskReported, "<b>&amp;</b> 5 < 6"), VOICES["vi"])
    plain, entities = parse_html(text.html)
    assert plain.count("<b>&amp;</b> 5 < 6") == 3
    assert {entity["type"] for entity in entities} == {"bold", "text_link"}


def test_the_card_asks_for_the_four_acts() -> None:
    text = render(sample(said.TaskAssigned, "Báo cáo", by="Lê Quốc Dũng", on_behalf_of=""), VOICES["vi"])
    assert pressed(text) == ["t:123:ack", "t:123:report", "t:123:extend", "t:123:details"]
    assert [button.label for row in text.buttons for button in row] == [
        "Đã nhận",
        "Báo cáo xong",
        "Xin gia hạn",
        "Chi tiết",
    ]
    assert "Hạn: 17:00 thứ Sáu 27/11/2026" in text.plain
    assert "Người giao: Lê Quốc Dũng" in text.plain
    lent = render(sample(said.TaskAssigned, "Báo cáo", by="Phó", on_behalf_of="Chủ tịch"), VOICES["vi"])
    assert "Phó (thay mặt Chủ tịch)" in lent.plain


@pytest.mark.parametrize(
    ("part", "acts"), [("coordinator", ["t:123:ack", "t:123:details"]), ("watcher", ["t:123:details"])]
)
def test_other_parts_have_the_buttons_of_their_part(part: str, acts: list[str]) -> None:
    assert pressed(render(sample(said.TaskAssigned, "Báo cáo", part=part), VOICES["vi"])) == acts
    secret = render(sample(said.TaskAssigned, "Báo cáo", part=part, secret=True), VOICES["vi"])
    assert pressed(secret) == (["t:123:ack"] if part == "coordinator" else [])


def test_a_report_is_decided_under_it_unless_it_is_done() -> None:
    waiting = render(sample(said.TaskReported, "Xong", done=False), VOICES["vi"])
    assert pressed(waiting)[:3] == ["n:123:accept", "n:123:return", "n:123:return_major"]
    assert "Kèm 3 tệp." in waiting.plain
    done = render(sample(said.TaskReported, "Xong", done=True, files=0, text=""), VOICES["vi"])
    assert pressed(done) == ["n:123:details"]
    assert "Kèm" not in done.plain
    assert "Nội dung" not in done.plain


def test_a_question_for_time_is_decided_by_its_number() -> None:
    text = render(sample(said.ExtensionAsked, "Chờ", extension_id=9), VOICES["vi"])
    assert pressed(text) == ["n:123:approve:9", "n:123:refuse:9", "n:123:details"]


@pytest.mark.parametrize("kind", [said.TaskDueSoon, said.TaskDueNow, said.TaskOverdue, said.TaskNudged])
def test_a_reminder_asks_for_one_tap(kind: type[said.Notice]) -> None:
    assert pressed(render(sample(kind, "Việc"), VOICES["vi"]))[:2] == ["n:123:working", "n:123:done"]


def test_a_reminder_says_why_and_an_unknown_reason_stays_unsaid() -> None:
    assert "Đã qua 1/3 thời gian." in render(sample(said.TaskDueSoon, "Việc"), VOICES["vi"]).plain
    bare = render(sample(said.TaskDueSoon, "Việc", why="no_such_reason"), VOICES["vi"]).plain
    assert bare == render(sample(said.TaskDueSoon, "Việc", why="share", params={}), VOICES["vi"]).plain


def test_a_reminder_gives_the_readers_own_counts_and_the_leader_hears_of_the_officers() -> None:
    own = render(sample(said.TaskDueSoon, "Việc", params={"share": "1/3", "late": 2, "still": 7}), VOICES["vi"]).plain
    assert "2 trong 7 việc của anh/chị" in own
    risk = sample(said.TaskAtRisk, "Việc", lead="An", times=3, gone=75, late=2, still=7, skipped=("Hoàng Minh Tuấn",))
    text = render(risk, VOICES["vi"])
    assert "2 trong 7 việc của người này" in text.plain
    assert "Hoàng Minh Tuấn" in text.plain
    assert pressed(text) == ["n:123:heed", "n:123:nudge", "n:123:details"]
    unknown = sample(said.TaskAtRisk, "Việc", lead="An", times=3, gone=75, late=0, still=0, skipped=())
    assert "việc của người này" not in render(unknown, VOICES["vi"]).plain


def test_several_lines_are_numbered_and_what_does_not_fit_is_named() -> None:
    lines = [sample(said.TaskDueSoon, "Báo cáo " + "dài " * 70) for _ in range(14)]
    text = together(lines, VOICES["vi"], {123: 1})
    assert text.plain.startswith("14 việc cần để mắt:")
    assert len(text.plain) < 4096
    assert "việc nữa: CV26-000123" in text.plain
    told = sum("Đã xong" in button.label for row in text.buttons for button in row)
    assert 1 < told <= 10
    assert f"Và {14 - told} việc nữa" in text.plain


def test_a_repeat_says_that_it_may_be_one() -> None:
    once = render(sample(said.TaskAccepted, "Việc"), VOICES["vi"])
    again = render(sample(said.TaskAccepted, "Việc"), VOICES["vi"], maybe_sent=True)
    assert again.plain == f"{once.plain}\n\n(có thể gửi lặp)"
    assert again.buttons == once.buttons


def test_being_late_says_what_it_costs_and_how_to_ask() -> None:
    text = render(sample(said.TaskLate, "Việc", late_minutes=120, instance=1), VOICES["en"]).plain
    assert "Points lost: 2.5." in text
    assert "by 2 hours of working time" in text
    assert "waived" in text


def test_a_recurrence_that_failed_names_the_error_in_words() -> None:
    text = render(said.RecurrenceFailed(title="Báo cáo tuần", problem="no_position"), VOICES["en"]).plain
    assert "no_position" not in text
    assert (
        "whatever happened" in render(said.RecurrenceFailed(title="x", problem="whatever happened"), VOICES["en"]).plain
    )


def test_plain_text_spells_links_out() -> None:
    voice = VOICES["en"]
    text = render(said.SignInLink(url=f"{URL}/links/a&b", until=DUE + timedelta(days=7)), voice)
    assert text.plain.endswith(f"\n{URL}/links/a&b")
    assert f"CV26-000123 ({URL}/tasks/CV26-000123)" in render(sample(said.TaskAccepted, "Plan"), voice).plain


def test_words_are_cut_between_characters() -> None:
    assert cut("abcdef", 6) == "abcdef"
    assert cut("abcdefg", 6) == "abcde…"
    assert cut("𝔘𝔘𝔘𝔘", 6) == "𝔘𝔘…"
    assert cut("a&b&c", 8) == "a&b…"
    assert cut("a" * 5 + " " + "b" * 5, 7) == "aaaaa…"


def test_data_of_a_button_fits_whatever_the_task() -> None:
    button = press(VOICES["vi"], 10**15, "return_major", arg=10**15)
    assert len(button.data.encode()) <= 64


def test_every_notice_survives_the_outbox() -> None:
    for kind in KINDS:
        notice = sample(kind, "Việc")
        assert msgspec.json.decode(msgspec.json.encode(notice), type=AnyNotice) == notice
