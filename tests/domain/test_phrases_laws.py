"""What holds for every line whatever it says: it never raises, loses nothing, and is read again as it was echoed."""

import unicodedata
from datetime import datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from backend.domain.calendar import CalendarData, CalendarVersion, WorkCalendar
from backend.domain.calendar_data import week
from backend.domain.phrases import Phrase, Roster, Somebody, echo, parse
from backend.domain.phrases.text import plain
from tests.domain.phrases_office import at, calendar, gist, office, said

pytestmark = pytest.mark.one_database

_WORDS = """
giao cho @an @mai @nobody +@tung mỗi @công-an-phường/* phối hợp với chị Hương anh Năm đồng chí trưởng phòng tư pháp chủ tịch
báo cáo kế hoạch PCCC gặp nộp hồ sơ của về lễ 2/9 đường 30/4 quý 3 công văn số 12/2026/NĐ-CP 0912345678 hạn trước chậm nhất
17h 8g30 5pm 3h chiều sáng tối mai mốt hôm nay thứ 6 t2 cn tuần sau cuối đầu giữa tháng quý năm ngày 30 31/11 30/11/2026 mùng 5
âm lịch trong sau 3 giờ ngày làm việc nữa gấp khẩn hỏa tốc trọng số 1,5 cần duyệt hằng tuần :: , . ; : ( ) - \n by Friday next end
of month in 2 days urgent every 99 9999 0h 24h 31/2 kể từ từ đến và
"""
WORDS = [
    *_WORDS.split(),
    "\n",
    "âm lịch",
    "trưởng phòng tư pháp",
    "ngày làm việc",
    "phối hợp với",
    "giờ làm việc",
    "kể từ",
]

lines = st.one_of(
    st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join),
    st.text(max_size=60),
    st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=6)), max_size=10).map(" ".join),
)
moments = st.integers(0, 60 * 24 * 1095).map(lambda minutes: at("2025-01-01T00:00") + timedelta(minutes=minutes))
MONDAY = at("2026-11-23T09:00")

#: What may disappear around a recognised piece without being part of it.
SEPARATORS = set(" \t\r\n,;:-–—.!?()[]|•*>+&:\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0")


@given(lines, moments)
@example("1/1/9999", MONDAY)
@example("@an 9999 năm nữa", MONDAY)
@example("\ud800 @an hạn mai", MONDAY)
@example("İ@an ß hạn ١٢h", MONDAY)
def test_any_line_is_understood_somehow(line: str, now: datetime) -> None:
    phrase = parse(line, now, calendar, office())
    assert (phrase.confidence == "ask") == bool(phrase.asks)
    if phrase.confidence == "certain":
        assert phrase.leads
        assert phrase.title
        assert all(lead.handle for lead in phrase.leads)
        assert phrase.due is not None
        assert phrase.due > now.replace(second=0, microsecond=0)
    if phrase.due is not None:
        assert ("day_off" in phrase.flags) == (not calendar.is_working_day(phrase.due.date()))
    assert (phrase.rule is None) == (phrase.due is None)


@given(lines, moments)
def test_nothing_is_lost(line: str, now: datetime) -> None:
    """Spans and title make up the line: in order, without overlap, with only separators between them missing."""
    phrase = parse(line, now, calendar, office())
    reached = 0
    for span in phrase.spans:
        assert reached <= span.start < span.end <= len(line)
        reached = span.end
    if "::" not in line:
        assert _letters(_outside(line, phrase)) == _letters(phrase.title)


def _outside(line: str, phrase: Phrase) -> str:
    taken = {i for span in phrase.spans for i in range(span.start, span.end)}
    return "".join(letter if i not in taken else " " for i, letter in enumerate(line))


def _letters(text: str) -> str:
    return "".join(letter for letter in text if letter not in SEPARATORS and not letter.isspace())


@given(lines, moments)
def test_echo_is_read_as_the_same_draft(line: str, now: datetime) -> None:
    phrase = parse(line, now, calendar, office())
    again = parse(echo(phrase), now, calendar, office())
    assert gist(again) == gist(phrase)
    assert echo(again) == echo(phrase)
    in_english = parse(echo(phrase, "en"), now, calendar, office())
    assert gist(in_english) == gist(phrase)


@given(lines)
def test_composed_or_decomposed_is_the_same(line: str) -> None:
    line = unicodedata.normalize("NFC", line)
    one, other = said(line), said(unicodedata.normalize("NFD", line))
    assert unicodedata.normalize("NFC", other.title) == unicodedata.normalize("NFC", one.title)
    assert [lead.handle for lead in other.leads] == [lead.handle for lead in one.leads]
    assert (other.due, other.urgency, other.weight, other.asks) == (one.due, one.urgency, one.weight, one.asks)


VERBS = ("lập báo cáo", "kiểm tra máy chủ", "nộp sổ họp", "chuẩn bị hội trường")
PEOPLE = ("@an", "giao chị Mai", "giao anh Tùng", "nhờ anh Năm", "giao chánh văn phòng", "mỗi @an @mai", "@an +@tung")
TIMES = (
    "hạn 17h thứ 6", "trước thứ sáu tuần sau", "hạn cuối tháng", "trước ngày 30 tháng 11", "3h chiều mai",
    "trong 3 ngày làm việc",
    "2 giờ nữa", "chậm nhất cuối tuần sau", "hạn mùng 5", "sáng thứ năm", "hằng tuần vào thứ tư",
)  # fmt: skip
MARKS = ("", ", gấp", ", thượng khẩn", ", hỏa tốc", ", trọng số 2", ", cần duyệt")


@given(st.sampled_from(PEOPLE), st.sampled_from(VERBS), st.sampled_from(TIMES), st.sampled_from(MARKS))
def test_accents_make_no_difference_where_nothing_is_ambiguous(who: str, what: str, when: str, mark: str) -> None:
    full = said(f"{who} {what} {when}{mark}")
    bare = said(plain(f"{who} {what} {when}{mark}"))
    assert full.confidence == "certain"
    assert gist(bare) == {**gist(full), "title": plain(full.title)}
    assert bare.confidence == "certain"
    assert gist(said(f"{who} {what} {when}{mark}".upper())) == {**gist(full), "title": full.title.upper()}


@given(st.integers(0, 60 * 24 * 700), st.sampled_from(TIMES))
def test_certain_deadlines_lie_ahead(minutes: int, when: str) -> None:
    now = at("2026-01-01T00:00") + timedelta(minutes=minutes)
    phrase = parse(f"@an lập báo cáo {when}", now, calendar, office())
    assert phrase.due is None or phrase.due > now


def test_calendar_without_working_time_asks() -> None:
    never = WorkCalendar(CalendarData("Asia/Ho_Chi_Minh", (CalendarVersion(MONDAY.date(), week([""] * 7)),)))
    for words in ("mai", "cuối tuần", "cuối tháng", "sáng thứ 6", "trong 3 ngày làm việc"):
        phrase = parse(f"@an nộp sổ hạn {words}", MONDAY, never, office())
        assert (phrase.due, phrase.asks) == (None, ["no_working_day"])


def test_other_zones_and_summer_time() -> None:
    shifts = week(["09:00-17:00"] * 5 + ["", ""])
    berlin = WorkCalendar(CalendarData("Europe/Berlin", (CalendarVersion(MONDAY.date(), shifts),)))
    now = datetime(2026, 3, 27, 10, tzinfo=berlin.zone)
    roster = Roster([Somebody("an", "An Berger")])
    assert str(parse("@an review by 2:30am Sunday", now, berlin, roster).due) == "2026-03-29 03:30:00+02:00"
    assert str(parse("@an review in 48 hours", now, berlin, roster).due) == "2026-03-29 11:00:00+02:00"
    assert str(parse("@an review sáng mai", now, berlin, roster).due) == "2026-03-28 12:00:00+01:00"
