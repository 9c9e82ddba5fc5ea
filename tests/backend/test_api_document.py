"""What the OpenAPI document promises of every route: problems, signing in, bodies held to their types."""

from typing import Any

import httpx
import pytest

from tests.backend.given import given
from tests.cast import Cast

PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
DRAFT = {"title": "Báo cáo", "leads": ["an"], "due": {"minutes": 480}}


@pytest.fixture
async def document(client: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get("/api/openapi.json")).json()
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, one) for path, item in document["paths"].items() for method, one in item.items()]


async def test_every_problem_is_documented_as_one(document: dict[str, Any]) -> None:
    wrong = [
        f"{method} {path} {status}"
        for path, method, one in operations(document)
        for status, answer in one["responses"].items()
        if status >= "400" and answer["content"] != PROBLEM
    ]
    assert wrong == []


async def test_whatever_needs_somebody_signed_in_says_so(document: dict[str, Any]) -> None:
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    guarded = {path for path, _, one in operations(document) if one.get("security") == [{"bearer": []}]}
    public = {path for path, _, one in operations(document) if "security" not in one}
    assert "/api/tasks" in guarded
    assert public == {
        "/api/auth/token",
        "/api/auth/refresh",
        "/api/auth/links/use",
        "/api/auth/reset",
        "/api/me/calendar.ics",
    }
    for path, method, one in operations(document):
        if path in guarded:
            assert {"401", "403"} <= set(one["responses"]), f"{method} {path}"


async def test_a_route_names_what_its_kind_may_answer(document: dict[str, Any]) -> None:
    paths = document["paths"]
    assert {"304", "404"} <= set(paths["/api/tasks/{task}"]["get"]["responses"])
    assert {"404", "409", "412", "422"} <= set(paths["/api/tasks/{task}/return"]["post"]["responses"])
    assert {"413", "415"} <= set(paths["/api/files"]["post"]["responses"])
    assert {"401", "429"} <= set(paths["/api/auth/token"]["post"]["responses"])
    assert "404" not in paths["/api/units"]["get"]["responses"]
    assert "content" not in paths["/api/auth/sign-out"]["post"]["responses"]["204"]


async def test_the_document_knows_the_bounds_of_bodies(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert schemas["TaskDraft"]["additionalProperties"] is False
    assert "additionalProperties" not in schemas["TaskView"]
    minutes = schemas["DueDraft"]["properties"]["minutes"]["anyOf"]
    assert {"type": "integer", "exclusiveMinimum": 0, "maximum": 500_000} in minutes
    assert schemas["ReportBody"]["properties"]["attachments"]["items"]["minimum"] == 1
    assert "oneOf" not in str(document), "a refusal fits an answer whose fields are all optional, and is one of both"
    assert "pattern" in schemas["WeightBody"]["properties"]["weight"]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"due": {"minutes": "480"}}, "due.minutes"),
        ({"due": {"at": 1_795_000_000}}, "due.at"),
        ({"secret": "yes"}, "secret"),
        ({"leads": "an"}, "leads"),
        ({"leads": ["an", 7]}, "leads[1]"),
        ({"weight": "much"}, "weight"),
    ],
)
async def test_a_body_is_held_to_its_types(app: Any, cast: Cast, change: dict[str, Any], where: str) -> None:
    async with cast.client(app, "head") as head:
        answer = await head.post("/api/tasks", json={**DRAFT, **change})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_fields")
    assert [issue["where"] for issue in answer.json()["issues"]] == [where]


@pytest.mark.parametrize("body", [b"{", b"", b"\xff", b'{"title": "\xff"}', b"[]", b"null", b"7"])
async def test_a_body_that_is_no_json_or_no_object_is_refused(app: Any, cast: Cast, body: bytes) -> None:
    async with cast.client(app, "head") as head:
        answer = await head.post("/api/tasks", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_number_in_either_notation_is_a_weight(app: Any, cast: Cast) -> None:
    async with cast.client(app, "head") as head:
        for weight in ("1.5", 1.5):
            answer = await head.post("/api/tasks", json={**DRAFT, "weight": weight})
            assert answer.json()["tasks"][0]["weight"] == "1.5", answer.text


@pytest.mark.parametrize("number", ["0", "9223372036854775808", "22746874051646833295360", "-1"])
async def test_an_id_that_no_row_can_have_names_nothing(app: Any, cast: Cast, number: str) -> None:
    async with cast.client(app, "admin") as admin:
        for path in (f"/api/people/an/tokens/{number}", f"/api/me/tokens/{number}", f"/api/people/an/leaves/{number}"):
            answer = await admin.delete(path)
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_nul_finds_nothing_and_breaks_nothing(app: Any, cast: Cast) -> None:
    await given(cast)
    async with cast.client(app, "head") as head:
        for path in ("/api/people?q=an%00", "/api/tasks?q=b%00", "/api/tasks?unit=%00", "/api/scores?unit=%00"):
            assert (await head.get(path)).status_code in (200, 404), path
        for path in ("/api/people/an%00", "/api/tasks/%00", "/api/units/tuphap%00"):
            assert (await head.get(path)).status_code == 404, path
        answer = await head.post("/api/tasks", json={**DRAFT, "title": "Báo\x00cáo", "body": "a\x00b"})
        assert answer.status_code == 201, answer.text


async def test_a_very_long_number_names_nobody(app: Any, cast: Cast) -> None:
    async with cast.client(app, "head") as head:
        for path in ("/api/people/", "/api/tasks/", "/api/units/"):
            assert (await head.get(path + "9" * 5000)).status_code == 404, path
