"""A Telegram Bot API server on the loopback, with phones to hold, faults to order and calls to read."""

import random
import time
from collections.abc import Callable, Mapping
from typing import Self

from bot.simulator.faults import DroppedError, Fault, Faults, Gate, Limits, RateLimiter, refusal
from bot.simulator.files import StoredFile
from bot.simulator.phone import Phone
from bot.simulator.screen import screen
from bot.simulator.server import Server
from bot.simulator.state import BotAccount, Chat, GroupType, Update, User, Waiting
from bot.simulator.wire import Call, Json
from bot.simulator.world import TELEGRAM, T, World

DEFAULT_TOKENS = {"123456:TEST": "giaoviec_bot"}


def _refused(status: int) -> Exception:
    return refusal(status, retry_after=None, migrate_to_chat_id=None, description=None, body=None)


class FakeTelegram:
    """The server and the people around it.

    `tokens` maps each known token to the username of its bot. `limits` turns on the rate limits of the real server.
    `keep_calls` bounds the memory of `calls` for a server that runs for long. Numbers of updates and messages start at
    `first_update_id` (by default from the time, so that a restarted simulator never goes back) and `first_message_id`.
    State outlives `stop()`: starting again on the same port is an outage that has ended.
    """

    def __init__(
        self,
        tokens: Mapping[str, str] = DEFAULT_TOKENS,
        *,
        limits: Limits | None = None,
        keep_calls: int | None = None,
        first_update_id: int | None = None,
        first_message_id: int = 1,
        press_lifetime_s: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._world = World(
            tokens,
            clock=clock,
            first_update_id=int(time.time()) if first_update_id is None else first_update_id,
            first_message_id=first_message_id,
            press_lifetime_s=press_lifetime_s,
            limiter=RateLimiter(limits, clock) if limits else None,
        )
        self._faults = Faults(self._world.activity)
        self._server = Server(self._world, self._faults, keep_calls)
        self._phones: dict[tuple[int, str], Phone] = {}
        self.base_url = ""

    # --- life ---

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listens; `base_url` is for `TelegramAPIServer.from_base`. Port 0 takes a free one."""
        self.base_url = await self._server.start(host, port)

    async def stop(self) -> None:
        """Stops listening and ends every open call; people, messages and waiting updates stay."""
        await self._server.stop()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    # --- people ---

    def user(
        self,
        id: int,
        first_name: str = "Người",
        *,
        last_name: str = "",
        username: str = "",
        language_code: str = "vi",
        started: bool = False,
        bot: str = "",
    ) -> Phone:
        """The phone of a person in their private chat with a bot (the first by default); asked again, the same phone.

        A bot may write to them only after they wrote first, or when `started`.
        """
        account = self._world.bot(bot)
        person = self._world.users.setdefault(id, User(id, first_name, last_name, username, language_code))
        phone = self._phones.setdefault((id, account.token), Phone(self._world, person, account))
        phone.chat.started |= started
        return phone

    @property
    def phones(self) -> list[Phone]:
        """Private phones in the order they were made."""
        return list(self._phones.values())

    def group(self, title: str, *, id: int | None = None, kind: GroupType = "group", bot: str = "") -> Chat:
        """A group (`kind` "group" or "supergroup") with a bot already added; people join by `phone.in_group(group)`."""
        account = self._world.bot(bot)
        chat_id = -(1000 + self._world.serial()) if id is None else id
        group = self._world.group(title, chat_id, kind, [account])
        self._world.membership(group, account, TELEGRAM, "left", "member")
        return group

    def migrate(self, group: Chat) -> Chat:
        """Turns a group into a supergroup with a new id; the old one refuses with `migrate_to_chat_id` from now on."""
        new = self._world.group(group.title, -(10**12) + group.id, "supergroup", list(group.bots))
        group.migrated_to = new.id
        for chat, service in ((group, {"migrate_to_chat_id": new.id}), (new, {"migrate_from_chat_id": group.id})):
            for bot in chat.bots:
                message = self._world.post(chat, TELEGRAM, kind="service", service=service)
                bot.enqueue("message", message.wire(), message)
        return new

    def kick(self, group: Chat, bot: str = "") -> None:
        """Removes a bot from a group."""
        account = self._world.bot(bot)
        group.bots.remove(account)
        group.kicked.append(account)
        self._world.membership(group, account, TELEGRAM, "member", "kicked")

    def bot(self, username: str = "") -> BotAccount:
        """The account of a bot, with its queue, webhook and commands."""
        return self._world.bot(username)

    def file(self, file_id: str) -> StoredFile | None:
        return self._world.files.get(file_id)

    def screen(self, phone: Phone) -> Json:
        """Everything on a phone as plain data for a page."""
        return screen(phone, self._world.clock())

    # --- updates and watching ---

    def redeliver(self, update: Update, bot: str = "") -> None:
        """Delivers an update a second time under its old number, even when it was confirmed."""
        account = self._world.bot(bot)
        account.queue.insert(0, Waiting(update, again=True))
        account.feed.bump()

    def expire_presses(self) -> None:
        """Makes every press so far too old to answer."""
        for bot in self._world.bots.values():
            bot.presses.clear()

    def pending(self, bot: str = "") -> int:
        """Updates that a bot has not confirmed or whose webhook has not answered 200."""
        return len(self._world.bot(bot).queue)

    @property
    def version(self) -> int:
        """Grows at every change on any screen."""
        return self._world.visible.version

    async def changed(self, since: int, timeout_s: float | None = None) -> int:
        """The version as soon as it is greater than `since`, or after the timeout the unchanged one."""
        return await self._world.visible.changed(since, timeout_s)

    async def until(self, probe: Callable[[], T | None], timeout_s: float = 60.0) -> T:
        """The first true answer of `probe`, asked after every call and change; TimeoutError when there is none."""
        found = await self._world.until(probe, timeout_s)
        if not found:
            raise TimeoutError(f"nothing in {timeout_s} s; the last calls: {self.calls[-5:]}")
        return found

    @property
    def calls(self) -> list[Call]:
        """Every request in order of arrival."""
        return self._server.calls

    def calls_of(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method.lower() == method.lower()]

    # --- faults; a method is named as in the API, "*" is all, "download" is the file download ---

    def fail(
        self,
        method: str,
        status: int,
        *,
        retry_after: int | None = None,
        times: int | None = 1,
        chat_id: int | None = None,
        description: str | None = None,
        migrate_to_chat_id: int | None = None,
        body: str | None = None,
        after_effect: bool = False,
    ) -> Fault:
        """Answers with an error instead (or after the call took effect); `body` is sent raw, as a proxy would."""
        error = refusal(
            status, retry_after=retry_after, migrate_to_chat_id=migrate_to_chat_id, description=description, body=body
        )
        return self._faults.add(Fault(method, times, chat_id, after_effect, error=error))

    def drop(
        self, method: str, times: int | None = 1, *, after_effect: bool = False, chat_id: int | None = None
    ) -> Fault:
        """Cuts the connection without an answer, before the call takes effect or after it did."""
        return self._faults.add(Fault(method, times, chat_id, after_effect, error=DroppedError(method)))

    def hang(
        self,
        method: str,
        seconds: float,
        times: int | None = 1,
        *,
        after_effect: bool = False,
        chat_id: int | None = None,
    ) -> Fault:
        """Makes a call wait before it takes effect, or its answer after it did."""
        return self._faults.add(Fault(method, times, chat_id, after_effect, seconds=seconds))

    def storm(self, method: str, seed: int, *, share: float, hang_s: float) -> dict[str, Fault]:
        """Faults by chance until they are cleared, each on a `share` of the calls, the same ones for the same `seed`.

        By name: `busy` answers 429 and `broken` 502, nothing happened; `cut_before` and `cut_after` drop the connection,
        `hung_before` and `hung_after` the same after `hang_s` without a word.
        """
        kinds: dict[str, tuple[bool, float, Exception]] = {
            "busy": (False, 0, _refused(429)),
            "broken": (False, 0, _refused(502)),
            "cut_before": (False, 0, DroppedError(method)),
            "cut_after": (True, 0, DroppedError(method)),
            "hung_before": (False, hang_s, DroppedError(method)),
            "hung_after": (True, hang_s, DroppedError(method)),
        }
        return {
            name: self._faults.add(
                Fault(method, None, None, after, error, seconds, share=share, dice=random.Random(f"{seed}:{name}"))
            )
            for name, (after, seconds, error) in kinds.items()
        }

    def hold(self, method: str, chat_id: int | None = None) -> Gate:
        """`with fake.hold("sendMessage") as gate:` holds answers back while the messages are already on the phones."""
        return self._faults.gate(method, chat_id)

    def clear_faults(self) -> None:
        self._faults.clear()
