"""What the tests of accounts share: browsers, an app with a route behind each guard, the audit trail, the outbox."""

from typing import Any

import httpx
from litestar import Litestar, Request, get, post

from backend.auth import guards, service
from backend.domain.types import Role
from backend.kit.db import Sql
from backend.settings import Settings
from tests.apps import app_of

COOKIE = "giaoviec_session"


def client_of(app: Any, address: str = "203.0.113.7", **headers: str) -> httpx.AsyncClient:
    """A client of an application, coming from a network address, with nobody signed in."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=(address, 4711))
    return httpx.AsyncClient(transport=transport, base_url="http://test", headers={"accept-language": "en", **headers})


async def browser_of(app: Any, person_id: int, **headers: str) -> tuple[httpx.AsyncClient, str]:
    """A browser with a session of this person, and the session's CSRF token."""
    opened = await service.open_session(person_id, "Firefox on a desk")
    client = client_of(app, **headers)
    client.cookies.set(COOKIE, opened.token)
    return client, opened.csrf


async def audit_of(action: str) -> list[dict[str, Any]]:
    """Rows of the audit trail with this action, oldest first."""
    sql = Sql()
    return await sql.rows(
        f"select actor_id, object_id, data from audit_row where action = {sql.arg(action)} order by id"
    )


async def notices_of(person_id: int, kind: str) -> list[dict[str, Any]]:
    """Notices of a kind waiting for a person."""
    sql = Sql()
    return await sql.rows(
        f"select payload, dedup_key from outbox_notice where person_id = {sql.arg(person_id)} "
        f"and kind = {sql.arg(kind)} order by id"
    )


def guarded_app(settings: Settings) -> Litestar:
    """The application with routes that do nothing but stand behind each guard. The database must be open."""
    return app_of(settings, _guarded)


def _guarded() -> list[Any]:

    def saying(path: str, *guard: guards.Guard) -> Any:
        @get(path, guards=list(guard))
        async def say(request: Request[Any, Any, Any]) -> dict[str, Any]:
            return {
                "user": request.user.handle if request.user else None,
                "auth": request.auth,
                "locale": request.scope["state"].get("locale"),
                "csrf": guards.csrf_of(request),
            }

        return say

    @post("/api/test/write", guards=[guards.signed_in], status_code=200)
    async def write(request: Request[Any, Any, Any]) -> dict[str, str]:
        return {"user": request.user.handle}

    @post("/test/form", guards=[guards.page_signed_in, guards.csrf_form], status_code=200)
    async def form(request: Request[Any, Any, Any]) -> dict[str, str]:
        # Read again by the page itself, after the guard has read it.
        return {"title": str((await request.form())["title"])}

    @post("/test/open-form", guards=[guards.public, guards.csrf_form], status_code=200)
    async def open_form(request: Request[Any, Any, Any]) -> dict[str, str]:
        return {}

    return [
        saying("/api/test/public", guards.public),
        saying("/api/test/signed-in", guards.signed_in),
        saying("/api/test/account", guards.account),
        saying("/api/test/identified", guards.identified),
        saying("/api/test/tasks", guards.scope("tasks:read")),
        saying("/api/test/hr", guards.has_role(Role.HR)),
        saying("/api/test/hr-org", guards.has_role(Role.HR), guards.scope("org:write")),
        saying("/test/page", guards.page_signed_in),
        saying("/test/account", guards.page_account),
        saying("/test/hr", guards.page_has_role(Role.HR)),
        write,
        form,
        open_form,
    ]
