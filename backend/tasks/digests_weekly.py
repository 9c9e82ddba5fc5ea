"""What HR's weekly digest is made of: who was late, what waits for a decision, who cannot be reached, or not in a chat."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime

import msgspec

from backend.auth import reach
from backend.domain.notices import LateOfficer
from backend.kit.db import Sql
from backend.org.sql import in_force, in_service
from backend.tasks.digests import Seat

#: So many officers are named.
NAMED = 5


class Week(msgspec.Struct):
    """One reader's week: ``late`` tasks of ``late_officers`` people, the first of them named; ``unlinked`` people without
    a chat, of whom nothing reaches ``unreached``, and only mail or only notifications of a browser the others."""

    late: int = 0
    late_officers: int = 0
    officers: list[LateOfficer] = []
    waivers: int = 0
    appeals: int = 0
    unreached: int = 0
    only_mail: int = 0
    only_push: int = 0

    @property
    def unlinked(self) -> int:
        return self.unreached + self.only_mail + self.only_push

    @property
    def is_empty(self) -> bool:
        """Whom notifications reach has no need of HR, and is counted only beside what there is to say."""
        return not (self.late or self.waivers or self.appeals or self.unreached or self.only_mail)


async def weeks_of(seats: Sequence[Seat], start: datetime, end: datetime, on: date) -> dict[int, Week]:
    """What became late between ``start`` and ``end``, and what waits now, below these HR positions."""
    found: defaultdict[int, Week] = defaultdict(Week)
    if not seats:
        return found
    await _late(found, seats, start, end)
    for name, question in (("waivers", _waivers), ("appeals", _appeals)):
        sql = Sql()
        for row in await sql.rows(f"{question(sql, _scope(sql, seats), on)} group by h.reader_id"):
            setattr(found[int(row["reader_id"])], name, int(row["n"]))
    await _unlinked(found, seats, on)
    return found


def _scope(sql: Sql, seats: Sequence[Seat]) -> str:
    rows = [(seat.person_id, seat.path) for seat in seats]
    table = sql.table("h", {"reader_id": "bigint", "path": "text"}, rows)
    return f"{table} join unit u on u.path like h.path || '%'"


class _Officer(msgspec.Struct):
    reader_id: int
    name: str
    n: int
    late: int
    late_officers: int


async def _late(found: dict[int, Week], seats: Sequence[Seat], start: datetime, end: datetime) -> None:
    """The first instance of a delay is the moment at which a task became late for its officer."""
    sql = Sql()
    rows = await sql.fetch(
        "select * from (select c.reader_id, p.full_name as name, c.n, "
        "cast(sum(c.n) over (partition by c.reader_id) as bigint) as late, "
        "count(*) over (partition by c.reader_id) as late_officers, "
        "row_number() over (partition by c.reader_id order by c.n desc, p.name_folded, p.id) as place "
        "from (select h.reader_id, e.person_id, count(distinct e.task_id) as n "
        f"from {_scope(sql, seats)} join ledger_entry e on e.unit_id = u.id where e.kind = 'delay' "
        f"and e.scope = 'officer' and e.happened_at >= {sql.arg(start)} and e.happened_at < {sql.arg(end)} "
        "group by h.reader_id, e.person_id) c join person p on p.id = c.person_id) x "
        f"where place <= {sql.arg(NAMED)} order by reader_id, place",
        _Officer,
    )
    for row in rows:
        week = found[row.reader_id]
        week.late, week.late_officers = row.late, row.late_officers
        week.officers = [*week.officers, LateOfficer(row.name, row.n)]


def _waivers(_: Sql, scope: str, on: date) -> str:
    """Requests that wait; nobody decides on their own."""
    return (
        f"select h.reader_id, count(distinct r.id) as n from {scope} join ledger_entry e on e.unit_id = u.id "
        "join waiver_request r on r.entry_id = e.id where r.decision = '' and r.person_id <> h.reader_id"
    )


def _appeals(sql: Sql, scope: str, on: date) -> str:
    return (
        f"select h.reader_id, count(distinct a.id) as n from {scope} join position s on s.unit_id = u.id "
        "join appeal a on a.person_id = s.person_id where a.decision = '' and a.person_id <> h.reader_id "
        f"and {in_force(sql, on)}"
    )


_COUNTS = {"none": "unreached", "mail": "only_mail", "push": "only_push"}


async def _unlinked(found: defaultdict[int, Week], seats: Sequence[Seat], on: date) -> None:
    """People without a chat, by what else reaches them."""
    sql = Sql()
    reached = reach.reach(sql, await reach.sent())
    rows = await sql.rows(
        f"select reader_id, way, count(*) as n from (select distinct h.reader_id, p.id, {reached} as way "
        f"from {_scope(sql, seats)} join position s on s.unit_id = u.id join person p on p.id = s.person_id "
        f"where {in_force(sql, on)} and {in_service(sql, on)}) x "
        f"where way <> {sql.arg('chat')} group by reader_id, way"
    )
    for row in rows:
        setattr(found[int(row["reader_id"])], _COUNTS[row["way"]], int(row["n"]))
