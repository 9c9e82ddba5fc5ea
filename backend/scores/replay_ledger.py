"""Entries held against each other: pairs, compensations, corrections and the rule versions that they name."""

from collections.abc import AsyncIterator

from backend.domain.scoring_periods import PeriodSpan
from backend.kit.db import Sql
from backend.scores.replaying import Difference, Found

_INSTANCES = "('delay', 'further_delay', 'major_error')"
_OTHER = (
    "case e.scope when 'officer' then substr(e.key, 1, length(e.key) - 7) || 'unit' "
    "else substr(e.key, 1, length(e.key) - 4) || 'officer' end"
)
#: What is compared: name, rows to look at, a condition that is true of a row that is wrong, and its code.
_CHECKS = (
    (
        "pairs",
        f"e.kind in {_INSTANCES}",
        "e.task_id is null or not exists (select 1 from ledger_entry o where o.task_id = e.task_id "
        f"and o.key = {_OTHER} and o.unit_id = e.unit_id and o.happened_at = e.happened_at and o.kind = e.kind)",
        "entry_alone",
    ),
    (
        "waivers",
        "e.kind = 'waiver'",
        f"not exists (select 1 from ledger_entry o where o.id = e.compensates_id and o.kind in {_INSTANCES} "
        "and e.key = 'waiver:' || o.key and e.count = -o.count and e.scope = o.scope and e.unit_id = o.unit_id "
        "and e.task_id = o.task_id and coalesce(e.person_id, 0) = coalesce(o.person_id, 0)) "
        f"or not exists (select 1 from ledger_entry p where p.key = {_OTHER})",
        "waiver_wrong",
    ),
    (
        "corrections",
        "e.kind in ('adjustment', 'appeal')",
        "e.points is null or e.count <> 0 or e.person_id is null or e.reason = '' or e.decided_by_id is null and "
        "e.rule_version = '' or substr(e.key, 1, length(e.kind) + 1) <> e.kind || ':'",
        "correction_wrong",
    ),
    (
        "rules",
        "1 = 1",
        "not exists (select 1 from rule_set r where r.published_at is not null "
        "and r.code || '@' || r.version = e.rule_version)",
        "rule_unknown",
    ),
    (
        "kinds",
        "1 = 1",
        f"e.kind not in {_INSTANCES} and e.kind not in ('waiver', 'adjustment', 'appeal')",
        "kind_unknown",
    ),
)


async def compare(span: PeriodSpan | None) -> AsyncIterator[Found]:
    """Every entry (of one period: those that happened in it) against its partners."""
    for what, rows, wrong, code in _CHECKS:
        sql = Sql()
        inside = f" and e.happened_at >= {sql.arg(span.start)} and e.happened_at < {sql.arg(span.end)}" if span else ""
        bad = await sql.rows(
            f"select e.key, e.rule_version from ledger_entry e where {rows}{inside} and ({wrong}) order by e.id"
        )
        sql = Sql()
        inside = f" and e.happened_at >= {sql.arg(span.start)} and e.happened_at < {sql.arg(span.end)}" if span else ""
        [count] = await sql.rows(f"select count(*) as n from ledger_entry e where {rows}{inside}")
        yield Found(
            what,
            int(count["n"]),
            [Difference(code, {"key": str(row["key"]), "version": str(row["rule_version"])}) for row in bad],
        )
