"""Tables of files: content by its hash, and where it is attached."""

from typing import TYPE_CHECKING

from tortoise import fields
from tortoise.models import Model


class Blob(Model):
    """Stored content, the key is its SHA-256 in hex."""

    sha256 = fields.CharField(64, primary_key=True)
    size = fields.BigIntField()
    media_type = fields.CharField(120)
    created_at = fields.DatetimeField()

    class Meta:
        table = "blob"


class Attachment(Model):
    """A blob under a name, uploaded by somebody, hung on a task and possibly on one of its reports."""

    id = fields.BigIntField(primary_key=True)
    blob: fields.ForeignKeyRelation[Blob] = fields.ForeignKeyField(
        "models.Blob", related_name="attachments", on_delete=fields.RESTRICT
    )
    name = fields.CharField(255)
    uploaded_by: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name="attachments", on_delete=fields.RESTRICT
    )
    uploaded_at = fields.DatetimeField()
    task: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Task", null=True, related_name="attachments", on_delete=fields.CASCADE
    )
    report: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Report", null=True, related_name="attachments", on_delete=fields.CASCADE
    )

    if TYPE_CHECKING:  # columns that Tortoise adds for the foreign keys
        blob_id: str
        uploaded_by_id: int
        task_id: int | None
        report_id: int | None

    class Meta:
        table = "attachment"
        indexes = (("task_id",), ("report_id",))
