"""Tables of the organisation: units, people, positions, delegations, leave."""

from typing import TYPE_CHECKING

from tortoise import fields
from tortoise.models import Model


class Unit(Model):
    id = fields.BigIntField(primary_key=True)
    code = fields.CharField(64, unique=True)
    name = fields.CharField(255)
    name_folded = fields.CharField(255)
    kind = fields.CharField(32, default="section")
    parent: fields.ForeignKeyNullableRelation["Unit"] = fields.ForeignKeyField(
        "models.Unit", null=True, related_name="children", on_delete=fields.RESTRICT
    )
    # The leader of the parent unit who looks after this one (phụ trách); the reporting line passes through them.
    overseer: fields.ForeignKeyNullableRelation["Person"] = fields.ForeignKeyField(
        "models.Person", null=True, related_name="oversees", on_delete=fields.SET_NULL
    )
    path = fields.CharField(255, db_index=True)
    closed_on = fields.DateField(null=True)
    # How firmly this unit and those below it are reminded, and at which local minutes of a day; null = as above it.
    remind_preset = fields.CharField(8, null=True)
    remind_slots = fields.JSONField[list[int]](null=True)

    class Meta:
        table = "unit"


class Person(Model):
    id = fields.BigIntField(primary_key=True)
    handle = fields.CharField(40, unique=True)
    full_name = fields.CharField(120)
    name_folded = fields.CharField(120, db_index=True)
    email = fields.CharField(254, unique=True, null=True)
    phone = fields.CharField(20, unique=True, null=True)
    locale = fields.CharField(2, default="vi")
    password_hash = fields.CharField(255, null=True)
    must_change_password = fields.BooleanField(default=True)
    # Last day in service; afterwards nothing lets them in.
    until_on = fields.DateField(null=True)
    # When leaving was carried out: sessions, tokens and chat links ended.
    left_at = fields.DatetimeField(null=True)
    channels = fields.JSONField[list[str]](default=list)
    created_at = fields.DatetimeField()
    # Digests: when the engine must look again (null = never looked), and which ones the person wants.
    digest_at = fields.DatetimeField(null=True)
    morning_list = fields.BooleanField(default=True, db_default=True)
    leader_digest = fields.BooleanField(default=True, db_default=True)
    weekly_digest = fields.BooleanField(default=True, db_default=True)

    class Meta:
        table = "person"


class Position(Model):
    id = fields.BigIntField(primary_key=True)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "models.Person", related_name="positions", on_delete=fields.RESTRICT
    )
    unit: fields.ForeignKeyRelation[Unit] = fields.ForeignKeyField(
        "models.Unit", related_name="positions", on_delete=fields.RESTRICT
    )
    title = fields.CharField(120)
    title_folded = fields.CharField(120)
    role = fields.CharField(16)
    # Orders the leaders of one unit: 1 the chief, 2 a deputy.
    rank = fields.IntField(default=1)
    from_on = fields.DateField()
    until_on = fields.DateField(null=True)

    class Meta:
        table = "position"
        unique_together = (("person", "unit", "role", "title_folded", "from_on"),)


class Delegation(Model):
    """A leader's authority lent to a substitute between two days, both included."""

    id = fields.BigIntField(primary_key=True)
    position: fields.ForeignKeyRelation[Position] = fields.ForeignKeyField(
        "models.Position", related_name="delegations", on_delete=fields.RESTRICT
    )
    giver: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "models.Person", related_name="delegations_given", on_delete=fields.RESTRICT
    )
    substitute: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "models.Person", related_name="delegations_held", on_delete=fields.RESTRICT
    )
    from_on = fields.DateField()
    until_on = fields.DateField()
    reason = fields.CharField(500, default="")
    recorded_by_id = fields.BigIntField()
    recorded_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "delegation"
        indexes = (("substitute_id", "from_on", "until_on"),)


class Leave(Model):
    """Days on which a person is away, both ends included."""

    id = fields.BigIntField(primary_key=True)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "models.Person", related_name="leaves", on_delete=fields.RESTRICT
    )
    substitute: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField(
        "models.Person", null=True, related_name="substitutes_for", on_delete=fields.SET_NULL
    )
    from_on = fields.DateField()
    until_on = fields.DateField()
    reason = fields.CharField(500, default="")
    recorded_by_id = fields.BigIntField()
    recorded_at = fields.DatetimeField()
    cancelled_at = fields.DatetimeField(null=True)

    if TYPE_CHECKING:  # columns that Tortoise adds for the foreign keys
        substitute_id: int | None

    class Meta:
        table = "leave"
        indexes = (("person_id", "until_on"),)
