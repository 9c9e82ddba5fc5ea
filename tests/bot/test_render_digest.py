"""Digests in words: short lines, the right ones, within the size of one message."""

import html
import re
from datetime import date, timedelta
from typing import Any

import pytest

from backend.domain import notices as said
from backend.domain.notices import HeldTask, LateOfficer, TaskRef
from backend.domain.types import Urgency
from bot.channel import Text
from bot.render import render
from bot.render_digest import block
from bot.render_slot import tasks_of, together
from bot.simulator.markup import parse_html, utf16_len
from bot.words import Voice
from tests.fakes import vn

URL = "https://viec.example.vn"
VI, EN = (Voice(locale, URL) for locale in ("vi", "en"))
NOW = vn("2026-11-25 08:00")
#: What the reader calls their tasks.
NUMBERS = {task_id: task_id + 1 for task_id in range(100)}


def task(number: int, title: str = "Báo cáo", due: str = "2026-11-25 17:00", **more: Any) -> TaskRef:
    return TaskRef(number, f"CV26-{number:06d}", title, vn(due), **more)


def morning(*tasks: TaskRef, count: int = 0, overdue: int = 0) -> said.MorningList:
    return said.MorningList(on=NOW.date(), tasks=tasks, count=count or len(tasks), overdue=overdue)


def leader(*tasks: TaskRef, more: int = 0, lead: str = "Nguyễn Văn An") -> said.LeaderDigest:
    ahead = sum(one.due_at > NOW for one in tasks)
    return said.LeaderDigest(
        at=NOW,
        tasks=tuple(HeldTask(one, lead) for one in tasks),
        ahead=ahead + more,
        overdue=len(tasks) - ahead,
        period="2026-11",
        done_on_time=12,
        done_late=2,
        open_in_time=5,
        open_late=1,
    )


def weekly(**chosen: Any) -> said.WeeklyDigest:
    values: dict[str, Any] = {
        "from_on": date(2026, 11, 23), "until_on": date(2026, 11, 29), "late": 3, "late_officers": 2,
        "officers": (LateOfficer("An", 2), LateOfficer("Bình", 1)), "waivers": 1, "appeals": 2, "unlinked": 4,
        "period": "2026-11", "done_on_time": 1, "done_late": 2, "open_in_time": 3, "open_late": 4,
    }  # fmt: skip
    return said.WeeklyDigest(**{**values, **chosen})


def labels(text: Text) -> list[tuple[str, str]]:
    return [(button.label, button.data) for row in text.buttons for button in row]


def test_a_morning_list_says_by_when_and_what_was_put_off() -> None:
    put_off = task(2, "Kiểm <tra>", "2026-12-04 17:30", urgency=Urgency.URGENT)
    text = render(morning(task(1), put_off, count=7, overdue=2), VI)
    assert text.html.split("\n") == [
        "<b>Việc hôm nay, thứ Tư 25/11/2026</b>",
        f'- 17:00 <a href="{URL}/tasks/CV26-000001">CV26-000001</a>: <b>Báo cáo</b>',
        f'- <a href="{URL}/tasks/CV26-000002">CV26-000002</a>: <b>[KHẨN] Kiểm &lt;tra&gt;</b> '
        "(anh/chị hẹn làm tiếp hôm nay, hạn 04/12 17:30)",
        "… và 5 việc khác",
        "Đang quá hạn: 2 việc.",
    ]
    assert text.buttons == ()


def test_a_task_with_a_number_is_named_by_it_because_that_is_what_is_typed() -> None:
    numbers = {1: 4, 2: 9, 3: 12}
    text = together([morning(task(1), task(2, secret=True), task(7))], VI, numbers, maybe_sent=True)
    lines = text.plain.split("\n")
    assert [line.split()[0] for line in lines[1:4]] == ["4.", "9.", "-"]
    assert "việc mật CV26-000002" in lines[2]
    assert text.plain.endswith("(có thể gửi lặp)")
    asked = together([leader(task(1), task(7), task(3, due="2026-11-23 17:00"))], VI, numbers)
    assert [line.split()[0] for line in asked.plain.split("\n")[1:4]] == ["4.", "-", "12."]
    assert labels(asked) == [("Nhắc 4", "b:1:nudge"), ("Nhắc CV26-000007", "b:7:nudge")]
    assert tasks_of([morning(task(1)), leader(task(3)), said.TaskDueNow(task=task(2)), weekly()]) == [1, 3, 2]


def test_a_list_shows_five_tasks_and_counts_the_others() -> None:
    text = render(morning(*(task(number) for number in range(10)), count=12), VI).plain
    assert text.count("\n- ") == 5
    assert "… và 7 việc khác" in text
    assert "quá hạn" not in text


def test_a_leader_sees_who_holds_it_and_asks_with_one_tap() -> None:
    late = task(3, "Rà soát", "2026-11-23 17:00")
    text = render(leader(task(1), task(2, secret=True), late, more=4), VI)
    lines = text.plain.replace(f" ({URL}/tasks/CV26-000001)", "").split("\n")
    assert lines[0] == "Việc của đơn vị, thứ Tư 25/11/2026"
    assert lines[1] == "- hạn 25/11 17:00, Nguyễn Văn An, CV26-000001: Báo cáo"
    assert lines[2] == f"- việc mật CV26-000002 ({URL}/tasks/CV26-000002)"
    assert lines[3].startswith("- quá hạn từ 23/11 17:00, Nguyễn Văn An, CV26-000003")
    assert lines[4] == "… và 4 việc khác"
    assert lines[5] == (
        "Việc có hạn trong tháng 11/2026: 20 việc; xong đúng hạn 12, xong trễ 2, đang làm còn hạn 5, "
        "đang làm quá hạn 1."
    )
    assert labels(text) == [("Nhắc CV26-000001", "b:1:nudge")], "neither a secret task nor one past saving"


def test_hr_sees_the_week_and_only_what_there_is() -> None:
    text = render(weekly(late_officers=9), VI).plain
    assert "Tuần từ thứ Hai 23/11/2026 đến hết Chủ nhật 29/11/2026" in text
    assert "Trễ hạn trong tuần: 3 việc, của An (2), Bình (1) và 7 người khác." in text
    assert f"1 đề nghị xác nhận nguyên nhân khách quan, tại {URL}/requests." in text
    assert "2 kiến nghị về điểm" in text
    assert "Chưa nối chat nào: 4 người." in text, "written by an older release"
    assert "Việc có hạn trong tháng 11/2026: 10 việc" in text
    bare = render(weekly(late=0, late_officers=0, officers=(), waivers=0, appeals=0), VI).plain
    assert len(bare.split("\n")) == 3


def test_hr_sees_how_whoever_has_no_chat_is_reached() -> None:
    counts = {"unreached": 1, "only_mail": 2, "only_push": 1}
    assert (
        "Chưa nối chat: 4 người (không nhận được tin bằng cách nào: 1; chỉ nhận qua e-mail: 2; "
        f"chỉ nhận thông báo trên máy: 1), tại {URL}/people."
    ) in render(weekly(**counts), VI).plain
    assert (
        "No chat linked: 4 people (1 cannot be reached at all; 2 only by e-mail; "
        f"1 only by notifications on a device), see {URL}/people."
    ) in render(weekly(**counts), EN).plain
    assert f"4 người (chỉ nhận qua e-mail: 4), tại {URL}/people." in render(weekly(only_mail=4), VI).plain


@pytest.mark.parametrize(
    "notice",
    [
        weekly(officers=(LateOfficer("An", 1),), late=1, waivers=1, appeals=1, unlinked=1, unreached=1),
        morning(task(1, "Plan", "2026-12-04 17:00"), count=2, overdue=1),
        leader(task(1, "Plan"), more=1, lead="An"),
        weekly(officers=(LateOfficer("An", 1),), late_officers=2, late=1, waivers=1, appeals=1, unlinked=1),
    ],
)
def test_english_has_its_singulars_and_no_vietnamese_letters(notice: Any) -> None:
    text = render(notice, EN).plain
    assert re.findall(r"[^\x00-\x7f“”…]", text) == []
    assert "1 tasks" not in text
    assert "1 requests" not in text
    assert "1 people" not in text


def test_digests_stand_below_the_lines_and_do_not_say_a_task_twice() -> None:
    lines = [said.TaskDueSoon(task=task(1)), said.TaskAtRisk(task=task(4), lead="An", times=2, gone=80)]
    text = together([morning(task(1), task(2)), lines[0], leader(task(4), task(5)), lines[1]], VI, {1: 1, 4: 2})
    blocks = text.plain.split("\n\n")
    assert [block.split()[0] for block in blocks] == ["2", "1.", "2.", "Việc", "Việc"]
    assert "CV26-000001" not in blocks[3]
    assert "CV26-000002" in blocks[3]
    assert "CV26-000004" not in blocks[4]
    assert "CV26-000005" in blocks[4]
    assert labels(text)[-1] == ("Nhắc CV26-000005", "b:5:nudge")
    assert {label.split(" ·")[0] for label, _ in labels(text)[:-1]} == {"1", "2"}


def test_a_digest_that_the_lines_have_said_whole_is_left_out() -> None:
    text = together([said.TaskDueSoon(task=task(1)), morning(task(1), overdue=3)], VI, {1: 1})
    assert text.plain.startswith("1 việc cần để mắt:")
    assert "Việc hôm nay" not in text.plain
    counted = together([said.TaskDueSoon(task=task(1)), leader(task(1))], VI, {1: 1})
    assert "đơn vị" not in counted.plain


def test_digests_alone_have_no_head() -> None:
    text = together([morning(task(1)), leader(task(2))], VI, {}).plain
    assert text.startswith("Việc hôm nay")
    assert "\n\nViệc của đơn vị" in text
    assert "để mắt" not in text


@pytest.mark.parametrize("voice", [VI, EN], ids=["vi", "en"])
@pytest.mark.parametrize("words", ["Việc dài " * 60, "𝔘<&>" * 200], ids=["long", "odd"])
def test_everything_a_slot_may_hold_fits_into_one_message(voice: Voice, words: str) -> None:
    lines: list[Any] = [said.TaskDueSoon(task=task(number, words)) for number in range(5)]
    lines += [said.TaskAtRisk(task=task(9 + number, words), lead=words, times=2, gone=80) for number in range(5)]
    tasks = [task(20 + number, words) for number in range(10)]
    digests = [morning(*tasks, count=40, overdue=9), leader(*tasks, more=30, lead=words)]
    digests.append(weekly(officers=(LateOfficer(words, 3),) * 5, late_officers=70))  # type: ignore[arg-type]
    for told in (lines, lines[:1], []):
        text = together([*told, *digests], voice, NUMBERS, maybe_sent=True)
        plain, _ = parse_html(text.html)
        assert utf16_len(plain) <= 4096
        assert "{" not in plain
        assert html.unescape(plain).count("\n- ") <= 10
        assert "20 việc" in plain or "11/2026: 20" in plain, "the numbers are never cut"
    assert len(labels(together([*lines, *digests], voice, NUMBERS))) > 5


def test_a_line_is_not_given_up_for_a_digest() -> None:
    lines: list[Any] = [said.TaskDueSoon(task=task(number, "Báo cáo " * 36)) for number in range(5)]
    alone = together(lines, VI, NUMBERS)
    both = together([*lines, morning(*(task(20 + number, "Việc " * 20) for number in range(9)), count=9)], VI, NUMBERS)
    assert [one for one in labels(both) if one[0][0].isdigit()] == labels(alone)
    assert "Việc hôm nay" in both.plain


def test_who_was_asked_after_says_so() -> None:
    text = block(leader(task(1), task(2)), VI, nudged={1})
    assert text is not None
    assert [data for _, data in labels(text)] == ["b:2:nudge"]
    assert text.plain.count("(đã nhắc)") == 1


def test_a_task_late_at_the_moment_of_the_digest_is_overdue_in_it() -> None:
    text = render(leader(task(1, due="2026-11-25 08:00")), VI)
    assert "quá hạn từ 25/11 08:00" in text.plain
    assert text.buttons == ()
    assert render(leader(TaskRef(1, "CV26-000001", "Việc", NOW + timedelta(minutes=1))), VI).buttons != ()
