"""Who the names in a task file are, and whether they may do what the file says they did."""

from collections.abc import Mapping, Sequence

import msgspec

from backend.auth.actors import actor_of
from backend.domain.types import Actor
from backend.errors import AppError, InvalidFields, NotFound
from backend.models import Task
from backend.org.permissions import administers
from backend.org.queries import find_person
from backend.org.sheets import Issue
from backend.tasks import people
from backend.tasks.importing_columns import Table
from backend.tasks.importing_rows import ImportedTask
from backend.tasks.people import Chosen


class Cast(msgspec.Struct, frozen=True):
    """Who the names of a row are."""

    assigner: Actor
    chosen: Chosen
    watchers: list[int]
    #: Who confirmed an objective cause of its delay.
    waiver: Actor | None = None


class Casting:
    """Finds the people of every row; whoever is not there, or may not, becomes an issue at the column that names them."""

    def __init__(self, actor: Actor, table: Table, issues: list[Issue]) -> None:
        self.actor = actor
        self.table = table
        self.issues = issues
        self.actors: dict[str, Actor] = {}
        self.leads: dict[tuple[str, str, str], Chosen] = {}

    async def all(self, rows: Sequence[ImportedTask]) -> dict[int, Cast]:
        """Row number → who is who, of every row in which nothing is wrong."""
        return {row.row: found for row in rows if (found := await self._cast(row)) is not None}

    async def _cast(self, row: ImportedTask) -> Cast | None:
        before = len(self.issues)
        chosen: Chosen | None = None
        watchers: list[int] = []
        assigner = await self._actor(row, "assigner", row.assigner)
        waiver = await self._actor(row, "waived_by", row.waived_by) if row.waived_by else None
        if assigner is not None:
            chosen = await self._lead(row, assigner)
        try:
            await people.resolve_people([helper.person for helper in row.words.coordinators], "coordinators")
            watchers = await people.resolve_people(list(row.words.watchers), "watchers")
        except InvalidFields as error:
            for issue in error.issues:
                self._wrong(row, str(issue["where"]).partition(".")[0], "import_person_unknown", value=issue["value"])
        if assigner is None or chosen is None or len(self.issues) > before:
            return None
        return Cast(assigner, chosen, watchers, waiver)

    def _wrong(self, row: ImportedTask, key: str, code: str, **params: object) -> None:
        self.issues.append(self.table.issue(row.row, key, code, **params))

    async def _actor(self, row: ImportedTask, key: str, name: str) -> Actor | None:
        if name not in self.actors:
            try:
                self.actors[name] = await actor_of((await find_person(name)).id)
            except AppError:
                # Nobody, or nobody any more.
                self._wrong(row, key, "import_person_unknown", value=name)
                return None
        return self.actors[name]

    async def _lead(self, row: ImportedTask, assigner: Actor) -> Chosen | None:
        key = (row.assigner, row.lead, row.words.kind)
        if key not in self.leads:
            try:
                self.leads[key] = await people.resolve_lead(assigner, row.lead, row.words.kind)
            except NotFound as error:
                code = "import_person_unknown" if error.code == "person_not_found" else error.code
                self._wrong(row, "lead", code, **{"value": row.lead, **error.params})
                return None
            except AppError:
                self._wrong(row, "lead", "import_not_under", value=row.lead, assigner=row.assigner)
                return None
        chosen = self.leads[key]
        if not administers(self.actor, chosen.path):
            self._wrong(row, "lead", "import_outside", value=row.lead)
            return None
        return chosen


async def stored_parents(
    rows: Sequence[ImportedTask], cast: Mapping[int, Cast], table: Table, issues: list[Issue]
) -> dict[str, Task]:
    """The tasks of which rows are parts and which are there already, by external id (other parents are rows themselves).

    A part is given by who leads the whole, not before it, and is due no later; what is not so becomes an issue.
    """
    in_file = {row.external_id: row for row in rows}
    wanted = {row.parent for row in rows if row.parent is not None}
    stored = {
        str(task.external_id): task for task in await Task.filter(external_id__in=sorted(wanted - in_file.keys()))
    }
    for row in rows:
        if row.parent is None:
            continue
        above, task = in_file.get(row.parent), stored.get(row.parent)
        if above is not None:
            whole = (cast[above.row].chosen.person_id if above.row in cast else None, above.assigned_at, above.due_at)
        elif task is not None:
            whole = (task.lead_id, task.assigned_at, task.due_at)
        else:
            issues.append(table.issue(row.row, "parent", "import_parent_unknown", value=row.parent))
            continue
        lead_id, assigned_at, due_at = whole
        if row.row in cast and lead_id not in (None, cast[row.row].assigner.person_id):
            issues.append(table.issue(row.row, "parent", "subtask_only_by_lead"))
        if row.assigned_at < assigned_at:
            issues.append(table.issue(row.row, "assigned", "import_before_parent"))
        if row.due_at > due_at:
            issues.append(table.issue(row.row, "due", "due_after_parent", due=due_at))
    return stored
