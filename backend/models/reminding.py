"""Tables of reminding: what the past says of an officer, and which slots spoke to whom."""

from typing import TYPE_CHECKING

from tortoise import fields
from tortoise.models import Model


class TrackRecord(Model):
    """What the past says of one officer as counts, see ``domain.reminding_policy.History``, written with their causes."""

    id = fields.BigIntField(primary_key=True)
    person: fields.OneToOneRelation[Model] = fields.OneToOneField(
        "models.Person", related_name="track_record", on_delete=fields.CASCADE
    )
    # Tasks still open when 1/4, 1/2, 3/4, 7/8, 15/16 of their working time had gone.
    still_1 = fields.IntField(default=0)
    still_2 = fields.IntField(default=0)
    still_3 = fields.IntField(default=0)
    still_4 = fields.IntField(default=0)
    still_5 = fields.IntField(default=0)
    # Those that passed their deadline open.
    late = fields.IntField(default=0)
    # Messages of slots in the morning and in the afternoon, and how many of them were answered.
    morning_sent = fields.IntField(default=0)
    morning_answered = fields.IntField(default=0)
    afternoon_sent = fields.IntField(default=0)
    afternoon_answered = fields.IntField(default=0)

    class Meta:
        table = "track_record"


class SlotMessage(Model):
    """That a slot spoke to a person, with how many reminders (0 = a digest alone), and when they first answered one."""

    id = fields.BigIntField(primary_key=True)
    person: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(  # not checked, see OutboxNotice
        "models.Person", related_name="slot_messages", on_delete=fields.CASCADE
    )
    slot_at = fields.DatetimeField()
    morning = fields.BooleanField()
    lines = fields.IntField()
    answered_at = fields.DatetimeField(null=True)

    if TYPE_CHECKING:  # a column that Tortoise adds for the foreign key
        person_id: int

    class Meta:
        table = "slot_message"
        unique_together = (("person", "slot_at"),)


class TrialReminder(Model):
    """The first eligible reminder of a task's holder: the field trial said it as planned or held it back by chance."""

    id = fields.BigIntField(primary_key=True)
    task: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(  # not checked, see OutboxNotice
        "models.Task", related_name="trial_reminders", on_delete=fields.CASCADE
    )
    holder_no = fields.IntField()
    at = fields.DatetimeField()
    held = fields.BooleanField()

    if TYPE_CHECKING:  # a column that Tortoise adds for the foreign key
        task_id: int

    class Meta:
        table = "trial_reminder"
        unique_together = (("task", "holder_no"),)
        indexes = (("at",),)
