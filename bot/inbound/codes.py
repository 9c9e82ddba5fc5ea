"""Codes said in a chat: one from a person's own page links it at once; one of HR's sheet asks for the end of the phone."""

import re

from backend.auth import link_codes, link_phone, linking
from backend.auth.actors import actor_of
from backend.errors import AppError
from backend.settings import Settings
from bot import recall
from bot.channel import ChatChannel, Text
from bot.inbound import words
from bot.inbound.talk import Talk
from bot.recall import About
from bot.speech import Answer, Incoming, Mark
from bot.words import Voice

_START = re.compile(r"/start(?:@\w+)?\s+(\S.*)", re.I | re.S)
_DIGITS = re.compile(rf"[0-9]{{{link_phone.DIGITS}}}")
#: After these no more digits are awaited: the code is of no use any more.
_OVER = ("link_sheet_void", "link_sheet_over")


async def stranger(
    channel: ChatChannel, address: str, said: Incoming, voice: Voice, settings: Settings
) -> list[Answer] | None:
    """What a chat that is nobody's is told of the code or the digits it brought; None when it brought neither.
    Raises AppError."""
    code = _code_in(said)
    if code is not None:
        return await _brought(channel, address, said, code, voice, settings)
    asked = await _asked(channel.name, address, said)
    if asked is None:
        return None
    if _digits_in(said) is None:
        return [_question(voice, "bot.ask.phone_again", asked)]
    return await _answered(channel, address, said, asked, settings)


async def linked(talk: Talk) -> list[Answer] | None:
    """The same in a chat that is somebody's: it may go to another person; None when neither was brought. Raises AppError."""
    if (code := _started(talk.said)) is not None:
        return await _brought(talk.channel, talk.address, talk.said, code, talk.voice, talk.settings)
    if _digits_in(talk.said) is None:
        return None
    asked = await _asked(talk.channel.name, talk.address, talk.said)
    return await _answered(talk.channel, talk.address, talk.said, asked, talk.settings) if asked else None


async def perhaps(talk: Talk) -> list[Answer] | None:
    """In a chat that is somebody's, words that mean nothing else but may be a code. Raises AppError."""
    code = _code_in(talk.said)
    if code is None or not link_codes.looks_like_one(code):
        return None
    return await _brought(talk.channel, talk.address, talk.said, code, talk.voice, talk.settings)


async def _brought(
    channel: ChatChannel, address: str, said: Incoming, code: str, voice: Voice, settings: Settings
) -> list[Answer]:
    found = await linking.redeem(channel.name, address, code)
    if isinstance(found, linking.PhoneNeeded):
        return [_question(voice, "bot.ask.phone", Mark(None, "phone", {"code": found.code}))]
    return await _welcome(channel, address, said, found, settings)


async def _asked(channel: str, address: str, said: Incoming) -> Mark | None:
    """The question for the digits that what was said may answer: the one replied to, or the last one asked here."""
    if said.kind != "text":
        return None
    about: About | None = await recall.about(channel, address, said.reply_to) if said.reply_to else None
    if about is None:
        about = await recall.open_question(channel, address)
    return about.mark if about is not None and about.mark is not None and about.mark.act == "phone" else None


async def _answered(
    channel: ChatChannel, address: str, said: Incoming, asked: Mark, settings: Settings
) -> list[Answer]:
    digits = _digits_in(said)
    assert digits is not None
    try:
        person_id = await link_phone.answer(channel.name, address, str(asked.data["code"]), digits)
    except AppError as error:
        if error.code in _OVER:
            await recall.dropped(channel.name, address, "phone")
        raise
    await recall.dropped(channel.name, address, "phone")
    return await _welcome(channel, address, said, person_id, settings)


async def _welcome(
    channel: ChatChannel, address: str, said: Incoming, person_id: int, settings: Settings
) -> list[Answer]:
    """The first words to whoever the chat belongs to from now on, in their language."""
    actor = await actor_of(person_id)
    own = Voice(actor.locale, settings.url, settings.zone)
    talk = Talk(channel, address, said, actor, own, settings)
    return [talk.say("linked", name=actor.name), *await words.listed(talk)]


def _question(voice: Voice, key: str, mark: Mark) -> Answer:
    return Answer(Text(voice.say(key), ask=voice.plain("bot.ask.phone_hint")), mark=mark)


def _started(said: Incoming) -> str | None:
    """What was given with the command that a deep link types."""
    if said.kind == "start":
        return "".join(said.text.split()) or None
    typed = _START.fullmatch(said.text.strip()) if said.kind == "text" else None
    return "".join(typed[1].split()) if typed else None


def _code_in(said: Incoming) -> str | None:
    """Something that may be a linking code: after /start anything, in a text eight letters and digits."""
    if (code := _started(said)) is not None:
        return code
    plain = "".join(said.text.split()).replace("-", "")
    return plain if said.kind == "text" and len(plain) == 8 and plain.isalnum() and plain.isascii() else None


def _digits_in(said: Incoming) -> str | None:
    plain = "".join(said.text.split())
    return plain if said.kind == "text" and _DIGITS.fullmatch(plain) else None
