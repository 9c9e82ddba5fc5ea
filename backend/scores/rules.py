"""The rule sets we ship, and which one is in force on a day."""

from datetime import date
from functools import lru_cache
from typing import Any

import msgspec

from backend.domain.scoring import RuleSet
from backend.kit import clock, state
from backend.kit.db import Sql

#: Setting that names the code of the rule set in force; without it the decree's default reading.
CHOSEN_KEY = "scores.rule_set"
DEFAULT_CODE = "nd335"


class Shipped(msgspec.Struct, frozen=True):
    """A rule set and the day from which it may be used."""

    effective_from: date
    rules: RuleSet


#: Decree 335/2025/NĐ-CP is in force from 1 January 2026. Earlier periods of imported data are read by it as well: there
#: is no other rule set for them, so ours begin with the two-level reform.
SHIPPED = (
    Shipped(
        date(2025, 7, 1),
        RuleSet(code=DEFAULT_CODE, version=1, name="Nghị định 335/2025/NĐ-CP: mỗi lần chậm trừ 25 % tiến độ"),
    ),
    Shipped(
        date(2025, 7, 1),
        RuleSet(
            code="nd335-5",
            version=1,
            name="Nghị định 335/2025/NĐ-CP: chậm đến 5 ngày trừ 25 %, quá 5 ngày không tính tiến độ",
            delay_reading="first_then_zero",
        ),
    ),
)

#: Ids of rules in entries; the texts are in the catalogue under ``scores.rule``.
RULE_DELAY = "delay.passed_due"
RULE_FURTHER = "delay.further_5_days"
RULE_MAJOR_ERROR = "quality.major_error"
RULE_OBJECTIVE = "waiver.objective_cause"
RULE_CORRECTION = "correction"


async def ensure_rules() -> int:
    """Publish the shipped rule sets that are not in the database yet; returns how many were new."""
    made = 0
    for shipped in SHIPPED:
        sql = Sql()
        data = msgspec.json.encode(shipped.rules).decode()
        made += len(
            await sql.rows(
                "insert into rule_set (code, version, name, effective_from, data, published_at) values ("
                f"{sql.arg(shipped.rules.code)}, {sql.arg(shipped.rules.version)}, {sql.arg(shipped.rules.name)}, "
                f"{sql.arg(shipped.effective_from)}, {sql.arg(data)}, {sql.arg(clock.real())}) "
                "on conflict (code, version) do nothing returning id"
            )
        )
    return made


async def in_force(on: date) -> RuleSet:
    """The published rule set of the chosen code that is in force on a day: the newest not after it, else the oldest."""
    code = await state.get(CHOSEN_KEY) or DEFAULT_CODE
    return await _newest(code, on) or await _after_publishing(code, on)


async def _after_publishing(code: str, on: date) -> RuleSet:
    await ensure_rules()
    found = await _newest(code, on)
    if found is None:
        raise LookupError(f"no published rule set {code!r}")
    return found


async def _newest(code: str, on: date) -> RuleSet | None:
    sql = Sql()
    day = sql.arg(on)
    rows = await sql.rows(
        f"select data from rule_set where code = {sql.arg(code)} and published_at is not null and unit_id is null "
        f"order by case when effective_from <= {day} then 0 else 1 end, "
        f"case when effective_from <= {day} then version else -version end desc limit 1"
    )
    return _read(rows[0]["data"]) if rows else None


def _read(data: Any) -> RuleSet:
    # The text on SQLite, decoded already by the PostgreSQL driver.
    return _decode(data if isinstance(data, str) else msgspec.json.encode(data).decode())


@lru_cache(maxsize=64)
def _decode(text: str) -> RuleSet:
    return msgspec.json.decode(text, type=RuleSet)
