"""Appeals (kiến nghị): an officer objects to the score of a closed period, and somebody above who marked it decides."""

from decimal import Decimal

import msgspec

from backend import audit, outbox
from backend.auth.actors import today
from backend.calendars.queries import calendars
from backend.domain import signing
from backend.domain.notices import AppealDecided, AppealMade, ScoreClosed
from backend.domain.scoring_periods import PeriodSpan
from backend.domain.types import Actor
from backend.errors import Conflict, NotFound, Unprocessable
from backend.kit import clock
from backend.kit.db import Sql, transaction
from backend.models import Appeal, Period, PeriodResult
from backend.scores import access, appeal_rights, appeal_views, corrections, deciding, evidence, people, reserves
from backend.scores.closed import closed_period, read
from backend.scores.people import Holder
from backend.scores.periods import CLOSED, read_period
from backend.scores.schemas_signing import AppealDraft, AppealView, DecideAppeal

__all__ = ["announce", "appeal", "decide_appeal"]


async def appeal(actor: Actor, period_key: str, draft: AppealDraft) -> AppealView:
    """Object to one's own score in a closed period, once, within the working days from its notice; HR hears of it.

    Raises NotFound when there is no result of theirs, Conflict when the period is not closed, the last day has passed,
    or they have appealed before.
    """
    text = draft.text.strip()
    if not text:
        raise Unprocessable("reason_needed")
    period = read_period(period_key)
    async with transaction():
        row = await closed_period(period.key)
        if row is None:
            raise Conflict("appeal_open_period", period=period.key)
        result = await PeriodResult.filter(period_id=row.id, person_id=actor.person_id).first()
        if result is None:
            raise NotFound("not_in_closed_period", period=period.key)
        if result.appeal_until is not None and today() > result.appeal_until:
            raise Conflict("appeal_late", until=f"{result.appeal_until:%d/%m/%Y}")
        appeal_id = await _create(actor, row, text)
        await evidence.keep(actor, draft.attachments, "appeal", appeal_id)
        await audit.record(actor, "score.appealed", "appeal", appeal_id, period=period.key)
        seats = await _seats(period, actor.person_id)
        told = await appeal_rights.deciders(actor.person_id, row.id, seats, period)
        notice = AppealMade(period=period.key, by=actor.name, text=text)
        await deciding.tell(notice, told, f"AppealMade:{appeal_id}", seats[0].path)
    return await appeal_views.view(actor, appeal_id)


async def _create(actor: Actor, row: Period, text: str) -> int:
    sql = Sql()
    made = await sql.rows(
        "insert into appeal (period_id, person_id, text, asked_at, decision, reason) values ("
        f"{sql.arg(row.id)}, {sql.arg(actor.person_id)}, {sql.arg(text)}, {sql.arg(clock.now())}, '', '') "
        "on conflict (period_id, person_id) do nothing returning id"
    )
    if not made:
        raise Conflict("appeal_exists", period=row.key)
    return int(made[0]["id"])


async def decide_appeal(actor: Actor, appeal_id: int, draft: DecideAppeal) -> AppealView:
    """Accept an appeal with the points it gives, an entry of its own in the closed period, or reject it; always with a
    reason, which the officer hears.

    Raises NotFound for one of somebody whose scores the actor does not see, Forbidden for the officer, for whoever gave
    the mark that counted, and for anybody but HR and a leader above that one; Conflict when it was decided already.
    """
    reason = draft.reason.strip()
    if not reason:
        raise Unprocessable("reason_needed")
    if draft.accept and (draft.points is None or not draft.points.is_finite() or draft.points <= 0):
        raise Unprocessable("appeal_points")
    if draft.accept and draft.points is not None:
        corrections.checked(draft.points, reason)
    async with transaction():
        found = await Appeal.filter(id=appeal_id).select_related("period").first()
        if found is None:
            raise NotFound("not_found")
        person_id: int = found.person_id  # type: ignore[attr-defined]
        period = read_period(found.period.key)
        seats = await _seats(period, person_id)
        if person_id not in await reserves.subjects(actor):
            access.require_sight(actor, person_id, seats)
        access.require(await appeal_rights.decides(actor, person_id, found.period.id, seats, period))
        now = clock.now()
        decided = await Appeal.filter(id=appeal_id, decision="").update(
            decision="accepted" if draft.accept else "rejected",
            reason=reason,
            decided_by_id=actor.person_id,
            decided_at=now,
        )
        if not decided:
            raise Conflict("already_decided")
        points = draft.points if draft.accept else None
        if points is not None:
            entry = await corrections.write(actor, person_id, seats[0].unit_id, period, points, reason, "appeal")
            await Appeal.filter(id=appeal_id).update(entry_id=entry)
        action = "score.appeal_accepted" if draft.accept else "score.appeal_rejected"
        await audit.record(actor, action, "appeal", appeal_id, period=period.key, person=person_id, reason=reason)
        notice = AppealDecided(period=period.key, handle=seats[0].handle, by=actor.name, reason=reason, points=points)
        await deciding.tell(notice, [person_id], f"AppealDecided:{appeal_id}", seats[0].path)
    return await appeal_views.view(actor, appeal_id)


async def _seats(period: PeriodSpan, person_id: int) -> list[Holder]:
    return (await people.holders(period, people=[person_id])).get(person_id, [])


class _Unheard(msgspec.Struct):
    id: int
    person_id: int
    handle: str
    key: str


async def announce(limit: int = 200) -> int:
    """Tell officers of the scores of closed periods that they have not been told of, with the last day on which they
    may appeal; returns how many were told. The engine does so right after a period was closed."""
    sql = Sql()
    async with transaction():
        rows = await sql.fetch(
            "select r.id, r.person_id, o.handle, p.key from period_result r join period p on p.id = r.period_id "
            "join person o on o.id = r.person_id "
            f"where r.appeal_until is null and p.status = '{CLOSED}' "
            f"order by r.id limit {sql.arg(limit)} {'for update of r skip locked' if sql.postgres else ''}",
            _Unheard,
        )
        if not rows:
            return 0
        stored = {one.id: one for one in await PeriodResult.filter(id__in=[row.id for row in rows])}
        clocks, now = await calendars(), clock.now()
        paths = await _paths(rows)
        for row in rows:
            path = paths.get(row.id, "/")
            calendar = clocks.of(path)
            until = signing.appeal_until(now, calendar).astimezone(calendar.zone).date()
            await PeriodResult.filter(id=row.id, appeal_until=None).update(appeal_until=until)
            total = read(stored[row.id].data).total
            notice = ScoreClosed(
                period=row.key,
                handle=row.handle,
                total=None if total is None else round(Decimal(total.shown), 2),
                band=stored[row.id].band,
                until_on=until,
            )
            key, at = f"ScoreClosed:{row.key}:{row.person_id}", calendar.next_working(now)
            await outbox.enqueue(notice, row.person_id, key, topic="score", not_before=at)
    return len(rows)


async def _paths(rows: list[_Unheard]) -> dict[int, str]:
    """Where each one sat in their period, for its calendar."""
    found: dict[int, str] = {}
    for key in {row.key for row in rows}:
        ids = {row.person_id: row.id for row in rows if row.key == key}
        for person_id, seats in (await people.holders(read_period(key), people=ids)).items():
            found[ids[person_id]] = seats[0].path
    return found
