"""HR enters and lifts reasons that override points, on a person's page and beside the table of units."""

from typing import Any

import pytest

from backend.models import Disqualification
from backend.scores.service import close_period, ensure_rules
from tests.backend.given import given
from tests.backend.web_browser import Browser, text_of
from tests.cast import Cast
from tests.fakes import FakeClock

pytestmark = pytest.mark.usefixtures("clock")

SCORE = "/scores/an/2026-11"
UNITS = "/agencies?period=2026-11"
DISCIPLINED = {"code": "disciplined", "reason": "QĐ 15/QĐ-UBND ngày 20/11/2026"}


@pytest.fixture
async def ward(app: Any, cast: Cast) -> Cast:
    await ensure_rules()
    await given(cast, title="Việc của An")
    return cast


async def test_hr_enters_and_lifts_one_on_a_persons_page(app: Any, ward: Cast) -> None:
    enter, lift = f"{SCORE}/disqualify", f"{SCORE}/lift"
    async with Browser(app) as hr:
        await hr.sign_in(ward, "hr")
        assert "Ghi lý do hạ loại" in await hr.get(SCORE)
        page = await hr.post(enter, {**DISCIPLINED, "reason": "  "}, 422)
        assert 'id="disqualify-reason-wrong"' in page
        page = await hr.post(enter, {**DISCIPLINED, "code": "lazy"}, 422)
        assert "Bộ quy tắc đang áp dụng không có lý do “lazy”." in text_of(page)
        assert DISCIPLINED["reason"] in page, "what was typed is still there"
        page = text_of(await hr.follow(enter, DISCIPLINED))
        assert "Đã ghi lý do hạ loại." in page
        assert "Bị xử lý kỷ luật trong kỳ: QĐ 15/QĐ-UBND ngày 20/11/2026 (Vũ Thị Lan)" in page
        page = text_of(await hr.post(enter, {**DISCIPLINED, "reason": "Lần nữa"}, 409))
        assert "Lý do này đã được ghi cho kỳ này." in page
        page = await hr.post(lift, {"reason": ""}, 422)
        assert 'role="alert"' in page
        page = text_of(await hr.follow(lift, {"reason": "Khiếu nại đúng"}))
        assert "Đã gỡ lý do hạ loại." in page
        assert "QĐ 15" not in page
    row = await Disqualification.get()
    assert row.lift_reason == "Khiếu nại đúng"


async def test_a_button_pressed_twice_enters_and_lifts_once(app: Any, ward: Cast) -> None:
    enter, lift = f"{SCORE}/disqualify", f"{SCORE}/lift"
    async with Browser(app) as hr:
        await hr.sign_in(ward, "hr")
        for address, more in ((enter, DISCIPLINED), (lift, {"reason": "Nhầm người"})):
            await hr.get(SCORE)
            fields = {**hr.csrf(), **hr.hidden(address), **more}
            for _ in range(2):
                assert (await hr.client.post(address, data=fields)).status_code == 303
        assert await Disqualification.all().count() == 1
        page = text_of(await hr.post(lift, {"entry": str((await Disqualification.get()).id), "reason": "Lại"}, 409))
        assert "Lý do này đã được gỡ trước đó." in page, "said above: the page has no form for it any more"
        assert (await hr.client.post(enter, data=DISCIPLINED)).status_code == 403, "without the number of the page"


async def test_hr_enters_and_lifts_one_of_a_unit_beside_the_table(app: Any, ward: Cast) -> None:
    enter, lift = "/agencies/2026-11/disqualify", "/agencies/2026-11/lift"
    async with Browser(app) as hr:
        await hr.sign_in(ward, "hr")
        await hr.get(f"{UNITS}&unit=ubnd")
        page = await hr.post(enter, {**DISCIPLINED, "code": "inspection", "unit": "tuphap", "reason": ""}, 422)
        assert '<option value="tuphap" selected>' in page
        assert 'id="disqualify-reason-wrong"' in page
        address = await hr.post(enter, {**DISCIPLINED, "code": "inspection", "unit": "tuphap"})
        assert address == "/agencies?period=2026-11&unit=ubnd"
        page = text_of(await hr.get(address))
        assert "Đã ghi lý do hạ loại." in page
        assert "theo kết luận thanh tra, kiểm tra" in page
        assert DISCIPLINED["reason"] in page
        unit = await hr.get("/scores/unit:tuphap/2026-11")
        assert "/scores/unit:tuphap/2026-11/lift" in unit
        await hr.get(UNITS)
        await hr.post(lift, {"reason": " "}, 422)
        page = text_of(await hr.follow(lift, {"reason": "Đã khắc phục"}))
        assert "Đã gỡ lý do hạ loại." in page
        assert DISCIPLINED["reason"] not in page
        await hr.post(enter, {**DISCIPLINED, "unit": "other"}, 404)
    assert (await Disqualification.get()).unit_id == ward.units["tuphap"].id  # type: ignore[attr-defined]


async def test_nobody_else_is_offered_it_or_may(app: Any, ward: Cast) -> None:
    async with Browser(app, "en") as head:
        await head.sign_in(ward, "head")
        for path in (SCORE, UNITS):
            assert "disqualify" not in await head.get(path)
        await head.get("/me")
        await head.post(f"{SCORE}/disqualify", DISCIPLINED, 403)
        await head.get("/me")
        await head.post("/agencies/2026-11/disqualify", {**DISCIPLINED, "unit": "tuphap"}, 403)
    async with Browser(app) as an:
        await an.sign_in(ward, "an")
        assert "/disqualify" not in await an.get(SCORE)
    async with Browser(app) as stranger:
        await stranger.sign_in(ward, "stranger")
        await stranger.get("/me")
        await stranger.post(f"{SCORE}/disqualify", DISCIPLINED, 404)
    async with Browser(app) as hr:
        await hr.sign_in(ward, "hr")
        assert "/disqualify" not in await hr.get("/scores/hr/2026-11"), "nobody enters one for themselves"
    assert await Disqualification.all().count() == 0


async def test_a_closed_period_takes_none(app: Any, ward: Cast, clock: FakeClock) -> None:
    clock.set("2026-12-03 08:00")
    await close_period(await ward.actor("hr"), "2026-10")
    async with Browser(app, "en") as hr:
        await hr.sign_in(ward, "hr")
        for path in ("/scores/an/2026-10", "/agencies?period=2026-10"):
            assert "/disqualify" not in await hr.get(path)
        await hr.get("/me")
        page = text_of(await hr.post("/scores/an/2026-10/disqualify", DISCIPLINED, 409))
        assert "Kỳ 2026-10 đã đóng" in page, "HR reads Vietnamese whatever the browser prefers"
        await hr.get("/me")
        await hr.post("/agencies/2026-10/disqualify", {**DISCIPLINED, "unit": "ubnd"}, 409)
