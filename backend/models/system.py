"""Tables of the machinery: named values, idempotency keys, the audit trail."""

from typing import Any

from tortoise import fields
from tortoise.models import Model


class Setting(Model):
    key = fields.CharField(64, primary_key=True)
    value = fields.TextField()

    class Meta:
        table = "setting"


class IdempotencyKey(Model):
    """An answered (or running) write, kept 24 hours so that a repeat gets the same answer. Times are real time."""

    id = fields.BigIntField(primary_key=True)
    owner = fields.CharField(64)
    key = fields.CharField(190)
    fingerprint = fields.CharField(64)
    status = fields.IntField(null=True)
    headers = fields.TextField(default="")
    body = fields.TextField(default="")
    created_at = fields.DatetimeField()

    class Meta:
        table = "idempotency_key"
        unique_together = (("owner", "key"),)
        indexes = (("created_at",),)


class AuditRow(Model):
    """Who did what to what, once per change, never updated, never deleted."""

    id = fields.BigIntField(primary_key=True)
    at = fields.DatetimeField()
    actor_id = fields.BigIntField()
    on_behalf_of_id = fields.BigIntField(null=True)
    action = fields.CharField(64)
    object_kind = fields.CharField(32)
    object_id = fields.BigIntField(null=True)
    data = fields.JSONField[dict[str, Any]](default=dict)
    request_id = fields.CharField(64, null=True)

    class Meta:
        table = "audit_row"
        indexes = (("object_kind", "object_id"), ("actor_id", "at"))
