"""Carries out typed commands one after the other, each answered: which task is meant, and the act of its button."""

from collections.abc import Awaitable, Callable, Sequence

from msgspec.structs import replace

from backend.errors import AppError
from bot import recall, short
from bot.inbound import assigning, scores, typed_acts, words
from bot.inbound.errors import sentence
from bot.inbound.grammar import Command
from bot.inbound.grammar_words import BARE
from bot.inbound.naming import Meant, called
from bot.inbound.talk import Talk
from bot.recall import About
from bot.speech import Answer

#: More commands than this in one message are not done.
MOST = 20
_LINE_MAX = 100

#: What is about no one task.
_WHOLE: dict[str, Callable[[Talk], Awaitable[list[Answer]]]] = {
    "list": words.listed,
    "today": words.today_,
    "late": words.late,
    "ack_all": words.all_acknowledged,
    "help": words.helped,
    "drop": words.dropped,
}


async def meant(talk: Talk, commands: Sequence[Command], about: About | None) -> list[Answer] | None:
    """The answers to commands; None when the message is rather an answer to a question of ours, or to a message."""
    first = commands[0]
    doubtful = first.act == "unsure" or (first.act in BARE.values() and not first.task)
    listed = first.listed and len(commands) > 1
    if doubtful or listed:
        asked = about if talk.said.reply_to else await recall.open_question(talk.channel.name, talk.address)
        if asked is not None and asked.is_question and doubtful:
            return None
        if asked is not None and asked.is_question:
            return [talk.say("short.list_or_answer", command=short.phrase(talk.voice, first.act, first.task))]
    return await _run(talk, commands, about)


async def _run(talk: Talk, commands: Sequence[Command], about: About | None) -> list[Answer]:
    answers: list[Answer] = []
    for place, command in enumerate(commands[:MOST]):
        try:
            answers += await _one(talk, command, about, place)
        except AppError as error:
            answers.append(typed_acts.plainly(sentence(error, talk.voice.locale)))
    if len(commands) > MOST:
        answers.append(talk.say("short.too_many", n=MOST))
    return answers


async def _one(talk: Talk, command: Command, about: About | None, place: int) -> list[Answer]:
    if run := _WHOLE.get(command.act):
        return await run(talk)
    match command.act:
        case "score":
            return await scores.scored(talk, command.rest, about)
        case "leave":
            return await words.away(talk, command.rest)
        case "assign":
            # Each order of a message is one of its own to whatever remembers what was carried out.
            receipt = f"{talk.said.receipt}#{place}" if place else talk.said.receipt
            return await assigning.ordered(replace(talk, said=replace(talk.said, text=command.rest, receipt=receipt)))
        case "unknown":
            return [talk.say("short.unknown", line=command.rest[:_LINE_MAX])]
        case "unsure":
            return [_doubted(talk, command)]
        case _:
            return await _of_task(talk, command, about)


def _doubted(talk: Talk, command: Command) -> Answer:
    key = "short.unsure" if command.task else "short.one_each"
    return talk.say(key, command=short.phrase(talk.voice, command.rest, command.task or "1"))


async def _of_task(talk: Talk, command: Command, about: About | None) -> list[Answer]:
    """An act on the task that is named, by its number, its code, or by the message that is replied to."""
    replied = about.task_id if about is not None and talk.said.reply_to else None
    if not command.task:
        if command.act == "undo":
            return await words.undone(talk, replied)
        if replied is None:
            return [talk.say("short.which", command=short.phrase(talk.voice, command.act, "1"))]
        # «Xong rồi ạ» in reply is the whole report: its words are kept.
        said = command.rest or (talk.said.text.strip() if command.act == "done" else "")
        return await typed_acts.done(talk, Meant(replied, talk), command.act, said)
    task = await called(talk, command.task)
    if replied is not None and replied != task.id:
        other = await talk.view(replied)
        return [talk.say("short.other_task", link=talk.voice.link(other.code), task=command.task)]
    return await typed_acts.done(talk, task, command.act, command.rest)
