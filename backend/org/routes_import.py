"""The organisation file over HTTP: upload and template."""

import asyncio
from dataclasses import dataclass
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromQuery, MultipartBody

from backend.auth.guards import has_role, scope
from backend.domain.types import Role
from backend.errors import Invalid
from backend.kit.problems import locale_of
from backend.org import importing
from backend.org.importing import ImportResult
from backend.org.sheets import read_files
from backend.org.template import template_xlsx

AnyRequest = Request[Any, Any, Any]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass
class OfficeFiles:
    """A multipart form: ``file`` once for an XLSX file, once for each of several CSV files."""

    file: list[UploadFile]


@post("/api/org/imports", status_code=200, guards=[has_role(Role.HR, Role.ADMIN), scope("org:write")])
async def import_org(
    request: AnyRequest,
    data: MultipartBody[OfficeFiles],
    dry_run: FromQuery[bool] = False,
    close_missing: FromQuery[bool] = False,
) -> ImportResult:
    """Import an organisation: one XLSX file, or several CSV files named after their sheets. One bad row refuses all."""
    files = {upload.filename: await upload.read() for upload in data.file}
    if len(files) < len(data.file):
        raise Invalid("import_file_twice")
    sheets = await asyncio.to_thread(read_files, files)
    return await importing.import_org(request.user, sheets, dry_run=dry_run, close_missing=close_missing)


@get("/api/org/template.xlsx", guards=[has_role(Role.HR, Role.ADMIN), scope("org:read")], media_type=XLSX)
async def template(request: AnyRequest) -> Response[bytes]:
    """An empty organisation file with example rows, in the reader's language."""
    body = await asyncio.to_thread(template_xlsx, locale_of(request))
    return Response(body, media_type=XLSX, headers={"content-disposition": 'attachment; filename="template.xlsx"'})


routes = [import_org, template]
