"""What the digests are made of: who is due one, and the facts of many people with one question each."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

import msgspec

from backend.domain.notices import HeldTask, TaskRef
from backend.domain.types import Role, Urgency
from backend.kit.db import Sql
from backend.org.sql import in_force, in_service
from backend.tasks.lines import late

#: So many tasks are read for a digest: the five it shows, and as many for those that the same message has already.
MOST = 10
#: What ended its time longer ago is on the board, no longer in a leader's digest.
OVERDUE_FOR = timedelta(days=30)
#: States in which the lead has still something to do.
_TO_DO = "t.status in ('assigned', 'acknowledged')"
_REF = "t.id, t.code, t.title, t.due_at, t.urgency, t.secret"


class Reader(msgspec.Struct, frozen=True):
    """A person whose digests are due, and which of them they want. ``digest_at`` None: nobody ever looked."""

    id: int
    digest_at: datetime | None
    morning_list: bool
    leader_digest: bool
    weekly_digest: bool
    serves: bool


class Seat(msgspec.Struct, frozen=True):
    """A position in force, or one that was lent to the person."""

    person_id: int
    unit_id: int
    path: str
    role: Role
    rank: int
    lent: bool


class Today(msgspec.Struct):
    """One officer's day: the first of ``count`` tasks, and how many are overdue."""

    tasks: list[TaskRef]
    count: int
    overdue: int = 0


class Held(msgspec.Struct):
    """What is near its deadline or past it below one leader: the first tasks, and how many of either kind."""

    tasks: list[HeldTask]
    ahead: int
    overdue: int


def _due(sql: Sql, now: datetime) -> str:
    return f"p.digest_at <= {sql.arg(now)}"


def _never_looked_at(sql: Sql, now: datetime) -> str:
    return "p.digest_at is null"


#: Two ways of being due, two questions: the index answers each at once, and an "or" between them not at all.
_WAYS = (_due, _never_looked_at)


async def due_readers(now: datetime, on: date, limit: int, only: int | None = None) -> list[Reader]:
    """People whose digests are due and whom nobody else has in hand; held until the transaction ends."""
    found: list[Reader] = []
    for way in _WAYS:
        sql = Sql()
        one = f"and p.id = {sql.arg(only)}" if only is not None else ""
        found += await sql.fetch(
            "select p.id, p.digest_at, p.morning_list, p.leader_digest, p.weekly_digest, "
            f"({in_service(sql, on)}) as serves from person p where {way(sql, now)} {one} "
            f"order by p.digest_at limit {sql.arg(limit - len(found))} {sql.skip_held}",
            Reader,
        )
        if len(found) >= limit:
            break
    return found


async def due_ids(now: datetime, limit: int) -> list[int]:
    """The same people without taking them, also those whom somebody else has in hand."""
    found: list[int] = []
    for way in _WAYS:
        sql = Sql()
        rows = await sql.rows(
            f"select p.id from person p where {way(sql, now)} order by p.digest_at limit {sql.arg(limit - len(found))}"
        )
        found += [int(row["id"]) for row in rows]
        if len(found) >= limit:
            break
    return found


async def schedule(plan: Mapping[datetime, Sequence[int]]) -> None:
    """When each of these people is looked at again."""
    for at, people in plan.items():
        sql = Sql()
        await sql.run(f"update person set digest_at = {sql.arg(at)} where {sql.any_of('id', people)}")


async def seats_of(people: Sequence[int], on: date) -> dict[int, list[Seat]]:
    """Own positions first, in the order by which a person's calendar is found, then leaders' authority lent to them."""
    sql = Sql()
    columns = "s.unit_id, u.path, s.role, s.rank, s.id as position_id"
    rows = await sql.fetch(
        f"select s.person_id, {columns}, 1 = 0 as lent from position s join unit u on u.id = s.unit_id "
        f"where {sql.any_of('s.person_id', people)} and {in_force(sql, on)} "
        f"union all select d.substitute_id as person_id, {columns}, 1 = 1 as lent from delegation d "
        "join position s on s.id = d.position_id and s.person_id = d.giver_id join unit u on u.id = s.unit_id "
        f"join person p on p.id = d.giver_id where {sql.any_of('d.substitute_id', people)} and d.ended_at is null "
        f"and s.role = 'leader' and d.from_on <= {sql.arg(on)} and d.until_on >= {sql.arg(on)} "
        f"and {in_force(sql, on)} and {in_service(sql, on)} order by lent, path, position_id",
        Seat,
    )
    found: defaultdict[int, list[Seat]] = defaultdict(list)
    for row in rows:
        found[row.person_id].append(row)
    return found


async def spoken_to(people: Sequence[int], slot: datetime, now: datetime) -> set[int]:
    """Those whose message of this slot has left already: a digest would be a message of its own."""
    sql = Sql()
    rows = await sql.rows(
        f"select distinct person_id from outbox_notice where {sql.any_of('person_id', people)} and in_slot "
        f"and not_before >= {sql.arg(slot)} and not_before <= {sql.arg(now)} "
        "and status in ('claimed', 'sending', 'sent')"
    )
    return {int(row["person_id"]) for row in rows}


class _Task(msgspec.Struct, kw_only=True):
    person_id: int
    id: int
    code: str
    title: str
    due_at: datetime
    urgency: Urgency
    secret: bool
    lead: str = ""
    ahead: int
    overdue: int

    @property
    def ref(self) -> TaskRef:
        return TaskRef(self.id, self.code, self.title, self.due_at, self.urgency, self.secret)


def _savable_first(sql: Sql, now: datetime, task: str = "t") -> str:
    """Deadlines still ahead, nearest on top, then those past, youngest on top."""
    moment, due_at = sql.arg(now), f"{task}.due_at"
    return (
        f"case when {due_at} > {moment} then 0 else 1 end, case when {due_at} > {moment} then {due_at} end, "
        f"{due_at} desc, {task}.id"
    )


async def days_of(people: Sequence[int], now: datetime, start: datetime, end: datetime) -> dict[int, Today]:
    """The day from ``start`` to ``end`` of everybody who has something due in what is left of it, or has put something
    off until it. Whoever has only overdue tasks has no such day: the reminders after a deadline say those."""
    sql = Sql()
    to = sql.arg(end)
    rows = await sql.fetch(
        "select * from (select t.lead_id as person_id, "
        f"{_REF}, count(*) over (partition by t.lead_id) as ahead, 0 as overdue, "
        f"row_number() over (partition by t.lead_id order by {_savable_first(sql, now)}) as place from task t "
        f"where {sql.any_of('t.lead_id', people)} and {_TO_DO} "
        f"and ((t.due_at > {sql.arg(now)} and t.due_at < {to}) "
        f"or (t.waiting_until >= {sql.arg(start)} and t.waiting_until < {to}))) x "
        f"where place <= {sql.arg(MOST)} order by person_id, place",
        _Task,
    )
    found: dict[int, Today] = {}
    for row in rows:
        found.setdefault(row.person_id, Today([], row.ahead)).tasks.append(row.ref)
    for person_id, n in (await _overdue(list(found), now)).items() if found else ():
        found[person_id].overdue = n
    return found


async def _overdue(people: Sequence[int], now: datetime) -> dict[int, int]:
    sql = Sql()
    rows = await sql.rows(
        f"select t.lead_id, count(*) as n from task t where {sql.any_of('t.lead_id', people)} and {_TO_DO} "
        f"and t.due_at <= {sql.arg(now)} and {late(sql)} group by t.lead_id"
    )
    return {int(row["lead_id"]): int(row["n"]) for row in rows}


async def held_below(seats: Sequence[Seat], now: datetime, soon: datetime, on: date) -> dict[int, Held]:
    """What the people below these leaders have open that is due by ``soon`` or became overdue lately. Not a leader's own
    tasks, nor those of whoever is not below them in the very same unit."""
    if not seats:
        return {}
    sql = Sql()
    scope = sql.table(
        "s",
        {"person_id": "bigint", "unit_id": "bigint", "path": "text", "rank": "integer"},
        [(seat.person_id, seat.unit_id, seat.path, seat.rank) for seat in seats],
    )
    moment = sql.arg(now)
    tasks = (
        f"select distinct s.person_id, t.lead_id, {_REF} from {scope} join unit u on u.path like s.path || '%' "
        f"join task t on t.unit_id = u.id where {_TO_DO} and t.lead_id <> s.person_id "
        f"and t.due_at > {sql.arg(now - OVERDUE_FOR)} and t.due_at <= {sql.arg(soon)} "
        f"and (t.due_at > {moment} or {late(sql)}) "
        "and not (t.unit_id = s.unit_id and exists (select 1 from position c where c.person_id = t.lead_id "
        f"and c.unit_id = s.unit_id and c.role = 'leader' and c.rank <= s.rank and c.from_on <= {sql.arg(on)} "
        f"and (c.until_on is null or c.until_on >= {sql.arg(on)})))"
    )
    rows = await sql.fetch(
        "select y.*, l.full_name as lead from (select t.*, "
        f"count(case when t.due_at > {moment} then 1 end) over (partition by t.person_id) as ahead, "
        f"count(case when t.due_at <= {moment} then 1 end) over (partition by t.person_id) as overdue, "
        f"row_number() over (partition by t.person_id order by {_savable_first(sql, now)}) as place "
        f"from ({tasks}) t) y join person l on l.id = y.lead_id where y.place <= {sql.arg(MOST)} "
        "order by y.person_id, y.place",
        _Task,
    )
    found: dict[int, Held] = {}
    for row in rows:
        held = found.setdefault(row.person_id, Held([], row.ahead, row.overdue))
        held.tasks.append(HeldTask(row.ref, row.lead))
    return found
