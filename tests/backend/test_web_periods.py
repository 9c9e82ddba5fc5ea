"""Signing, closing, asking for a waiver, appealing and deciding through pages: what each role is offered and told."""

from typing import Any

import pytest

from backend.models import Appeal, Evidence, LedgerEntry, Period, SignOff, WaiverRequest
from reminders.schedule import run_all_due
from tests.backend.scores_office import PERIOD, Office, end_of, sign_all
from tests.backend.web_browser import Browser, text_of
from tests.cast import Cast
from tests.fakes import FakeClock

PDF = b"%PDF-1.4 bien ban"


@pytest.fixture
async def office(app: Any, cast: Cast, clock: FakeClock) -> Office:
    """December 2026, 4 December 09:00: An was late once and is done."""
    made = Office(cast, clock)
    await made.task(done="2026-12-04 09:00", title="Báo cáo lũ")
    await run_all_due()
    return made


async def over(office: Office) -> None:
    """The month has ended and every mark of leaders is there."""
    office.clock.set(end_of())
    await run_all_due()
    for leader in ("head", "vice", "chair"):
        for what in ("dd", "e"):
            await office.mark(leader, "90", what)


async def test_a_charged_lead_asks_on_the_tasks_page_and_the_head_decides(app: Any, cast: Cast, office: Office) -> None:
    entry = (await LedgerEntry.get(scope="officer")).id
    ask = f"/scores/entries/{entry}/ask"
    async with Browser(app) as an:
        await an.sign_in(cast, "an")
        page = await an.get("/tasks/CV26-000001")
        assert "Lần bị trừ điểm của tôi" in page
        page = await an.post(ask, {"cause": "  "}, 422, files=[("files", ("bb.pdf", PDF, "application/pdf"))])
        assert "bb.pdf" in page
        assert 'value="/tasks/CV26-000001"' in page
        kept = page.partition('name="files_kept" value="')[2].partition('"')[0]
        page = text_of(await an.follow(ask, {"cause": "Lũ cuốn đường", "files_kept": kept}))
        assert "Đã gửi đề nghị." in page
        assert "Đang chờ quyết định" in page
        assert await Evidence.all().count() == 1
        await an.get(f"/scores/an/{PERIOD}")
        await an.post(ask, {"cause": "Lần nữa"}, 409)
        page = text_of(await an.get("/requests"))
        assert "Lũ cuốn đường" in page
        assert "Chấp nhận" not in page
    request = await WaiverRequest.get()
    async with Browser(app) as head:
        await head.sign_in(cast, "head")
        page = await head.get("/requests")
        assert "bb.pdf" in page
        decide = f"/requests/waivers/{request.id}"
        page = await head.post(decide, {"decision": "no", "reason": " "}, 422)
        assert 'role="alert"' in page
        page = text_of(await head.follow(decide, {"decision": "yes", "reason": "Đúng vậy"}))
        assert "Đã ghi quyết định." in page
        await head.get("/me")
        assert await LedgerEntry.filter(kind="waiver", reason="Đúng vậy").count() == 2
        page = await head.post(decide, {"decision": "no", "reason": "x"}, 409)
        assert "Đã có người quyết định trước." in page
    async with Browser(app) as an:
        await an.sign_in(cast, "an")
        assert "Đã xác nhận" in text_of(await an.get("/tasks/CV26-000001"))
    async with Browser(app) as head:
        await head.sign_in(cast, "head")
        assert "Lần bị trừ điểm" not in await head.get("/tasks/CV26-000001")


async def test_the_score_page_asks_as_well_and_a_refusal_is_seen(app: Any, cast: Cast, office: Office) -> None:
    entry = (await LedgerEntry.get(scope="officer")).id
    async with Browser(app, "en") as an:
        await an.sign_in(cast, "an")
        page = await an.get(f"/scores/an/{PERIOD}")
        assert f"/scores/entries/{entry}/ask" in page
        await an.follow(f"/scores/entries/{entry}/ask", {"cause": "Flood"})
        assert "/ask" not in an.page
    request = await WaiverRequest.get()
    async with Browser(app) as hr:
        await hr.sign_in(cast, "hr")
        await hr.get("/requests")
        await hr.follow(f"/requests/waivers/{request.id}", {"decision": "no", "reason": "Không có biên bản"})
        assert "Không có biên bản" in hr.page
    async with Browser(app) as an:
        await an.sign_in(cast, "an")
        assert "Không được xác nhận" in await an.get("/tasks/CV26-000001")


async def test_from_self_assessment_to_the_seal(app: Any, cast: Cast, office: Office) -> None:
    async with Browser(app) as an:
        await an.sign_in(cast, "an")
        assert "chưa đến lúc đánh giá" in await an.get(f"/periods/{PERIOD}")
    await over(office)
    sign = f"/periods/{PERIOD}/sign"
    async with Browser(app) as an:
        await an.sign_in(cast, "an")
        assert await an.get("/periods", 303) == f"/periods/{PERIOD}"
        page = await an.get(f"/periods/{PERIOD}")
        assert "Đến lượt tôi ký" in page
        assert "/close" not in page
        page = await an.post(sign, {"value": "31"}, 422)
        assert 'value="31"' in page
        await an.post(sign, {"value": "hai"}, 422)
        page = text_of(await an.follow(sign, {"value": "28,5"}))
        assert "Đã ký." in page
        assert "Hoàng Minh Tuấn" in page, "it is the head's turn now"
        page = text_of(await an.get(f"/scores/an/{PERIOD}"))
        assert "Tự đánh giá · 28,5" in page
        await an.follow(f"/periods/{PERIOD}/withdraw", {})
        assert "Đã rút lại." in an.page
        assert await SignOff.all().count() == 0
        await an.get(f"/periods/{PERIOD}")
        await an.follow(sign, {"value": "28,5"})
    async with Browser(app) as head:
        await head.sign_in(cast, "head")
        page = await head.get(f"/periods/{PERIOD}")
        assert "tự chấm 28,5" in page
        fields = {"subject": "person", "ref": "an", "step": "head", "value": "27"}
        await head.follow(sign, fields)
        assert (await SignOff.get(step="head")).value == 27
        page = await head.post(sign, {**fields, "step": "leader"}, 403)
        assert 'role="alert"' in page
    async with Browser(app) as hr:
        await hr.sign_in(cast, "hr")
        page = await hr.get(f"/periods/{PERIOD}")
        assert "Ai còn phải làm" in page
        assert "Trần Thị Hoa" in page
        close = f"/periods/{PERIOD}/close"
        page = await hr.post(close, {}, 422)
        page = await hr.post(close, {"sure": "yes"}, 422)
        assert "đến lượt Trần Thị Hoa" in text_of(page)
        await sign_all(value="28")
        assert "Đã ký đủ" in await hr.get(f"/periods/{PERIOD}")
        page = text_of(await hr.follow(close, {"sure": "yes"}))
        assert "Đã chốt kỳ." in page
        assert "Niêm phong" in page
        assert (await Period.get(key=PERIOD)).status == "closed"
        await hr.get("/me")
        await hr.post(close, {"sure": "yes"}, 409)
        await hr.get("/me")
        await hr.post(f"/periods/{PERIOD}/fly", {}, 404)
        await hr.get("/periods/2026-99", 400)


async def test_hr_passes_over_a_step_that_nobody_took(app: Any, cast: Cast, office: Office) -> None:
    await over(office)
    office.clock.set("2027-01-20 08:00")
    async with Browser(app) as hr:
        await hr.sign_in(cast, "hr")
        page = await hr.get(f"/periods/{PERIOD}")
        assert "Bỏ qua bước quá hạn" in page
        fields = {"subject": "person", "ref": "an", "step": "self", "reason": ""}
        await hr.post(f"/periods/{PERIOD}/pass", fields, 422)
        page = await hr.follow(f"/periods/{PERIOD}/pass", {**fields, "reason": "Nghỉ thai sản"})
        assert "Đã bỏ qua bước này." in page
        assert "Nghỉ thai sản" in await hr.get(f"/scores/an/{PERIOD}")


async def test_hr_adjusts_once_however_often_the_button_is_pressed(app: Any, cast: Cast, office: Office) -> None:
    adjust = f"/scores/an/{PERIOD}/adjust"
    async with Browser(app) as hr:
        await hr.sign_in(cast, "hr")
        await hr.get(f"/scores/an/{PERIOD}")
        await hr.post(adjust, {"points": "0", "reason": "x"}, 422)
        assert "Điều chỉnh điểm" in hr.page
        await hr.get(f"/scores/an/{PERIOD}")
        fields = {"points": "-0,5", "reason": "QĐ 12", **hr.hidden(adjust), **hr.csrf()}
        for _ in range(2):
            assert (await hr.client.post(adjust, data=fields)).status_code == 303
        assert await LedgerEntry.filter(kind="adjustment").count() == 1
        assert "QĐ 12" in await hr.get(f"/scores/an/{PERIOD}")
    async with Browser(app) as head:
        await head.sign_in(cast, "head")
        assert "/adjust" not in await head.get(f"/scores/an/{PERIOD}")
        await head.post(adjust, {"points": "1", "reason": "x"}, 403)


async def test_an_appeal_from_the_score_page_to_the_decision(app: Any, cast: Cast, office: Office) -> None:
    await over(office)
    await sign_all(value="28")
    async with Browser(app) as hr:
        await hr.sign_in(cast, "hr")
        await hr.get(f"/periods/{PERIOD}")
        await hr.follow(f"/periods/{PERIOD}/close", {"sure": "yes"})
    await run_all_due()
    send = f"/scores/an/{PERIOD}/appeal"
    async with Browser(app) as an:
        await an.sign_in(cast, "an")
        page = await an.get(f"/scores/an/{PERIOD}")
        assert "Kiến nghị về điểm" in page
        await an.post(send, {"text": " "}, 422)
        assert "Kiến nghị về điểm" in an.page
        page = text_of(await an.follow(send, {"text": "Hạn quá gấp"}))
        assert "Đã gửi kiến nghị." in page
        assert "Đang chờ quyết định" in page
        assert send not in an.page
        await an.get("/me")
        await an.post(send, {"text": "Lần nữa"}, 409)
    appeal = await Appeal.get()
    async with Browser(app) as head:
        await head.sign_in(cast, "head")
        assert f"/requests/appeals/{appeal.id}" not in await head.get("/requests")
    async with Browser(app) as hr:
        await hr.sign_in(cast, "hr")
        await hr.get("/requests")
        decide = f"/requests/appeals/{appeal.id}"
        await hr.post(decide, {"decision": "yes", "points": "", "reason": "Đúng"}, 422)
        await hr.post(decide, {"decision": "yes", "points": "một", "reason": "Đúng"}, 422)
        await hr.follow(decide, {"decision": "yes", "points": "1,5", "reason": "Đúng"})
        assert "Cộng 1,5 điểm." in hr.page
        page = text_of(await hr.get(f"/scores/an/{PERIOD}"))
        assert "Kiến nghị được chấp nhận · sau khi chốt" in page


async def test_strangers_see_nothing(app: Any, cast: Cast, office: Office) -> None:
    await over(office)
    async with Browser(app, "en") as stranger:
        await stranger.sign_in(cast, "stranger")
        for path in ("/requests", f"/periods/{PERIOD}"):
            assert "Nguyễn Văn An" not in await stranger.get(path)
        await stranger.get("/me")
        entry = (await LedgerEntry.get(scope="officer")).id
        await stranger.post(f"/scores/entries/{entry}/ask", {"cause": "x"}, 404)
