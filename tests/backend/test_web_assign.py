"""Assigning through the page: choices, deadlines, files, mistakes that lose nothing, one press one task."""

import asyncio
from typing import Any

import pytest

from backend.models import Task, TaskPart
from backend.tasks import service
from tests.backend.given import away, given
from tests.backend.web_browser import Browser, text_of
from tests.cast import Cast
from tests.fakes import vn

pytestmark = pytest.mark.usefixtures("clock")

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)
FRIDAY = {"due": "on:2026-11-27"}


async def test_a_leader_assigns_with_a_few_taps(app: Any, cast: Cast) -> None:
    async with Browser(app) as head:
        await head.sign_in(cast, "head")
        page = await head.get("/tasks/new")
        # The choices: their people, themselves; nobody else's; deadlines in words.
        assert 'value="an"' in page
        assert 'value="head"' in page
        assert 'value="cuong"' not in page.partition('name="coordinators"')[0]
        assert 'value="stranger"' not in page
        assert "hôm nay 17:30" in page
        assert "thứ Sáu 17:30" in page
        form = {
            "title": "Báo cáo PCCC",
            "leads": "an",
            "urgency": "urgent",
            "kind": "document",
            "needs_acceptance": "yes",
        }
        more = {
            "source_number": "12/UBND",
            "source_on": "2026-11-20",
            "body": "Theo mẫu\r\nsố 2",
            "coordinators": "binh",
        }
        page = await head.follow("/tasks/new", {**form, **more, **FRIDAY})
        assert "Đã giao cho Nguyễn Văn An." in page
        task = await Task.get()
        assert (task.title, task.urgency, task.kind, task.body) == (
            "Báo cáo PCCC",
            "urgent",
            "document",
            "Theo mẫu\nsố 2",
        )
        assert task.due_at == vn("2026-11-27 17:30")
        assert task.needs_acceptance
        assert await TaskPart.filter(person_id=cast.binh.id, part="coordinator").exists()
        assert "Số 12/UBND, ngày 20/11/2026" in text_of(page)


DEADLINES = (
    # Tuesday 24 November 2026 is a day off.
    ({"due": "working_days", "due_days": "3"}, "2026-11-27 17:30"),
    ({"due": "date", "due_on": "2026-12-04"}, "2026-12-04 17:30"),
    ({"due": "date", "due_on": "2026-12-04", "due_time": "09:15"}, "2026-12-04 09:15"),
    ({"due_on": "2026-12-07"}, "2026-12-07 17:30"),
)


async def test_deadlines_are_given_as_days_or_as_a_date(app: Any, cast: Cast) -> None:
    async with Browser(app) as head:
        await head.sign_in(cast, "head")
        await head.get("/tasks/new")
        for number, (due, at) in enumerate(DEADLINES):
            await head.post("/tasks/new", {"title": f"Việc {number}", "leads": "an", **due})
            assert (await Task.get(title=f"Việc {number}")).due_at == vn(at)


MISTAKES = (
    ({"title": "  "}, "Không được để trống"),
    ({"title": "x" * 501}, "500"),
    ({"leads": ""}, "Xin chọn ít nhất một người"),
    ({"leads": "cuong"}, "không có quyền giao việc cho Đặng Hùng Cường"),
    ({"leads": "nobody"}, "nobody"),
    ({"due": ""}, "Xin chọn hạn"),
    ({"due": "on:tomorrow"}, "Xin chọn hạn"),
    ({"due": "date", "due_on": ""}, "ngày giờ đúng"),
    ({"due": "date", "due_on": "2026-13-40"}, "ngày giờ đúng"),
    ({"due": "date", "due_on": "2026-12-04", "due_time": "25:00"}, "ngày giờ đúng"),
    ({"due": "date", "due_on": "2026-11-20"}, "đã qua"),
    ({"due": "working_days", "due_days": "0"}, "số nguyên dương"),
    ({"due": "working_days", "due_days": "ba"}, "số nguyên dương"),
    ({"kind": "poem"}, "Giá trị chưa đúng"),
    ({"source_on": "hôm qua"}, "ngày giờ đúng"),
)


async def test_a_mistake_is_said_and_nothing_typed_is_lost(app: Any, cast: Cast) -> None:
    right = {"title": "Việc quan trọng", "leads": "an", "body": "Chi tiết <b>", "urgency": "express", **FRIDAY}
    async with Browser(app) as head:
        await head.sign_in(cast, "head")
        await head.get("/tasks/new")
        hidden = head.hidden("/tasks/new")
        for wrong, words in MISTAKES:
            form = {**hidden, **right, **wrong}
            answer = await head.client.post("/tasks/new", data=form)
            assert 400 <= answer.status_code < 500, wrong
            assert words in text_of(answer.text), wrong
            assert "Chi tiết &lt;b&gt;" in answer.text
            assert 'value="express" checked' in answer.text
            for name, value in (("leads", 'value="an" checked'), ("title", 'value="Việc quan trọng"')):
                assert name in wrong or value in answer.text, wrong
    assert await Task.all().count() == 0


async def test_pressing_twice_assigns_once_and_another_form_assigns_again(app: Any, cast: Cast) -> None:
    async with Browser(app) as head:
        await head.sign_in(cast, "head")
        await head.get("/tasks/new")
        form = {**head.hidden("/tasks/new"), "title": "Việc", "leads": "an", **FRIDAY}
        answers = await asyncio.gather(*(head.client.post("/tasks/new", data=form) for _ in range(2)))
        assert {answer.headers["location"] for answer in answers} == {f"/tasks/{(await Task.get()).code}"}
        # Going back and writing the next one in the same form is a task of its own.
        await head.post("/tasks/new", {**form, "title": "Việc nữa"})
    assert await Task.all().count() == 2


async def test_files_are_taken_along_and_survive_a_mistake(app: Any, cast: Cast) -> None:
    async with Browser(app) as head:
        await head.sign_in(cast, "head")
        await head.get("/tasks/new")
        form = {"title": "Việc", "leads": "an"}
        page = await head.post("/tasks/new", form, 422, files={"files": ("ảnh hiện trường.png", PNG)})
        kept = page.partition('name="files_kept" value="')[2].partition('"')[0]
        assert "ảnh hiện trường.png" in kept
        page = await head.follow("/tasks/new", {**form, **FRIDAY, "files_kept": kept})
        assert "ảnh hiện trường.png" in page
        await head.get("/tasks/new")
        page = await head.post("/tasks/new", {**form, **FRIDAY}, 415, files={"files": ("x.exe", b"MZ\x90\x00")})
        assert "x.exe" in page


async def test_one_draft_goes_to_many_and_to_units(app: Any, cast: Cast) -> None:
    async with Browser(app) as chair:
        await chair.sign_in(cast, "chair")
        await chair.get("/tasks/new")
        form: dict[str, Any] = {"title": "Việc chung", "leads": ["an", "unit:diachinh"], **FRIDAY}
        page = await chair.follow("/tasks/new", form)
        assert "Đã giao cho 2 người." in page
        assert page.count("Việc chung</a>") == 2
    assert await Task.filter(lead_id=cast.head2.id, to_unit=True).exists()


async def test_names_are_searched_without_accents_and_the_chosen_stay(app: Any, cast: Cast) -> None:
    async with Browser(app) as chair:
        await chair.sign_in(cast, "chair")
        await chair.get("/tasks/new")
        form = {"title": "Việc", "leads": "an", "leads_q": "cuong", "find": "leads"}
        page = (await chair.post("/tasks/new", form, 200)).partition('name="coordinators"')[0]
        assert 'value="cuong"' in page
        assert 'value="an" checked' in page
        assert 'value="binh"' not in page
        assert 'value="Việc"' in page


async def test_an_officer_registers_their_own_and_hands_a_part_on_only_when_leading(app: Any, cast: Cast) -> None:
    async with Browser(app) as an:
        await an.sign_in(cast, "an")
        page = await an.get("/tasks/new")
        assert "Thêm việc của tôi" in page
        assert 'name="leads"' not in page
        assert "Đã thêm việc của anh/chị." in await an.follow("/tasks/new", {"title": "Tự học", **FRIDAY})
    assert (await Task.get()).self_registered


async def test_a_part_is_handed_on_with_the_deadline_of_the_whole_as_its_limit(app: Any, cast: Cast) -> None:
    whole = await given(cast, "chair", "head", title="Cả việc")
    async with Browser(app) as head:
        await head.sign_in(cast, "head")
        assert "Cả việc" in await head.get(f"/tasks/new?parent={whole.code}")
        form = {"title": "Một phần", "leads": "an"}
        page = await head.post("/tasks/new", {**form, "due": "date", "due_on": "2026-12-25"}, 422)
        assert "Cả việc" in page
        page = await head.follow("/tasks/new", {**form, "due": "date", "due_on": "2026-11-26"})
        assert f"Thuộc việc {whole.code}" in page
        assert "Một phần" in await head.get(f"/tasks/{whole.code}")


async def test_the_assigner_hears_of_leave_and_the_substitute(app: Any, cast: Cast) -> None:
    await away(cast, "an", "2026-11-24", "2026-11-25", "binh")
    await away(cast, "binh", "2026-11-26", "2026-11-26")
    async with Browser(app) as head:
        await head.sign_in(cast, "head")
        await head.get("/tasks/new")
        page = text_of(await head.follow("/tasks/new", {"title": "Việc", "leads": "an", **FRIDAY}))
        assert "thứ Tư 25/11/2026" in page
        assert "người thay là Nguyễn Thị Bình" in page
        await head.get("/tasks/new")
        page = text_of(await head.follow("/tasks/new", {"title": "Việc", "leads": "binh", **FRIDAY}))
        assert "Nguyễn Thị Bình đang nghỉ" in page


async def test_who_only_looks_assigns_nothing(app: Any, cast: Cast) -> None:
    async with Browser(app) as auditor:
        await auditor.sign_in(cast, "auditor")
        assert "/tasks/new" not in await auditor.get("/")
        await auditor.get("/tasks/new", 403)
    async with Browser(app, "en") as stranger:
        task = await given(cast, "chair", "head")
        await stranger.sign_in(cast, "stranger")
        await stranger.get(f"/tasks/new?parent={task.code}", 404)


async def test_watchers_weight_and_required_coordinators(app: Any, cast: Cast) -> None:
    async with Browser(app) as head:
        await head.sign_in(cast, "head")
        await head.get("/tasks/new")
        more = {"coordinators": "binh", "all_acknowledge": "yes", "watchers": "vice", "weight": "1,5"}
        page = await head.follow("/tasks/new", {"title": "Báo cáo", "leads": "an", **more, **FRIDAY})
        task = await Task.get()
        assert (float(task.weight), task.all_acknowledge) == (1.5, True)
        assert await TaskPart.filter(person_id=cast.vice.id, part="watcher").exists()
        assert "Trần Thị Hoa" in text_of(page)
        await head.get("/tasks/new")
        page = await head.post("/tasks/new", {"title": "Khác", "leads": "an", "weight": "nhiều", **FRIDAY}, 422)
        assert 'id="weight-wrong"' in page
        assert 'value="nhiều"' in page


async def test_an_assignment_is_taken_back_with_one_press(app: Any, cast: Cast) -> None:
    async with Browser(app) as head:
        await head.sign_in(cast, "head")
        await head.get("/tasks/new")
        page = await head.follow("/tasks/new", {"title": "Nhầm người", "leads": "an", **FRIDAY})
        code = (await Task.get()).code
        assert f'name="tasks" value="{code}"' in page
        assert "Đã hoàn tác." in await head.follow("/tasks/undo", {"tasks": code})
        assert (await Task.get()).status == "cancelled"
        await head.post("/tasks/undo", {"tasks": code}, 409)
        await head.get("/tasks/new")
        await head.post("/tasks/undo", {"tasks": ""}, 404)


async def test_many_assignments_are_taken_back_as_far_as_nobody_took_them(app: Any, cast: Cast) -> None:
    async with Browser(app) as head:
        await head.sign_in(cast, "head")
        await head.get("/tasks/new")
        form = {"title": "Cho hai người", "leads": ["an", "binh"], **FRIDAY}
        await head.follow("/tasks/new", form)
        codes = [task.code for task in await Task.all().order_by("id")]
        await service.acknowledge(await cast.actor("an"), (await Task.get(lead_id=cast.an.id)).id)
        page = await head.follow("/tasks/undo", {"tasks": " ".join(codes)})
        assert "Đã rút lại 1 trong 2 việc" in page
        assert {task.lead_id: task.status for task in await Task.all()} == {
            cast.an.id: "acknowledged",
            cast.binh.id: "cancelled",
        }
        await head.get("/tasks/new")
        await head.follow("/tasks/new", {**form, "title": "Nhầm cả hai"})
        codes = [task.code for task in await Task.filter(title="Nhầm cả hai")]
        assert "Đã rút lại 2 việc." in await head.follow("/tasks/undo", {"tasks": " ".join(codes)})
