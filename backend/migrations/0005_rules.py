"""Rule sets that HR drafts and publishes, sealed when published; listed reasons that override points; waivers found
by what they waive."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('models', '0004_signing')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Disqualification',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('period', fields.ForeignKeyField('models.Period', source_field='period_id', db_constraint=True, to_field='id', related_name='disqualifications', on_delete=OnDelete.RESTRICT)),
                ('person', fields.ForeignKeyField('models.Person', source_field='person_id', null=True, db_constraint=True, to_field='id', related_name='disqualifications', on_delete=OnDelete.RESTRICT)),
                ('unit', fields.ForeignKeyField('models.Unit', source_field='unit_id', null=True, db_constraint=True, to_field='id', related_name='disqualifications', on_delete=OnDelete.RESTRICT)),
                ('code', fields.CharField(max_length=40)),
                ('reason', fields.TextField(unique=False)),
                ('entered_by_id', fields.BigIntField()),
                ('entered_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('lifted_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('lifted_by_id', fields.BigIntField(null=True)),
                ('lift_reason', fields.TextField(default='', unique=False)),
            ],
            options={'table': 'disqualification', 'app': 'models', 'indexes': [Index(fields=['period_id', 'person_id']), Index(fields=['period_id', 'unit_id'])], 'pk_attr': 'id', 'table_description': 'A listed reason that overrides the points of a person or unit in a period, entered by HR, lifted with a reason.'},
            bases=['Model'],
        ),
        ops.AddIndex(
            model_name='LedgerEntry',
            index=Index(fields=['compensates_id']),
        ),
        ops.AddField(
            model_name='RuleSet',
            name='drafted_by_id',
            field=fields.BigIntField(null=True),
        ),
        ops.AddField(
            model_name='RuleSet',
            name='published_by_id',
            field=fields.BigIntField(null=True),
        ),
        ops.AddField(
            model_name='RuleSet',
            name='revision',
            field=fields.IntField(default=1, db_default=1),
        ),
        ops.AddField(
            model_name='RuleSet',
            name='seal',
            field=fields.CharField(default='', db_default='', max_length=64),
        ),
    ]
