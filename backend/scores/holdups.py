"""Who holds up the sign-off of a period is told: before the limit, when it has passed, and then the next one up the
line as well."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta

import msgspec

from backend import outbox
from backend.auth.actors import ZONE
from backend.calendars.queries import OFFICE
from backend.domain import reminding, signing
from backend.domain.notices import SignOffDue
from backend.domain.scoring_periods import PeriodSpan, month_before, month_of
from backend.kit import state
from backend.kit.db import Sql, transaction
from backend.org.queries import on_leave, person_brief
from backend.scores import assessed
from backend.scores.periods import CLOSED, read_period
from backend.scores.schemas_signing import Owed
from backend.scores.standing import Office, owed

#: Until when it was last looked for: reminders are said in slots, so in between there is nothing to look for.
LOOKED_KEY = "scores.sign_off_reminded"
#: How many months that have ended are looked at; a quarter only once somebody has begun to sign it.
MONTHS = 3
#: The reminder that goes up the line: the third of :func:`signing.reminders`.
_LAST = 3
#: People named in one notice; the rest is a number.
_NAMED = 3


class _Told(msgspec.Struct, frozen=True):
    """One notice: to whom, about which step, the how-manieth, and the limit it is about."""

    person_id: int
    step: signing.Step
    level: int
    until: datetime
    holder: int = 0


async def remind(now: datetime) -> int:
    """Say what is due to be said by now; returns how many notices that were. Each is said once, whatever process or
    however often looks."""
    looked = await state.get(LOOKED_KEY)
    if looked is not None and now < datetime.fromisoformat(looked):
        return 0
    told = 0
    office = None
    async with transaction():
        for period in await _periods(now):
            office = await Office.load(period)
            told += await _remind_of(office, now)
        if office is not None:
            soon = now + timedelta(minutes=1)
            await state.put(LOOKED_KEY, reminding.next_slot(soon, office.calendars.of(OFFICE)).isoformat())
    return told


async def _periods(now: datetime) -> list[PeriodSpan]:
    """The periods that have ended and are not closed."""
    keys, key = [], month_of(now, ZONE)
    for _ in range(MONTHS):
        key = month_before(key)
        keys.append(key)
    sql = Sql()
    rows = await sql.rows(
        "select p.key, p.status, exists (select 1 from sign_off s where s.period_id = p.id) as begun from period p "
        f"where p.until_on >= {sql.arg(read_period(keys[-1]).from_on)}"
    )
    closed = {row["key"] for row in rows if row["status"] == CLOSED}
    begun = [row["key"] for row in rows if row["begun"] and row["key"] not in keys]
    spans = [read_period(key) for key in [*keys, *begun] if key not in closed]
    return [span for span in spans if span.end <= now]


async def _remind_of(office: Office, now: datetime) -> int:
    unsigned = [one for one in office.holders if office.step(one) is not None]
    among = await assessed.people_among(office.period, unsigned)
    units = await assessed.units_among(office.period, None)
    if not among and not units:
        return 0
    everybody = among | (set(office.holders) - set(unsigned))
    due = [
        (one, level)
        for one in await owed(office, everybody, units)
        if not one.waits and one.holder_ids and (level := _level(office, one, now))
    ]
    # One look at who is away, for all of them together.
    above = {id(one): office.above(one.subject, one.id, one.holder_ids) for one, _ in due}
    away = set(await on_leave({who for one, _ in due for who in [*one.holder_ids, *above[id(one)]]}))
    found: defaultdict[_Told, list[Owed]] = defaultdict(list)
    for one, level in due:
        for told in _tell(one, level, above[id(one)], away):
            found[told].append(one)
    names = {key: one.name for key, one in (await person_brief({told.holder for told in found})).items()}
    at = office.calendars.of(OFFICE).next_working(now)
    return sum([await _say(office.period, told, waiting, names, now, at) for told, waiting in found.items()])


def _level(office: Office, one: Owed, now: datetime) -> int:
    """How many of the reminders of a step are due."""
    path = office.path_of(one.subject, one.id)
    return sum(at <= now for at in signing.reminders(one.due_at, office.calendars.of(path)))


def _tell(one: Owed, level: int, above: list[int], away: Collection[int]) -> list[_Told]:
    """Whom to tell of a step now: whoever's turn it is, or, two days after the limit, the next one up the line."""
    if level == _LAST:
        return [_Told(above[0], one.step, level, one.due_at, one.holder_ids[0])] if above else []
    there = [person_id for person_id in one.holder_ids if person_id not in away]
    # An officer who is away assesses themself when they are back: nobody else can.
    if not there and one.step != "self":
        there = [next((person_id for person_id in above if person_id not in away), one.holder_ids[0])]
    return [_Told(person_id, one.step, level, one.due_at) for person_id in there]


async def _say(
    period: PeriodSpan, told: _Told, waiting: list[Owed], names: dict[int, str], now: datetime, at: datetime
) -> int:
    notice = SignOffDue(
        period=period.key,
        step=told.step,
        count=len(waiting),
        names=tuple(one.name for one in waiting[:_NAMED]),
        until=told.until,
        overdue=told.until < now,
        escalated=bool(told.holder),
        holder=names.get(told.holder, ""),
    )
    key = f"SignOffDue:{period.key}:{told.step}:{told.level}:{told.until:%Y%m%d%H%M}:{told.holder}:{told.person_id}"
    return int(await outbox.enqueue(notice, told.person_id, key, topic="sign_off", not_before=at))
