"""Importing an organisation file: read, judge as a whole, and carry out in one transaction or not at all."""

import asyncio
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from backend.auth.actors import today
from backend.domain.types import Actor, Role
from backend.errors import Forbidden
from backend.kit.db import transaction
from backend.org import sheets as reading
from backend.org.draft import DraftDelegation, Drafted, DraftLeave, DraftPerson, DraftPosition, DraftUnit
from backend.org.importing_write import carry_out
from backend.org.leaving import close_left
from backend.org.locks import lock_office
from backend.org.permissions import rules_all
from backend.org.plan import Missing, Plan, Scope
from backend.org.planning import make_plan
from backend.org.rules import understand
from backend.org.sheets import Issue, Sheets, refuse
from backend.org.stored import load

_SHEET_OF: dict[type[Drafted], str] = {
    DraftUnit: "units",
    DraftPerson: "people",
    DraftPosition: "positions",
    DraftLeave: "leaves",
    DraftDelegation: "delegations",
}


class RowResult(msgspec.Struct, frozen=True):
    """What a row does (or did); ``row`` 0: it is not in the file and is closed. ``changes``: field →
    [before, after]."""

    sheet: str
    row: int
    what: str
    ref: str
    name: str
    changes: dict[str, tuple[Any, Any]] = {}


class ImportResult(msgspec.Struct, frozen=True):
    """What an import did, or with ``dry_run`` would do. ``rows`` leaves out unchanged ones."""

    dry_run: bool
    created: int
    changed: int
    unchanged: int
    closed: int
    missing: list[Missing]
    rows: list[RowResult]


async def import_path(actor: Actor, path: Path, *, dry_run: bool = False, close_missing: bool = False) -> ImportResult:
    """Import an XLSX file, a folder of CSV files or one CSV file; see :func:`import_org`."""
    sheets = await asyncio.to_thread(reading.read_path, path)
    return await import_org(actor, sheets, dry_run=dry_run, close_missing=close_missing)


async def import_org(
    actor: Actor, sheets: Sheets, *, dry_run: bool = False, close_missing: bool = False
) -> ImportResult:
    """Make the office what the file says. Importing the same file again changes nothing.

    Raises InvalidFields with every bad row, and then nothing is written; Forbidden for whoever is neither HR nor admin.
    """
    scope = _scope(actor)
    issues: list[Issue] = []
    office = await asyncio.to_thread(understand, sheets, issues)
    async with transaction():
        await lock_office()
        stored = await load()
        # In a thread: a province takes seconds of pure computing, and other requests must go on meanwhile.
        plan = await asyncio.to_thread(make_plan, stored, office, today(), scope, close_missing, issues)
        refuse(issues)
        result = await asyncio.to_thread(_result, plan, dry_run)
        if not dry_run and result.created + result.changed + result.closed:
            await carry_out(actor, plan)
    if not dry_run:
        await close_left(actor)
    return result


def _scope(actor: Actor) -> Scope:
    if rules_all(actor):
        return Scope(person_id=actor.person_id)
    if actor.has(Role.HR, Role.ADMIN):
        return Scope(actor.paths(Role.HR, Role.ADMIN), actor.paths(Role.ADMIN), actor.person_id)
    raise Forbidden("forbidden")


def _result(plan: Plan, dry_run: bool) -> ImportResult:
    counts = {"created": 0, "changed": 0, "unchanged": 0, "closed": 0}
    rows: list[RowResult] = []
    for one in plan.draft.everything():
        what = one.what
        if not what:
            continue
        counts[what] += 1
        if what != "unchanged":
            rows.append(RowResult(_SHEET_OF[type(one)], one.row, what, *_names(one), _plain(one)))
    return ImportResult(dry_run=dry_run, missing=plan.missing, rows=rows, **counts)


def _names(one: Drafted) -> tuple[str, str]:
    """A reference and a name for people."""
    match one:
        case DraftUnit():
            return one.code, one.name
        case DraftPerson():
            return one.handle, one.full_name
        case DraftPosition():
            return f"{one.person.handle} @ {one.unit.code}", f"{one.person.full_name}: {one.title}"
        case DraftLeave():
            return one.person.handle, one.person.full_name
        case DraftDelegation():
            return one.position.person.handle, f"{one.position.person.full_name} → {one.substitute.full_name}"
    raise TypeError(one)


def _plain(one: Drafted) -> dict[str, tuple[Any, Any]]:
    return {key: (_json(before), _json(after)) for key, (before, after) in one.changes.items()}


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
