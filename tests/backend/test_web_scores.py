"""The score table and the explanation of one score: who sees what, why points are missing, marking and waiving."""

from typing import Any

import pytest

from backend.models import Task
from backend.scores import service as scores
from backend.tasks import service
from backend.tasks.schemas import DueDraft
from reminders import penalise
from tests.backend.given import given
from tests.backend.web_browser import Browser, text_of
from tests.cast import Cast
from tests.fakes import FakeClock, vn

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
async def late(app: Any, cast: Cast, clock: FakeClock) -> str:
    """A task of An's that went late (charged as the engine does) and was then done; its code."""
    task = await given(cast, title="Việc trễ hạn", due=DueDraft(at=vn("2026-11-23 16:00")))
    clock.set("2026-11-25 09:00")
    await penalise.tick()
    await service.report(await cast.actor("an"), task.id, "Xong")
    await service.accept(await cast.actor("head"), task.id)
    assert (await Task.get(id=task.id)).late_count >= 1
    return task.code


async def test_hr_reads_the_table_down_to_the_cause_of_a_lost_point(app: Any, cast: Cast, late: str) -> None:
    async with Browser(app) as hr:
        await hr.sign_in(cast, "hr")
        page = await hr.get("/scores")
        assert "Tháng 11/2026" in page
        assert 'href="/scores/an/2026-11"' in page
        assert "Chờ chấm" in page
        page = text_of(await hr.get("/scores/an/2026-11"))
        assert "Việc trễ hạn" in page
        assert "quy tắc delay.passed_due" in page
        assert "−5,83" in page
        assert "còn thiếu điểm tiêu chí chung" in page
        await hr.post("/scores/an/2026-11/mark", {"what": "common", "value": "ba mươi"}, 422)
        assert "Giá trị chưa đúng" in hr.page
        page = text_of(await hr.post("/scores/an/2026-11/mark", {"what": "common", "value": "31"}, 422))
        assert "30" in page
        assert 'value="31"' in hr.page
        page = text_of(await hr.follow("/scores/an/2026-11/mark", {"what": "common", "value": "29,5"}))
        assert "29,5 / 30" in page
        assert "Chưa có tổng điểm" not in page
        for address in ("/scores?sort=name", "/scores?sort=late", "/scores?unit=tuphap", "/scores?period=2026-Q4"):
            assert "Nguyễn Văn An" in await hr.get(address)
        assert "Đặng Hùng Cường" not in await hr.get("/scores?unit=tuphap")
        await hr.get("/scores?period=2026-99", 400)
        assert await hr.get("/scores/an?period=2026-10", 303) == "/scores/an/2026-10"
        assert "Phòng Tư pháp" in await hr.get("/scores/unit:tuphap/2026-11")


async def test_a_leader_confirms_an_objective_cause(app: Any, cast: Cast, late: str) -> None:
    async with Browser(app) as head:
        await head.sign_in(cast, "head")
        page = await head.get("/scores/an/2026-11")
        entry = page.partition('name="entry" value="')[2].partition('"')[0]
        address = "/scores/an/2026-11/waive"
        page = await head.post(address, {"entry": entry, "reason": " "}, 422)
        assert 'role="alert"' in page
        page = text_of(await head.follow(address, {"entry": entry, "reason": "Mất điện toàn phường"}))
        assert "Hoàng Minh Tuấn đã xác nhận nguyên nhân khách quan" in page
        assert "Mất điện toàn phường" in page
        await head.post(address, {"entry": "999999", "reason": "x"}, 404)


async def test_an_officer_reads_their_own_score_and_nobody_elses(app: Any, cast: Cast, late: str) -> None:
    async with Browser(app) as an:
        await an.sign_in(cast, "an")
        assert await an.get("/scores", 303) == "/scores/an/2026-11"
        page = await an.get("/scores/an/2026-11")
        assert late in page
        assert "/waive" not in page
        await an.get("/scores/binh/2026-11", 404)
        await an.get("/scores/unit:tuphap/2026-11", 404)
        await an.get("/scores/an/2026-11")
        await an.post("/scores/an/2026-11/mark", {"what": "common", "value": "30"})
        assert "tự chấm" in await an.get("/scores/an/2026-11")
    async with Browser(app, "en") as stranger:
        await stranger.sign_in(cast, "stranger")
        await stranger.get("/scores/an/2026-11", 404)


async def test_a_closed_period_says_so_and_takes_no_marks(app: Any, cast: Cast, clock: FakeClock) -> None:
    clock.set("2026-12-03 08:00")
    await scores.close_period(await cast.actor("hr"), "2026-10")
    async with Browser(app) as hr:
        await hr.sign_in(cast, "hr")
        assert "đã chốt" in await hr.get("/scores?period=2026-10")
        page = await hr.get("/scores/an/2026-10")
        assert "/mark" not in page
        await hr.get("/me")
        await hr.post("/scores/an/2026-10/mark", {"what": "common", "value": "30"}, 409)
