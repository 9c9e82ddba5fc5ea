"""What people write for a moment, read into parts: hours, parts of the day, days, weeks, months, spans of time.

Nothing here knows today's date. Neighbouring parts that say different things about one moment are joined
("17h" + "thứ 6" + "tuần sau"); what they mean is worked out in ``due``.
"""

from collections.abc import Callable

from backend.domain.phrases.moment import When
from backend.domain.phrases.patterns import BY_HEAD, GLUE, WORD
from backend.domain.phrases.readers import READERS

_SLOTS = tuple(
    name
    for name in When.__struct_fields__
    if name not in ("start", "end", "settled", "ahead", "by_letter", "lunar", "odd")
)


def moments(low: str, bare: str, named: Callable[[When], bool] = lambda when: False) -> list[When]:
    """Every moment written in the line, in order, parts already joined, without those that ``named`` says are part
    of a name ("đường 30/4"). ``bare`` is ``low`` without accents."""
    found: list[When] = []
    past = 0
    for word in WORD.finditer(bare):
        head = word[0]
        pattern = BY_HEAD.get("0" if head[0] in "0123456789" else head)
        if pattern is None and head[-1] in "0123456789":
            pattern = BY_HEAD.get(head.rstrip("0123456789"))
        if pattern is None or word.start() < past or (match := pattern.match(low, word.start())) is None:
            continue
        kind = match.lastgroup
        assert kind is not None
        when = READERS[kind](match)
        if when is None:
            continue
        when.start, when.end = match.span()
        past = when.end
        if named(when):
            continue
        if found and GLUE.fullmatch(low, found[-1].end, when.start) and (one := _joined(found[-1], when)):
            found[-1] = one
        else:
            found.append(when)
    return found


def _joined(a: When, b: When) -> When | None:
    """Both as one moment, None if they speak of two."""
    said = [(name, value) for name in _SLOTS if (value := getattr(b, name)) is not None]
    for name, value in said:
        if (other := getattr(a, name)) is not None and not (name == "edge" and other == value):
            return None
    if not _fit(a, b) and not _fit(b, a):
        return None
    for name, value in said:
        setattr(a, name, value)
    a.end = b.end
    a.settled |= b.settled
    a.ahead |= b.ahead
    a.lunar |= b.lunar
    a.odd = a.odd or b.odd
    return a


def _time_only(when: When) -> bool:
    return not when.names_day and when.month is None and when.month_ref is None and not when.lunar


def _fit(a: When, b: When) -> bool:
    """Whether ``b`` may add to ``a``."""
    if a.amount is not None:
        # "3 ngày nữa lúc 9h" has an hour; "2 giờ nữa" has one already.
        return a.unit in ("day", "work_day", "week", "month") and _time_only(b)
    if _time_only(b):
        return True
    if b.lunar and not b.names_day:
        return a.day is not None
    if b.week is not None and b.weekday is None:
        return a.weekday is not None
    if b.day is not None:
        return a.weekday is not None or a.offset is not None
    if b.month_ref is not None or b.month is not None:
        return a.day is not None
    return b.offset is not None and a.weekday is not None
