"""My own page: chat codes, the calendar's address, leave, delegation, sign-ins."""

import re
from typing import Any

import pytest

from backend.auth import service as auth
from backend.auth.linking import TELEGRAM_NAME
from backend.kit import state
from backend.models import Delegation, Leave, Session
from tests.backend.web_browser import Browser, text_of
from tests.cast import Cast

pytestmark = pytest.mark.usefixtures("clock")


async def test_a_chat_is_linked_by_the_code_on_the_page_and_let_go(app: Any, cast: Cast) -> None:
    async with Browser(app) as an:
        await an.sign_in(cast, "an")
        assert "Chưa nối chat nào" in await an.get("/me")
        answer = await an.client.post("/me/chat-code", data=an.hidden("/me/chat-code"))
        assert answer.headers["cache-control"] == "no-store"
        code = re.search(r'class="big-code">([0-9A-Z]{8})<', answer.text)
        assert code is not None
        assert "https://t.me" not in answer.text
        await auth.redeem("telegram", "4711", code[1])
        assert "Telegram · nối từ" in text_of(await an.get("/me"))
        assert "Đã ngắt nối." in await an.follow("/me/chats/telegram/end", {})
        await state.put(TELEGRAM_NAME, "phuong_bot")
        assert "https://t.me/phuong_bot?start=" in await an.post("/me/chat-code", {}, 200)
        assert "(bot @phuong_bot)" in an.page
        assert "trong 10 phút, đến 08:10 thứ Hai 23/11/2026" in text_of(an.page)


async def test_the_calendars_address_is_shown_once_and_revoked(app: Any, cast: Cast) -> None:
    async with Browser(app) as an:
        await an.sign_in(cast, "an")
        await an.get("/me")
        page = await an.post("/me/calendar", {}, 200)
        token = page.partition("/api/me/calendar.ics?token=")[2].partition("<")[0]
        assert await auth.person_of_feed(token) == cast.an.id
        assert token not in await an.get("/me")
        await an.post("/me/calendar/end", {})
        assert await auth.person_of_feed(token) is None


async def test_leave_is_entered_shown_and_taken_back(app: Any, cast: Cast) -> None:
    form = {"from_on": "2026-12-01", "until_on": "2026-12-03", "substitute": "binh", "reason": "Nghỉ phép"}
    async with Browser(app) as an:
        await an.sign_in(cast, "an")
        await an.get("/me")
        page = await an.post("/me/leave", {**form, "until_on": ""}, 422)
        assert 'value="2026-12-01"' in page
        assert 'value="binh"' in page
        page = await an.post("/me/leave", {**form, "substitute": "nobody"}, 404)
        assert "nobody" in text_of(page)
        page = text_of(await an.follow("/me/leave", form))
        assert "Từ thứ Ba 01/12/2026 đến hết thứ Năm 03/12/2026" in page
        assert "Nguyễn Thị Bình thay" in page
        await an.post("/me/leave", form, 409)
        leave = await Leave.get()
        assert "Đã bỏ ngày nghỉ." in await an.follow(f"/me/leave/{leave.id}/cancel", {})
        assert "01/12/2026" not in await an.get("/me")


async def test_a_leader_lends_authority_and_takes_it_back(app: Any, cast: Cast) -> None:
    form = {"from_on": "2026-11-23", "until_on": "2026-12-03", "substitute": "an", "reason": "QĐ 12"}
    async with Browser(app) as head, Browser(app) as an:
        await head.sign_in(cast, "head")
        await head.get("/me")
        await head.post("/me/delegation", {**form, "substitute": ""}, 404)
        assert "Hoàng Minh Tuấn ủy quyền cho Nguyễn Văn An" in await head.follow("/me/delegation", form)
        await an.sign_in(cast, "an")
        assert "Được ủy quyền" in await an.get("/me")
        # Whoever holds it may give work, and may not take the lending back.
        assert 'value="binh"' in await an.get("/tasks/new")
        await an.get("/me")
        lent = await Delegation.get()
        await an.post(f"/me/delegation/{lent.id}/end", {}, 403)
        await head.get("/me")
        assert "Đã thôi ủy quyền." in await head.follow(f"/me/delegation/{lent.id}/end", {})
    async with Browser(app) as binh:
        await binh.sign_in(cast, "binh")
        assert "/me/delegation" not in await binh.get("/me")


async def test_other_sign_ins_are_listed_and_ended(app: Any, cast: Cast) -> None:
    async with Browser(app) as here, Browser(app) as there:
        await here.sign_in(cast, "an")
        await there.sign_in(cast, "an")
        page = await here.get("/me")
        assert text_of(page).count("test browser") == 2
        other = re.search(r"/me/sign-ins/(\w+)/end\"", page)
        assert other is not None
        await here.post(f"/me/sign-ins/{other[1]}/end", {})
        assert await there.get("/me", 303) == "/sign-in?next=%2Fme"
        await there.sign_in(cast, "an")
        await here.get("/me")
        assert "khỏi 1 nơi khác" in await here.follow("/me/sign-ins/end-others", {})
        await here.post("/me/sign-ins/999/end", {}, 404)
    assert await Session.all().count() == 1
