"""Units beside each other in a period, and where too many people are excellent."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from fractions import Fraction

from backend.domain import scoring
from backend.domain.scoring import Band
from backend.domain.scoring_periods import PeriodSpan
from backend.domain.types import Actor
from backend.errors import NotFound
from backend.kit.db import Sql
from backend.org.queries_units import UnitRow, units_under
from backend.scores import corrections, everybody, explaining, people, reading
from backend.scores.closed import closed_period
from backend.scores.listing import paths_of
from backend.scores.people import Holders
from backend.scores.periods import read_period
from backend.scores.rules import RuleBook
from backend.scores.schemas import Explanation, points
from backend.scores.schemas_agencies import AgencyRow, AgencyTable, CapRow, CapTable, Group

_GROUPS: tuple[Group, ...] = ("all", "leaders", "officers")


async def compare(actor: Actor, period_key: str, unit: str | None = None) -> AgencyTable:
    """The units whose scores the actor sees (at and under ``unit``), parents before children, with their rank among
    those of the same kind. Raises NotFound for whoever sees no unit's, Invalid for a bad period."""
    period = read_period(period_key)
    units = await _units(actor, period, unit)
    found = await reading.of_units(period, units)
    ranks = _ranks([(one, found[one.id]) for one in units if one.id in found])
    rows = [_row(one, found[one.id], ranks) for one in units if one.id in found]
    return AgencyTable(period=period.key, status="closed" if await closed_period(period.key) else "open", units=rows)


async def _units(actor: Actor, period: PeriodSpan, unit: str | None) -> list[UnitRow]:
    paths = await paths_of(actor, unit)
    if paths == []:
        raise NotFound("not_found")
    return [one for one in await units_under(paths) if one.closed_on is None or one.closed_on > period.from_on]


def _ranks(found: Iterable[tuple[UnitRow, Explanation]]) -> dict[int, tuple[int, int]]:
    """(rank, of how many) among units of a kind that have a total; equals share a rank."""
    by_kind: defaultdict[str, list[tuple[Fraction, int]]] = defaultdict(list)
    for unit, one in found:
        if one.total is not None:
            by_kind[unit.kind].append((one.total.fraction, unit.id))
    return {
        unit_id: (1 + sum(other > total for other, _ in totals), len(totals))
        for totals in by_kind.values()
        for total, unit_id in totals
    }


def _row(unit: UnitRow, one: Explanation, ranks: dict[int, tuple[int, int]]) -> AgencyRow:
    rank = ranks.get(unit.id)
    return AgencyRow(
        **{name: getattr(explaining.row(one), name) for name in explaining.row(one).__struct_fields__},
        kind=unit.kind,
        depth=unit.path.count("/") - 2,
        rank=rank[0] if rank else None,
        ranked=rank[1] if rank else None,
        open_late=sum(not line.completed for line in one.products),
        on_time_share=points(Fraction(one.on_time, one.assigned)) if one.assigned else None,
        disqualified=[line.name for line in one.disqualified],
        rule_set=one.rule_set,
    )


async def caps(actor: Actor, period_key: str, unit: str | None = None) -> CapTable:
    """How many are excellent beside those rated good, in each unit with everything below it and in each group of like
    work there. Raises as :func:`compare`."""
    period = read_period(period_key)
    units = await _units(actor, period, unit)
    tops = [
        one.path
        for one in units
        if not any(one.path != other.path and one.path.startswith(other.path) for other in units)
    ]
    holders, bands = await _bands(period, tops)
    known, own = await RuleBook.load(), await reading.of_units(period, units)
    counts = _counts(holders, bands)
    rows = []
    for one in units:
        rules = known.of(one.path, period.until_on)
        outstanding = one.id in own and own[one.id].band == rules.outstanding_band
        cap = rules.excellent_cap_outstanding if outstanding else rules.excellent_cap
        for group in _GROUPS:
            count = counts.get((one.path, group), Counter())
            if not count:
                continue
            rows.append(
                CapRow(
                    unit_code=one.code,
                    unit_name=one.name,
                    group=group,
                    assessed=sum(count.values()),
                    excellent=count["excellent"],
                    good=count["good"],
                    cap=cap,
                    outstanding=outstanding,
                    exceeded=scoring.exceeds_cap(count["excellent"], count["good"], rules, outstanding=outstanding),
                )
            )
    return CapTable(period=period.key, rows=rows, warnings=sum(row.exceeded for row in rows))


def _counts(holders: Holders, bands: dict[int, Band]) -> dict[tuple[str, Group], Counter[Band]]:
    """Bands by unit (and every unit above it) and group; somebody in two units counts in both, once in each."""
    found: defaultdict[tuple[str, Group], Counter[Band]] = defaultdict(Counter)
    for person_id, band in bands.items():
        seats = holders[person_id]
        group: Group = "leaders" if people.is_leader(seats) else "officers"
        for path in {above for seat in seats for above in _line(seat.path)}:
            found[path, "all"][band] += 1
            found[path, group][band] += 1
    return dict(found)


def _line(path: str) -> Sequence[str]:
    """A unit's path and those of all units above it."""
    return [path[: end + 1] for end in range(1, len(path)) if path[end] == "/"]


async def _bands(period: PeriodSpan, paths: Sequence[str]) -> tuple[Holders, dict[int, Band]]:
    """The bands of everybody assessed at and under some units."""
    inside = await people.holders(period, paths=paths)
    holders = await people.holders(period, people=inside)
    closed = await closed_period(period.key)
    if closed is None:
        found: dict[int, Band] = {}
        async for book, ids in everybody.books(period, paths=paths):
            found |= {one: band for one in ids if (band := book.person(one).band) is not None}
        return holders, {one: band for one, band in found.items() if band != "not_assessed"}
    sql = Sql()
    rows = await sql.rows(
        f"select person_id, band from period_result where period_id = {sql.arg(closed.id)} "
        f"and {sql.any_of('person_id', sorted(holders))} and band not in ('not_assessed', '')"
    )
    stored: dict[int, Band] = {int(row["person_id"]): row["band"] for row in rows}
    # An appeal granted since may have moved somebody into another band.
    moved = [one for one in await corrections.of_people(period.key, stored) if one in stored]
    read = await reading.of_people(period, reading.names_of({one: holders[one] for one in moved}))
    return holders, {**stored, **{one: explained.band for one, explained in read.items() if explained.band}}
