"""Recurring tasks: made one period ahead, exactly once; paused, resumed, ended; what happens when it cannot be made."""

from datetime import date
from typing import Any

import pytest

from backend.calendars.queries import calendars
from backend.domain.recurring import Every
from backend.errors import Conflict, Forbidden, InvalidFields, NotFound, Unprocessable
from backend.models import AuditRow, OutboxNotice, Recurrence, Task
from backend.tasks import recurring, recurring_make, service
from backend.tasks.schemas import RecurrenceDraft, RecurrenceView, TaskWords
from tests.backend.given import at, lend
from tests.cast import Cast
from tests.fakes import FakeClock

pytestmark = pytest.mark.usefixtures("db")


def weekly(**fields: Any) -> RecurrenceDraft:
    """Every Friday at 17:00, for an."""
    words = TaskWords(
        title=fields.pop("title", "Báo cáo tuần"), leads=fields.pop("leads", ["an"]), **fields.pop("task", {})
    )
    return RecurrenceDraft(**{"task": words, "every": Every.WEEKLY, "day": 5, "at_minute": 1020, **fields})


async def made() -> list[tuple[str, str]]:
    """Lead's handle and due time of every task, in the order in which they were made."""
    return [
        (task.lead.handle, task.due_at.astimezone(at("2026-11-23 08:00").tzinfo).strftime("%m-%d %H:%M"))
        for task in await Task.all().order_by("id").prefetch_related("lead")
    ]


@pytest.fixture
async def friday(cast: Cast) -> RecurrenceView:
    """The head's recurring task for an."""
    return await service.recur(await cast.actor("head"), weekly())


async def test_each_period_is_made_one_ahead_and_once(cast: Cast, clock: FakeClock, friday: RecurrenceView) -> None:
    assert (friday.next_on, friday.state) == (date(2026, 11, 27), "active")
    assert await service.make_due(clock.at) == 1
    assert await made() == [("an", "11-27 17:00")], "this week's is made at once"
    assert await service.make_due(clock.at) == 0
    clock.set("2026-11-27 07:29")
    assert await service.make_due(clock.at) == 0
    clock.set("2026-11-27 07:30")
    assert await service.make_due(clock.at) == 1
    assert await made() == [("an", "11-27 17:00"), ("an", "12-04 17:00")]
    task = await Task.get(code="CV26-000002")
    assert (task.recurrence_id, task.recurrence_on) == (friday.id, date(2026, 12, 4))
    assert await OutboxNotice.filter(kind="TaskAssigned", person_id=cast.an.id).count() == 2


async def test_day_off_moves_and_many_leads_are_made_together(cast: Cast, clock: FakeClock) -> None:
    chair = await cast.actor("chair")
    await service.recur(chair, weekly(day=2, at_minute=None, leads=["head", "unit:diachinh"]))
    await service.make_due(clock.at)
    assert await made() == [("head", "11-25 17:30"), ("head2", "11-25 17:30")]


async def test_two_processes_make_it_once(cast: Cast, clock: FakeClock, friday: RecurrenceView) -> None:
    """A second process that read the row before the first one served it finds nothing left to do."""
    assert await recurring_make._serve(friday.id, clock.at, await calendars()) is True
    assert await recurring_make._serve(friday.id, clock.at, await calendars()) is False
    assert len(await made()) == 1


async def test_period_missed_while_the_engine_slept_is_skipped_and_said(
    cast: Cast, clock: FakeClock, friday: RecurrenceView
) -> None:
    clock.set("2026-12-07 09:00")
    assert await service.make_due(clock.at) == 1
    view = await recurring.recurrence_view(await cast.actor("head"), friday.id)
    assert (view.next_on, view.problem) == (date(2026, 12, 11), "Kỳ 27/11/2026 đã qua mà chưa tạo được việc.")
    assert await service.make_due(clock.at) == 1
    assert await made() == [("an", "12-11 17:00")]


async def test_lead_who_left_is_told_once_and_tried_every_working_day(
    cast: Cast, clock: FakeClock, friday: RecurrenceView
) -> None:
    head = await cast.actor("head")
    await type(cast.an).filter(id=cast.an.id).update(until_on=date(2026, 11, 22))
    for moment in ("2026-11-23 08:00", "2026-11-25 07:30", "2026-11-26 07:30"):
        clock.set(moment)
        assert await service.make_due(clock.at) == 1
        assert await service.make_due(clock.at) == 0
    view = await recurring.recurrence_view(head, friday.id)
    assert view.problem == "Anh/chị không có quyền giao việc cho Nguyễn Văn An."
    [notice] = await OutboxNotice.filter(kind="RecurrenceFailed")
    assert (notice.payload["title"], notice.payload["problem"]) == ("Báo cáo tuần", view.problem)
    assert await made() == []
    await type(cast.an).filter(id=cast.an.id).update(until_on=None)
    clock.set("2026-11-27 07:30")
    await service.make_due(clock.at)
    assert await made() == [("an", "11-27 17:00")]
    assert (await recurring.recurrence_view(head, friday.id)).problem == ""


async def test_period_that_could_not_be_made_is_given_up_when_it_is_due(
    cast: Cast, clock: FakeClock, friday: RecurrenceView
) -> None:
    await type(cast.an).filter(id=cast.an.id).update(until_on=date(2026, 11, 22))
    clock.set("2026-11-27 09:00")
    await service.make_due(clock.at)
    view = await recurring.recurrence_view(await cast.actor("head"), friday.id)
    assert view.next_on == date(2026, 12, 4)
    assert view.problem != ""


async def test_assigner_who_left_pauses_it_and_the_leader_above_hears(
    cast: Cast, clock: FakeClock, friday: RecurrenceView
) -> None:
    await type(cast.head).filter(id=cast.head.id).update(until_on=date(2026, 11, 22))
    assert await service.make_due(clock.at) == 1
    [notice] = await OutboxNotice.filter(kind="RecurrenceFailed")
    assert notice.person_id == cast.vice.id  # type: ignore[attr-defined]
    chair = await cast.actor("chair")
    view = await recurring.recurrence_view(chair, friday.id)
    assert (view.state, view.made) == ("paused", 0)
    assert (await service.end_recurrence(chair, friday.id)).state == "ended"


async def test_secret_title_never_goes_into_a_chat(cast: Cast, clock: FakeClock) -> None:
    await service.recur(await cast.actor("head"), weekly(title="Mật", task={"secret": True}))
    await type(cast.an).filter(id=cast.an.id).update(until_on=date(2026, 11, 22))
    await service.make_due(clock.at)
    [notice] = await OutboxNotice.filter(kind="RecurrenceFailed")
    assert "Mật" not in str(notice.payload)


async def test_fault_of_ours_pushes_the_row_back_and_stops_nobody(
    cast: Cast, clock: FakeClock, friday: RecurrenceView
) -> None:
    other = await service.recur(await cast.actor("head"), weekly(leads=["binh"]))
    await Recurrence.filter(id=friday.id).update(draft={"nonsense": True})
    assert await service.make_due(clock.at) == 1
    assert await made() == [("binh", "11-27 17:00")]
    pushed = await Recurrence.get(id=friday.id)
    assert pushed.make_at == clock.at + recurring_make.TRY_AGAIN_AFTER
    assert (await Recurrence.get(id=other.id)).problem == ""


async def test_paused_makes_nothing_and_resumes_with_what_is_ahead(
    cast: Cast, clock: FakeClock, friday: RecurrenceView
) -> None:
    head = await cast.actor("head")
    await service.make_due(clock.at)
    assert (await service.pause_recurrence(head, friday.id)).state == "paused"
    assert (await service.pause_recurrence(head, friday.id)).state == "paused"
    clock.set("2026-11-27 08:00")
    assert await service.make_due(clock.at) == 0
    resumed = await service.resume_recurrence(head, friday.id)
    assert (resumed.state, resumed.next_on, resumed.made) == ("active", date(2026, 12, 4), 1), "this Friday's is made"
    assert (await service.resume_recurrence(head, friday.id)).next_on == resumed.next_on
    await service.make_due(clock.at)
    assert await made() == [("an", "11-27 17:00"), ("an", "12-04 17:00")]
    assert [row.action for row in await AuditRow.filter(object_kind="recurrence").order_by("id")] == [
        "recurrence.created",
        "recurrence.paused",
        "recurrence.resumed",
    ]


async def test_it_ends_by_hand_or_by_its_last_day(cast: Cast, clock: FakeClock) -> None:
    head = await cast.actor("head")
    short = await service.recur(head, weekly(until_on=date(2026, 12, 3)))
    await service.make_due(clock.at)
    assert (await recurring.recurrence_view(head, short.id)).state == "ended"
    for act in (service.pause_recurrence(head, short.id), service.resume_recurrence(head, short.id)):
        with pytest.raises(Conflict) as caught:
            await act
        assert caught.value.code == "recurrence_ended"
    long = await service.recur(head, weekly())
    for _ in range(2):
        assert (await service.end_recurrence(head, long.id)).next_on is None
    assert await service.make_due(clock.at) == 0
    with pytest.raises(Unprocessable) as caught_:
        await service.recur(head, weekly(until_on=date(2026, 11, 26)))
    assert caught_.value.code == "recurrence_until_past"


async def test_what_assigning_would_refuse_is_refused_when_it_is_set_up(cast: Cast) -> None:
    head = await cast.actor("head")
    with pytest.raises(Forbidden):
        await service.recur(head, weekly(leads=["cuong"]))
    with pytest.raises(NotFound):
        await service.recur(head, weekly(leads=["nobody"]))
    for bad in (weekly(day=8), weekly(title=" "), weekly(task={"watchers": ["nobody"]})):
        with pytest.raises(InvalidFields):
            await service.recur(head, bad)
    assert await Recurrence.all().count() == 0


async def test_others_see_nothing_of_it(cast: Cast, friday: RecurrenceView) -> None:
    for who in ("an", "binh", "head2", "stranger", "hr"):
        actor = await cast.actor(who)
        assert await recurring.list_recurrences(actor) == []
        for act in (
            recurring.recurrence_view(actor, friday.id),
            service.pause_recurrence(actor, friday.id),
            service.resume_recurrence(actor, friday.id),
            service.end_recurrence(actor, friday.id),
        ):
            with pytest.raises(NotFound):
                await act
    for actor in (await cast.actor("chair"), await lend(cast, "head", "binh")):
        assert [view.id for view in await recurring.list_recurrences(actor)] == [friday.id]


async def test_daily_comes_once_a_working_day(cast: Cast, clock: FakeClock) -> None:
    chair = await cast.actor("chair")
    view = await service.recur(chair, weekly(every=Every.DAILY, day=1, at_minute=None, leads=["an"]))
    assert (view.every, view.next_on) == (Every.DAILY, date(2026, 11, 23))
    for now in ("2026-11-23 08:00", "2026-11-25 08:00", "2026-11-26 08:00", "2026-11-27 08:00"):
        clock.set(now)
        while await service.make_due(clock.at):
            pass
    assert await made() == [
        ("an", "11-23 17:30"), ("an", "11-25 17:30"), ("an", "11-26 17:30"), ("an", "11-27 17:30"), ("an", "11-30 17:30"),
    ]  # fmt: skip
