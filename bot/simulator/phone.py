"""A person's phone: what they see in one chat and everything they can do there."""

import re
from collections.abc import Callable, Sequence
from typing import Self

from bot.simulator.files import Kind, StoredFile
from bot.simulator.markup import utf16_len, with_found
from bot.simulator.rules import MAX_TEXT
from bot.simulator.state import BotAccount, Chat, Message, Press, Toast, Update, User
from bot.simulator.wire import Json
from bot.simulator.world import World

Wanted = str | Callable[[Message], object]
#: How long a phone waits for what should come, on a machine that has other things to do.
PATIENCE_S = 60.0


class Phone:
    """One person in one chat, private or group; acts are synchronous and make updates for the bots of the chat."""

    def __init__(self, world: World, user: User, bot: BotAccount, chat: Chat | None = None) -> None:
        self._world = world
        self.user = user
        self.bot = bot
        self.chat = chat or bot.chat_with(user)

    def __repr__(self) -> str:
        return f"<Phone of {self.user.first_name} ({self.user.id}) in {self.chat.type} {self.chat.id}>"

    @property
    def id(self) -> int:
        """The chat id, which in a private chat is also the person's id."""
        return self.chat.id

    def in_group(self, group: Chat) -> Self:
        """The same person in a group."""
        return type(self)(self._world, self.user, self.bot, group)

    def with_bot(self, username: str) -> Self:
        """The same person's private chat with another bot."""
        return type(self)(self._world, self.user, self._world.bot(username))

    # --- what is on the screen ---

    @property
    def messages(self) -> list[Message]:
        """Visible messages in order, with their content after edits."""
        return self.chat.visible()

    @property
    def received(self) -> list[Message]:
        """Visible messages that a bot sent."""
        return [message for message in self.messages if message.from_bot]

    @property
    def last(self) -> Message:
        """The newest visible message; LookupError in an empty chat."""
        return self.messages[-1]

    @property
    def presses(self) -> list[Press]:
        return [press for press in self.chat.presses if press.user is self.user]

    @property
    def toasts(self) -> list[Toast]:
        """Answers to this person's presses, in order of the presses."""
        return [press.toast for press in self.presses if press.toast]

    @property
    def spinning(self) -> list[Press]:
        """Presses that no bot has answered yet."""
        return [press for press in self.presses if not press.answered]

    @property
    def commands(self) -> list[Json]:
        """The command menu in the person's language, the general one when there is none."""
        scopes = ["all_private_chats", "default"] if self.chat.user else ["all_group_chats", "default"]
        for scope in scopes:
            for language in (self.user.language_code, ""):
                if found := self.bot.commands.get((scope, language)):
                    return found
        return []

    def find(self, wanted: Wanted, after: Message | int = 0) -> Message | None:
        """The first message from a bot that holds the words, or for which the function is true, after a message."""
        floor = after if isinstance(after, int) else after.id
        for message in self.received:
            if message.id > floor and (wanted in message.text if isinstance(wanted, str) else wanted(message)):
                return message
        return None

    async def wait_for(self, wanted: Wanted, timeout_s: float = PATIENCE_S, *, after: Message | int = 0) -> Message:
        """`find` as soon as it finds something; AssertionError with the whole chat when the time is over."""
        found = await self._world.until(lambda: self.find(wanted, after), timeout_s)
        if found is None:
            raise AssertionError(f"{wanted!r} did not come to {self!r} in {timeout_s} s:\n{self.transcript()}")
        return found

    async def wait_answer(self, press: Press | None = None, timeout_s: float = PATIENCE_S) -> Toast | None:
        """Waits until a press (the last one by default) is answered; its toast, None when the answer was silent."""
        press = press or self.presses[-1]
        if not await self._world.until(lambda: press.answered, timeout_s):
            raise AssertionError(f"the press {press.data!r} of {self!r} was not answered in {timeout_s} s")
        return press.toast

    def transcript(self) -> str:
        """The chat as lines of text, for the eyes of whoever reads a failed test."""
        return "\n".join(
            f"{message.id:>4} {message.sender.first_name}: [{message.kind}] {message.text}"
            + "".join(f"\n       {' | '.join(button.text for button in row)}" for row in message.buttons)
            for message in self.messages
        )

    # --- what the person does ---

    def start(self, payload: str = "") -> Update:
        """Opens the chat with the Start button or a deep link; unblocks the bot when it was blocked."""
        if self.chat.blocked:
            self.unblock()
        return self.send(f"/start {payload}".rstrip())

    def send(self, text: str, reply_to: Message | int | None = None) -> Update:
        if not 1 <= utf16_len(text.strip()) <= MAX_TEXT:
            raise ValueError("a phone sends 1 to 4096 characters at once")
        return self._say("text", text.strip(), reply_to=reply_to)

    def photo(
        self, data: bytes, caption: str = "", reply_to: Message | int | None = None, *, album: str = ""
    ) -> Update:
        stored = self._world.store("photo", "photo.jpg", "image/jpeg", data)
        return self._say("photo", caption, stored, reply_to, album)

    def document(
        self,
        data: bytes,
        name: str,
        mime: str = "application/octet-stream",
        caption: str = "",
        reply_to: Message | int | None = None,
        *,
        album: str = "",
    ) -> Update:
        return self._say("document", caption, self._world.store("document", name, mime, data), reply_to, album)

    def album(self, photos: Sequence[bytes], caption: str = "", reply_to: Message | int | None = None) -> list[Update]:
        """Photos chosen together: one update each, one `media_group_id`, the caption on the first."""
        group = str(self._world.serial())
        return [self.photo(data, "" if place else caption, reply_to, album=group) for place, data in enumerate(photos)]

    def voice(self, data: bytes = b"OggS voice", reply_to: Message | int | None = None) -> Update:
        return self._say("voice", "", self._world.store("voice", "voice.oga", "audio/ogg", data), reply_to)

    def sticker(self, reply_to: Message | int | None = None) -> Update:
        stored = self._world.store("sticker", "sticker.webp", "image/webp", b"RIFF....WEBP")
        return self._say("sticker", "", stored, reply_to)

    def press(self, message: Message | int, label: str) -> Update:
        """Presses the inline button with this text or this data; a link button is only followed by a browser."""
        message = self._seen(message)
        button = message.button(label)
        if not button.data:
            raise LookupError(f"{label!r} opens {button.url}: there is nothing for the bot in it")
        self._check_open()
        press = self._world.press(self._bot_of(message), self.user, message, button.data)
        payload = {
            "id": press.id, "from": self.user.wire(), "message": message.wire(),
            "chat_instance": f"i{self.chat.id}", "data": button.data,
        }  # fmt: skip
        return self._bot_of(message).enqueue("callback_query", payload, message)

    def tap(self, label: str) -> Update:
        """Presses the button on the newest message that has it."""
        for message in reversed(self.messages):
            if any(label in (button.text, button.data) for row in message.buttons for button in row):
                return self.press(message, label)
        raise LookupError(f"no button {label!r} in the chat:\n{self.transcript()}")

    def edit(self, message: Message | int, text: str) -> Update:
        """Changes the person's own message."""
        message = self._seen(message)
        if message.sender is not self.user:
            raise LookupError(f"message {message.id} is not this person's")
        message.text, message.entities = text, with_found(text, [])
        self._world.edited(message)
        return self._tell("edited_message", message)

    def delete(self, message: Message | int) -> None:
        """Takes a message off the screen; a bot is not told."""
        self._seen(message).deleted = True
        self._world.changed()

    def block(self) -> None:
        self.chat.blocked = True
        self._world.membership(self.chat, self.bot, self.user, "member", "kicked")

    def unblock(self) -> None:
        self.chat.blocked = False
        self._world.membership(self.chat, self.bot, self.user, "kicked", "member")

    def deactivate(self) -> None:
        """Deletes the person's Telegram account."""
        self.user.deactivated = True

    def _say(
        self,
        kind: Kind,
        text: str,
        file: StoredFile | None = None,
        reply_to: Message | int | None = None,
        album: str = "",
    ) -> Update:
        self._check_open()
        if self.chat.user:
            self.chat.started = True
        message = self._world.post(
            self.chat, self.user, kind=kind, text=text, entities=with_found(text, []), file=file, album=album,
            reply_to=None if reply_to is None else self._seen(reply_to),
        )  # fmt: skip
        return self._tell("message", message)

    def _tell(self, kind: str, message: Message) -> Update:
        """An update for every bot of the chat that may read the message; the first one is returned."""
        payload = message.wire()
        readers = [bot for bot in self.chat.bots if self._may_read(bot, message)]
        updates = [bot.enqueue(kind, payload, message) for bot in readers]
        return updates[0] if updates else Update(0, kind, payload, message)

    def _may_read(self, bot: BotAccount, message: Message) -> bool:
        """In a group a bot in privacy mode gets commands, mentions of its name and replies to itself only."""
        if self.chat.user or bot.reads_groups:
            return True
        if message.reply_to and message.reply_to.sender is bot.user:
            return True
        if command := re.match(r"/\w+(?:@(\w+))?", message.text):
            return command.group(1) in (None, bot.user.username)
        return f"@{bot.user.username}" in message.text

    def _seen(self, message: Message | int) -> Message:
        found = self.chat.messages.get(message if isinstance(message, int) else message.id)
        if found is None or found.deleted:
            raise LookupError(f"no message {message!r} on the screen of {self!r}")
        return found

    def _bot_of(self, message: Message) -> BotAccount:
        return next((bot for bot in self.chat.bots if bot.user is message.sender), self.bot)

    def _check_open(self) -> None:
        if self.chat.blocked:
            raise ValueError("the bot is blocked on this phone: start() or unblock() first")
