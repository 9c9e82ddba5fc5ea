"""What the checks of the audit share: problems, the tally they write into, and going through a table by id."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta

import msgspec

from backend.kit.db import Sql

#: A due row or a ready notice that nobody has taken up after this: the engine or the sender does not work.
PATIENCE = timedelta(minutes=10)
#: So many problems of one kind are named; the others are only counted.
LISTED = 200


class Problem(msgspec.Struct, frozen=True):
    """Something forgotten. ``code`` is a key under ``audit`` in the catalogue, ``params`` fill it."""

    code: str
    params: dict[str, str | int]


class Tally:
    """What was compared and what was found wrong. Of each kind of problem the first :data:`LISTED` are named, all are
    counted; ``reasons`` counts the open tasks that rightly have nothing ahead."""

    def __init__(self) -> None:
        self.compared: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.found: Counter[str] = Counter()
        self.problems: list[Problem] = []

    def wrong(self, code: str, **params: str | int) -> None:
        self.found[code] += 1
        if self.found[code] <= LISTED:
            self.problems.append(Problem(code, params))

    @property
    def all_is_well(self) -> bool:
        return not self.found


class Span(msgspec.Struct, frozen=True):
    """Which rows to look at: ids after ``after`` and up to ``upto`` (None: to the end); ``open_only``: of tasks only
    those that are not closed."""

    after: int = 0
    upto: int | None = None
    open_only: bool = False

    def of(self, column: str, sql: Sql) -> str:
        """The condition on an id column."""
        end = "" if self.upto is None else f" and {column} <= {sql.arg(self.upto)}"
        return f"{column} > {sql.arg(self.after)}{end}"


EVERYTHING = Span()


class Check(msgspec.Struct, frozen=True):
    """One question of the audit: compares the rows of a span as of domain time and writes into the tally."""

    name: str
    run: Callable[[Tally, datetime, Span], Awaitable[None]]


async def newest(table: str) -> int:
    """The highest id of a table, 0 when it is empty."""
    [row] = await Sql().rows(f"select coalesce(max(id), 0) as n from {table}")
    return int(row["n"])


async def pieces(table: str, span: Span, size: int) -> AsyncIterator[Span]:
    """A span cut into pieces of ``size`` ids each, so that no statement reads the whole table."""
    end = await newest(table)
    end = end if span.upto is None else min(end, span.upto)
    for after in range(span.after, end, size):
        yield msgspec.structs.replace(span, after=after, upto=min(after + size, end))


def text(at: datetime) -> str:
    """An instant in a problem."""
    return at.isoformat(timespec="minutes")
