"""Keyset pages: an opaque cursor of the last row's sort values, and RFC 8288 links."""

import base64
import binascii
from datetime import datetime
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec

T = TypeVar("T")

MAX_LIMIT = 200
DEFAULT_LIMIT = 50


class BadCursor(ValueError):
    """The cursor was not made by :func:`cursor`. An error of the request: it is answered as it stands."""

    code = "bad_cursor"
    status = 400


class Page(msgspec.Struct, Generic[T]):
    """Some rows and the cursor of the next ones, None at the end."""

    items: list[T]
    next: str | None = None


def cursor(*values: Any) -> str:
    """An opaque cursor of sort values (anything msgspec encodes)."""
    return base64.urlsafe_b64encode(msgspec.json.encode(values)).decode().rstrip("=")


def read_cursor(text: str, types: Any) -> Any:
    """The sort values in a cursor as ``types`` (a tuple type). Raises :class:`BadCursor`."""
    try:
        values = msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=types)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        raise BadCursor(text) from None
    if not all(_can_be_compared(value) for value in values):
        raise BadCursor(text)
    return values


def _can_be_compared(value: Any) -> bool:
    """Whether a database takes the value: no number beyond 64 bits, no instant without a zone, no NUL."""
    if isinstance(value, int):
        return abs(value) < 2**63
    if isinstance(value, datetime):
        return value.tzinfo is not None
    return not isinstance(value, str) or "\0" not in value


def link_header(url: str, next_cursor: str | None) -> dict[str, str]:
    """A ``Link`` header with rel=next (and rel=first) for a list at ``url``; relative references, per RFC 8288 §3."""
    parts = urlsplit(url)
    query = [(key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True) if key != "after"]
    first = f"{parts.path}?{urlencode(query)}" if query else parts.path
    links = [f'<{first}>; rel="first"']
    if next_cursor:
        links.insert(0, f'<{parts.path}?{urlencode([*query, ("after", next_cursor)])}>; rel="next"')
    return {"link": ", ".join(links)}
