"""Files without the name of a task: kept while we ask which it is, taken by the number that answers, or by its report."""

from collections.abc import Sequence

from backend.domain.types import Status
from backend.kit import clock
from backend.kit.db import transaction
from backend.tasks import queries, service
from backend.tasks.schemas import Change, TaskLine
from bot import collected, kept, recall
from bot.channel import SendError
from bot.collected import Collected, Piece
from bot.inbound import evidence, grammar, handing_in
from bot.inbound.beginning import begun, mixed, plainly, told
from bot.inbound.grammar import Command
from bot.inbound.naming import called
from bot.inbound.presses import why_not
from bot.inbound.talk import Talk
from bot.kept import Kept
from bot.recall import About
from bot.speech import Answer
from bot.words import Safe, cut

#: So many tasks are named in the question, nearest deadline first, of so many that are looked at.
_MOST_NAMED = 5
_LOOKED_AT = 30
_TITLE_MAX = 80
_REPORTABLE = (Status.ASSIGNED, Status.ACKNOWLEDGED)


def caption(text: str, commands: Sequence[Command]) -> tuple[str, str]:
    """The task that is named under a file, «1» or «1: ảnh hiện trường», and the words; no task for other words."""
    if len(commands) == 1 and commands[0].act == "details":
        return commands[0].task, ""
    head, colon, words = text.partition(":")
    alone = grammar.parse(head) if colon and "\n" not in head else []
    if len(alone) == 1 and alone[0].act == "details":
        return alone[0].task, words.strip()
    return "", text.strip()


# Keeping.


async def asked(talk: Talk, commands: Sequence[Command], why: str = "") -> list[Answer]:
    """Keep the files of a message that named no task, and ask which; those that follow one another are asked about once.
    ``why``: what is wrong with the task that was named. Whoever has nothing to report is told how it is done, and nothing
    is kept. Raises SendError: not just now."""
    tasks = await _reportable(talk)
    if not tasks:
        return [plainly(why) if why else talk.say("file_needs_card")]
    name, me = talk.channel.name, talk.actor.person_id
    before = await kept.waiting(name, talk.address, me)
    problems = [why] if why else []
    if before is None or talk.said.receipt not in before.receipts:
        got, refused = await evidence.keep_all(talk, len(before.files) if before else 0)
        problems += refused
        if not got:
            return told(problems)
        words = "" if len(commands) == 1 else caption(talk.said.text, commands)[1]
        await kept.put(name, talk.address, me, Piece(talk.said.receipt, words, got))
    goes_on = before is not None and before.is_fresh and before.receipts[0] != talk.said.receipt
    if goes_on and not why:
        return told(problems)
    whole = await kept.waiting(name, talk.address, me)
    return [await _question(talk, whole, tasks, problems)] if whole is not None else told(problems)


async def asked_again(talk: Talk) -> Answer | None:
    """The question once more for whoever says something else; None when nothing was kept lately."""
    found = await kept.waiting(talk.channel.name, talk.address, talk.actor.person_id)
    if found is None or not found.is_fresh or not (tasks := await _reportable(talk)):
        return None
    return await _question(talk, found, tasks, ())


async def _reportable(talk: Talk) -> list[TaskLine]:
    """What this person may report in chat, nearest deadline first."""
    wanted = queries.TaskFilter(view=queries.View.ASSIGNED_TO_ME, state=queries.State.OPEN)
    page = await queries.listing(talk.actor, wanted, None, _LOOKED_AT)
    me = talk.actor.person_id
    return [line for line in page.items if line.lead_id == me and line.status in _REPORTABLE and not line.secret]


async def _question(talk: Talk, whole: Kept, tasks: Sequence[TaskLine], problems: Sequence[str]) -> Answer:
    named = tasks[:_MOST_NAMED]
    numbers = await queries.numbers_of(talk.actor.person_id, [line.id for line in named])
    say, first = talk.voice.say, numbers.get(named[0].id, named[0].code)
    until = whole.until + (clock.now() - clock.real())
    lines = [say("bot.kept.which", what=evidence.named(talk, whole.kinds), number=first, until=until)]
    for line in named:
        title = Safe(talk.voice.title(cut(line.title, _TITLE_MAX), line.urgency))
        lines.append(say("bot.kept.task", number=numbers.get(line.id, line.code), title=title))
    if len(tasks) > len(named):
        lines.append(say("bot.kept.more"))
    return mixed(problems, "\n".join(lines))


# Claiming.


async def claimed(talk: Talk, commands: Sequence[Command], about: About | None) -> list[Answer] | None:
    """«7», or «7: ảnh chợ», said after files that were kept: they open, or join, the report of that task. None for anything
    else. Raises NotFound, SendError."""
    shows = len(commands) == 1 and commands[0].act == "details" and not commands[0].rest
    if (commands and not shows) or (about is not None and about.task_id is not None):
        return None
    name, words = caption(talk.said.text, commands)
    if not name:
        return None
    found = await kept.waiting(talk.channel.name, talk.address, talk.actor.person_id)
    if found is None or not found.is_fresh:
        return None
    view = await (await called(talk, name)).view()
    if view.secret:
        return [talk.say("secret_reply", link=talk.voice.link(view.code))]
    if "report" not in view.can:
        return [plainly(why_not(talk, view, "report"))]
    held = await handing_in.held_in(talk)
    if held is not None and held.task_id == view.id:
        await join(talk, held, found, words)
        return [talk.say("kept.taken", what=evidence.named(talk, found.kinds), link=talk.voice.link(view.code))]
    # Whoever goes on to another task has said what there was to say of the one before.
    before = await handing_in.handed_in(talk, held) if held is not None else []
    async with transaction():
        piece = _with(found.piece, words)
        made = await collected.begin(talk.channel.name, talk.address, talk.actor.person_id, view.id, piece, ("", ""))
        if made is None:
            raise _busy()
        await _take(talk, found)
    return [*before, *await begun(talk, view, made)]


async def join(talk: Talk, held: Collected, found: Kept, words: str = "") -> None:
    """What was kept is part of a report that is being said. Raises SendError when somebody else has it."""
    async with transaction():
        if not await collected.add(held.id, _with(found.piece, words)):
            raise _busy()
        await _take(talk, found)


async def for_report(talk: Talk) -> Kept | None:
    """What was kept and goes with a report that is handed in now: by name all of a day, otherwise what came lately."""
    found = await kept.waiting(talk.channel.name, talk.address, talk.actor.person_id)
    typed = not talk.said.receipt
    return found if found is not None and (typed or found.is_fresh) else None


async def reported(talk: Talk, task_id: int, text: str, files: Sequence[int], found: Kept) -> Change:
    """Report a task with what was kept. Raises AppError; SendError when somebody else has it."""
    async with transaction():
        whole = "\n".join(part for part in (found.text, text) if part)[: collected.TEXT_MAX]
        change = await service.report(talk.actor, task_id, whole, [*found.files, *files])
        if change.changed:
            await _take(talk, found)
    return change


async def dropped(talk: Talk, commands: Sequence[Command]) -> list[Answer] | None:
    """«hủy» when nothing else waits for a word: what was kept goes; None when there is nothing to drop."""
    if not commands or commands[0].act != "drop" or await recall.open_question(talk.channel.name, talk.address):
        return None
    gone = await kept.take(talk.channel.name, talk.address, talk.actor.person_id)
    return [talk.say("kept.dropped", what=evidence.named(talk, gone.kinds))] if gone is not None else None


async def _take(talk: Talk, found: Kept) -> None:
    """In the transaction that uses it."""
    taken = await kept.take(talk.channel.name, talk.address, talk.actor.person_id)
    if taken is None or taken.files != found.files:
        raise _busy()


def _busy() -> SendError:
    """Two processes in one chat at one moment: this message is handled again."""
    return SendError("temporary", "somebody else is busy with what is kept of this chat")


def _with(piece: Piece, words: str) -> Piece:
    text = "\n".join(part for part in (piece.text, words) if part)
    return Piece(piece.receipt, text, piece.kept)
