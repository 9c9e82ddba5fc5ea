"""Static files read once from the installed package and served under a folder named by the hash of them all."""

import gzip
import hashlib
import mimetypes
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from backend.auth.guards import public
from backend.errors import NotFound

_FOREVER = "public, max-age=31536000, immutable"
_PACKED = (".css", ".js", ".svg")
_TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}


class Asset(msgspec.Struct, frozen=True):
    """One file; ``packed`` is its gzip form, empty when packing does not pay."""

    media_type: str
    data: bytes
    packed: bytes = b""


class Assets:
    """The folder ``static`` of a package under ``path``. The style sheets in ``static/css`` become one, ``app.css``,
    in the order of their names: a page asks once."""

    def __init__(self, package: str, path: str) -> None:
        self.path = path
        root = files(package) / "static"
        found = dict(_walk(root))
        sheets = sorted(name for name in found if name.startswith("css/"))
        if sheets:
            found["app.css"] = b"\n".join(found.pop(name) for name in sheets)
        self.assets = {name: _asset(name, data) for name, data in found.items()}
        joined = hashlib.sha256()
        for name in sorted(found):
            joined.update(name.encode() + b"\0" + found[name] + b"\0")
        self.build = joined.hexdigest()[:12]

    def url(self, name: str) -> str:
        """The address of a file in this build. Raises KeyError for a file that is not there: a fault of ours."""
        self.assets[name]
        return f"{self.path}/{self.build}/{name}"

    def route(self) -> HTTPRouteHandler:
        """The handler that serves them. A page of an older build gets today's file, without a promise for tomorrow."""

        @get(
            f"{self.path}/{{build:str}}/{{name:path}}",
            guards=[public],
            include_in_schema=False,
            opt={"exclude_from_auth": True},
            sync_to_thread=False,
        )
        def asset(request: Request[Any, Any, Any], build: FromPath[str], name: FromPath[str]) -> Response[bytes]:
            """A static file."""
            found = self.assets.get(name.lstrip("/"))
            if found is None:
                raise NotFound("not_found")
            headers = {"cache-control": _FOREVER if build == self.build else "no-cache", "vary": "accept-encoding"}
            if found.packed and "gzip" in request.headers.get("accept-encoding", ""):
                return Response(
                    found.packed, media_type=found.media_type, headers={**headers, "content-encoding": "gzip"}
                )
            return Response(found.data, media_type=found.media_type, headers=headers)

        return asset


def _walk(folder: Traversable, prefix: str = "") -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _walk(entry, f"{prefix}{entry.name}/")
        else:
            found.append((prefix + entry.name, entry.read_bytes()))
    return found


def _asset(name: str, data: bytes) -> Asset:
    ending = name[name.rfind(".") :]
    media_type = _TYPES.get(ending) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    packed = gzip.compress(data, 9, mtime=0) if ending in _PACKED else b""
    return Asset(media_type, data, packed if len(packed) < len(data) else b"")
