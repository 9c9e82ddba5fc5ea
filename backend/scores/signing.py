"""Sign-off: self-assessment, head, leader, step by step, each with its mark; then HR may close the period."""

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from backend import audit
from backend.auth.actors import ZONE
from backend.domain.scoring_periods import PeriodSpan
from backend.domain.signing import STEPS, Step
from backend.domain.types import Actor
from backend.errors import Conflict, Forbidden, InvalidFields, NotFound, Unprocessable
from backend.kit import clock
from backend.kit.db import Sql, transaction
from backend.models import Period, SignOff
from backend.org.permissions import is_over
from backend.org.queries import find_person, find_unit
from backend.org.queries_units import UnitRow, units_under
from backend.scores import access, assessed, marks, people, sign_offs, subjects
from backend.scores.marks import DECIDING, HEAD, SELF
from backend.scores.people import Holder
from backend.scores.periods import CLOSED, ensure_period, read_period
from backend.scores.schemas_signing import PassDraft, SignDraft, SignView
from backend.scores.standing import Office, owed

#: What an issue of closing is called by the step that is owed.
_OWES = {"self": "owes_self", "head": "owes_head", "leader": "owes_leader"}
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
        row = await _open(period)
        if draft.value is not None:
            most = (await subjects.rules_of(period, person=draft.person, unit=draft.unit)).common_max
            if not marks.in_range(draft.value, Decimal(most)):
                raise Unprocessable("mark_out_of_range", most=most)
        if draft.unit is not None:
            return await _sign_unit(actor, period, row, draft)
        person = await find_person(draft.person or "")
        office, seats = await _sight(actor, period, person.id, draft.person or "")
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
        row = await _open(period)
        person = await find_person(draft.person)
        office, seats = await _sight(actor, period, person.id, draft.person)
        access.require(actor.person_id != person.id and any(access.keeps(actor, seat.path) for seat in seats))
        await _require_turn(office, person.id, draft.step)
        due = office.due(person.id, draft.step)
        if clock.now() <= due:
            raise Conflict("sign_off_not_late", until=f"{due.astimezone(ZONE):%H:%M %d/%m/%Y}")
        if draft.step == "leader":
            await _require_all_marks(period, person.id, seats[0].handle, person.full_name)
        return await _record(actor, row, draft.step, ("person", person.id), seats[0].handle, None, reason)


async def withdraw(
    actor: Actor, period_key: str, step: Step, person: str | None = None, unit: str | None = None
) -> None:
    """Take a step back, by whoever took it or HR, as long as nothing was built on it: no later step, and nobody above
    whose own score depends on it. Raises NotFound when it was not taken, Conflict when it cannot be taken back."""
    period = read_period(period_key)
    if (person is None) == (unit is None):
        raise Unprocessable("mark_one_subject")
    async with transaction():
        row = await _open(period, ended=False)
        if unit is not None:
            taken = await _unit_step(actor, period, unit)
        else:
            taken = await _person_step(actor, period, person or "", step)
        await SignOff.filter(id=taken.id).delete()
        subject = "person" if taken.person_id else "unit"
        await audit.record(
            actor,
            "score.sign_off_withdrawn",
            subject,
            taken.person_id or taken.unit_id,
            period=period.key,
            step=step,
            row=row.id,
        )


async def require_signed(period: PeriodSpan, ids: Iterable[int], units: Iterable[int]) -> None:
    """Raises InvalidFields naming, for each of the assessed people and units, who owes which step, and every waiver
    request that nobody has decided: nothing of the kind can be done once the period is closed."""
    wanted, among = set(ids), set(units)
    office = await Office.load(period, wanted)
    rows = [unit for unit in await units_under(None) if unit.id in among]
    issues = [
        {
            "where": f"{one.subject}:{one.ref}",
            "code": _OWES[one.step],
            "value": one.step,
            "name": one.name,
            "holders": ", ".join(one.holders),
        }
        for one in await owed(office, wanted, rows)
    ]
    issues += await _undecided(period)
    if issues:
        raise InvalidFields("sign_offs_missing", issues, n=len(issues))


class _Undecided(msgspec.Struct):
    handle: str
    full_name: str
    code: str


async def _undecided(period: PeriodSpan) -> list[dict[str, str]]:
    """Requests about what counts in this period or an earlier one: what is not reported yet counts in a later."""
    sql = Sql()
    rows = await sql.fetch(
        "select p.handle, p.full_name, t.code from waiver_request r join person p on p.id = r.person_id "
        f"join task t on t.id = r.task_id where r.decision = '' and t.reported_at < {sql.arg(period.end)} order by r.id",
        _Undecided,
    )
    return [
        {"where": f"person:{row.handle}", "code": "waiver_undecided", "name": row.full_name, "task": row.code}
        for row in rows
    ]


def may_take(actor: Actor, office: Office, person_id: int, step: Step) -> bool:
    """Whether the step is the actor's to take: the person themself, a leader over them, for the last step one above the
    head (or whose authority they hold); HR where nobody leads above."""
    seats = office.holders.get(person_id, [])
    wanted = office.wanted(person_id) if seats else {}
    if step not in wanted:
        return False
    if step == "self" or person_id == actor.person_id:
        return step == "self" and person_id == actor.person_id
    if step == "head":
        return is_over(actor, seats)
    if not office.lines.over(person_id, seats[0].unit_id):
        return any(access.keeps(actor, seat.path) for seat in seats)
    below = set(wanted.get("head", [])) | {one.signed_by_id for one in [_head(office, person_id)] if one is not None}
    posts = tuple(post for post in actor.posts if (post.giver_id or actor.person_id) not in below)
    return actor.person_id not in below and is_over(msgspec.structs.replace(actor, posts=posts), seats)


def _head(office: Office, person_id: int) -> sign_offs.Taken | None:
    taken = office.of_person(person_id).get("head")
    return None if taken is None or taken.passed_reason else taken


async def _open(period: PeriodSpan, *, ended: bool = True) -> Period:
    """The period's row, locked. Raises Conflict when it is closed or (``ended``) runs still."""
    row = await Period.filter(id=await ensure_period(period.key)).select_for_update().get()
    if row.status == CLOSED:
        raise Conflict("period_closed", period=period.key)
    if ended and clock.now() < period.end:
        raise Conflict("sign_off_early", period=period.key)
    return row


async def _sight(actor: Actor, period: PeriodSpan, person_id: int, ref: str) -> tuple[Office, list[Holder]]:
    """The sign-off around a person whom the actor sees. Raises NotFound, Unprocessable when they held no position."""
    office = await Office.load(period, [person_id])
    seats = office.holders.get(person_id, [])
    if person_id != actor.person_id and not access.sees(actor, [seat.path for seat in seats]):
        raise NotFound("person_not_found", ref=ref)
    if not seats:
        raise Unprocessable("no_position_in_period", period=period.key)
    return office, seats


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
    unit = await _seen_unit(actor, draft.unit or "")
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


async def _seen_unit(actor: Actor, code: str) -> UnitRow:
    unit = await find_unit(code)
    if not access.sees(actor, [unit.path]):
        raise NotFound("unit_not_found", ref=code)
    return unit


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


async def _person_step(actor: Actor, period: PeriodSpan, ref: str, step: Step) -> sign_offs.Taken:
    person = await find_person(ref)
    office, seats = await _sight(actor, period, person.id, ref)
    taken = office.of_person(person.id).get(step)
    if taken is None:
        raise NotFound("sign_off_none")
    keeps = person.id != actor.person_id and any(access.keeps(actor, seat.path) for seat in seats)
    access.require(taken.signed_by_id == actor.person_id or keeps)
    later = [name for name in office.of_person(person.id) if STEPS.index(name) > STEPS.index(step)]
    if later or (step == "leader" and await _above_is_signed(period, person.id)):
        raise Conflict("sign_off_built_on")
    return taken


async def _above_is_signed(period: PeriodSpan, person_id: int) -> bool:
    """Whether a leader whose own score depends on this person has been signed off."""
    taken = await sign_offs.of_period(period.key)
    signed = [
        id_ for (kind, id_), steps in taken.items() if kind == "person" and "leader" in steps and id_ != person_id
    ]
    seats = await people.holders(period, people=signed)
    leaders = [one for one, held in seats.items() if people.is_leader(held)]
    office = await Office.load(period, [person_id, *leaders])
    return any(person_id in office.below(leader) for leader in leaders)


async def _unit_step(actor: Actor, period: PeriodSpan, code: str) -> sign_offs.Taken:
    unit = await _seen_unit(actor, code)
    taken = await sign_offs.of_period(period.key, [])
    found = taken.get(("unit", unit.id), {}).get("leader")
    if found is None:
        raise NotFound("sign_off_none")
    if found.signed_by_id != actor.person_id and not access.keeps(actor, unit.path):
        raise Forbidden("forbidden")
    above = [one for one in await units_under(None) if unit.path.startswith(one.path) and one.id != unit.id]
    if any(("unit", one.id) in taken for one in above):
        raise Conflict("sign_off_built_on")
    return found
