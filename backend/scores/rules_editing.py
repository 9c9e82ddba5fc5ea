"""HR's rule sets: drafted, changed, published for good, or withdrawn while they are drafts."""

from typing import Any

import msgspec

from backend import audit
from backend.domain import scoring_checks
from backend.domain.types import Actor, TaskKind
from backend.errors import Conflict, InvalidFields, NotFound, Stale
from backend.kit import clock
from backend.kit.db import IntegrityError, Sql, transaction
from backend.kit.text import clean
from backend.models import RuleSet
from backend.org.queries_units import UnitRow, find_unit
from backend.scores import access, rules, rules_reading
from backend.scores.periods import CLOSED
from backend.scores.rules_reading import Row
from backend.scores.rules_shipped import sealed
from backend.scores.schemas_rules import Published, RuleDraft, RuleSetView

_KINDS = frozenset(str(kind) for kind in TaskKind)


async def draft(actor: Actor, given: RuleDraft) -> RuleSetView:
    """Write a draft: the next version of its code. Raises Forbidden for whoever does not keep the rules of that place,
    NotFound for a unit they do not see, InvalidFields with one issue for each wrong rule."""
    unit = await _place(actor, given.unit)
    _require_good(given)
    try:
        async with transaction():
            sql = Sql()
            [last] = await sql.rows(
                f"select coalesce(max(version), 0) as n from rule_set where code = {sql.arg(given.code)}"
            )
            version = int(last["n"]) + 1
            made = await RuleSet.create(
                code=given.code,
                version=version,
                drafted_by_id=actor.person_id or None,
                **_columns(given, version, unit),
            )
            await audit.record(actor, "rules.drafted", "rule_set", made.id, ref=f"{given.code}@{version}")
    except IntegrityError:
        # Two people began the same version at once.
        raise Conflict("rules_taken", value=given.code) from None
    return await rules_reading.show(actor, f"{given.code}@{version}")


async def change(actor: Actor, ref: str, given: RuleDraft, revision: int | None = None) -> RuleSetView:
    """Write a draft anew. Raises as :func:`draft`, Conflict when it is published, Stale when ``revision`` is not the
    present one. Its code stays."""
    unit = await _place(actor, given.unit)
    _require_good(given)
    async with transaction():
        row = await _open(actor, ref, revision)
        if given.code != row.code:
            raise InvalidFields("invalid_fields", [{"where": "code", "code": "rules_code_stays"}])
        await RuleSet.filter(id=row.id).update(**_columns(given, row.version, unit), revision=row.revision + 1)
        await audit.record(actor, "rules.changed", "rule_set", row.id, ref=row.ref)
    return await rules_reading.show(actor, ref)


async def publish(actor: Actor, ref: str, revision: int | None = None) -> Published:
    """Publish a draft: from its day on it rules its place, and it never changes again.

    Raises as :func:`change`, and Conflict when a closed period would have been ruled by it.
    """
    async with transaction():
        row = await _open(actor, ref, revision)
        await _require_no_closed(row)
        now = clock.now()
        seal = sealed(rules.plain(row.data), row.effective_from, row.unit_id)
        await RuleSet.filter(id=row.id).update(published_at=now, published_by_id=actor.person_id or None, seal=seal)
        await audit.record(
            actor, "rules.published", "rule_set", row.id, ref=row.ref, effective_from=row.effective_from.isoformat()
        )
    return Published(row.ref, now)


async def withdraw(actor: Actor, ref: str, revision: int | None = None) -> None:
    """Throw a draft away. Raises as :func:`change`."""
    async with transaction():
        row = await _open(actor, ref, revision)
        await RuleSet.filter(id=row.id, published_at=None).delete()
        await audit.record(actor, "rules.withdrawn", "rule_set", row.id, ref=row.ref)


async def _open(actor: Actor, ref: str, revision: int | None) -> Row:
    """A draft that the actor keeps, held until the end of the transaction."""
    row = await rules_reading.find(ref)
    kept = await rules_reading.keeps(actor, row.path)
    if row.published_at is None and not kept:
        raise NotFound("rules_not_found", ref=ref[:60])
    access.require(kept)
    held = await RuleSet.filter(id=row.id).select_for_update().get()
    if held.published_at is not None:
        raise Conflict("rules_published", ref=row.ref)
    row = await rules_reading.find(ref)
    if revision is not None and revision != row.revision:
        raise Stale("rules_stale", version=row.revision)
    return row


async def _place(actor: Actor, unit: str | None) -> UnitRow | None:
    found = await find_unit(unit) if unit else None
    if found is not None and not access.sees(actor, [found.path]):
        raise NotFound("unit_not_found", ref=unit or "")
    access.require(await rules_reading.keeps(actor, found.path if found else None))
    return found


def _require_good(given: RuleDraft) -> None:
    issues = [*scoring_checks.check_code(given.code), *scoring_checks.check(given.rules, _KINDS)]
    if not clean(given.name):
        issues.append({"where": "name", "code": "empty"})
    if issues:
        raise InvalidFields("invalid_fields", issues)


def _columns(given: RuleDraft, version: int, unit: UnitRow | None) -> dict[str, Any]:
    name = clean(given.name)
    data = {**msgspec.to_builtins(given.rules), "code": given.code, "version": version, "name": name}
    return {
        "name": name,
        "effective_from": given.effective_from,
        "unit_id": unit.id if unit else None,
        "data": data,
    }


async def _require_no_closed(row: Row) -> None:
    """The set in force on its last day rules a period: one that is closed already cannot be ruled anew."""
    sql = Sql()
    closed = await sql.rows(
        f"select key from period where status = {sql.arg(CLOSED)} and until_on >= {sql.arg(row.effective_from)} "
        "order by until_on limit 1"
    )
    if closed:
        raise Conflict("rules_period_closed", period=str(closed[0]["key"]))
