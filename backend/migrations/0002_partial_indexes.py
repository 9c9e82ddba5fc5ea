"""Indexes that the ORM cannot declare, partial ones above all; the text is the same on both databases.

The unique ones are rules: one live chat link per address, and per person and channel; one task per outside name; one task
of a recurrence per day and lead.
"""

from tortoise import migrations
from tortoise.migrations import operations as ops

#: name, "unique" or nothing, table (columns) [where …]
INDEXES = (
    ("uid_chat_link_live_address", "unique", "chat_link (channel, address) where ended_at is null"),
    ("uid_chat_link_live_person", "unique", "chat_link (person_id, channel) where ended_at is null"),
    ("uid_task_external", "unique", "task (external_id) where external_id is not null"),
    ("uid_task_recurrence", "unique", "task (recurrence_id, recurrence_on, lead_id) where recurrence_id is not null"),
    ("idx_task_group", "", "task (group_key) where group_key is not null"),
    ("idx_task_look", "", "task (look_at, lead_id) where look_at is not null"),
    ("idx_task_look_lead", "", "task (lead_id, look_at) where look_at is not null"),
    ("idx_task_answer", "", "task (answer_at, id) where answer_at is not null"),
    ("idx_task_charge", "", "task (charge_at, id) where charge_at is not null"),
    ("idx_task_parent", "", "task (parent_id) where parent_id is not null"),
    ("idx_task_on_behalf", "", "task (on_behalf_of_id) where on_behalf_of_id is not null"),
    ("idx_task_due", "", "task (due_at, id)"),
    ("idx_task_unconfirmed", "", "task (unit_id) where self_registered and confirmed_at is null"),
    ("idx_task_declined", "", "task (unit_id) where status = 'declined'"),
    ("idx_task_number_task", "", "task_number (task_id)"),
    ("idx_extension_open", "", "extension (task_id) where decision = ''"),
    ("idx_outbox_ready", "", "outbox_notice (ready_at, id) where status = 'pending'"),
    ("idx_outbox_leased", "", "outbox_notice (lease_until) where status in ('claimed', 'sending')"),
    ("idx_attempt_receipt", "", "delivery_attempt (channel, address, receipt) where receipt <> ''"),
    ("idx_position_unit", "", "position (unit_id)"),
    ("idx_unit_parent", "", "unit (parent_id)"),
    ("idx_delegation_position", "", "delegation (position_id)"),
    ("idx_audit_org", "", "audit_row (id) where object_kind in ('person', 'position', 'unit', 'org')"),
)


class Migration(migrations.Migration):
    dependencies = [("models", "0001_first")]

    # In one operation: the ORM copies every model it knows before each.
    operations = [
        ops.RunSQL(
            [f"create {unique} index {name} on {definition}" for name, unique, definition in INDEXES],
            [f"drop index {name}" for name, _, _ in INDEXES],
        )
    ]
