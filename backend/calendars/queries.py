"""The working calendars in force: the shipped table, the office's word on it, each unit's own, inherited down the tree.

A picture of all of them costs one small query; what was built of them is kept in the process and found again by the
token of every word on the way down to a unit, so that all processes see a change with their next question.
"""

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from backend.calendars.default import DEFAULT_DATA, default_calendar
from backend.domain.calendar import CalendarChange, CalendarData, WorkCalendar, inherit
from backend.domain.types import Actor
from backend.kit.db import Sql
from backend.kit.kept import Kept

#: The path at which the whole office's word on the shipped table stands: that of no unit, and above them all.
OFFICE = "/"
#: A unit without a word of its own.
SILENT = CalendarChange()


class Word(msgspec.Struct, frozen=True):
    """What stands at one place: the unit at ``path``, or the whole office. ``token`` names this very content."""

    id: int
    unit_id: int | None
    path: str
    name: str
    version: int
    token: str
    recorded_at: datetime | None = None
    change: CalendarChange = SILENT


_changes: Kept[str, CalendarChange] = Kept(4096)
_built: Kept[tuple[str, ...], WorkCalendar] = Kept(256)


class Calendars:
    """A picture of every calendar at one moment; asking it costs no query."""

    def __init__(self, words: Mapping[str, Word]) -> None:
        self._words = {path: word for path, word in words.items() if word.change != SILENT}
        self._all = dict(words)
        self._found: dict[str, WorkCalendar] = {}

    def of(self, path: str) -> WorkCalendar:
        """The calendar of the unit at ``path``; of the whole office at :data:`OFFICE`."""
        found = self._found.get(path)
        if found is None:
            found = self._found[path] = self._build(self.line(path))
        return found

    def line(self, path: str) -> list[Word]:
        """The words that make the calendar at ``path``, from the office's down to its own; silent ones left out."""
        places = [OFFICE, *(path[: end + 1] for end in range(1, len(path)) if path[end] == "/")]
        return [self._words[place] for place in places if place in self._words]

    def own(self, path: str) -> Word | None:
        """The word that stands at ``path`` itself, a silent one too; None when there never was one."""
        return self._all.get(path)

    def above(self, path: str) -> CalendarData:
        """What the place at ``path`` would have without a word of its own."""
        return _data(word for word in self.line(path) if word.path != path)

    def saying(self, words: Mapping[str, CalendarChange]) -> "Calendars":
        """The same picture if these places said that instead: for looking before (or back after) a change."""
        changed = {path: _unsaid(self._all.get(path), path, change) for path, change in words.items()}
        return Calendars({**self._all, **changed})

    def _build(self, line: list[Word]) -> WorkCalendar:
        if not line:
            return default_calendar()
        key = tuple(word.token for word in line)
        return _built.get(key) or _built.put(key, WorkCalendar(_data(line)))


def _unsaid(was: Word | None, path: str, change: CalendarChange) -> Word:
    """A word that nobody has said: the one that stands there with another content."""
    token = f"?{secrets.token_hex(8)}"
    if was is not None:
        return msgspec.structs.replace(was, change=change, token=token)
    return Word(0, None, path, "", 0, token, None, change)


def _data(line: Iterable[Word]) -> CalendarData:
    data = DEFAULT_DATA
    for word in line:
        data = inherit(data, word.change)
    return data


async def calendars() -> Calendars:
    """A picture of every calendar as of now: one query, and another only for words this process has not seen yet."""
    while True:
        sql = Sql()
        words = await sql.fetch(
            "select c.id, c.unit_id, coalesce(u.path, '/') as path, c.name, c.version, c.token, c.recorded_at "
            "from calendar c left join unit u on u.id = c.unit_id",
            Word,
        )
        known = {word.token: change for word in words if (change := _changes.get(word.token)) is not None}
        known |= await _read([word.id for word in words if word.token not in known])
        # A word that changed between the two questions has a token that nobody knows: ask again.
        if all(word.token in known for word in words):
            return Calendars({word.path: msgspec.structs.replace(word, change=known[word.token]) for word in words})


async def _read(ids: list[int]) -> dict[str, CalendarChange]:
    if not ids:
        return {}
    sql = Sql()
    rows = await sql.rows(f"select token, data from calendar where {sql.any_of('id', ids)}")
    return {row["token"]: _changes.put(row["token"], change_of(row["data"])) for row in rows}


def change_of(stored: Any) -> CalendarChange:
    """A word as the database gives it back: text or, from the ORM, plain values."""
    if isinstance(stored, str):
        return msgspec.json.decode(stored, type=CalendarChange)
    return msgspec.convert(stored, CalendarChange)


async def calendar_for(path: str) -> WorkCalendar:
    """The calendar of the unit at ``path``, of the whole office at ``/``. Whoever asks for many takes a picture with
    :func:`calendars` instead."""
    return (await calendars()).of(path)


async def calendar_of(actor: Actor) -> WorkCalendar:
    """The calendar of the actor's first own position; the whole office's for whoever holds none."""
    return await calendar_for(next((post.path for post in actor.posts if post.giver_id is None), OFFICE))


class _Path(msgspec.Struct):
    path: str


async def calendar_of_unit(unit_id: int) -> WorkCalendar:
    """The calendar of the unit with this id; the whole office's for one that is not there."""
    sql = Sql()
    found = await sql.fetch(f"select path from unit where id = {sql.arg(unit_id)}", _Path)
    return await calendar_for(found[0].path if found else OFFICE)
