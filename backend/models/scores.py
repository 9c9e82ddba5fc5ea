"""Tables of scoring: rule sets, periods, ledger entries, marks, results."""

from typing import Any

from tortoise import fields
from tortoise.models import Model


class RuleSet(Model):
    """A version of the scoring rules, as data, a published one never changes."""

    id = fields.BigIntField(primary_key=True)
    code = fields.CharField(40)
    version = fields.IntField()
    name = fields.CharField(200)
    effective_from = fields.DateField()
    unit: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Unit", null=True, related_name="rule_sets", on_delete=fields.RESTRICT
    )
    data = fields.JSONField[dict[str, Any]]()
    published_at = fields.DatetimeField(null=True)

    class Meta:
        table = "rule_set"
        unique_together = (("code", "version"),)


class Period(Model):
    """A month ``2026-10`` or a quarter ``2026-Q4``."""

    id = fields.BigIntField(primary_key=True)
    key = fields.CharField(10, unique=True)
    kind = fields.CharField(8)
    from_on = fields.DateField()
    until_on = fields.DateField()
    status = fields.CharField(16, default="open")
    closed_at = fields.DatetimeField(null=True)
    closed_by_id = fields.BigIntField(null=True)
    seal = fields.CharField(64, default="")

    class Meta:
        table = "period"


class LedgerEntry(Model):
    """One charge or compensation, append-only. ``key`` makes writing it twice impossible.

    A delay writes two at the same time, one with ``scope`` officer (``person`` set) and one with ``scope`` unit.
    """

    id = fields.BigIntField(primary_key=True)
    key = fields.CharField(120, unique=True)
    # delay | further_delay | major_error | waiver | adjustment | appeal
    kind = fields.CharField(24)
    scope = fields.CharField(8)
    person: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Person", null=True, related_name="entries", on_delete=fields.RESTRICT
    )
    unit: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Unit", related_name="entries", on_delete=fields.RESTRICT
    )
    task: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Task", null=True, related_name="entries", on_delete=fields.RESTRICT
    )
    # The entry this one compensates.
    compensates: fields.ForeignKeyNullableRelation["LedgerEntry"] = fields.ForeignKeyField(
        "models.LedgerEntry", null=True, related_name="compensated_by", on_delete=fields.RESTRICT
    )
    # Instances, negative in a compensation.
    count = fields.IntField(default=1)
    # Points on the 100 scale, of adjustments and appeals only; instances cost what the rule set says.
    points = fields.DecimalField(9, 4, null=True)
    happened_at = fields.DatetimeField()
    recorded_at = fields.DatetimeField()
    late_minutes = fields.IntField(null=True)
    rule = fields.CharField(64)
    rule_version = fields.CharField(48)
    decided_by_id = fields.BigIntField(null=True)
    reason = fields.TextField(default="")
    data = fields.JSONField[dict[str, Any]](default=dict)

    class Meta:
        table = "ledger_entry"
        indexes = (("person_id", "happened_at"), ("unit_id", "happened_at"), ("task_id",))


class Mark(Model):
    """A mark somebody entered for a person or unit in a period: ``common`` 0–30, ``d``, ``dd``, ``e`` 0–100."""

    id = fields.BigIntField(primary_key=True)
    period: fields.ForeignKeyRelation[Period] = fields.ForeignKeyField(
        "models.Period", related_name="marks", on_delete=fields.RESTRICT
    )
    person: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Person", null=True, related_name="marks", on_delete=fields.RESTRICT
    )
    unit: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Unit", null=True, related_name="marks", on_delete=fields.RESTRICT
    )
    what = fields.CharField(16)
    # self | head | leader
    level = fields.CharField(8)
    value = fields.DecimalField(7, 3)
    marked_by_id = fields.BigIntField()
    marked_at = fields.DatetimeField()

    class Meta:
        table = "mark"
        unique_together = (("period", "person", "what", "level"), ("period", "unit", "what", "level"))


class PeriodResult(Model):
    """What a closed period says of a person or unit: exact fractions as text, the inputs beside them."""

    id = fields.BigIntField(primary_key=True)
    period: fields.ForeignKeyRelation[Period] = fields.ForeignKeyField(
        "models.Period", related_name="results", on_delete=fields.RESTRICT
    )
    person: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Person", null=True, related_name="results", on_delete=fields.RESTRICT
    )
    unit: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Unit", null=True, related_name="results", on_delete=fields.RESTRICT
    )
    total = fields.CharField(64, default="")
    band = fields.CharField(16)
    data = fields.JSONField[dict[str, Any]](default=dict)

    class Meta:
        table = "period_result"
        unique_together = (("period", "person"), ("period", "unit"))
