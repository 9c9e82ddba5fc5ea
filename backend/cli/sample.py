"""Loading the sample office into an empty database: people, a month of tasks, one closed period; nothing is said aloud."""

from decimal import Decimal
from importlib.resources import as_file

from backend.auth.actors import actor_of, today
from backend.auth.passwords import hashed
from backend.calendars.queries import calendar_for
from backend.domain.scoring_periods import month_before
from backend.domain.types import SYSTEM, Actor
from backend.kit.db import transaction
from backend.models import LedgerEntry, OutboxNotice, Person
from backend.org.absences import record_leave
from backend.org.importing import import_path
from backend.org.queries import find_person
from backend.sample import read_sample_tasks, resolve_relative, sample_folder
from backend.sample.month import Absence, Appeal, Marks, Points, SampleMonth, read_sample_month
from backend.scores import service as scores
from backend.scores.periods import current_month
from backend.scores.schemas import MarkDraft
from backend.scores.schemas_signing import AppealDraft, DecideAppeal, SignDraft
from backend.scores.standing_queries import standing
from backend.tasks.importing import import_tasks


async def load_sample(password: str) -> None:
    """Fill the open, empty database with the sample office as of today's domain time; ``password`` is everybody's.

    All or nothing: it is one transaction. What was to be said in that month has been said: the outbox is left empty.
    """
    secret = await hashed(password)
    month = read_sample_month()
    async with transaction():
        with as_file(sample_folder()) as folder:
            await import_path(SYSTEM, folder)
        await Person.all().update(password_hash=secret, must_change_password=False)
        await import_tasks(SYSTEM, read_sample_tasks())
        await _close_month(month, month_before(current_month()))
        await _take_leave(month.leave)
        await OutboxNotice.all().delete()


async def _actor(handle: str) -> Actor:
    return await actor_of((await find_person(handle)).id)


async def _close_month(month: SampleMonth, period: str) -> None:
    """Marks, a waiver, an adjustment and everybody's signature; then HR closes the month, everybody is told of their
    score, and an appeal against one is decided."""
    for marks in month.marks:
        await _mark(marks, period)
    for handle, value in month.self_marks.items():
        await scores.mark(await _actor(handle), period, MarkDraft(what="common", value=value, person=handle))
    delay = await LedgerEntry.get(task__external_id=month.waiver.task, kind="delay", scope="officer")
    await scores.waive(await _actor(month.waiver.by), delay.id, month.waiver.reason)
    await _adjust(month.adjustment, period)
    await _sign(period)
    await scores.close_period(await _actor(month.adjustment.by), period)
    while await scores.announce():
        pass
    await _appeal(month.appeal, period)


async def _mark(marks: Marks, period: str) -> None:
    by = await _actor(marks.by)
    drafts = [MarkDraft(what="common", value=value, person=handle) for handle, value in marks.common.items()]
    drafts += [MarkDraft(what="dd", value=value, person=handle) for handle, value in marks.dd.items()]
    drafts += [MarkDraft(what="e", value=value, person=handle) for handle, value in marks.e.items()]
    drafts += [MarkDraft(what="common", value=value, unit=code) for code, value in marks.units.items()]
    for draft in drafts:
        await scores.mark(by, period, draft)


async def _sign(period: str) -> None:
    """Every step, by whoever's turn it is, agreeing to the marks that are there; an officer without a self-mark takes
    their leader's."""
    while owed := [one for one in (await standing(SYSTEM, period)).owed if not one.waits]:
        for one in owed:
            value = one.head_value if one.step == "self" and one.self_value is None else None
            draft = SignDraft(
                step=one.step,
                person=one.ref if one.subject == "person" else None,
                unit=one.ref if one.subject == "unit" else None,
                value=None if value is None else Decimal(value),
            )
            await scores.sign(await actor_of(one.holder_ids[0]), period, draft)


async def _adjust(points: Points, period: str) -> None:
    person = await find_person(points.person)
    await scores.correct(await _actor(points.by), person.id, period, points.points, points.reason)


async def _appeal(given: Appeal, period: str) -> None:
    made = await scores.appeal(await _actor(given.person), period, AppealDraft(text=given.text))
    draft = DecideAppeal(accept=True, reason=given.reason, points=given.points)
    await scores.decide_appeal(await _actor(given.by), made.id, draft)


async def _take_leave(leave: Absence) -> None:
    who = await _actor(leave.person)
    calendar = await calendar_for(who.posts[0].path)
    first, last = (resolve_relative(text, today(), calendar).date() for text in (leave.from_, leave.until))
    await record_leave(who, leave.person, first, last, substitute=leave.substitute, reason=leave.reason)
