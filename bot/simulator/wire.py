"""How a Bot API request is read and how an answer or an error is put on the wire."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Json = dict[str, Any]

UPLOAD_LIMIT_BYTES = 50 * 1024 * 1024
_TRUE = frozenset({"true", "yes", "1"})


class ApiError(Exception):
    """A refusal as the real server words it; `parameters` holds `retry_after` or `migrate_to_chat_id`."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    def envelope(self) -> Json:
        body: Json = {"ok": False, "error_code": self.code, "description": self.description}
        if self.parameters:
            body["parameters"] = self.parameters
        return body


def bad_request(what: str) -> ApiError:
    return ApiError(400, f"Bad Request: {what}")


@dataclass(frozen=True, slots=True)
class Upload:
    """One file part of a multipart request."""

    name: str
    mime: str
    data: bytes = field(repr=False)


@dataclass(slots=True, eq=False)
class Call:
    """One request as it was captured.

    `at` is on the fake's monotonic clock. `status` stays None while the answer is held back and for ever when the
    connection was dropped. `applied` says that the method took effect, whether or not the caller ever learned it.
    """

    at: float
    token: str
    method: str
    params: Json = field(default_factory=dict)
    status: int | None = None
    applied: bool = False
    error: str = ""
    result: Any = None

    @property
    def chat_id(self) -> str:
        return str(self.params.get("chat_id", ""))


class Params:
    """Typed reading of parameters that may come as JSON values or as form strings."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.raw = raw

    def text(self, name: str) -> str:
        value = self.raw.get(name)
        return "" if value is None or isinstance(value, Upload) else str(value)

    def integer(self, name: str, default: int = 0) -> int:
        """A wrong number falls back to the default, as the real server does."""
        try:
            return int(str(self.raw[name]))
        except (KeyError, ValueError):
            return default

    def flag(self, name: str) -> bool:
        return str(self.raw.get(name, "")).lower() in _TRUE

    def structure(self, name: str) -> Any:
        """The object or list under `name`, None when it is missing; 400 when it is not JSON."""
        value = self.raw.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise bad_request(f"can't parse {name.replace('_', ' ')} JSON object") from None

    def file(self, reference: object) -> Upload | None:
        """The uploaded part that a value means: the part itself or `attach://<part>`."""
        if isinstance(reference, str) and reference.startswith("attach://"):
            reference = self.raw.get(reference.removeprefix("attach://"))
        return reference if isinstance(reference, Upload) else None


async def read_params(request: web.Request) -> Json:
    """Parameters of a call from the query string and a JSON, form-encoded or multipart body; 413 when it is too big."""
    params: Json = dict(request.query)
    try:
        if request.content_type == "application/json":
            params |= _json_object(await request.text())
        else:
            params |= {name: _part(name, value) for name, value in (await request.post()).items()}
    except web.HTTPRequestEntityTooLarge:
        raise ApiError(413, "Request Entity Too Large") from None
    return params


def _json_object(text: str) -> Json:
    try:
        body = json.loads(text or "{}")
    except ValueError:
        raise bad_request("can't parse request body as JSON") from None
    if not isinstance(body, dict):
        raise bad_request("JSON object expected in the request body")
    return body


def _part(name: str, value: str | bytearray | bytes | web.FileField) -> object:
    if isinstance(value, web.FileField):
        return Upload(value.filename, value.content_type, value.file.read())
    if isinstance(value, str):
        return value
    return Upload(name, "application/octet-stream", bytes(value))
