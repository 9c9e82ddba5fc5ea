"""Leave: entering and taking back, by the person, a leader over them or HR."""

from datetime import date

from backend import audit, outbox
from backend.auth.actors import today
from backend.domain.notices import SubstituteNamed, SubstituteReleased
from backend.domain.types import Actor
from backend.errors import Conflict, Forbidden, NotFound, Unprocessable
from backend.kit import clock
from backend.kit.db import Sql, transaction
from backend.kit.text import clean
from backend.models import Leave
from backend.org.locks import lock_person
from backend.org.permissions import administers, is_over, root_of, rules_all, sees_absences
from backend.org.queries_absences import LeaveBrief, leaves_of, open_leave_between
from backend.org.queries_people import PersonRow, Seat, find_person, seats_of
from backend.org.visible import visible_person

#: A longer absence is a typing mistake; somebody away for longer has left their position.
MAX_DAYS = 731


async def record_leave(
    actor: Actor, person: str, from_on: date, until_on: date, *, substitute: str | None = None, reason: str = ""
) -> LeaveBrief:
    """Enter days of absence, both included; the substitute is told. Moves no deadline (domain.md §2).

    By the person, a leader over them, or HR. Raises Conflict when it overlaps a leave that stands.
    """
    check_days(from_on, until_on)
    reason = read_reason(reason)
    async with transaction():
        who, seats = await visible_person(actor, person)
        _may_record_leave(actor, who, seats)
        await lock_person(who.id)
        if not who.serves(from_on):
            raise Unprocessable("person_left", value=who.full_name)
        stand_in = await find_substitute(actor, substitute, who, seats, until_on) if substitute else None
        if standing := await open_leave_between(who.id, from_on, until_on):
            raise Conflict("leave_overlaps", **days(standing.from_on, standing.until_on))
        leave = await Leave.create(
            person_id=who.id,
            substitute_id=stand_in.id if stand_in else None,
            from_on=from_on,
            until_on=until_on,
            reason=reason,
            recorded_by_id=actor.person_id,
            recorded_at=clock.now(),
        )
        await audit.record(
            actor, "leave.recorded", "leave", leave.id, person_id=who.id, from_on=from_on.isoformat(),
            until_on=until_on.isoformat(), substitute_id=stand_in.id if stand_in else None,
        )  # fmt: skip
        await _look_again(who.id)
        if stand_in and until_on >= today():
            await say_substitute("leave", leave.id, who.full_name, stand_in.id, from_on, until_on)
    name = stand_in.full_name if stand_in else ""
    return LeaveBrief(leave.id, who.id, from_on, until_on, stand_in.id if stand_in else None, name, reason)


async def cancel_leave(actor: Actor, person: str, leave_id: int) -> None:
    """Take back a leave, by whoever may enter one. Cancelling twice changes nothing."""
    async with transaction():
        who, seats = await visible_person(actor, person)
        leave = await Leave.get_or_none(id=leave_id, person_id=who.id)
        if leave is None or not sees_absences(actor, who.id, seats):
            raise NotFound("leave_not_found")
        _may_record_leave(actor, who, seats)
        if await Leave.filter(id=leave_id, cancelled_at=None).update(cancelled_at=clock.now()):
            await audit.record(actor, "leave.cancelled", "leave", leave_id, person_id=who.id)
            await _look_again(who.id)
            if stand_in := leave.substitute_id:
                await release_substitute("leave", leave_id, who.full_name, stand_in, leave.from_on, leave.until_on)


async def _look_again(person_id: int) -> None:
    """The engine looks at what a person holds with its next tick: reminders go by whether they are there."""
    sql = Sql()
    now = sql.arg(clock.now())
    await sql.run(f"update task set look_at = {now} where lead_id = {sql.arg(person_id)} and look_at > {now}")


async def list_leaves(actor: Actor, person: str) -> list[LeaveBrief]:
    """A person's leaves that stand, newest first; for the person, leaders over them, HR and auditors."""
    who, seats = await visible_person(actor, person)
    if not sees_absences(actor, who.id, seats):
        raise Forbidden("forbidden")
    return await leaves_of(who.id)


async def say_substitute(kind: str, id_: int, person: str, substitute_id: int, from_on: date, until_on: date) -> None:
    """Tell a substitute, once for each leave or delegation."""
    notice = SubstituteNamed(person=person, from_on=from_on, until_on=until_on, authority=kind == "delegation")
    await outbox.enqueue(notice, substitute_id, _named(kind, id_, substitute_id))


async def release_substitute(
    kind: str, id_: int, person: str, substitute_id: int, from_on: date, until_on: date
) -> None:
    """It is off: a substitute who has not been told yet never hears of it, one who has is told so while it matters."""
    if await outbox.take_back(_named(kind, id_, substitute_id)) or until_on < today():
        return
    notice = SubstituteReleased(person=person, from_on=from_on, until_on=until_on)
    await outbox.enqueue(notice, substitute_id, f"{kind}:{id_}:released:{substitute_id}")


def _named(kind: str, id_: int, substitute_id: int) -> str:
    return f"{kind}:{id_}:substitute:{substitute_id}"


def check_days(from_on: date, until_on: date) -> None:
    if until_on < from_on:
        raise Unprocessable("until_before_from", **days(from_on, until_on))
    if (until_on - from_on).days >= MAX_DAYS:
        raise Unprocessable("absence_too_long", days=MAX_DAYS)


def read_reason(text: str) -> str:
    reason = clean(text)
    if len(reason) > 500:
        raise Unprocessable("reason_too_long", length=500)
    return reason


def days(from_on: date, until_on: date) -> dict[str, str]:
    return {"from_on": f"{from_on:%d/%m/%Y}", "until_on": f"{until_on:%d/%m/%Y}"}


def _may_record_leave(actor: Actor, who: PersonRow, seats: list[Seat]) -> None:
    kept = any(administers(actor, seat.path) for seat in seats)
    if actor.person_id != who.id and not kept and not is_over(actor, seats):
        raise Forbidden("forbidden")


async def find_substitute(actor: Actor, ref: str, who: PersonRow, seats: list[Seat], until_on: date) -> PersonRow:
    """The substitute: somebody else of the same tree who serves to the end."""
    found = await find_person(ref)
    if found.id == who.id:
        raise Unprocessable("substitute_is_self")
    theirs = (await seats_of([found.id])).get(found.id, [])
    if not {root_of(seat.path) for seat in theirs} & {root_of(seat.path) for seat in seats}:
        # The same answer as for somebody unknown: a stranger is not confirmed to exist.
        if not rules_all(actor):
            raise NotFound("person_not_found", ref=ref)
        raise Unprocessable("substitute_elsewhere", value=found.full_name)
    if not found.serves(max(until_on, today())):
        raise Unprocessable("substitute_gone", value=found.full_name)
    return found
