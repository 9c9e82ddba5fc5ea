"""Who talks to whom on the fake Zalo: its bots, the people, and what their phones show."""

import html
import itertools
import time
from dataclasses import dataclass, field
from typing import Any

from bot.simulator.feed import Feed
from bot.simulator.wire import Json

#: A person's address on Zalo is opaque and differs from bot to bot.
_ID = "zl{person}b{bot}"


@dataclass(slots=True, eq=False)
class ZaloMessage:
    """One message on a phone."""

    id: str
    from_bot: bool
    text: str
    photo_url: str = ""
    sent_at: float = field(default_factory=time.time)

    @property
    def html(self) -> str:
        return html.escape(self.text, quote=False)


@dataclass(slots=True, eq=False)
class ZaloBot:
    """One bot: what waits for it, where it is posted, and how much of its month is used."""

    token: str = field(repr=False)
    name: str
    feed: Feed = field(default_factory=Feed)
    queue: list[Json] = field(default_factory=list)
    webhook: tuple[str, str] | None = None
    used: int = 0
    polls: int = 0

    @property
    def id(self) -> str:
        return self.token.partition(":")[0]


class ZaloWorld:
    """Everything the fake Zalo knows. ``visible`` grows with every change on a phone, ``activity`` also with a call."""

    def __init__(self, tokens: dict[str, str], monthly: int) -> None:
        self.bots = {token: ZaloBot(token, name) for token, name in tokens.items()}
        self.monthly = monthly
        self.phones: dict[tuple[str, str], ZaloPhone] = {}
        self.photos: dict[str, bytes] = {}
        self.base_url = ""
        self.visible, self.activity = Feed(), Feed()
        self._serial = itertools.count(int(time.time() * 1000))

    def new_id(self) -> str:
        return f"{next(self._serial):020x}"

    def changed(self) -> None:
        self.visible.bump()
        self.activity.bump()

    def bot(self, id_: str = "") -> ZaloBot:
        """The bot with this id, or the first one."""
        return next(bot for bot in self.bots.values() if id_ in ("", bot.id))

    def chat(self, bot: ZaloBot, chat_id: str) -> "ZaloPhone | None":
        return next((phone for phone in self.phones.values() if phone.bot is bot and phone.chat_id == chat_id), None)


class ZaloPhone:
    """One person in their chat with one bot; what they do makes events for it. Zalo has no buttons and no replies."""

    def __init__(self, world: ZaloWorld, bot: ZaloBot, person: str, name: str, *, started: bool = False) -> None:
        self._world, self.bot, self.person, self.name = world, bot, person, name
        self.chat_id = _ID.format(person=person, bot=bot.id)
        self.started, self.blocked, self.action_at = started, False, 0.0
        self.messages: list[ZaloMessage] = []

    @property
    def address(self) -> str:
        """Where our bot reaches this phone."""
        return f"{self.bot.id}:{self.chat_id}"

    @property
    def received(self) -> list[ZaloMessage]:
        return [message for message in self.messages if message.from_bot]

    @property
    def words(self) -> list[str]:
        return [message.text for message in self.received]

    # What the person does.

    def send(self, text: str, _: object = None) -> Json:
        """Type something; returns the event as it is queued for the bot."""
        return self._say("message.text.received", text, text=text)

    def photo(self, data: bytes, caption: str = "", _: object = None) -> Json:
        key = f"{self._world.new_id()}.jpg"
        self._world.photos[key] = data
        url = f"{self._world.base_url}/photos/{key}"
        return self._say("message.image.received", caption, photo_url=url, caption=caption)

    def sticker(self) -> Json:
        return self._say("message.sticker.received", "🙂", sticker="0e078a2fb66a5f34067b")

    def document(self, *_: object) -> Json:
        """Bots are told that something came, and nothing of it."""
        return self._say("message.unsupported.received", "📎")

    def say_in_group(self, text: str, group: str = "group-1") -> Json:
        """Something said in a group in which others read along."""
        event = self._event("message.text.received", group, "GROUP", text=text)
        self._queue(event)
        return event

    def block(self) -> None:
        """The person wants no more; nobody tells the bot."""
        self.blocked = True
        self._world.changed()

    def start(self) -> None:
        """Unblock, or open the chat."""
        self.blocked, self.started = False, True
        self._world.changed()

    def _say(self, name: str, shown: str, **content: Any) -> Json:
        self.started, self.blocked = True, False
        event = self._event(name, self.chat_id, "PRIVATE", **content)
        self.messages.append(ZaloMessage(event["message"]["message_id"], False, shown, content.get("photo_url", "")))
        self._queue(event)
        return event

    def _event(self, name: str, chat: str, kind: str, **content: Any) -> Json:
        sender = {"id": self.chat_id, "display_name": self.name, "is_bot": False}
        message = {"from": sender, "chat": {"id": chat, "chat_type": kind}, "message_id": self._world.new_id()}
        return {"event_name": name, "message": {**message, "date": int(time.time() * 1000), **content}}

    def _queue(self, event: Json) -> None:
        self.bot.used += 1
        self.bot.queue.append(event)
        self.bot.feed.bump()
        self._world.changed()

    # What the page shows.

    def screen(self, version: int) -> Json:
        """The phone as plain data, in the shape of the Telegram phone's."""
        return {
            "chat_id": self.chat_id,
            "started": self.started,
            "blocked": self.blocked,
            "action": "typing" if time.time() - self.action_at < 5 else "",
            "messages": [self._shown(message) for message in self.messages],
            "spinning": [],
            "version": version,
            "toast": "",
            "answer_to": None,
        }

    def _shown(self, message: ZaloMessage) -> Json:
        key = message.photo_url.rpartition("/")[2]
        photo = {"id": key, "name": key, "mime": "image/jpeg", "size": len(self._world.photos[key])} if key else None
        return {
            "id": message.id,
            "from_bot": message.from_bot,
            "kind": "photo" if photo else "text",
            "html": message.html,
            "sent_at": message.sent_at,
            "edited_at": None,
            "buttons": [],
            "file": photo,
        }
