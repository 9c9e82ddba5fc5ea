"""What each bot of a channel has sent and heard this month, counted in the database by whoever sends or hears."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import IntEnum
from zoneinfo import ZoneInfo

import msgspec

from backend.domain.notices import AnswerMoved
from backend.domain.scoring_periods import PeriodSpan, month_of, span
from backend.kit import clock, state
from backend.kit.db import Sql

#: From these shares of the allowance on messages wait for each other, and only urgent ones leave.
BUNDLE_FROM = 0.80
URGENT_FROM = 0.95
#: How long a bot counts as spent after its server refused a message for that reason.
REFUSED_FOR = timedelta(hours=1)

#: How the problem of a try begins that failed because the month of its bot was spent.
SPENT = "this month's messages are used up"

_BOTS = "channel.bots"


class Level(IntEnum):
    """How careful to be with what is left."""

    PLENTY = 0
    BUNDLE = 1
    URGENT_ONLY = 2
    FULL = 3


class Use(msgspec.Struct, frozen=True):
    """One bot in one month; ``most`` 0 = no limit. ``problem``: what last went wrong with the bot itself."""

    channel: str
    bot: str
    month: str
    sent: int = 0
    received: int = 0
    most: int = 0
    full_until: datetime | None = None
    problem: str = ""
    problem_at: datetime | None = None

    @property
    def used(self) -> int:
        return self.sent + self.received

    @property
    def left(self) -> int | None:
        """How many more; None without a limit."""
        return max(0, self.most - self.used) if self.most else None

    def level(self, now: datetime) -> Level:
        """How careful to be at ``now`` (domain time)."""
        if (self.full_until is not None and self.full_until > now) or (self.most and self.used >= self.most):
            return Level.FULL
        if self.most and self.used >= self.most * URGENT_FROM:
            return Level.URGENT_ONLY
        return Level.BUNDLE if self.most and self.used >= self.most * BUNDLE_FROM else Level.PLENTY

    def free_at(self, now: datetime, zone: str) -> datetime:
        """When a bot that is short can be written with again: after the server's refusal, or next month."""
        spent = self.most and self.used >= self.most * URGENT_FROM
        return self.full_until if self.full_until and self.full_until > now and not spent else month_at(now, zone).end


class Bot(msgspec.Struct, frozen=True):
    """A bot that somebody may write to: its id, the name it is found under, and for how many people it is (0 = any)."""

    id: str
    name: str
    most_users: int = 0


def month_at(at: datetime, zone: str) -> PeriodSpan:
    """The month an instant falls into."""
    office = ZoneInfo(zone)
    return span(month_of(at, office), office)


class Meter(msgspec.Struct, frozen=True):
    """Counts for one channel of which every bot may send and hear ``most`` messages a month."""

    channel: str
    zone: str
    most: int = 0

    async def take(self, bot: str, count: int = 1) -> bool:
        """Count messages that are about to be sent; False (and nothing counted) when so many are not left. The last one
        goes to one of those who ask at the same time."""
        if await self._add(bot, "sent", count, self.most):
            return True
        await self._open(bot)  # the first of a month
        return await self._add(bot, "sent", count, self.most)

    async def take_all(self, bots: Sequence[str]) -> list[bool]:
        """The same for a message of each of these bots, those of one bot together while enough are left."""
        together = {bot: await self.take(bot, count) for bot, count in Counter(bots).items()}
        return [together[bot] or (bots.count(bot) > 1 and await self.take(bot)) for bot in bots]

    async def give_back(self, bot: str) -> None:
        """A message that was counted surely did not leave."""
        sql = Sql()
        await sql.run(f"update channel_use set sent = sent - 1 {self._where(sql, bot)} and sent > 0")

    async def heard(self, bot: str, count: int = 1) -> None:
        """So many messages came in."""
        if not await self._add(bot, "received", count):
            await self._open(bot)
            await self._add(bot, "received", count)

    async def refused(self, bot: str, problem: str) -> datetime:
        """The server says that nothing is left; returns when to ask again."""
        until = clock.now() + REFUSED_FOR
        await self.trouble(bot, problem)
        sql = Sql()
        await sql.run(f"update channel_use set full_until = {sql.arg(until)} {self._where(sql, bot)}")
        return until

    async def trouble(self, bot: str, problem: str) -> None:
        """Something is wrong with the bot; an empty ``problem``: nothing is any more."""
        await self._open(bot)
        sql = Sql()
        said, at = sql.arg(problem[:300]), sql.arg(clock.real() if problem else None)
        await sql.run(f"update channel_use set problem = {said}, problem_at = {at} {self._where(sql, bot)}")

    async def open(self, bots: Sequence[str]) -> None:
        """Have a line for each of these bots, with the limit in force."""
        for bot in bots:
            await self._open(bot)
            sql = Sql()
            await sql.run(f"update channel_use set most = {sql.arg(self.most)} {self._where(sql, bot)}")

    async def _add(self, bot: str, column: str, count: int, most: int = 0) -> bool:
        sql = Sql()
        room = f" and sent + received + {sql.arg(count)} <= {sql.arg(most)}" if most else ""
        set_ = f"{column} = {column} + {sql.arg(count)}"
        return bool(await sql.run(f"update channel_use set {set_} {self._where(sql, bot)}{room}"))

    async def _open(self, bot: str) -> None:
        sql = Sql()
        await sql.run(
            "insert into channel_use (channel, bot, month, sent, received, most, problem) values "
            f"({sql.arg(self.channel)}, {sql.arg(bot)}, {sql.arg(self._month())}, 0, 0, "
            f"{sql.arg(self.most)}, '') on conflict (channel, bot, month) do nothing"
        )

    def _month(self) -> str:
        return month_of(clock.now(), ZoneInfo(self.zone))

    def _where(self, sql: Sql, bot: str) -> str:
        return f"where channel = {sql.arg(self.channel)} and bot = {sql.arg(bot)} and month = {sql.arg(self._month())}"


async def uses(zone: str) -> list[Use]:
    """Every bot with what it has used in the month that runs."""
    sql = Sql()
    return await sql.fetch(
        "select channel, bot, month, sent, received, most, full_until, problem, problem_at from channel_use "
        f"where month = {sql.arg(month_of(clock.now(), ZoneInfo(zone)))} order by channel, bot",
        Use,
    )


# Which bots there are.


async def put_bots(channel: str, bots: Sequence[Bot]) -> None:
    """Note the bots of a channel for those who are to find them."""
    await state.put(f"{_BOTS}.{channel}", msgspec.json.encode(bots).decode())


async def bots_of(channel: str) -> list[Bot]:
    """The bots of a channel, as last noted."""
    found = await state.get(f"{_BOTS}.{channel}")
    return msgspec.json.decode(found, type=list[Bot]) if found else []


async def hold(channel: str, bot: str) -> None:
    """Until this transaction ends nobody else who asks may link a chat to the bot: two cannot both take its last place."""
    sql = Sql()
    await sql.rows(
        f"select id from channel_use where channel = {sql.arg(channel)} and bot = {sql.arg(bot)} order by id {sql.hold}"
    )


class _Linked(msgspec.Struct):
    bot: str
    n: int


async def users_of(channel: str, but: tuple[str, int] = ("", 0)) -> dict[str, int]:
    """How many chats are linked to each bot of a channel whose addresses start with the bot, leaving out one chat and
    the chats of one person."""
    sql = Sql()
    address, person_id = but
    colon = "position(':' in address)" if sql.postgres else "instr(address, ':')"
    rows = await sql.fetch(
        f"select substr(address, 1, {colon} - 1) as bot, count(*) as n from chat_link where ended_at is null "
        f"and channel = {sql.arg(channel)} and {colon} > 0 and address <> {sql.arg(address)} "
        f"and person_id <> {sql.arg(person_id)} group by 1",
        _Linked,
    )
    return {row.bot: row.n for row in rows}


async def with_room(channel: str, but: tuple[str, int] = ("", 0)) -> list[Bot]:
    """The bots of a channel that can take one more person, the emptiest first."""
    users = await users_of(channel, but)
    bots = [bot for bot in await bots_of(channel) if not bot.most_users or users.get(bot.id, 0) < bot.most_users]
    return sorted(bots, key=lambda bot: users.get(bot.id, 0))


# What waits for an allowance.

#: The problem of a notice that no channel may carry now; it waits and is not lost.
WAITS = "waits until the channel may send again"


class Waiting(msgspec.Struct, frozen=True):
    """Somebody for whom notices wait because their only channel has nothing left."""

    name: str
    handle: str
    notices: int
    until: datetime


async def waiting(limit: int = 200) -> list[Waiting]:
    """Who waits, longest list first."""
    sql = Sql()
    return await sql.fetch(
        "select p.full_name as name, p.handle, count(*) as notices, min(n.not_before) as until from outbox_notice n "
        f"join person p on p.id = n.person_id where n.status = 'pending' and n.problem = {sql.arg(WAITS)} "
        f"group by p.id, p.full_name, p.handle order by 3 desc, p.id limit {sql.arg(limit)}",
        Waiting,
    )


class Unanswered(msgspec.Struct, frozen=True):
    """Somebody who said something to a bot this month and could be answered nowhere."""

    name: str
    handle: str
    answers: int


async def unanswered(zone: str, limit: int = 200) -> list[Unanswered]:
    """Whose answers of the month that runs no channel could carry, most first. What they asked for was done."""
    sql = Sql()
    since = sql.arg(month_at(clock.now(), zone).start)
    # By people, because notices are found by them: only somebody with a chat is ever answered.
    return await sql.fetch(
        "select p.full_name as name, p.handle, count(*) as answers from outbox_notice n "
        "join person p on p.id = n.person_id where n.person_id in (select person_id from chat_link) "
        f"and n.status in ('muted', 'dead') and n.kind = {sql.arg(AnswerMoved.__name__)} and n.created_at >= {since} "
        f"group by p.id, p.full_name, p.handle order by 3 desc, p.id limit {sql.arg(limit)}",
        Unanswered,
    )
