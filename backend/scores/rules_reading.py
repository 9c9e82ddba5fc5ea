"""Reading rule sets: the list, one of them, and which may be changed by whom."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Literal

import msgspec

from backend.auth.actors import today
from backend.domain.access import under
from backend.domain.scoring import Rules
from backend.domain.types import Actor
from backend.errors import NotFound
from backend.kit.db import Sql
from backend.org.queries_units import units_under
from backend.scores import access, rules
from backend.scores.rules import RuleBook
from backend.scores.rules_shipped import SHIPPED_REFS
from backend.scores.schemas_rules import RuleSetLine, RuleSetView


class Row(msgspec.Struct):
    """A version with the names a reader needs."""

    id: int
    code: str
    version: int
    name: str
    effective_from: date
    unit_id: int | None
    path: str | None
    unit_code: str
    unit_name: str
    published_at: datetime | None
    published_by: str
    revision: int
    data: Any

    @property
    def ref(self) -> str:
        return f"{self.code}@{self.version}"

    @property
    def status(self) -> Literal["draft", "published"]:
        return "draft" if self.published_at is None else "published"


async def rows(where: str = "1 = 1", sql: Sql | None = None) -> list[Row]:
    """Versions that meet a condition on ``r``, newest of each code first."""
    sql = sql or Sql()
    return await sql.fetch(
        "select r.id, r.code, r.version, r.name, r.effective_from, r.unit_id, u.path, coalesce(u.code, '') as unit_code, "
        "coalesce(u.name, '') as unit_name, r.published_at, coalesce(p.full_name, '') as published_by, r.revision, r.data "
        "from rule_set r left join unit u on u.id = r.unit_id left join person p on p.id = r.published_by_id "
        f"where {where} order by r.code, r.version desc",
        Row,
    )


async def find(ref: str) -> Row:
    """The version ``code@version``, a draft too. Raises NotFound."""
    code, _, version = ref.strip().partition("@")
    if version.isdecimal() and len(version) < 9:
        sql = Sql()
        found = await rows(f"r.code = {sql.arg(code)} and r.version = {sql.arg(int(version))}", sql)
        if found:
            return found[0]
    raise NotFound("rules_not_found", ref=ref[:60])


async def listing(actor: Actor) -> list[RuleSetLine]:
    """Every published version, and the drafts of those that the actor keeps."""
    book = await RuleBook.load()
    return [_line(row, book) for row in await rows() if row.published_at is not None or await keeps(actor, row.path)]


async def show(actor: Actor, ref: str) -> RuleSetView:
    """One version. Raises NotFound, also for a draft that the actor does not keep."""
    row = await find(ref)
    kept = await keeps(actor, row.path)
    if row.published_at is None and not kept:
        raise NotFound("rules_not_found", ref=ref[:60])
    can = ["edit", "publish", "withdraw"] if kept and row.published_at is None else []
    line = msgspec.structs.asdict(_line(row, await RuleBook.load()))
    return RuleSetView(**line, revision=row.revision, rules=bare(row), can=can)


def bare(row: Row) -> Rules:
    """The rules without the name they go by."""
    known = rules.read(row.data)
    return Rules(**{name: getattr(known, name) for name in Rules.__struct_fields__})


def _line(row: Row, book: RuleBook) -> RuleSetLine:
    force = book.of(row.path or "/", today()) if row.published_at is not None else None
    return RuleSetLine(
        ref=row.ref,
        code=row.code,
        version=row.version,
        name=row.name,
        effective_from=row.effective_from,
        unit_code=row.unit_code,
        unit_name=row.unit_name,
        status=row.status,
        shipped=(row.code, row.version) in SHIPPED_REFS,
        in_force=force is not None and force.ref == row.ref,
        published_at=row.published_at,
        published_by=row.published_by,
    )


async def keeps(actor: Actor, path: str | None) -> bool:
    """Whether the actor keeps the rules of a place: HR of the unit; of the whole office, HR of every root."""
    if actor.is_system:
        return True
    return all(access.keeps(actor, one) for one in ([path] if path else await _roots()))


async def _roots() -> Sequence[str]:
    roots = [unit.path for unit in await units_under(None) if unit.parent_id is None and unit.closed_on is None]
    return roots or ["/"]


def concerns(row: Row, path: str) -> bool:
    """Whether a unit lies where a version rules."""
    return row.path is None or under(path, row.path)
