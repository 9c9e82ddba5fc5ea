"""The phone simulator of a demo: a fake Telegram and a fake Zalo, phones for everybody, and the bot behind them."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import msgspec

from backend.auth import service as auth
from backend.auth.actors import actor_of
from backend.kit.db import Sql
from backend.org.queries import PersonBrief, search_people
from backend.org.queries_units import units_under
from bot.simulator.phone import Phone
from bot.simulator.telegram import FakeTelegram
from bot.simulator.wire import Json
from bot.simulator.zalo import FakeZalo
from bot.simulator.zalo_state import ZaloPhone

TOKEN = "123456:SIMULATOR"
BOT_NAME = "giaoviec_bot"
ZALO_TOKEN = "700001:SIMULATOR"
ZALO_NAME = "Giao việc"

#: A person's Telegram id is this plus their own: stable over restarts, and never that of a real early account's chat.
FIRST_ID = 10_000_000
_CALLS = 1000
_MOST_PEOPLE = 500
#: How long the page shows the answer to a press, real seconds.
_TOAST_LASTS_S = 6.0

StartBot = Callable[[str, str, str], Awaitable[None]]


class _Linked(msgspec.Struct):
    person_id: int
    full_name: str
    locale: str
    channel: str
    address: str


class Simulator:
    """Started when it is first opened: aiogram costs seconds and memory that nobody should pay who does not use it.

    ``start_bot(channel, token, base_url)`` starts one side of the bot against a server. What is on the phones does not
    outlive the process; who is linked does. ``on`` names an app on the phone: ``telegram`` or ``zalo``.
    """

    def __init__(self, start_bot: StartBot) -> None:
        self._start_bot = start_bot
        self._lock = asyncio.Lock()
        self._started = False
        # Numbers go on from where an earlier run must have stopped: the bot remembers messages by them.
        self.telegram = FakeTelegram(
            {TOKEN: BOT_NAME}, keep_calls=_CALLS, first_message_id=int(time.time()), press_lifetime_s=3600.0
        )
        self.zalo = FakeZalo({ZALO_TOKEN: ZALO_NAME}, keep_calls=_CALLS)

    async def ensure_started(self) -> None:
        """The servers listen, everybody who was linked can be written to, and the bot runs."""
        async with self._lock:
            if self._started:
                return
            await self.telegram.start()
            await self.zalo.start()
            try:
                await self._restore()
                await self._start_bot("telegram", TOKEN, self.telegram.base_url)
                await self._start_bot("zalo", ZALO_TOKEN, self.zalo.base_url)
            except BaseException:
                await self._stop()
                raise
            self._started = True

    async def _stop(self) -> None:
        await self.telegram.stop()
        await self.zalo.stop()

    async def stop(self) -> None:
        """Stop listening, if it was ever started."""
        async with self._lock:
            if self._started:
                self._started = False
                await self._stop()

    async def _restore(self) -> None:
        """Phones of the people who are linked: a bot's message to an unknown chat would end the link."""
        sql = Sql()
        linked = await sql.fetch(
            "select c.person_id, p.full_name, p.locale, c.channel, c.address from chat_link c "
            "join person p on p.id = c.person_id where c.channel in ('telegram', 'zalo') and c.ended_at is null",
            _Linked,
        )
        for link in linked:
            if link.address == str(FIRST_ID + link.person_id):
                self._phone(link.person_id, link.full_name, link.locale, started=True)
            elif link.channel == "zalo":
                self.zalo.phone(link.person_id, link.full_name, started=True)

    def _phone(self, person_id: int, name: str, locale: str, *, started: bool = False) -> Phone:
        return self.telegram.user(FIRST_ID + person_id, name, language_code=locale, started=started)

    def phone(self, person: PersonBrief) -> Phone:
        """The Telegram of a person."""
        return self._phone(person.id, person.name, person.locale)

    def zalo_phone(self, person: PersonBrief) -> ZaloPhone:
        """The Zalo of a person."""
        return self.zalo.phone(person.id, person.name)

    def address(self, person: PersonBrief, on: str) -> str:
        """Where the bot reaches a person's app."""
        return self.zalo_phone(person).address if on == "zalo" else str(FIRST_ID + person.id)

    def version(self, on: str) -> int:
        """Grows at every change on any screen of an app."""
        return self.zalo.world.visible.version if on == "zalo" else self.telegram.version

    async def changed(self, on: str, since: int, timeout_s: float) -> None:
        """Wait for a version after ``since``, so long at most."""
        if on == "zalo":
            await self.zalo.world.visible.changed(since, timeout_s)
        else:
            await self.telegram.changed(since, timeout_s)

    async def people(self) -> list[PersonBrief]:
        """Everybody who works here."""
        roots = [unit.path for unit in await units_under(None) if unit.parent_id is None]
        return await search_people("", roots, _MOST_PEOPLE)

    async def is_linked(self, person: PersonBrief, on: str = "telegram") -> bool:
        """Whether this app's chat belongs to the person's account."""
        links = await auth.links_of(person.id)
        return any(link.channel == on and link.address == self.address(person, on) for link in links)

    async def link(self, person: PersonBrief, on: str = "telegram") -> None:
        """What a newcomer does in three steps, in one: make a code on their page, open the bot, send the code."""
        code, _ = await auth.make_code(await actor_of(person.id))
        if on == "zalo":
            self.zalo_phone(person).send(code)
        else:
            self.phone(person).start(code)

    def screen(self, person: PersonBrief, on: str = "telegram") -> Json:
        """What an app shows; ``toast`` only while its press is fresh, ``answer_to`` when the bot waits for words."""
        if on == "zalo":
            return self.zalo_phone(person).screen(self.version(on))
        phone = self.phone(person)
        shown = self.telegram.screen(phone)
        last = phone.presses[-1] if phone.presses else None
        fresh = last is not None and last.toast is not None and time.monotonic() - last.at < _TOAST_LASTS_S
        messages = shown["messages"]
        asks = bool(messages) and messages[-1]["from_bot"] and messages[-1]["force_reply"]
        return {
            **shown,
            "version": self.version(on),
            "toast": last.toast.text if fresh and last is not None and last.toast is not None else "",
            "answer_to": messages[-1]["id"] if asks else None,
        }
