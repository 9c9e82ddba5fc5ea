"""A notification that its reader taps: the first time stands in the proof of delivery, and nobody notes it for another."""

import os
from datetime import UTC, datetime
from typing import Any

import pytest

from backend import delivery
from backend.kit import clock as times
from backend.kit import state
from backend.models import DeliveryAttempt, Person
from backend.settings import Settings
from backend.tasks import service
from backend.tasks.schemas import DueDraft, TaskView
from tests import commands
from tests.apps import own_app
from tests.backend.given import given
from tests.backend.web_browser import Browser, text_of
from tests.bot.bot_room import Wall, link, moved, put
from tests.bot.test_webpush import Desk, desk  # noqa: F401
from tests.cast import Cast
from tests.fakes import FakeClock, vn

SEEN = "/api/me/push/seen"


async def pushed(desk: Desk, cast: Cast, clock: FakeClock) -> tuple[TaskView, list[str]]:  # noqa: F811
    """A task whose card and whose new deadline were pushed to An; the names of both messages."""
    browser = await desk.browser(cast)
    task = await given(cast)
    clock.move(minutes=1)
    await desk.sender.drain_once()
    await service.move_due(await cast.actor("head"), task.id, DueDraft(at=vn("2026-12-04 17:00")), "gấp")
    clock.move(minutes=1)
    await desk.sender.drain_once()
    assert len(browser.shown) == 2
    return task, [shown["message"] for shown in browser.shown]


async def read_at(message: str) -> list[Any]:
    return [attempt.seen_at for attempt in await DeliveryAttempt.filter(receipt__startswith=f"{message}:")]


async def test_the_first_tap_is_the_first_reading(
    desk: Desk,  # noqa: F811
    cast: Cast,
    clock: FakeClock,
    settings: Settings,
) -> None:
    task, (first, second) = await pushed(desk, cast, clock)
    async with cast.client(own_app(settings), "an") as an, cast.client(own_app(settings), "head") as head:
        assert (await an.post(SEEN, json={"message": first})).status_code == 204
        at = times.real()
        assert await read_at(first) == [at]
        # Sent again later: the first time stands.
        clock.move(minutes=5)
        assert (await an.post(SEEN, json={"message": first})).status_code == 204
        assert await read_at(first) == [at]
        shown = (await head.get(f"/api/tasks/{task.code}/deliveries")).json()
        assert [one["attempts"][0]["channel"] for one in shown] == ["webpush"] * 2
        assert None not in [one["seen_at"] for one in shown]
    assert await read_at(second) == [at], "the page that opened shows both"
    assert not await delivery.seen_push(cast.an.id, second)
    assert await read_at(first) == await read_at(second) == [at]


async def test_the_newest_stands_for_the_older_ones_whose_place_it_took(
    desk: Desk,  # noqa: F811
    cast: Cast,
    clock: FakeClock,
) -> None:
    _, (first, second) = await pushed(desk, cast, clock)
    other = await given(cast, title="Việc khác")
    clock.move(minutes=1)
    await desk.sender.drain_once()
    assert await delivery.seen_push(cast.an.id, second)
    assert await read_at(first) == await read_at(second) == [times.real()]
    assert await DeliveryAttempt.filter(notice__task_id=other.id, seen_at=None).count() == 1, (
        "another task's is not read"
    )


async def test_of_a_message_about_several_tasks_only_itself_is_read(
    desk: Desk,  # noqa: F811
    cast: Cast,
    clock: FakeClock,
) -> None:
    browser = await desk.browser(cast)
    await put(moved(), cast.an)  # of no task that there is
    await desk.sender.drain_once()
    task = await given(cast)
    clock.move(minutes=1)
    await desk.sender.drain_once()
    assert await delivery.seen_push(cast.an.id, browser.shown[0]["message"])
    assert await DeliveryAttempt.filter(notice__task_id=task.id, seen_at=None).count() == 1


async def test_nobody_notes_it_for_another(
    desk: Desk,  # noqa: F811
    cast: Cast,
    clock: FakeClock,
    settings: Settings,
) -> None:
    _, (first, second) = await pushed(desk, cast, clock)
    async with cast.client(own_app(settings), "binh") as binh, cast.client(own_app(settings), "head") as head:
        for other in (binh, head):
            assert (await other.post(SEEN, json={"message": first})).status_code == 204, "nothing is told of it either"
    async with Browser(own_app(settings)) as nobody:
        assert (await nobody.client.post(SEEN, json={"message": first})).status_code == 401
    async with Browser(own_app(settings)) as an:
        await an.sign_in(cast, "an")
        assert (await an.client.post(SEEN, json={"message": first})).status_code == 403, "another site cannot either"
        csrf = (await an.client.get("/api/me/push")).json()["csrf"]
        assert await read_at(first) == await read_at(second) == [None]
        told = await an.client.post(SEEN, json={"message": first}, headers={"x-csrf-token": csrf})
        assert told.status_code == 204
    assert await read_at(first) == [times.real()]


async def test_only_a_name_of_ours_is_looked_at(
    desk: Desk,  # noqa: F811
    cast: Cast,
    clock: FakeClock,
    settings: Settings,
) -> None:
    _, (first, _) = await pushed(desk, cast, clock)
    await link(cast.an, f"{cast.an.id}")
    desk.sender.open(Wall())
    async with cast.client(own_app(settings), "an") as an:
        for name in (first[:-1], "x", "1", "%", "_" * 12):
            answer = await an.post(SEEN, json={"message": name})
            assert answer.status_code in (204, 422), (name, answer.text)
        for wrong in ({"message": ""}, {"message": "a" * 41}, {"message": "a:b"}, {}, {"message": first, "person": 1}):
            assert (await an.post(SEEN, json=wrong)).status_code == 422
    assert await DeliveryAttempt.exclude(seen_at=None).count() == 0


async def test_the_proof_shows_it_on_the_page_in_both_languages(
    desk: Desk,  # noqa: F811
    cast: Cast,
    clock: FakeClock,
    settings: Settings,
) -> None:
    task, (first, _) = await pushed(desk, cast, clock)
    await delivery.seen_push(cast.an.id, first)
    for locale, words in (
        ("vi", "Đã gửi hôm nay 08:01 qua Thông báo trình duyệt, đã đọc hôm nay 08:02"),
        ("en", "Sent today 08:01 by Browser notification, read today 08:02"),
    ):
        await Person.filter(id=cast.head.id).update(locale=locale)
        async with Browser(own_app(settings)) as head:
            await head.sign_in(cast, "head")
            assert words in text_of(await head.get(f"/tasks/{task.code}"))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_proof_shows_it_in_a_terminal(
    desk: Desk,  # noqa: F811
    cast: Cast,
    clock: FakeClock,
    settings: Settings,
) -> None:
    task, (first, _) = await pushed(desk, cast, clock)
    assert await delivery.seen_push(cast.an.id, first)
    await state.put(times.OFFSET_KEY, repr((clock() - datetime.now(UTC)).total_seconds()))
    environment = {**os.environ, "DATABASE_URL": settings.database, "VAR_DIR": str(settings.var), "LANG": "vi"}
    for locale, words in (
        ("vi", "đã gửi · mã tin {} · đã đọc 23/11 08:02"),
        ("en", "sent · message {} · read 23/11 08:02"),
    ):
        shown = commands.giaoviec("delivery", task.code, "--locale", locale, environment=environment)
        assert shown.returncode == 0, shown.stderr
        assert words.format(f"{first}:1") in shown.stdout
