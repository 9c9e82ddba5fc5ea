"""The rules of single rows of a task file: every row as a task with its history, and what is wrong with those that are
not."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import msgspec

from backend.auth.actors import ZONE
from backend.domain.calendar import WorkCalendar
from backend.domain.lifecycle import Act, possible, transition
from backend.domain.types import Status
from backend.org.sheets import Issue
from backend.org.values import Bad
from backend.tasks.importing_cells import READERS, moment
from backend.tasks.importing_columns import COLUMNS, Line, Table
from backend.tasks.schemas import CoordinatorDraft, TaskWords

#: Columns with the time of an act, in the order of a task's life: the act, or the column that says which, and the column
#: with what was said.
STEPS: tuple[tuple[str, Act | str, str], ...] = (
    ("acknowledged", Act.ACKNOWLEDGE, ""),
    ("declined", Act.DECLINE, "decline_reason"),
    ("extension_asked", Act.ASK_EXTENSION, "extension_reason"),
    ("extension_decided", "extension_decision", ""),
    ("reported", Act.REPORT, "report_text"),
    ("decided", "decision", "return_reason"),
    ("second_reported", Act.REPORT, "second_report_text"),
    ("second_decided", "second_decision", ""),
    ("cancelled", Act.CANCEL, "cancel_reason"),
)
_TIMES = frozenset({"assigned", "due", "extension_until", "waived", *(key for key, _, _ in STEPS)})
#: Column → another one without which it means nothing.
_NEEDS = (
    ("report_text", "reported"),
    ("decision", "decided"),
    ("decided", "decision"),
    ("decided", "reported"),
    ("return_reason", "decided"),
    ("major_error", "return_reason"),
    ("second_reported", "return_reason"),
    ("second_report_text", "second_reported"),
    ("second_decision", "second_decided"),
    ("second_decided", "second_decision"),
    ("second_decided", "second_reported"),
    ("extension_asked", "extension_until"),
    ("extension_asked", "extension_reason"),
    ("extension_until", "extension_asked"),
    ("extension_reason", "extension_asked"),
    ("extension_decision", "extension_decided"),
    ("extension_decided", "extension_decision"),
    ("extension_decided", "extension_asked"),
    ("declined", "decline_reason"),
    ("decline_reason", "declined"),
    ("cancelled", "cancel_reason"),
    ("cancel_reason", "cancelled"),
    ("waived", "waived_by"),
    ("waived_by", "waive_reason"),
    ("waive_reason", "waived_by"),
)
#: Columns that a draft has under the same name.
_SAME = ("title", "body", "kind", "source_number", "urgency", "weight", "needs_acceptance", "secret")


class Step(msgspec.Struct, frozen=True):
    """One act of the history. ``key`` is the column of its time."""

    key: str
    act: Act
    at: datetime
    text: str = ""
    until: datetime | None = None
    major_error: bool = False


class ImportedTask(msgspec.Struct, frozen=True, kw_only=True):
    """A row understood; ``steps`` in the order in which they happened."""

    row: int
    external_id: str
    parent: str | None
    words: TaskWords
    assigner: str
    lead: str
    assigned_at: datetime
    due_at: datetime
    steps: tuple[Step, ...] = ()
    #: Who confirmed an objective cause of its first delay, and which.
    waived_by: str | None = None
    waive_reason: str = ""


class Reader:
    """Reads the rows of one table as of ``now``; what cannot be read goes to ``issues`` and its row is left out.

    Times without an hour are by ``calendars`` of the row's lead as it is written, else by ``calendar``.
    """

    def __init__(
        self,
        table: Table,
        now: datetime,
        calendar: WorkCalendar,
        issues: list[Issue],
        calendars: Mapping[str, WorkCalendar] | None = None,
    ) -> None:
        self.table = table
        self.now = now
        self.today: date = now.astimezone(ZONE).date()
        self.calendar = calendar
        self.calendars = calendars or {}
        self.issues = issues

    def read(self) -> list[ImportedTask]:
        """Every row that can be understood."""
        found: list[ImportedTask] = []
        seen: dict[str, int] = {}
        for line in self.table.lines:
            before = len(self.issues)
            values = self._values(line)
            external_id = values.get("external_id")
            if external_id in seen:
                self._wrong(line, "external_id", "import_duplicate", value=external_id, other=seen[external_id])
            elif external_id:
                seen[external_id] = line.number
            if len(self.issues) == before:
                task = _task(line.number, values, self.now)
                self._check(line, values, task)
                found.append(task)
        return found

    def _wrong(self, line: Line, key: str, code: str, **params: object) -> None:
        self.issues.append(self.table.issue(line.number, key, code, **params))

    def _values(self, line: Line) -> dict[str, Any]:
        """The row's cells as values by column key; empty cells are left out."""
        values: dict[str, Any] = {}
        calendar = self.calendars.get(line.cells.get("lead", ""), self.calendar)
        for column in COLUMNS:
            text = line.cells.get(column.key, "")
            if not text:
                if column.required:
                    self._wrong(line, column.key, "import_required")
                continue
            try:
                values[column.key] = self._read(column.key, text, calendar)
            except Bad as bad:
                self._wrong(line, column.key, bad.code, **bad.params)
        return values

    def _read(self, key: str, text: str, calendar: WorkCalendar) -> Any:
        if key == "source_date":
            return moment(text, self.today, calendar).astimezone(calendar.zone).date()
        if key in _TIMES:
            return moment(text, self.today, calendar, end=key in ("due", "extension_until"))
        return READERS[key](text)

    def _check(self, line: Line, values: dict[str, Any], task: ImportedTask) -> None:
        """What was said belongs to something that happened, and what happened could happen then."""
        needs = [*_NEEDS, ("decision", "return_reason")] if values.get("decision") is Act.RETURN else _NEEDS
        for key, needed in needs:
            if values.get(key) and needed not in values:
                self._wrong(line, key, "import_needs", other=self.table.labels.get(needed, needed))
        if task.due_at <= task.assigned_at:
            self._wrong(line, "due", "import_time_order", other=self.table.labels.get("assigned", "assigned"))
        for key in ("assigned", "waived"):
            if values.get(key, self.now) > self.now:
                self._wrong(line, key, "import_time_future")
        until = values.get("extension_until")
        if until is not None and until <= task.due_at:
            self._wrong(line, "extension_until", "extension_not_later", due=task.due_at)
        self._walk(line, task)

    def _walk(self, line: Line, task: ImportedTask) -> None:
        """Follow the life of the task step by step; the first impossible one is an issue."""
        status = Status.ACKNOWLEDGED if task.lead == task.assigner else Status.ASSIGNED
        for step in task.steps:
            if step.at < task.assigned_at:
                self._wrong(line, step.key, "import_time_order", other=self.table.labels.get("assigned", "assigned"))
                return
            if step.at > self.now:
                self._wrong(line, step.key, "import_time_future")
                return
            if not possible(status, step.act):
                self._wrong(line, step.key, "import_impossible", after=_last_before(task, step, self.table))
                return
            status = transition(status, step.act, needs_acceptance=task.words.needs_acceptance)
            if step.act is Act.ASK_EXTENSION:
                status = Status.ACKNOWLEDGED


def _last_before(task: ImportedTask, step: Step, table: Table) -> str:
    """The header of what happened just before."""
    at = task.steps.index(step)
    key = task.steps[at - 1].key if at else "assigned"
    return table.labels.get(key, key)


def _task(number: int, values: dict[str, Any], now: datetime) -> ImportedTask:
    own = values["assigner"] == values["lead"]
    return ImportedTask(
        row=number,
        external_id=values["external_id"],
        parent=values.get("parent"),
        words=TaskWords(
            leads=[values["lead"]],
            coordinators=[CoordinatorDraft(found) for found in values.get("coordinators", [])],
            watchers=values.get("watchers", []),
            source_on=values.get("source_date"),
            **{
                **{key: values[key] for key in _SAME if key in values},
                "needs_acceptance": values.get("needs_acceptance", True) and not own,
            },
        ),
        assigner=values["assigner"],
        lead=values["lead"],
        assigned_at=values.get("assigned", now),
        due_at=values["due"],
        steps=_steps(values, own),
        waived_by=values.get("waived_by"),
        waive_reason=values.get("waive_reason", ""),
    )


def _steps(values: dict[str, Any], own: bool) -> tuple[Step, ...]:
    # What needs no acceptance is accepted by its report; what is one's own is acknowledged by registering it.
    skipped = {Act.ACCEPT} if own or not values.get("needs_acceptance", True) else set()
    skipped |= {Act.ACKNOWLEDGE} if own else set()
    steps = []
    for key, named, said in STEPS:
        act = values.get(named) if isinstance(named, str) and not isinstance(named, Act) else named
        if key in values and isinstance(act, Act) and act not in skipped:
            text = values.get(said, "") if said else ""
            until = values.get("extension_until") if act is Act.ASK_EXTENSION else None
            major_error = act is Act.RETURN and values.get("major_error", False)
            steps.append(Step(key, act, values[key], text, until, major_error))
    return tuple(sorted(steps, key=lambda step: step.at))
