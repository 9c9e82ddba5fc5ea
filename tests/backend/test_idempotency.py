"""Idempotency-Key over a real POST: replayed, refused for another body, in flight, forgotten after a day."""

import asyncio
from typing import Any

import httpx

from backend.kit import idempotency
from backend.models import IdempotencyKey, OutboxNotice, Task
from tests.cast import Cast
from tests.fakes import FakeClock

DRAFT = {"title": "Báo cáo", "leads": ["an"], "due": {"working_days": 3}}
KEY = {"idempotency-key": "k-1"}


async def test_repeat_gets_the_first_answer_and_changes_nothing(app: Any, cast: Cast) -> None:
    async with cast.client(app, "head") as head:
        first = await head.post("/api/tasks", json=DRAFT, headers=KEY)
        again = await head.post("/api/tasks", json=DRAFT, headers=KEY)
        assert (first.status_code, again.status_code) == (201, 201)
        assert again.content == first.content
        for name in ("etag", "location", "content-type"):
            assert again.headers[name] == first.headers[name]
        assert again.headers["idempotency-replayed"] == "true"
        assert "idempotency-replayed" not in first.headers
    assert await Task.all().count() == 1
    assert await OutboxNotice.all().count() == 1


async def test_key_belongs_to_one_person(app: Any, cast: Cast) -> None:
    async with cast.client(app, "head") as head, cast.client(app, "chair") as chair:
        for who in (head, chair):
            assert "idempotency-replayed" not in (await who.post("/api/tasks", json=DRAFT, headers=KEY)).headers
    assert await Task.all().count() == 2


async def test_another_body_or_path_under_the_same_key_is_422(app: Any, cast: Cast) -> None:
    async with cast.client(app, "head") as head:
        code = (await head.post("/api/tasks", json=DRAFT, headers=KEY)).json()["tasks"][0]["code"]
        other = await head.post("/api/tasks", json={**DRAFT, "title": "Khác"}, headers=KEY)
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
        nudge = await head.post(f"/api/tasks/{code}/nudge", headers=KEY)
        assert nudge.json()["code"] == "idempotency_key_reused"


async def test_refusals_are_replayed_too(app: Any, cast: Cast) -> None:
    async with cast.client(app, "head") as head:
        bad = {**DRAFT, "leads": ["chair"]}
        first = await head.post("/api/tasks", json=bad, headers=KEY)
        again = await head.post("/api/tasks", json=bad, headers=KEY)
        assert (first.status_code, again.status_code) == (403, 403)
        assert again.content == first.content
        assert again.headers["content-type"] == "application/problem+json"


async def test_running_request_holds_its_key(app: Any, cast: Cast, clock: FakeClock) -> None:
    """Exactly one of two simultaneous requests does the work; the other waits for its answer or is told to come back."""
    async with cast.client(app, "head") as head:
        answers: list[httpx.Response] = await asyncio.gather(
            *(head.post("/api/tasks", json=DRAFT, headers=KEY) for _ in range(4))
        )
        assert {answer.status_code for answer in answers} <= {201, 409}
        assert await Task.all().count() == 1
        row = await IdempotencyKey.get(key="k-1")
        await IdempotencyKey.filter(id=row.id).update(status=None, created_at=clock.at)
        running = await head.post("/api/tasks", json=DRAFT, headers=KEY)
        assert (running.status_code, running.json()["code"]) == (409, "idempotency_key_in_flight")
        # The process that held it died: after a minute the key is free again.
        await IdempotencyKey.filter(id=row.id).update(created_at=clock.at.replace(year=2025))
        assert (await head.post("/api/tasks", json=DRAFT, headers=KEY)).status_code == 201
    assert await Task.all().count() == 2


async def test_keys_are_kept_a_day(app: Any, cast: Cast, clock: FakeClock) -> None:
    async with cast.client(app, "head") as head:
        await head.post("/api/tasks", json=DRAFT, headers=KEY)
    clock.move(hours=25)
    assert await idempotency.prune() == 1
    async with cast.client(app, "head") as head:
        await head.post("/api/tasks", json=DRAFT, headers=KEY)
    assert await Task.all().count() == 2


async def test_bad_keys_are_refused_and_reads_ignore_them(app: Any, cast: Cast, client: httpx.AsyncClient) -> None:
    async with cast.client(app, "head") as head:
        for bad in ("", "x" * 191):
            answer = await head.post("/api/tasks", json=DRAFT, headers={"idempotency-key": bad})
            assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_bad")
        assert (await head.get("/api/tasks", headers=KEY)).status_code == 200
    assert (await client.post("/api/tasks", json=DRAFT, headers=KEY)).status_code == 401
    assert await IdempotencyKey.all().count() == 0
