"""Counting for whoever asks, by command, by line or over HTTP: one question, one answer, one pure function."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from backend.domain.calendar import NoWorkingTime, Pause, StillPaused, WorkCalendar
from backend.domain.calendar_data import Status
from backend.errors import Unprocessable

#: An explanation has a line for every stretch: a longer one is nobody's reading.
MOST_EXPLAINED = timedelta(days=3 * 366)
MOST_MINUTES = 10_000_000
MOST_DAYS = 20_000

#: An ISO time; one without a zone is the calendar's wall clock.
Time = Annotated[str, msgspec.Meta(max_length=64)]
Rule = Literal["working", "calendar"]


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What to count, in exactly one way: ``minutes`` or ``days`` after ``from``, or the working minutes ``between`` two
    times. ``pauses`` (not with days) are stopped clocks, ``null`` = still stopped. ``unit``: whose calendar."""

    from_: Time | None = msgspec.field(name="from", default=None)
    minutes: int | None = None
    days: int | None = None
    rule: Rule | None = None
    pauses: Annotated[list[tuple[Time, Time | None]], msgspec.Meta(max_length=1000)] = []
    between: tuple[Time, Time] | None = None
    explain: bool = False
    unit: Annotated[str, msgspec.Meta(max_length=80)] | None = None


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of an explanation and why it counted or not; ``words`` say so in the reader's language. Stretches of a
    rule in minutes carry their length in ``minutes``, those of a rule in days in ``days``."""

    from_: datetime = msgspec.field(name="from")
    to: datetime
    counted: bool
    reason: str
    name: str = ""
    decision: str = ""
    status: Status = "confirmed"
    minutes: int | UnsetType = UNSET
    days: int | UnsetType = UNSET
    words: str = ""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """``due`` in the calendar's zone, or working ``minutes`` (negative when the second time comes first)."""

    due: datetime | UnsetType = UNSET
    minutes: int | UnsetType = UNSET
    spans: list[Told] | UnsetType = UNSET


def count(question: Question, calendar: WorkCalendar) -> Answer:
    """The answer on a calendar. Raises Unprocessable naming what is wrong with the question."""
    ways = [name for name in ("minutes", "days", "between") if getattr(question, name) is not None]
    if len(ways) != 1:
        raise Unprocessable("count_one_way")
    if question.rule is not None and question.days is None:
        raise Unprocessable("count_rule_needs_days")
    if question.between is not None and question.from_ is not None:
        raise Unprocessable("count_one_way")
    try:
        return _WAYS[ways[0]](question, calendar)
    except OverflowError:
        raise Unprocessable("due_out_of_range") from None
    except StillPaused:
        raise Unprocessable("count_still_paused") from None
    except NoWorkingTime:
        raise Unprocessable("calendar_no_working_time") from None


def _minutes(question: Question, calendar: WorkCalendar) -> Answer:
    assert question.minutes is not None
    if not 0 <= question.minutes <= MOST_MINUTES:
        raise Unprocessable("count_minutes_bad", most=MOST_MINUTES)
    start, pauses = _start(question, calendar), _pauses(question, calendar)
    due = calendar.add(start, question.minutes, pauses)
    return Answer(due=due, spans=_spans(start, due, pauses, calendar) if question.explain else UNSET)


def _between(question: Question, calendar: WorkCalendar) -> Answer:
    assert question.between is not None
    first, second = (_time(text, calendar) for text in question.between)
    pauses = _pauses(question, calendar)
    minutes = calendar.between(first, second, pauses)
    if not question.explain:
        return Answer(minutes=minutes)
    return Answer(minutes=minutes, spans=_spans(min(first, second), max(first, second), pauses, calendar))


def _days(question: Question, calendar: WorkCalendar) -> Answer:
    assert question.days is not None
    if not 1 <= question.days <= MOST_DAYS:
        raise Unprocessable("count_days_bad", most=MOST_DAYS)
    if question.pauses:
        raise Unprocessable("count_pauses_need_minutes")
    start = _start(question, calendar)
    rule = question.rule or "working"
    due = (calendar.due_in_working_days if rule == "working" else calendar.due_in_calendar_days)(start, question.days)
    if not question.explain:
        return Answer(due=due)
    _require_short(start, due)
    return Answer(due=due, spans=list(_joined(_told_days(start, due, question.days, rule, calendar))))


_WAYS = {"minutes": _minutes, "days": _days, "between": _between}


def _start(question: Question, calendar: WorkCalendar) -> datetime:
    if question.from_ is None:
        raise Unprocessable("count_needs_from")
    return _time(question.from_, calendar)


def _time(text: str, calendar: WorkCalendar) -> datetime:
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Unprocessable("count_time_bad", value=text) from None
    return at if at.tzinfo is not None else at.replace(tzinfo=calendar.zone)


def _pauses(question: Question, calendar: WorkCalendar) -> list[Pause]:
    found: list[Pause] = []
    for begins, ends in question.pauses:
        start, until = _time(begins, calendar), None if ends is None else _time(ends, calendar)
        if until is not None and until < start:
            raise Unprocessable("count_pause_backwards", value=f"{begins}..{ends}")
        found.append((start, until))
    return found


def _require_short(start: datetime, end: datetime) -> None:
    if end - start > MOST_EXPLAINED:
        raise Unprocessable("count_explain_too_long", years=3)


def _spans(start: datetime, end: datetime, pauses: list[Pause], calendar: WorkCalendar) -> list[Told]:
    _require_short(start, end)
    return [
        Told(
            from_=span.start,
            to=span.end,
            counted=span.counted,
            reason=span.reason.kind,
            name=span.reason.name,
            decision=span.reason.decision,
            status=span.reason.status,
            # Across a change of clocks two wall times lie: the length is that of the instants.
            minutes=int((span.end.astimezone(UTC) - span.start.astimezone(UTC)).total_seconds()) // 60,
        )
        for span in calendar.explain(start, end, pauses)
    ]


def _told_days(start: datetime, due: datetime, n: int, rule: Rule, calendar: WorkCalendar) -> Iterator[Told]:
    """A rule in days, day by day: the first is never counted, and only the last may move."""
    first = start.astimezone(calendar.zone)
    on, last = first.date(), due.date()
    nth = on + timedelta(days=n)
    yield Told(
        from_=first.replace(second=0, microsecond=0),
        to=_midnight(on + timedelta(days=1), calendar),
        counted=False,
        reason="first_day",
        days=0,
    )
    while on < last:
        on += timedelta(days=1)
        until = due if on == last else _midnight(on + timedelta(days=1), calendar)
        counted, reason = _judged(on, nth, rule, calendar)
        off = calendar.why_off(on) if not counted or reason == "calendar_day" else None
        made_up = None if off else next((day for day in calendar.data.make_up_days if day.on == on and day.name), None)
        listed = off or made_up
        yield Told(
            from_=_midnight(on, calendar),
            to=until,
            counted=counted,
            reason=off.kind if off and not counted else reason,
            name=listed.name if listed else "",
            decision=listed.decision if listed else "",
            status=listed.status if listed else "confirmed",
            days=int(counted),
        )


def _judged(on: date, nth: date, rule: Rule, calendar: WorkCalendar) -> tuple[bool, str]:
    """Whether a day counts, and as what."""
    works = calendar.is_working_day(on)
    if rule == "working":
        return works, "working_day"
    if on <= nth:
        return True, "calendar_day"
    return False, "moved_to" if works else "weekend"


def _midnight(on: date, calendar: WorkCalendar) -> datetime:
    # By way of UTC, so that a midnight the clocks skip comes out as a moment that exists.
    return datetime.combine(on, time(), calendar.zone).astimezone(UTC).astimezone(calendar.zone)


def _joined(told: Iterator[Told]) -> Iterator[Told]:
    """Neighbours alike made one."""
    held: Told | None = None
    for one in told:
        if held is not None and _alike(held, one):
            days = int(held.days or 0) + int(one.days or 0)
            held = msgspec.structs.replace(held, to=one.to, days=days)
            continue
        if held is not None:
            yield held
        held = one
    if held is not None:
        yield held


def _alike(a: Told, b: Told) -> bool:
    return (a.counted, a.reason, a.name, a.decision, a.status) == (b.counted, b.reason, b.name, b.decision, b.status)
