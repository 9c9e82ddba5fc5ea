"""What Telegram remembers: people, bots, chats, messages, presses and waiting updates."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from bot.simulator.feed import Feed
from bot.simulator.files import Kind, StoredFile
from bot.simulator.markup import Entity, to_html
from bot.simulator.wire import Json

GroupType = Literal["group", "supergroup"]


@dataclass(slots=True, eq=False)
class User:
    """A person or a bot account."""

    id: int
    first_name: str
    last_name: str = ""
    username: str = ""
    language_code: str = ""
    is_bot: bool = False
    deactivated: bool = False

    def wire(self) -> Json:
        body: Json = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name}
        for name in ("last_name", "username", "language_code"):
            if value := getattr(self, name):
                body[name] = value
        return body


@dataclass(frozen=True, slots=True)
class Button:
    """One inline button as it is seen: `data` for a press, `url` for a link."""

    text: str
    data: str = ""
    url: str = ""


@dataclass(slots=True, eq=False)
class Message:
    """One message with its current content; `text` is the plain text or the caption."""

    id: int
    chat: "Chat"
    sender: User
    sent_at: float
    kind: Kind = "text"
    text: str = ""
    entities: list[Entity] = field(default_factory=list)
    markup: Json | None = None
    file: StoredFile | None = None
    album: str = ""
    reply_to: "Message | None" = None
    silent: bool = False
    edited_at: float | None = None
    edits: int = 0
    deleted: bool = False
    service: Json = field(default_factory=dict)

    @property
    def from_bot(self) -> bool:
        return self.sender.is_bot

    @property
    def html(self) -> str:
        """The text as safe HTML with formatting tags only."""
        return to_html(self.text, self.entities)

    @property
    def buttons(self) -> list[list[Button]]:
        """Rows of inline buttons."""
        rows = (self.markup or {}).get("inline_keyboard", [])
        return [[Button(b["text"], b.get("callback_data", ""), b.get("url", "")) for b in row] for row in rows]

    @property
    def force_reply(self) -> bool:
        """The bot asks that the next words be a reply to this message."""
        return bool((self.markup or {}).get("force_reply"))

    def button(self, label: str) -> Button:
        """The button with this text or this data; LookupError names those that exist."""
        buttons = [button for row in self.buttons for button in row]
        for button in buttons:
            if label in (button.text, button.data):
                return button
        raise LookupError(f"no button {label!r} on message {self.id}: {[button.text for button in buttons]}")

    def wire(self, *, nested: bool = False) -> Json:
        body: Json = {
            "message_id": self.id, "from": self.sender.wire(), "chat": self.chat.wire(), "date": int(self.sent_at)
        }  # fmt: skip
        body |= self._content()
        if self.reply_to and not nested:
            body["reply_to_message"] = self.reply_to.wire(nested=True)
        if self.markup and "inline_keyboard" in self.markup:
            body["reply_markup"] = self.markup
        if self.edited_at:
            body["edit_date"] = int(self.edited_at)
        if self.album:
            body["media_group_id"] = self.album
        return body

    def _content(self) -> Json:
        if self.kind == "service":
            return dict(self.service)
        if self.file is None:
            return {"text": self.text, **({"entities": self.entities} if self.entities else {})}
        body: Json = {self.kind: self.file.media()}
        if self.text:
            body["caption"] = self.text
        if self.entities:
            body["caption_entities"] = self.entities
        return body


@dataclass(frozen=True, slots=True)
class Toast:
    """What the person saw after a press: a line at the top, or a box to close when `alert`."""

    text: str
    alert: bool = False
    url: str = ""


@dataclass(slots=True, eq=False)
class Press:
    """A press of an inline button; the button keeps turning until it is `answered`."""

    id: str
    user: User
    message: Message
    data: str
    at: float
    answered: bool = False
    toast: Toast | None = None


@dataclass(slots=True, eq=False)
class Chat:
    """A private chat of one person with one bot, or a group."""

    id: int
    type: Literal["private"] | GroupType
    numbers: Iterator[int]
    title: str = ""
    user: User | None = None
    bots: list["BotAccount"] = field(default_factory=list)
    kicked: list["BotAccount"] = field(default_factory=list)
    messages: dict[int, Message] = field(default_factory=dict)
    presses: list[Press] = field(default_factory=list)
    action: tuple[str, float] | None = None
    migrated_to: int | None = None
    started: bool = False
    blocked: bool = False

    def wire(self) -> Json:
        if self.user is None:
            return {"id": self.id, "type": self.type, "title": self.title}
        names = {k: v for k, v in self.user.wire().items() if k not in ("is_bot", "language_code")}
        return {**names, "type": "private"}

    def visible(self) -> list[Message]:
        """Messages in order, without the deleted ones."""
        return [message for message in self.messages.values() if not message.deleted]


@dataclass(frozen=True, slots=True, eq=False)
class Update:
    """One update; `message` is the message it is about, when there is one."""

    id: int
    type: str
    payload: Json
    message: Message | None = None

    def wire(self) -> Json:
        return {"update_id": self.id, self.type: self.payload}


@dataclass(slots=True, eq=False)
class Waiting:
    """An update in a bot's queue; `again` marks one delivered on purpose a second time, whatever its number."""

    update: Update
    again: bool = False


@dataclass(slots=True, eq=False)
class Webhook:
    url: str
    secret_token: str = ""
    max_connections: int = 40
    failed_at: float | None = None
    failure: str = ""


@dataclass(slots=True, eq=False)
class BotAccount:
    """A bot with its queue of updates and its private chats by person."""

    token: str
    user: User
    update_numbers: Iterator[int]
    message_numbers: Iterator[int]
    reads_groups: bool = False
    feed: Feed = field(default_factory=Feed)
    queue: list[Waiting] = field(default_factory=list)
    allowed: frozenset[str] | None = None
    polls: int = 0
    webhook: Webhook | None = None
    chats: dict[int, Chat] = field(default_factory=dict)
    presses: dict[str, Press] = field(default_factory=dict)
    commands: dict[tuple[str, str], list[Json]] = field(default_factory=dict)

    def enqueue(self, kind: str, payload: Json, message: Message | None = None) -> Update:
        """A new update, put into the queue unless the bot did not ask for its kind."""
        update = Update(next(self.update_numbers), kind, payload, message)
        if self.allowed is None or kind in self.allowed:
            self.queue.append(Waiting(update))
            self.feed.bump()
        return update

    def chat_with(self, user: User) -> Chat:
        """The private chat with a person, opened empty and not started when there was none."""
        if user.id not in self.chats:
            self.chats[user.id] = Chat(user.id, "private", self.message_numbers, user=user, bots=[self])
        return self.chats[user.id]


def numbers(first: int) -> Iterator[int]:
    return itertools.count(first)
