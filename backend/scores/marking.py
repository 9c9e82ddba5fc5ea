"""Marks: the common points a leader enters (a self-mark beside them), and a leader's own parts d, đ, e."""

from decimal import Decimal

from backend import audit
from backend.domain.types import Actor
from backend.errors import Conflict, Forbidden, NotFound, Unprocessable
from backend.kit import clock
from backend.kit.db import transaction
from backend.models import Period
from backend.org.queries import find_person, find_unit
from backend.scores import access, marks, people, reserves, sign_offs, subjects
from backend.scores.marks import DECIDING, SELF
from backend.scores.periods import CLOSED, ensure_period, read_period
from backend.scores.schemas import MarkDraft, MarkView

_PERCENT = Decimal(100)


async def mark(actor: Actor, period_key: str, draft: MarkDraft) -> MarkView:
    """Enter (or change) a mark while the period is open.

    A leader over the person or HR enters what counts; the person's own ``common`` is kept beside it. A unit's common
    mark comes from a leader above it or HR. Raises NotFound for a stranger, Forbidden for whoever may not,
    Unprocessable for a value out of range or a part that is not theirs, Conflict when the period is closed or the step
    that this mark belongs to was signed: then it is taken back first.
    """
    period = read_period(period_key)
    if (draft.person is None) == (draft.unit is None):
        raise Unprocessable("mark_one_subject")
    async with transaction():
        period_id = await ensure_period(period.key)
        if (await Period.filter(id=period_id).select_for_update().get()).status == CLOSED:
            raise Conflict("period_closed", period=period.key)
        ruleset = await subjects.rules_of(period, person=draft.person, unit=draft.unit)
        most = Decimal(ruleset.common_max) if draft.what == "common" else _PERCENT
        if not marks.in_range(draft.value, most):
            raise Unprocessable("mark_out_of_range", most=int(most))
        subject = _person(actor, period_key, draft) if draft.person is not None else _unit(actor, draft)
        person_id, unit_id, level = await subject
        if await sign_offs.signed(period_id, person_id, unit_id, level):
            raise Conflict("sign_off_done")
        now = clock.now()
        await marks.put(period_id, person_id, unit_id, draft.what, level, draft.value, actor.person_id, now)
        await audit.record(
            actor,
            "score.marked",
            "person" if person_id else "unit",
            person_id or unit_id,
            period=period.key,
            what=draft.what,
            level=level,
            value=str(draft.value),
        )
    return MarkView(draft.what, level, draft.value, now)


#: (person, unit, level): one of the first two is None.
_Subject = tuple[int | None, int | None, str]


async def _person(actor: Actor, period_key: str, draft: MarkDraft) -> _Subject:
    ref = draft.person or ""
    person = await find_person(ref)
    seats = (await people.holders(read_period(period_key), people=[person.id])).get(person.id, [])
    actor = await reserves.stand_in(actor, seats)
    if person.id != actor.person_id and not access.sees(actor, [seat.path for seat in seats]):
        raise NotFound("person_not_found", ref=ref)
    if not seats:
        raise Unprocessable("no_position_in_period", period=period_key)
    if draft.what != "common" and not people.is_leader(seats):
        raise Unprocessable("mark_leaders_only")
    if access.decides(actor, person.id, seats):
        return person.id, None, DECIDING
    if person.id == actor.person_id and draft.what == "common":
        return person.id, None, SELF
    raise Forbidden("forbidden")


async def _unit(actor: Actor, draft: MarkDraft) -> _Subject:
    code = draft.unit or ""
    unit = await find_unit(code)
    if not access.sees(actor, [unit.path]):
        raise NotFound("unit_not_found", ref=code)
    if draft.what != "common":
        raise Unprocessable("mark_leaders_only")
    access.require(access.decides_for_unit(actor, unit.path))
    return None, unit.id, DECIDING
