"""What each bot of a channel has used of its monthly allowance."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('models', '0007_firmness')]

    initial = False

    operations = [
        ops.CreateModel(
            name='ChannelUse',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('channel', fields.CharField(max_length=16)),
                ('bot', fields.CharField(max_length=40)),
                ('month', fields.CharField(max_length=7)),
                ('sent', fields.IntField(default=0)),
                ('received', fields.IntField(default=0)),
                ('most', fields.IntField(default=0)),
                ('full_until', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('problem', fields.CharField(default='', max_length=300)),
                ('problem_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'channel_use', 'app': 'models', 'unique_together': (('channel', 'bot', 'month'),), 'pk_attr': 'id', 'table_description': 'What one bot of a channel has sent and heard in one month, of the ``most`` it may (0 = no limit).'},
            bases=['Model'],
        ),
    ]
