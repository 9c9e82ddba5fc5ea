"""Listed reasons that override points: HR enters one for a person or unit with what it rests on, and may lift it."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

import msgspec

from backend import audit
from backend.domain.scoring import Disqualifier
from backend.domain.types import Actor
from backend.errors import Conflict, NotFound, Unprocessable
from backend.kit import clock
from backend.kit.db import Sql, transaction
from backend.kit.text import block
from backend.models import Disqualification, Period
from backend.org.queries import find_person, find_unit
from backend.org.queries_units import unit_by_id
from backend.scores import access, people, reserves, rules
from backend.scores.periods import CLOSED, ensure_period, read_period


class Reason(msgspec.Struct, frozen=True):
    """One that stands: a code of the rule set, what it rests on, and who entered it."""

    id: int
    code: str
    reason: str
    by: str
    at: datetime


class _Row(Reason, frozen=True):
    person_id: int | None = None
    unit_id: int | None = None


async def of_people(period: str, ids: Iterable[int]) -> dict[int, list[Reason]]:
    """Reasons that stand in a period, by person."""
    sql = Sql()
    return _by(await _standing(sql, period, sql.any_of("d.person_id", sorted(set(ids)))), "person_id")


async def of_units(period: str, ids: Iterable[int]) -> dict[int, list[Reason]]:
    """Reasons that stand in a period, by unit."""
    sql = Sql()
    return _by(await _standing(sql, period, sql.any_of("d.unit_id", sorted(set(ids)))), "unit_id")


async def _standing(sql: Sql, period: str, where: str) -> list[_Row]:
    return await sql.fetch(
        "select d.id, d.code, d.reason, coalesce(b.full_name, '') as by, d.entered_at as at, d.person_id, d.unit_id "
        "from disqualification d join period p on p.id = d.period_id left join person b on b.id = d.entered_by_id "
        f"where p.key = {sql.arg(period)} and d.lifted_at is null and {where} order by d.id",
        _Row,
    )


async def listed(refs: Iterable[str]) -> list[Disqualifier]:
    """The reasons that these published rule sets (``code@version``) list, each code once."""
    known = await rules.RuleBook.load()
    sets = [found for ref in dict.fromkeys(refs) if (found := known.ref(ref)) is not None]
    return list({one.code: one for found in sets for one in found.disqualifiers}.values())


def _by(rows: list[_Row], column: str) -> dict[int, list[Reason]]:
    found: defaultdict[int, list[Reason]] = defaultdict(list)
    for row in rows:
        found[getattr(row, column)].append(Reason(row.id, row.code, row.reason, row.by, row.at))
    return dict(found)


async def disqualify(
    actor: Actor, period_key: str, code: str, reason: str, *, person: str | None = None, unit: str | None = None
) -> int:
    """HR enters a reason for a person (handle) or a unit (code) in an open period; returns its id.

    Raises NotFound for a stranger, Forbidden for anybody but HR over them, Unprocessable for a reason that the rule set
    does not list, Conflict when the period is closed or the reason stands already.
    """
    reason = block(reason).strip()
    if not reason:
        raise Unprocessable("reason_needed")
    if (person is None) == (unit is None):
        raise Unprocessable("mark_one_subject")
    period = read_period(period_key)
    async with transaction():
        period_id = await _open_period(period.key)
        if person is not None:
            person_id, unit_id, path = await _person(actor, person, period_key)
        else:
            person_id, unit_id, path = await _unit(actor, unit or "")
        if code not in {one.code for one in (await rules.in_force(period.until_on, path)).disqualifiers}:
            raise Unprocessable("disqualifier_unknown", value=code[:40])
        if await Disqualification.filter(
            period_id=period_id, person_id=person_id, unit_id=unit_id, code=code, lifted_at=None
        ).exists():
            raise Conflict("disqualified_already")
        made = await Disqualification.create(
            period_id=period_id,
            person_id=person_id,
            unit_id=unit_id,
            code=code,
            reason=reason,
            entered_by_id=actor.person_id,
            entered_at=clock.now(),
        )
        await audit.record(
            actor,
            "score.disqualified",
            "person" if person_id else "unit",
            person_id or unit_id,
            period=period.key,
            code=code,
            reason=reason,
        )
    return int(made.id)


async def lift(actor: Actor, disqualification_id: int, reason: str) -> None:
    """HR takes a reason back, and says why; the row stays. Raises as :func:`disqualify`."""
    reason = block(reason).strip()
    if not reason:
        raise Unprocessable("reason_needed")
    async with transaction():
        found = await Disqualification.filter(id=disqualification_id).select_for_update().first()
        if found is None:
            raise NotFound("not_found")
        period = await Period.get(id=found.period_id)  # type: ignore[attr-defined]
        await _open_period(period.key)
        person_id, unit_id = found.person_id, found.unit_id  # type: ignore[attr-defined]
        if person_id is not None:
            await _person(actor, str(person_id), period.key)
        else:
            await _unit(actor, (await unit_by_id(unit_id)).code)
        if found.lifted_at is not None:
            raise Conflict("disqualification_lifted")
        await Disqualification.filter(id=found.id).update(
            lifted_at=clock.now(), lifted_by_id=actor.person_id, lift_reason=reason
        )
        await audit.record(
            actor, "score.disqualification_lifted", "disqualification", found.id, code=found.code, reason=reason
        )


async def _open_period(key: str) -> int:
    period = await Period.filter(id=await ensure_period(key)).select_for_update().get()
    if period.status == CLOSED:
        raise Conflict("period_closed", period=key)
    return int(period.id)


#: (person, unit, path): one of the first two is None.
_Subject = tuple[int | None, int | None, str]


async def _person(actor: Actor, ref: str, period_key: str) -> _Subject:
    found = await find_person(ref)
    seats = (await people.holders(read_period(period_key), people=[found.id])).get(found.id, [])
    actor = await reserves.stand_in(actor, seats)
    if not access.sees(actor, [seat.path for seat in seats]):
        raise NotFound("person_not_found", ref=ref)
    access.require(
        actor.is_system or (actor.person_id != found.id and any(access.keeps(actor, seat.path) for seat in seats))
    )
    return found.id, None, seats[0].path


async def _unit(actor: Actor, ref: str) -> _Subject:
    unit = await find_unit(ref)
    if not access.sees(actor, [unit.path]):
        raise NotFound("unit_not_found", ref=ref)
    access.require(actor.is_system or access.keeps(actor, unit.path))
    return None, unit.id, unit.path
