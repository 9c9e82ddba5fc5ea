"""Reading a period's sign-off: how far it is and who holds it up, as far as a reader may see it."""

from datetime import datetime
from typing import Literal

import msgspec

from backend.domain.signing import STEPS
from backend.domain.types import Actor, Role
from backend.kit import clock
from backend.kit.db import Sql
from backend.models import Period
from backend.scores import access, assessed, people, reserves, sign_offs
from backend.scores.periods import CLOSED, read_period
from backend.scores.schemas_signing import Owed, Standing
from backend.scores.signing import may_take
from backend.scores.standing import Office, owed


async def standing(actor: Actor, period_key: str) -> Standing:
    """The stage of a period, its steps counted, and who owes what, of everybody whose scores the actor sees.

    Who sees nobody else's gets their own steps. Raises Invalid for a bad period.
    """
    period = read_period(period_key)
    row = await Period.filter(key=period.key).first()
    paths = access.paths(actor)
    may_close = (actor.is_system or actor.has(Role.HR)) and clock.now() >= period.end
    empty = Standing(
        period=period.key,
        stage="running",
        assessed=0,
        taken={},
        wanted={},
        owed=[],
        requests_open=0,
        may_close=False,
    )
    if row is not None and row.status == CLOSED:
        return msgspec.structs.replace(empty, stage="closed", seal=row.seal, closed_at=row.closed_at)
    if clock.now() < period.end:
        return empty
    seats = await people.holders(period, people=[actor.person_id] if paths == () else None, paths=paths or None)
    if lasts := await reserves.subjects(actor) - set(seats):
        seats |= await people.holders(period, people=lasts)
    office = await Office.load(period, None if paths is None else seats)
    among = await assessed.people_among(period, seats)
    units = await assessed.units_among(period, paths) if paths != () else []
    found = [_for(actor, office, one) for one in await owed(office, among, units)]
    steps = [(office.wanted(one), office.of_person(one)) for one in among]
    # Not through the ORM: its list of ids is one argument each, and a database takes 32,767.
    sql = Sql()
    [asked] = await sql.rows(
        f"select count(*) as n from waiver_request r where r.decision = '' and {sql.any_of('r.person_id', sorted(seats))}"
    )
    return Standing(
        period=period.key,
        stage=next((name for name in STEPS if any(one.step == name for one in found)), "ready"),
        assessed=len(among),
        taken={name: sum(name in taken for _, taken in steps) for name in STEPS},
        wanted={name: sum(name in wanted for wanted, _ in steps) for name in STEPS},
        owed=found,
        requests_open=int(asked["n"]),
        may_close=may_close,
    )


def _for(actor: Actor, office: Office, one: Owed) -> Owed:
    """The step with what this reader may do."""
    if one.subject == "unit":
        path = office.path_of("unit", one.id)
        can = ["sign"] if not one.waits and access.decides_for_unit(actor, path) else []
        return msgspec.structs.replace(one, can=can)
    seats = office.holders[one.id]
    actor = reserves.as_keeper(actor, seats[0].path, office.admins(one.id))
    can = ["sign"] if not one.waits and may_take(actor, office, one.id, one.step) else []
    if one.overdue and not one.waits and actor.person_id != one.id:
        can += ["pass"] if any(access.keeps(actor, seat.path) for seat in seats) else []
    return msgspec.structs.replace(one, can=can)


class TakenStep(msgspec.Struct, frozen=True):
    """A step that was taken, as a page shows it."""

    step: str
    value: str | None
    by: str
    at: datetime
    passed_reason: str
    can: list[str]


async def taken(actor: Actor, period_key: str, subject: Literal["person", "unit"], id_: int) -> list[TakenStep]:
    """The steps of one sign-off that were taken, for a reader who was shown the score; ``can`` says whether they may
    take it back (which still refuses when something was built on it)."""
    period = read_period(period_key)
    found = (await sign_offs.of_period(period.key, [id_] if subject == "person" else [])).get((subject, id_), {})
    row = await Period.filter(key=period.key).first()
    is_open = row is not None and row.status != CLOSED
    keeps = actor.has(Role.HR) and (subject == "unit" or actor.person_id != id_)
    return [
        TakenStep(
            step=one.step,
            value=None if one.value is None else f"{one.value.normalize():f}",
            by=one.signed_by,
            at=one.signed_at,
            passed_reason=one.passed_reason,
            can=["withdraw"] if is_open and (keeps or one.signed_by_id == actor.person_id) else [],
        )
        for one in found.values()
    ]
