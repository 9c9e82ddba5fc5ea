"""Sign-off: self-assessment, head, leader, step by step, each with its mark; then HR may close the period."""

from decimal import Decimal

import msgspec

from backend import audit
from backend.auth.actors import ZONE
from backend.domain.scoring_periods import PeriodSpan
from backend.domain.signing import Step
from backend.domain.types import Actor
from backend.errors import Conflict, InvalidFields, Unprocessable
from backend.kit import clock
from backend.kit.db import transaction
from backend.models import Period, SignOff
from backend.org.queries import find_person
from backend.scores import access, assessed, marks, sign_offs, subjects
from backend.scores.marks import DECIDING, HEAD, SELF
from backend.scores.periods import read_period
from backend.scores.schemas_signing import PassDraft, SignDraft, SignView
from backend.scores.signing_sight import open_period, seen_unit, sight
from backend.scores.standing import Office

_LEVELS = {"self": SELF, "head": HEAD, "leader": DECIDING}


async def sign(actor: Actor, period_key: str, draft: SignDraft) -> SignView:
    """Take a step of somebody's (or a unit's) sign-off, with its mark or agreeing to the one that is there.

    The steps come in their order; a leader and a unit come after everybody, every unit below them. Raises NotFound for
    a stranger, Forbidden for whoever's turn it cannot be, Conflict when the period runs still or is closed, the step was
    taken, is not the next, or waits for others, Unprocessable for a mark that is missing or out of range.
    """
    period = read_period(period_key)
    if (draft.person is None) == (draft.unit is None):
        raise Unprocessable("mark_one_subject")
    async with transaction():
        row = await open_period(period)
        if draft.value is not None:
            most = (await subjects.rules_of(period, person=draft.person, unit=draft.unit)).common_max
            if not marks.in_range(draft.value, Decimal(most)):
                raise Unprocessable("mark_out_of_range", most=most)
        if draft.unit is not None:
            return await _sign_unit(actor, period, row, draft)
        person = await find_person(draft.person or "")
        actor, office, seats = await sight(actor, period, person.id, draft.person or "")
        access.require(may_take(actor, office, person.id, draft.step))
        await _require_turn(office, person.id, draft.step)
        value = await _value(period, person.id, draft)
        by, level = actor.person_id, _LEVELS[draft.step]
        await marks.put(row.id, person.id, None, "common", level, value, by, clock.now())
        if draft.step == "leader":
            await _require_all_marks(period, person.id, seats[0].handle, person.full_name)
        return await _record(actor, row, draft.step, ("person", person.id), seats[0].handle, value)


async def pass_over(actor: Actor, period_key: str, draft: PassDraft) -> SignView:
    """HR passes over a step that nobody took within its limit, with the reason, for all to see.

    Raises as :func:`sign`; Conflict before the limit has passed.
    """
    period = read_period(period_key)
    reason = draft.reason.strip()
    if not reason:
        raise Unprocessable("reason_needed")
    async with transaction():
        row = await open_period(period)
        person = await find_person(draft.person)
        actor, office, seats = await sight(actor, period, person.id, draft.person)
        access.require(actor.person_id != person.id and any(access.keeps(actor, seat.path) for seat in seats))
        await _require_turn(office, person.id, draft.step)
        due = office.due(person.id, draft.step)
        if clock.now() <= due:
            raise Conflict("sign_off_not_late", until=f"{due.astimezone(ZONE):%H:%M %d/%m/%Y}")
        if draft.step == "leader":
            await _require_all_marks(period, person.id, seats[0].handle, person.full_name)
        return await _record(actor, row, draft.step, ("person", person.id), seats[0].handle, None, reason)


def may_take(actor: Actor, office: Office, person_id: int, step: Step) -> bool:
    """Whether the step is the actor's to take: the person themself, a leader over them, for the last step one above the
    head (or whose authority they hold); HR where nobody leads above (:mod:`backend.scores.reserves` says who is HR then)."""
    seats = office.holders.get(person_id, [])
    wanted = office.wanted(person_id) if seats else {}
    if step not in wanted:
        return False
    if step == "self" or person_id == actor.person_id:
        return step == "self" and person_id == actor.person_id
    if step == "head":
        return access.over(actor, seats)
    if not office.lines.over(person_id, seats[0].unit_id):
        return any(access.keeps(actor, seat.path) for seat in seats)
    below = set(wanted.get("head", [])) | {one.signed_by_id for one in [_head(office, person_id)] if one is not None}
    posts = tuple(post for post in actor.posts if (post.giver_id or actor.person_id) not in below)
    return actor.person_id not in below and access.over(msgspec.structs.replace(actor, posts=posts), seats)


def _head(office: Office, person_id: int) -> sign_offs.Taken | None:
    taken = office.of_person(person_id).get("head")
    return None if taken is None or taken.passed_reason else taken


async def _require_turn(office: Office, person_id: int, step: Step) -> None:
    taken, wanted = office.of_person(person_id), office.wanted(person_id)
    if step in taken:
        raise Conflict("sign_off_done")
    if step not in wanted:
        raise Unprocessable("sign_off_not_wanted")
    if office.step(person_id) != step:
        raise Conflict("sign_off_order")
    among = await assessed.people_among(office.period, {person_id, *office.below(person_id)})
    if person_id not in among:
        raise Unprocessable("sign_off_nothing")
    if step == "leader" and (waiting := office.waits_for(person_id, among)):
        names = ", ".join(sorted(office.holders[one][0].name for one in waiting))
        raise Conflict("sign_off_waits", names=names)


async def _value(period: PeriodSpan, person_id: int, draft: SignDraft) -> Decimal:
    """The mark of the step: the one given, else the one that is there to be agreed to. Raises Unprocessable."""
    if draft.value is not None:
        return draft.value
    given = await marks.of_people(period.key, [person_id])
    levels = {"self": (SELF,), "head": (HEAD, DECIDING), "leader": (DECIDING, HEAD)}[draft.step]
    value = next((given[key] for level in levels if (key := (person_id, "common", level)) in given), None)
    if value is None:
        raise Unprocessable("sign_off_mark")
    return value


async def _require_all_marks(period: PeriodSpan, person_id: int, ref: str, name: str) -> None:
    """Raises InvalidFields naming a leader's marks (d, đ, e) that nobody has entered."""
    missing = await assessed.missing_of(period, person_id)
    if missing:
        issues = [{"where": f"person:{ref}", "code": "mark_missing", "value": what, "name": name} for what in missing]
        raise InvalidFields("sign_off_marks", issues, n=len(issues))


async def _sign_unit(actor: Actor, period: PeriodSpan, row: Period, draft: SignDraft) -> SignView:
    unit = await seen_unit(actor, draft.unit or "")
    access.require(access.decides_for_unit(actor, unit.path))
    if draft.step != "leader":
        raise Unprocessable("sign_off_not_wanted")
    if await sign_offs.signed(row.id, None, unit.id, "leader"):
        raise Conflict("sign_off_done")
    among = await assessed.units_among(period, [unit.path])
    if unit.id not in {one.id for one in among}:
        raise Unprocessable("sign_off_nothing")
    office = await Office.load(period, [])
    if waiting := office.unit_waits_for(unit, among):
        raise Conflict("sign_off_waits", names=", ".join(sorted(one.name for one in waiting)))
    value = draft.value
    if value is None:
        given = await marks.of_unit(period.key, unit.id)
        if given is None:
            raise Unprocessable("sign_off_mark")
        value = Decimal(given.numerator) / given.denominator
    await marks.put(row.id, None, unit.id, "common", DECIDING, value, actor.person_id, clock.now())
    return await _record(actor, row, "leader", ("unit", unit.id), unit.code, value)


async def _record(
    actor: Actor,
    row: Period,
    step: Step,
    subject: sign_offs.Subject,
    ref: str,
    value: Decimal | None,
    passed_reason: str = "",
) -> SignView:
    now = clock.now()
    kind, id_ = subject
    await SignOff.create(
        period_id=row.id,
        person_id=id_ if kind == "person" else None,
        unit_id=id_ if kind == "unit" else None,
        step=step,
        value=value,
        signed_by_id=actor.person_id,
        signed_at=now,
        passed_reason=passed_reason,
    )
    shown = None if value is None else f"{value.normalize():f}"
    action = "score.sign_off_passed" if passed_reason else "score.signed_off"
    await audit.record(actor, action, kind, id_, period=row.key, step=step, value=shown, reason=passed_reason)
    return SignView(kind, ref, step, shown, actor.name, now, passed_reason)
