"""One moment as it was said, in parts; nothing here knows today's date."""

from fractions import Fraction
from typing import Literal

from msgspec import Struct

from backend.domain.phrases.reasons import Ask


class When(Struct, gc=False):
    """One moment as it was said. None = not said.

    ``minute`` of the day as written; ``settled`` = no doubt about morning or afternoon. ``part`` is sang, trua, chieu,
    toi or dem, ``edge`` dau (its start) or cuoi (its end); part "" with an edge is the whole day. ``offset`` days from
    today. ``week`` 0 this week, 1 the next; ``named`` a week said by itself as a deadline. ``span`` week, month,
    quarter or year with ``span_edge`` dau, giua, cuoi; ``span_ref`` 0 this, 1 the next; ``span_no``, ``year`` its
    number. ``amount`` of ``unit`` (minute, hour, work_hour, day, work_day, week, month, year) from now,
    ``by_letter`` if it is written like an hour of the clock that no day has ("48h").
    """

    start: int = 0
    end: int = 0
    minute: int | None = None
    settled: bool = False
    part: str | None = None
    edge: str | None = None
    offset: int | None = None
    weekday: int | None = None
    week: int | None = None
    day: int | None = None
    month: int | None = None
    month_ref: int | None = None
    year: int | None = None
    span: str | None = None
    span_edge: str | None = None
    span_ref: int | None = None
    span_no: int | None = None
    amount: int | Fraction | None = None
    unit: str | None = None
    ahead: bool = False
    by_letter: bool = False
    lunar: bool = False
    odd: Ask | Literal["", "weak_date"] = ""

    @property
    def names_day(self) -> bool:
        """Whether it says which day, by itself."""
        return any(
            value is not None for value in (self.offset, self.weekday, self.day, self.week, self.span, self.amount)
        )
