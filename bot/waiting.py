"""What waits in the outbox and may go: the rows that a claim finds and holds until its transaction ends."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from backend import outbox
from backend.kit import clock
from backend.kit.db import Sql
from bot import pacing
from bot.claimed import Claimed

_COLUMNS = (
    "id, kind, payload, person_id, task_id, not_before, ready_at, attempts, maybe_sent, in_slot, urgent, twin_of_id"
)


async def first_of_each(limit: int, gone_until: datetime, *, urgent: bool) -> list[Claimed]:
    """The first waiting notice of each person who has nothing in flight, of the urgent ones or of the others. Lines of
    slots go up to ``gone_until``, or when the engine has kept them for too long.

    An assignment that still waits for its grace or bundle lets others pass, but none about its own task. The text is
    written for an index that gives the waiting ones in their order: they are looked at one by one, each with one look at
    the person's other notices, until there are enough.
    """
    sql = Sql()
    real, now, gone = sql.arg(clock.real()), sql.arg(clock.now()), sql.arg(gone_until)
    patient = sql.arg(clock.real() - outbox.SLOT_PATIENCE)

    def due(row: str) -> str:
        let_go = f"(not {row}.in_slot or {row}.not_before <= {gone} or {row}.ready_at <= {patient})"
        return f"{row}.ready_at <= {real} and {row}.not_before <= {now} and {let_go}"

    before = "o.id < n.id and o.urgent" if urgent else "(o.id < n.id or o.urgent)"
    # Second messages of urgent work go another way: they wait for each other, and nothing else waits for them.
    alike = "(o.twin_of_id is null) = (n.twin_of_id is null)"
    held = "select person_id, twin_of_id is null from outbox_notice where status in ('claimed', 'sending')"
    return await sql.fetch(
        f"select {_COLUMNS} from outbox_notice n where n.status = 'pending' and n.urgent = {sql.arg(urgent)} "
        f"and {due('n')} and (n.person_id, n.twin_of_id is null) not in ({held}) and "
        "(select true from outbox_notice o where o.status = 'pending' and o.person_id = n.person_id and o.id <> n.id "
        f"and {alike} "
        f"and ({before} and (o.attempts > 0 or {due('o')}) "
        "or o.id < n.id and o.kind = 'TaskAssigned' and o.task_id = n.task_id) limit 1) is not true "
        f"order by n.not_before, n.id limit {sql.arg(limit)} {sql.skip_held}",
        Claimed,
    )


async def other_lines(heads: Sequence[Claimed]) -> list[Claimed]:
    """What else waits of the slots of which these are the first lines."""
    sql = Sql()
    return await sql.fetch(
        f"select {_COLUMNS} from outbox_notice where in_slot and status = 'pending' and not_before <= "
        f"{sql.arg(clock.now())} and {sql.any_of('person_id', [head.person_id for head in heads])} "
        f"and not {sql.any_of('id', [head.id for head in heads])} order by id {sql.skip_held}",
        Claimed,
    )


class _Last(msgspec.Struct):
    person_id: int
    at: datetime


async def last_bundled(people: Sequence[int], now: datetime) -> dict[int, datetime]:
    """When each of these people was last sent something that is bundled, if that was lately."""
    sql = Sql()
    rows = await sql.fetch(
        "select person_id, max(settled_at) as at from outbox_notice "
        f"where {sql.any_of('person_id', sorted(set(people)))} and status = 'sent' "
        f"and kind in {sql.args(sorted(pacing.BUNDLED))} and settled_at > {sql.arg(now - pacing.BUNDLE_FOR)} "
        "group by person_id",
        _Last,
    )
    return {row.person_id: row.at for row in rows}


def is_express(row: Claimed) -> bool:
    """Whether a notice is about an express task."""
    payload = msgspec.json.decode(row.payload) if isinstance(row.payload, str) else row.payload
    return bool(payload.get("task", {}).get("urgency") == "express")
