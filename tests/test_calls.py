"""The record of called routes counts what a handler answered, and nothing else."""

import httpx
import pytest
from litestar import Litestar, Request, Response, get, post
from litestar.exceptions import NotAuthorizedException, NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect

from tests import calls
from tests.calls import Call

pytestmark = pytest.mark.one_database


def refuse(*_: object) -> None:
    raise NotAuthorizedException


def application() -> Litestar:
    @get("/api/things/{thing:int}")
    async def thing(thing: FromPath[int]) -> str:
        if thing == 0:
            raise NotFoundException
        return "here"

    @post("/api/things")
    async def add() -> str:
        raise RuntimeError("a fault of ours")

    @get("/api/closed", guards=[refuse])
    async def closed() -> str:
        return "never"

    @get("/page", guards=[refuse])
    async def page() -> str:
        return "never"

    @get("/moved")
    async def moved() -> Redirect:
        return Redirect("/page")

    def to_sign_in(request: Request[object, object, object], _: Exception) -> Response[object]:
        return Redirect("/sign-in") if request.url.path == "/page" else Response("no", status_code=401)

    return Litestar([thing, add, closed, page, moved], exception_handlers={NotAuthorizedException: to_sign_in})


async def seen(*requests: tuple[str, str]) -> tuple[Litestar, set[Call]]:
    noted: set[Call] = set()
    app = calls.watch(application(), noted)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        for method, path in requests:
            await client.request(method, path)
    return app, noted


async def test_only_what_a_handler_answered_counts() -> None:
    app, noted = await seen(
        ("GET", "/api/things/0"),
        ("POST", "/api/things"),
        ("GET", "/api/closed"),
        ("GET", "/page"),
        ("GET", "/nowhere"),
        ("PUT", "/api/things"),
        ("OPTIONS", "/api/things"),
    )
    # A guard that redirects a page is answered below 400, and its handler never ran.
    assert Call("GET", "/page", 302, False) in noted
    assert Call("GET", "/api/things/{thing}", 404, False) in noted
    assert [line for line in calls.uncalled(app, noted) if "/schema" not in line] == [
        "GET /api/closed",
        "POST /api/things",
        "GET /api/things/{thing}",
        "GET /moved",
        "GET /page",
    ]


async def test_an_answer_counts_for_the_route_and_not_for_the_address() -> None:
    app, noted = await seen(("GET", "/api/things/7"), ("GET", "/moved"))
    assert noted == {Call("GET", "/api/things/{thing}", 200, True), Call("GET", "/moved", 302, True)}
    assert not {"GET /api/things/{thing}", "GET /moved"} & set(calls.uncalled(app, noted))


async def test_a_status_that_the_document_does_not_name_is_found() -> None:
    app, noted = await seen(("GET", "/api/things/0"), ("GET", "/api/things/7"), ("POST", "/api/things"))
    # 500 is a fault, not an answer to document.
    assert calls.undocumented(app, noted) == ["GET /api/things/{thing} 404"]


def test_the_whole_application_has_every_kind_of_route() -> None:
    missing = calls.uncalled(calls.whole_application(), set())
    for route in (
        "POST /api/tasks/{task}/acknowledge",
        "GET /tasks/{code}",
        "POST /hooks/telegram",
        "GET /simulator",
        "POST /demo/clock",
        "HEAD /health/live",
    ):
        assert route in missing
