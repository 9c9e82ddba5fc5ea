"""Every phone: browsers that take pushes, reports said in several messages, urgent work on two channels."""

from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from json import dumps, loads
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('models', '0008_channel_use')]

    initial = False

    operations = [
        ops.CreateModel(
            name='ChatReport',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('channel', fields.CharField(max_length=16)),
                ('address', fields.CharField(max_length=190)),
                ('person', fields.ForeignKeyField('models.Person', source_field='person_id', db_constraint=True, to_field='id', related_name='chat_reports', on_delete=OnDelete.CASCADE)),
                ('task', fields.ForeignKeyField('models.Task', source_field='task_id', db_constraint=True, to_field='id', related_name='chat_reports', on_delete=OnDelete.CASCADE)),
                ('text', fields.TextField(default='', unique=False)),
                ('files', fields.JSONField(default=list, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('data', fields.JSONField(default=dict, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('started_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('heard_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('ended_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('problem', fields.CharField(default='', max_length=300)),
            ],
            options={'table': 'chat_report', 'app': 'models', 'pk_attr': 'id', 'table_description': 'A report that is still being said: what came in a chat for one task, until «xong» or some quiet. Times are real.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='PushSubscription',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('person', fields.ForeignKeyField('models.Person', source_field='person_id', db_constraint=True, to_field='id', related_name='push_subscriptions', on_delete=OnDelete.CASCADE)),
                ('endpoint', fields.CharField(max_length=1000)),
                ('endpoint_hash', fields.CharField(unique=True, max_length=64)),
                ('p256dh', fields.CharField(max_length=120)),
                ('auth', fields.CharField(max_length=60)),
                ('user_agent', fields.CharField(default='', max_length=190)),
                ('made_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('ended_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('end_reason', fields.CharField(default='', max_length=64)),
            ],
            options={'table': 'push_subscription', 'app': 'models', 'indexes': [Index(fields=['person_id'])], 'pk_attr': 'id', 'table_description': "A browser that takes our pushes for a person. ``endpoint`` is an address of the browser maker's push service."},
            bases=['Model'],
        ),
        ops.AddField(
            model_name='DeliveryAttempt',
            name='seen_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='LinkCode',
            name='asks_phone',
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name='OutboxNotice',
            name='twin_of_id',
            field=fields.BigIntField(null=True),
        ),
        ops.RunSQL(
            ["create unique index uid_chat_report_open on chat_report (channel, address) where ended_at is null"],
            ["drop index uid_chat_report_open"],
        ),
    ]
