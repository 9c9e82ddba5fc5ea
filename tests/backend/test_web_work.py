"""My work: tabs, groups by due time, searching, more pages, one-press acts."""

from typing import Any

import pytest

from backend.tasks import service
from backend.tasks.schemas import DueDraft
from tests.backend.given import given, reported
from tests.backend.web_browser import Browser, text_of
from tests.cast import Cast
from tests.fakes import FakeClock, vn

pytestmark = pytest.mark.usefixtures("clock")


async def test_tabs_hold_what_waits_what_i_gave_what_i_do_and_what_i_follow(app: Any, cast: Cast) -> None:
    await given(cast, title="Kiểm tra trường học")
    await given(cast, "chair", "head", title="Họp giao ban", watchers=["an"])
    await reported(cast, title="Trả lời công dân")
    async with Browser(app) as head:
        await head.sign_in(cast, "head")
        page = text_of(await head.get("/"))
        assert "Cần tôi xử lý 2" in page
        # A report that waits for a decision stands before one's own work.
        assert page.index("Chờ anh/chị quyết định") < page.index("Trả lời công dân") < page.index("Họp giao ban")
        page = text_of(await head.get("/?view=assigned_by_me"))
        assert "Kiểm tra trường học" in page
        assert "Họp giao ban" not in page
        assert "Kiểm tra trường học" in await head.get("/?view=all")
    async with Browser(app, "en") as an:
        await an.sign_in(cast, "an")
        assert "Họp giao ban" in await an.get("/?view=watching")
        assert "Họp giao ban" not in await an.get("/?view=assigned_to_me")
        # Who oversees nobody has no tab for everything.
        assert 'href="/?view=all"' not in await an.get("/?view=all")
    async with Browser(app) as stranger:
        await stranger.sign_in(cast, "stranger")
        for view in ("to_handle", "assigned_by_me", "assigned_to_me", "watching", "all"):
            assert "/tasks/CV" not in await stranger.get(f"/?view={view}")


async def test_tasks_are_grouped_by_when_they_are_due(app: Any, cast: Cast, clock: FakeClock) -> None:
    for title, at in (
        ("Việc A", "2026-11-23 17:00"),
        ("Việc B", "2026-11-24 11:30"),
        ("Việc C", "2026-11-24 17:00"),
        ("Việc D", "2026-11-25 17:00"),
        ("Việc E", "2026-12-01 17:00"),
        ("Việc F", "2026-12-20 17:00"),
    ):
        await given(cast, title=title, due=DueDraft(at=vn(at)))
    clock.set("2026-11-24 08:00")
    async with Browser(app) as an:
        await an.sign_in(cast, "an")
        page = text_of(await an.get("/"))
    parts = [
        "Quá hạn 1",
        "Việc A",
        "Hôm nay 2",
        "Việc B",
        "Việc C",
        "Ngày mai 1",
        "Việc D",
        "Tuần sau 1",
        "Việc E",
        "Sau đó 1",
        "Việc F",
    ]
    places = [page.index(part) for part in parts]
    assert places == sorted(places)
    assert "Quá hạn 1 ngày" in page


async def test_search_ignores_accents_and_keeps_the_tab(app: Any, cast: Cast) -> None:
    await given(cast, title="Đơn của bà Hương")
    await given(cast, title="Kiểm kê tài sản")
    async with Browser(app) as head:
        await head.sign_in(cast, "head")
        page = await head.get("/?view=assigned_by_me&q=huong")
        assert "Đơn của bà Hương" in page
        assert "Kiểm kê tài sản" not in page
        assert 'name="view" value="assigned_by_me"' in page
        assert "Không có việc nào khớp" in await head.get("/?view=assigned_by_me&q=%22%3E%3Cscript%3E")
        assert "<script>" not in head.page


async def test_long_lists_go_on_on_further_pages_and_each_task_comes_once(
    app: Any, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.web.work._PAGE_SIZE", 2)
    tasks = [await given(cast, title=f"Việc {number}") for number in range(5)]
    seen: list[str] = []
    async with Browser(app) as head:
        await head.sign_in(cast, "head")
        address = "/?view=assigned_by_me"
        for _ in range(3):
            page = await head.get(address)
            seen += [task.code for task in tasks if f"/tasks/{task.code}" in page]
            links = [part.split('"')[0] for part in page.split('href="')[1:] if "after=" in part.split('"')[0]]
            address = links[0].replace("&amp;", "&") if links else ""
        assert sorted(seen) == sorted(task.code for task in tasks)
        assert not address
        assert await head.get("/?view=assigned_by_me&after=nonsense", 400)


async def test_done_and_late_tasks_are_a_choice_within_the_tab(app: Any, cast: Cast, clock: FakeClock) -> None:
    done = await reported(cast, title="Việc đã xong")
    await service.accept(await cast.actor("head"), done.id)
    await given(cast, title="Việc trễ", due=DueDraft(at=vn("2026-11-23 10:00")))
    clock.set("2026-11-23 14:00")
    async with Browser(app) as head:
        await head.sign_in(cast, "head")
        assert "Việc đã xong" not in await head.get("/?view=assigned_by_me")
        assert "Việc đã xong" in await head.get("/?view=assigned_by_me&show=closed")
        page = await head.get("/?view=assigned_by_me&show=late")
        assert "Việc trễ" in page
        assert "Quá hạn 4 giờ" in text_of(page)


async def test_a_line_can_be_acknowledged_accepted_and_nudged_from_its_menu(app: Any, cast: Cast) -> None:
    task = await given(cast)
    async with Browser(app) as an, Browser(app) as head:
        await an.sign_in(cast, "an")
        await an.get("/?view=assigned_to_me")
        back = await an.post(f"/tasks/{task.code}/acknowledge", {})
        assert back == "/?view=assigned_to_me"
        assert "Đã nhận việc." in await an.get(back)
        assert "Đang làm" in an.page
        await head.sign_in(cast, "head")
        await head.get("/?view=assigned_by_me")
        assert "Đã nhắc." in await head.follow(f"/tasks/{task.code}/nudge", {})
        # Too soon again: the task's page says so.
        assert "nhắc" in text_of(await head.post(f"/tasks/{task.code}/nudge", {}, 429))
