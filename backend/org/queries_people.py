"""People by reference, by search and by the positions they hold."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime

import msgspec

from backend.auth import reach
from backend.auth.actors import today
from backend.domain.access import Target
from backend.errors import NotFound
from backend.kit.db import Sql
from backend.kit.text import fold, row_id
from backend.org.sql import SEAT, in_force, in_service, matches, under_any
from backend.org.values import Bad, phone


class PersonRow(msgspec.Struct, frozen=True):
    id: int
    handle: str
    full_name: str
    email: str | None
    phone: str | None
    locale: str
    until_on: date | None
    left_at: datetime | None

    def serves(self, on: date) -> bool:
        return self.left_at is None and (self.until_on is None or self.until_on >= on)


class Seat(Target, frozen=True, kw_only=True):
    """A position with its unit. ``path`` is the unit's."""

    position_id: int
    unit_id: int
    unit_code: str
    unit_name: str
    title: str
    from_on: date
    until_on: date | None = None


class PersonBrief(msgspec.Struct, frozen=True):
    """Enough to name somebody in a message or a list; title and unit are empty for whoever has no position now."""

    id: int
    handle: str
    name: str
    locale: str
    title: str = ""
    unit_name: str = ""


#: Which of their positions in force a person is called by.
_FIRST_SEAT = "case s.role when 'leader' then 0 else 1 end, s.rank, s.id"
PERSON = "p.id, p.handle, p.full_name, p.email, p.phone, p.locale, p.until_on, p.left_at"


async def find_person(ref: str | int) -> PersonRow:
    """A person by handle (``@`` allowed), e-mail, phone (with 0 or + in front) or id, whether they still serve or not.

    Raises NotFound. Whether the asker may know of them is the asker's business.
    """
    text = str(ref).strip().lower()
    sql = Sql()
    rows = await sql.fetch(f"select {PERSON} from person p where {_named(sql, text)}", PersonRow)
    if not rows:
        raise NotFound("person_not_found", ref=str(ref))
    return rows[0]


def _named(sql: Sql, text: str) -> str:
    if text.isdecimal() and not text.startswith("0"):
        return f"p.id = {sql.arg(row_id(text))}"
    if text[:1] in ("0", "+"):
        try:
            return f"p.phone = {sql.arg(phone(text))}"
        except Bad:
            return "1 = 0"
    if "@" in text[1:]:
        return f"p.email = {sql.arg(text)}"
    return f"p.handle = {sql.arg(text.removeprefix('@'))}"


async def seats_of(person_ids: Iterable[int], on: date | None = None, *, ever: bool = False) -> dict[int, list[Seat]]:
    """Positions in force on a day (default today) by person, leaders first; with ``ever`` all of them, newest first.

    A person without any is not in the answer.
    """
    people = sorted(set(person_ids))
    sql = Sql()
    when = "1 = 1" if ever else in_force(sql, on or today())
    order = "s.from_on desc, s.id desc" if ever else _FIRST_SEAT
    seats = await sql.fetch(
        f"select {SEAT} from position s join unit u on u.id = s.unit_id "
        f"where {sql.any_of('s.person_id', people)} and {when} order by {order}",
        Seat,
    )
    found: defaultdict[int, list[Seat]] = defaultdict(list)
    for seat in seats:
        found[seat.person_id].append(seat)
    return dict(found)


async def targets_of(person_id: int) -> list[Seat]:
    """The positions through which work may go to a person today; none once they no longer serve."""
    sql = Sql()
    on = today()
    return await sql.fetch(
        f"select {SEAT} from position s join unit u on u.id = s.unit_id join person p on p.id = s.person_id "
        f"where s.person_id = {sql.arg(person_id)} and {in_force(sql, on)} and {in_service(sql, on)} "
        "order by case s.role when 'leader' then 0 when 'officer' then 1 else 2 end, s.rank, s.id",
        Seat,
    )


async def person_brief(ids: Iterable[int]) -> dict[int, PersonBrief]:
    """Name, language and first position of people; unknown ids are left out."""
    sql = Sql()
    rows = await sql.fetch(
        "select p.id, p.handle, p.full_name as name, p.locale, case when u.id is null then '' else s.title end as title, "
        "coalesce(u.name, '') as unit_name from person p left join position s on s.person_id = p.id "
        f"left join unit u on u.id = s.unit_id and {in_force(sql, today())} "
        f"where {sql.any_of('p.id', sorted(set(ids)))} order by u.id is null, {_FIRST_SEAT}",
        PersonBrief,
    )
    found: dict[int, PersonBrief] = {}
    for row in rows:
        found.setdefault(row.id, row)
    return found


def _brief(row: PersonRow, seats: Sequence[Seat] | None) -> PersonBrief:
    title, unit = (seats[0].title, seats[0].unit_name) if seats else ("", "")
    return PersonBrief(row.id, row.handle, row.full_name, row.locale, title, unit)


async def search_people(
    q: str, within_paths: Sequence[str], limit: int = 20, *, reached: str = ""
) -> list[PersonBrief]:
    """People who serve at or under ``within_paths`` and whose name or handle has every word of ``q``, accents ignored;
    with ``reached`` only those whose :data:`backend.auth.reach.Reach` it is.

    An exact handle comes first, then those whose name ends with it (the given name is the last word), then by name.
    """
    sql = Sql()
    on = today()
    wanted = q.strip().lower().removeprefix("@")
    so = f"and {reach.reach(sql, await reach.sent())} = {sql.arg(reached)} " if reached else ""
    rows = await sql.fetch(
        f"select {PERSON} from person p where {in_service(sql, on)} "
        f"and {matches(sql, q, 'p.name_folded', 'p.handle')} "
        "and exists (select 1 from position s join unit u on u.id = s.unit_id where s.person_id = p.id "
        f"and {in_force(sql, on)} and {under_any(sql, within_paths)}) {so}"
        f"order by case when p.handle = {sql.arg(wanted)} then 0 when p.name_folded like {sql.arg(_given(q))} "
        f"escape '\\' then 1 else 2 end, p.name_folded, p.id limit {sql.arg(limit)}",
        PersonRow,
    )
    seats = await seats_of([row.id for row in rows])
    return [_brief(row, seats.get(row.id)) for row in rows]


def _given(q: str) -> str:
    """Pattern of names that end in the words of ``q``."""
    text = fold(q).removeprefix("@").replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"% {text}"
