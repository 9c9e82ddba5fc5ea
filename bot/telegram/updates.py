"""Reading Telegram's updates: the few fields we use, leniently, without aiogram."""

import re

import msgspec

from backend.kit import logs
from bot.channel import File
from bot.heard import UNREADABLE, Heard
from bot.speech import Incoming

log = logs.get("bot.telegram")

#: A mention of a bot: their names all end so.
_MENTION = re.compile(r"@\w+bot\b", re.I)


class _User(msgspec.Struct):
    id: int
    is_bot: bool = False
    language_code: str = ""


class _Chat(msgspec.Struct):
    id: int
    type: str


class _Media(msgspec.Struct):
    file_id: str
    file_size: int | None = None
    file_name: str | None = None


class _Target(msgspec.Struct, rename={"from_": "from"}):
    message_id: int
    chat: _Chat
    from_: _User | None = None


class _Message(msgspec.Struct, rename={"from_": "from"}):
    message_id: int
    chat: _Chat
    from_: _User | None = None
    text: str = ""
    caption: str = ""
    photo: list[_Media] = []
    document: _Media | None = None
    video: _Media | None = None
    audio: _Media | None = None
    voice: _Media | None = None
    reply_to_message: _Target | None = None
    media_group_id: str = ""


class _Press(msgspec.Struct, rename={"from_": "from"}):
    id: str
    from_: _User
    data: str = ""
    message: _Target | None = None


class _Status(msgspec.Struct):
    status: str


class _Membership(msgspec.Struct):
    chat: _Chat
    new_chat_member: _Status


class _Update(msgspec.Struct):
    update_id: int
    message: _Message | None = None
    callback_query: _Press | None = None
    my_chat_member: _Membership | None = None


class _Numbered(msgspec.Struct):
    update_id: int


def key_of(body: bytes) -> str:
    """The key under which an update is stored. Raises one of heard.UNREADABLE for a body that is no update."""
    return str(msgspec.json.decode(body, type=_Numbered).update_id)


def read(body: str) -> Heard | None:
    """What an update says; None for one that says nothing to us."""
    try:
        update = msgspec.json.decode(body, type=_Update)
    except UNREADABLE as error:
        log.warning("update.unreadable", detail=str(error))
        return None
    if update.callback_query is not None:
        return _pressed(update.callback_query)
    if update.message is not None:
        return _message(update.message)
    if update.my_chat_member is not None:
        return _membership(update.my_chat_member)
    return None


def _pressed(press: _Press) -> Heard:
    """A press; when its message is no longer told, the chat is the person's own."""
    target = press.message
    return Heard(
        str(target.chat.id if target else press.from_.id),
        Incoming(
            kind="press",
            receipt=str(target.message_id) if target else "",
            data=press.data,
            press=press.id,
            private=target is None or target.chat.type == "private",
            language=press.from_.language_code,
        ),
    )


def _membership(change: _Membership) -> Heard | None:
    """Somebody blocked the bot in their own chat."""
    if change.new_chat_member.status != "kicked" or change.chat.type != "private":
        return None
    return Heard(str(change.chat.id), Incoming(kind="left"))


def _message(message: _Message) -> Heard | None:
    """Words or files; in a group only a command, a mention or a reply is for us."""
    private = message.chat.type == "private"
    if message.from_ is None or not (private or _is_to_a_bot(message)):
        return None
    files = _files(message)
    text = (message.text or message.caption).strip()
    kind = "file" if files else "text"
    if not files and text.split(maxsplit=1)[:1] == ["/start"]:
        kind, text = "start", text.removeprefix("/start").strip()
    says_something = bool(text or files)
    said = Incoming(
        kind=kind,  # type: ignore[arg-type]
        receipt=str(message.message_id),
        text=text,
        # A sticker or a place is no answer to anything: it must not count as a report.
        reply_to=str(message.reply_to_message.message_id) if message.reply_to_message and says_something else "",
        files=files,
        private=private,
        language=message.from_.language_code,
    )
    return Heard(str(message.chat.id), said, message.media_group_id)


def _is_to_a_bot(message: _Message) -> bool:
    """Whether something said in a group speaks to a bot; Telegram shows us hardly anything that speaks to another."""
    replied = message.reply_to_message
    words = message.text or message.caption
    return (
        message.text.startswith("/")
        or bool(_MENTION.search(words))
        or bool(replied is not None and replied.from_ is not None and replied.from_.is_bot)
    )


def _files(message: _Message) -> tuple[File, ...]:
    """The file of a message: a photo comes in several sizes, the last one is the whole."""
    if message.photo:
        whole = message.photo[-1]
        return (File(whole.file_id, f"photo-{message.message_id}.jpg", whole.file_size),)
    for media, ending in (
        (message.document, ""),
        (message.video, ".mp4"),
        (message.audio, ".mp3"),
        (message.voice, ".ogg"),
    ):
        if media is not None:
            return (File(media.file_id, media.file_name or f"file-{message.message_id}{ending}", media.file_size),)
    return ()
