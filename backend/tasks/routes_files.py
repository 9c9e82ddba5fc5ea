"""Downloading over HTTP: a file is seen by whoever sees the task it hangs on, and by who uploaded it."""

from typing import Any
from urllib.parse import quote

from litestar import Request, Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.response import Stream

from backend.auth.guards import scope
from backend.files import service as files
from backend.kit.http import PathId, none_match
from backend.tasks.attachments import readable

AnyRequest = Request[Any, Any, Any]
_FILE = ResponseSpec(bytes, generate_examples=False, description="The content, as what it is", media_type="*/*")


@get(
    "/api/files/{file:int}",
    guards=[scope("files:read")],
    tags=["files"],
    summary="Download a file",
    responses={200: _FILE},
)
async def download(request: AnyRequest, file: PathId) -> Response[Any]:
    """The content of a file, always as an attachment."""
    found = await readable(request.user, file)
    headers = {
        # Content never changes under its hash; who may see it does, so each reader asks again.
        "etag": f'"{found.sha256}"',
        "cache-control": "private, no-cache",
        "content-disposition": f"attachment; filename*=UTF-8''{quote(found.file.name, safe='')}",
        "content-security-policy": "default-src 'none'; sandbox",
        "x-content-type-options": "nosniff",
    }
    if none_match(request, headers["etag"]):
        return Response(None, status_code=304, headers=headers)
    headers["content-length"] = str(found.file.size)
    pieces = files.content(request.app.state.settings, found)
    return Stream(pieces, media_type=found.file.media_type, headers=headers)


routes = [download]
