"""The page of one task: what it shows to whom, and every act from its form."""

from typing import Any

import pytest

from backend.models import Attachment, Person, Report, Task
from backend.tasks import service
from backend.tasks.schemas import DueDraft
from tests.backend.given import draft, given, lend, reported
from tests.backend.test_web_assign import PNG
from tests.backend.web_browser import Browser, text_of
from tests.cast import Cast
from tests.fakes import FakeClock, vn

pytestmark = pytest.mark.usefixtures("clock")


async def test_the_page_shows_everything_about_a_task(app: Any, cast: Cast) -> None:
    acting = await lend(cast, "head", "binh")
    task = (
        await service.assign(
            acting,
            draft(title="Kiểm tra chợ", body="Dòng một\nDòng hai", leads=["an"], urgency="urgent", watchers=["vice"]),
        )
    ).tasks[0]
    an = await cast.actor("an")
    await service.ask_extension(an, task.id, DueDraft(at=vn("2026-12-01 17:00")), "Chờ xác minh")
    await service.report(an, task.id, "Đã xong <b>")
    async with Browser(app) as head:
        await head.sign_in(cast, "head")
        page = text_of(await head.get(f"/tasks/{task.code}"))
    for words in (
        task.code, "Chờ duyệt", "Khẩn", "Kiểm tra chợ", "17:00 thứ Sáu 27/11/2026", "Dòng một Dòng hai", "Đã xong <b>",
        "Nguyễn Văn An", "Chuyên viên · Phòng Tư pháp", "Thay mặt Hoàng Minh Tuấn", "Trần Thị Hoa", "Xin gia hạn đến",
        "Nguyễn Thị Bình (thay mặt Hoàng Minh Tuấn)", "Báo giao việc", "Chờ gửi", "Duyệt", "Trả lại",
    ):  # fmt: skip
        assert words in page, words


async def test_who_may_not_see_a_task_is_told_that_there_is_none(app: Any, cast: Cast) -> None:
    task = await given(cast, title="Việc kín")
    for handle in ("stranger", "cuong", "otherchair"):
        async with Browser(app) as browser:
            await browser.sign_in(cast, handle)
            assert "Việc kín" not in await browser.get(f"/tasks/{task.code}", 404)
            await browser.post(f"/tasks/{task.code}/comment", {"text": "x"}, 403)
    async with Browser(app) as browser:
        await browser.sign_in(cast, "stranger")
        await browser.get("/")
        for code in (task.code, "CV26-999999"):
            await browser.get("/me")
            await browser.post(f"/tasks/{code}/comment", {"text": "x"}, 404)


async def test_an_officer_takes_a_task_from_card_to_report(app: Any, cast: Cast) -> None:
    task = await given(cast)
    async with Browser(app) as an:
        await an.sign_in(cast, "an")
        await an.get(f"/tasks/{task.code}")
        assert "Đã nhận việc." in await an.follow(f"/tasks/{task.code}/acknowledge", {})
        files = [("files", ("biên bản.png", PNG)), ("files", ("", b""))]
        page = await an.follow(f"/tasks/{task.code}/report", {"text": "Đã kiểm tra\r\nđủ"}, files=files)
        assert "Đã báo cáo." in page
        assert "biên bản.png" in page
        assert "Hoàn tác" in page
        assert (await Report.get()).text == "Đã kiểm tra\nđủ"
        assert (await Attachment.get()).report_id is not None
        assert "Đã hoàn tác." in await an.follow(f"/tasks/{task.code}/undo", {})
        # Repeating what is already so changes nothing and says so.
        assert "đã như vậy" in await an.follow(f"/tasks/{task.code}/acknowledge", {})


async def test_a_refused_file_keeps_the_words_of_the_report(app: Any, cast: Cast) -> None:
    task = await given(cast)
    async with Browser(app) as an:
        await an.sign_in(cast, "an")
        await an.get(f"/tasks/{task.code}")
        page = await an.post(
            f"/tasks/{task.code}/report", {"text": "Kết quả dài"}, 415, files={"files": ("x.exe", b"MZ\x90")}
        )
        assert ">Kết quả dài</textarea>" in page
        assert 'id="report" open>' in page
    assert (await Task.get()).status == "assigned"


async def test_a_leader_returns_and_accepts(app: Any, cast: Cast) -> None:
    task = await reported(cast)
    async with Browser(app) as head:
        await head.sign_in(cast, "head")
        await head.get(f"/tasks/{task.code}")
        page = await head.post(f"/tasks/{task.code}/return", {"reason": "  ", "due": "keep", "major_error": "yes"}, 422)
        assert "Không được để trống" in page
        assert 'name="major_error" value="yes" checked' in page
        form = {"reason": "Thiếu ảnh", "due": "keep", "major_error": "yes"}
        page = text_of(await head.follow(f"/tasks/{task.code}/return", form))
        assert "Trả lại vì sai sót lớn" in page
        assert "Sai sót lớn. Thiếu ảnh" in page
        await service.report(await cast.actor("an"), task.id, "Đã bổ sung")
        await head.get(f"/tasks/{task.code}")
        assert "Đã duyệt." in await head.follow(f"/tasks/{task.code}/accept", {})
        assert "Hoàn thành" in head.page


async def test_a_decision_on_an_older_version_is_refused_and_shows_the_new_one(app: Any, cast: Cast) -> None:
    task = await reported(cast)
    async with Browser(app) as head:
        await head.sign_in(cast, "head")
        await head.get(f"/tasks/{task.code}")
        await service.comment(await cast.actor("an"), task.id, "Xin lỗi, nhầm tệp")
        page = await head.post(f"/tasks/{task.code}/accept", {}, 412)
        assert "đã thay đổi" in page
        assert "Xin lỗi, nhầm tệp" in page
        await head.post(f"/tasks/{task.code}/accept", {})


async def test_more_time_is_asked_refused_and_granted(app: Any, cast: Cast) -> None:
    task = await given(cast)
    async with Browser(app) as an, Browser(app) as head:
        await an.sign_in(cast, "an")
        await head.sign_in(cast, "head")
        for answer, words in (
            ("refuse_extension", "Không đồng ý gia hạn"),
            ("approve_extension", "Đồng ý gia hạn đến 17:30"),
        ):
            await an.get(f"/tasks/{task.code}")
            form = {"due": "date", "due_on": "2026-12-02"}
            page = await an.post(f"/tasks/{task.code}/ask_extension", {**form, "reason": ""}, 422)
            assert 'value="2026-12-02"' in page
            await an.post(f"/tasks/{task.code}/ask_extension", {**form, "reason": "Chờ xác minh"})
            assert "Chờ xác minh" in await head.get(f"/tasks/{task.code}")
            assert words in await head.follow(f"/tasks/{task.code}/{answer}", {"reason": "ghi chú"})
    assert (await Task.get()).due_at == vn("2026-12-02 17:30")


async def test_a_leader_moves_reassigns_and_cancels(app: Any, cast: Cast) -> None:
    task = await given(cast)
    async with Browser(app) as head:
        await head.sign_in(cast, "head")
        await head.get(f"/tasks/{task.code}")
        assert "Đã đổi hạn." in await head.follow(
            f"/tasks/{task.code}/move_due", {"due": "on:2026-12-04", "reason": ""}
        )
        page = await head.post(f"/tasks/{task.code}/move_due", {"due": ""}, 422)
        assert "Xin chọn hạn" in page
        page = await head.post(f"/tasks/{task.code}/reassign", {"lead": "", "due": "keep"}, 422)
        assert "Không được để trống" in page
        page = await head.post(f"/tasks/{task.code}/reassign", {"lead_q": "binh", "find": "lead"}, 200)
        assert 'value="binh"' in page
        assert 'id="reassign" open' in page
        page = text_of(await head.follow(f"/tasks/{task.code}/reassign", {"lead": "binh", "due": "keep", "reason": ""}))
        assert "Chuyển cho Nguyễn Thị Bình" in page
        assert "Đã hủy việc." in await head.follow(f"/tasks/{task.code}/cancel", {"reason": "Không cần nữa"})
    assert (await Task.get()).status == "cancelled"


async def test_an_officer_declines_waits_and_comments(app: Any, cast: Cast) -> None:
    task = await given(cast)
    async with Browser(app, "en") as an:
        await an.sign_in(cast, "an")
        await an.get(f"/tasks/{task.code}")
        page = text_of(await an.follow(f"/tasks/{task.code}/wait", {"until_on": "2026-11-25", "until_time": ""}))
        assert "Đang chờ đến 07:30 thứ Tư 25/11/2026" in page
        await an.get(f"/tasks/{task.code}")
        await an.post(f"/tasks/{task.code}/wait", {"until_on": "", "until_time": ""}, 422)
        await an.post(f"/tasks/{task.code}/wait", {"until_on": "2026-11-20", "until_time": "08:00"}, 422)
        assert "Hỏi lại anh Tuấn" in await an.follow(f"/tasks/{task.code}/comment", {"text": "Hỏi lại anh Tuấn"})
        page = await an.post(f"/tasks/{task.code}/comment", {"text": " "}, 422)
        assert "Không được để trống" in page
        assert "Từ chối nhận" in await an.follow(f"/tasks/{task.code}/decline", {"reason": "Không đúng chuyên môn"})


async def test_what_is_not_offered_is_refused_with_words(app: Any, cast: Cast, clock: FakeClock) -> None:
    task = await given(cast)
    async with Browser(app) as an:
        await an.sign_in(cast, "an")
        await an.get(f"/tasks/{task.code}")
        page = await an.post(f"/tasks/{task.code}/accept", {}, 403)
        assert 'role="alert"' in page
        await an.post(f"/tasks/{task.code}/explode", {}, 404)
        assert await an.get(f"/tasks/{task.code}/report", 303) == f"/tasks/{task.code}"
        clock.set("2026-11-27 17:30")
        await an.get(f"/tasks/{task.code}")
        form = {"due": "date", "due_on": "2026-12-09", "reason": "Muộn rồi"}
        assert "quá hạn" in text_of(await an.post(f"/tasks/{task.code}/ask_extension", form, 409)).lower()
        assert "Quá hạn 30 phút" in text_of(await an.get(f"/tasks/{task.code}"))


async def test_a_self_registered_task_is_confirmed_by_a_leader(app: Any, cast: Cast) -> None:
    await service.assign(await cast.actor("an"), draft(title="Tự học"))
    task = await Task.get()
    async with Browser(app) as head:
        await head.sign_in(cast, "head")
        assert "chưa được xác nhận" in await head.get(f"/tasks/{task.code}")
        assert "Đã xác nhận." in await head.follow(f"/tasks/{task.code}/confirm", {})


async def test_the_page_speaks_english_to_who_reads_english(app: Any, cast: Cast) -> None:
    task = await reported(cast)
    await Person.filter(id=cast.head.id).update(locale="en")
    async with Browser(app) as head:
        await head.sign_in(cast, "head")
        page = text_of(await head.get(f"/tasks/{task.code}"))
        for words in ("Return", "To accept", "Reported as finished", "17:00 Friday 27/11/2026", "Who was told"):
            assert words in page
