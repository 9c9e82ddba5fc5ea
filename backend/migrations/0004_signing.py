"""Sign-off of periods, requests to waive an instance, appeals, and the files that go with them."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('models', '0003_calendars')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Appeal',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('period', fields.ForeignKeyField('models.Period', source_field='period_id', db_constraint=True, to_field='id', related_name='appeals', on_delete=OnDelete.RESTRICT)),
                ('person', fields.ForeignKeyField('models.Person', source_field='person_id', db_constraint=True, to_field='id', related_name='appeals', on_delete=OnDelete.RESTRICT)),
                ('text', fields.TextField(unique=False)),
                ('asked_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('decision', fields.CharField(default='', max_length=8)),
                ('reason', fields.TextField(default='', unique=False)),
                ('decided_by_id', fields.BigIntField(null=True)),
                ('decided_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('entry', fields.ForeignKeyField('models.LedgerEntry', source_field='entry_id', null=True, db_constraint=True, to_field='id', related_name='appeals', on_delete=OnDelete.RESTRICT)),
            ],
            options={'table': 'appeal', 'app': 'models', 'unique_together': (('period', 'person'),), 'indexes': [Index(fields=['decision', 'id'])], 'pk_attr': 'id', 'table_description': "An officer's objection to their score in a closed period, one for each."},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='SignOff',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('period', fields.ForeignKeyField('models.Period', source_field='period_id', db_constraint=True, to_field='id', related_name='sign_offs', on_delete=OnDelete.RESTRICT)),
                ('person', fields.ForeignKeyField('models.Person', source_field='person_id', null=True, db_constraint=True, to_field='id', related_name='sign_offs', on_delete=OnDelete.RESTRICT)),
                ('unit', fields.ForeignKeyField('models.Unit', source_field='unit_id', null=True, db_constraint=True, to_field='id', related_name='sign_offs', on_delete=OnDelete.RESTRICT)),
                ('step', fields.CharField(max_length=8)),
                ('value', fields.DecimalField(null=True, max_digits=7, decimal_places=3)),
                ('signed_by_id', fields.BigIntField()),
                ('signed_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('passed_reason', fields.TextField(default='', unique=False)),
            ],
            options={'table': 'sign_off', 'app': 'models', 'unique_together': (('period', 'person', 'step'), ('period', 'unit', 'step')), 'pk_attr': 'id', 'table_description': "A step of the sign-off of a person's (or a unit's) period that somebody has taken, a withdrawn one is deleted."},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='WaiverRequest',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('entry', fields.ForeignKeyField('models.LedgerEntry', source_field='entry_id', db_constraint=True, to_field='id', related_name='waiver_requests', on_delete=OnDelete.RESTRICT)),
                ('person', fields.ForeignKeyField('models.Person', source_field='person_id', db_constraint=True, to_field='id', related_name='waiver_requests', on_delete=OnDelete.RESTRICT)),
                ('task', fields.ForeignKeyField('models.Task', source_field='task_id', db_constraint=True, to_field='id', related_name='waiver_requests', on_delete=OnDelete.RESTRICT)),
                ('cause', fields.TextField(unique=False)),
                ('asked_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('decision', fields.CharField(default='', max_length=8)),
                ('reason', fields.TextField(default='', unique=False)),
                ('decided_by_id', fields.BigIntField(null=True)),
                ('decided_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'waiver_request', 'app': 'models', 'indexes': [Index(fields=['entry_id']), Index(fields=['decision', 'id'])], 'pk_attr': 'id', 'table_description': 'An officer asks that an instance charged to them be waived for an objective cause.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Evidence',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('attachment', fields.ForeignKeyField('models.Attachment', source_field='attachment_id', db_constraint=True, to_field='id', related_name='evidence', on_delete=OnDelete.RESTRICT)),
                ('request', fields.ForeignKeyField('models.WaiverRequest', source_field='request_id', null=True, db_constraint=True, to_field='id', related_name='evidence', on_delete=OnDelete.RESTRICT)),
                ('appeal', fields.ForeignKeyField('models.Appeal', source_field='appeal_id', null=True, db_constraint=True, to_field='id', related_name='evidence', on_delete=OnDelete.RESTRICT)),
            ],
            options={'table': 'evidence', 'app': 'models', 'indexes': [Index(fields=['request_id']), Index(fields=['appeal_id']), Index(fields=['attachment_id'])], 'pk_attr': 'id', 'table_description': 'A file that goes with a waiver request or an appeal.'},
            bases=['Model'],
        ),
        ops.AddField(
            model_name='PeriodResult',
            name='appeal_until',
            field=fields.DateField(null=True),
        ),
        # One open request an entry: two that are asked at once are one.
        ops.RunSQL(
            "create unique index uid_waiver_request_open on waiver_request (entry_id) where decision = ''",
            "drop index uid_waiver_request_open",
        ),
    ]
