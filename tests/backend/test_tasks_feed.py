"""The calendar feed: open tasks with their due times under stable ids, secrets by code only, a link one can revoke."""

from typing import Any
from urllib.parse import urlsplit

import httpx
from icalendar import Calendar

from backend.tasks import service
from backend.tasks.schemas import DueDraft
from tests.backend.given import at, given
from tests.cast import Cast


async def link_of(app: Any, cast: Cast, who: str) -> str:
    async with cast.client(app, who) as mine:
        made = await mine.post("/api/me/calendar-link")
        assert made.status_code == 201, made.text
        parts = urlsplit(made.json()["url"])
        return f"{parts.path}?{parts.query}"


async def test_feed_shows_open_tasks_with_stable_ids(app: Any, client: httpx.AsyncClient, cast: Cast) -> None:
    task = await given(cast, title="Báo cáo; PCCC, quý")
    await given(cast, title="Tài liệu mật", secret=True, due=DueDraft(at=at("2026-11-25 09:00")))
    done = await given(cast)
    await service.report(await cast.actor("an"), done.id)
    await given(cast, to="binh")
    url = await link_of(app, cast, "an")
    answer = await client.get(url)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/calendar")
    secret, event = Calendar.from_ical(answer.content).walk("VEVENT")
    assert (event["uid"], str(event["summary"])) == (f"{task.code}@giaoviec", f"Hạn: {task.code} Báo cáo; PCCC, quý")
    assert event["dtend"].dt == at("2026-11-27 17:00")
    assert str(secret["summary"]) == "Hạn: CV26-000002"
    assert "mật" not in answer.text
    assert event["url"] == f"http://127.0.0.1:8000/tasks/{task.code}"
    same = await client.get(url, headers={"if-none-match": answer.headers["etag"]})
    assert same.status_code == 304
    await service.move_due(await cast.actor("head"), task.id, DueDraft(at=at("2026-11-30 17:00")))
    moved = Calendar.from_ical((await client.get(url)).content).walk("VEVENT")[-1]
    assert (moved["uid"], moved["sequence"], moved["dtend"].dt) == (event["uid"], 2, at("2026-11-30 17:00"))


async def test_feed_as_to_dos(app: Any, client: httpx.AsyncClient, cast: Cast) -> None:
    await given(cast, urgency="urgent")
    [todo] = Calendar.from_ical((await client.get(await link_of(app, cast, "an") + "&kind=todo")).content).walk("VTODO")
    assert (todo["due"].dt, todo["status"], todo["priority"]) == (at("2026-11-27 17:00"), "NEEDS-ACTION", 1)


async def test_only_the_living_link_opens_it(app: Any, client: httpx.AsyncClient, cast: Cast) -> None:
    url = await link_of(app, cast, "an")
    assert (await client.get("/api/me/calendar.ics?token=guess")).status_code == 404
    assert (await client.get("/api/me/calendar.ics")).status_code in (400, 422)
    newer = await link_of(app, cast, "an")
    assert (await client.get(url)).status_code == 404
    async with cast.client(app, "an") as an:
        assert (await an.delete("/api/me/calendar-link")).status_code == 204
    assert (await client.get(newer)).status_code == 404
