"""A unit's own calendar wherever time is counted: assigning, importing, recurring, reminding, reading a page."""

from datetime import date
from typing import Any

import pytest

from backend.calendars import service
from backend.calendars.schemas import OFFICE_CODE, AddVersionDraft, DayOffDraft, DaysDraft
from backend.domain.recurring import Every
from backend.models import Recurrence, Task
from backend.tasks import service as tasks
from backend.tasks.clocks import calendar_of_task
from backend.tasks.importing import import_tasks
from backend.tasks.schemas import DueDraft, RecurrenceDraft, TaskWords
from backend.web.demo import next_slot
from reminders import recur, remind
from tests.backend.given import given
from tests.backend.web_browser import Browser, text_of
from tests.cast import Cast
from tests.fakes import FakeClock, vn

EARLY = ["06:00-11:00 13:00-16:00"] * 5 + ["06:00-11:00", ""]


async def early_hours(cast: Cast, unit: str = "tuphap") -> None:
    """A section that works from six to four, and on Saturday mornings, from tomorrow on."""
    draft = AddVersionDraft(effective_from=date(2026, 11, 24), hours=EARLY)
    await service.add_version(await cast.actor("hr"), unit, draft)


@pytest.mark.usefixtures("db")
async def test_a_task_is_due_by_the_calendar_of_the_unit_that_answers_for_it(cast: Cast) -> None:
    await early_hours(cast)
    ours = await given(cast, "chair", "an", due=DueDraft(working_days=4))
    theirs = await given(cast, "chair", "cuong", due=DueDraft(working_days=4))
    assert ours.due_at == vn("2026-11-28 11:00")  # Saturday: 25, 26, 27, 28
    assert theirs.due_at == vn("2026-11-30 17:30")
    moved = await tasks.reassign(await cast.actor("chair"), ours.id, "cuong", due=DueDraft(working_days=4))
    assert moved.task.due_at == vn("2026-11-30 17:30")
    assert (await calendar_of_task(ours.id)).day_end(date(2026, 11, 25)) == vn("2026-11-25 17:30")
    assert (await calendar_of_task(10**9)).day_end(date(2026, 11, 25)) == vn("2026-11-25 17:30")


@pytest.mark.usefixtures("db")
async def test_an_imported_day_ends_when_its_leads_unit_ends_it(cast: Cast) -> None:
    await early_hours(cast)
    rows = [
        {"external_id": "1", "title": "Một", "assigner": "chair", "lead": "an", "due": "2026-11-26"},
        {"external_id": "2", "title": "Hai", "assigner": "chair", "lead": "unit:tuphap", "due": "2026-11-26"},
        {
            "external_id": "3",
            "title": "Ba",
            "assigner": "chair",
            "lead": "cuong@phuong.example.vn",
            "due": "26/11/2026",
        },
    ]
    await import_tasks(await cast.actor("hr"), rows)
    due = {task.external_id: task.due_at for task in await Task.all()}
    assert due == {"1": vn("2026-11-26 16:00"), "2": vn("2026-11-26 16:00"), "3": vn("2026-11-26 17:30")}


@pytest.mark.usefixtures("db")
async def test_a_recurring_task_avoids_its_own_units_days_off(cast: Cast, clock: FakeClock) -> None:
    draft = RecurrenceDraft(task=TaskWords(title="Báo cáo tuần", leads=["an"]), every=Every.WEEKLY, day=5)
    made = await tasks.recur(await cast.actor("head"), draft)
    off = DaysDraft(days_off=[DayOffDraft(date(2026, 11, 27), "Nghỉ tránh bão")])
    await service.set_days(await cast.actor("hr"), "tuphap", off)
    await recur.tick()
    task = await Task.get(recurrence_id=made.id)
    assert task.due_at == vn("2026-11-30 17:30")
    assert (await Recurrence.get(id=made.id)).problem == ""


@pytest.mark.usefixtures("db")
async def test_a_reminder_waits_for_the_units_own_hours(cast: Cast, clock: FakeClock) -> None:
    off = DaysDraft(days_off=[DayOffDraft(date(2026, 11, 25), "Nghỉ tránh bão")])
    await service.set_days(await cast.actor("hr"), "tuphap", off)
    ours = await given(cast, due=DueDraft(at=vn("2026-11-26 17:00")))
    theirs = await given(cast, "head2", "cuong", due=DueDraft(at=vn("2026-11-26 17:00")))
    clock.set("2026-11-25 08:00")
    await remind.tick()
    rows = {row.id: row for row in await Task.all()}
    assert rows[theirs.id].reminded_count > 0
    assert rows[ours.id].reminded_count == 0
    look_at = rows[ours.id].look_at
    assert look_at is not None
    assert look_at >= vn("2026-11-26 07:30")


@pytest.mark.usefixtures("clock")
async def test_the_tasks_page_offers_the_hours_of_the_tasks_own_unit(app: Any, cast: Cast) -> None:
    await early_hours(cast)
    task = await given(cast, "chair", "an")
    async with Browser(app) as chair:
        await chair.sign_in(cast, "chair")
        page = text_of(await chair.get(f"/tasks/{task.code}"))
        assert "thứ Tư 16:00" in page or "25/11 16:00" in page
        form = {"due": "date", "due_on": "2026-11-28"}
        await chair.post(f"/tasks/{task.code}/move_due", form)
    assert (await Task.get(id=task.id)).due_at == vn("2026-11-28 11:00")


@pytest.mark.usefixtures("db")
async def test_the_demos_clock_follows_the_readers_calendar(cast: Cast) -> None:
    off = DaysDraft(days_off=[DayOffDraft(date(2026, 11, 25), "Nghỉ tránh bão")])
    await service.set_days(await cast.actor("admin"), OFFICE_CODE, off)
    from backend.calendars.queries import OFFICE, calendar_for

    assert next_slot(vn("2026-11-23 16:30"), await calendar_for(OFFICE)) == vn("2026-11-26 08:00")
