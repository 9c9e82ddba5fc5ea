"""Reading what Zalo posts or hands out: the few fields we use, leniently; each kept with the bot it was said to."""

import hashlib
from typing import Any

import msgspec

from backend.kit import logs
from bot.channel import File
from bot.heard import UNREADABLE, Heard
from bot.speech import Incoming

log = logs.get("bot.zalo")

_LONGEST_KEY = 120


class _Chat(msgspec.Struct):
    id: str
    chat_type: str = "PRIVATE"


class _From(msgspec.Struct, frozen=True):
    id: str = ""
    is_bot: bool = False


class _Message(msgspec.Struct, rename={"from_": "from"}):
    chat: _Chat
    message_id: str
    from_: _From = _From()
    text: str = ""
    caption: str = ""
    photo: Any = None
    photo_url: Any = None
    voice_url: Any = None


class _Event(msgspec.Struct):
    event_name: str
    message: _Message


class _Posted(msgspec.Struct):
    """A webhook's body: the event in an envelope, or bare."""

    result: msgspec.Raw = msgspec.Raw(b"")


class Kept(msgspec.Struct):
    """An event as it is stored, with the bot it was said to."""

    bot: str
    event: msgspec.Raw


def keep(bot: str, body: bytes) -> tuple[str, str]:
    """The key and the body under which something that was posted to a bot is stored. Raises msgspec.MsgspecError or
    UnicodeDecodeError for what is no event."""
    inner = bytes(msgspec.json.decode(body, type=_Posted).result) or body
    event = msgspec.json.decode(inner, type=_Event, strict=False)
    key = f"{bot}:{event.message.message_id}"
    if len(key) > _LONGEST_KEY:
        key = f"{bot}:{hashlib.sha256(key.encode()).hexdigest()}"
    return key, msgspec.json.encode(Kept(bot, msgspec.Raw(inner))).decode()


def read(body: str) -> Heard | None:
    """What a stored event says; None for one that says nothing to us."""
    try:
        kept = msgspec.json.decode(body, type=Kept)
        event = msgspec.json.decode(kept.event, type=_Event, strict=False)
    except UNREADABLE as error:
        log.warning("update.unreadable", detail=str(error))
        return None
    message = event.message
    if message.from_.is_bot:
        return None
    private = message.chat.chat_type != "GROUP"
    text, files = (message.text or message.caption).strip(), _files(message)
    if not private and not text.startswith(("@", "/")):
        return None  # Zalo hands a bot what mentions it; whatever else is said in a group is not for us
    said = Incoming(
        kind="file" if files else "text",
        receipt=message.message_id,
        text=text,
        files=files,
        private=private,
    )
    return Heard(f"{kept.bot}:{message.chat.id}", said)


def _files(message: _Message) -> tuple[File, ...]:
    """The file of a message; its address is all that names it."""
    for url, name in (
        (message.photo_url or message.photo, f"photo-{message.message_id}.jpg"),
        (message.voice_url, f"voice-{message.message_id}.aac"),
    ):
        if isinstance(url, str) and url:
            return (File(url, name),)
    return ()
