"""A changed calendar and open deadlines: what would move, who is asked, what moving and keeping do."""

from datetime import date, datetime
from typing import Any

import pytest

from backend.audits import audit
from backend.calendars import service
from backend.calendars.schemas import OFFICE_CODE, AddVersionDraft, DayOffDraft, DaysDraft
from backend.errors import Forbidden, Unprocessable
from backend.models import AuditRow, DueProposal, OutboxNotice, Task, TaskEvent
from backend.tasks import service as tasks
from backend.tasks.calendar_previews import PreviewDraft, edit_of, preview
from backend.tasks.calendar_proposals import count_proposals, decide, open_proposals
from backend.tasks.schemas import DueDraft
from reminders import move_deadlines
from reminders.schedule import run_all_due
from tests.backend.given import given, lend, said
from tests.cast import Cast
from tests.fakes import FakeClock, vn

pytestmark = pytest.mark.usefixtures("db")

FRIDAY = DaysDraft(days_off=[DayOffDraft(date(2026, 11, 27), "Nghỉ tránh bão", "05/CĐ-UBND")])
CHANGE = PreviewDraft(days=FRIDAY)


async def close_on_friday(cast: Cast, clock: FakeClock, unit: str = "ubnd") -> None:
    await service.set_days(await cast.actor("hr"), unit, FRIDAY)
    clock.move(minutes=11)
    await move_deadlines.tick()


async def proposed(cast: Cast, handle: str = "head") -> dict[str, str]:
    found = await open_proposals(await cast.actor(handle))
    return {one.code: f"{one.due_proposed.astimezone(vn('2026-11-23 08:00').tzinfo):%d %H:%M}" for one in found}


async def test_each_rule_is_counted_anew_from_when_it_was_given(cast: Cast, clock: FakeClock) -> None:
    # Monday 23 November 08:00; the 24th is a day off.
    minutes = await given(cast, due=DueDraft(minutes=1500))  # Friday 09:00
    working = await given(cast, due=DueDraft(working_days=4))  # 25, 26, 27, 30
    calendar_days = await given(cast, due=DueDraft(calendar_days=4))  # Friday the 27th
    instant = await given(cast, due=DueDraft(at=vn("2026-11-27 10:00")))
    await given(cast, due=DueDraft(at=vn("2026-11-26 10:00")))
    await given(cast, due=DueDraft(working_days=2))  # Thursday
    look = await preview(await cast.actor("hr"), "ubnd", edit_of(CHANGE))
    assert (look.total, look.assigners, look.changed) == (4, 1, True)
    assert [task.lead for task in look.tasks] == ["Nguyễn Văn An"] * 4
    assert await DueProposal.all().count() == 0
    await close_on_friday(cast, clock)
    assert await proposed(cast) == {
        minutes.code: "30 09:00",
        working.code: "01 17:30",
        calendar_days.code: "30 17:30",
        instant.code: "30 17:30",
    }
    [notice] = await OutboxNotice.filter(kind="CalendarMovesDeadlines")
    assert notice.payload == {"kind": "CalendarMovesDeadlines", "place": "UBND Phường Hòa Bình", "count": 4}
    assert notice.person_id == cast.head.id  # type: ignore[attr-defined]
    assert await move_deadlines.tick() == 0


async def test_no_deadline_moves_before_the_assigner_says_so(cast: Cast, clock: FakeClock) -> None:
    task = await given(cast, due=DueDraft(working_days=3))
    await close_on_friday(cast, clock)
    assert (await Task.get(id=task.id)).due_at == vn("2026-11-27 17:30")
    done = await decide(await cast.actor("head"), "move")
    assert (done.moved, done.kept, done.refused) == ([task.code], [], [])
    row = await Task.get(id=task.id)
    assert row.due_at == vn("2026-11-30 17:30")
    assert row.due_rule == {"rule": "working_days", "amount": 3}
    assert await said(task.id, cast.an.id) == ["TaskAssigned", "DueMoved"]
    event = await TaskEvent.filter(task_id=task.id).order_by("-id").first()
    assert event is not None
    assert (event.kind, event.actor_id) == ("due_moved", cast.head.id)
    assert await proposed(cast) == {}
    proposal = await DueProposal.get()
    assert (proposal.decision, proposal.decided_by_id) == ("moved", cast.head.id)


async def test_a_moved_deadline_can_be_counted_once_more(cast: Cast, clock: FakeClock) -> None:
    task = await given(cast, due=DueDraft(working_days=3))
    await close_on_friday(cast, clock)
    await decide(await cast.actor("head"), "move")
    monday = DaysDraft(days_off=[DayOffDraft(date(2026, 11, 30), "Nghỉ")])
    await service.set_days(await cast.actor("hr"), "tuphap", monday)
    clock.move(minutes=11)
    await move_deadlines.tick()
    assert await proposed(cast) == {task.code: "01 17:30"}


async def test_a_kept_deadline_stays_and_is_not_asked_about_again(cast: Cast, clock: FakeClock) -> None:
    task = await given(cast, due=DueDraft(working_days=4))
    await close_on_friday(cast, clock)
    done = await decide(await cast.actor("head"), "keep")
    assert done.kept == [task.code]
    assert (await Task.get(id=task.id)).due_at == vn("2026-11-30 17:30")
    assert await AuditRow.filter(action="task.due_kept").count() == 1
    await service.set_days(
        await cast.actor("hr"), "ubnd", DaysDraft(days_off=[DayOffDraft(date(2026, 11, 26), "Nghỉ")])
    )
    clock.move(minutes=11)
    await move_deadlines.tick()
    assert await proposed(cast) == {}


async def test_what_was_set_otherwise_since_is_an_instant(cast: Cast, clock: FakeClock) -> None:
    task = await given(cast, due=DueDraft(working_days=2))
    head = await cast.actor("head")
    await tasks.move_due(head, task.id, DueDraft(at=vn("2026-11-27 09:00")))
    extended = await given(cast, due=DueDraft(working_days=2))
    await tasks.ask_extension(await cast.actor("an"), extended.id, DueDraft(at=vn("2026-11-30 09:00")), "Chờ")
    await tasks.decide_extension(head, extended.id, True)
    clock.set("2026-11-23 09:00")
    later = await given(cast, due=DueDraft(working_days=1))
    clock.set("2026-11-23 10:00")
    await tasks.move_due(head, later.id, DueDraft(minutes=1440))  # from 10:00: Friday 10:00
    await close_on_friday(cast, clock)
    # The extended one is not on the Friday; the last is counted from when it was moved.
    assert await proposed(cast) == {task.code: "30 17:30", later.code: "30 10:00"}


async def test_only_the_subtree_of_the_change_is_looked_at(cast: Cast, clock: FakeClock) -> None:
    ours = await given(cast)
    theirs = await given(cast, "head2", "cuong")
    await close_on_friday(cast, clock, "tuphap")
    assert list(await proposed(cast)) == [ours.code]
    assert await proposed(cast, "head2") == {}
    await service.set_days(await cast.actor("admin"), OFFICE_CODE, FRIDAY)
    clock.move(minutes=11)
    await move_deadlines.tick()
    assert list(await proposed(cast, "head2")) == [theirs.code]
    assert list(await proposed(cast)) == [ours.code]
    assert await DueProposal.all().count() == 2


async def test_days_entered_one_after_the_other_are_asked_about_once(cast: Cast, clock: FakeClock) -> None:
    task = await given(cast, due=DueDraft(working_days=3))
    hr = await cast.actor("hr")
    await service.set_days(hr, "ubnd", FRIDAY)
    clock.move(minutes=5)
    await move_deadlines.tick()
    await service.set_days(hr, "ubnd", DaysDraft(days_off=[DayOffDraft(date(2026, 11, 30), "Nghỉ")]))
    clock.move(minutes=6)
    await move_deadlines.tick()
    assert await proposed(cast) == {}
    clock.move(minutes=5)
    await move_deadlines.tick()
    assert await proposed(cast) == {task.code: "01 17:30"}
    assert await OutboxNotice.filter(kind="CalendarMovesDeadlines").count() == 1


async def test_a_change_taken_back_takes_its_proposals_back(cast: Cast, clock: FakeClock) -> None:
    counted = await given(cast, due=DueDraft(working_days=3))
    instant = await given(cast)
    await close_on_friday(cast, clock)
    assert set(await proposed(cast)) == {counted.code, instant.code}
    await service.clear(await cast.actor("hr"), "ubnd")
    clock.move(minutes=11)
    await move_deadlines.tick()
    assert await proposed(cast) == {}
    assert {row.decision for row in await DueProposal.all()} == {"gone"}


async def test_a_later_change_replaces_what_was_proposed(cast: Cast, clock: FakeClock) -> None:
    counted = await given(cast, due=DueDraft(working_days=3))
    await close_on_friday(cast, clock)
    await service.set_days(
        await cast.actor("hr"), "ubnd", DaysDraft(days_off=[DayOffDraft(date(2026, 11, 30), "Nghỉ")])
    )
    clock.move(minutes=11)
    await move_deadlines.tick()
    assert await proposed(cast) == {counted.code: "01 17:30"}
    assert sorted(row.decision for row in await DueProposal.all()) == ["", "gone"]


async def test_a_proposal_is_gone_when_the_task_moved_on(cast: Cast, clock: FakeClock) -> None:
    reported = await given(cast)
    moved = await given(cast)
    await close_on_friday(cast, clock)
    ids = [row.id for row in await DueProposal.all()]
    await tasks.report(await cast.actor("an"), reported.id, "Xong")
    head = await cast.actor("head")
    await tasks.move_due(head, moved.id, DueDraft(at=vn("2026-12-04 10:00")))
    assert await proposed(cast) == {}
    done = await decide(head, "move", ids)
    assert [refusal.error for refusal in done.refused] == ["task_is_reported", "proposal_gone"]
    await move_deadlines.tick()
    assert {row.decision for row in await DueProposal.all()} == {"gone"}


async def test_nothing_moves_into_the_past(cast: Cast, clock: FakeClock) -> None:
    """A make-up Saturday brings a deadline forward; when that moment has passed there is nothing to decide."""
    task = await given(cast, due=DueDraft(working_days=5))  # Tuesday 1 December
    hr = await cast.actor("hr")
    late = AddVersionDraft(effective_from=date(2026, 11, 23), hours=["07:30-11:30 13:30-17:30"] * 6 + [""])
    clock.set("2026-11-30 08:00")
    look = await preview(hr, "ubnd", edit_of(PreviewDraft(version=late)))
    assert look.total == 1  # counted with the Saturday: Monday 17:30
    clock.set("2026-11-30 17:30")
    assert (await preview(hr, "ubnd", edit_of(PreviewDraft(version=late)))).total == 0
    assert (await Task.get(id=task.id)).due_at == vn("2026-12-01 17:30")


async def test_a_part_moves_after_the_whole_and_not_past_it(cast: Cast, clock: FakeClock) -> None:
    whole = await given(cast, "chair", "head", due=DueDraft(at=vn("2026-11-27 17:00")))
    part = await given(cast, parent=whole.code, due=DueDraft(at=vn("2026-11-27 16:00")))
    await close_on_friday(cast, clock)
    done = await decide(await cast.actor("head"), "move")
    assert (done.moved, [refusal.error for refusal in done.refused]) == ([], ["due_after_parent"])
    assert list(await proposed(cast)) == [part.code]
    await decide(await cast.actor("chair"), "move")
    assert (await decide(await cast.actor("head"), "move")).moved == [part.code]


async def test_who_decides(cast: Cast, clock: FakeClock) -> None:
    task = await given(cast)
    await close_on_friday(cast, clock)
    [row] = await DueProposal.all()
    for handle in ("an", "hr", "admin", "binh"):
        assert await proposed(cast, handle) == {}
        assert await count_proposals(await cast.actor(handle)) == 0
    done = await decide(await cast.actor("an"), "move", [row.id])
    assert [refusal.error for refusal in done.refused] == ["forbidden"]
    with pytest.raises(Exception, match="not_found"):
        await decide(await cast.actor("stranger"), "keep", [row.id])
    substitute = await lend(cast, "head", "binh")
    assert await count_proposals(substitute) == 1
    assert (await decide(substitute, "move", [row.id])).moved == [task.code]


async def test_the_leader_above_decides_for_an_assigner_who_left(cast: Cast, clock: FakeClock) -> None:
    from backend.models import Person

    await given(cast, "head", "an")
    own = await tasks.assign(await cast.actor("binh"), (await _own()))
    await Person.filter(id=cast.head.id).update(left_at=clock.at, until_on=date(2026, 11, 22))
    await close_on_friday(cast, clock)
    people = {row.person_id for row in await OutboxNotice.filter(kind="CalendarMovesDeadlines")}  # type: ignore[attr-defined]
    assert cast.binh.id in people
    assert cast.head.id not in people
    [leader] = people - {cast.binh.id}
    handle = next(name for name, person in cast.people.items() if person.id == leader)
    assert len(await proposed(cast, handle)) == 1
    assert list(await proposed(cast, "binh")) == [own.tasks[0].code]
    assert len((await decide(await cast.actor("binh"), "move")).moved) == 1


async def _own() -> Any:
    from tests.backend.given import draft

    return draft(leads=[])


async def test_a_preview_shows_what_the_reader_may_see_and_counts_the_rest(cast: Cast) -> None:
    await given(cast, title="Thường")
    await given(cast, title="Mật", secret=True)
    look = await preview(await cast.actor("hr"), "ubnd", edit_of(CHANGE))
    assert (look.total, [task.title for task in look.tasks]) == (2, ["Thường"])
    blind = await preview(await cast.actor("admin"), "ubnd", edit_of(CHANGE))
    assert (blind.total, blind.tasks) == (2, [])
    with pytest.raises(Forbidden):
        await preview(await cast.actor("head"), "tuphap", edit_of(CHANGE))
    with pytest.raises(Unprocessable, match="calendar_one_change"):
        edit_of(PreviewDraft())
    with pytest.raises(Unprocessable, match="calendar_one_change"):
        edit_of(PreviewDraft(days=FRIDAY, clear=True))
    same = await preview(await cast.actor("hr"), "ubnd", edit_of(PreviewDraft(clear=True)))
    assert (same.changed, same.total) == (False, 0)


async def test_naming_and_confirming_days_asks_nobody_anything(cast: Cast, clock: FakeClock) -> None:
    from backend.calendars.schemas import ConfirmDraft

    await given(cast, due=DueDraft(at=vn("2027-02-08 09:00")))
    hr = await cast.actor("hr")
    await service.set_days(hr, "ubnd", DaysDraft(days_off=[DayOffDraft(date(2027, 3, 1), "Nghỉ")]))
    clock.move(minutes=11)
    await move_deadlines.tick()
    await service.confirm_day(hr, "ubnd", date(2027, 2, 8), ConfirmDraft(decision="1/TB"))
    assert await move_deadlines.tick() == 0
    assert await proposed(cast) == {}


async def test_two_tickers_propose_once(cast: Cast, clock: FakeClock) -> None:
    import asyncio

    await given(cast)
    await service.set_days(await cast.actor("hr"), "ubnd", FRIDAY)
    clock.move(minutes=11)
    await asyncio.gather(*(move_deadlines.tick() for _ in range(4)))
    assert await DueProposal.all().count() == 1
    assert await OutboxNotice.filter(kind="CalendarMovesDeadlines").count() == 1


async def test_what_the_sweeps_look_at_is_planned_by_the_new_calendar_at_once(cast: Cast, clock: FakeClock) -> None:
    """The limit for acknowledging, the reminders and further delays all run in working time."""
    waiting = await given(cast)
    late = await given(cast, due=DueDraft(minutes=30))
    reported = await given(cast)
    await tasks.report(await cast.actor("an"), reported.id, "Xong")
    clock.set("2026-11-23 09:00")
    await run_all_due()
    before = {row.id: row for row in await Task.all()}
    wednesday = DaysDraft(days_off=[DayOffDraft(date(2026, 11, 25), "Nghỉ tránh bão")])
    await service.set_days(await cast.actor("hr"), "tuphap", wednesday)
    assert "charge_wrong" in await _problems()
    assert await move_deadlines.tick() == 1
    after = {row.id: row for row in await Task.all()}
    for task_id in (waiting.id, reported.id):
        assert _later(before[task_id].answer_at, after[task_id].answer_at)
    assert _later(before[late.id].charge_at, after[late.id].charge_at)
    assert (before[late.id].answer_at, after[late.id].answer_at) == (None, None)  # nobody is left to ask
    assert after[waiting.id].version == before[waiting.id].version
    assert await _problems() == set()
    assert await move_deadlines.tick() == 0


async def _problems() -> set[str]:
    """What the audit finds; nobody sends anything here, so notices wait."""
    return {problem.code for problem in (await audit()).problems} - {"notice_waiting"}


def _later(before: datetime | None, after: datetime | None) -> bool:
    assert before is not None
    assert after is not None
    return after > before
