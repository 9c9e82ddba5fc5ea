"""Where a person can be reached: their links and mail address, in the order they prefer."""

from collections.abc import Collection
from datetime import datetime
from functools import lru_cache

import msgspec

from backend.kit.db import Sql
from bot.channel import Receipt

#: The order for somebody who chose none.
PREFERENCE = ("telegram", "zalo", "webpush", "email")

#: A sign-in link is a secret: it goes to the mailbox and nowhere else.
MAIL_ONLY = frozenset({"SignInLink"})


class Route(msgspec.Struct, frozen=True):
    """A channel and the address on it."""

    channel: str
    address: str


class Reader(msgspec.Struct, frozen=True):
    """A person as the sender needs them: every way to reach them, best first."""

    locale: str
    routes: tuple[Route, ...]
    left: bool = False

    def routes_for(self, kind: str) -> tuple[Route, ...]:
        """The ways that may carry a notice of this kind."""
        if kind in MAIL_ONLY:
            return tuple(route for route in self.routes if route.channel == "email")
        return self.routes


class _Row(msgspec.Struct):
    id: int
    locale: str
    email: str | None
    channels: str
    has_left: bool
    has_push: bool
    channel: str | None
    address: str | None


async def readers(people: Collection[int]) -> dict[int, Reader]:
    """These people by their id."""
    sql = Sql()
    ids = sorted(set(people))
    # Said of both tables, so that links are not read whole to be joined.
    rows = await sql.fetch(
        "select p.id, p.locale, p.email, p.channels, p.left_at is not null as has_left, l.channel, l.address, "
        "exists(select 1 from push_subscription s where s.person_id = p.id and s.ended_at is null) as has_push "
        "from person p left join chat_link l on l.person_id = p.id and l.ended_at is null "
        f"and {sql.any_of('l.person_id', ids)} where {sql.any_of('p.id', ids)}",
        _Row,
    )
    theirs: dict[int, list[_Row]] = {}
    for row in rows:
        theirs.setdefault(row.id, []).append(row)
    return {person_id: _reader(own) for person_id, own in theirs.items()}


def _reader(rows: list[_Row]) -> Reader:
    """A person from a row for each of their live links; one row without a channel when there is none."""
    person = rows[0]
    found = {row.channel: Route(row.channel, row.address) for row in rows if row.channel and row.address}
    if person.has_push:
        # Whoever pushes knows the person's browsers.
        found["webpush"] = Route("webpush", str(person.id))
    if person.email:
        found["email"] = Route("email", person.email)
    routes = tuple([found[name] for name in _order(person.channels) if name in found])
    return Reader(person.locale, routes, person.has_left)


@lru_cache(256)
def _order(chosen: str) -> tuple[str, ...]:
    """Every channel in the order of somebody's choice, a JSON list: many choose alike."""
    return tuple(dict.fromkeys([*msgspec.json.decode(chosen), *PREFERENCE]))


def usable(who: Reader, kind: str, open_channels: Collection[str], failed: Collection[str]) -> list[Route]:
    """The ways that are open here and have not refused the notice, best first."""
    if who.left:
        return []
    return [route for route in who.routes_for(kind) if route.channel in open_channels and route.channel not in failed]


def why_nobody(who: Reader, kind: str, failed: Collection[str]) -> str:
    """Why a notice cannot reach anybody, for whoever asks why it never came."""
    if who.left:
        return "the person has left"
    if failed:
        return f"no way left after {', '.join(sorted(failed))}"
    if routes := who.routes_for(kind):
        return f"not sent from here: {', '.join(route.channel for route in routes)}"
    return "no linked chat and no address"


async def end(channel: str, address: str, reason: str) -> None:
    """Nobody can be reached at an address any more: its link ends (a mailbox is nobody's link and stays)."""
    from backend.auth import linking

    await linking.end_link(channel, address, reason[:64])


async def move(channel: str, address: str, to: str) -> None:
    """The same chat has another address from now on; where it cannot be followed, its link ends."""
    from backend.auth import linking

    await linking.move_link(channel, address, to)


class Shown(msgspec.Struct, frozen=True):
    """A message that shows a task's card, since ``at`` (real time)."""

    channel: str
    address: str
    receipt: str
    at: datetime

    @property
    def message(self) -> Receipt:
        return Receipt(self.receipt)


async def last_cards(person_id: int, task_id: int) -> list[Shown]:
    """The newest card of a task in each of a person's live chats: sent as a notice, or shown on request."""
    sql = Sql()
    person, task = sql.arg(person_id), sql.arg(task_id)
    rows = await sql.fetch(
        "select a.channel, a.address, a.receipt, a.started_at as at from delivery_attempt a "
        "join outbox_notice n on n.id = a.notice_id "
        "join chat_link l on l.channel = a.channel and l.address = a.address and l.ended_at is null "
        f"where n.task_id = {task} and n.person_id = {person} and l.person_id = {person} "
        "and n.kind = 'TaskAssigned' and a.outcome = 'sent' "
        "union all select p.channel, p.address, p.receipt, p.asked_at as at from chat_prompt p "
        "join chat_link l on l.channel = p.channel and l.address = p.address and l.ended_at is null "
        f"where p.task_id = {task} and l.person_id = {person} and p.act = 'card'",
        Shown,
    )
    # Message ids grow within a chat: they order cards shown at the same instant.
    rows.sort(key=lambda row: (row.at, len(row.receipt), row.receipt))
    return list({(row.channel, row.address): row for row in rows}.values())
