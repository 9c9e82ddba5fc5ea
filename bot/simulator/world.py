"""The shared state of the fake server with the few changes that several parts make."""

import itertools
import time
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Any, TypeVar

from bot.simulator.faults import RateLimiter
from bot.simulator.feed import Feed
from bot.simulator.files import Kind, StoredFile
from bot.simulator.state import BotAccount, Chat, GroupType, Message, Press, User, numbers
from bot.simulator.wire import Json

T = TypeVar("T")

TELEGRAM = User(777000, "Telegram")
"""The service account that signs what no person did."""

_FOLDERS = {"photo": "photos", "document": "documents", "voice": "voice", "sticker": "stickers"}
_THUMBNAIL = b"\xff\xd8\xff\xe0thumbnail: take the last size of a photo, not the first"


class World:
    """Everything the fake Telegram knows; all its methods are for the thread of the event loop.

    `visible` grows when something on a screen changed, `activity` also when a call was answered.
    """

    def __init__(
        self,
        tokens: Mapping[str, str],
        *,
        clock: Callable[[], float],
        first_update_id: int,
        first_message_id: int,
        press_lifetime_s: float,
        limiter: RateLimiter | None,
    ) -> None:
        self.clock = clock
        self.limiter = limiter
        self.first_message_id = first_message_id
        self.press_lifetime_s = press_lifetime_s
        self.visible = Feed()
        self.activity = Feed()
        self.closing = False
        self.users: dict[int, User] = {}
        self.groups: dict[int, Chat] = {}
        self.files: dict[str, StoredFile] = {}
        self.bots: dict[str, BotAccount] = {}
        self._serial = itertools.count(1)
        for token, username in tokens.items():
            account = User(int(token.split(":")[0]), username, username=username, is_bot=True)
            self.bots[token] = BotAccount(token, account, numbers(first_update_id), numbers(first_message_id))

    def bot(self, username: str = "") -> BotAccount:
        """The bot with this username, or the first one."""
        for account in self.bots.values():
            if username in ("", account.user.username):
                return account
        raise LookupError(f"no bot {username!r}")

    def changed(self) -> None:
        self.visible.bump()
        self.activity.bump()

    async def until(self, probe: Callable[[], T | None], timeout_s: float) -> T | None:
        """The first true answer of `probe`, asked again after every activity; None when the time is over."""
        deadline = time.monotonic() + timeout_s
        while not (found := probe()):
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            await self.activity.changed(self.activity.version, left)
        return found

    def serial(self) -> int:
        return next(self._serial)

    def post(self, chat: Chat, sender: User, **content: Any) -> Message:
        """A new message on the screens of a chat."""
        message = Message(next(chat.numbers), chat, sender, time.time(), **content)
        chat.messages[message.id] = message
        chat.action = None
        self.changed()
        return message

    def edited(self, message: Message) -> None:
        message.edited_at = time.time()
        message.edits += 1
        self.changed()

    def press(self, bot: BotAccount, user: User, message: Message, data: str) -> Press:
        press = Press(f"{bot.user.id}{self.serial():08d}", user, message, data, self.clock())
        bot.presses[press.id] = press
        message.chat.presses.append(press)
        self.changed()
        return press

    def store(self, kind: Kind, name: str, mime: str, data: bytes) -> StoredFile:
        """A file with its path for download; a photo also gets a small size that is a different file."""
        number = self.serial()
        ending = PurePath(name).suffix or {"photo": ".jpg", "voice": ".oga", "sticker": ".webp"}.get(kind, "")
        path = f"{_FOLDERS[kind]}/file_{number}{ending}"
        stored = StoredFile(f"{kind}-{number:06d}-{len(data)}", kind, name, mime, path, data)
        if kind == "photo":
            small = StoredFile(f"thumb-{number:06d}", kind, name, mime, f"thumbnails/file_{number}.jpg", _THUMBNAIL)
            self.files[small.id] = stored.thumbnail = small
        self.files[stored.id] = stored
        return stored

    def group(self, title: str, chat_id: int, kind: GroupType, bots: list[BotAccount]) -> Chat:
        self.groups[chat_id] = Chat(chat_id, kind, numbers(self.first_message_id), title=title, bots=bots)
        self.changed()
        return self.groups[chat_id]

    def membership(self, chat: Chat, bot: BotAccount, by: User, old: str, new: str) -> None:
        """The my_chat_member update of a bot that was added, blocked, unblocked or removed."""
        body: Json = {"chat": chat.wire(), "from": by.wire(), "date": int(time.time())}
        for name, status in (("old_chat_member", old), ("new_chat_member", new)):
            body[name] = {"user": bot.user.wire(), "status": status}
            if status == "kicked":
                body[name]["until_date"] = 0
        bot.enqueue("my_chat_member", body)
        self.changed()
