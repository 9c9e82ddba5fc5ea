"""Ends a report that was said in several messages: it is handed in once, and what comes too late is not lost."""

from collections.abc import Sequence

from backend.errors import AppError
from backend.files.service import attach
from backend.kit import logs
from backend.kit.db import transaction
from backend.tasks import service
from backend.tasks.schemas import TaskView
from bot import collected
from bot.collected import Collected
from bot.inbound import evidence
from bot.inbound.errors import sentence
from bot.inbound.talk import Talk
from bot.speech import Answer

log = logs.get("bot.handing_in")

_COMMENT_MAX = 5_000


async def held_in(talk: Talk) -> Collected | None:
    """The report that is being said in this chat."""
    held = await collected.open_in(talk.channel.name, talk.address)
    return await theirs(talk, held) if held is not None else None


async def theirs(talk: Talk, held: Collected) -> Collected | None:
    """The same when it is this person's. When the chat has changed hands, what another person said here is not handed in
    by whoever has it now."""
    if held.person_id == talk.actor.person_id:
        return held
    await dropped(held, "the chat is another person's now")
    return None


async def dropped(held: Collected, why: str) -> None:
    """End a report that nobody can hand in any more."""
    if await collected.end(held.id, why) is not None:
        log.warning("chat_report.dropped", report=held.id, task=held.task_id, problem=why)


async def handed_in(talk: Talk, held: Collected, before: Sequence[str] = ()) -> list[Answer]:
    """Hand the report in, once whoever else tries; when it is too late for that, nothing that was said is lost. ``before``
    as in :func:`evidence.reported`."""
    try:
        async with transaction():
            whole = await collected.end(held.id)
            if whole is None:
                return []
            change = await service.report(talk.actor, held.task_id, whole.text, whole.attachments)
            if not change.changed:
                await _comment(talk, whole)
    except AppError as error:
        return await _too_late(talk, held, sentence(error, talk.voice.locale))
    if not change.changed:
        return [_commented(talk, whole, change.task, talk.already(change.task, "report"))]
    on, receipt = whole.behind
    return [
        evidence.reported(talk, change, len(whole.attachments), before),
        *await talk.repaint(change.task, on, receipt),
    ]


async def _too_late(talk: Talk, held: Collected, why: str) -> list[Answer]:
    """The report is not taken: it becomes a comment where that is allowed, else the person is told that it is not kept."""
    try:
        async with transaction():
            whole = await collected.end(held.id, f"not reported: {why}")
            if whole is None:
                return []
            await _comment(talk, whole)
        return [_commented(talk, whole, await talk.view(whole.task_id), why)]
    except AppError as error:
        whole = await collected.end(held.id, f"neither reported nor kept: {error.code}")
        what = evidence.named(talk, (whole or held).kinds)
        return [talk.say("collect.lost", why=why, what=what)]


async def _comment(talk: Talk, whole: Collected) -> None:
    """Put what was said among the task's words and files, in the caller's transaction."""
    note = talk.voice.plain("bot.collect.comment", n=len(whole.attachments))
    text = "\n".join(words for words in (whole.text, note) if words)[:_COMMENT_MAX]
    await service.comment(talk.actor, whole.task_id, text)
    await attach(talk.actor, whole.attachments, whole.task_id, None)


def _commented(talk: Talk, whole: Collected, view: TaskView, why: str) -> Answer:
    what = evidence.named(talk, whole.kinds)
    return talk.say("collect.commented", why=why, what=what, link=talk.voice.link(view.code))
