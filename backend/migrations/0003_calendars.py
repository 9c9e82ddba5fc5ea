"""Calendars of units with their versions, and the deadlines that a change of one may move."""

from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from json import dumps, loads
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('models', '0002_partial_indexes')]

    initial = False

    operations = [
        ops.CreateModel(
            name='DueProposal',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('task', fields.ForeignKeyField('models.Task', source_field='task_id', db_constraint=True, to_field='id', related_name='due_proposals', on_delete=OnDelete.CASCADE)),
                ('calendar', fields.ForeignKeyField('models.Calendar', source_field='calendar_id', db_constraint=True, to_field='id', related_name='due_proposals', on_delete=OnDelete.RESTRICT)),
                ('calendar_version', fields.IntField()),
                ('due_before', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('due_proposed', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('made_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('decided_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('decided_by_id', fields.BigIntField(null=True)),
                ('decision', fields.CharField(default='', max_length=8)),
            ],
            options={'table': 'due_proposal', 'app': 'models', 'indexes': [Index(fields=['task_id', 'decided_at'])], 'pk_attr': 'id', 'table_description': 'An open deadline that a change of a calendar would move, for the assigner to decide.'},
            bases=['Model'],
        ),
        ops.AlterModelOptions(
            name='Calendar',
            options={'table': 'calendar', 'app': 'models', 'pk_attr': 'id', 'table_description': "A unit's own word on the calendar (``domain.calendar.CalendarChange``), inherited down the tree."},
        ),
        ops.AddField(
            model_name='Calendar',
            name='before',
            field=fields.JSONField(null=True, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads),
        ),
        ops.AddField(
            model_name='Calendar',
            name='planned_version',
            field=fields.IntField(default=0, db_default=0),
        ),
        ops.AddField(
            model_name='Calendar',
            name='token',
            field=fields.CharField(default='', db_default='', max_length=24),
        ),
        ops.AddField(
            model_name='Calendar',
            name='version',
            field=fields.IntField(default=1, db_default=1),
        ),
        # One row a unit and one for the whole office: null equals nothing, so it is indexed as 0, which no unit has.
        ops.RunSQL(
            [
                "create unique index uid_calendar_place on calendar ((coalesce(unit_id, 0)))",
                "create unique index uid_due_proposal_open on due_proposal (task_id) where decided_at is null",
                # The sweep that looks for deadlines to move asks every minute; hardly ever is there anything.
                "create index idx_calendar_unseen on calendar (id) where before is not null or planned_version < version",
            ],
            ["drop index uid_calendar_place", "drop index uid_due_proposal_open", "drop index idx_calendar_unseen"],
        ),
    ]
