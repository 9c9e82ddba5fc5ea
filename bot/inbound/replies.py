"""Words, photos and files that answer a card or a question: reports, more time, returns, waivers, comments."""

import html
from collections.abc import Awaitable, Callable

from msgspec.structs import replace

from backend.calendars.queries import calendar_of_unit
from backend.domain.lifecycle import Act
from backend.errors import Invalid
from backend.kit import clock
from backend.tasks import service
from backend.tasks.schemas import DueDraft, TaskView
from bot import recall
from bot.channel import Text
from bot.inbound import collecting, evidence, keeping, waits, waivers
from bot.inbound.presses import why_not
from bot.inbound.talk import Talk
from bot.reading import new_due
from bot.recall import About
from bot.speech import Answer, Mark

_TEXT_MAX = 20_000
_REASON_MAX = 2_000


async def answered(talk: Talk, view: TaskView, act: str, **data: object) -> list[Answer]:
    """Take what was said as the answer to a question that need not be asked. Raises AppError."""
    mark = Mark(view.id, act, data)  # type: ignore[arg-type]
    return await _ANSWERS[act](talk, view, About(view.id, mark))


async def replied(talk: Talk, about: About) -> list[Answer]:
    """Take what was said as the answer to one of our messages."""
    assert about.task_id is not None
    view = await talk.view(about.task_id)
    if view.secret:
        return [talk.say("secret_reply", link=talk.voice.link(view.code))]
    if about.mark is not None and about.mark.act in _ANSWERS:
        return await _ANSWERS[about.mark.act](talk, view, about)
    if (about.is_card and view.lead.id == talk.actor.person_id) or (talk.said.files and "report" in view.can):
        return await _report(talk, view, about)
    return await commented(talk, view)


async def _report(talk: Talk, view: TaskView, about: About) -> list[Answer]:
    if "report" not in view.can:
        return [_sentence(why_not(talk, view, "report"))]
    held, has_kept = await collecting.of_task_or_kept(talk, view.id)
    if held is not None:
        return await collecting.finished(talk, held, has_kept=has_kept)
    files = [(await evidence.keep(talk, file)).id for file in talk.said.files]
    text, before = talk.said.text.strip()[:_TEXT_MAX], await keeping.for_report(talk) if has_kept else None
    if before is None:
        change = await service.report(talk.actor, view.id, text, files)
    else:
        change = await keeping.reported(talk, view.id, text, files, before)
    await _settle(talk, about)
    if not change.changed:
        return [_sentence(talk.already(change.task, "report"))]
    kinds = before.kinds if before is not None else ()
    said = evidence.reported(talk, change, len(files) + len(kinds), kinds)
    return [said, *await talk.repaint_behind(change.task, about)]


async def _extension(talk: Talk, view: TaskView, about: About) -> list[Answer]:
    if str(Act.ASK_EXTENSION) not in view.can:
        await _settle(talk, about)
        return [_sentence(why_not(talk, view, "ask_extension"))]
    calendar = await calendar_of_unit(view.unit.id)
    now, given = clock.now(), str(about.mark.data.get("given", "")) if about.mark is not None else ""
    wish = new_due(talk.said.text, view.due_at, now, calendar)
    if wish is None and given:
        wish = new_due(f"{given} {talk.said.text}", view.due_at, now, calendar)
    if wish is None:
        return [_again(talk, about, "extend_again", given=given)]
    if not wish.reason:
        return [_again(talk, about, "extend_reason", given=talk.said.text, at=wish.at)]
    change = await service.ask_extension(talk.actor, view.id, DueDraft(at=wish.at), wish.reason[:_REASON_MAX])
    await _settle(talk, about)
    said = talk.say("done.extend", link=talk.voice.link(view.code), at=wish.at, name=view.assigner.name)
    return [said, *await talk.repaint_behind(change.task, about)]


async def _return(talk: Talk, view: TaskView, about: About) -> list[Answer]:
    assert about.mark is not None
    if str(Act.RETURN) not in view.can:
        await _settle(talk, about)
        return [_sentence(why_not(talk, view, "return"))]
    reason = talk.said.text.strip()[:_REASON_MAX]
    if not reason:
        raise Invalid("reason_needed")
    major = bool(about.mark.data.get("major"))
    change = await service.return_(talk.actor, view.id, reason, major)
    await _settle(talk, about)
    key = "done.return_major" if major else "done.return"
    said = talk.say(key, link=talk.voice.link(view.code), name=view.lead.name, due=change.task.due_at)
    return [said, *await talk.repaint_behind(change.task, about)]


async def _waiver(talk: Talk, view: TaskView, about: About) -> list[Answer]:
    charge = await waivers.charge_asked_about(talk, view, about)
    why = waivers.why_not(talk, view, charge)
    if charge is None or why:
        await _settle(talk, about)
        return [_sentence(why)]
    if not talk.said.text.strip() and not talk.said.files:
        raise Invalid("reason_needed")
    files = [(await evidence.keep(talk, file)).id for file in talk.said.files]
    said = await waivers.answered(talk, view, charge, about, files)
    return [said, *await talk.repaint_behind(view, about)]


async def _waiting(talk: Talk, view: TaskView, about: About) -> list[Answer]:
    if str(Act.WAIT) not in view.can:
        await _settle(talk, about)
        return [_sentence(why_not(talk, view, "wait"))]
    until = await waits.named(talk, view)
    if until is None:
        return [_again(talk, about, "wait_again")]
    change = await service.wait(talk.actor, view.id, until)
    await _settle(talk, about)
    return [Answer(waits.kept(talk, change.task)), *await talk.repaint_behind(change.task, about)]


async def _decline(talk: Talk, view: TaskView, about: About) -> list[Answer]:
    """The lead gives the task back to whoever assigned it."""
    if str(Act.DECLINE) not in view.can:
        await _settle(talk, about)
        return [_sentence(why_not(talk, view, "decline"))]
    reason = talk.said.text.strip()[:_REASON_MAX]
    if not reason:
        raise Invalid("reason_needed")
    change = await service.decline(talk.actor, view.id, reason)
    await _settle(talk, about)
    said = talk.say("done.decline", link=talk.voice.link(view.code), name=view.assigner.name)
    return [said, *await talk.repaint_behind(change.task, about)]


def _again(talk: Talk, about: About, key: str, *, given: str | None = None, **params: object) -> Answer:
    """The question once more: the next message answers it, with what was ``given`` already."""
    assert about.mark is not None
    data = about.mark.data if given is None else {**about.mark.data, "given": given}
    words = talk.voice.say(f"bot.ask.{key}", **params)
    return Answer(
        Text(words, ask=talk.voice.plain(f"bot.ask.{about.mark.act}_hint")), mark=replace(about.mark, data=data)
    )


async def commented(talk: Talk, view: TaskView) -> list[Answer]:
    text = talk.said.text.strip()
    if not text:
        return [talk.say("file_needs_card")]
    await service.comment(talk.actor, view.id, text[:5000])
    return [talk.say("done.comment", link=talk.voice.link(view.code))]


async def _settle(talk: Talk, about: About) -> None:
    """The question is answered, whatever the answer led to."""
    if about.prompt_id is not None and about.mark is not None and about.mark.act in _ANSWERS:
        await recall.answered(talk.channel.name, talk.address, about.prompt_id)


def _sentence(words: str) -> Answer:
    return Answer(Text(html.escape(words, quote=False)))


_ANSWERS: dict[str, Callable[[Talk, TaskView, About], Awaitable[list[Answer]]]] = {
    "report": _report,
    "extend": _extension,
    "return": _return,
    "decline": _decline,
    "waive": _waiver,
    "wait": _waiting,
}
