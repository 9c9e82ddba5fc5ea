"""The account of a due time: every minute once, with a reason, adding up to what was counted."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.calendars.default import default_calendar
from backend.domain.calendar import CalendarData, CalendarVersion, DayOff, Reason, Span, WorkCalendar
from backend.domain.calendar_data import week

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
MINUTE = timedelta(minutes=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


def told(spans: tuple[Span, ...]) -> list[str]:
    return [
        f"{span.start:%d %H:%M} {span.end:%d %H:%M} {'+' if span.counted else '-'} {span.reason.kind}" for span in spans
    ]


def test_a_day_with_lunch_and_a_night() -> None:
    spans = default_calendar().explain(at("2026-03-02T11:00"), at("2026-03-03T08:00"))
    assert told(spans) == [
        "02 11:00 02 11:30 + shift",
        "02 11:30 02 13:30 - lunch",
        "02 13:30 02 17:30 + shift",
        "02 17:30 03 07:30 - night",
        "03 07:30 03 08:00 + shift",
    ]


def test_holidays_carry_their_name_and_decision() -> None:
    office = default_calendar()
    spans = office.explain(at("2025-12-31T16:30"), office.add(at("2025-12-31T16:30"), 480))
    assert told(spans) == [
        "31 16:30 31 17:30 + shift",
        "31 17:30 01 00:00 - night",
        "01 00:00 02 00:00 - holiday",
        "02 00:00 03 00:00 - holiday",
        "03 00:00 05 00:00 - weekend",
        "05 00:00 05 07:30 - night",
        "05 07:30 05 11:30 + shift",
        "05 11:30 05 13:30 - lunch",
        "05 13:30 05 16:30 + shift",
    ]
    assert spans[2].reason == Reason("holiday", "Tết Dương lịch")
    assert spans[3].reason == Reason("holiday", "Nghỉ hoán đổi (làm bù thứ Bảy 10/1/2026)", "12729/VPCP-KGVX")


def test_a_make_up_day_says_why_it_counts() -> None:
    spans = default_calendar().explain(at("2026-01-10T00:00"), at("2026-01-10T11:30"))
    assert [(span.counted, span.reason.kind, span.reason.decision) for span in spans] == [
        (False, "night", ""),
        (True, "make_up", "12729/VPCP-KGVX"),
    ]


def test_an_unconfirmed_holiday_says_so() -> None:
    (span,) = default_calendar().explain(at("2027-02-08T08:00"), at("2027-02-08T09:00"))
    assert span.reason.status == "unconfirmed"


def test_a_pause_is_the_only_reason_while_it_lasts() -> None:
    start, due = at("2026-03-02T08:00"), at("2026-03-04T11:00")
    pauses = [(at("2026-03-02T10:00"), at("2026-03-03T15:00")), (at("2026-03-02T09:30"), at("2026-03-02T10:00"))]
    spans = default_calendar().explain(start, due, pauses)
    assert told(spans) == [
        "02 08:00 02 09:30 + shift",
        "02 09:30 03 15:00 - pause",
        "03 15:00 03 17:30 + shift",
        "03 17:30 04 07:30 - night",
        "04 07:30 04 11:00 + shift",
    ]
    still = default_calendar().explain(start, due, [(at("2026-03-02T10:00"), None)])
    assert told(still)[1:] == ["02 10:00 04 11:00 - pause"]


def test_nothing_to_explain() -> None:
    office, start = default_calendar(), at("2026-03-02T08:00")
    assert office.explain(start, start) == ()
    with pytest.raises(ValueError, match="forwards"):
        office.explain(start, start - MINUTE)
    with pytest.raises(ValueError, match="time zone"):
        office.explain(start.replace(tzinfo=None), start)


def test_spans_are_plain_data() -> None:
    (span,) = default_calendar().explain(at("2026-03-02T08:00"), at("2026-03-02T09:00"))
    assert msgspec.json.decode(msgspec.json.encode(span), type=Span).reason == Reason("shift")
    assert msgspec.to_builtins(span)["start"] == "2026-03-02T08:00:00+07:00"


def _odd(zone: str, *hours: str) -> WorkCalendar:
    version = CalendarVersion(date(2020, 1, 1), week(hours))
    return WorkCalendar(CalendarData(zone, (version,), (DayOff(date(2026, 3, 8), "x"),)))


OFFICES = st.sampled_from(
    [
        default_calendar(),
        _odd("America/New_York", *["00:30-01:30 01:30-02:30 22:00-24:00"] * 7),
        _odd("America/St_Johns", *["00:00-01:00 22:30-24:00"] * 7),
        _odd("Pacific/Apia", *["08:00-12:00"] * 5, "", "00:00-24:00"),
    ]
)
INSTANTS = st.datetimes(datetime(2009, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
LENGTHS = st.timedeltas(timedelta(0), timedelta(days=30))


@given(OFFICES, INSTANTS, LENGTHS, st.lists(st.tuples(LENGTHS, LENGTHS | st.none()), max_size=4))
def test_every_minute_once_and_adding_up(
    office: WorkCalendar, start: datetime, length: timedelta, stops: list[tuple[timedelta, timedelta | None]]
) -> None:
    end = start + length
    pauses = [(start + after, None if lasts is None else start + after + lasts) for after, lasts in stops]
    spans = office.explain(start, end, pauses)
    counted = sum((span.end.astimezone(UTC) - span.start.astimezone(UTC)) // MINUTE for span in spans if span.counted)
    assert counted == office.between(start, end, pauses)
    if spans:
        assert spans[0].start == start.replace(second=0, microsecond=0)
        assert spans[-1].end == end.replace(second=0, microsecond=0)
    for earlier, later in pairwise(spans):
        assert earlier.end == later.start
        assert (earlier.counted, earlier.reason) != (later.counted, later.reason)
    for span in spans:
        assert span.start.astimezone(UTC) < span.end.astimezone(UTC)
        assert span.counted == (span.reason.kind in ("shift", "make_up"))
        if span.reason.kind != "pause":
            assert office.is_working(span.start) == span.counted
