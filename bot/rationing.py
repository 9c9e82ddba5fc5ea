"""What a channel's month that runs short does to notices: some go together, some elsewhere, some wait."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from backend import channel_use
from backend.calendars.queries import OFFICE, calendar_for
from backend.channel_use import Level, Use
from backend.domain.notices import AnswerMoved, CardChanged, ChatLinked, SignInLink, TaskAssigned
from backend.domain.reminding_policy import NORMAL
from backend.domain.reminding_slots import slots_of
from backend.kit import clock
from backend.kit.db import Sql
from bot.addresses import Route
from bot.claimed import Claimed
from bot.settling import Settling

#: These leave by themselves: asked for, secret, or new work with a card of its own.
_BY_THEMSELVES = frozenset(kind.__name__ for kind in (AnswerMoved, CardChanged, ChatLinked, SignInLink, TaskAssigned))


class Hold(msgspec.Struct, frozen=True):
    """A notice does not leave now: it goes with its person's other lines of the next slot, or waits for a channel."""

    until: datetime
    together: bool


class Rations(msgspec.Struct, frozen=True):
    """The bots that run short, by the start of their addresses; which of the notices in hand are urgent; and when the
    next slot is."""

    short: Mapping[tuple[str, str], Use] = {}
    urgent: frozenset[int] = frozenset()
    slot: datetime | None = None
    zone: str = ""

    def sorted(self, claimed: Claimed, routes: Sequence[Route]) -> list[Route]:
        """The same ways, those that may not carry this notice now behind the others."""
        return sorted(routes, key=lambda route: self._closed(claimed, route)) if self.short else list(routes)

    def hold(self, claimed: Claimed, routes: Sequence[Route]) -> Hold | None:
        """Whether a notice has to wait that would go the first of these ways, which are sorted."""
        if not self.short or not routes:
            return None
        if self._closed(claimed, routes[0]):
            now = clock.now()
            free = [use.free_at(now, self.zone) for route in routes if (use := self._use(route)) is not None]
            return Hold(min(free), together=False)
        waits = self._use(routes[0]) is not None and claimed.id not in self.urgent
        if not waits or self.slot is None or claimed.in_slot or claimed.attempts or claimed.kind in _BY_THEMSELVES:
            return None
        return Hold(self.slot, together=True)

    def _use(self, route: Route) -> Use | None:
        return self.short.get((route.channel, route.address.partition(":")[0]))

    def _closed(self, claimed: Claimed, route: Route) -> bool:
        use = self._use(route)
        level = use.level(clock.now()) if use is not None else Level.PLENTY
        return level is Level.FULL or (level is Level.URGENT_ONLY and claimed.id not in self.urgent)


_PLENTY = Rations()


async def rations(batch: Sequence[Claimed], zone: str) -> Rations:
    """What runs short for these."""
    now = clock.now()
    short = {(use.channel, use.bot): use for use in await channel_use.uses(zone) if use.level(now) > Level.PLENTY}
    if not short or not batch:
        return _PLENTY
    sql = Sql()
    ids = [line.id for claimed in batch for line in claimed.all]
    rows = await sql.rows(f"select id from outbox_notice where urgent = {sql.arg(True)} and {sql.any_of('id', ids)}")
    said = {int(row["id"]) for row in rows}
    # A message of several lines is as urgent as its most urgent one.
    urgent = frozenset(claimed.id for claimed in batch if not said.isdisjoint(claimed.ids))
    slot = slots_of(await calendar_for(OFFICE), NORMAL.slots).first(now)
    return Rations(short, urgent, slot, zone)


async def put_off(holder: Settling, claimed: Claimed, hold: Hold) -> None:
    """Let a notice in hand wait. One that waits for a channel says so, for HR to see."""
    until = hold.until
    if not hold.together:
        until = (await calendar_for(OFFICE)).next_working(until)
    sql = Sql()
    why = "" if hold.together else channel_use.WAITS
    in_slot = f"in_slot = {sql.arg(True)}, " if hold.together else ""
    await sql.run(
        f"update outbox_notice set {in_slot}not_before = {sql.arg(until)}, problem = {sql.arg(why)}, "
        f"ready_at = {sql.arg(clock.real() + (until - clock.now()))} where {sql.any_of('id', claimed.ids)} "
        f"and status = 'claimed' and lease_owner = {sql.arg(holder.worker)}"
    )
    await holder.give_back(claimed.ids)
