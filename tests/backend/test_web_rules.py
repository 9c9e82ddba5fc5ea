"""Pages of rule sets, of units beside each other, exports and the form for the personnel file."""

from typing import Any

import pytest

from backend.models import RuleSet
from backend.scores.service import ensure_rules
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
    await ensure_rules()
    task = await given(cast, title="Việc trễ hạn", due=DueDraft(at=vn("2026-11-23 16:00")))
    clock.set("2026-11-25 09:00")
    await penalise.tick()
    await service.report(await cast.actor("an"), task.id, "Xong")
    return task.code


FORM = {"from": "nd335@1", "code": "phuong", "name": "Của phường", "unit": "ubnd", "effective_from": "2026-11-01"}
DRAFT = {
    "version": "1",
    "name": "Của phường",
    "unit": "ubnd",
    "effective_from": "2026-11-01",
    "common_max": "30",
    "results_max": "70",
    "error_share": "1/4",
    "delay_share": "1/2",
    "floor": "0",
    "units_failed_share": "1/2",
    "excellent_cap": "1/5",
    "excellent_cap_outstanding": "1/4",
    "delay_reading": "each",
    "placing": "due_or_report",
    "coordinators": "shares",
    "reassigned_late": "stays",
    "cancelled_late": "leaves",
    "outstanding_band": "excellent",
    "carry_open": "yes",
    "band_excellent": "90",
    "band_good": "70",
    "band_fulfilled": "50",
    "weight_document": "1/2",
    "disqualifiers": "disciplined | Bị kỷ luật | failed\nlate_report | Báo cáo muộn | good",
}


async def test_hr_drafts_compares_and_publishes_a_set(app: Any, cast: Cast, late: str) -> None:
    async with Browser(app) as hr:
        await hr.sign_in(cast, "hr")
        page = text_of(await hr.get("/rules"))
        assert "đang áp dụng" in page
        assert "có sẵn, chưa chọn" in page
        await hr.post("/rules", {**FORM, "code": "Của phường"}, 422)
        assert 'value="Của phường"' in hr.page, "what was typed is not lost"
        await hr.follow("/rules", FORM)
        page = await hr.get("/rules/phuong@1")
        assert 'name="delay_share"' in page
        wrong = await hr.post("/rules/phuong@1", {**DRAFT, "delay_share": "2"}, 422)
        assert "không phải là phần từ 0 đến 1" in text_of(wrong)
        assert 'value="2"' in wrong
        await hr.post("/rules/phuong@1", {**DRAFT, "disqualifiers": "một dòng"}, 422)
        await hr.post("/rules/phuong@1", {**DRAFT, "effective_from": ""}, 422)
        await hr.follow("/rules/phuong@1", {**DRAFT, "keep_photo_position": "yes"})
        stored = await RuleSet.get(code="phuong")
        assert (stored.data["delay_share"], stored.data["weights"], stored.revision) == ("1/2", {"document": "1/2"}, 2)
        assert [one["code"] for one in stored.data["disqualifiers"]] == ["disciplined", "late_report"]
        await hr.post("/rules/phuong@1", DRAFT, 412)
        page = text_of(await hr.get("/rules/phuong@1?against=nd335@1&period=2026-11"))
        assert "Nguyễn Văn An" in page
        assert "1/4 → 1/2" in page
        assert "Giữ vị trí (GPS) ghi trong ảnh minh chứng không → có" in page
        assert "người đổi điểm" in page
        await hr.follow("/rules/phuong@1", {"version": "2", "do": "publish"})
        page = await hr.get("/rules/phuong@1")
        assert 'name="delay_share"' not in page
        assert "không bao giờ thay đổi" in text_of(page)
        await hr.get("/rules")
        await hr.post("/rules/phuong@1", {**DRAFT, "version": "2"}, 409)
        await hr.get("/rules")
        await hr.post("/rules/phuong@1", {"do": "publish"}, 409)
        await hr.get("/rules")
        await hr.follow("/rules", {**FORM, "from": "phuong@1"})
        await hr.follow("/rules/phuong@2", {"do": "withdraw"})
        await hr.get("/rules/phuong@2", 404)


async def test_an_officer_reads_the_rules_and_changes_none(app: Any, cast: Cast, late: str) -> None:
    async with Browser(app) as an:
        await an.sign_in(cast, "an")
        page = await an.get("/rules")
        assert "đang áp dụng" in text_of(page)
        assert "<form" not in page.partition("<main")[2].partition("</main>")[0]
        assert "1/4" in text_of(await an.get("/rules/nd335@1"))
        await an.post("/rules", FORM, 403)


async def test_units_beside_each_other_and_files_of_exactly_the_view(app: Any, cast: Cast, late: str) -> None:
    async with Browser(app) as hr:
        await hr.sign_in(cast, "hr")
        page = await hr.get("/scores?period=2026-11&unit=tuphap")
        assert "/scores/export/xlsx?period=2026-11&amp;unit=tuphap" in page
        page = text_of(await hr.get("/agencies?period=2026-11"))
        assert "Phòng Tư pháp" in page
        assert "0 %" in page
        for format_ in ("xlsx", "csv", "json"):
            answer = await hr.client.get(f"/scores/export/{format_}?period=2026-11&unit=tuphap")
            assert answer.status_code == 200
            assert "scores-2026-11-tuphap" in answer.headers["content-disposition"]
        await hr.get("/agencies?period=x", 400)
    async with Browser(app) as an:
        await an.sign_in(cast, "an")
        await an.get("/agencies", 404)


async def test_a_form_to_print_for_the_personnel_file(app: Any, cast: Cast, late: str) -> None:
    async with Browser(app) as an:
        await an.sign_in(cast, "an")
        assert "/scores/an/2026-11/form" in await an.get("/scores/an/2026-11")
        page = await an.get("/scores/an/2026-11/form")
        assert "Phiếu đánh giá, xếp loại" in text_of(page)
        assert late in page
        assert "nd335@1" in page
        assert "no-print" in page
        await an.get("/scores/binh/2026-11/form", 404)
