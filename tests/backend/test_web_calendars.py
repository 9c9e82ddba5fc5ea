"""The pages of working time: reading a year, changing it with a look at the deadlines, deciding what moves."""

from typing import Any

import pytest

from backend.calendars import service
from backend.calendars.schemas import DaysDraft
from backend.models import Calendar, DueProposal, Task
from reminders import move_deadlines
from tests.backend.given import given
from tests.backend.test_calendar_moves import FRIDAY
from tests.backend.web_browser import Browser, text_of
from tests.cast import Cast
from tests.fakes import FakeClock, vn

pytestmark = pytest.mark.usefixtures("clock")

FORM = {"unit": "ubnd", "year": "2026", "version": "0"}


async def test_everybody_reads_the_year_and_nobody_without_the_right_sees_a_form(app: Any, cast: Cast) -> None:
    async with Browser(app) as an:
        await an.sign_in(cast, "an")
        page = await an.get("/calendars?year=2026")
        text = text_of(page)
        assert "thứ Hai – thứ Sáu 07:30–11:30, 13:30–17:30" in text
        assert "250 ngày làm việc" in text or "249 ngày làm việc" in text
        assert "thứ Sáu 02/01/2026 Nghỉ hoán đổi (làm bù thứ Bảy 10/1/2026) Số 12729/VPCP-KGVX · bảng chung" in text
        assert "thứ Bảy 10/01/2026 Làm bù cho thứ Sáu 2/1/2026 (như thứ Sáu)" in text
        assert "thứ Năm 30/04/2026 Ngày Chiến thắng chưa có số" in text
        assert "/calendars/change" not in page
        assert "15 ngày trong năm này chưa được xác nhận." in text_of(await an.get("/calendars?unit=tuphap&year=2027"))
        assert "Chưa xác nhận" in an.page
        assert "Năm 2030 chưa có ngày nào." in text_of(await an.get("/calendars?year=2030"))
        await an.get("/calendars?unit=nope", 404)
        await an.get("/calendars?unit=other", 404)
        await an.get("/calendars/year?unit=tuphap&year=2028", 403)
        await an.get("/")
        assert 'href="/calendars"' in await an.get("/me")
        await an.post("/calendars/change", {**FORM, "act": "clear"}, 403)


async def test_hr_adds_a_day_that_moves_nothing_at_once(app: Any, cast: Cast) -> None:
    async with Browser(app) as hr:
        await hr.sign_in(cast, "hr")
        assert 'href="/calendars"' in await hr.get("/people")
        await hr.get("/calendars?unit=ubnd&year=2026")
        day = {"on": "2026-12-28", "kind": "off", "name": "Nghỉ hoán đổi", "decision": "9/TB", "confirmed": "yes"}
        page = await hr.follow("/calendars/change", {**FORM, "act": "add", **day})
        assert "Đã lưu lịch." in page
        assert "thứ Hai 28/12/2026 Nghỉ hoán đổi Số 9/TB · UBND Phường Hòa Bình" in text_of(page)
        made_up = {"on": "2026-12-26", "kind": "make_up", "name": "Làm bù", "like_weekday": "0"}
        page = await hr.follow("/calendars/change", {**FORM, "version": "1", "act": "add", **made_up})
        assert "Làm bù (như thứ Hai) chưa có số" in text_of(page)
        assert "Chưa xác nhận" in page
        confirm = {**FORM, "version": "2", "act": "confirm", "on": "2026-12-26", "decision": "10/TB"}
        assert "Số 10/TB" in await hr.follow("/calendars/change", confirm)
        assert "Chưa xác nhận" not in hr.page
        page = await hr.follow("/calendars/change", {**FORM, "version": "3", "act": "remove", "on": "2026-12-28"})
        assert "28/12/2026" not in page
        page = await hr.follow("/calendars/change", {**FORM, "version": "4", "act": "remove", "on": "2026-11-24"})
        assert "Ngày thường ở đơn vị này" in page
        page = await hr.follow("/calendars/change", {**FORM, "version": "5", "act": "clear"})
        assert "Ngày thường ở đơn vị này" not in page


async def test_a_change_that_moves_deadlines_is_shown_before_it_is_made(app: Any, cast: Cast) -> None:
    task = await given(cast)
    await given(cast, secret=True, title="Việc mật")
    async with Browser(app) as hr:
        await hr.sign_in(cast, "hr")
        await hr.get("/calendars?unit=ubnd&year=2026")
        day = {"on": "2026-11-27", "kind": "off", "name": "Nghỉ tránh bão"}
        page = text_of(await hr.post("/calendars/change", {**FORM, "act": "add", **day}, 200))
        assert "2 hạn đang mở của 1 người giao có thể dời." in page
        assert f"{task.code} Nguyễn Văn An thứ Sáu 17:00 → 30/11 17:30" in page
        assert "Việc mật" not in page
        assert "và 1 hạn khác" in page
        assert await Calendar.all().count() == 0
        hidden = hr.hidden("/calendars/change")
        assert hidden["name"] == "Nghỉ tránh bão"
        assert "Đã lưu lịch." in await hr.follow("/calendars/change", {})
    assert await Calendar.all().count() == 1
    assert (await Task.get(id=task.id)).due_at == vn("2026-11-27 17:00")


async def test_new_hours_from_a_date(app: Any, cast: Cast) -> None:
    async with Browser(app) as hr:
        await hr.sign_in(cast, "hr")
        await hr.get("/calendars?unit=tuphap")
        hours = {f"hours_{number}": "08:00-12:00 13:00-17:00" for number in range(5)} | {"hours_5": "", "hours_6": ""}
        form = {**FORM, "unit": "tuphap", "act": "hours", "effective_from": "2027-01-01", **hours}
        page = text_of(await hr.post("/calendars/change", {**form, "hours_2": "8h-12h 11h-13h"}, 422))
        assert "Các ca “8h-12h 11h-13h” chồng lên nhau." in page
        assert 'value="8h-12h 11h-13h"' in hr.page
        assert "lý do" in text_of(await hr.post("/calendars/change", {**form, "effective_from": "2026-10-01"}, 422))
        page = text_of(await hr.follow("/calendars/change", form))
        assert "Từ thứ Sáu 01/01/2027 thứ Hai – thứ Sáu: 08:00–12:00, 13:00–17:00" in page
        assert "ngày đã thay đổi" not in page
        stale = text_of(await hr.post("/calendars/change", form, 412))
        assert "đã thay đổi kể từ khi" in stale


async def test_a_year_is_set_from_the_proposal(app: Any, cast: Cast) -> None:
    async with Browser(app) as hr:
        await hr.sign_in(cast, "hr")
        page = await hr.get("/calendars/year?unit=ubnd&year=2028")
        assert "đề xuất của thư viện holidays" in text_of(page)
        assert 'value="Tết Dương lịch (nghỉ bù)"' in page
        form = {
            **FORM,
            "year": "2028",
            "act": "year",
            "day": ["0103", "0126"],
            "on_0103": "2028-01-03",
            "name_0103": "Tết Dương lịch (nghỉ bù)",
            "on_0126": "2028-01-26",
            "name_0126": "Tết Nguyên đán",
            "decision_0126": "77/TB",
            "confirmed_0126": "yes",
            "on_new0": "2028-02-05",
            "like_new0": "0",
            "name_new0": "Làm bù cho 31/1",
        }
        wrong = await hr.post("/calendars/change", {**form, "on_new1": "2027-02-05", "name_new1": "Nhầm năm"}, 422)
        assert "Ngày 05/02/2027 không thuộc năm 2028." in text_of(wrong)
        assert 'value="Nhầm năm"' in wrong
        page = text_of(await hr.follow("/calendars/change", form))
        assert "thứ Tư 26/01/2028 Tết Nguyên đán Số 77/TB" in page
        assert "thứ Bảy 05/02/2028 Làm bù cho 31/1 (như thứ Hai)" in page
        assert "2 ngày trong năm này chưa được xác nhận." in page
        assert "đề xuất của thư viện" not in await hr.get("/calendars/year?unit=ubnd&year=2028")
        assert 'value="77/TB"' in hr.page


async def test_the_whole_office_is_for_the_top_admin(app: Any, cast: Cast) -> None:
    async with Browser(app) as hr, Browser(app, "en") as admin:
        await hr.sign_in(cast, "hr")
        assert "/calendars/change" not in await hr.get("/calendars?unit=@office")
        await hr.get("/calendars?unit=ubnd")
        await hr.post("/calendars/change", {**FORM, "unit": "@office", "act": "clear"}, 403)
        await admin.sign_in(cast, "admin")
        await admin.get("/calendars?unit=@office")
        day = {"on": "2026-12-28", "kind": "off", "name": "Nghỉ hoán đổi", "decision": ""}
        await admin.follow("/calendars/change", {**FORM, "unit": "@office", "act": "add", **day})
        assert "Nghỉ hoán đổi" in await admin.get("/calendars?unit=other&year=2026")
        await admin.get("/calendars?unit=@office")
        await admin.post("/calendars/change", {**FORM, "act": "nonsense"}, 404)


async def proposed(cast: Cast, clock: FakeClock, draft: DaysDraft = FRIDAY) -> None:
    await service.set_days(await cast.actor("hr"), "ubnd", draft)
    clock.move(minutes=11)
    await move_deadlines.tick()


async def test_the_assigner_moves_some_and_keeps_the_rest(app: Any, cast: Cast, clock: FakeClock) -> None:
    first, second = await given(cast, title="Việc một"), await given(cast, title="Việc hai")
    async with Browser(app) as head:
        await head.sign_in(cast, "head")
        assert "/calendars/proposals" not in await head.get("/")
        assert "Không còn hạn nào chờ" in await head.get("/calendars/proposals")
        await proposed(cast, clock)
        assert "2 hạn có thể dời do lịch thay đổi" in await head.get("/")
        page = text_of(await head.get("/calendars/proposals"))
        assert "Việc một thứ Sáu 17:00 → 30/11 17:30" in page
        ids = {row.task_id: str(row.id) for row in await DueProposal.all()}
        assert "Chưa chọn hạn nào." in await head.post("/calendars/proposals", {"decision": "move"}, 422)
        await head.get("/calendars/proposals")
        page = await head.follow("/calendars/proposals", {"decision": "move", "proposal": [ids[first.id]]})
        assert "Đã dời 1 hạn." in page
        assert "Việc một" not in page
        page = await head.follow("/calendars/proposals", {"decision": "keep", "proposal": [ids[second.id]]})
        assert "Đã giữ nguyên 1 hạn." in page
        assert "Không còn hạn nào chờ" in page
    assert (await Task.get(id=first.id)).due_at == vn("2026-11-30 17:30")
    assert (await Task.get(id=second.id)).due_at == vn("2026-11-27 17:00")


async def test_a_page_holds_so_many_and_then_the_next(
    app: Any, cast: Cast, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.web.proposals._MOST", 2)
    for _ in range(3):
        await given(cast)
    await proposed(cast, clock)
    async with Browser(app) as head:
        await head.sign_in(cast, "head")
        page = await head.get("/calendars/proposals")
        assert page.count('name="proposal"') == 2
        assert "và 1 hạn khác" in page


async def test_what_cannot_move_is_said(app: Any, cast: Cast, clock: FakeClock) -> None:
    whole = await given(cast, "chair", "head")
    await given(cast, parent=whole.code)
    await proposed(cast, clock)
    async with Browser(app) as head, Browser(app) as an:
        await head.sign_in(cast, "head")
        await head.get("/calendars/proposals")
        ids = [str(row.id) for row in await DueProposal.all()]
        page = text_of(await head.post("/calendars/proposals", {"decision": "move", "proposal": ids[1:]}, 200))
        assert "Hạn không được sau hạn của việc gốc" in page
        await an.sign_in(cast, "stranger")
        await an.get("/calendars/proposals")
        await an.get("/me")
        await an.post("/calendars/proposals", {"decision": "move", "proposal": ids}, 404)
