"""Instances from the ledger: every delay and major error charged in a scope, with what waives it."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

import msgspec

from backend.domain.scoring import InstanceKind
from backend.domain.scoring_periods import PeriodSpan
from backend.kit.db import Sql
from backend.org.sql import under_any


class Scope(msgspec.Struct, frozen=True):
    """Whose products: those of people, or all led in and under a unit."""

    people: tuple[int, ...] = ()
    path: str | None = None

    def of(self, sql: Sql, person: str, path: str) -> str:
        """The SQL condition on a column of people and one of unit paths."""
        return sql.any_of(person, self.people) if self.path is None else under_any(sql, [self.path], path)


class Waiver(msgspec.Struct, frozen=True):
    """Why an instance costs nothing: the compensating entry."""

    entry_id: int
    reason: str
    by: str
    at: datetime


class Entry(msgspec.Struct, frozen=True):
    """One instance in the ledger."""

    id: int
    kind: InstanceKind
    holder_no: int
    happened_at: datetime
    late_minutes: int | None
    rule: str
    rule_version: str
    waiver: Waiver | None = None


class EntryRow(msgspec.Struct):
    id: int
    key: str
    kind: InstanceKind
    person_id: int | None
    path: str
    task_id: int
    happened_at: datetime
    late_minutes: int | None
    rule: str
    rule_version: str
    waiver_id: int | None
    waiver_reason: str | None
    waiver_by: str | None
    waiver_at: datetime | None

    @property
    def holder_no(self) -> int:
        # delay:{task}:{holder}:{instance}:{scope}
        return int(self.key.split(":")[2])


def read(rows: Sequence[EntryRow]) -> tuple[Entry, ...]:
    return tuple(
        Entry(
            id=row.id,
            kind=row.kind,
            holder_no=row.holder_no,
            happened_at=row.happened_at,
            late_minutes=row.late_minutes,
            rule=row.rule,
            rule_version=row.rule_version,
            waiver=None
            if row.waiver_id is None or row.waiver_at is None
            else Waiver(row.waiver_id, row.waiver_reason or "", row.waiver_by or "", row.waiver_at),
        )
        for row in rows
    )


async def by_holder(scope: Scope, period: PeriodSpan) -> dict[tuple[int, int], list[EntryRow]]:
    """Instances by task and holder, with what waives them."""
    sql = Sql()
    side = sql.arg("officer" if scope.path is None else "unit")
    rows = await sql.fetch(
        "select e.id, e.key, e.kind, e.person_id, u.path, e.task_id, e.happened_at, e.late_minutes, e.rule, "
        "e.rule_version, w.id as waiver_id, w.reason as waiver_reason, coalesce(b.full_name, '') as waiver_by, "
        "w.recorded_at as waiver_at "
        "from ledger_entry e join unit u on u.id = e.unit_id "
        "left join ledger_entry w on w.compensates_id = e.id and w.kind = 'waiver' "
        "left join person b on b.id = w.decided_by_id "
        f"where {scope.of(sql, 'e.person_id', 'u.path')} and e.scope = {side} and e.task_id is not null "
        f"and e.kind in ('delay', 'further_delay', 'major_error') and e.happened_at < {sql.arg(period.end)} "
        "order by e.happened_at, e.id",
        EntryRow,
    )
    found: defaultdict[tuple[int, int], list[EntryRow]] = defaultdict(list)
    for row in rows:
        found[row.task_id, row.holder_no].append(row)
    return found
