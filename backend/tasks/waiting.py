"""What waits for one person, as SQL: decisions first, then their own work."""

from backend.domain.types import Actor, Role
from backend.kit import clock
from backend.kit.db import Sql

#: Ranks of the list: what the actor must decide or see to, then what they must do.
DECIDE, DO = 0, 1
#: From this step of the acknowledgement limit on the assigner has been told of the silence (domain.md §2).
_ASSIGNER_TOLD = 2


def waiting_for(actor: Actor, sql: Sql) -> str:
    """A query of ``id`` and ``rank`` of every task that waits for the actor, each once.

    To decide, as the assigner, whose authority was used, or who holds the assigner's: reports, declined tasks, questions
    for more time, tasks that nobody acknowledged. As the leader above: what people registered for themselves, and
    decisions whose assigner is the lead or has left. To do: one's own tasks; as coordinator, an acknowledgement that
    is required.
    """
    decide = f"select t.id, {DECIDE} as rank from task t"
    do = f"select t.id, {DO} as rank from task t"
    decides, me = _decides(actor, sql), sql.arg(actor.person_id)
    silent = f"(t.answer_step >= {_ASSIGNER_TOLD} or t.due_at <= {sql.arg(clock.now())})"
    asked = "t.id in (select e.task_id from extension e where e.decision = '')"
    ways = [
        f"{decide} where {decides} and t.status in ('reported', 'declined')",
        f"{decide} where {decides} and t.status = 'assigned' and {silent}",
        f"{decide} where {decides} and {asked} and t.status not in ('declined', 'cancelled')",
        f"{do} where t.lead_id = {me} and t.status in ('assigned', 'acknowledged')",
        f"{do} join task_part p on p.task_id = t.id where p.person_id = {me} and p.part = 'coordinator' "
        "and p.acknowledged_at is null and t.all_acknowledge and t.status in ('assigned', 'acknowledged')",
    ]
    if above := _above(actor, sql):
        orphaned = "(t.assigner_id = t.lead_id or a.left_at is not null)"
        joined = f"{decide} join unit u on u.id = t.unit_id join person a on a.id = t.assigner_id where {above}"
        ways += [
            f"{joined} and t.self_registered and t.confirmed_at is null and t.status <> 'cancelled'",
            f"{joined} and {orphaned} and (t.status in ('reported', 'declined') "
            f"or {asked} and t.status <> 'cancelled')",
        ]
    return f"select id, min(rank) as rank from ({' union all '.join(ways)}) z group by id"


def _decides(actor: Actor, sql: Sql) -> str:
    """The actor stands for the assigner (``domain.access.decides`` without the leaders above)."""
    givers = sorted({post.giver_id for post in actor.posts if post.giver_id is not None})
    me = sql.arg(actor.person_id)
    return (
        f"(t.assigner_id in {sql.args([actor.person_id, *givers])} or t.on_behalf_of_id = {me}) "
        f"and t.lead_id <> {me} and t.assigner_id <> t.lead_id"
    )


def _above(actor: Actor, sql: Sql) -> str:
    """The actor is the leader nearest above the lead: of the lead's unit, or of its parent when the lead leads it."""
    leading = {post.unit_id: post.rank for post in actor.posts if post.role is Role.LEADER}
    if not leading:
        return ""
    lead_leads = (
        "exists (select 1 from position s where s.person_id = t.lead_id and s.unit_id = t.unit_id and s.role = 'leader'"
    )
    ways = [
        f"t.unit_id = {sql.arg(unit)} and not {lead_leads} and s.rank <= {sql.arg(rank)})"
        for unit, rank in sorted(leading.items())
    ]
    ways.append(f"u.parent_id in {sql.args(sorted(leading))} and {lead_leads})")
    return f"t.lead_id <> {sql.arg(actor.person_id)} and ({' or '.join(ways)})"
