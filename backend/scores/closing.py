"""Closing a period: every result stored with what it was made of, under one seal; afterwards it never changes."""

import asyncio
from collections.abc import Awaitable, Iterable, Iterator, Sequence
from typing import Any

import msgspec

from backend import audit
from backend.domain.scoring_periods import PeriodSpan
from backend.domain.types import Actor, Role
from backend.errors import Conflict, Forbidden, InvalidFields
from backend.kit import clock
from backend.kit.db import Sql, transaction
from backend.kit.memory import uncollected
from backend.models import Period
from backend.org.queries_units import units_under
from backend.scores import explaining, owing, sealing, stored
from backend.scores.book import Book
from backend.scores.everybody import Everybody
from backend.scores.periods import CLOSED, ensure_period, read_period
from backend.scores.rules import RuleBook
from backend.scores.schemas import Explanation
from backend.scores.unit_book import UnitBook

_BATCH = 250


async def close_period(actor: Actor, key: str) -> str:
    """HR closes a period that has ended: stores the result of everybody who held a position in it and of every unit,
    and returns the seal.

    Raises Forbidden for anybody but HR, Conflict when it runs still, is closed or the engine has not charged all of it
    yet, InvalidFields naming every mark that is missing (there is no default), every step of the sign-off that somebody
    owes, every waiver request undecided.
    """
    if not actor.is_system and not actor.has(Role.HR):
        raise Forbidden("forbidden")
    span = read_period(key)
    with uncollected():
        return await _close(actor, span)


async def _close(actor: Actor, span: PeriodSpan) -> str:
    async with transaction():
        period = await Period.filter(id=await ensure_period(span.key)).select_for_update().get()
        if period.status == CLOSED:
            raise Conflict("period_closed", period=span.key)
        if clock.now() < span.end:
            raise Conflict("period_running", period=span.key)
        await _require_charged(span)
        store = _Store(period.id)
        await _people(span, store)
        await _units(span, store)
        await owing.require_signed(span, store.assessed["person"], store.assessed["unit"])
        if store.issues:
            raise InvalidFields("marks_missing", store.issues, n=len(store.issues))
        mark = sealing.seal(store.digests)
        await Period.filter(id=period.id).update(
            status=CLOSED, closed_at=clock.now(), closed_by_id=actor.person_id or None, seal=mark
        )
        await audit.record(actor, "score.period_closed", "period", period.id, period=span.key, seal=mark)
    return mark


async def _require_charged(span: PeriodSpan) -> None:
    """Raises Conflict while a task is due to be charged for the period: its entry would come too late."""
    sql = Sql()
    [row] = await sql.rows(f"select count(*) as n from task where charge_at < {sql.arg(span.end)}")
    if row["n"]:
        raise Conflict("period_not_charged", period=span.key, n=int(row["n"]))


async def _people(span: PeriodSpan, store: "_Store") -> None:
    run = await Everybody.load(span)

    def explained(book: Book, ids: Sequence[int]) -> Iterator[Explanation]:
        for person_id in ids:
            seat = book.holders[person_id][0]
            yield explaining.of_person(book, person_id, seat.name, seat.handle)
        run.note(book, ids)

    # While one chunk is worked out in a thread, the database stores the one before and reads the one after.
    book, ids = None, []
    for chunk in [*run.chunks, None]:
        work = explained(book, ids) if book is not None else ()
        book, ids = await _beside(store, work, run.book(chunk) if chunk is not None else None), chunk or []
    await _beside(store, explained(await run.leaders_book(), run.leaders))
    await store.write()


async def _units(span: PeriodSpan, store: "_Store") -> None:
    units = [unit for unit in await units_under(None) if unit.closed_on is None or unit.closed_on > span.from_on]
    book = await UnitBook.load(span, units, await RuleBook.load())
    for start in range(0, len(units), _BATCH):
        part = units[start : start + _BATCH]
        await _beside(store, (explaining.of_unit(book.unit(one), span, one.id, one.code, one.name) for one in part))
    await store.write()


async def _beside(store: "_Store", work: Iterable[Explanation], reading: Awaitable[Book] | None = None) -> Book | None:
    """Take in what ``work`` yields, in a thread, while what was taken in before is written and the next book read."""
    waiting = store.handed_over()

    async def database() -> Book | None:
        await store.write(waiting)
        return await reading if reading is not None else None

    found, _ = await asyncio.gather(database(), asyncio.to_thread(store.take_all, work))
    return found


class _Store:
    """Writes results as they come and keeps of them only what the whole needs: digests, who is assessed, what is
    missing. Once a mark is missing nothing more is written: the transaction will be rolled back."""

    def __init__(self, period_id: int) -> None:
        self.period_id = period_id
        self.digests: list[bytes] = []
        self.assessed: dict[str, list[int]] = {"person": [], "unit": []}
        self.issues: list[dict[str, Any]] = []
        self._waiting: list[_Row] = []

    def take_all(self, found: Iterable[Explanation]) -> None:
        for one in found:
            self._take(one)

    def _take(self, found: Explanation) -> None:
        if found.band != "not_assessed":
            self.assessed[found.subject].append(found.id)
        self.issues += _missing(found)
        if self.issues:
            return
        text = stored.pack(msgspec.structs.replace(found, status=CLOSED))
        self.digests.append(sealing.digest_of(text))
        self._waiting.append(
            (
                found.id if found.subject == "person" else None,
                found.id if found.subject == "unit" else None,
                found.total.exact if found.total else "",
                found.band,
                text.decode(),
            )
        )

    def handed_over(self) -> list["_Row"]:
        """What waits to be written, which the caller writes."""
        rows, self._waiting = self._waiting, []
        return rows

    async def write(self, rows: "list[_Row] | None" = None) -> None:
        rows = self.handed_over() if rows is None else rows
        for start in range(0, len(rows) if not self.issues else 0, _BATCH):
            columns = list(zip(*rows[start : start + _BATCH], strict=True))
            sql = Sql()
            await sql.run(
                "insert into period_result (period_id, person_id, unit_id, total, band, data) "
                + (_unnested(sql, self.period_id, columns) if sql.postgres else _listed(sql, self.period_id, columns))
            )


#: Person, unit (one of them None), total, band, the whole as JSON.
_Row = tuple[int | None, int | None, str, str, str]


def _unnested(sql: Sql, period_id: int, columns: Sequence[Sequence[Any]]) -> str:
    types = ("bigint", "bigint", "text", "text", "text")
    lists = ", ".join(f"{sql.arg(list(column))}::{type_}[]" for column, type_ in zip(columns, types, strict=True))
    return f"select {sql.arg(period_id)}::bigint, p, u, t, b, d::jsonb from unnest({lists}) as x (p, u, t, b, d)"


def _listed(sql: Sql, period_id: int, columns: Sequence[Sequence[Any]]) -> str:
    period = sql.arg(period_id)
    rows = zip(*columns, strict=True)
    return "values " + ", ".join(f"({period}, {', '.join(sql.arg(value) for value in row)})" for row in rows)


def _missing(one: Explanation) -> list[dict[str, Any]]:
    return [
        {"where": f"{one.subject}:{one.ref}", "code": "mark_missing", "value": what, "name": one.name}
        for what in one.missing
    ]


async def seal_holds(key: str) -> bool:
    """Whether the stored results of a closed period are still those that were sealed."""
    period = await Period.get(key=read_period(key).key)
    return await sealing.holds(period.id, period.seal)
