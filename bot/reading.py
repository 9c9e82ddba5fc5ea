"""Understanding the few things people type about time: a new due time with a reason, and days of leave. Pure."""

import re
from datetime import date, datetime, time, timedelta

import msgspec

from backend.domain.calendar import WorkCalendar
from backend.kit.text import clean, fold

# Words are matched with their marks or with none at all: «mãi» is not «mai», «thủ» is not «thứ».
_AMOUNT = re.compile(
    r"(?:(?:thêm|them|xin) )*(\d{1,3}) ?"
    r"(phút|phut|giờ|gio|tiếng|tieng|ngày|ngay|tuần|tuan|minutes?|mins?|hours?|days?|weeks?)"
    r"(?: (?:làm việc|lam viec))?"
)
_CLOCK = r"(?P<{0}h>\d{{1,2}})(?:(?::|h|g)(?P<{0}m>\d{{2}})?| (?:giờ|gio)(?: (?P<{0}n>\d{{2}}))?)"
_WEEKDAYS = {
    "thứ 2": 0, "thứ hai": 0, "monday": 0, "thứ 3": 1, "thứ ba": 1, "tuesday": 1, "thứ 4": 2, "thứ tư": 2,
    "wednesday": 2, "thứ 5": 3, "thứ năm": 3, "thursday": 3, "thứ 6": 4, "thứ sáu": 4, "friday": 4, "thứ 7": 5,
    "thứ bảy": 5, "saturday": 5, "chủ nhật": 6, "cn": 6, "sunday": 6,
}  # fmt: skip
_WEEKDAYS |= {fold(name): number for name, number in _WEEKDAYS.items()}
_DAY = (
    r"(?:(?P<d>\d{1,2})[/.-](?P<mo>\d{1,2})(?:[/.-](?P<y>\d{4}))?|(?P<today>hôm nay|hom nay|today)|"
    rf"(?P<tomorrow>(?:(?:ngày|ngay) )?mai|tomorrow)|(?P<week>{'|'.join(_WEEKDAYS)}))"
)
_LEAD = r"(?:(?:đến|den|tới|toi|sang|until|till?|to|lúc|luc|at|on|vào|vao) )*(?:(?:ngày|ngay) )?"
_MOMENT = re.compile(
    rf"{_LEAD}(?:{_CLOCK.format('a')} {_LEAD}{_DAY}|{_DAY.replace('?P<', '?P<b')}(?: {_LEAD}{_CLOCK.format('c')})?)"
)
#: An hour that was not understood must not pass for the beginning of a reason.
_BROKEN_CLOCK = re.compile(r"\d{1,2}[:hg]\d")
_MOST_TOKENS = 9

_MINUTES = {"ph": 1, "min": 1, "gi": 60, "ti": 60, "hou": 60}
_REASON_WORDS = re.compile(r"^(?:vì|vi|do|because|lý do|ly do|reason)\b[\s:,–-]*", re.I)


class NewDue(msgspec.Struct, frozen=True):
    """A later due time somebody asks for, and why (may be empty)."""

    at: datetime
    reason: str


def new_due(text: str, due_at: datetime, now: datetime, calendar: WorkCalendar) -> NewDue | None:
    """Read «2 ngày lý do…», «27/11 17:00 lý do…», «30 phút…», «17h thứ 6 …»; None when no time comes first.

    An amount is working time on top of ``due_at``; a day without an hour means the end of its working time; a day
    without a year is the next such day. A time beyond every calendar is no time.
    """
    tokens = text.split()
    for count in range(min(len(tokens), _MOST_TOKENS), 0, -1):
        words = _words(tokens[:count])
        try:
            at = _amount(words, due_at, calendar) or _moment(words, now, calendar)
        except OverflowError:
            return None
        if at is not None:
            rest = " ".join(tokens[count:]).lstrip(" ,.;:-–")
            if _BROKEN_CLOCK.match(rest):
                return None
            return NewDue(at, _REASON_WORDS.sub("", rest).strip())
    return None


def moment_ahead(text: str, now: datetime, calendar: WorkCalendar) -> datetime | None:
    """Read the moment that somebody waits for, and nothing else: «thứ 6», «14h ngày mai», «3 ngày»; None when it is none.

    A day without an hour means the start of its working time, a day off the next working day; an amount is working
    time from now.
    """
    words = _words(text.split())
    try:
        at = _amount(words, now, calendar) or _moment(words, now, calendar, starts=True)
    except OverflowError:
        return None
    return at if at is None or at > now else None


def _words(tokens: list[str]) -> str:
    return clean(" ".join(tokens)).lower().rstrip(" ,.;:-–")


def _amount(words: str, due_at: datetime, calendar: WorkCalendar) -> datetime | None:
    found = _AMOUNT.fullmatch(words)
    if found is None or int(found[1]) == 0:
        return None
    count, unit = int(found[1]), found[2]
    if unit.startswith(("tu", "week")):
        return due_at + timedelta(weeks=count)
    minutes = next((size for name, size in _MINUTES.items() if unit.startswith(name)), calendar.data.day_minutes)
    return calendar.add(due_at, count * minutes)


def _moment(words: str, now: datetime, calendar: WorkCalendar, *, starts: bool = False) -> datetime | None:
    found = _MOMENT.fullmatch(words)
    if found is None:
        return None
    parts = {name: value for name, value in found.groupdict().items() if value is not None}
    parts = {name.removeprefix("b"): value for name, value in parts.items()}
    on = _day(parts, now.astimezone(calendar.zone).date())
    if on is None:
        return None
    hour = parts.get("ah") or parts.get("ch")
    if hour is None:
        return calendar.day_start(calendar.working_day_from(on)) if starts else calendar.day_end(on)
    minute = next((parts[name] for name in ("am", "an", "cm", "cn") if name in parts), "0")
    if int(hour) > 23 or int(minute) > 59:
        return None
    return datetime.combine(on, time(int(hour), int(minute)), calendar.zone)


def _day(parts: dict[str, str], today: date) -> date | None:
    if "today" in parts:
        return today
    if "tomorrow" in parts:
        return today + timedelta(days=1)
    if "week" in parts:
        return today + timedelta(days=(_WEEKDAYS[parts["week"]] - today.weekday()) % 7 or 7)
    return next_day(int(parts["d"]), int(parts["mo"]), int(parts["y"]) if "y" in parts else None, today)


def next_day(day: int, month: int, year: int | None, today: date) -> date | None:
    """The day meant by day and month: this year's, or next year's when it lies more than half a year back."""
    try:
        if year is not None:
            return date(year, month, day)
        found = date(today.year, month, day)
        return found if found >= today - timedelta(days=180) else date(today.year + 1, month, day)
    except ValueError:
        return None


class LeaveWish(msgspec.Struct, frozen=True):
    """Days somebody will be away, both included; ``substitute`` is a handle or e-mail, empty = nobody."""

    from_on: date
    until_on: date
    substitute: str
    reason: str


_LEAVE = re.compile(
    rf"(?P<from>{re.sub('[?]P<[a-z]+>', '?:', _DAY)})"
    rf"(?: ?(?:-|–|đến|den|tới|toi|to|until) ?(?P<until>{re.sub('[?]P<[a-z]+>', '?:', _DAY)}))?"
)
_ONE_DAY = re.compile(_DAY)


def leave(text: str, today: date) -> LeaveWish | None:
    """Read what follows «nghỉ»: «12/10-14/10 @binh đi họp»; None when no day comes first or the days run backwards."""
    tokens = text.split()
    for count in range(min(len(tokens), _MOST_TOKENS), 0, -1):
        found = _LEAVE.fullmatch(_words(tokens[:count]))
        if found is None:
            continue
        from_on = _single(found["from"], today)
        until_on = _single(found["until"], from_on or today) if found["until"] else from_on
        if from_on is None or until_on is None or until_on < from_on:
            return None
        rest = tokens[count:]
        substitute = rest.pop(0)[1:] if rest and rest[0].startswith("@") and len(rest[0]) > 1 else ""
        return LeaveWish(from_on, until_on, substitute.rstrip(",.;:"), " ".join(rest))
    return None


def _single(words: str, today: date) -> date | None:
    found = _ONE_DAY.fullmatch(words)
    assert found is not None
    return _day({name: value for name, value in found.groupdict().items() if value is not None}, today)
