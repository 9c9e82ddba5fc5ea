"""Uploading over HTTP; what is uploaded is read through its task (``backend.tasks.routes_files``)."""

from dataclasses import dataclass, field
from typing import Any

from litestar import Request, post
from litestar.datastructures import UploadFile
from litestar.params import MultipartBody

from backend.auth.guards import scope
from backend.files import service
from backend.files.service import Stored

AnyRequest = Request[Any, Any, Any]


# A dataclass, not a bare list: Litestar fails on an empty form when the whole body is a list.
@dataclass
class Upload:
    """The form: any number of parts called ``files``."""

    files: list[UploadFile] = field(default_factory=list)


@post("/api/files", status_code=201, guards=[scope("files:write")], tags=["files"], summary="Upload files")
async def upload(request: AnyRequest, data: MultipartBody[Upload]) -> list[Stored]:
    """Keep one or several files; hang them on a task or a report by their ids. Judged by content, not by name."""
    settings = request.app.state.settings
    given = [(found.filename, await found.read()) for found in data.files]
    return await service.store_all(settings, request.user, given)


routes = [upload]
