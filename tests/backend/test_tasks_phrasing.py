"""One typed line through the API and the page: understood with the reader's own people, carried out once."""

from typing import Any

import pytest

from backend.models import Recurrence, Task
from tests.backend.web_browser import Browser, text_of
from tests.cast import Cast
from tests.fakes import vn

pytestmark = pytest.mark.usefixtures("clock")

LINE = "giao @an Báo cáo PCCC hạn 17h thứ 6 +@binh gấp cần duyệt trọng số 2"


async def test_the_api_says_what_a_line_means_and_changes_nothing(app: Any, cast: Cast) -> None:
    async with cast.client(app, "head") as api:
        answer = await api.post("/api/tasks/parse", json={"text": LINE})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    spans = found.pop("spans")
    assert found == {
        "leads": [{"handle": "an", "name": "Nguyễn Văn An", "choices": []}],
        "coordinators": [{"handle": "binh", "name": "Nguyễn Thị Bình", "choices": []}],
        "title": "Báo cáo PCCC",
        "due": "2026-11-27T17:00:00+07:00",
        "rule": "instant",
        "recurrence": None,
        "urgency": "urgent",
        "weight": 2.0,
        "needs_acceptance": True,
        "confidence": "certain",
        "asks": [],
        "flags": [],
    }
    assert {LINE[one["start"] : one["end"]] for one in spans if one["kind"] == "lead"} == {"giao @an"}
    assert not await Task.all().exists()


async def test_people_of_other_trees_are_unknown(app: Any, cast: Cast) -> None:
    async with cast.client(app, "head") as api:
        found = (await api.post("/api/tasks/parse", json={"text": "giao @stranger Báo cáo hạn thứ 6"})).json()
    assert (found["leads"], found["confidence"], found["asks"]) == ([], "ask", ["unknown_lead"])


@pytest.mark.parametrize("text", ["", " ", "\x00", "@" * 2000])
async def test_any_text_has_an_answer(app: Any, cast: Cast, text: str) -> None:
    async with cast.client(app, "head") as api:
        answer = await api.post("/api/tasks/parse", json={"text": text})
    assert answer.status_code == 200
    assert answer.json()["confidence"] == "ask"


async def test_a_line_too_long_is_refused(app: Any, cast: Cast) -> None:
    async with cast.client(app, "head") as api:
        assert (await api.post("/api/tasks/parse", json={"text": "x" * 2001})).status_code == 422


async def test_a_leader_assigns_with_one_line_on_the_page(app: Any, cast: Cast) -> None:
    async with Browser(app) as head:
        await head.sign_in(cast, "head")
        await head.get("/")
        page = await head.follow("/tasks/line", {"line": LINE})
        assert "Đã giao cho Nguyễn Văn An." in page
        task = await Task.get()
        assert (task.title, task.urgency, float(task.weight), task.needs_acceptance) == (
            "Báo cáo PCCC",
            "urgent",
            2,
            True,
        )
        assert f'name="tasks" value="{task.code}"' in page


async def test_the_same_form_twice_assigns_once(app: Any, cast: Cast) -> None:
    async with Browser(app) as head:
        await head.sign_in(cast, "head")
        form = head.hidden("/tasks/line") if await head.get("/") else {}
        first = await head.post("/tasks/line", {"line": LINE, **form})
        assert await head.post("/tasks/line", {"line": LINE, **form, **head.csrf()}) == first
        assert await Task.all().count() == 1


async def test_what_is_not_certain_is_shown_in_the_form(app: Any, cast: Cast) -> None:
    async with Browser(app) as head:
        await head.sign_in(cast, "head")
        await head.get("/")
        page = await head.post("/tasks/line", {"line": "giao @an Báo cáo PCCC hạn 15/3"}, 200)
        assert "Ngày đó năm nay đã qua; lấy năm sau?" in text_of(page)
        assert 'value="an" checked' in page
        assert 'value="2027-03-15"' in page
        page = await head.follow(
            "/tasks/new", {"title": "Báo cáo PCCC", "leads": "an", "due": "date", "due_on": "2027-03-15"}
        )
        assert (await Task.get()).due_at == vn("2027-03-15 17:30")


async def test_a_recurring_line_sets_up_the_recurrence(app: Any, cast: Cast) -> None:
    async with Browser(app) as head:
        await head.sign_in(cast, "head")
        await head.get("/")
        assert "Đã đặt việc định kỳ." in await head.follow(
            "/tasks/line", {"line": "giao @an Báo cáo hạn cuối tháng hằng tháng"}
        )
        assert ((await Recurrence.get()).every, (await Recurrence.get()).at_minute) == ("monthly", None)


async def test_what_may_not_be_done_is_said_and_nothing_typed_is_lost(app: Any, cast: Cast) -> None:
    async with Browser(app) as head:
        await head.sign_in(cast, "head")
        await head.get("/")
        line = "giao @cuong Báo cáo hạn thứ 6"
        page = await head.post("/tasks/line", {"line": line}, 403)
        assert "Đặng Hùng Cường" in text_of(page)
        assert f'value="{line}"' in page


async def test_an_officer_has_no_line(app: Any, cast: Cast) -> None:
    async with Browser(app) as an:
        await an.sign_in(cast, "an")
        assert "/tasks/line" not in await an.get("/")
