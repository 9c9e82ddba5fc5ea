"""Tables of working time: what an office or a unit says differently, and deadlines that such a change may move."""

from typing import TYPE_CHECKING, Any

from tortoise import fields
from tortoise.models import Model


class Calendar(Model):
    """A unit's own word on the calendar (``domain.calendar.CalendarChange``), inherited down the tree.

    The row without a unit is the whole office's word on the shipped table. There is at most one row for each: a unique
    index of migration 0003, which the ORM cannot declare. A row is emptied, never deleted, so that its version goes on.
    """

    id = fields.BigIntField(primary_key=True)
    unit: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Unit", null=True, related_name="calendars", on_delete=fields.RESTRICT
    )
    name = fields.CharField(120)
    data = fields.JSONField[dict[str, Any]]()
    recorded_at = fields.DatetimeField()
    version = fields.IntField(default=1, db_default=1)
    # Drawn anew with each change: names this very content, whatever was rolled back, so that processes may cache it.
    token = fields.CharField(24, default="", db_default="")
    # The version by which the due columns of open tasks were computed again.
    planned_version = fields.IntField(default=0, db_default=0)
    # What the row said before the changes whose effect on open deadlines nobody has looked at yet.
    before = fields.JSONField[dict[str, Any]](null=True)

    if TYPE_CHECKING:  # columns that Tortoise adds for the foreign keys
        unit_id: int | None

    class Meta:
        table = "calendar"


class DueProposal(Model):
    """An open deadline that a change of a calendar would move, for the assigner to decide.

    At most one is open for a task: a partial unique index of migration 0003.
    """

    id = fields.BigIntField(primary_key=True)
    task: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Task", related_name="due_proposals", on_delete=fields.CASCADE
    )
    calendar: fields.ForeignKeyRelation[Calendar] = fields.ForeignKeyField(
        "models.Calendar", related_name="due_proposals", on_delete=fields.RESTRICT
    )
    calendar_version = fields.IntField()
    due_before = fields.DatetimeField()
    due_proposed = fields.DatetimeField()
    made_at = fields.DatetimeField()
    decided_at = fields.DatetimeField(null=True)
    decided_by_id = fields.BigIntField(null=True)
    # moved | kept | gone (the task or its deadline changed before anybody decided); empty while it waits
    decision = fields.CharField(8, default="")

    if TYPE_CHECKING:  # columns that Tortoise adds for the foreign keys
        task_id: int
        calendar_id: int

    class Meta:
        table = "due_proposal"
        indexes = (("task_id", "decided_at"),)
