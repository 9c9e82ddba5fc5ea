"""Acts over HTTP: ``POST /api/tasks/{task}/{act}``, each with its own body; If-Match is optional everywhere."""

from collections.abc import Callable
from typing import Any

from litestar import Request, Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody
from litestar.types import AnyCallable

from backend.kit.http import if_match
from backend.kit.openapi import problems
from backend.tasks import queries, service
from backend.tasks.bodies import (
    CommentBody,
    DecideExtensionBody,
    ExtensionBody,
    MoveDueBody,
    ReasonBody,
    ReassignBody,
    RemindAsBody,
    ReportBody,
    ReturnBody,
    WaitBody,
    WeightBody,
)
from backend.tasks.routes import TAGS, WRITE, tag
from backend.tasks.schemas import Change

AnyRequest = Request[Any, Any, Any]


async def _task(request: AnyRequest, task: str) -> int:
    return await queries.find_task(request.user, task)


def _changed(change: Change) -> Response[Change]:
    return Response(change, headers={"etag": tag(change.task)})


def _act(name: str, summary: str) -> Callable[[AnyCallable], HTTPRouteHandler]:
    """A route for one act. A stale If-Match is answered with 412, a state in which the act is impossible with 409."""
    path, said = f"/api/tasks/{{task:str}}/{name}", problems(429) if name == "nudge" else None
    return post(path, status_code=200, guards=WRITE, tags=TAGS, summary=summary, responses=said)


@_act("acknowledge", "Acknowledge")
async def acknowledge(request: AnyRequest, task: FromPath[str]) -> Response[Change]:
    """The lead (or a coordinator) has seen it. Again changes nothing."""
    return _changed(await service.acknowledge(request.user, await _task(request, task), if_match(request)))


@_act("decline", "Decline")
async def decline(request: AnyRequest, task: FromPath[str], data: JSONBody[ReasonBody]) -> Response[Change]:
    """The lead gives it back with a reason; its clock pauses until the assigner has decided."""
    return _changed(await service.decline(request.user, await _task(request, task), data.reason, if_match(request)))


@_act("report", "Report")
async def report(request: AnyRequest, task: FromPath[str], data: JSONBody[ReportBody]) -> Response[Change]:
    """The lead calls it finished, with text and uploaded files as evidence. Again changes nothing."""
    task_id = await _task(request, task)
    return _changed(await service.report(request.user, task_id, data.text, data.attachments, if_match(request)))


@_act("accept", "Accept")
async def accept(request: AnyRequest, task: FromPath[str]) -> Response[Change]:
    """The report is good: the task is done, as of the moment it was reported. Again changes nothing."""
    return _changed(await service.accept(request.user, await _task(request, task), if_match(request)))


@_act("return", "Return")
async def return_(request: AnyRequest, task: FromPath[str], data: JSONBody[ReturnBody]) -> Response[Change]:
    """The report is not good yet: back to the lead with what remained of the time, or with a new due time."""
    task_id = await _task(request, task)
    return _changed(
        await service.return_(request.user, task_id, data.reason, data.major_error, data.due, if_match(request))
    )


@_act("cancel", "Cancel")
async def cancel(request: AnyRequest, task: FromPath[str], data: JSONBody[ReasonBody]) -> Response[Change]:
    """The task is no longer wanted. Again changes nothing."""
    return _changed(await service.cancel(request.user, await _task(request, task), data.reason, if_match(request)))


@_act("reassign", "Reassign")
async def reassign(request: AnyRequest, task: FromPath[str], data: JSONBody[ReassignBody]) -> Response[Change]:
    """Give the task to another lead. What the former one was charged stays theirs."""
    task_id = await _task(request, task)
    return _changed(await service.reassign(request.user, task_id, data.lead, data.reason, data.due, if_match(request)))


@_act("ask-extension", "Ask for more time")
async def ask_extension(request: AnyRequest, task: FromPath[str], data: JSONBody[ExtensionBody]) -> Response[Change]:
    """The lead asks for a later due time before the present one passes."""
    task_id = await _task(request, task)
    return _changed(await service.ask_extension(request.user, task_id, data.due, data.reason, if_match(request)))


@_act("approve-extension", "Grant more time")
async def approve_extension(
    request: AnyRequest, task: FromPath[str], data: JSONBody[DecideExtensionBody]
) -> Response[Change]:
    """Grant what was asked, or another due time."""
    task_id = await _task(request, task)
    return _changed(await service.decide_extension(request.user, task_id, True, data.note, data.due, if_match(request)))


@_act("refuse-extension", "Refuse more time")
async def refuse_extension(
    request: AnyRequest, task: FromPath[str], data: JSONBody[DecideExtensionBody]
) -> Response[Change]:
    """The due time stays as it is."""
    task_id = await _task(request, task)
    return _changed(await service.decide_extension(request.user, task_id, False, data.note, version=if_match(request)))


@_act("move-due", "Move the due time")
async def move_due(request: AnyRequest, task: FromPath[str], data: JSONBody[MoveDueBody]) -> Response[Change]:
    """The assigner moves the due time unasked, never into the past."""
    task_id = await _task(request, task)
    return _changed(await service.move_due(request.user, task_id, data.due, data.reason, if_match(request)))


@_act("wait", "Wait")
async def wait(request: AnyRequest, task: FromPath[str], data: JSONBody[WaitBody]) -> Response[Change]:
    """The lead waits for something until a moment; no reminder comes before it."""
    return _changed(await service.wait(request.user, await _task(request, task), data.until, if_match(request)))


@_act("comment", "Comment")
async def comment(request: AnyRequest, task: FromPath[str], data: JSONBody[CommentBody]) -> Response[Change]:
    """Say something on the task; the lead, the assigner and the coordinators hear it."""
    return _changed(await service.comment(request.user, await _task(request, task), data.text, if_match(request)))


@_act("confirm", "Confirm")
async def confirm(request: AnyRequest, task: FromPath[str]) -> Response[Change]:
    """A leader confirms what somebody registered for themselves: it becomes a product of scoring."""
    return _changed(await service.confirm(request.user, await _task(request, task), if_match(request)))


@_act("undo", "Undo")
async def undo(request: AnyRequest, task: FromPath[str]) -> Response[Change]:
    """Take back one's own report or acceptance within ten minutes, while nothing was built on it."""
    return _changed(await service.undo(request.user, await _task(request, task), if_match(request)))


@_act("nudge", "Nudge")
async def nudge(request: AnyRequest, task: FromPath[str]) -> Response[Change]:
    """Remind the lead once, now (in working time); at most once in two hours."""
    return _changed(await service.nudge(request.user, await _task(request, task), if_match(request)))


@_act("heed", "Heed")
async def heed(request: AnyRequest, task: FromPath[str]) -> Response[Change]:
    """A leader knows of the silence about it: nobody further up the line is told. Again changes nothing."""
    return _changed(await service.heed(request.user, await _task(request, task), if_match(request)))


@_act("remind-as", "Remind otherwise")
async def remind_as(request: AnyRequest, task: FromPath[str], data: JSONBody[RemindAsBody]) -> Response[Change]:
    """Remind of this task by a preset of its own, gentle, normal or firm; null: as its unit says."""
    task_id = await _task(request, task)
    return _changed(await service.remind_as(request.user, task_id, data.preset, if_match(request)))


@_act("change-weight", "Change the weight")
async def change_weight(request: AnyRequest, task: FromPath[str], data: JSONBody[WeightBody]) -> Response[Change]:
    """The assigner weighs an open task anew, with a reason."""
    task_id = await _task(request, task)
    return _changed(await service.change_weight(request.user, task_id, data.weight, data.reason, if_match(request)))


routes = [
    acknowledge,
    decline,
    report,
    accept,
    return_,
    cancel,
    reassign,
    ask_extension,
    approve_extension,
    refuse_extension,
    move_due,
    wait,
    comment,
    confirm,
    undo,
    nudge,
    heed,
    remind_as,
    change_weight,
]
