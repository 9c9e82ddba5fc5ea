"""What the forms of a task's page do: each reads its fields, calls the one service and goes back to the page."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import msgspec
from litestar import Response, post
from litestar.params import FromPath

from backend.auth.guards import csrf_form, page_signed_in
from backend.domain.calendar import WorkCalendar
from backend.domain.types import Actor
from backend.errors import AppError, InvalidFields, NotFound
from backend.settings import Settings
from backend.tasks import queries, service
from backend.tasks.bodies import CommentBody, DecideExtensionBody, ReasonBody, RemindAsBody, ReportBody
from backend.tasks.clocks import calendar_of_task
from backend.tasks.schemas import Change
from backend.web.deadlines import due_of, required_due
from backend.web.forms import Form, read, to_struct, trouble_of, uploads
from backend.web.render import AnyRequest, actor_of, go, local_address, settings_of, words_of
from backend.web.task import show_task
from backend.web.words import Words


class Doing(msgspec.Struct, frozen=True):
    """A form that was sent for a task."""

    actor: Actor
    task_id: int
    form: Form
    words: Words
    calendar: WorkCalendar
    settings: Settings

    @property
    def reason(self) -> str:
        """A reason that must not be empty. Raises InvalidFields."""
        return to_struct({"reason": self.form.lines("reason")}, ReasonBody).reason

    @property
    def note(self) -> str:
        return to_struct({"note": self.form.lines("reason")}, DecideExtensionBody).note


async def _acknowledge(doing: Doing) -> Change:
    return await service.acknowledge(doing.actor, doing.task_id)


async def _report(doing: Doing) -> Change:
    text = to_struct({"text": doing.form.lines("text")}, ReportBody).text
    files = await uploads(doing.settings, doing.actor, doing.form, "files")
    return await service.report(doing.actor, doing.task_id, text, files)


async def _accept(doing: Doing) -> Change:
    return await service.accept(doing.actor, doing.task_id, doing.form.version())


async def _return(doing: Doing) -> Change:
    due = due_of(doing.form, doing.words, doing.calendar)
    major = doing.form.has("major_error")
    return await service.return_(doing.actor, doing.task_id, doing.reason, major, due, doing.form.version())


async def _decline(doing: Doing) -> Change:
    return await service.decline(doing.actor, doing.task_id, doing.reason)


async def _cancel(doing: Doing) -> Change:
    return await service.cancel(doing.actor, doing.task_id, doing.reason, doing.form.version())


async def _reassign(doing: Doing) -> Change:
    lead = doing.form.text("lead")
    if not lead:
        raise InvalidFields("invalid_fields", [{"where": "lead", "code": "empty"}])
    due = due_of(doing.form, doing.words, doing.calendar)
    return await service.reassign(doing.actor, doing.task_id, lead, doing.note, due, doing.form.version())


async def _ask_extension(doing: Doing) -> Change:
    due = required_due(doing.form, doing.words, doing.calendar)
    return await service.ask_extension(doing.actor, doing.task_id, due, doing.reason)


async def _approve_extension(doing: Doing) -> Change:
    return await service.decide_extension(doing.actor, doing.task_id, True, version=doing.form.version())


async def _refuse_extension(doing: Doing) -> Change:
    return await service.decide_extension(doing.actor, doing.task_id, False, doing.note, version=doing.form.version())


async def _move_due(doing: Doing) -> Change:
    due = required_due(doing.form, doing.words, doing.calendar)
    return await service.move_due(doing.actor, doing.task_id, due, doing.note, doing.form.version())


async def _wait(doing: Doing) -> Change:
    return await service.wait(doing.actor, doing.task_id, _moment(doing))


def _moment(doing: Doing) -> datetime:
    """When the wait is over: the start of a day of work unless a time was given. Raises InvalidFields."""
    on = doing.form.day("until_on")
    if on is None:
        raise InvalidFields("invalid_fields", [{"where": "until_on", "code": "field_date"}])
    start = doing.calendar.day_start(on).timetz().replace(tzinfo=None)
    at = doing.form.moment("until", doing.words.zone.key, start)
    assert at is not None
    return at


async def _comment(doing: Doing) -> Change:
    text = to_struct({"text": doing.form.lines("text")}, CommentBody).text
    return await service.comment(doing.actor, doing.task_id, text)


async def _confirm(doing: Doing) -> Change:
    return await service.confirm(doing.actor, doing.task_id)


async def _nudge(doing: Doing) -> Change:
    return await service.nudge(doing.actor, doing.task_id)


async def _heed(doing: Doing) -> Change:
    return await service.heed(doing.actor, doing.task_id)


async def _remind_as(doing: Doing) -> Change:
    body = to_struct({"preset": doing.form.text("preset") or None}, RemindAsBody)
    return await service.remind_as(doing.actor, doing.task_id, body.preset, doing.form.version())


async def _undo(doing: Doing) -> Change:
    return await service.undo(doing.actor, doing.task_id)


ACTS: dict[str, Callable[[Doing], Awaitable[Change]]] = {
    "acknowledge": _acknowledge,
    "report": _report,
    "accept": _accept,
    "return": _return,
    "decline": _decline,
    "cancel": _cancel,
    "reassign": _reassign,
    "ask_extension": _ask_extension,
    "approve_extension": _approve_extension,
    "refuse_extension": _refuse_extension,
    "move_due": _move_due,
    "wait": _wait,
    "comment": _comment,
    "confirm": _confirm,
    "nudge": _nudge,
    "heed": _heed,
    "remind_as": _remind_as,
    "undo": _undo,
}


#: Acts after which the page offers the way back, and of how many tasks at once.
_UNDOABLE = ("report", "accept")
_MOST = 200


@post("/tasks/{code:str}/{act:str}", guards=[page_signed_in, csrf_form])
async def act_on_task(request: AnyRequest, code: FromPath[str], act: FromPath[str]) -> Response[Any]:
    """Do one act. What cannot be done is said beside its form, with what was typed."""
    carry_out = ACTS.get(act)
    if carry_out is None:
        raise NotFound("not_found")
    actor, form = actor_of(request), await read(request)
    if form.has("find"):
        return await show_task(request, code, act, form)
    task_id = await queries.find_task(actor, code)
    doing = Doing(actor, task_id, form, words_of(request), await calendar_of_task(task_id), settings_of(request))
    try:
        change = await carry_out(doing)
    except AppError as error:
        return await show_task(request, code, act, form, trouble_of(request, error, act))
    said = act if change.changed else "already"
    undo = [change.task.code] if change.changed and act in _UNDOABLE else ()
    return go(local_address(form.get("next"), f"/tasks/{change.task.code}"), said, undo=undo)


@post("/tasks/undo", guards=[page_signed_in, csrf_form])
async def undo_last(request: AnyRequest) -> Response[Any]:
    """The button beside what was just done: takes back the last act on each of the ``tasks`` (codes), as far as nothing
    was built on it."""
    actor, form = actor_of(request), await read(request)
    codes = form.text("tasks").split()[:_MOST]
    undone = 0
    refused: AppError | None = None if codes else NotFound("not_found")
    for code in codes:
        try:
            await service.undo(actor, await queries.find_task(actor, code))
            undone += 1
        except AppError as error:
            refused = error
    if refused is not None and len(codes) <= 1:
        raise refused
    if len(codes) == 1:
        return go(f"/tasks/{codes[0]}", "undo")
    said = "undo_many" if undone == len(codes) else "undo_some"
    return go("/?view=assigned_by_me", said, n=str(undone), of=str(len(codes)))


routes = [act_on_task, undo_last]
