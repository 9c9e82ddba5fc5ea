"""Tables of getting in: sessions, tokens, links, codes, chat addresses, throttles. Every secret is stored hashed."""

from tortoise import fields
from tortoise.models import Model


class Session(Model):
    """A signed-in browser. Times are real time."""

    id = fields.BigIntField(primary_key=True)
    token_hash = fields.CharField(64, unique=True)
    person: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name="sessions", on_delete=fields.CASCADE
    )
    csrf = fields.CharField(64)
    user_agent = fields.CharField(255, default="")
    created_at = fields.DatetimeField()
    seen_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()

    class Meta:
        table = "session"
        indexes = (("person_id",), ("expires_at",))


class RefreshToken(Model):
    """One link of a chain of rotating refresh tokens, using a used one revokes the whole ``family``."""

    id = fields.BigIntField(primary_key=True)
    token_hash = fields.CharField(64, unique=True)
    family = fields.CharField(32, db_index=True)
    person: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name="refresh_tokens", on_delete=fields.CASCADE
    )
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "refresh_token"
        indexes = (("person_id",),)


class ApiToken(Model):
    """A named long-lived token of an integration, limited to scopes."""

    id = fields.BigIntField(primary_key=True)
    token_hash = fields.CharField(64, unique=True)
    name = fields.CharField(120)
    person: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name="api_tokens", on_delete=fields.CASCADE
    )
    scopes = fields.JSONField[list[str]](default=list)
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField(null=True)
    last_used_at = fields.DatetimeField(null=True)
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "api_token"
        indexes = (("person_id",),)


class OneTimeLink(Model):
    """A link that signs a person in once: first admin, HR's printed sheet, reset by e-mail."""

    id = fields.BigIntField(primary_key=True)
    token_hash = fields.CharField(64, unique=True)
    person: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name="one_time_links", on_delete=fields.CASCADE
    )
    purpose = fields.CharField(16)
    issued_by_id = fields.BigIntField(null=True)
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "one_time_link"
        indexes = (("person_id",),)


class FeedLink(Model):
    """The secret in somebody's calendar feed address."""

    id = fields.BigIntField(primary_key=True)
    token_hash = fields.CharField(64, unique=True)
    person: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name="feed_links", on_delete=fields.CASCADE
    )
    created_at = fields.DatetimeField()
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "feed_link"
        indexes = (("person_id",),)


class Throttle(Model):
    """Failed guesses within a window, by key: ``login:<account>``, ``login-from:<address>``, ``link:<chat>``."""

    key = fields.CharField(190, primary_key=True)
    failures = fields.IntField(default=0)
    window_started_at = fields.DatetimeField()
    blocked_until = fields.DatetimeField(null=True)

    class Meta:
        table = "throttle"


class LinkCode(Model):
    """The one open code with which a person links a chat."""

    id = fields.BigIntField(primary_key=True)
    person: fields.OneToOneRelation[Model] = fields.OneToOneField(
        "models.Person", related_name="link_code", on_delete=fields.CASCADE
    )
    code_hash = fields.CharField(64, unique=True)
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)
    # From HR's printed sheet: whoever brings it must also know the end of the person's phone number.
    asks_phone = fields.BooleanField(default=False, db_default=False)

    class Meta:
        table = "link_code"


class ChatLink(Model):
    """A person's address on a channel, ``address`` is the chat id. One live link per address and per
    (person, channel)."""

    id = fields.BigIntField(primary_key=True)
    person: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name="chat_links", on_delete=fields.CASCADE
    )
    channel = fields.CharField(16)
    address = fields.CharField(190)
    linked_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)
    end_reason = fields.CharField(64, default="")

    class Meta:
        table = "chat_link"
        indexes = (("channel", "address"), ("person_id", "channel"))


class PushSubscription(Model):
    """A browser that takes our pushes for a person. ``endpoint`` is an address of the browser maker's push service."""

    id = fields.BigIntField(primary_key=True)
    person: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name="push_subscriptions", on_delete=fields.CASCADE
    )
    endpoint = fields.CharField(1000)
    endpoint_hash = fields.CharField(64, unique=True)
    # The browser's keys for encryption, base64url as it gave them.
    p256dh = fields.CharField(120)
    auth = fields.CharField(60)
    user_agent = fields.CharField(190, default="")
    made_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)
    end_reason = fields.CharField(64, default="")

    class Meta:
        table = "push_subscription"
        indexes = (("person_id",),)
