"""What accounts take and give over HTTP."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from backend.auth.push import PushBrowser
from backend.domain.types import Role

#: Bounds that keep a body from being somebody's weapon; what is really allowed, the services say.
Text = Annotated[str, msgspec.Meta(max_length=1024)]


class Credentials(msgspec.Struct, forbid_unknown_fields=True):
    """``identifier`` is the work e-mail or the phone number."""

    identifier: Text
    password: Text


class RefreshRequest(msgspec.Struct, forbid_unknown_fields=True):
    refresh_token: Text


class ResetRequest(msgspec.Struct, forbid_unknown_fields=True):
    email: Text


class LinkUse(msgspec.Struct, forbid_unknown_fields=True):
    token: Text


class PasswordChange(msgspec.Struct, forbid_unknown_fields=True):
    """``old`` may be missing only after signing in by a one-time link."""

    new: Text
    old: Text | None = None


class ApiTokenDraft(msgspec.Struct, forbid_unknown_fields=True):
    """``lasts_days`` None = until it is revoked."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    scopes: Annotated[list[str], msgspec.Meta(min_length=1, max_length=50)]
    lasts_days: Annotated[int, msgspec.Meta(ge=1, le=3660)] | None = None


class LinkRequest(msgspec.Struct, forbid_unknown_fields=True):
    """How the link reaches the person: printed on a ``sheet`` (the answer holds it) or by ``email`` (it does not)."""

    by: Literal["sheet", "email"] = "sheet"


class LinkView(msgspec.Struct, omit_defaults=True):
    """``url`` is shown this once and only for a sheet."""

    expires_at: datetime
    url: str | None = None


class CodeView(msgspec.Struct):
    """A code to type into the chat."""

    code: str
    expires_at: datetime


class ChatSheetRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Whom slips are for: these ``people`` (handles, e-mails or ids), or everybody without a linked chat in ``unit`` and
    below (its code), or, with neither, under all one's HR and admin positions."""

    people: list[str] = []
    unit: str = ""


class ChatView(msgspec.Struct):
    """A linked chat."""

    channel: str
    linked_at: datetime


class PushDraft(msgspec.Struct, forbid_unknown_fields=True):
    """A browser's subscription as its PushManager gives it: ``p256dh`` and ``auth`` are under ``keys`` there."""

    endpoint: Text
    p256dh: Text
    auth: Text


class PushView(msgspec.Struct):
    """``key`` is the office's public key to subscribe with; ``csrf`` belongs to a signed-in browser's session and is for
    its service worker, which sees no page; ``browsers`` take one's pushes now, newest first."""

    key: str
    csrf: str
    browsers: list[PushBrowser]


class PushSeen(msgspec.Struct, forbid_unknown_fields=True):
    """``message``: the name that a notification came with."""

    message: Annotated[str, msgspec.Meta(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9_-]+$")]


class FeedView(msgspec.Struct):
    """The address to subscribe to; shown this once."""

    url: str


class Ended(msgspec.Struct):
    """How many were ended."""

    ended: int


class PostView(msgspec.Struct):
    """A position in force. ``lent_by`` is the person whose authority it is, when it is lent."""

    position_id: int
    unit_id: int
    role: Role
    title: str
    lent_by: int | None


class MeView(msgspec.Struct):
    """The signed-in person. ``scopes`` is None unless an API token limits the request."""

    id: int
    handle: str
    name: str
    email: str | None
    phone: str | None
    locale: str
    channels: list[str]
    must_change_password: bool
    posts: list[PostView]
    scopes: list[str] | None


class DigestsView(msgspec.Struct):
    """Which digests I want: my day, how my units stand, HR's week. Each is sent only when it has something to say."""

    morning_list: bool
    leader_digest: bool
    weekly_digest: bool


class DigestsPut(msgspec.Struct, forbid_unknown_fields=True):
    """What is left out stays as it is."""

    morning_list: bool | UnsetType = UNSET
    leader_digest: bool | UnsetType = UNSET
    weekly_digest: bool | UnsetType = UNSET


class MePatch(msgspec.Struct, forbid_unknown_fields=True):
    """``channels``: ways to reach me in the order to try them; empty = as the office does."""

    locale: Literal["vi", "en"] | UnsetType = UNSET
    channels: list[str] | UnsetType = UNSET
