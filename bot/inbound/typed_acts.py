"""What a typed command does to its task: the act of the button or of the answer to its question, and when that cannot
be, why, and what can be done instead."""

import html
from collections.abc import Awaitable, Callable

from msgspec.structs import replace

from backend.calendars.queries import calendar_of_unit
from backend.errors import AppError, Forbidden
from backend.scores.own_charges import own_charges
from backend.scores.schemas_signing import RequestDraft
from backend.scores.service import ask_waiver
from backend.tasks import service
from backend.tasks.schemas import TaskView
from bot import short
from bot.channel import Text
from bot.inbound import presses, proof, replies, waits, waivers
from bot.inbound.errors import sentence
from bot.inbound.naming import Meant
from bot.inbound.presses import Press, why_not
from bot.inbound.talk import Talk
from bot.speech import Answer

#: The very acts of a button. They need no words and are answered by the task's code alone, so a secret task knows them, too.
_AT_ONCE = frozenset({"ack", "working", "nudge", "heed", "undo", "details"})

#: What somebody can type, by what they can do, the likeliest first.
_CAN = {
    "acknowledge": "ack",
    "report": "done",
    "ask_extension": "extend",
    "decline": "decline",
    "accept": "approve",
    "return": "return",
    "approve_extension": "approve_extension",
    "refuse_extension": "refuse_extension",
    "nudge": "nudge",
    "undo": "undo",
}
_REASON_MAX = 2_000


async def done(talk: Talk, task: Meant, act: str, rest: str) -> list[Answer]:
    """Do ``act`` with the words ``rest``; an act that is impossible says why and what is possible. Raises NotFound."""
    await proof.acted(talk, task.id)
    # Nothing was pressed: no message of ours is behind this.
    typed = replace(talk, said=replace(talk.said, text=rest, receipt="", reply_to=""))
    try:
        if act in _AT_ONCE:
            return await _at_once(typed, task, act)
        view = await task.view()
        if view.secret:
            return [talk.say("secret_reply", link=talk.voice.link(view.code))]
        return await _ACTS[act](typed, view)
    except Forbidden:
        view = await task.view()
        return [refused(talk, view, talk.voice.plain("bot.press.not_yours", code=view.code))]
    except AppError as error:
        return [refused(talk, await task.view(), sentence(error, talk.voice.locale))]


def refused(talk: Talk, view: TaskView, why: str) -> Answer:
    """Why not, and what can be typed about this task."""
    name = view.number or view.code
    acts = [act for needed, act in _CAN.items() if needed in view.can]
    if {"accept", "approve_extension"} <= set(view.can):
        acts[acts.index("approve")] = "accept"
    if view.secret:
        acts = [act for act in acts if act in _AT_ONCE]
    if not acts:
        return plainly(why)
    commands = " · ".join(short.phrase(talk.voice, act, name) for act in [*acts, "details"])
    return Answer(Text(f"{html.escape(why, quote=False)}\n{talk.voice.say('bot.short.can', commands=commands)}"))


def plainly(words: str) -> Answer:
    """Words that know no HTML, as a message."""
    return Answer(Text(html.escape(words, quote=False)))


async def _at_once(talk: Talk, task: Meant, act: str) -> list[Answer]:
    """Without a look at the task first: the act takes its own. Raises AppError."""
    answers = await presses.act(talk, Press("s", task.id, act))
    return [
        refused(talk, await task.view(), answer.toast or "") if answer.text is None else answer
        for answer in answers
        if answer.text is not None or answer.toast
    ]


async def _press(talk: Talk, view: TaskView, act: str, arg: str = "") -> list[Answer]:
    answers = await presses.act(talk, Press("s", view.id, act, arg))
    return [_aloud(talk, view, answer) for answer in answers if answer.text is not None or answer.toast]


def _aloud(talk: Talk, view: TaskView, answer: Answer) -> Answer:
    """What a press shows as a toast only says why not."""
    return refused(talk, view, answer.toast or "") if answer.text is None else answer


def _told(act: str, needed: str, question: str) -> Callable[[Talk, TaskView], Awaitable[list[Answer]]]:
    """The act that answers a question: done with what was said, or asked about when nothing was."""

    async def run(talk: Talk, view: TaskView) -> list[Answer]:
        if needed not in view.can:
            return [refused(talk, view, why_not(talk, view, needed))]
        if not talk.said.text:
            return [talk.ask(view, question, major=question == "return_major")]
        return await replies.answered(talk, view, act, major=question == "return_major")

    return run


async def _report(talk: Talk, view: TaskView) -> list[Answer]:
    """«1 xong»: one line reports, with or without words."""
    if "report" not in view.can:
        return [refused(talk, view, why_not(talk, view, "report"))]
    return await replies.answered(talk, view, "report")


async def _wait(talk: Talk, view: TaskView) -> list[Answer]:
    if "wait" not in view.can:
        return [refused(talk, view, why_not(talk, view, "wait"))]
    words = talk.said.text.removeprefix("for ").strip()
    if not words:
        return [waits.question(talk, view, await calendar_of_unit(view.unit.id), "")]
    return await replies.answered(replace(talk, said=replace(talk.said, text=words)), view, "wait")


async def _return(talk: Talk, view: TaskView) -> list[Answer]:
    """«trả lại»: the report by whoever decides on it, the task by its lead."""
    if view.lead.id == talk.actor.person_id and "return" not in view.can:
        return await _DECLINE(talk, view)
    return await _RETURN(talk, view)


async def _approve(talk: Talk, view: TaskView) -> list[Answer]:
    """«duyệt»: the report or the question for more time, whichever waits; both: it has to be said which."""
    report, extension = "accept" in view.can, "approve_extension" in view.can
    if report and extension:
        return [_both(talk, view, "accept", "approve_extension")]
    if extension and view.status.is_open:
        return await _approve_extension(talk, view)
    if report or view.status == "done":
        return await _accept(talk, view)
    return await _approve_extension(talk, view)


async def _accept(talk: Talk, view: TaskView) -> list[Answer]:
    return await _press(talk, view, "accept")


async def _approve_extension(talk: Talk, view: TaskView) -> list[Answer]:
    return await _extension_decided(talk, view, "approve")


async def _refuse(talk: Talk, view: TaskView) -> list[Answer]:
    """«từ chối»: the task by its lead; the question for more time by whoever decides, never the report with it."""
    if view.lead.id == talk.actor.person_id and "refuse_extension" not in view.can:
        return await _DECLINE(talk, view)
    if "return" in view.can:
        return [_both(talk, view, "return", *(["refuse_extension"] if "refuse_extension" in view.can else []))]
    return await _refuse_extension(talk, view)


async def _refuse_extension(talk: Talk, view: TaskView) -> list[Answer]:
    return await _extension_decided(talk, view, "refuse")


async def _extension_decided(talk: Talk, view: TaskView, act: str) -> list[Answer]:
    """Decide the question that waits; none does: how the last one was decided."""
    if view.open_extension is None:
        decided = [asked for asked in view.extensions if asked.decision]
        if not decided or view.lead.id == talk.actor.person_id:
            return [refused(talk, view, talk.voice.plain("bot.short.not_asked", code=view.code))]
        key = f"bot.already.extension_{decided[-1].decision}"
        return [refused(talk, view, talk.voice.plain(key, code=view.code))]
    if act == "approve" or not talk.said.text:
        return await _press(talk, view, act, str(view.open_extension.id))
    change = await service.decide_extension(talk.actor, view.id, False, talk.said.text[:_REASON_MAX])
    return [talk.aloud(change.task, talk.voice.plain("bot.did.refuse", code=view.code))]


def _both(talk: Talk, view: TaskView, *acts: str) -> Answer:
    """More than one thing may be meant, or the other one: the bot asks."""
    commands = " · ".join(short.phrase(talk.voice, act, view.number or view.code) for act in acts)
    if len(acts) == 1:
        return talk.say("short.can", commands=commands)
    return talk.say("short.both", link=talk.voice.link(view.code), commands=commands)


async def _waive(talk: Talk, view: TaskView) -> list[Answer]:
    """«khách quan»: that the newest delay with a charge be waived."""
    charges = await own_charges(talk.actor, view.id)
    charge = next((one for one in reversed(charges) if not waivers.why_not(talk, view, one)), None)
    if charge is None:
        return [refused(talk, view, waivers.why_not(talk, view, charges[-1] if charges else None))]
    if not talk.said.text:
        return [talk.ask(view, "waive", entry=charge.entry)]
    await ask_waiver(talk.actor, charge.entry, RequestDraft(cause=talk.said.text[:_REASON_MAX]))
    return [talk.say("done.waive", link=talk.voice.link(view.code))]


async def _comment(talk: Talk, view: TaskView) -> list[Answer]:
    if not talk.said.text:
        return [talk.say("short.which", command=short.phrase(talk.voice, "comment", view.number or view.code))]
    return await replies.commented(talk, view)


_RETURN = _told("return", "return", "return")
_DECLINE = _told("decline", "decline", "decline")

_ACTS: dict[str, Callable[[Talk, TaskView], Awaitable[list[Answer]]]] = {
    "done": _report,
    "accept": _accept,
    "wait": _wait,
    "extend": _told("extend", "ask_extension", "extend"),
    "return": _return,
    "return_major": _told("return", "return", "return_major"),
    "approve": _approve,
    "approve_extension": _approve_extension,
    "refuse": _refuse,
    "refuse_extension": _refuse_extension,
    "waive": _waive,
    "comment": _comment,
}
