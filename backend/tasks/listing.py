"""Lists of tasks by role, page by page, and the numbers on their tabs."""

from datetime import datetime
from enum import StrEnum

import msgspec

from backend.domain.types import Actor, Status
from backend.errors import Invalid
from backend.kit.db import Sql
from backend.kit.paging import DEFAULT_LIMIT, MAX_LIMIT, Page, cursor, read_cursor
from backend.kit.text import clean
from backend.org.queries import find_unit
from backend.org.sql import matches
from backend.tasks.lines import FROM, late, ranked_lines
from backend.tasks.schemas import TaskLine
from backend.tasks.visibility import visible_to
from backend.tasks.waiting import waiting_for


class View(StrEnum):
    """Whose tasks: what waits for me, what I gave, what I lead, what I only take part in, everything I may see."""

    TO_HANDLE = "to_handle"
    ASSIGNED_BY_ME = "assigned_by_me"
    ASSIGNED_TO_ME = "assigned_to_me"
    WATCHING = "watching"
    ALL = "all"


class State(StrEnum):
    """Where tasks stand: one of the six states, or open or closed altogether."""

    ASSIGNED = "assigned"
    ACKNOWLEDGED = "acknowledged"
    REPORTED = "reported"
    DECLINED = "declined"
    DONE = "done"
    CANCELLED = "cancelled"
    OPEN = "open"
    CLOSED = "closed"


_STATES = {
    State.OPEN: tuple(str(status) for status in Status if status.is_open),
    State.CLOSED: tuple(str(status) for status in Status if not status.is_open),
}

#: More of a search text than anybody types is not looked at.
MAX_Q = 200
#: The rank of views that have none.
_NO_RANK = "0"


class TaskFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which tasks. ``unit`` is a code and includes the units below; ``q`` is looked for without accents in code, title,
    source number and the lead's name; ``due_before`` is an aware instant."""

    view: View = View.ALL
    state: State | None = None
    unit: str | None = None
    due_before: datetime | None = None
    q: str = ""
    late: bool | None = None


class Buckets(msgspec.Struct, frozen=True):
    """The four buckets of domain.md §2; cancelled tasks are in none, so they always sum to ``assigned``."""

    done_on_time: int = 0
    done_late: int = 0
    open_in_time: int = 0
    open_late: int = 0

    @property
    def assigned(self) -> int:
        return self.done_on_time + self.done_late + self.open_in_time + self.open_late


class Counts(msgspec.Struct, frozen=True):
    """Numbers for the tabs (open tasks only), and the buckets of what the actor leads and what they gave."""

    to_handle: int
    assigned_by_me: int
    assigned_to_me: int
    watching: int
    mine: Buckets
    given: Buckets


async def listing(
    actor: Actor, filter_: TaskFilter, after: str | None = None, limit: int = DEFAULT_LIMIT
) -> Page[TaskLine]:
    """One page, soonest due first (``to_handle``: what the actor must decide before their own work).

    ``after`` is the ``next`` of the page before. Rows that appear or vanish meanwhile neither repeat nor hide others.
    Raises Invalid for a cursor that is not ours or a ``due_before`` without zone, NotFound for an unknown unit.
    """
    limit = max(1, min(limit, MAX_LIMIT))
    sql = Sql()
    source, rank = _source(actor, filter_.view, sql)
    where = [*await _conditions(actor, filter_, sql), *_after(sql, after, rank)]
    order = "t.due_at, t.id" if rank == _NO_RANK else f"{rank}, t.due_at, t.id"
    rows = await ranked_lines(
        sql, f"{source} where {' and '.join(where)} order by {order} limit {sql.arg(limit + 1)}", rank
    )
    page = [line for _, line in rows[:limit]]
    more = cursor(rows[limit - 1][0], page[-1].due_at, page[-1].id) if len(rows) > limit else None
    return Page(page, more)


def _source(actor: Actor, view: View, sql: Sql) -> tuple[str, str]:
    """What to join to the tasks for a view, and the expression that orders before the due time."""
    if view is View.TO_HANDLE:
        return f"join ({waiting_for(actor, sql)}) w on w.id = t.id", "w.rank"
    return "", _NO_RANK


def _after(sql: Sql, after: str | None, rank: str) -> list[str]:
    if not after:
        return []
    last = read_cursor(after, tuple[int, datetime, int])
    place = f"({sql.arg(last[1])}, {sql.arg(last[2])})"
    if rank == _NO_RANK:
        return [f"(t.due_at, t.id) > {place}"]
    first = sql.arg(last[0])
    return [f"({rank} > {first} or ({rank} = {first} and (t.due_at, t.id) > {place}))"]


async def _conditions(actor: Actor, filter_: TaskFilter, sql: Sql) -> list[str]:
    where = [await _of_view(actor, filter_.view, sql)]
    if filter_.state is not None:
        states = _STATES.get(filter_.state, (str(filter_.state),))
        where.append(f"t.status in {sql.args(states)}")
    if filter_.unit is not None:
        unit = await find_unit(clean(filter_.unit))
        where.append(f"u.path like {sql.arg(unit.path + '%')}")
    if filter_.due_before is not None:
        if filter_.due_before.tzinfo is None:
            raise Invalid("due_needs_zone")
        where.append(f"t.due_at < {sql.arg(filter_.due_before)}")
    if filter_.late is not None:
        where.append(late(sql) if filter_.late else f"not {late(sql)}")
    if q := clean(filter_.q)[:MAX_Q]:
        where.append(matches(sql, q, "t.search"))
    return where


async def _of_view(actor: Actor, view: View, sql: Sql) -> str:
    """The condition of a view; each of the personal ones lies within what the actor may see."""
    if view in (View.TO_HANDLE, View.ALL):
        return visible_to(actor, sql)
    me = sql.arg(actor.person_id)
    match view:
        case View.ASSIGNED_TO_ME:
            return f"t.lead_id = {me}"
        case View.ASSIGNED_BY_ME:
            # One equality alone is what the index of an assigner's tasks by due time answers at once.
            by_others = f" or t.on_behalf_of_id = {me}" if await _has_substitutes_work(actor) else ""
            return f"(t.assigner_id = {me}{by_others}) and t.lead_id <> {me}"
        case _:
            return f"t.id in (select p.task_id from task_part p where p.person_id = {me}) and t.lead_id <> {me}"


async def _has_substitutes_work(actor: Actor) -> bool:
    """Whether anything was assigned in the actor's name by whoever held their authority."""
    sql = Sql()
    return bool(await sql.rows(f"select 1 from task where on_behalf_of_id = {sql.arg(actor.person_id)} limit 1"))


async def counts(actor: Actor) -> Counts:
    """The numbers on the actor's tabs."""
    return Counts(
        to_handle=await _count(actor, View.TO_HANDLE),
        assigned_by_me=await _count(actor, View.ASSIGNED_BY_ME),
        assigned_to_me=await _count(actor, View.ASSIGNED_TO_ME),
        watching=await _count(actor, View.WATCHING),
        mine=await buckets(actor, TaskFilter(view=View.ASSIGNED_TO_ME)),
        given=await buckets(actor, TaskFilter(view=View.ASSIGNED_BY_ME)),
    )


async def _count(actor: Actor, view: View) -> int:
    sql = Sql()
    source, _ = _source(actor, view, sql)
    where = "1 = 1"
    if view is not View.TO_HANDLE:
        where = f"t.status in {sql.args(_STATES[State.OPEN])} and {await _of_view(actor, view, sql)}"
    [row] = await sql.rows(f"select count(*) as n from task t {source} where {where}")
    return int(row["n"])


async def buckets(actor: Actor, filter_: TaskFilter) -> Buckets:
    """The four buckets over the tasks of a filter."""
    sql = Sql()
    source, _ = _source(actor, filter_.view, sql)
    where = " and ".join(await _conditions(actor, filter_, sql))
    done, is_late_ = "t.status = 'done'", late(sql)
    [row] = await sql.rows(
        f"select count(case when {done} and not {is_late_} then 1 end) as done_on_time, "
        f"count(case when {done} and {is_late_} then 1 end) as done_late, "
        f"count(case when not {done} and not {is_late_} then 1 end) as open_in_time, "
        f"count(case when not {done} and {is_late_} then 1 end) as open_late "
        f"{FROM} {source} where {where} and t.status <> 'cancelled'"
    )
    return Buckets(**{name: int(row[name]) for name in Buckets.__struct_fields__})
