"""How firmly units and tasks are reminded, the digests people want, and the field trial."""

from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from json import dumps, loads
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index

# The engine and the bot write these rows by the thousand, by ids that they have just read, of people and tasks that are
# never deleted: checking the reference is half of what writing them costs PostgreSQL. SQLite's check costs nothing.
_UNCHECKED = (
    "alter table outbox_notice drop constraint outbox_notice_person_id_fkey",
    "alter table outbox_notice drop constraint outbox_notice_task_id_fkey",
    "alter table slot_message drop constraint slot_message_person_id_fkey",
    "alter table trial_reminder drop constraint trial_reminder_task_id_fkey",
)


async def _uncheck(apps, editor):
    if editor.client.capabilities.dialect == "postgres":
        for statement in _UNCHECKED:
            await editor.client.execute_script(statement)


class Migration(migrations.Migration):
    dependencies = [('models', '0006_slots')]

    initial = False

    operations = [
        ops.CreateModel(
            name='TrialReminder',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('task', fields.ForeignKeyField('models.Task', source_field='task_id', db_constraint=True, to_field='id', related_name='trial_reminders', on_delete=OnDelete.CASCADE)),
                ('holder_no', fields.IntField()),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('held', fields.BooleanField()),
            ],
            options={'table': 'trial_reminder', 'app': 'models', 'unique_together': (('task', 'holder_no'),), 'indexes': [Index(fields=['at'])], 'pk_attr': 'id', 'table_description': "The first eligible reminder of a task's holder: the field trial said it as planned or held it back by chance."},
            bases=['Model'],
        ),
        ops.AddField(
            model_name='Person',
            name='digest_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Person',
            name='leader_digest',
            field=fields.BooleanField(default=True, db_default=True),
        ),
        ops.AddField(
            model_name='Person',
            name='morning_list',
            field=fields.BooleanField(default=True, db_default=True),
        ),
        ops.AddField(
            model_name='Person',
            name='weekly_digest',
            field=fields.BooleanField(default=True, db_default=True),
        ),
        ops.AddField(
            model_name='Task',
            name='held_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Task',
            name='remind_preset',
            field=fields.CharField(null=True, max_length=8),
        ),
        ops.AddField(
            model_name='Unit',
            name='remind_preset',
            field=fields.CharField(null=True, max_length=8),
        ),
        ops.AddField(
            model_name='Unit',
            name='remind_slots',
            field=fields.JSONField(null=True, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads),
        ),
        ops.RunPython(_uncheck),
        ops.RunSQL(
            [
                "create index idx_person_digest on person (digest_at)",
                # What may leave, in the order in which it leaves; and what else waits for the same person.
                "create index idx_outbox_next on outbox_notice (urgent, not_before, id) where status = 'pending'",
                "create index idx_outbox_mine on outbox_notice (person_id, id) where status = 'pending'",
            ],
            ["drop index idx_person_digest", "drop index idx_outbox_next", "drop index idx_outbox_mine"],
        ),
    ]
