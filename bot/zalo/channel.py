"""The Zalo channel: several bots as one, each counting what it uses of its month."""

import re
from collections.abc import Sequence
from datetime import timedelta

from backend.channel_use import SPENT, Meter, month_at
from backend.kit import clock
from backend.kit.batching import Batching
from bot.channel import File, Receipt, SendError, Text
from bot.zalo.client import Client
from bot.zalo.typed import typed

#: What is about to be sent waits so long for others, to be counted with them.
_LINGER_S = 0.005

#: What Zalo takes in one message, counted as a phone counts (a picture sign is two).
LONGEST = 2000

#: A line of what can be typed is shorter, unless it names choices that people wrote.
_COMMANDS_MAX = 700

#: From so many links on a text is a list.
_MANY_LINKS = 3
_LINK = re.compile(r'<a href="([^"]*)">(.*?)</a>', re.S)


class ZaloChannel:
    """All the office's bots. An address is ``BOT:CHAT``: everybody is answered by the bot they wrote to."""

    name = "zalo"
    edits = False
    buttons = False

    def __init__(self, bots: Sequence[Client], meter: Meter, page: str, *, largest: int = 20 * 1024 * 1024) -> None:
        """``page`` is where the rest of a text is found that is too long; ``largest``: bytes of a file."""
        self.bots = {bot.id: bot for bot in bots}
        self._meter, self._page, self._largest = meter, page, largest
        self._taken: Batching[str, bool] = Batching(meter.take_all, linger_s=_LINGER_S)

    async def close(self) -> None:
        for bot in self.bots.values():
            await bot.close()

    async def send(self, address: str, text: Text, *, reply_to: Receipt | None = None) -> Receipt:
        """Zalo knows no replies: the words must say what they answer. One text is one message of the month: what does
        not fit is cut out of its middle and found on the page; what can be typed stays."""
        bot, chat = self._bot(address)
        said = await typed(self.name, address, text, self._page, self._meter.zone)
        commands = said.html.removeprefix(text.html) if said.html.startswith(text.html) else ""
        words = fitting(told(said), self._page, Text(commands).plain)
        if not await self._taken(bot.id):
            rest_s = (month_at(clock.now(), self._meter.zone).end - clock.now()) / timedelta(seconds=1)
            raise SendError("temporary", SPENT, retry_after_s=rest_s, spent=True)
        try:
            return Receipt(await bot.send(chat, words))
        except SendError as error:
            if error.kind != "unknown":
                await self._meter.give_back(bot.id)
            if error.spent:
                await self._meter.refused(bot.id, error.detail)
            raise

    def _bot(self, address: str) -> tuple[Client, str]:
        id_, _, chat = address.partition(":")
        if id_ not in self.bots or not chat:
            # Its token may be missing by mistake: nobody's link ends for that.
            raise SendError("temporary", f"no such bot here: {id_}", spent=True)
        return self.bots[id_], chat

    async def edit(self, address: str, receipt: Receipt, text: Text) -> None:
        raise SendError("message", "Zalo's messages cannot be edited")

    async def toast(self, press: str, words: str) -> None:
        """There is nothing to press on Zalo, so nothing to answer."""

    async def working(self, address: str) -> None:
        """Zalo shows «đang soạn tin». It is no message, so the month does not count it."""
        try:
            bot, chat = self._bot(address)
        except SendError:
            return
        await bot.typing(chat)

    async def fetch(self, file: File) -> bytes:
        bot = next(iter(self.bots.values()))
        return await bot.download(file.ref, self._largest)


def told(text: Text) -> str:
    """The words as they are read on Zalo. In a list the addresses behind its codes are left out: they would be most of it,
    and a task opens by its number."""
    hidden = [link for link in _LINK.finditer(text.html) if link[1] != link[2]]
    if len(hidden) < _MANY_LINKS:
        return text.plain
    shown = _LINK.sub(lambda link: link[0] if link[1] == link[2] else link[2], text.html)
    return Text(shown).plain


def fitting(words: str, page: str, commands: str = "") -> str:
    """The words, or as many whole lines as fit with the address of the page that has the rest. ``commands``, the end of
    the words, is what can be typed: it is never what is cut."""
    words, commands = words.strip() or "…", commands.strip()
    if _length(words) <= LONGEST:
        return words
    words = words.removesuffix(commands).rstrip()
    if _length(commands) > _COMMANDS_MAX:
        commands = _cut(commands, _COMMANDS_MAX) + "…"
    tail = f"\n…\n➜ {page}" + (f"\n\n{commands}" if commands else "")
    room = LONGEST - _length(tail)
    kept = ""
    for line in words.splitlines(keepends=True):
        if _length(kept) + _length(line.rstrip()) > room:
            break
        kept += line
    if not kept.strip() or _length(kept) < room // 2:  # a line that is longer than what is left of a message
        kept = _cut(words, room)
    return kept.rstrip() + tail


def _cut(words: str, room: int) -> str:
    """The beginning of the words, never half a picture sign."""
    return words.encode("utf-16-le")[: 2 * room].decode("utf-16-le", "ignore")


def _length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
