"""Turns what people say and press into service calls and answers; the only room of the bot that names services."""

import html

from backend.auth import linking
from backend.auth.actors import actor_in
from backend.errors import AppError
from backend.kit import i18n
from backend.settings import Settings
from bot import recall
from bot.channel import ChatChannel, Text
from bot.collected import Collected
from bot.inbound import assigning, codes, collecting, grammar, handing_in, keeping, proof, typed, words
from bot.inbound.errors import sentence
from bot.inbound.presses import pressed
from bot.inbound.replies import replied
from bot.inbound.talk import Talk
from bot.speech import Answer, Incoming, toast
from bot.words import Voice


class Inbound:
    """Understands what is said in any chat, for every channel the same."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def handle(self, channel: ChatChannel, address: str, said: Incoming) -> list[Answer]:
        """The answers to one thing somebody did; every command gets one, an error becomes its sentence.

        Raises SendError when a file cannot be fetched just now: then nothing was done, and it may be handled again.
        """
        actor = await actor_in(channel.name, address) if said.private else None
        locale = actor.locale if actor else self._guess(said.language)
        voice = Voice(locale, self._settings.url, self._settings.zone)
        try:
            if said.kind == "left":
                await linking.end_link(channel.name, address, "blocked")
                return []
            if actor is None:
                return await self._stranger(channel, address, said, voice)
            talk = Talk(channel, address, said, actor, voice, self._settings)
            return await _converse(talk)
        except AppError as error:
            return [_wrong(sentence(error, locale), said)]

    async def quiet(self, channel: ChatChannel, held: Collected) -> list[Answer]:
        """Hand in a report that somebody was saying and went quiet about; the answers to it."""
        actor = await actor_in(channel.name, held.address)
        if actor is None or actor.person_id != held.person_id:
            await handing_in.dropped(held, "the person is no longer in this chat")
            return []
        voice = Voice(actor.locale, self._settings.url, self._settings.zone)
        said = Incoming(kind="text")
        return await handing_in.handed_in(Talk(channel, held.address, said, actor, voice, self._settings), held)

    def _guess(self, language: str) -> str:
        return i18n.pick(language, self._settings.locale)

    async def _stranger(self, channel: ChatChannel, address: str, said: Incoming, voice: Voice) -> list[Answer]:
        """Somebody whose chat is not linked: a code links it, anything else gets told how."""
        if not said.private:
            key = "bot.private_only"
            return [toast(voice.plain(key)) if said.kind == "press" else Answer(Text(voice.say(key)))]
        if said.kind == "press":
            return [toast(voice.plain("bot.press.not_linked"))]
        answers = await codes.stranger(channel, address, said, voice, self._settings)
        return answers or [Answer(Text(voice.say("bot.help.stranger", url=self._settings.url)))]


async def _converse(talk: Talk) -> list[Answer]:
    """What a linked person wants: a press, a command, an answer to one of our messages."""
    said, name = talk.said, talk.channel.name
    await proof.noted(talk)
    if said.kind == "press":
        return await collecting.pressed(talk) or await pressed(talk)
    if (answers := await codes.linked(talk)) is not None:
        return answers
    if said.kind == "start":
        return await words.helped(talk)
    about = await recall.about(name, talk.address, said.reply_to) if said.reply_to else None
    spoken = grammar.parse(said.text, replying=bool(said.reply_to))
    if (answers := await collecting.heard(talk, spoken, about)) is not None:
        return answers
    if (commands := _commands(said, spoken)) and (answers := await typed.meant(talk, commands, about)) is not None:
        return answers
    if not said.reply_to:
        about = await recall.open_question(name, talk.address)
    if about is not None and about.mark is not None and about.mark.act == "assign":
        return await assigning.completed(talk, about)
    if about is not None and about.task_id is not None:
        return await replied(talk, about)
    return await _at_a_loss(talk, about, spoken)


async def _at_a_loss(talk: Talk, about: recall.About | None, spoken: list[grammar.Command]) -> list[Answer]:
    """What was said belongs to nothing: files are kept until somebody says which task they are for. A code that was
    brought to another's chat may look like that, too."""
    if talk.said.files:
        return await keeping.asked(talk, spoken)
    if about is not None and about.several:
        return [talk.say("several")]
    if about is None and (answers := await codes.perhaps(talk)) is not None:
        return answers
    return [await keeping.asked_again(talk) or talk.say("not_understood")]


def _commands(said: Incoming, spoken: list[grammar.Command]) -> list[grammar.Command]:
    """What was typed as commands; under a file only that it finishes a task."""
    if said.kind == "file":
        return spoken if len(spoken) == 1 and spoken[0].act == "done" and spoken[0].task else []
    return spoken if said.kind == "text" else []


def _wrong(words_: str, said: Incoming) -> Answer:
    if said.kind == "press":
        return toast(words_)
    return Answer(Text(html.escape(words_, quote=False)))


__all__ = ["Inbound"]
