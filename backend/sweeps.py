"""How far behind the sweeps are: the oldest row that each should have handled, and when each last came to its end.

The engine writes beats and the outcome of its running check into the database, so that a process that only serves
pages, a command and another machine know them too. What is due is domain time, beats are real time.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from backend.kit import clock, state
from backend.kit.db import Sql

#: What each sweep looks for: table and due column.
DUE = {
    "penalise": ("task", "charge_at"),
    "escalate": ("task", "answer_at"),
    "remind": ("task", "look_at"),
    "recur": ("recurrence", "make_at"),
    "digest": ("person", "digest_at"),
}
#: Those that have no tick of their own, by the sweep that takes them along.
_ALONG = {"digest": "remind"}
_BEAT = "sweep."
_ENGINE = "engine"
_AUDIT = "audit"
_PING = "heartbeat"


class Lag(msgspec.Struct, frozen=True):
    """One sweep: ``due_since`` is the oldest row that waits for it, ``ended_at`` when it last came to its end."""

    sweep: str
    lag_s: float = 0
    due_since: datetime | None = None
    ended_at: datetime | None = None
    #: From when on it can be expected to have ended once: the last beat, or the start of the engine after it.
    alive_at: datetime | None = None
    every_s: int = 0

    def is_silent(self, real: datetime, patience: timedelta) -> bool:
        """It runs in this office and has not come to its end for longer than it may take."""
        return self.alive_at is not None and real - self.alive_at > patience + timedelta(seconds=self.every_s)


class _Engine(msgspec.Struct):
    began_at: datetime
    every_s: dict[str, int]


class _Beat(msgspec.Struct):
    key: str
    value: str


async def began(every_s: Mapping[str, int]) -> None:
    """An engine with these sweeps (name → seconds between two ticks) has started."""
    await state.put(_ENGINE, msgspec.json.encode(_Engine(clock.real(), dict(every_s))).decode())


async def beat(sweep: str) -> None:
    """A sweep came to its end just now."""
    await state.put(f"{_BEAT}{sweep}", clock.real().isoformat())


async def ended() -> dict[str, datetime]:
    """When each sweep last came to its end, as far as anybody knows."""
    sql = Sql()
    rows = await sql.fetch(f"select key, value from setting where key like {sql.arg(_BEAT + '%')} order by key", _Beat)
    return {row.key.removeprefix(_BEAT): datetime.fromisoformat(row.value) for row in rows}


class Audited(msgspec.Struct):
    """The last running check: how many problems of each code, and when there was none for the last time."""

    at: datetime
    ok_at: datetime | None
    found: dict[str, int]


async def audited(found: Mapping[str, int]) -> None:
    """The running check ended and found so many problems of each code."""
    before, at = await last_audit(), clock.real()
    ok_at = (before.ok_at if before else None) if found else at
    await state.put(_AUDIT, msgspec.json.encode(Audited(at, ok_at, dict(found))).decode())


async def last_audit() -> Audited | None:
    """What the last running check found; None = there was none yet."""
    kept = await state.get(_AUDIT)
    return msgspec.json.decode(kept, type=Audited) if kept else None


async def pinged() -> None:
    """The heartbeat address was fetched."""
    await state.put(_PING, clock.real().isoformat())


async def last_ping() -> datetime | None:
    """When the heartbeat address was last fetched; None = never."""
    kept = await state.get(_PING)
    return datetime.fromisoformat(kept) if kept else None


async def lags(now: datetime) -> list[Lag]:
    """Every sweep that has a due column or has ever run, as of domain time ``now``."""
    oldest, beats, engine = await _oldest(), await ended(), await _engine()
    known = set(beats) if engine is None else set(engine.every_s)
    return [
        _lag(name, now, oldest.get(name), beats.get(_ALONG.get(name, name)), engine) for name in sorted({*DUE, *known})
    ]


def _lag(sweep: str, now: datetime, oldest: datetime | None, ended_at: datetime | None, engine: _Engine | None) -> Lag:
    is_due = oldest is not None and oldest < now
    runs = engine is not None and sweep in engine.every_s
    alive_at = None if sweep in _ALONG else ended_at
    if runs and engine is not None and (ended_at is None or ended_at < engine.began_at):
        alive_at = engine.began_at
    return Lag(
        sweep=sweep,
        lag_s=(now - oldest).total_seconds() if is_due and oldest is not None else 0,
        due_since=oldest if is_due else None,
        ended_at=ended_at,
        # A sweep that the present engine does not have is not missed.
        alive_at=alive_at if runs or engine is None else None,
        every_s=engine.every_s[sweep] if engine is not None and runs else 0,
    )


async def _oldest() -> dict[str, datetime | None]:
    questions = ", ".join(
        f"(select min({column}) from {table} where {column} is not null) as {name}"
        for name, (table, column) in DUE.items()
    )
    [row] = await Sql().rows(f"select {questions}")
    return {name: msgspec.convert(row[name], datetime | None, strict=False) for name in DUE}


async def _engine() -> _Engine | None:
    kept = await state.get(_ENGINE)
    return msgspec.json.decode(kept, type=_Engine) if kept else None
