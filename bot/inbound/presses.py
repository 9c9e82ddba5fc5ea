"""Buttons: ``on:task:act[:arg]`` → the service → a toast and the message made true again."""

from collections.abc import Awaitable, Callable

import msgspec

from backend.errors import AppError
from backend.tasks import service
from backend.tasks.schemas import Change, TaskView
from bot import cards
from bot.inbound import assigning, waits, waivers
from bot.inbound.errors import sentence
from bot.inbound.talk import Talk
from bot.speech import Answer, Mark, toast


class Press(msgspec.Struct, frozen=True):
    """A button of ours. ``on`` says what kind of message it is under: ``t`` card, ``d`` details, ``n`` notice,
    ``b`` a message of several lines, ``l`` a list, ``c`` confirmation, ``a`` a line that is to become a task
    (``task_id`` 0). ``s``: nothing was pressed, it was typed."""

    on: str
    task_id: int
    act: str
    arg: str = ""


def read(data: str) -> Press | None:
    """Raises nothing: None for anything we never wrote."""
    on, _, rest = data.partition(":")
    task, _, rest = rest.partition(":")
    act, _, arg = rest.partition(":")
    known = {"a": assigning.ACTS}.get(on, _ACTS)
    if on not in ("t", "d", "n", "b", "l", "c", "a") or not task.isdecimal() or len(task) > 18 or act not in known:
        return None
    return Press(on, int(task), act, arg)


async def pressed(talk: Talk) -> list[Answer]:
    """Answer a press; an act that is impossible says why and shows the task as it is."""
    button = read(talk.said.data)
    if button is None:
        return [talk.toast("press.unknown")]
    if button.on == "a":
        return await assigning.pressed(talk, button.act, button.arg)
    try:
        return await act(talk, button)
    except AppError as error:
        why = toast(sentence(error, talk.voice.locale))
        try:
            return [why, *await talk.repaint(await talk.view(button.task_id), button.on, talk.said.receipt)]
        except AppError:
            return [why]


async def act(talk: Talk, button: Press) -> list[Answer]:
    """Do what a button does. Raises AppError."""
    return await _ACTS[button.act](talk, button)


async def _done(talk: Talk, button: Press, change: Change, done: str, key: str) -> list[Answer]:
    """What every finished act answers: a toast that says what is so, and the message as it is now."""
    view = change.task
    words = talk.voice.plain(f"bot.did.{key}", code=view.code, at=view.due_at)
    words = words if change.changed else talk.already(view, done)
    if button.on == "s":
        return [talk.aloud(view, words)]
    return [toast(words), *await talk.repaint(view, button.on, talk.said.receipt)]


async def _acknowledge(talk: Talk, button: Press) -> list[Answer]:
    change = await service.acknowledge(talk.actor, button.task_id)
    return await _done(talk, button, change, "acknowledge", "ack")


async def _working(talk: Talk, button: Press) -> list[Answer]:
    """«Đang làm»: an acknowledgement, also of a task acknowledged before."""
    change = await service.acknowledge(talk.actor, button.task_id)
    if change.task.status == "acknowledged":
        change = msgspec.structs.replace(change, changed=True)
    return await _done(talk, button, change, "acknowledge", "working")


async def _finished(talk: Talk, button: Press) -> list[Answer]:
    """«Đã xong» under a reminder: one tap reports."""
    return await _done(talk, button, await service.report(talk.actor, button.task_id), "report", "report")


async def _accept(talk: Talk, button: Press) -> list[Answer]:
    return await _done(talk, button, await service.accept(talk.actor, button.task_id), "accept", "accept")


async def _nudge(talk: Talk, button: Press) -> list[Answer]:
    return await _done(talk, button, await service.nudge(talk.actor, button.task_id), "nudge", "nudge")


async def _heed(talk: Talk, button: Press) -> list[Answer]:
    return await _done(talk, button, await service.heed(talk.actor, button.task_id), "heed", "heed")


async def _undo(talk: Talk, button: Press) -> list[Answer]:
    return await _done(talk, button, await service.undo(talk.actor, button.task_id), "undo", "undo")


async def _approve(talk: Talk, button: Press) -> list[Answer]:
    return await _decide(talk, button, True)


async def _refuse(talk: Talk, button: Press) -> list[Answer]:
    return await _decide(talk, button, False)


async def _decide(talk: Talk, button: Press, approve: bool) -> list[Answer]:
    """Only the question that the button names is decided; another one that waits meanwhile has its own buttons."""
    view = await talk.view(button.task_id)
    asked = next((asked for asked in view.extensions if str(asked.id) == button.arg), None)
    if asked is not None and asked.decision:
        answer = talk.toast(f"already.extension_{asked.decision}", code=view.code)
        return [answer, *await talk.repaint(view, button.on, talk.said.receipt)]
    change = await service.decide_extension(talk.actor, button.task_id, approve)
    return await _done(talk, button, change, "approve", "approve" if approve else "refuse")


async def _ask_report(talk: Talk, button: Press) -> list[Answer]:
    return await _ask(talk, button, "report", "report")


async def _ask_extension(talk: Talk, button: Press) -> list[Answer]:
    return await _ask(talk, button, "extend", "ask_extension")


async def _ask_return(talk: Talk, button: Press) -> list[Answer]:
    return await _ask(talk, button, "return", "return")


async def _ask_return_major(talk: Talk, button: Press) -> list[Answer]:
    return await _ask(talk, button, "return_major", "return")


async def _ask(talk: Talk, button: Press, question: str, needed: str) -> list[Answer]:
    """Ask for the words an act needs, unless it is impossible anyway."""
    view = await talk.view(button.task_id)
    if view.secret:
        return [talk.toast("secret", code=view.code)]
    if needed not in view.can:
        answer = toast(why_not(talk, view, needed))
        return [answer, *await talk.repaint(view, button.on, talk.said.receipt)]
    asked = talk.ask(view, question, major=question == "return_major", on=button.on, receipt=talk.said.receipt)
    return [Answer(toast=""), asked]


async def _ask_wait(talk: Talk, button: Press) -> list[Answer]:
    view = await talk.view(button.task_id)
    if view.secret:
        return [talk.toast("secret", code=view.code)]
    if "wait" not in view.can:
        answer = toast(why_not(talk, view, "wait"))
        return [answer, *await talk.repaint(view, button.on, talk.said.receipt)]
    return await waits.asked(talk, view, button.on)


async def _wait_until(talk: Talk, button: Press) -> list[Answer]:
    return await waits.chosen(talk, button.task_id, button.arg)


async def _ask_waiver(talk: Talk, button: Press) -> list[Answer]:
    return await waivers.asked(talk, await talk.view(button.task_id), button.arg, button.on)


def why_not(talk: Talk, view: TaskView, needed: str) -> str:
    """Why an act is not to be had, as the state of the task tells it."""
    if needed == "ask_extension" and view.open_extension is not None:
        return talk.voice.plain("bot.already.extension_waits", code=view.code)
    if needed == "ask_extension" and view.status.is_open and view.late:
        return talk.voice.plain("bot.already.extension_late", code=view.code)
    if view.status == "declined" and view.lead.id == talk.actor.person_id:
        return talk.voice.plain("bot.already.decline", code=view.code)
    if view.status.is_open and view.status != "reported":
        return talk.voice.plain("bot.press.not_yours", code=view.code)
    return talk.already(view, "report")


async def _details(talk: Talk, button: Press) -> list[Answer]:
    view = await talk.view(button.task_id)
    text = cards.details(view, talk.actor.person_id, talk.voice)
    return [Answer(toast=""), Answer(text, mark=Mark(view.id, "card"))]


async def _open(talk: Talk, button: Press) -> list[Answer]:
    return [Answer(toast=""), talk.card(await talk.view(button.task_id))]


_ACTS: dict[str, Callable[[Talk, Press], Awaitable[list[Answer]]]] = {
    "ack": _acknowledge,
    "working": _working,
    "done": _finished,
    "report": _ask_report,
    "extend": _ask_extension,
    "waive": _ask_waiver,
    "accept": _accept,
    "return": _ask_return,
    "return_major": _ask_return_major,
    "approve": _approve,
    "refuse": _refuse,
    "nudge": _nudge,
    "heed": _heed,
    "wait": _ask_wait,
    "wait_until": _wait_until,
    "undo": _undo,
    "details": _details,
    "open": _open,
}
