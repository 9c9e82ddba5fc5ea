"""The hour of a moment on its day: clocks, parts of the day, shifts, and the end of the day where nothing is said."""

from datetime import UTC, date, datetime, time, timedelta

from backend.domain.calendar import WorkCalendar
from backend.domain.phrases.moment import When
from backend.domain.phrases.reasons import Ask

NOON = 12 * 60
EVENING = 20 * 60
NIGHT = 22 * 60


def moment(when: When, day: date, calendar: WorkCalendar) -> tuple[datetime, list[Ask]]:
    """The moment of the day that was said, its end if none was."""
    if when.minute is not None:
        minute, asks = _minute(when)
        return _wall(day, minute, calendar), asks
    if when.part:
        return _part(when, day, calendar)
    return (calendar.day_start(day) if when.edge == "dau" else calendar.day_end(day)), []


def _minute(when: When) -> tuple[int, list[Ask]]:
    """The minute of the day: a part of the day settles morning or afternoon, else 1 to 6 is afternoon."""
    minute = when.minute or 0
    if when.settled or minute >= 13 * 60:
        wrong = {"sang": NOON, "trua": 14 * 60}.get(when.part or "", 24 * 60)
        early = when.settled and when.part in ("chieu", "toi") and minute < NOON
        return minute, ["hour"] if minute > wrong or early else []
    if minute < 60:
        return minute, ["hour"] if when.part not in (None, "dem") else []
    half = 12 * 60
    if when.part is None:
        return (minute + half if minute < 7 * 60 else minute), []
    if when.part == "sang":
        return minute % half if minute >= NOON + 60 else minute, ["hour"] if minute >= NOON else []
    if when.part == "trua":
        late = minute < 4 * 60
        return (minute + half if late else minute), [] if late or minute >= 10 * 60 else ["hour"]
    if when.part == "chieu":
        return (minute if minute >= NOON else minute + half), [] if minute < 8 * 60 or minute >= NOON else ["hour"]
    if minute >= NOON or minute < 5 * 60:
        # "12h đêm", "2h đêm": the night belongs to two days.
        return (24 * 60 if minute >= NOON else minute), ["hour"]
    return minute + half, []


def _part(when: When, day: date, calendar: WorkCalendar) -> tuple[datetime, list[Ask]]:
    """The end of a shift, or its start with "đầu giờ"; noon, evening and night are hours of the clock."""
    if when.part == "trua":
        return _wall(day, NOON, calendar), []
    if when.part in ("toi", "dem"):
        return _wall(day, EVENING if when.part == "toi" else NIGHT, calendar), ["hour"] if when.part == "dem" else []
    like = calendar.working_day_from(day)
    shifts = [
        (start.hour * 60 + start.minute, end.hour * 60 + end.minute or 24 * 60)
        for start, end in calendar.shifts_on(like)
    ]
    morning = [shift for shift in shifts if shift[0] < NOON]
    after = [shift for shift in shifts if shift[1] > NOON]
    if when.part == "sang":
        start, end = (morning[0][0], min(morning[-1][1], NOON)) if morning else (7 * 60 + 30, NOON)
    else:
        start, end = (max(after[0][0], NOON), after[-1][1]) if after else (13 * 60 + 30, 17 * 60 + 30)
    return _wall(day, start if when.edge == "dau" else end, calendar), []


def _wall(day: date, minute: int, calendar: WorkCalendar) -> datetime:
    """A wall time of the calendar's zone; one that the clocks skip comes out as one that exists."""
    at = datetime.combine(day, time(), calendar.zone) + timedelta(minutes=minute)
    return at.astimezone(UTC).astimezone(calendar.zone)
