"""A report said in several messages: a file opens it, what follows is added, «xong» or some quiet hands it in."""

from collections.abc import Sequence

import msgspec

from backend.errors import NotFound
from backend.tasks.schemas import TaskView
from bot import collected, recall
from bot.collected import Collected, Piece
from bot.inbound import evidence, handing_in, keeping
from bot.inbound.beginning import begun, plainly, told
from bot.inbound.errors import sentence
from bot.inbound.grammar import Command
from bot.inbound.naming import called
from bot.inbound.presses import read, why_not
from bot.inbound.talk import Talk
from bot.recall import About
from bot.speech import Answer


class _Aim(msgspec.Struct, frozen=True):
    """Which task a file is for, what was said with it, and the question of ours that it answers."""

    task_id: int
    text: str
    question: About | None = None


async def heard(talk: Talk, commands: Sequence[Command], about: About | None) -> list[Answer] | None:
    """The answers to what belongs to a report said in pieces; None for anything else."""
    said = talk.said
    if said.kind == "text" and not said.text:
        return [talk.say("nothing_said")]
    if said.kind == "file":
        try:
            return await _file(talk, await handing_in.held_in(talk), commands, about)
        except NotFound as error:
            return await keeping.asked(talk, commands, sentence(error, talk.voice.locale))
    if (answers := await keeping.claimed(talk, commands, about)) is not None:
        return answers
    if commands and not _is_about_report(commands):
        return None
    held = await handing_in.held_in(talk)
    return await (_words(talk, held, commands, about) if held is not None else keeping.dropped(talk, commands))


async def of_task(talk: Talk, task_id: int) -> Collected | None:
    """The report on this task that is being said in this chat."""
    return (await of_task_or_kept(talk, task_id))[0]


async def of_task_or_kept(talk: Talk, task_id: int) -> tuple[Collected | None, bool]:
    """The same, and whether files are kept here of which nobody said which task they are for."""
    held, has_kept = await collected.open_or_kept(talk.channel.name, talk.address)
    if held is not None:
        held = await handing_in.theirs(talk, held)
    return (held if held is not None and held.task_id == task_id else None), has_kept


async def finished(talk: Talk, held: Collected, *, has_kept: bool = False) -> list[Answer]:
    """«1 xong …», with or without a file: what came with it joins, what was kept before (``has_kept``) as well, and the
    report is handed in. Raises SendError."""
    before = await keeping.for_report(talk) if has_kept else None
    if before is not None:
        await keeping.join(talk, held, before)
    kept, problems = await evidence.keep_all(talk, len(held.attachments))
    await collected.add(held.id, Piece(talk.said.receipt or "done", talk.said.text.strip(), kept))
    return [*told(problems), *await handing_in.handed_in(talk, held, before.kinds if before is not None else ())]


async def pressed(talk: Talk) -> list[Answer] | None:
    """«Đã xong» under a reminder of the task that is being reported hands in what was said."""
    button = read(talk.said.data)
    held = await of_task(talk, button.task_id) if button is not None and button.act == "done" else None
    return [Answer(toast=""), *await handing_in.handed_in(talk, held)] if held is not None else None


def _is_about_report(commands: Sequence[Command]) -> bool:
    return len(commands) == 1 and not commands[0].task and commands[0].act in ("done", "drop")


# Words.


async def _words(talk: Talk, held: Collected, commands: Sequence[Command], about: About | None) -> list[Answer] | None:
    """«xong» hands in, «hủy» drops, other words join; None when they answer something else."""
    if about is not None and (about.several or about.task_id != held.task_id or _asks_otherwise(about)):
        return None
    question = await _asked_meanwhile(talk, held) if about is None else None
    if commands and commands[0].act == "done":
        return await handing_in.handed_in(talk, held) if question is None or question.task_id == held.task_id else None
    if question is not None and (question.task_id != held.task_id or _asks_otherwise(question)):
        return None
    if commands:
        return await _thrown_away(talk, held)
    if not await collected.add(held.id, Piece(talk.said.receipt, talk.said.text.strip(), ())):
        return None
    return []


def _asks_otherwise(about: About) -> bool:
    return about.is_question and about.mark is not None and about.mark.act != "report"


async def _asked_meanwhile(talk: Talk, held: Collected | None) -> About | None:
    """The question that waits for an answer, unless it is older than the report that is being said."""
    question = await recall.open_question(talk.channel.name, talk.address)
    if question is None or held is None or question.prompt_id is None:
        return question
    return question if await collected.asked_since(question.prompt_id, held.started_at) else None


async def _thrown_away(talk: Talk, held: Collected) -> list[Answer]:
    gone = await collected.end(held.id, "dropped by the person")
    if gone is None:
        return [talk.say("nothing_to_drop")]
    return [talk.say("collect.dropped", what=evidence.named(talk, gone.kinds))]


# Files.


async def _file(
    talk: Talk, held: Collected | None, commands: Sequence[Command], about: About | None
) -> list[Answer] | None:
    """A file joins what is being said, or opens a report; None when it does neither."""
    if len(commands) == 1 and commands[0].act == "done" and commands[0].task:
        return None  # «1 xong» under it
    finishes = _is_about_report(commands) and commands[0].act == "done"
    aim = await _aim(talk, held, commands, about)
    if aim is None:
        return None
    if isinstance(aim, Answer):
        return [aim]
    if held is not None and aim.task_id == held.task_id:
        return await _joined(talk, held, aim, finishes=finishes)
    if finishes:
        return None
    view = await talk.view(aim.task_id)
    if view.secret:
        return [talk.say("secret_reply", link=talk.voice.link(view.code))]
    if "report" not in view.can:
        return [plainly(why_not(talk, view, "report"))]
    # Whoever goes on to another task has said what there was to say of the one before.
    before = await handing_in.handed_in(talk, held) if held is not None else []
    return [*before, *await _begun(talk, view, aim)]


async def _aim(
    talk: Talk, held: Collected | None, commands: Sequence[Command], about: About | None
) -> _Aim | Answer | None:
    """The task a file is for: named under it, by the message it answers, by our question, or the one being said."""
    name, words = keeping.caption(talk.said.text, commands)
    if name:
        view = await (await called(talk, name)).view()
        if about is not None and about.task_id not in (None, view.id):
            other = await talk.view(about.task_id or 0)
            return talk.say("short.other_task", link=talk.voice.link(other.code), task=name)
        return _Aim(view.id, words)
    words = "" if _is_about_report(commands) else words
    if about is not None:
        return await _aim_of_reply(talk, about, words)
    question = await _asked_meanwhile(talk, held)
    if question is not None and question.mark is not None and question.task_id is not None:
        if question.mark.act == "report":
            return _Aim(question.task_id, words, question)
        if question.mark.act == "waive":
            return None
    return _Aim(held.task_id, words) if held is not None else None


async def _aim_of_reply(talk: Talk, about: About, words: str) -> _Aim | None:
    """A reply to one of our messages is for its task, when that can be reported."""
    if about.task_id is None or _asks_otherwise(about):
        return None
    view = await talk.view(about.task_id)
    return _Aim(view.id, words, about) if "report" in view.can and not view.secret else None


async def _begun(talk: Talk, view: TaskView, aim: _Aim) -> list[Answer]:
    kept, problems = await evidence.keep_all(talk, 0)
    if not kept:
        return told(problems)
    about, name = aim.question, talk.channel.name
    data = about.mark.data if about is not None and about.mark is not None else {}
    piece = Piece(talk.said.receipt, aim.text, kept)
    behind = (str(data.get("on", "")), str(data.get("receipt", "")))
    held = await collected.begin(name, talk.address, talk.actor.person_id, view.id, piece, behind)
    if held is None:
        # Another message of this chat was quicker, in another process.
        other = await collected.open_in(name, talk.address)
        return await _joined(talk, other, aim, finishes=False) if other is not None else []
    if about is not None and about.is_question and about.prompt_id is not None:
        await recall.answered(name, talk.address, about.prompt_id)
    return await begun(talk, view, held, problems)


async def _joined(talk: Talk, held: Collected, aim: _Aim, *, finishes: bool) -> list[Answer]:
    """Added without a word, but for what is not taken; a message that came before is not added again."""
    problems: list[str] = []
    if talk.said.receipt not in held.heard:
        kept, problems = await evidence.keep_all(talk, len(held.attachments))
        if not await collected.add(held.id, Piece(talk.said.receipt, aim.text, kept)):
            view = await talk.view(held.task_id)
            return [plainly(why_not(talk, view, "report"))]
    if problems:
        problems.append(talk.voice.plain("bot.collect.kept"))
    return [*told(problems), *(await handing_in.handed_in(talk, held) if finishes else [])]
