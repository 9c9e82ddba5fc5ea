"""Tasks over HTTP: statuses, headers, versions, problems, links, guards and the OpenAPI description."""

from typing import Any

import httpx
import pytest

from backend.models import Task
from tests.backend.given import at, everything_left, given, reported
from tests.cast import Cast
from tests.fakes import FakeClock

DUE = {"at": "2026-11-27T17:00:00+07:00"}
DRAFT = {"title": "Báo cáo", "leads": ["an"], "due": DUE}


async def test_assigning_answers_201_with_location_and_tag(app: Any, cast: Cast) -> None:
    async with cast.client(app, "head") as head:
        answer = await head.post("/api/tasks", json=DRAFT)
        assert answer.status_code == 201
        [task] = answer.json()["tasks"]
        assert answer.headers["location"] == f"/api/tasks/{task['code']}"
        found = await head.get(answer.headers["location"])
        assert found.status_code == 200
        assert found.headers["etag"] == answer.headers["etag"]
        assert found.json() == task
        assert (await head.get(f"/api/tasks/{task['id']}")).json()["code"] == task["code"]


async def test_unchanged_task_is_not_sent_again(app: Any, cast: Cast, clock: FakeClock) -> None:
    task = await given(cast)
    async with cast.client(app, "head") as head:
        tag = (await head.get(f"/api/tasks/{task.code}")).headers["etag"]
        again = await head.get(f"/api/tasks/{task.code}", headers={"if-none-match": f'"x", W/{tag}'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    clock.set("2026-11-27 17:01")
    async with cast.client(app, "head") as head:
        late = await head.get(f"/api/tasks/{task.code}", headers={"if-none-match": tag})
        assert late.status_code == 200, "it went late: another representation of the same version"


async def test_acts_check_the_version_a_client_decided_on(app: Any, cast: Cast) -> None:
    task = await given(cast)
    async with cast.client(app, "an") as an:
        tag = (await an.get(f"/api/tasks/{task.code}")).headers["etag"]
        first = await an.post(f"/api/tasks/{task.code}/acknowledge", headers={"if-match": tag})
        assert (first.status_code, first.json()["changed"]) == (200, True)
        stale = await an.post(f"/api/tasks/{task.code}/report", json={}, headers={"if-match": tag})
        assert (stale.status_code, stale.json()["code"]) == (412, "stale")
        for any_ in ('"garbage"', '"99999999999999999999"'):
            bad = await an.post(f"/api/tasks/{task.code}/report", json={}, headers={"if-match": any_})
            assert bad.status_code == 412
        fresh = first.headers["etag"]
        good = await an.post(f"/api/tasks/{task.code}/report", json={"text": "Xong"}, headers={"if-match": fresh})
        assert good.json()["task"]["status"] == "reported"
        assert good.headers["etag"] == (await an.get(f"/api/tasks/{task.code}")).headers["etag"]


async def test_every_act_has_a_route(app: Any, cast: Cast, clock: FakeClock) -> None:
    async with cast.client(app, "head") as head, cast.client(app, "an") as an, cast.client(app, "chair") as chair:

        async def do(who: httpx.AsyncClient, act: str, **body: Any) -> dict[str, Any]:
            answer = await who.post(f"/api/tasks/{code}/{act}", json=body)
            assert answer.status_code == 200, answer.text
            task: dict[str, Any] = answer.json()["task"]
            return task

        code = (await given(cast)).code
        assert (await do(an, "wait", until="2026-11-25T08:00:00+07:00"))["waiting_until"] is not None
        await do(an, "ask-extension", due={"working_days": 9}, reason="Chờ số liệu")
        assert (await do(head, "refuse-extension", note="Không"))["open_extension"] is None
        await do(an, "ask-extension", due={"working_days": 9}, reason="Chờ số liệu")
        assert (await do(head, "approve-extension"))["extensions"][1]["decision"] == "approved"
        assert (await do(head, "move-due", due={"calendar_days": 3}, reason="Sớm hơn"))["due_rule"]["amount"] == 3
        assert (await do(head, "change-weight", weight=2.5, reason="Việc lớn"))["weight"] == "2.5"
        await do(head, "nudge")
        await do(an, "comment", text="Đang làm")
        await do(an, "report", text="Xong")
        assert (await do(an, "undo"))["status"] == "acknowledged"
        await do(an, "report", text="Xong")
        assert (await do(head, "return", reason="Thiếu", major_error=True))["return_count"] == 1
        await do(an, "decline", reason="Quá sức")
        assert (await do(head, "reassign", lead="binh"))["lead"]["handle"] == "binh"
        assert (await do(head, "cancel", reason="Thôi"))["status"] == "cancelled"
        code = (await reported(cast)).code
        assert (await do(head, "accept"))["status"] == "done"
        own = (await an.post("/api/tasks", json={"title": "Tự học", "due": DUE})).json()["tasks"][0]
        assert (own["self_registered"], own["status"]) == (True, "acknowledged")
        code = own["code"]
        assert (await do(chair, "confirm"))["confirmed_at"] is not None
        timeline = (await an.get(f"/api/tasks/{code}/timeline")).json()
        assert [event["kind"] for event in timeline] == ["assigned", "confirmed"]


async def test_problems_are_told_in_the_readers_language(app: Any, cast: Cast) -> None:
    task = await reported(cast)
    async with cast.client(app, "an") as an, cast.client(app, "an", "vi") as vn:
        path = f"/api/tasks/{task.code}/decline"
        english, vietnamese = [await who.post(path, json={"reason": "x"}) for who in (an, vn)]
        assert (english.status_code, english.headers["content-type"]) == (409, "application/problem+json")
        assert "was reported at" in english.json()["detail"]
        assert "đang chờ duyệt" in vietnamese.json()["detail"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({**DRAFT, "unknown": 1}, 422, "invalid_fields"),
        ({**DRAFT, "title": ""}, 422, "invalid_fields"),
        ({**DRAFT, "title": " \u0000 "}, 422, "invalid_fields"),
        ({**DRAFT, "weight": "NaN"}, 422, "invalid_fields"),
        ({**DRAFT, "due": {}}, 422, "due_one_way"),
        ({**DRAFT, "due": {"at": "2026-11-27T17:00:00"}}, 400, "due_needs_zone"),
        ({**DRAFT, "leads": ["nobody"]}, 404, "person_not_found"),
        ({**DRAFT, "leads": ["unit:nowhere"]}, 404, "unit_not_found"),
        ({**DRAFT, "leads": ["chair"]}, 403, "may_not_assign_to"),
        ({**DRAFT, "leads": ["an", "nobody", "chair"]}, 422, "invalid_fields"),
        ({**DRAFT, "watchers": ["nobody"]}, 422, "invalid_fields"),
        ({**DRAFT, "parent": "CV26-999999"}, 404, "not_found"),
        ({**DRAFT, "attachments": [9]}, 404, "file_not_found"),
    ],
)
@pytest.mark.one_database
async def test_bad_drafts_are_refused_whole(app: Any, cast: Cast, body: Any, status: int, code: str) -> None:
    async with cast.client(app, "head") as head:
        answer = await head.post("/api/tasks", json=body)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
        if code == "invalid_fields":
            assert all(issue["message"] for issue in answer.json()["issues"])
    assert await Task.all().count() == 0


async def test_stranger_nobody_and_tokens_without_scope(app: Any, client: httpx.AsyncClient, cast: Cast) -> None:
    task = await given(cast)
    paths = ["", "/timeline", "/subtasks", "/deliveries"]
    async with cast.client(app, "stranger") as stranger:
        for path in paths:
            assert (await stranger.get(f"/api/tasks/{task.code}{path}")).status_code == 404
            assert (await client.get(f"/api/tasks/{task.code}{path}")).status_code == 401
        assert (await stranger.post(f"/api/tasks/{task.code}/acknowledge")).status_code == 404
        assert (await client.post("/api/tasks", json=DRAFT)).status_code == 401
        for odd in ("0", "99999999999999999999", "%00", "CV26-1", "²"):
            assert (await stranger.get(f"/api/tasks/{odd}")).status_code == 404


async def test_api_token_needs_the_scope(app: Any, client: httpx.AsyncClient, cast: Cast) -> None:
    async with cast.client(app, "head") as head:
        made = await head.post("/api/me/tokens", json={"name": "đọc", "scopes": ["tasks:read"]})
        token = made.json()["token"]
    client.headers["authorization"] = f"Bearer {token}"
    assert (await client.get("/api/tasks")).status_code == 200
    refused = await client.post("/api/tasks", json=DRAFT)
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")


async def test_list_links_to_its_next_page(app: Any, cast: Cast) -> None:
    for _ in range(3):
        await given(cast)
    async with cast.client(app, "head") as head:
        url: str | None = "/api/tasks?view=assigned_by_me&state=open&q=bao%20cao&limit=2"
        seen = []
        while url:
            page = await head.get(url)
            assert page.status_code == 200, page.text
            seen += [line["code"] for line in page.json()]
            url = httpx.URL(page.links["next"]["url"]).raw_path.decode() if "next" in page.links else None
        assert seen == ["CV26-000001", "CV26-000002", "CV26-000003"]
        for bad in (
            "limit=0",
            "limit=201",
            "view=mine",
            "state=x",
            "due_before=tomorrow",
            "due_before=569809173",
            "late=maybe",
        ):
            assert (await head.get(f"/api/tasks?{bad}")).status_code in (400, 422), bad
        assert (await head.get("/api/tasks?after=x")).json()["code"] == "bad_cursor"
        assert (await head.get("/api/tasks?unit=nowhere")).status_code == 404
        counts = (await head.get("/api/tasks/counts")).json()
        assert (counts["assigned_by_me"], counts["given"]["open_in_time"]) == (3, 3)


async def test_deliveries_prove_what_was_said(app: Any, cast: Cast) -> None:
    task = await given(cast, watchers=["binh"])
    await everything_left()
    async with cast.client(app, "an") as an, cast.client(app, "binh") as binh:
        [told, watched] = (await an.get(f"/api/tasks/{task.code}/deliveries")).json()
        assert (told["notice"], told["to"]["handle"], told["status"]) == ("TaskAssigned", "an", "sent")
        assert (watched["to"]["handle"], watched["attempts"]) == ("binh", [])
        [own] = (await binh.get(f"/api/tasks/{task.code}/deliveries")).json()
        assert own == watched


async def test_subtasks_of_a_task(app: Any, cast: Cast) -> None:
    async with cast.client(app, "chair") as chair, cast.client(app, "head") as head:
        parent = (await chair.post("/api/tasks", json={**DRAFT, "leads": ["head"]})).json()["tasks"][0]
        body = {**DRAFT, "parent": parent["code"], "due": {"at": at("2026-11-26 17:00").isoformat()}}
        part = (await head.post("/api/tasks", json=body)).json()["tasks"][0]
        assert part["parent_code"] == parent["code"]
        found = (await chair.get(f"/api/tasks/{parent['code']}/subtasks")).json()
        assert [line["code"] for line in found] == [part["code"]]


@pytest.mark.one_database
async def test_openapi_describes_every_act(client: httpx.AsyncClient) -> None:
    described = (await client.get("/api/openapi.json")).json()
    acts = {path.rpartition("/")[2] for path in described["paths"] if path.startswith("/api/tasks/{task}/")}
    assert acts >= {
        *("acknowledge", "decline", "report", "accept", "return", "cancel", "reassign", "ask-extension"),
        *("approve-extension", "refuse-extension", "move-due", "wait", "comment", "confirm", "undo", "nudge"),
        *("change-weight", "timeline", "subtasks", "deliveries"),
    }
    post = described["paths"]["/api/tasks"]["post"]
    assert post["tags"] == ["tasks"]
    assert post["summary"]
    assert post["requestBody"]["content"]["application/json"]["schema"]


async def test_recurrences_over_http(app: Any, cast: Cast) -> None:
    body = {"task": {"title": "Báo cáo quý", "leads": ["an"]}, "every": "quarterly", "day": 25}
    async with cast.client(app, "head") as head, cast.client(app, "stranger") as stranger:
        answer = await head.post("/api/recurrences", json=body)
        assert answer.status_code == 201, answer.text
        path = answer.headers["location"]
        assert answer.json()["next_on"] == "2026-12-25"
        assert (await head.get("/api/recurrences")).json() == [answer.json()]
        assert (await head.get(path)).json() == answer.json()
        for act, state in (("pause", "paused"), ("resume", "active"), ("end", "ended")):
            assert (await head.post(f"{path}/{act}")).json()["state"] == state
        assert (await head.post(f"{path}/resume")).status_code == 409
        assert (await stranger.get(path)).status_code == 404
        assert (await head.get("/api/recurrences/99999999999999999999")).status_code == 404
        for bad in ({**body, "day": 32}, {**body, "every": "daily"}, {**body, "due": {}}, {**body, "at_minute": 1440}):
            assert (await head.post("/api/recurrences", json=bad)).status_code == 422
