"""What waits for one person, as SQL: decisions first, then their own work.

Every way a task can wait is a question of its own that one index answers; a single condition with ``or`` between them
would read the whole table.
"""

from backend.auth.actors import today
from backend.domain.limits import ASSIGNER_TOLD
from backend.domain.types import Actor, Role
from backend.kit import clock
from backend.kit.db import Sql
from backend.org.sql import in_force

#: Ranks of the list: what the actor must decide or see to, then what they must do.
DECIDE, DO = 0, 1
#: States in which a decision is owed, and in which work is.
_UNDECIDED, _WORKING = "('reported', 'declined')", "('assigned', 'acknowledged')"
_ASKED = "from extension e join task t on t.id = e.task_id where e.decision = '' and t.status not in ('declined', 'cancelled')"


def waiting_for(actor: Actor, sql: Sql) -> str:
    """A query of ``id`` and ``rank`` of every task that waits for the actor, each once.

    To decide, as the assigner, whose authority was used, or who holds the assigner's: reports, declined tasks, questions
    for more time, tasks that nobody acknowledged. As the leader above: what people registered for themselves, and
    decisions whose assigner is the lead or has left. To do: one's own tasks; as coordinator, an acknowledgement that
    is required.
    """
    ways = _to_do(actor, sql) + _to_decide(actor, sql) + _to_confirm(actor, sql)
    return f"select id, min(rank) as rank from ({' union all '.join(ways)}) z group by id"


async def to_acknowledge(actor: Actor) -> list[int]:
    """The tasks that the actor leads or helps with and has not acknowledged, soonest due first."""
    sql = Sql()
    me = sql.arg(actor.person_id)
    rows = await sql.rows(
        "select z.id from ("
        f"select t.id, t.due_at from task t where t.lead_id = {me} and t.status = 'assigned' union "
        f"select t.id, t.due_at from task_part p join task t on t.id = p.task_id where p.person_id = {me} "
        f"and p.part = 'coordinator' and p.acknowledged_at is null and t.status in {_WORKING}"
        ") z order by z.due_at, z.id"
    )
    return [int(row["id"]) for row in rows]


def _select(rank: int) -> str:
    return f"select t.id, {rank} as rank"


def _to_do(actor: Actor, sql: Sql) -> list[str]:
    me = sql.arg(actor.person_id)
    return [
        f"{_select(DO)} from task t where t.lead_id = {me} and t.status in {_WORKING}",
        f"{_select(DO)} from task_part p join task t on t.id = p.task_id where p.person_id = {me} "
        f"and p.part = 'coordinator' and p.acknowledged_at is null and t.all_acknowledge and t.status in {_WORKING}",
    ]


def _to_decide(actor: Actor, sql: Sql) -> list[str]:
    """As who stands for the assigner (``domain.access.decides`` without the leaders above)."""
    givers = sorted({post.giver_id for post in actor.posts if post.giver_id is not None})
    me = sql.arg(actor.person_id)
    stands = [f"t.assigner_id in {sql.args([actor.person_id, *givers])}"]
    if actor.has(Role.LEADER):
        # Only leaders lend their authority.
        stands.append(f"t.on_behalf_of_id = {me}")
    silent = f"(t.answer_step >= {ASSIGNER_TOLD} or t.due_at <= {sql.arg(clock.now())})"
    ways = []
    for stand in stands:
        mine = f"{stand} and t.lead_id <> {me} and t.assigner_id <> t.lead_id"
        ways += [
            f"{_select(DECIDE)} from task t where {mine} and t.status in {_UNDECIDED}",
            f"{_select(DECIDE)} from task t where {mine} and t.status = 'assigned' and {silent}",
            f"{_select(DECIDE)} {_ASKED} and {mine}",
        ]
    return ways


def _to_confirm(actor: Actor, sql: Sql) -> list[str]:
    """As the leader nearest above: of the lead's unit, or of its parent when the lead leads that unit."""
    leading = {post.unit_id: post.rank for post in actor.posts if post.role is Role.LEADER}
    if not leading:
        return []
    above = _above(leading, sql, actor.person_id)
    left = "t.assigner_id in (select id from person where left_at is not null)"
    own = "t.self_registered and t.status <> 'cancelled'"
    ways = []
    for whose in above:
        ways += [
            f"{_select(DECIDE)} from task t where {whose} and {own} and t.confirmed_at is null",
            f"{_select(DECIDE)} from task t where {whose} and {own} and t.status = 'declined'",
            f"{_select(DECIDE)} from task t where {whose} and {left} and t.status in {_UNDECIDED}",
            f"{_select(DECIDE)} {_ASKED} and {whose} and (t.assigner_id = t.lead_id or {left})",
        ]
    return ways


def _above(leading: dict[int, int], sql: Sql, person_id: int) -> list[str]:
    """Conditions on tasks of people right below the actor; ``leading``: unit → the actor's rank in it."""
    me, on = sql.arg(person_id), today()
    leaders = (
        "select s.person_id from position s join unit u on u.id = s.unit_id "
        f"where s.role = 'leader' and s.unit_id = t.unit_id and {in_force(sql, on)}"
    )
    of_unit = [
        f"t.unit_id = {sql.arg(unit)} and t.lead_id <> {me} and t.lead_id not in ({leaders} and s.rank <= {sql.arg(rank)})"
        for unit, rank in sorted(leading.items())
    ]
    below = f"(select id from unit where parent_id in {sql.args(sorted(leading))})"
    return [*of_unit, f"t.unit_id in {below} and t.lead_id <> {me} and t.lead_id in ({leaders})"]
