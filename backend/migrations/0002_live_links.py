"""One live chat link per address and per person and channel: partial indexes, the same text on both databases."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0001_first")]

    operations = [
        ops.RunSQL(
            "create unique index uid_chat_link_live_address on chat_link (channel, address) where ended_at is null",
            "drop index uid_chat_link_live_address",
        ),
        ops.RunSQL(
            "create unique index uid_chat_link_live_person on chat_link (person_id, channel) where ended_at is null",
            "drop index uid_chat_link_live_person",
        ),
        ops.RunSQL(
            "create index idx_task_look on task (look_at) where look_at is not null",
            "drop index idx_task_look",
        ),
        ops.RunSQL(
            "create index idx_task_answer on task (answer_at) where answer_at is not null",
            "drop index idx_task_answer",
        ),
        ops.RunSQL(
            "create index idx_task_charge on task (charge_at) where charge_at is not null",
            "drop index idx_task_charge",
        ),
        ops.RunSQL(
            "create index idx_outbox_ready on outbox_notice (ready_at, id) where status = 'pending'",
            "drop index idx_outbox_ready",
        ),
        ops.RunSQL(
            "create index idx_outbox_leased on outbox_notice (lease_until) where status in ('claimed', 'sending')",
            "drop index idx_outbox_leased",
        ),
    ]
