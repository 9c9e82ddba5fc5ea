"""Scores on the wire: explanations, table rows, marks and waivers."""

from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction
from functools import lru_cache
from typing import Annotated, Literal

import msgspec

from backend.domain.scoring import Band, InstanceKind, PartName

_SHOWN = Decimal("0.0001")


class Points(msgspec.Struct, frozen=True):
    """Points: ``exact`` as a fraction that sums without a remainder (``593/6``), ``shown`` to four decimals."""

    exact: str
    shown: str

    @property
    def fraction(self) -> Fraction:
        return Fraction(self.exact)


def points(value: Fraction) -> Points:
    """The wire form of a number of points."""
    return _points(*value.as_integer_ratio())


@lru_cache(maxsize=65536)
def _points(above: int, below: int) -> Points:
    # The same few values come again and again; whole numbers are faster to look up than fractions.
    with localcontext() as context:
        context.prec = 40
        shown = (Decimal(above) / below).quantize(_SHOWN, ROUND_HALF_EVEN)
    return Points(exact=str(above) if below == 1 else f"{above}/{below}", shown=str(shown))


class WaiverLine(msgspec.Struct, frozen=True):
    """The compensating entry of a waived instance."""

    entry_id: int
    reason: str
    by: str
    at: datetime


class EntryLine(msgspec.Struct, frozen=True):
    """One instance and the points it costs (0 when waived, when the product was not completed, or below the floor)."""

    id: int
    kind: InstanceKind
    happened_at: datetime
    late_minutes: int | None
    rule: str
    rule_version: str
    lost: Points
    waiver: WaiverLine | None = None


class ProductLine(msgspec.Struct, frozen=True):
    """A product of the period. ``title`` is empty for a reader who may not know it (secret). ``carried`` = open since
    an earlier period. ``lost`` = Σ of the entries, or everything when it was not completed."""

    task_id: int
    code: str
    title: str
    secret: bool
    kind: str
    part: Literal["lead", "coordinator"]
    weight: str
    due_at: datetime
    reported_at: datetime | None
    completed: bool
    carried: bool
    late: bool
    lost: Points
    entries: list[EntryLine]


class PartLine(msgspec.Struct, frozen=True):
    """a, b, c (of a leader also d, dd, e) as a share of 1, and the points it gives of those it could."""

    name: PartName
    share: Points
    points: Points


class CorrectionLine(msgspec.Struct, frozen=True):
    """An adjustment or a decided appeal: points on the 100 scale. ``after_close`` changed a closed period, visibly."""

    id: int
    kind: Literal["adjustment", "appeal"]
    points: Points
    reason: str
    by: str
    at: datetime
    after_close: bool = False


class DisqualifierLine(msgspec.Struct, frozen=True):
    """A listed reason that overrides the points: a code of the rule set, its name there, what it rests on."""

    id: int
    code: str
    name: str
    reason: str
    by: str
    at: datetime


class RestLine(msgspec.Struct, frozen=True):
    """Products of a unit that are not listed one by one: the clean ones, and beyond the 500 dearest."""

    products: int
    lost: Points


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """A score and the cause of every point that is missing from 100.

    100 − total = (common_max − common) + Σ ``lost`` of products, rest and parts − Σ corrections, exactly (a total
    outside 0–100 is cut). ``disqualified`` overrides the band that the points would give. ``missing`` names marks that
    nobody has entered (``common``, ``d``, ``dd``, ``e``): there is no total without them, never a default. Without any
    product: band ``not_assessed``.
    """

    subject: Literal["person", "unit"]
    id: int
    ref: str
    name: str
    unit_code: str
    unit_name: str
    leader: bool
    period: str
    from_on: date
    until_on: date
    status: Literal["open", "closed"]
    rule_set: str
    rule_set_name: str
    assigned: int
    on_time: int
    late: int
    open: int
    parts: list[PartLine]
    results_max: int
    results: Points | None
    common_max: int
    common: Points | None
    common_self: Points | None
    corrections: list[CorrectionLine]
    total: Points | None
    band: Band | Literal[""]
    missing: list[str]
    products: list[ProductLine]
    parts_lost: list[PartLine]
    rest: RestLine | None = None
    disqualified: list[DisqualifierLine] = []
    #: What this reader may do here.
    can: list[str] = []

    @property
    def partial(self) -> bool:
        """Whether there are products but no total yet."""
        return self.total is None and self.band != "not_assessed"


class OpenLine(msgspec.Struct, frozen=True):
    """A product that will not be completed when the month ends, if nothing changes: late already or due until then;
    ``coming`` = when it will be charged until then; ``lost`` = what it would cost in the month."""

    code: str
    title: str
    due_at: datetime
    late: bool
    instances: int
    coming: list[datetime]
    lost: Points


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """A running month: the score as it stands ``at`` now, and ``then``, at its end, if nothing changes."""

    person: str
    name: str
    period: str
    at: datetime
    results_now: Points | None
    total_now: Points | None
    results_then: Points | None
    total_then: Points | None
    band_then: Band | Literal[""]
    missing: list[str]
    open_late: int
    open_then: int
    open: list[OpenLine]


class ScoreRow(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the score table. ``reason`` says why there is no total: ``no_products`` or ``mark_missing``."""

    subject: Literal["person", "unit"]
    id: int
    ref: str
    name: str
    title: str
    unit_code: str
    unit_name: str
    assigned: int
    on_time: int
    late: int
    open: int
    results: Points | None
    total: Points | None
    band: Band | Literal[""]
    reason: Literal["", "no_products", "mark_missing"]
    missing: list[str]


class ScoreTable(msgspec.Struct, frozen=True):
    """The people (and, on the first page, the units) whose scores a reader may see, a page of them."""

    period: str
    status: Literal["open", "closed"]
    rule_set: str
    units: list[ScoreRow]
    people: list[ScoreRow]
    next: str | None = None


class MarkDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mark: ``common`` 0–30, or of a leader ``d``, ``dd``, ``e`` 0–100 (percent). Exactly one of person and unit."""

    what: Literal["common", "d", "dd", "e"]
    value: Decimal
    person: str | None = None
    unit: str | None = None


class MarkView(msgspec.Struct, frozen=True):
    what: str
    level: str
    value: Decimal
    marked_at: datetime


class WaiverDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The objective cause, confirmed by whoever sends this."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]


class Waived(msgspec.Struct, frozen=True):
    """The compensating entries: the officer's and the unit's."""

    entries: list[int]
