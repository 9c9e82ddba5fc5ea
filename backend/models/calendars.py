"""Tables of working time: an office's own calendar, when it differs from the default."""

from typing import Any

from tortoise import fields
from tortoise.models import Model


class Calendar(Model):
    """A unit's calendar as data (``domain.calendar.CalendarData``), inherited down the tree. No ``unit``: the
    whole office's."""

    id = fields.BigIntField(primary_key=True)
    unit: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Unit", null=True, related_name="calendars", on_delete=fields.RESTRICT
    )
    name = fields.CharField(120)
    data = fields.JSONField[dict[str, Any]]()
    recorded_at = fields.DatetimeField()

    class Meta:
        table = "calendar"
