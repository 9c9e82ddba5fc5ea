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
    # SHA-256 of everything that must not change once it is published, empty for a draft.
    seal = fields.CharField(64, default="", db_default="")
    # Counts the changes of a draft, so that nobody writes over another's.
    revision = fields.IntField(default=1, db_default=1)
    drafted_by_id = fields.BigIntField(null=True)
    published_by_id = fields.BigIntField(null=True)

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
        indexes = (("person_id", "happened_at"), ("unit_id", "happened_at"), ("task_id",), ("compensates_id",))


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


class Disqualification(Model):
    """A listed reason that overrides the points of a person or unit in a period, entered by HR, lifted with a reason."""

    id = fields.BigIntField(primary_key=True)
    period: fields.ForeignKeyRelation[Period] = fields.ForeignKeyField(
        "models.Period", related_name="disqualifications", on_delete=fields.RESTRICT
    )
    person: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Person", null=True, related_name="disqualifications", on_delete=fields.RESTRICT
    )
    unit: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Unit", null=True, related_name="disqualifications", on_delete=fields.RESTRICT
    )
    # A code listed by the rule set in force.
    code = fields.CharField(40)
    reason = fields.TextField()
    entered_by_id = fields.BigIntField()
    entered_at = fields.DatetimeField()
    lifted_at = fields.DatetimeField(null=True)
    lifted_by_id = fields.BigIntField(null=True)
    lift_reason = fields.TextField(default="")

    class Meta:
        table = "disqualification"
        indexes = (("period_id", "person_id"), ("period_id", "unit_id"))


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
    # The last day on which the person may appeal, set when they are told of the score, null = not told yet.
    appeal_until = fields.DateField(null=True)

    class Meta:
        table = "period_result"
        unique_together = (("period", "person"), ("period", "unit"))


class SignOff(Model):
    """A step of the sign-off of a person's (or a unit's) period that somebody has taken, a withdrawn one is deleted."""

    id = fields.BigIntField(primary_key=True)
    period: fields.ForeignKeyRelation[Period] = fields.ForeignKeyField(
        "models.Period", related_name="sign_offs", on_delete=fields.RESTRICT
    )
    person: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Person", null=True, related_name="sign_offs", on_delete=fields.RESTRICT
    )
    unit: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Unit", null=True, related_name="sign_offs", on_delete=fields.RESTRICT
    )
    # self | head | leader
    step = fields.CharField(8)
    # The common mark that was signed, none of a step that HR passed over.
    value = fields.DecimalField(7, 3, null=True)
    signed_by_id = fields.BigIntField()
    signed_at = fields.DatetimeField()
    # Why HR passed over a step that nobody took in time.
    passed_reason = fields.TextField(default="")

    class Meta:
        table = "sign_off"
        unique_together = (("period", "person", "step"), ("period", "unit", "step"))


class WaiverRequest(Model):
    """An officer asks that an instance charged to them be waived for an objective cause."""

    id = fields.BigIntField(primary_key=True)
    # The officer's entry of the pair.
    entry: fields.ForeignKeyRelation[LedgerEntry] = fields.ForeignKeyField(
        "models.LedgerEntry", related_name="waiver_requests", on_delete=fields.RESTRICT
    )
    person: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name="waiver_requests", on_delete=fields.RESTRICT
    )
    task: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Task", related_name="waiver_requests", on_delete=fields.RESTRICT
    )
    cause = fields.TextField()
    asked_at = fields.DatetimeField()
    # empty while it is open | granted | refused
    decision = fields.CharField(8, default="")
    reason = fields.TextField(default="")
    decided_by_id = fields.BigIntField(null=True)
    decided_at = fields.DatetimeField(null=True)

    class Meta:
        table = "waiver_request"
        indexes = (("entry_id",), ("decision", "id"))


class Appeal(Model):
    """An officer's objection to their score in a closed period, one for each."""

    id = fields.BigIntField(primary_key=True)
    period: fields.ForeignKeyRelation[Period] = fields.ForeignKeyField(
        "models.Period", related_name="appeals", on_delete=fields.RESTRICT
    )
    person: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name="appeals", on_delete=fields.RESTRICT
    )
    text = fields.TextField()
    asked_at = fields.DatetimeField()
    # empty while it is open | accepted | rejected
    decision = fields.CharField(8, default="")
    reason = fields.TextField(default="")
    decided_by_id = fields.BigIntField(null=True)
    decided_at = fields.DatetimeField(null=True)
    # What an accepted one wrote into the ledger.
    entry: fields.ForeignKeyNullableRelation[LedgerEntry] = fields.ForeignKeyField(
        "models.LedgerEntry", null=True, related_name="appeals", on_delete=fields.RESTRICT
    )

    class Meta:
        table = "appeal"
        unique_together = (("period", "person"),)
        indexes = (("decision", "id"),)


class Evidence(Model):
    """A file that goes with a waiver request or an appeal."""

    id = fields.BigIntField(primary_key=True)
    attachment: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Attachment", related_name="evidence", on_delete=fields.RESTRICT
    )
    request: fields.ForeignKeyNullableRelation[WaiverRequest] = fields.ForeignKeyField(
        "models.WaiverRequest", null=True, related_name="evidence", on_delete=fields.RESTRICT
    )
    appeal: fields.ForeignKeyNullableRelation[Appeal] = fields.ForeignKeyField(
        "models.Appeal", null=True, related_name="evidence", on_delete=fields.RESTRICT
    )

    class Meta:
        table = "evidence"
        indexes = (("request_id",), ("appeal_id",), ("attachment_id",))
