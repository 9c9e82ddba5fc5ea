"""Tables of speaking: notices to send, every attempt, what came in, and what a bot has used of its allowance."""

from typing import Any

from tortoise import fields
from tortoise.models import Model


class OutboxNotice(Model):
    """One thing to say to one person, written in the transaction of its cause.

    ``status``: pending → claimed → sending → sent | dead | cancelled | muted (nobody to send it to). ``not_before`` is domain
    time (working hours, slots); ``ready_at`` and ``lease_until`` are real time (grace, back-off, leases).
    """

    id = fields.BigIntField(primary_key=True)
    dedup_key = fields.CharField(190, unique=True)
    kind = fields.CharField(40)
    payload = fields.JSONField[dict[str, Any]]()
    # PostgreSQL does not check these two (migration 0007, ADR 0014).
    person: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name="notices", on_delete=fields.CASCADE
    )
    task: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Task", null=True, related_name="notices", on_delete=fields.CASCADE
    )
    # Cancelled with their cause when it goes away: e.g. ``remind``, ``assigned``.
    topic = fields.CharField(24, default="")
    urgent = fields.BooleanField(default=False)
    # A line of a slot: it goes in one message with the person's other lines of that moment.
    in_slot = fields.BooleanField(default=False, db_default=False)
    status = fields.CharField(12, default="pending")
    created_at = fields.DatetimeField()
    not_before = fields.DatetimeField()
    ready_at = fields.DatetimeField()
    lease_until = fields.DatetimeField(null=True)
    lease_owner = fields.CharField(64, default="")
    attempts = fields.IntField(default=0)
    # An earlier attempt may have arrived: the text says so when it is sent once more.
    maybe_sent = fields.BooleanField(default=False)
    settled_at = fields.DatetimeField(null=True)
    problem = fields.CharField(300, default="")
    # Urgent work goes to two channels at once: this is the second message of that notice, on another channel.
    twin_of_id = fields.BigIntField(null=True)

    class Meta:
        table = "outbox_notice"
        indexes = (("task_id", "status"), ("person_id", "status"))  # what is ready: partial index in migration 0002


class DeliveryAttempt(Model):
    """One try to deliver a notice on one channel, the proof behind "tôi không nhận được việc". Times are real time."""

    id = fields.BigIntField(primary_key=True)
    notice: fields.ForeignKeyRelation[OutboxNotice] = fields.ForeignKeyField(
        "models.OutboxNotice", related_name="deliveries", on_delete=fields.CASCADE
    )
    channel = fields.CharField(16)
    address = fields.CharField(190)
    started_at = fields.DatetimeField()
    finished_at = fields.DatetimeField(null=True)
    # started | sent | retry | failed | unknown
    outcome = fields.CharField(12, default="started")
    # The channel's own message id, by which the message is edited and replies are recognised.
    receipt = fields.CharField(190, default="")
    problem = fields.CharField(300, default="")
    # The first sign that somebody read it: a press under it, a reply to it, its link opened.
    seen_at = fields.DatetimeField(null=True)

    class Meta:
        table = "delivery_attempt"
        indexes = (("notice_id", "id"),)  # by receipt: partial index in migration 0002


class InboundUpdate(Model):
    """An update from a chat server, kept until it is handled, the key makes repeats harmless."""

    id = fields.BigIntField(primary_key=True)
    channel = fields.CharField(16)
    update_key = fields.CharField(120)
    body = fields.TextField()
    received_at = fields.DatetimeField()
    handled_at = fields.DatetimeField(null=True)
    attempts = fields.IntField(default=0)
    problem = fields.CharField(300, default="")

    class Meta:
        table = "inbound_update"
        unique_together = (("channel", "update_key"),)
        indexes = (("handled_at", "id"),)


class ChatPrompt(Model):
    """A question the bot asked and whose answer it waits for: which task, which act."""

    id = fields.BigIntField(primary_key=True)
    channel = fields.CharField(16)
    address = fields.CharField(190)
    receipt = fields.CharField(190)
    task: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Task", null=True, related_name="prompts", on_delete=fields.CASCADE
    )
    act = fields.CharField(24)
    data = fields.JSONField[dict[str, Any]](default=dict)
    asked_at = fields.DatetimeField()
    answered_at = fields.DatetimeField(null=True)

    class Meta:
        table = "chat_prompt"
        indexes = (("channel", "address", "receipt"),)


class ChatReport(Model):
    """A report that is still being said: what came in a chat for one task, until «xong» or some quiet. Times are real."""

    id = fields.BigIntField(primary_key=True)
    channel = fields.CharField(16)
    address = fields.CharField(190)
    person: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name="chat_reports", on_delete=fields.CASCADE
    )
    task: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Task", related_name="chat_reports", on_delete=fields.CASCADE
    )
    text = fields.TextField(default="")
    files = fields.JSONField[list[int]](default=list)
    # Where the question or card stood that led to it, to be made true afterwards: {"on": …, "receipt": …}.
    data = fields.JSONField[dict[str, Any]](default=dict)
    started_at = fields.DatetimeField()
    heard_at = fields.DatetimeField()
    # Handed in or dropped.
    ended_at = fields.DatetimeField(null=True)
    problem = fields.CharField(300, default="")

    class Meta:
        table = "chat_report"  # one open report a chat: partial unique index in migration 0009


class ChannelUse(Model):
    """What one bot of a channel has sent and heard in one month, of the ``most`` it may (0 = no limit)."""

    id = fields.BigIntField(primary_key=True)
    channel = fields.CharField(16)
    bot = fields.CharField(40)
    month = fields.CharField(7)  # 2026-11, in the office's zone
    sent = fields.IntField(default=0)
    received = fields.IntField(default=0)
    most = fields.IntField(default=0)
    # The server said that the allowance is spent, whatever we counted: nothing leaves before (domain time).
    full_until = fields.DatetimeField(null=True)
    problem = fields.CharField(300, default="")
    problem_at = fields.DatetimeField(null=True)

    class Meta:
        table = "channel_use"
        unique_together = (("channel", "bot", "month"),)
