"""HR's printed sheet of linking codes: a slip for each person, and why somebody got none."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from backend import channel_use
from backend.auth import link_codes
from backend.auth.actors import today
from backend.auth.authority import check_power_over
from backend.auth.identity import person_id_of
from backend.auth.linking import TELEGRAM_NAME
from backend.domain.access import under
from backend.domain.types import Actor, Role
from backend.errors import Forbidden, InvalidFields, NotFound
from backend.kit import state
from backend.kit.db import Sql, transaction

#: Slips in one sheet.
MOST = 200
_ROLES = (Role.HR, Role.ADMIN)


class Slip(msgspec.Struct, frozen=True):
    """What one person is handed: the code is shown this once. ``telegram_url`` opens our bot there with the code,
    ``zalo_bot`` names the bot to send it to there; None where there is none."""

    handle: str
    name: str
    title: str
    unit: str
    code: str
    expires_at: datetime
    telegram_url: str | None
    zalo_bot: str | None


class LeftOut(msgspec.Struct, frozen=True):
    """Somebody who got no slip: no phone number is on record, or their account is beyond the asker."""

    handle: str
    name: str
    unit: str
    why: Literal["no_phone", "beyond"]


class Sheet(msgspec.Struct, frozen=True):
    """``telegram_bot`` is its name there."""

    slips: list[Slip]
    left_out: list[LeftOut]
    telegram_bot: str | None


class _Person(msgspec.Struct):
    id: int
    handle: str
    name: str
    has_phone: bool
    title: str
    unit: str


async def for_people(actor: Actor, references: Sequence[str]) -> Sheet:
    """Slips for people by handle, e-mail or number, all or none; their last codes stop working.

    Raises InvalidFields for nobody or too many, NotFound and Forbidden as
    :func:`backend.auth.authority.check_power_over`.
    """
    references = list(dict.fromkeys(references))
    if not 0 < len(references) <= MOST:
        raise InvalidFields("invalid_fields", [{"where": "people", "code": "sheets_how_many", "most": MOST}])
    ids = [await _known(reference) for reference in references]
    async with transaction():
        for person_id in ids:
            await check_power_over(actor, person_id, *_ROLES)
        sql = Sql()
        on = today()
        served = f"(p.until_on is null or p.until_on >= {sql.arg(on)})"
        people = await _people(sql, f"{sql.any_of('p.id', ids)} and {served}")
        if {person.id for person in people} != set(ids):
            raise NotFound("not_found")
        return await _sheet(actor, people, [])


async def for_unlinked(actor: Actor, unit: str = "") -> Sheet:
    """Slips for everybody under the actor's HR or admin position, or in one unit of it (by code) and below, who has no
    linked chat; whoever is beyond the actor's power is left out.

    Raises NotFound for a unit that is not there, InvalidFields when they are too many for one sheet.
    """
    paths = await _paths(actor, unit)
    sql = Sql()
    below = " or ".join(f"t.path like {sql.arg(path + '%')}" for path in paths) or "1 = 0"
    people = await _people(
        sql,
        f"({below}) and p.left_at is null and (p.until_on is null or p.until_on >= {sql.arg(today())}) "
        "and not exists (select 1 from chat_link c where c.person_id = p.id and c.ended_at is null)",
    )
    if len(people) > MOST:
        raise InvalidFields("invalid_fields", [{"where": "unit", "code": "sheets_unit_too_big", "most": MOST}])
    async with transaction():
        mine, beyond = [], []
        for person in people:
            try:
                await check_power_over(actor, person.id, *_ROLES)
                mine.append(person)
            except Forbidden:
                beyond.append(LeftOut(person.handle, person.name, person.unit, "beyond"))
        return await _sheet(actor, mine, beyond)


async def _known(reference: str) -> int:
    person_id = await person_id_of(reference)
    if person_id is None:
        raise NotFound("not_found")
    return person_id


async def _paths(actor: Actor, unit: str) -> list[str]:
    own = [post.path for post in actor.posts if post.giver_id is None and post.role in _ROLES]
    if not unit:
        return own
    sql = Sql()
    rows = await sql.rows(f"select path from unit where code = {sql.arg(unit)}")
    path = str(rows[0]["path"]) if rows else ""
    if not any(under(path, mine) for mine in own):
        raise NotFound("not_found")
    return [path]


async def _people(sql: Sql, where: str) -> list[_Person]:
    """People with their first position now, by unit and name, each once."""
    on = sql.arg(today())
    rows = await sql.fetch(
        "select p.id, p.handle, p.full_name as name, p.phone is not null as has_phone, coalesce(t.title, '') as title, "
        "coalesce(t.unit, '') as unit from person p left join (select s.person_id, s.title, s.rank, u.name as unit, "
        f"u.path from position s join unit u on u.id = s.unit_id where s.from_on <= {on} "
        f"and (s.until_on is null or s.until_on >= {on}) and (u.closed_on is null or u.closed_on > {on})) t "
        f"on t.person_id = p.id where {where} order by t.path, t.rank, p.name_folded, p.id",
        _Person,
    )
    first: dict[int, _Person] = {}
    for row in rows:
        first.setdefault(row.id, row)
    return list(first.values())


async def _sheet(actor: Actor, people: Sequence[_Person], left_out: list[LeftOut]) -> Sheet:
    bot, zalo = await state.get(TELEGRAM_NAME), await _Places.load()
    slips = []
    for person in people:
        if not person.has_phone:
            left_out.append(LeftOut(person.handle, person.name, person.unit, "no_phone"))
            continue
        code, expires_at = await link_codes.make(actor, person.id, on_paper=True)
        url = f"https://t.me/{bot}?start={code}" if bot else None
        slips.append(Slip(person.handle, person.name, person.title, person.unit, code, expires_at, url, zalo.next()))
    return Sheet(slips, left_out, bot)


class _Places:
    """Hands out the Zalo bots so that no more slips name one than it has room for."""

    def __init__(self, bots: list[channel_use.Bot], users: dict[str, int]) -> None:
        self._bots, self._users = bots, users

    @classmethod
    async def load(cls) -> "_Places":
        return cls(await channel_use.bots_of("zalo"), await channel_use.users_of("zalo"))

    def next(self) -> str | None:
        """The name of the emptiest bot that can take one more; None when there is none."""
        free = [bot for bot in self._bots if not bot.most_users or self._users.get(bot.id, 0) < bot.most_users]
        if not free:
            return None
        bot = min(free, key=lambda bot: self._users.get(bot.id, 0))
        self._users[bot.id] = self._users.get(bot.id, 0) + 1
        return bot.name or bot.id
