"""Which rule set is in force where and when: data in the table, shipped sets among them."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import msgspec

from backend.domain.access import under
from backend.domain.scoring import RuleSet
from backend.kit import clock, state
from backend.kit.db import Sql
from backend.scores.rules_shipped import DEFAULT_CODE, SHIPPED, SHIPPED_REFS, sealed

#: Setting that names the code of the shipped set in force for the whole office; without it the decree's default reading.
CHOSEN_KEY = "scores.rule_set"

#: Ids of rules in entries; the texts are in the catalogue under ``scores.rule``.
RULE_DELAY = "delay.passed_due"
RULE_FURTHER = "delay.further_5_days"
RULE_MAJOR_ERROR = "quality.major_error"
RULE_OBJECTIVE = "waiver.objective_cause"
RULE_CORRECTION = "correction"


class Published(msgspec.Struct, frozen=True):
    """A published version: where (``path`` None: the whole office) and from when it is in force."""

    id: int
    code: str
    version: int
    effective_from: date
    published_at: datetime
    path: str | None
    data: Any

    @property
    def rules(self) -> RuleSet:
        return read(self.data)

    @property
    def shelved(self) -> bool:
        """A shipped set: in force only when it is chosen."""
        return (self.code, self.version) in SHIPPED_REFS


class RuleBook:
    """Every published version, as of one moment; asking it costs no query.

    The nearest unit above (or the unit itself) that has a set of its own wins, else the whole office's. Among the sets
    of one place: the one that took effect last on or before the day; on the same day the one published last. What HR
    publishes is in force from its day on; of the shipped sets only the chosen one is.
    """

    def __init__(self, chosen: str, sets: Iterable[Published]) -> None:
        self.chosen = chosen
        self.sets = sorted(sets, key=lambda one: (one.effective_from, one.published_at, one.id))
        self._found: dict[tuple[str, date], RuleSet] = {}

    @classmethod
    async def load(cls) -> "RuleBook":
        """The book as it stands; the shipped sets are published first when nothing is."""
        chosen = await state.get(CHOSEN_KEY) or DEFAULT_CODE
        sets = await _published()
        if not any(one.path is None and one.code == chosen for one in sets):
            await ensure_rules()
            sets = await _published()
        return cls(chosen, sets)

    def of(self, path: str, on: date) -> RuleSet:
        """The rule set in force for a unit on a day. Raises LookupError when nothing is published under the chosen
        code."""
        key = (path, on)
        if key not in self._found:
            self._found[key] = self._nearest(path, on).rules
        return self._found[key]

    def _nearest(self, path: str, on: date) -> Published:
        office = [one for one in self.sets if one.path is None and (not one.shelved or one.code == self.chosen)]
        if not any(one.code == self.chosen for one in office):
            raise LookupError(f"no published rule set {self.chosen!r}")
        local = [
            one for one in self.sets if one.path is not None and under(path, one.path) and one.effective_from <= on
        ]
        for place in sorted({one.path for one in local if one.path is not None}, key=len, reverse=True):
            return [one for one in local if one.path == place][-1]
        begun = [one for one in office if one.effective_from <= on]
        # Imported data may be older than every set: then the oldest is the only one there is.
        return begun[-1] if begun else office[0]

    def ref(self, ref: str) -> RuleSet | None:
        """The published set that an entry or a result names ``code@version``."""
        return next((one.rules for one in self.sets if f"{one.code}@{one.version}" == ref), None)


async def _published() -> Sequence[Published]:
    sql = Sql()
    return await sql.fetch(
        "select r.id, r.code, r.version, r.effective_from, r.published_at, u.path, r.data from rule_set r "
        "left join unit u on u.id = r.unit_id where r.published_at is not null",
        Published,
    )


async def ensure_rules() -> int:
    """Publish the shipped rule sets that are not in the database yet; returns how many were new. Sets that were
    published before seals existed get theirs."""
    made = 0
    for shipped in SHIPPED:
        sql = Sql()
        data = msgspec.json.encode(shipped.rules).decode()
        made += len(
            await sql.rows(
                "insert into rule_set (code, version, name, effective_from, data, published_at, seal) values ("
                f"{sql.arg(shipped.rules.code)}, {sql.arg(shipped.rules.version)}, {sql.arg(shipped.rules.name)}, "
                f"{sql.arg(shipped.effective_from)}, {sql.arg(data)}, {sql.arg(clock.real())}, "
                f"{sql.arg(sealed(msgspec.to_builtins(shipped.rules), shipped.effective_from, None))}) "
                "on conflict (code, version) do nothing returning id"
            )
        )
    await _seal_old()
    return made


async def _seal_old() -> None:
    rows = await Sql().rows(
        "select id, effective_from, unit_id, data from rule_set where published_at is not null and seal = ''"
    )
    for row in rows:
        seal = sealed(plain(row["data"]), day(row["effective_from"]), row["unit_id"])
        sql = Sql()
        await sql.run(f"update rule_set set seal = {sql.arg(seal)} where id = {sql.arg(row['id'])} and seal = ''")


async def published_refs() -> list[tuple[str, bool]]:
    """Every published version, and whether it is still what was published."""
    rows = await Sql().rows(
        "select code, version, name, effective_from, unit_id, data, seal from rule_set where published_at is not null "
        "order by code, version"
    )
    found = []
    for row in rows:
        data = plain(row["data"])
        named = (data.get("code"), data.get("version"), data.get("name")) == (row["code"], row["version"], row["name"])
        # Shipped sets of a database older than seals have none until they are looked at next.
        seal = sealed(data, day(row["effective_from"]), row["unit_id"])
        same = row["seal"] == seal or (not row["seal"] and (row["code"], row["version"]) in SHIPPED_REFS)
        found.append((f"{row['code']}@{row['version']}", named and same))
    return found


async def in_force(on: date, path: str = "/") -> RuleSet:
    """The published rule set in force on a day for the unit at ``path`` (the whole office's without one)."""
    return (await RuleBook.load()).of(path, on)


def day(value: Any) -> date:
    """A date column: text on SQLite."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def plain(data: Any) -> dict[str, Any]:
    """A JSON column as plain values: text on SQLite."""
    found: dict[str, Any] = msgspec.json.decode(data) if isinstance(data, str) else data
    return found


def read(data: Any) -> RuleSet:
    """A stored set: text on SQLite, decoded already by the PostgreSQL driver."""
    return _decode(data if isinstance(data, str) else msgspec.json.encode(data).decode())


@lru_cache(maxsize=256)
def _decode(text: str) -> RuleSet:
    return msgspec.json.decode(text, type=RuleSet)
