"""Adjustments and decided appeals: points added to or taken from a person's period, each an entry of its own."""

import secrets
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Literal

import msgspec

from backend import audit
from backend.domain.scoring_periods import PeriodSpan
from backend.domain.types import Actor
from backend.errors import Conflict, Unprocessable
from backend.kit import clock
from backend.kit.db import Sql, transaction
from backend.models import LedgerEntry
from backend.scores import access, people, reserves, rules, subjects
from backend.scores.periods import closed_among, read_period

Kind = Literal["adjustment", "appeal"]
_MOST = Decimal(100)


class Correction(msgspec.Struct, frozen=True):
    id: int
    kind: Kind
    points: Fraction
    reason: str
    by: str
    recorded_at: datetime


class _Row(msgspec.Struct):
    id: int
    kind: Kind
    person_id: int
    points: Decimal
    reason: str
    decided_by: str
    recorded_at: datetime


async def of_people(period: str, ids: Iterable[int]) -> dict[int, list[Correction]]:
    """Corrections of people's period, in order. The period is part of the key: it is not the one they were made in."""
    sql = Sql()
    adjusted, appealed = sql.arg(f"adjustment:{period}:%"), sql.arg(f"appeal:{period}:%")
    rows = await sql.fetch(
        "select e.id, e.kind, e.person_id, e.points, e.reason, coalesce(b.full_name, '') as decided_by, e.recorded_at "
        "from ledger_entry e left join person b on b.id = e.decided_by_id "
        f"where {sql.any_of('e.person_id', sorted(set(ids)))} and e.points is not null "
        f"and (e.key like {adjusted} or e.key like {appealed}) order by e.id",
        _Row,
    )
    found: defaultdict[int, list[Correction]] = defaultdict(list)
    for row in rows:
        found[row.person_id].append(
            Correction(row.id, row.kind, Fraction(row.points), row.reason, row.decided_by, row.recorded_at)
        )
    return dict(found)


async def correct(
    actor: Actor, person_id: int, period_key: str, points: Decimal, reason: str, kind: Kind = "adjustment"
) -> int:
    """HR adds points to (or takes them from) a person's period with a reason; returns the entry's id.

    An ``adjustment`` needs an open period; a decided ``appeal`` may change a closed one and shows as such. Raises
    NotFound for a stranger, Forbidden for anybody but HR over the person, Conflict when the period is closed.
    """
    reason = checked(points, reason)
    period = read_period(period_key)
    async with transaction():
        seats = (await people.holders(period, people=[person_id])).get(person_id, [])
        actor = await reserves.stand_in(actor, seats)
        access.require_sight(actor, person_id, seats)
        access.require(
            actor.is_system or (actor.person_id != person_id and any(access.keeps(actor, seat.path) for seat in seats))
        )
        if not seats:
            raise Unprocessable("no_position_in_period", period=period.key)
        if kind == "adjustment" and await closed_among([period.key]):
            raise Conflict("period_closed", period=period.key)
        return await write(actor, person_id, seats[0].unit_id, period, points, reason, kind)


def checked(points: Decimal, reason: str) -> str:
    """The reason without blanks around it. Raises Unprocessable for points out of range or no reason."""
    if not points.is_finite() or not 0 < abs(points) <= _MOST or points != points.quantize(Decimal("0.0001")):
        raise Unprocessable("correction_points", most=int(_MOST))
    if not reason.strip():
        raise Unprocessable("reason_needed")
    return reason.strip()


async def write(
    actor: Actor, person_id: int, unit_id: int, period: PeriodSpan, points: Decimal, reason: str, kind: Kind
) -> int:
    """Write the entry of a correction that was decided on; returns its id. Who may is the caller's to see to."""
    ruleset = await subjects.rules_at(period, unit_id)
    now = clock.now()
    entry = await LedgerEntry.create(
        key=f"{kind}:{period.key}:{person_id}:{secrets.token_hex(6)}",
        kind=kind,
        scope="officer",
        person_id=person_id,
        unit_id=unit_id,
        count=0,
        points=points,
        happened_at=now,
        recorded_at=now,
        rule=rules.RULE_CORRECTION,
        rule_version=ruleset.ref,
        decided_by_id=actor.person_id or None,
        reason=reason,
        data={"period": period.key},
    )
    await audit.record(
        actor,
        f"score.{kind}",
        "ledger_entry",
        entry.id,
        person=person_id,
        period=period.key,
        points=str(points),
        reason=reason,
    )
    return int(entry.id)
