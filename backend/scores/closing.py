"""Closing a period: every result stored with what it was made of, under one seal; afterwards it never changes."""

import hashlib
from typing import Any

import msgspec

from backend import audit
from backend.domain.types import Actor, Role
from backend.errors import Conflict, Forbidden, InvalidFields
from backend.kit import clock
from backend.kit.db import transaction
from backend.models import Period, PeriodResult
from backend.org.queries_units import units_under
from backend.scores import people, reading
from backend.scores.periods import CLOSED, ensure_period, read_period
from backend.scores.schemas import Explanation


async def close_period(actor: Actor, key: str) -> str:
    """HR closes a period that has ended: stores the result of everybody who held a position in it and of every unit,
    and returns the seal.

    Raises Forbidden for anybody but HR, Conflict when it runs still or is closed, InvalidFields naming every mark that
    is missing: there is no default. The sign-off before it (self, head, leader) is not asked for yet.
    """
    if not actor.is_system and not actor.has(Role.HR):
        raise Forbidden("forbidden")
    span = read_period(key)
    async with transaction():
        period = await Period.filter(id=await ensure_period(span.key)).select_for_update().get()
        if period.status == CLOSED:
            raise Conflict("period_closed", period=span.key)
        if clock.now() < span.end:
            raise Conflict("period_running", period=span.key)
        holders = await people.holders(span)
        found = list((await reading.of_people(span, reading.names_of(holders))).values())
        units = [unit for unit in await units_under(None) if unit.closed_on is None or unit.closed_on > span.from_on]
        found += (await reading.of_units(span, units)).values()
        _require_marks(found)
        now = clock.now()
        rows = [_result(period.id, msgspec.structs.replace(one, status=CLOSED)) for one in found]
        await PeriodResult.bulk_create(rows, batch_size=500)
        mark = seal([row.data for row in rows])
        await Period.filter(id=period.id).update(
            status=CLOSED, closed_at=now, closed_by_id=actor.person_id or None, seal=mark
        )
        await audit.record(actor, "score.period_closed", "period", period.id, period=span.key, seal=mark)
    return mark


def _require_marks(found: list[Explanation]) -> None:
    issues = [
        {"where": f"{one.subject}:{one.ref}", "code": "mark_missing", "value": what, "name": one.name}
        for one in found
        for what in one.missing
    ]
    if issues:
        raise InvalidFields("marks_missing", issues, n=len(issues))


def _result(period_id: int, one: Explanation) -> PeriodResult:
    return PeriodResult(
        period_id=period_id,
        person_id=one.id if one.subject == "person" else None,
        unit_id=one.id if one.subject == "unit" else None,
        total=one.total.exact if one.total else "",
        band=one.band,
        data=msgspec.to_builtins(one),
    )


def seal(results: list[dict[str, Any]]) -> str:
    """SHA-256 over every stored result, in an order and a form that do not depend on the database."""
    lines = sorted(msgspec.json.encode(data, order="sorted") for data in results)
    return hashlib.sha256(b"\n".join(lines)).hexdigest()


async def seal_holds(key: str) -> bool:
    """Whether the stored results of a closed period are still those that were sealed."""
    period = await Period.get(key=read_period(key).key)
    rows = await PeriodResult.filter(period_id=period.id)
    return seal([row.data for row in rows]) == period.seal
