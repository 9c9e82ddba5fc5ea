"""One whole task for one reader, with what this reader may do to it now."""

from backend.domain import access
from backend.domain.lifecycle import Act, possible
from backend.domain.limits import ASSIGNER_TOLD
from backend.domain.types import Actor, Part, Role, Status, TaskKind, Urgency
from backend.errors import NotFound
from backend.kit import clock
from backend.models import Attachment, Extension, Report, Task, TaskPart
from backend.org.queries import PersonBrief, person_brief
from backend.tasks import facts
from backend.tasks.change import Work
from backend.tasks.firmness import policy_of
from backend.tasks.lines import is_late, subtasks
from backend.tasks.schemas import (
    ExtensionView,
    FileView,
    PartView,
    PersonView,
    ReportView,
    TaskView,
    UnitView,
)
from backend.tasks.undoable import may_undo
from backend.tasks.words import trimmed


async def seen(actor: Actor, task_id: int) -> tuple[Task, access.TaskFacts]:
    """A task and its facts. Raises NotFound when there is none that the actor may see."""
    task = await _found(task_id)
    return task, (await _seen(actor, task)).rights


async def _found(task_id: int) -> Task:
    task = await facts.task_of(task_id)
    if task is None:
        raise NotFound("not_found")
    return task


async def _seen(actor: Actor, task: Task, *, shown: bool = False) -> facts.Around:
    around = await facts.around(task, actor if shown else None)
    if not access.may_see(actor, around.rights):
        raise NotFound("not_found")
    return around


async def view(actor: Actor, task_id: int) -> TaskView:
    """A whole task for this reader. Raises NotFound when they may not see it."""
    return await _whole(actor, await _found(task_id))


async def after(work: Work) -> TaskView:
    """The task after an act, for whoever did it: its row is not read again when the act wrote what it knows."""
    if not work.changed:
        return await view(work.actor, work.task.id)
    return await _whole(work.actor, work.task)


async def _whole(actor: Actor, task: Task) -> TaskView:
    around = await _seen(actor, task, shown=True)
    parts, has = around.parts, around.has
    policy = await policy_of(task.unit_id, task.remind_preset, spoken=has.firmness)
    reports = await facts.of_task(Report, task.id) if has.reports else []
    extensions = await facts.of_task(Extension, task.id) if has.extensions else []
    files = await _files(task.id) if has.files else []
    people = await people_of(
        [task.lead_id, task.assigner_id, task.on_behalf_of_id, *(part.person_id for part in parts)]
        + [report.person_id for report in reports]
    )
    asked = next((extension for extension in extensions if extension.decision == facts.OPEN), None)
    held = asked is not None and asked.asked_at <= task.due_at
    stopped_at = task.reported_at or task.declined_at or task.closed_at
    return TaskView(
        id=task.id,
        code=task.code,
        version=task.version,
        title=task.title,
        body=task.body,
        kind=TaskKind(task.kind),
        source_number=task.source_number,
        source_on=task.source_on,
        status=Status(task.status),
        urgency=Urgency(task.urgency),
        weight=trimmed(task.weight),
        secret=task.secret,
        needs_acceptance=task.needs_acceptance,
        all_acknowledge=task.all_acknowledge,
        self_registered=task.self_registered,
        confirmed_at=task.confirmed_at,
        lead=people[task.lead_id],
        assigner=people[task.assigner_id],
        on_behalf_of=people.get(task.on_behalf_of_id),
        unit=UnitView(task.unit_id, has.unit_code, has.unit_name),
        parts=[
            PartView(people[part.person_id], part.part, trimmed(part.share), part.acknowledged_at) for part in parts
        ],
        assigned_at=task.assigned_at,
        due_at=task.due_at,
        due_rule=task.due_rule,
        acknowledged_at=task.acknowledged_at,
        reported_at=task.reported_at,
        closed_at=task.closed_at,
        late_at=task.late_at,
        late=is_late(task.due_at, stopped_at, task.late_at, held),
        waiting_until=task.waiting_until,
        look_at=task.look_at,
        remind_preset=policy.name,
        own_remind_preset=task.remind_preset,
        return_count=task.return_count,
        parent_code=await _code(task.parent_id),
        group_key=task.group_key,
        group_size=has.group_size or 1,
        group_acknowledged=has.group_seen or 0,
        subtasks=await subtasks(actor, task.id) if has.subtasks else [],
        reports=[_report(report, people, files) for report in reports],
        extensions=[_extension(extension) for extension in extensions],
        files=[file for file in files if file.report_id is None],
        open_extension=_extension(asked) if asked else None,
        can=await _can(actor, task, around, asked is not None),
        number=has.number,
    )


async def people_of(ids: list[int | None]) -> dict[int | None, PersonView]:
    """People by id, as views."""
    found = await person_brief([person for person in ids if person])
    people: dict[int | None, PersonView] = {person: _person(brief) for person, brief in found.items()}
    return people


def _person(brief: PersonBrief) -> PersonView:
    return PersonView(brief.id, brief.handle, brief.name, brief.title, brief.unit_name)


async def _code(task_id: int | None) -> str | None:
    if task_id is None:
        return None
    found = await Task.filter(id=task_id).only("code").first()
    return found.code if found else None


async def _files(task_id: int) -> list[FileView]:
    rows = await Attachment.filter(task_id=task_id).select_related("blob").order_by("id")
    return [FileView(row.id, row.name, row.blob.media_type, row.blob.size, row.report_id) for row in rows]


def _report(report: Report, people: dict[int | None, PersonView], files: list[FileView]) -> ReportView:
    return ReportView(
        id=report.id,
        text=report.text,
        by=people[report.person_id],
        reported_at=report.reported_at,
        decision=report.decision,
        decided_at=report.decided_at,
        reason=report.reason,
        major_error=report.major_error,
        files=[file for file in files if file.report_id == report.id],
    )


def _extension(extension: Extension) -> ExtensionView:
    return ExtensionView(
        id=extension.id,
        asked_at=extension.asked_at,
        due_asked=extension.due_asked,
        reason=extension.reason,
        decision=extension.decision,
        due_granted=extension.due_granted,
        note=extension.note,
    )


async def _can(actor: Actor, task: Task, around: facts.Around, extension_open: bool) -> list[str]:
    status, rights = Status(task.status), around.rights
    acts = [act for act in Act if act is not Act.UNDO and possible(status, act) and access.may(actor, act, rights)]
    hidden = set()
    if not extension_open:
        hidden |= {Act.APPROVE_EXTENSION, Act.REFUSE_EXTENSION}
    if extension_open or clock.now() > task.due_at:
        hidden.add(Act.ASK_EXTENSION)
    if not task.self_registered or task.confirmed_at is not None:
        hidden.add(Act.CONFIRM)
    if Act.ACKNOWLEDGE in acts and actor.person_id != task.lead_id and await _acknowledged(task.id, actor.person_id):
        hidden.add(Act.ACKNOWLEDGE)
    can = [str(act) for act in acts if act not in hidden]
    has = around.has
    if may_undo(actor, has.last_actor_id, has.last_kind, has.last_at):
        can.append(str(Act.UNDO))
    if status in (Status.ASSIGNED, Status.ACKNOWLEDGED):
        if actor.person_id != task.lead_id and access.decides(actor, rights):
            can += ["nudge", "heed"] if is_climbing(task) else ["nudge"]
        gives_work = actor.has(Role.LEADER) or (actor.has(Role.CLERK) and task.kind == TaskKind.DOCUMENT)
        if actor.person_id == task.lead_id and gives_work:
            can.append("hand_on")
    return can


def is_climbing(task: Task) -> bool:
    """Whether silence about the task has been told to somebody, and goes on to the next one up the line."""
    told = task.answer_step >= ASSIGNER_TOLD if task.status == Status.ASSIGNED else task.leader_told_at is not None
    return bool(told and task.answer_line and task.status in (Status.ASSIGNED, Status.ACKNOWLEDGED))


async def _acknowledged(task_id: int, person_id: int) -> bool:
    return not await TaskPart.filter(
        task_id=task_id, person_id=person_id, part=Part.COORDINATOR, acknowledged_at=None
    ).exists()
