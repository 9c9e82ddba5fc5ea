"""Lines of slots that go in one message; what the past says of each officer; which slots spoke to whom."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('models', '0005_rules')]

    initial = False

    operations = [
        ops.CreateModel(
            name='SlotMessage',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('person', fields.ForeignKeyField('models.Person', source_field='person_id', db_constraint=True, to_field='id', related_name='slot_messages', on_delete=OnDelete.CASCADE)),
                ('slot_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('morning', fields.BooleanField()),
                ('lines', fields.IntField()),
                ('answered_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'slot_message', 'app': 'models', 'unique_together': (('person', 'slot_at'),), 'pk_attr': 'id', 'table_description': 'That a slot spoke to a person, with how many reminders (0 = a digest alone), and when they first answered one.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='TrackRecord',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('person', fields.OneToOneField('models.Person', source_field='person_id', db_constraint=True, to_field='id', related_name='track_record', on_delete=OnDelete.CASCADE)),
                ('still_1', fields.IntField(default=0)),
                ('still_2', fields.IntField(default=0)),
                ('still_3', fields.IntField(default=0)),
                ('still_4', fields.IntField(default=0)),
                ('still_5', fields.IntField(default=0)),
                ('late', fields.IntField(default=0)),
                ('morning_sent', fields.IntField(default=0)),
                ('morning_answered', fields.IntField(default=0)),
                ('afternoon_sent', fields.IntField(default=0)),
                ('afternoon_answered', fields.IntField(default=0)),
            ],
            options={'table': 'track_record', 'app': 'models', 'pk_attr': 'id', 'table_description': 'What the past says of one officer as counts, see ``domain.reminding_policy.History``, written with their causes.'},
            bases=['Model'],
        ),
        ops.AddField(
            model_name='OutboxNotice',
            name='in_slot',
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name='Task',
            name='empty_taps',
            field=fields.IntField(default=0, db_default=0),
        ),
        ops.AddField(
            model_name='Task',
            name='leader_told_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        # What waits for its slot: found when the slot is let go.
        ops.RunSQL(
            "create index idx_outbox_slot on outbox_notice (not_before) where in_slot and status = 'pending'",
            "drop index idx_outbox_slot",
        ),
    ]
