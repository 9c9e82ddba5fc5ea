"""Tables of the work: tasks, parts, events, reports, extensions, recurrences."""

from typing import TYPE_CHECKING, Any

from tortoise import fields
from tortoise.models import Model


class Task(Model):
    """One thing to do by one lead before a deadline. Instants are domain time, UTC.

    Three due columns say when each sweep must look at the row again, null = never: ``look_at`` (reminders),
    ``answer_at`` (acknowledgement and decision limits), ``charge_at`` (lateness).
    """

    id = fields.BigIntField(primary_key=True)
    code = fields.CharField(20, unique=True)
    version = fields.IntField(default=1)
    external_id = fields.CharField(120, null=True)

    title = fields.CharField(500)
    body = fields.TextField(default="")
    search = fields.TextField(default="")
    kind = fields.CharField(16, default="direct")
    source_number = fields.CharField(120, default="")
    source_on = fields.DateField(null=True)
    urgency = fields.CharField(16, default="normal")
    weight = fields.DecimalField(8, 3, default=1)
    secret = fields.BooleanField(default=False)
    needs_acceptance = fields.BooleanField(default=True)
    all_acknowledge = fields.BooleanField(default=False)
    status = fields.CharField(16, default="assigned")

    assigner: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name="tasks_assigned", on_delete=fields.RESTRICT
    )
    # Whose authority the assigner used, when it was lent.
    on_behalf_of: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Person", null=True, related_name="tasks_on_behalf", on_delete=fields.RESTRICT
    )
    lead: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name="tasks_led", on_delete=fields.RESTRICT
    )
    # The unit of the position the lead was assigned through; it is charged when the task is late.
    unit: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Unit", related_name="tasks", on_delete=fields.RESTRICT
    )
    # The lead was named as a unit and resolved to its leader.
    to_unit = fields.BooleanField(default=False)
    parent: fields.ForeignKeyNullableRelation["Task"] = fields.ForeignKeyField(
        "models.Task", null=True, related_name="subtasks", on_delete=fields.RESTRICT
    )
    # Tasks made from one draft to many leads share this.
    group_key = fields.CharField(32, null=True)
    recurrence: fields.ForeignKeyNullableRelation["Recurrence"] = fields.ForeignKeyField(
        "models.Recurrence", null=True, related_name="tasks", on_delete=fields.RESTRICT
    )
    recurrence_on = fields.DateField(null=True)
    self_registered = fields.BooleanField(default=False)
    # A self-registered task is a product of scoring only after a leader confirmed it.
    confirmed_at = fields.DatetimeField(null=True)

    assigned_at = fields.DatetimeField()
    due_at = fields.DatetimeField()
    # How the deadline was given: {"rule": "instant|minutes|working_days|calendar_days", "amount": n}.
    due_rule = fields.JSONField[dict[str, Any]](default=dict)
    acknowledged_at = fields.DatetimeField(null=True)
    reported_at = fields.DatetimeField(null=True)
    declined_at = fields.DatetimeField(null=True)
    closed_at = fields.DatetimeField(null=True)
    return_count = fields.IntField(default=0)
    # Delay instances charged to the present holder so far; the next is number late_count + 1.
    late_count = fields.IntField(default=0)
    late_base = fields.IntField(default=0)
    late_from_at = fields.DatetimeField(null=True)
    # First instant at which this task was late, whoever held it.
    late_at = fields.DatetimeField(null=True)
    # Counts the holders: part of the ledger key, so that a task that comes back to somebody is charged anew.
    holder_no = fields.IntField(default=1)

    look_at = fields.DatetimeField(null=True)
    answer_at = fields.DatetimeField(null=True)
    charge_at = fields.DatetimeField(null=True)
    # Reminder state (domain/reminding.py): reminders sent, last one, unanswered since the last tap, last tap.
    reminded_count = fields.IntField(default=0)
    reminded_at = fields.DatetimeField(null=True)
    unanswered = fields.IntField(default=0)
    tapped_at = fields.DatetimeField(null=True)
    waiting_until = fields.DatetimeField(null=True)
    # Answers in a row with no step towards closing, and when a leader was told that this may end late (once a task).
    empty_taps = fields.IntField(default=0, db_default=0)
    leader_told_at = fields.DatetimeField(null=True)
    # Set when this task is reminded otherwise than its unit, and when a reminder was held back for the field trial.
    remind_preset = fields.CharField(8, null=True)
    held_at = fields.DatetimeField(null=True)
    # From when the acknowledgement (or decision) limit runs; how far it has been taken: 0 none, 1 asked again,
    # 2 assigner told, 3… up the reporting line (frozen in answer_line when it starts). In an acknowledged task that may
    # end late, answer_line is who hears next when those told before do not answer.
    answer_from_at = fields.DatetimeField()
    answer_line = fields.JSONField[list[int]](default=list)
    answer_step = fields.IntField(default=0)

    if TYPE_CHECKING:  # columns that Tortoise adds for the foreign keys
        assigner_id: int
        on_behalf_of_id: int | None
        lead_id: int
        unit_id: int
        parent_id: int | None
        recurrence_id: int | None

    class Meta:
        table = "task"
        # Every index is written with every reminder (look_at is in two): columns that are mostly null have partial ones,
        # in migration 0002, and those are unique for external_id and for (recurrence_id, recurrence_on, lead_id).
        indexes = (
            ("lead_id", "status", "due_at", "id"),
            ("assigner_id", "status", "due_at", "id"),
            ("unit_id", "due_at", "id"),
        )


class TaskPart(Model):
    """A coordinator's or watcher's part in a task (the lead and the assigner are columns of the task)."""

    id = fields.BigIntField(primary_key=True)
    task: fields.ForeignKeyRelation[Task] = fields.ForeignKeyField(
        "models.Task", related_name="parts", on_delete=fields.CASCADE
    )
    person: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name="task_parts", on_delete=fields.RESTRICT
    )
    part = fields.CharField(16)
    share = fields.DecimalField(8, 3, default=0)
    acknowledged_at = fields.DatetimeField(null=True)

    if TYPE_CHECKING:  # columns that Tortoise adds for the foreign keys
        task_id: int
        person_id: int

    class Meta:
        table = "task_part"
        unique_together = (("task", "person"),)
        indexes = (("person_id", "part"),)


class TaskNumber(Model):
    """The short number by which a person calls a task in chat (domain.md §6)."""

    id = fields.BigIntField(primary_key=True)
    person: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name="task_numbers", on_delete=fields.CASCADE
    )
    task: fields.ForeignKeyRelation[Task] = fields.ForeignKeyField(
        "models.Task", related_name="numbers", on_delete=fields.CASCADE
    )
    number = fields.IntField()
    # From this instant the number may be given again (60 days after the task closed).
    free_at = fields.DatetimeField(null=True)

    if TYPE_CHECKING:  # columns that Tortoise adds for the foreign keys
        task_id: int
        person_id: int

    class Meta:
        table = "task_number"
        unique_together = (("person", "task"),)
        indexes = (("person_id", "number"),)


class TaskEvent(Model):
    """One line of a task's timeline, never updated except to mark it undone."""

    id = fields.BigIntField(primary_key=True)
    task: fields.ForeignKeyRelation[Task] = fields.ForeignKeyField(
        "models.Task", related_name="events", on_delete=fields.CASCADE
    )
    kind = fields.CharField(32)
    at = fields.DatetimeField()
    actor_id = fields.BigIntField()
    on_behalf_of_id = fields.BigIntField(null=True)
    data = fields.JSONField[dict[str, Any]](default=dict)

    if TYPE_CHECKING:  # columns that Tortoise adds for the foreign keys
        task_id: int

    class Meta:
        table = "task_event"
        indexes = (("task_id", "id"),)


class Report(Model):
    """What the lead said when they called a task finished, and what the assigner decided about it."""

    id = fields.BigIntField(primary_key=True)
    task: fields.ForeignKeyRelation[Task] = fields.ForeignKeyField(
        "models.Task", related_name="reports", on_delete=fields.CASCADE
    )
    person: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name="reports", on_delete=fields.RESTRICT
    )
    text = fields.TextField(default="")
    reported_at = fields.DatetimeField()
    # accepted | returned | withdrawn (undone); empty while it waits
    decision = fields.CharField(16, default="")
    decided_at = fields.DatetimeField(null=True)
    decided_by_id = fields.BigIntField(null=True)
    reason = fields.TextField(default="")
    major_error = fields.BooleanField(default=False)

    if TYPE_CHECKING:  # columns that Tortoise adds for the foreign keys
        task_id: int
        person_id: int

    class Meta:
        table = "report"
        indexes = (("task_id", "id"),)


class Extension(Model):
    """A new due time asked for, and the assigner's decision."""

    id = fields.BigIntField(primary_key=True)
    task: fields.ForeignKeyRelation[Task] = fields.ForeignKeyField(
        "models.Task", related_name="extensions", on_delete=fields.CASCADE
    )
    asked_by_id = fields.BigIntField()
    asked_at = fields.DatetimeField()
    due_before = fields.DatetimeField()
    due_asked = fields.DatetimeField()
    reason = fields.TextField()
    # approved | refused | withdrawn; empty while it waits
    decision = fields.CharField(16, default="")
    decided_at = fields.DatetimeField(null=True)
    decided_by_id = fields.BigIntField(null=True)
    due_granted = fields.DatetimeField(null=True)
    note = fields.TextField(default="")

    if TYPE_CHECKING:  # columns that Tortoise adds for the foreign keys
        task_id: int

    class Meta:
        table = "extension"
        indexes = (("task_id", "id"),)


class Recurrence(Model):
    """A draft that becomes a task every week, month or quarter, one period ahead."""

    id = fields.BigIntField(primary_key=True)
    assigner: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name="recurrences", on_delete=fields.RESTRICT
    )
    draft = fields.JSONField[dict[str, Any]]()
    # daily | weekly | monthly | quarterly
    every = fields.CharField(16)
    # ISO weekday 1–7 (weekly), or day of the month (of the quarter's last month); 31 = the last day.
    day = fields.IntField()
    at_minute = fields.IntField(null=True)
    next_on = fields.DateField(null=True)
    # When the sweep must look again; null while paused or ended.
    make_at = fields.DatetimeField(null=True, db_index=True)
    until_on = fields.DateField(null=True)
    created_at = fields.DatetimeField()
    paused_at = fields.DatetimeField(null=True)
    ended_at = fields.DatetimeField(null=True)
    # Why the last period could not be made, for the assigner to mend.
    problem = fields.CharField(200, default="")

    if TYPE_CHECKING:  # columns that Tortoise adds for the foreign keys
        assigner_id: int

    class Meta:
        table = "recurrence"


class CodeCounter(Model):
    """The last number given in a year, codes are never reused."""

    id = fields.BigIntField(primary_key=True)
    year = fields.IntField(unique=True)
    last_number = fields.BigIntField(default=0)

    class Meta:
        table = "code_counter"
