"""What a request showed to prove who it is from."""

from typing import Literal

import msgspec

Kind = Literal["session", "jwt", "token"]

#: How long the last-seen time of a session or API token may lag behind, so that reading does not mean writing.
SEEN_EVERY_S = 300


class Credential(msgspec.Struct, frozen=True):
    """A live session (``session_id``, ``csrf``), access token (``family`` of the refresh tokens it came with, if any)
    or API token (``token_id``, ``scopes``) of a person."""

    kind: Kind
    person_id: int
    session_id: int | None = None
    csrf: str = ""
    family: str | None = None
    token_id: int | None = None
    scopes: frozenset[str] | None = None
