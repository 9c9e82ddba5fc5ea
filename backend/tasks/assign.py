"""Assigning: one draft becomes one task for each lead, with everything that must be said."""

import secrets
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from backend import audit, outbox
from backend.calendars.queries import calendar_for
from backend.domain.calendar import WorkCalendar
from backend.domain.lifecycle import Act, possible
from backend.domain.notices import TaskAssigned
from backend.domain.types import Actor, Part, Status
from backend.errors import Forbidden, InvalidFields, Unprocessable
from backend.files.service import attach
from backend.kit import clock
from backend.kit.db import transaction
from backend.kit.text import block, clean
from backend.models import Person, Task, TaskEvent, TaskPart
from backend.tasks import due as due_rules
from backend.tasks import facts, numbers, people, queries, words
from backend.tasks.absences import warnings_of
from backend.tasks.change import impossible, replan, say
from backend.tasks.people import Chosen
from backend.tasks.schemas import Assigned, TaskDraft, TaskWords, Warning_
from backend.tasks.searching import search_text


async def assign(
    actor: Actor, draft: TaskDraft, *, recurrence: tuple[int, date] | None = None, quiet: bool = False
) -> Assigned:
    """Make one task for each lead of the draft (none = the actor's own, self-registered), in one transaction.

    Raises Forbidden for a lead whom the actor may give no work, NotFound for nobody, Unprocessable for a due time that
    lies in the past or after the parent's, InvalidFields with one issue for each wrong field. ``quiet`` says nothing.
    ``recurrence`` is (id, period's date) of the recurrence that makes it.
    """
    made: list[int] = []
    warnings: list[Warning_] = []
    async with transaction():
        now = clock.now()
        leads = await people.resolve_all(actor, list(draft.leads) or [str(actor.person_id)], draft.kind)
        helpers = await helpers_of(draft)
        watchers = await people.resolve_people(list(draft.watchers), "watchers")
        parent = await _parent(actor, draft)
        group = secrets.token_hex(8) if len(leads) > 1 else None
        codes = await numbers.next_codes(len(leads), now)
        for chosen, code in zip(leads, codes, strict=True):
            calendar = await calendar_for(chosen.path)
            due_at, due_rule = due_rules.resolve(draft.due, now, calendar)
            if parent is not None and due_at > parent.due_at:
                raise Unprocessable("due_after_parent", due=parent.due_at)
            task = await insert(
                actor,
                draft,
                chosen,
                code=code,
                assigned_at=now,
                due_at=due_at,
                due_rule=due_rule,
                secret=draft.secret or (parent is not None and parent.secret),
                group_key=group,
                parent_id=parent.id if parent else None,
                recurrence_id=recurrence[0] if recurrence else None,
                recurrence_on=recurrence[1] if recurrence else None,
            )
            await add_parts(task, helpers, watchers)
            files = await attach(actor, draft.attachments, task.id, None, shared=len(leads) > 1)
            columns: dict[str, Any] = {}
            await replan(task, now, calendar, columns)
            await Task.filter(id=task.id).update(**columns)
            await numbers.give(task.id, [chosen.person_id, actor.person_id, *helpers, *watchers])
            await record(actor, task, chosen, files=files)
            if not quiet:
                await _announce(actor, task, chosen, helpers, watchers, calendar)
            warnings += await warnings_of(chosen, now, task.due_at)
            made.append(task.id)
    return Assigned([await queries.view(actor, task_id) for task_id in made], warnings)


async def helpers_of(draft: TaskWords) -> dict[int, Decimal]:
    """Coordinators with their shares. Raises InvalidFields."""
    shares = words.shares([helper.share for helper in draft.coordinators], words.weight(draft.weight))
    ids = await people.resolve_people([helper.person for helper in draft.coordinators], "coordinators")
    if len(ids) != len(shares):
        raise InvalidFields("invalid_fields", [{"where": "coordinators", "code": "coordinator_twice"}])
    return dict(zip(ids, shares, strict=True))


async def _parent(actor: Actor, draft: TaskDraft) -> Task | None:
    """The task of which this is a part: the actor leads it and it is being worked on."""
    if draft.parent is None:
        return None
    parent = await Task.get(id=await queries.find_task(actor, draft.parent))
    if parent.lead_id != actor.person_id:
        raise Forbidden("subtask_only_by_lead")
    if not possible(Status(parent.status), Act.REPORT):
        raise impossible(parent)
    return parent


async def insert(actor: Actor, draft: TaskWords, chosen: Chosen, *, assigned_at: datetime, **more: Any) -> Task:
    """The row of a new task of the actor's for one lead, as of ``assigned_at``; ``more`` are columns. Raises
    InvalidFields for a title without a word or a weight that is none."""
    own = chosen.person_id == actor.person_id
    title, source_number = words.title(draft.title), clean(draft.source_number)
    columns = {"secret": draft.secret, **more}
    return await Task.create(
        title=title,
        body=block(draft.body),
        search=search_text(more["code"], title, source_number, chosen.name),
        kind=draft.kind,
        source_number=source_number,
        source_on=draft.source_on,
        urgency=draft.urgency,
        weight=words.weight(draft.weight),
        needs_acceptance=draft.needs_acceptance and not own,
        all_acknowledge=draft.all_acknowledge,
        status=Status.ACKNOWLEDGED if own else Status.ASSIGNED,
        acknowledged_at=assigned_at if own else None,
        tapped_at=assigned_at if own else None,
        assigner_id=actor.person_id,
        on_behalf_of_id=chosen.post.giver_id if chosen.post else None,
        lead_id=chosen.person_id,
        unit_id=chosen.unit_id,
        to_unit=chosen.to_unit,
        self_registered=own,
        assigned_at=assigned_at,
        answer_from_at=assigned_at,
        **columns,
    )


async def add_parts(task: Task, helpers: dict[int, Decimal], watchers: list[int]) -> None:
    """Coordinators and watchers; nobody twice, and never the lead."""
    taken = {task.lead_id}
    for person, share in helpers.items():
        if person not in taken:
            taken.add(person)
            await TaskPart.create(task_id=task.id, person_id=person, part=Part.COORDINATOR, share=share)
    for person in watchers:
        if person not in taken:
            taken.add(person)
            await TaskPart.create(task_id=task.id, person_id=person, part=Part.WATCHER)


async def record(actor: Actor, task: Task, chosen: Chosen, **more: Any) -> None:
    """The first line of the timeline and its audit row."""
    behind = chosen.post.giver_id if chosen.post else None
    data = {"lead": chosen.person_id, "name": chosen.name, "due": task.due_at.isoformat(), **more}
    await TaskEvent.create(
        task_id=task.id,
        kind="assigned",
        at=task.assigned_at,
        actor_id=actor.person_id,
        on_behalf_of_id=behind,
        data=data,
    )
    await audit.record(actor, "task.assigned", "task", task.id, on_behalf_of_id=behind, **data)


async def _announce(
    actor: Actor,
    task: Task,
    chosen: Chosen,
    helpers: dict[int, Decimal],
    watchers: list[int],
    calendar: WorkCalendar,
) -> None:
    giver = await Person.get(id=task.on_behalf_of_id) if task.on_behalf_of_id else None
    heard = {actor.person_id}
    for person, part in [
        (chosen.person_id, Part.LEAD),
        *((person, Part.COORDINATOR) for person in helpers),
        *((person, Part.WATCHER) for person in watchers),
    ]:
        if person in heard:
            continue
        heard.add(person)
        notice = TaskAssigned(
            task=facts.ref(task), by=actor.name, on_behalf_of=giver.full_name if giver else "", part=part
        )
        await say(task, person, notice, 1, calendar, topic="assigned", grace_s=outbox.UNDO_GRACE_S)
