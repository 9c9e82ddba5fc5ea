"""Importing tasks over HTTP: upload and template."""

import asyncio
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromQuery, MultipartBody

from backend.auth.guards import has_role, scope
from backend.domain.types import Role
from backend.files.routes import Upload
from backend.kit.problems import locale_of
from backend.tasks.importing import TasksImported, import_tasks
from backend.tasks.importing_template import template_xlsx

AnyRequest = Request[Any, Any, Any]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TAGS = ["tasks"]


@post(
    "/api/tasks/imports",
    status_code=200,
    guards=[has_role(Role.HR, Role.ADMIN), scope("tasks:write")],
    tags=TAGS,
    summary="Import tasks",
)
async def imports(request: AnyRequest, data: MultipartBody[Upload], dry_run: FromQuery[bool] = False) -> TasksImported:
    """Import tasks with their history from one XLSX or CSV file; one bad row refuses the file, a second import of the
    same file changes nothing."""
    files = {found.filename: await found.read() for found in data.files}
    return await import_tasks(request.user, files, dry_run=dry_run)


@get(
    "/api/tasks/imports/template.xlsx",
    guards=[has_role(Role.HR, Role.ADMIN), scope("tasks:read")],
    tags=TAGS,
    summary="Template of a task file",
    media_type=XLSX,
)
async def template(request: AnyRequest) -> Response[bytes]:
    """An empty task file with example rows, in the reader's language."""
    body = await asyncio.to_thread(template_xlsx, locale_of(request))
    return Response(body, media_type=XLSX, headers={"content-disposition": 'attachment; filename="tasks.xlsx"'})


routes = [imports, template]
