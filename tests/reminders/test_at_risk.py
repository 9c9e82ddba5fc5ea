"""Rule 7: the warning goes up a frozen line until somebody answers, and further when the answer has gone stale."""

from datetime import timedelta

import pytest

from backend.errors import Forbidden
from backend.models import Leave, OutboxNotice, Position, Task, TaskEvent, TrackRecord
from backend.tasks import queries
from backend.tasks.schemas import DueDraft
from backend.tasks.service import acknowledge, ask_extension, heed, nudge, report
from reminders import escalate, remind
from tests.fakes import vn


@pytest.fixture
async def told(cast, clock, give) -> int:
    """A task of a long time and a bad record, ignored until the head has heard that it may end late."""
    await TrackRecord.create(person_id=cast.an.id, still_1=10, still_2=10, still_3=10, still_4=10, still_5=10, late=9)
    task = await give("an", working_days=12)
    await acknowledge(await cast.actor("an"), task)
    while not await OutboxNotice.filter(kind="TaskAtRisk").exists():
        row = await Task.get(id=task)
        assert row.look_at is not None
        assert row.look_at < row.due_at
        clock.set(row.look_at)
        await tick()
    return task


async def tick() -> None:
    """What the engine does about silence."""
    await escalate.tick()
    await remind.tick()


async def heard() -> list[int]:
    return [row.person_id for row in await OutboxNotice.filter(kind="TaskAtRisk").order_by("id")]  # type: ignore[attr-defined]


async def go_on(clock, task: int, until=None) -> None:
    """Everything that the row asks for, up to its deadline or ``until``."""
    while True:
        row = await Task.get(id=task)
        last = until or row.due_at
        coming = [at for at in (row.look_at, row.answer_at) if at is not None and at < last]
        if not coming:
            return
        clock.set(min(coming))
        await tick()


async def test_silence_climbs_a_leader_a_limit_and_stops_at_the_top(db, cast, clock, told):
    row = await Task.get(id=told)
    assert row.answer_at is not None
    assert row.leader_told_at is not None
    await go_on(clock, told)
    assert await heard() == [cast.head.id, cast.vice.id, cast.chair.id]
    first, second, third = [row.not_before for row in await OutboxNotice.filter(kind="TaskAtRisk").order_by("id")]
    assert first < second < third < (await Task.get(id=told)).due_at
    row = await Task.get(id=told)
    assert (row.answer_at, row.answer_line) == (None, [])


async def test_the_line_is_frozen_when_it_starts(db, cast, clock, told):
    await Position.filter(person_id=cast.vice.id).update(until_on=vn("2026-12-01 00:00").date())
    await Position.filter(person_id=cast.head2.id).update(unit_id=cast.units["ubnd"].id)
    await go_on(clock, told)
    assert cast.head2.id not in await heard()


async def test_an_answer_stops_it_and_a_stale_one_sends_it_on(db, cast, clock, told):
    clock.move(hours=1)
    await acknowledge(await cast.actor("an"), told)
    row = await Task.get(id=told)
    assert row.answer_at is None, "the answer stopped the way up"
    silent_from = row.tapped_at
    while len(await heard()) == 1:
        row = await Task.get(id=told)
        assert row.look_at is not None
        assert row.look_at < row.due_at, "the deadline comes and nobody further up has heard"
        clock.set(row.look_at)
        await tick()
    assert await heard() == [cast.head.id, cast.vice.id], "nobody hears twice"
    said = await OutboxNotice.filter(kind__in=("TaskDueSoon", "TaskDueNow"), created_at__gt=silent_from).count()
    assert said >= 2, "an answer goes stale by two reminders without an answer"


@pytest.mark.parametrize("way", ["heed", "nudge"])
async def test_a_leader_who_takes_it_up_stops_it(db, cast, clock, told, way):
    head, an = await cast.actor("head"), await cast.actor("an")
    assert "heed" in (await queries.view(head, told)).can
    assert "heed" not in (await queries.view(an, told)).can
    with pytest.raises(Forbidden):
        await heed(an, told)
    done = await (heed if way == "heed" else nudge)(head, told)
    assert done.changed
    assert "heed" not in done.task.can
    row = await Task.get(id=told)
    assert (row.answer_at, row.answer_line) == (None, [])
    assert not (await heed(head, told)).changed, "again changes nothing"
    assert await TaskEvent.filter(task_id=told, kind="heeded").count() == (way == "heed")
    await go_on(clock, told)
    assert await heard() == [cast.head.id]


@pytest.mark.parametrize("act", ["report", "extension"])
async def test_what_the_lead_does_ends_it(db, cast, clock, told, act):
    an = await cast.actor("an")
    if act == "report":
        await report(an, told, "xong")
    else:
        due = (await Task.get(id=told)).due_at + timedelta(days=30)
        await ask_extension(an, told, DueDraft(at=due), "chờ số liệu")
    row = await Task.get(id=told)
    assert row.answer_line == []


async def test_whoever_is_away_is_passed_over_and_named(db, cast, clock, told):
    await Leave.create(
        person_id=cast.vice.id,
        from_on=vn("2026-11-26 00:00").date(),
        until_on=vn("2027-03-30 00:00").date(),
        recorded_by_id=cast.head.id,
        recorded_at=clock(),
    )
    await go_on(clock, told)
    assert await heard() == [cast.head.id, cast.chair.id]
    last = await OutboxNotice.filter(kind="TaskAtRisk").order_by("-id").first()
    assert last is not None
    assert last.payload["skipped"] == [cast.vice.full_name]
