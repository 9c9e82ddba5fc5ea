"""Who held which position in a period: whose score it is, who leads whom."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence

from backend.domain.access import Target
from backend.domain.scoring_periods import PeriodSpan
from backend.domain.types import Role
from backend.kit.db import Sql
from backend.org.sql import under_any
from backend.scores.periods import reference_day


class Holder(Target, frozen=True, kw_only=True):
    """A position somebody held in the period, with the names a reader needs. ``current`` on its reference day."""

    handle: str
    name: str
    name_folded: str
    title: str
    unit_id: int
    unit_code: str
    unit_name: str
    overseen: bool
    current: bool


Holders = dict[int, list[Holder]]


async def holders(
    period: PeriodSpan, *, people: Iterable[int] | None = None, paths: Sequence[str] | None = None
) -> Holders:
    """Positions that overlap the period, by person: of these people, or at and under these units (both None = all).

    Only those of the reference day when the person has any then; leaders first.
    """
    sql = Sql()
    day = sql.arg(reference_day(period))
    where = [
        f"s.from_on <= {sql.arg(period.until_on)}",
        f"(s.until_on is null or s.until_on >= {sql.arg(period.from_on)})",
    ]
    if people is not None:
        where.append(sql.any_of("s.person_id", sorted(set(people))))
    if paths is not None:
        where.append(under_any(sql, paths))
    rows = await sql.fetch(
        "select s.person_id, u.path, s.role, s.rank, p.handle, p.full_name as name, p.name_folded, s.title, s.unit_id, "
        "u.code as unit_code, u.name as unit_name, "
        "exists (select 1 from unit o where o.overseer_id = s.person_id and o.closed_on is null) as overseen, "
        f"(s.from_on <= {day} and (s.until_on is null or s.until_on >= {day})) as current "
        "from position s join unit u on u.id = s.unit_id join person p on p.id = s.person_id "
        f"where {' and '.join(where)} order by case s.role when 'leader' then 0 else 1 end, s.rank, s.id",
        Holder,
    )
    found: defaultdict[int, list[Holder]] = defaultdict(list)
    for row in rows:
        found[row.person_id].append(row)
    return {person: [seat for seat in seats if seat.current] or seats for person, seats in found.items()}


async def overseen_paths(person_id: int) -> list[str]:
    """Paths of the units that a leader looks after (phụ trách)."""
    sql = Sql()
    rows = await sql.rows(
        f"select path from unit where overseer_id = {sql.arg(person_id)} and closed_on is null order by path"
    )
    return [str(row["path"]) for row in rows]


def is_leader(seats: Iterable[Holder]) -> bool:
    """Whether these positions make somebody a leader for scoring."""
    return any(seat.role is Role.LEADER for seat in seats)


async def charge_of(seats: Sequence[Holder]) -> list[str]:
    """Paths of the units in a leader's charge: those a deputy looks after, else the units they lead."""
    leading = [seat for seat in seats if seat.role is Role.LEADER]
    deputies = [seat for seat in leading if seat.rank > 1]
    if deputies and len(deputies) == len(leading) and deputies[0].overseen:
        return await overseen_paths(deputies[0].person_id)
    return sorted({seat.path for seat in leading})


def below(leader: Sequence[Holder], charge: Sequence[str], everybody: Holders) -> list[int]:
    """The people in a leader's charge: every position in those units, without the leader and, in a unit they lead
    themselves, without leaders of the same or a higher rank."""
    return Tree(everybody).below(leader, charge)


class Tree:
    """Positions by the paths of their units, to ask who is in whose charge without looking at everybody."""

    def __init__(self, everybody: Holders) -> None:
        self._seats = sorted((seat for seats in everybody.values() for seat in seats), key=lambda seat: seat.path)
        self._paths = [seat.path for seat in self._seats]
        self._order = {person_id: number for number, person_id in enumerate(everybody)}

    def below(self, leader: Sequence[Holder], charge: Sequence[str]) -> list[int]:
        """As :func:`below`, in the order of the holders."""
        person_id = leader[0].person_id
        own = {seat.path: seat.rank for seat in leader if seat.role is Role.LEADER}
        found: set[int] = set()
        for path in charge:
            # Paths are digits and slashes: whatever lies under one sorts before the same with "~".
            for seat in self._seats[bisect_left(self._paths, path) : bisect_left(self._paths, path + "~")]:
                if not (seat.role is Role.LEADER and seat.rank <= own.get(seat.path, 0)):
                    found.add(seat.person_id)
        return sorted(found - {person_id}, key=self._order.__getitem__)
