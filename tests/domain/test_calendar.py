"""Working time: the golden cases of domain.md §3, the laws that hold everywhere, and the edges."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.calendars.default import DEFAULT_DATA, default_calendar
from backend.domain.calendar import (
    CalendarChange,
    CalendarData,
    CalendarVersion,
    DayOff,
    MakeUpDay,
    NoWorkingTime,
    OutOfRange,
    Shift,
    StillPaused,
    WorkCalendar,
    inherit,
)
from backend.domain.calendar_data import parse_shifts, week

OFFICE = "07:30-11:30 13:30-17:30"
FIVE_DAYS = (*[OFFICE] * 5, "", "")
ALL_DAY = ("00:00-24:00",) * 7
NIGHTS = ("00:00-06:00 22:00-24:00",) * 7
VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


def calendar(zone: str = "Asia/Ho_Chi_Minh", hours: tuple[str, ...] = FIVE_DAYS, **more: object) -> WorkCalendar:
    data = CalendarData(zone, (CalendarVersion(date(2020, 1, 1), week(hours)),))
    return WorkCalendar(msgspec.structs.replace(data, **more))


def at(text: str, zone: str | ZoneInfo = VIETNAM, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone) if isinstance(zone, str) else zone, fold=fold)


@pytest.mark.parametrize(
    ("start", "minutes", "due"),
    [
        pytest.param("2026-02-13T16:30", 480, "2026-02-23T16:30", id="G1 over Tet"),
        pytest.param("2026-03-02T11:00", 60, "2026-03-02T14:00", id="G2 over lunch"),
        pytest.param("2026-03-02T11:45", 60, "2026-03-02T14:30", id="G3 from lunch"),
        pytest.param("2026-03-06T15:30", 240, "2026-03-09T09:30", id="G4 over a weekend"),
        pytest.param("2025-12-31T16:30", 480, "2026-01-05T16:30", id="G5 over New Year and its swap"),
        pytest.param("2026-01-05T07:30", 2640, "2026-01-10T11:30", id="G6 into a make-up Saturday"),
        pytest.param("2026-08-21T16:30", 480, "2026-08-22T16:30", id="G7 make-up Saturday in August"),
        pytest.param("2026-03-02T07:30", 240, "2026-03-02T11:30", id="lands on the end of a shift and stays"),
        pytest.param("2026-03-02T11:30", 1, "2026-03-02T13:31", id="the end of a shift is outside it"),
        pytest.param("2026-03-07T10:00", 0, "2026-03-07T10:00", id="adding nothing, even on a Saturday"),
        pytest.param("2026-03-02T08:00:59.999999", 1, "2026-03-02T08:01", id="floored to the minute"),
    ],
)
def test_minutes(start: str, minutes: int, due: str) -> None:
    assert default_calendar().add(at(start), minutes) == at(due)


def test_day_rules() -> None:
    office = default_calendar()
    assert office.due_in_working_days(at("2026-02-13T09:00"), 3) == at("2026-02-25T17:30")  # G10
    assert office.due_in_calendar_days(at("2026-02-12T09:00"), 3) == at("2026-02-23T17:30")  # G11
    assert office.due_in_calendar_days(at("2026-03-02T23:59"), 1) == at("2026-03-03T17:30")
    assert office.due_in_working_days(at("2026-03-07T09:00"), 1) == at("2026-03-09T17:30")  # from a Saturday
    # The day is that of the office, not of whoever asks: 18:00 UTC is already the next day in Vietnam.
    assert office.due_in_working_days(datetime(2026, 3, 2, 18, tzinfo=UTC), 1) == at("2026-03-04T17:30")


def test_a_paused_clock() -> None:
    office = default_calendar()
    start, pause = at("2026-03-02T08:00"), (at("2026-03-02T10:00"), at("2026-03-03T15:00"))
    assert office.add(start, 480, [pause]) == at("2026-03-04T11:00")  # G13
    overlapping = [
        (at("2026-03-03T11:00"), at("2026-03-03T15:00")),
        (at("2026-03-02T10:00"), at("2026-03-03T14:00")),
        (at("2026-03-02T12:00"), at("2026-03-02T13:00")),
        (at("2026-02-27T12:00"), at("2026-03-01T13:00")),
    ]
    assert office.add(start, 480, overlapping) == at("2026-03-04T11:00")
    assert office.between(start, at("2026-03-04T11:00"), overlapping) == 480
    assert office.between(at("2026-03-04T11:00"), start, overlapping) == -480
    assert office.add(start, 120, [pause]) == at("2026-03-02T10:00")  # used up as the pause begins


def test_a_clock_that_is_still_paused() -> None:
    office = default_calendar()
    start, still = at("2026-03-02T08:00"), (at("2026-03-02T10:00"), None)
    assert office.add(start, 120, [still]) == at("2026-03-02T10:00")
    assert office.between(start, at("2026-03-09T08:00"), [still]) == 120
    with pytest.raises(StillPaused):
        office.add(start, 121, [still])
    with pytest.raises(StillPaused):
        office.add(start, 1, [(at("2026-02-02T10:00"), None)])
    with pytest.raises(ValueError, match="ends before it begins"):
        office.add(start, 1, [(start, start - timedelta(minutes=1))])


def test_working_minutes_late() -> None:
    late = default_calendar().between(at("2026-03-06T17:00"), at("2026-03-09T08:00"))
    assert late == 60  # G14
    assert default_calendar().between(at("2026-03-09T08:00"), at("2026-03-06T17:00")) == -60


def test_subtracting_lands_on_the_start_of_a_shift() -> None:
    office = default_calendar()
    assert office.subtract(at("2026-03-02T14:30"), 60) == at("2026-03-02T13:30")
    assert office.subtract(at("2026-03-02T14:30"), 61) == at("2026-03-02T11:29")
    assert office.subtract(at("2026-02-23T16:30"), 480) == at("2026-02-13T16:30")
    assert office.subtract(at("2026-02-21T16:30:30"), 0) == at("2026-02-21T16:30")


def test_moments() -> None:
    office = default_calendar()
    assert office.is_working(at("2026-03-02T07:30"))
    assert not office.is_working(at("2026-03-02T11:30"))
    assert office.is_working(at("2026-01-10T09:00"))
    assert not office.is_working(at("2026-01-02T09:00"))
    assert office.next_working(at("2026-03-02T11:30")) == at("2026-03-02T13:30")
    assert office.next_working(at("2026-03-02T11:29:30")) == at("2026-03-02T11:29")
    assert office.next_working(at("2026-02-13T17:30")) == at("2026-02-23T07:30")
    assert office.previous_working(at("2026-02-23T07:29")) == at("2026-02-13T17:30")
    assert office.previous_working(at("2026-02-23T07:30")) == at("2026-02-23T07:30")
    assert office.previous_working(at("2026-03-02T11:30")) == at("2026-03-02T11:30")
    # A fresh calendar that has only built the year it is asked about still looks back into the one before.
    assert WorkCalendar(DEFAULT_DATA).previous_working(at("2026-01-01T08:00")) == at("2025-12-31T17:30")


def test_days() -> None:
    office = default_calendar()
    assert office.is_working_day(date(2026, 8, 22))
    assert not office.is_working_day(date(2026, 8, 31))
    assert office.next_working_day(date(2026, 2, 13)) == date(2026, 2, 23)
    assert office.nth_working_day(date(2026, 2, 23), -1) == date(2026, 2, 13)
    assert office.nth_working_day(date(2026, 1, 1), 249) == date(2026, 12, 31)
    assert WorkCalendar(DEFAULT_DATA).nth_working_day(date(2026, 7, 1), 600).year == 2028
    assert office.working_day_from(date(2026, 2, 23)) == date(2026, 2, 23)
    assert office.working_day_from(date(2026, 2, 21)) == date(2026, 2, 23)
    assert office.shifts_on(date(2026, 3, 2)) == (
        (at("2026-03-02T07:30"), at("2026-03-02T11:30")),
        (at("2026-03-02T13:30"), at("2026-03-02T17:30")),
    )
    assert office.shifts_on(date(2026, 3, 1)) == ()


def test_why_a_day_is_off() -> None:
    office = default_calendar()
    assert office.why_off(date(2026, 3, 2)) is None
    weekend, swap, kings = (office.why_off(date(2026, *day)) for day in ((3, 1), (1, 2), (4, 27)))
    assert weekend is not None
    assert (weekend.kind, weekend.name) == ("weekend", "")
    assert swap is not None
    assert (swap.kind, swap.decision) == ("holiday", "12729/VPCP-KGVX")
    assert kings is not None
    assert (kings.name, kings.decision) == ("Giỗ Tổ Hùng Vương (nghỉ bù)", "")


def test_a_day_off_keeps_its_ordinary_hours() -> None:
    office = default_calendar()
    assert office.day_start(date(2026, 3, 2)) == at("2026-03-02T07:30")
    assert office.day_end(date(2026, 3, 2)) == at("2026-03-02T17:30")
    assert office.day_start(date(2026, 2, 17)) == at("2026-02-17T07:30")
    assert office.day_end(date(2026, 2, 17)) == at("2026-02-17T17:30")
    assert office.day_end(date(2026, 3, 1)) == at("2026-03-01T17:30")
    six_days = calendar(hours=(OFFICE,) * 5 + ("07:30-11:30", ""), days_off=(DayOff(date(2026, 3, 7), "x"),))
    assert six_days.day_end(date(2026, 3, 7)) == at("2026-03-07T11:30")  # what that Saturday would have had
    assert six_days.day_end(date(2026, 3, 8)) == at("2026-03-08T17:30")  # what most days of the week have


def test_the_reviewed_table() -> None:
    off = {day.on: day for day in DEFAULT_DATA.days_off}
    weekdays = {year: sorted(on for on in off if on.year == year and on.weekday() < 5) for year in (2025, 2026)}
    assert [f"{on:%m-%d}" for on in weekdays[2025]] == [
        *("01-01", "01-27", "01-28", "01-29", "01-30", "01-31", "04-07", "04-30", "05-01", "05-02", "09-01", "09-02")
    ]
    assert [f"{on:%m-%d}" for on in weekdays[2026]] == [
        *("01-01", "01-02", "02-16", "02-17", "02-18", "02-19", "02-20", "04-27"),
        *("04-30", "05-01", "08-31", "09-01", "09-02", "11-24"),
    ]
    assert {(day.on, day.like_weekday) for day in DEFAULT_DATA.make_up_days} == {
        (date(2025, 4, 26), 4),
        (date(2026, 1, 10), 4),
        (date(2026, 8, 22), 0),
    }
    assert {day.status for day in off.values() if day.on.year < 2027} == {"confirmed"}
    assert {day.status for day in off.values() if day.on.year == 2027} == {"unconfirmed"}


def test_2027_is_what_the_library_proposes() -> None:
    holidays = pytest.importorskip("holidays")
    proposed = set(holidays.country_holidays("VN", years=2027))
    assert {day.on for day in DEFAULT_DATA.days_off if day.on.year == 2027} == proposed


def test_hours_change_from_a_date() -> None:
    summer = CalendarVersion(date(2026, 4, 15), week(("07:00-11:00 13:00-17:00",) * 5 + ("", "")))
    office = calendar(versions=(CalendarVersion(date(2026, 1, 1), week(FIVE_DAYS)), summer))
    assert office.add(at("2026-04-14T16:30"), 120) == at("2026-04-15T08:00")
    assert office.day_end(date(2026, 4, 15)) == at("2026-04-15T17:00")
    assert office.day_end(date(2025, 4, 15)) == at("2025-04-15T17:30")  # the first version rules what came before it


def test_a_unit_below_has_its_own_days() -> None:
    change = CalendarChange(
        days_off=(DayOff(date(2026, 3, 3), "Ngày truyền thống tỉnh"),),
        make_up_days=(MakeUpDay(date(2026, 11, 24), 1, "Trực một cửa"),),
    )
    commune = WorkCalendar(inherit(DEFAULT_DATA, change))
    assert commune.add(at("2026-03-02T17:00"), 60) == at("2026-03-04T08:00")
    assert commune.is_working_day(date(2026, 11, 24))
    assert not commune.is_working_day(date(2026, 1, 2))
    assert inherit(DEFAULT_DATA, CalendarChange()) == DEFAULT_DATA


@pytest.mark.parametrize(
    ("zone", "hours", "start", "minutes", "due"),
    [
        # 2026-03-08 02:00 New York: an hour is skipped. 2026-11-01 02:00: an hour is worked twice.
        ("America/New_York", ALL_DAY, "2026-03-08T01:00", 120, "2026-03-08T04:00"),
        ("America/New_York", ALL_DAY, "2026-03-08T01:00", 60, "2026-03-08T03:00"),
        ("America/New_York", ALL_DAY, "2026-11-01T00:00", 180, "2026-11-01T02:00"),
        ("America/New_York", NIGHTS, "2026-03-07T22:00", 480, "2026-03-08T22:60"),
        ("America/New_York", FIVE_DAYS, "2026-03-06T16:30", 120, "2026-03-09T08:30"),
        ("Australia/Lord_Howe", ALL_DAY, "2026-04-05T00:00", 150, "2026-04-05T02:00"),
        ("Pacific/Apia", ALL_DAY, "2011-12-29T23:00", 120, "2011-12-31T01:00"),  # 30 December never was
    ],
)
def test_changes_of_clocks(zone: str, hours: tuple[str, ...], start: str, minutes: int, due: str) -> None:
    office = calendar(zone, hours)
    expected = at(due.replace("22:60", "23:00"), zone)
    assert office.add(at(start, zone), minutes) == expected
    assert office.add(at(start, zone), minutes).replace(tzinfo=None) == expected.replace(tzinfo=None)
    assert office.subtract(expected, minutes) == at(start, zone)


def test_a_repeated_hour_is_told_apart() -> None:
    office = calendar("America/New_York", ALL_DAY)
    midnight = at("2026-11-01T00:00", "America/New_York")
    first, second = office.add(midnight, 90), office.add(midnight, 150)
    assert first.replace(tzinfo=None) == second.replace(tzinfo=None) == datetime.fromisoformat("2026-11-01T01:30")
    assert (first.fold, second.fold) == (0, 1)
    assert office.between(first, second.astimezone(UTC)) == 60


def test_a_day_that_never_was_does_not_work() -> None:
    office = calendar("Pacific/Apia", (OFFICE,) * 7)
    assert not office.is_working_day(date(2011, 12, 30))
    assert office.shifts_on(date(2011, 12, 30)) == ()
    assert office.next_working_day(date(2011, 12, 29)) == date(2011, 12, 31)


def test_naive_times_and_wrong_numbers_are_refused() -> None:
    office = default_calendar()
    naive, aware = datetime.fromisoformat("2026-03-02T08:00"), at("2026-03-02T08:00")
    with pytest.raises(ValueError, match="time zone"):
        office.add(naive, 1)
    with pytest.raises(ValueError, match="time zone"):
        office.between(aware, naive)
    with pytest.raises(ValueError, match="negative"):
        office.add(aware, -1)
    with pytest.raises(ValueError, match="negative"):
        office.subtract(aware, -1)
    with pytest.raises(ValueError, match="at least 1"):
        office.due_in_working_days(aware, 0)
    with pytest.raises(ValueError, match="0th"):
        office.nth_working_day(aware.date(), 0)


def test_far_away_is_an_error_not_a_wait() -> None:
    office = WorkCalendar(DEFAULT_DATA)
    aware = at("2026-03-02T08:00")
    assert office.add(aware, 1_000_000).year == 2034
    for far in (10**9, 10**30):
        with pytest.raises(OutOfRange):
            office.add(aware, far)
        with pytest.raises(OutOfRange):
            office.subtract(aware, far)
        with pytest.raises(OverflowError):
            office.due_in_calendar_days(aware, far)
        with pytest.raises(OutOfRange):
            office.due_in_working_days(aware, far)
    for year in (1, 1972, 2200, 9999):
        with pytest.raises(OutOfRange):
            office.is_working(datetime(year, 6, 1, tzinfo=UTC))
        with pytest.raises(OutOfRange):
            office.is_working_day(date(year, 6, 1))
    assert len(office._timeline.index.days) < 365 * 40, "refusing must not build the centuries it refuses"


def test_the_last_years_that_can_be_computed() -> None:
    office = WorkCalendar(DEFAULT_DATA)
    last = office.previous_working(datetime(2199, 12, 30, tzinfo=UTC))
    assert office.add(last - timedelta(hours=1), 60) == last
    with pytest.raises(OutOfRange):
        office.add(last, 10_000)
    assert office.next_working(datetime(1973, 1, 1, tzinfo=UTC)) == at("1973-01-01T08:00")


def test_a_calendar_without_any_working_time() -> None:
    never = calendar(hours=("",) * 7)
    aware = at("2026-03-02T08:00")
    assert never.add(aware, 0) == aware
    assert never.between(aware, aware + timedelta(days=400)) == 0
    assert not never.is_working(aware)
    assert never.why_off(aware.date()) is not None
    for ask in (
        lambda: never.add(aware, 1),
        lambda: never.subtract(aware, 1),
        lambda: never.next_working(aware),
        lambda: never.previous_working(aware),
        lambda: never.next_working_day(aware.date()),
        lambda: never.due_in_calendar_days(aware, 1),
        lambda: never.day_end(aware.date()),
    ):
        with pytest.raises(NoWorkingTime):
            ask()


def test_a_unit_that_closes_for_good() -> None:
    closed = CalendarVersion(date(2026, 7, 1), week(("",) * 7))
    office = calendar(versions=(CalendarVersion(date(2020, 1, 1), week(FIVE_DAYS)), closed))
    assert office.next_working(at("2026-06-30T12:00")) == at("2026-06-30T13:30")
    assert office.previous_working(at("2030-01-01T12:00")) == at("2026-06-30T17:30")
    with pytest.raises(OutOfRange):
        office.add(at("2026-06-30T13:30"), 241)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Shift(60, 60),
        lambda: Shift(-1, 60),
        lambda: Shift(0, 1441),
        lambda: CalendarVersion(date(2026, 1, 1), week(FIVE_DAYS[:6])),
        lambda: CalendarVersion(date(2026, 1, 1), week(("08:00-12:00 11:00-13:00", *FIVE_DAYS[1:]))),
        lambda: MakeUpDay(date(2026, 1, 10), 7, "x"),
        lambda: calendar("Asia/Atlantis"),
        lambda: calendar("../etc/passwd"),
        lambda: calendar(versions=()),
        lambda: calendar(versions=(CalendarVersion(date(2026, 1, 1), week(FIVE_DAYS)),) * 2),
        lambda: calendar(days_off=(DayOff(date(2026, 1, 10), "x"),) * 2),
        lambda: calendar(
            days_off=(DayOff(date(2026, 1, 10), "x"),), make_up_days=(MakeUpDay(date(2026, 1, 10), 4, "y"),)
        ),
        lambda: calendar(day_minutes=0),
        lambda: parse_shifts("07:30"),
        lambda: parse_shifts("07:30-25:00"),
        lambda: parse_shifts("07:30:30-09:00"),
    ],
)
def test_calendars_that_cannot_be(wrong: object) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        wrong()  # type: ignore[operator]


def test_data_survives_json() -> None:
    assert msgspec.json.decode(msgspec.json.encode(DEFAULT_DATA), type=CalendarData) == DEFAULT_DATA


LAWFUL = st.sampled_from(
    [
        default_calendar(),
        calendar("America/New_York", ALL_DAY),
        calendar("America/St_Johns", NIGHTS),  # until 2011 its clocks went back over midnight
        calendar("Europe/London", ("00:30-01:30 01:45-09:00", *FIVE_DAYS[1:6], "01:00-03:00")),
        calendar("Australia/Lord_Howe", ("01:15-02:45 10:00-10:01",) * 7),
        calendar("Pacific/Apia", (OFFICE,) * 7),
        calendar("Africa/Cairo", ("23:00-24:00", "00:00-01:00", *FIVE_DAYS[2:])),
    ]
)
INSTANTS = st.datetimes(datetime(2005, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
MINUTES = st.integers(0, 100_000) | st.integers(0, 1000)


@given(LAWFUL, INSTANTS, MINUTES)
def test_law_between_undoes_add(office: WorkCalendar, start: datetime, n: int) -> None:
    due = office.add(start, n)
    assert office.between(start, due) == n
    assert office.between(due, start) == -n
    assert due.tzinfo is office.zone
    assert due == office.add(start.astimezone(office.zone), n) == due.astimezone(UTC).astimezone(office.zone)


@given(LAWFUL, INSTANTS, MINUTES)
def test_law_subtract_undoes_add_inside_a_shift(office: WorkCalendar, start: datetime, n: int) -> None:
    inside = office.next_working(start)
    assert office.is_working(inside)
    assert office.subtract(office.add(inside, n), n) == inside


@given(LAWFUL, INSTANTS, MINUTES, MINUTES)
def test_law_adding_in_two_goes(office: WorkCalendar, start: datetime, n: int, more: int) -> None:
    assert office.add(office.add(start, n), more + 1) == office.add(start, n + more + 1)
    assert office.subtract(office.subtract(start, n), more + 1) == office.subtract(start, n + more + 1)


@given(LAWFUL, INSTANTS, INSTANTS, INSTANTS)
def test_law_between_adds_up(office: WorkCalendar, a: datetime, b: datetime, c: datetime) -> None:
    assert office.between(a, b) + office.between(b, c) == office.between(a, c)


@given(LAWFUL, INSTANTS, MINUTES, st.lists(st.tuples(INSTANTS, INSTANTS).map(lambda ends: (min(ends), max(ends)))))
def test_law_pauses(office: WorkCalendar, start: datetime, n: int, pauses: list[tuple[datetime, datetime]]) -> None:
    due = office.add(start, n, pauses)
    assert office.between(start, due, pauses) == n
    assert due >= office.add(start, n)
    assert office.add(start, n, pauses[::-1] * 2) == due


@given(LAWFUL, st.dates(date(2005, 1, 1), date(2028, 1, 1)), st.integers(1, 700))
def test_law_working_days(office: WorkCalendar, on: date, n: int) -> None:
    later = office.nth_working_day(on, n)
    assert office.is_working_day(later)
    assert office.working_day_from(on) in (on, office.next_working_day(on))
    if office.is_working_day(on):
        assert office.nth_working_day(later, -n) == on
        assert sum(office.between(*shift) for shift in office.shifts_on(on)) > 0
