"""The sweep that makes recurring tasks: each period's one period ahead, exactly once, whatever fails."""

from datetime import UTC, datetime, timedelta

import msgspec

from backend import outbox
from backend.auth.actors import ZONE, actor_of
from backend.calendars.queries import OFFICE, Calendars, calendars
from backend.domain import recurring as rule
from backend.domain.calendar import WorkCalendar
from backend.domain.notices import RecurrenceFailed
from backend.domain.recurring import Every
from backend.domain.types import Actor
from backend.errors import AppError, InvalidFields, NotSignedIn
from backend.kit import i18n, logs
from backend.kit.db import Sql, transaction
from backend.models import Person, Recurrence
from backend.org.queries import leader_over, seats_of
from backend.tasks.assign import assign
from backend.tasks.schemas import DueDraft, TaskDraft, TaskWords

log = logs.get("recurring")

#: When something that is nobody's fault went wrong, the same row is tried again after this.
TRY_AGAIN_AFTER = timedelta(minutes=15)
_PROBLEM_LENGTH = 200


async def make_due(now: datetime, limit: int = 100) -> int:
    """Make the tasks of every recurrence whose time has come; returns how many recurrences were served.

    Safe in several processes at once: a row is locked, and a period's task has a unique key. Call it again while it
    returns ``limit``.
    """
    sql = Sql()
    rows = await sql.rows(
        f"select id from recurrence where make_at <= {sql.arg(now)} order by make_at, id limit {sql.arg(limit)}"
    )
    served = 0
    picture = await calendars() if rows else Calendars({})
    for row in rows:
        try:
            served += await _serve(row["id"], now, picture)
        except Exception:
            log.exception("recurrence.failed", recurrence=row["id"])
            await Recurrence.filter(id=row["id"], make_at__lte=now).update(make_at=now + TRY_AGAIN_AFTER)
    return served


async def _serve(recurrence_id: int, now: datetime, picture: Calendars) -> bool:
    async with transaction():
        row = await Recurrence.filter(id=recurrence_id).select_for_update().first()
        if row is None or row.make_at is None or row.make_at > now or row.next_on is None:
            return False
        try:
            actor = await actor_of(row.assigner_id)
        except NotSignedIn:
            await _without_assigner(row, now, picture)
            return True
        own = [post.path for post in actor.posts if post.giver_id is None]
        calendar = picture.of(own[0] if own else OFFICE)
        if rule.due_at(row.next_on, row.at_minute, calendar) <= now:
            await _advance(row, now, calendar, _text(actor.locale, "recurrence_missed", on=f"{row.next_on:%d/%m/%Y}"))
            return True
        try:
            # A savepoint: what a refused draft had begun to write goes, the row's own change stays.
            async with transaction():
                await _make(actor, row, calendar)
        except AppError as error:
            await _put_off(row, now, calendar, actor, _problem(actor.locale, error))
        else:
            await _advance(row, now, calendar, "")
        return True


async def _make(actor: Actor, row: Recurrence, calendar: WorkCalendar) -> None:
    assert row.next_on is not None
    wanted = msgspec.convert(row.draft, TaskWords)
    due = DueDraft(at=rule.due_at(row.next_on, row.at_minute, calendar))
    draft = TaskDraft(**{name: getattr(wanted, name) for name in TaskWords.__struct_fields__}, due=due)
    await assign(actor, draft, recurrence=(row.id, row.next_on))


async def _advance(row: Recurrence, now: datetime, calendar: WorkCalendar, problem: str) -> None:
    """On to the first period after this one that is still ahead, or to the end."""
    assert row.next_on is not None
    every = Every(row.every)
    on = rule.following(every, row.day, row.next_on, calendar)
    while rule.due_at(on, row.at_minute, calendar) <= now:
        on = rule.following(every, row.day, on, calendar)
    if row.until_on is not None and on > row.until_on:
        await Recurrence.filter(id=row.id).update(next_on=None, make_at=None, ended_at=now, problem=problem)
        return
    at = rule.make_at(every, row.day, on, calendar)
    await Recurrence.filter(id=row.id).update(next_on=on, make_at=at, problem=problem)


async def _put_off(row: Recurrence, now: datetime, calendar: WorkCalendar, actor: Actor, problem: str) -> None:
    """It cannot be made as things stand: tell the assigner once a period, and try every working day until it is due."""
    assert row.next_on is not None
    await _tell(row, row.assigner_id, problem, calendar.next_working(now))
    tomorrow = calendar.next_working_day(now.astimezone(ZONE).date())
    again_at = calendar.day_start(tomorrow).astimezone(UTC)
    if again_at < rule.due_at(row.next_on, row.at_minute, calendar):
        await Recurrence.filter(id=row.id).update(make_at=again_at, problem=problem)
    else:
        await _advance(row, now, calendar, problem)


async def _without_assigner(row: Recurrence, now: datetime, picture: Calendars) -> None:
    """The assigner no longer serves: it rests until whoever led them resumes or ends it."""
    seats = (await seats_of([row.assigner_id], ever=True)).get(row.assigner_id, [])
    leader_id = await leader_over(row.assigner_id, [seat.unit_id for seat in seats])
    person = await Person.get(id=row.assigner_id)
    leader = await Person.get(id=leader_id) if leader_id else person
    problem = _text(leader.locale, "recurrence_assigner_left", name=person.full_name)
    if leader_id is not None:
        await _tell(row, leader_id, problem, picture.of(seats[0].path).next_working(now))
    await Recurrence.filter(id=row.id).update(make_at=None, paused_at=now, problem=problem)


async def _tell(row: Recurrence, person_id: int, problem: str, not_before: datetime) -> None:
    # A secret title never goes into a chat.
    title = f"#{row.id}" if row.draft.get("secret") else str(row.draft["title"])
    await outbox.enqueue(
        RecurrenceFailed(title=title, problem=problem),
        person_id,
        f"RecurrenceFailed:{row.id}:{row.next_on}",
        topic="recurrence",
        not_before=not_before,
    )


def _problem(locale: str, error: AppError) -> str:
    """What is wrong in one sentence; of several things the first."""
    if isinstance(error, InvalidFields) and error.issues:
        first = error.issues[0]
        return _text(locale, str(first["code"]), **{key: value for key, value in first.items() if key != "code"})
    return _text(locale, error.code, **error.params)


def _text(locale: str, code: str, **params: object) -> str:
    key = f"errors.{code}"
    shown = {
        name: i18n.moment(locale, value) if isinstance(value, datetime) else value for name, value in params.items()
    }
    return i18n.t(locale, key if i18n.has(locale, key) else f"{key}.detail", **shown)[:_PROBLEM_LENGTH]
