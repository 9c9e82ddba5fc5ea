"""What holds of stored scores whatever happens: nobody's moves by another's events, closing twice is closing once, and
workers at once write each instance once."""

import asyncio
import random

import pytest

from backend.domain.types import SYSTEM
from backend.errors import Conflict
from backend.models import LedgerEntry, Period, PeriodResult, Task
from backend.scores import everybody
from backend.scores.explaining import of_person
from backend.scores.periods import read_period
from backend.scores.queries import explain, explain_unit
from backend.scores.replay import replay
from backend.scores.schemas import Points
from backend.scores.service import close_period, waive
from backend.scores.text import lost_points
from backend.settings import Settings
from backend.tasks.service import report
from reminders.schedule import run_all_due
from tests.backend.scores_closing import marked
from tests.backend.scores_office import PERIOD, Office, end_of, sign_all
from tests.backend.test_scores_replay import _act
from tests.cast import Cast
from tests.fakes import FakeClock
from tests.processes import CONTEXT, all_due


@pytest.fixture
def office(db: None, cast: Cast, clock: FakeClock) -> Office:
    return Office(cast, clock)


@pytest.mark.parametrize("seed", range(3))
async def test_nobodys_score_moves_by_the_events_of_another(
    office: Office, cast: Cast, clock: FakeClock, seed: int
) -> None:
    chance = random.Random(100 + seed)
    await office.task("cuong", by="head2")
    await office.task("cuong", by="head2", due="2026-12-02 10:00")
    mine = [await office.task(due=f"2026-12-0{chance.randint(1, 9)} 16:00") for _ in range(3)]
    for _ in range(12):
        clock.move(minutes=chance.choice([90, 600, 1500, 4000]))
        await run_all_due()
        before = await explain(SYSTEM, cast.cuong.id, PERIOD)
        await _act(chance, office, chance.choice(mine))
        assert await explain(SYSTEM, cast.cuong.id, PERIOD) == before
    for handle in ("an", "binh", "cuong"):
        found = await explain(SYSTEM, cast.people[handle].id, PERIOD)
        if found.results is not None:
            assert found.results_max - found.results.fraction == lost_points(found)


async def test_a_waiver_never_lowers_and_a_delay_never_raises(office: Office, cast: Cast, clock: FakeClock) -> None:
    for due in ("2026-12-02 16:00", "2026-12-03 16:00", "2026-12-04 16:00"):
        await office.task(due=due, title=due)
    clock.set("2026-12-30 16:00")
    await run_all_due()
    for task in await Task.all():
        await report(await cast.actor("an"), task.id, "xong")
    points = (await _results(cast)).fraction
    for entry in await LedgerEntry.filter(scope="officer").order_by("id"):
        await waive(await cast.actor("head"), entry.id, "bão")
        now = await _results(cast)
        assert now.fraction >= points
        points = now.fraction
    assert points == 70
    assert not (await replay()).failed


async def _results(cast: Cast) -> Points:
    found = (await explain(SYSTEM, cast.an.id, PERIOD)).results
    assert found is not None
    return found


async def test_closing_twice_at_once_is_closing_once(office: Office, cast: Cast) -> None:
    await office.task(done="2026-12-04 09:00")
    await run_all_due()
    office.clock.set(end_of())
    await run_all_due()
    await marked(office)
    await sign_all(PERIOD, "28")
    hr = await cast.actor("hr")
    done = await asyncio.gather(*(close_period(hr, PERIOD) for _ in range(3)), return_exceptions=True)
    assert sum(isinstance(one, str) for one in done) == 1
    assert all(isinstance(one, Conflict) for one in done if not isinstance(one, str))
    assert await PeriodResult.filter(person_id=cast.an.id).count() == 1
    before = [(row.id, row.total, row.data) for row in await PeriodResult.all().order_by("id")]
    with pytest.raises(Conflict):
        await close_period(hr, PERIOD)
    assert [(row.id, row.total, row.data) for row in await PeriodResult.all().order_by("id")] == before
    assert (await Period.get(key=PERIOD)).seal in done
    assert not (await replay()).failed


async def test_a_period_is_not_closed_before_the_engine_has_charged_all_of_it(office: Office, cast: Cast) -> None:
    await office.task()
    office.clock.set(end_of())
    with pytest.raises(Conflict) as caught:
        await close_period(await cast.actor("hr"), PERIOD)
    assert (caught.value.code, caught.value.params["n"]) == ("period_not_charged", 1)


async def test_what_is_closed_is_what_was_shown_before(office: Office, cast: Cast) -> None:
    await office.task("binh")
    await office.task(done="2026-12-04 09:00")
    await office.task("head", by="chair", due="2026-12-05 10:00", done="2026-12-07 09:00")
    office.clock.set(end_of())
    await run_all_due()
    await marked(office)
    await sign_all(PERIOD, "28")
    people = [one for name, one in cast.people.items() if name not in ("stranger", "otherchair")]
    before = {one.id: await explain(SYSTEM, one.id, PERIOD) for one in people}
    units = {code: await explain_unit(SYSTEM, code, PERIOD) for code in ("ubnd", "tuphap", "diachinh")}
    # A few at a time or one by one, it is the same.
    async for book, ids in everybody.books(read_period(PERIOD)):
        for one in ids:
            if one in before:
                known = before[one]
                assert of_person(book, one, known.name, known.ref).total == known.total
                assert of_person(book, one, known.name, known.ref).products == known.products
    await close_period(await cast.actor("hr"), PERIOD)
    for one in people:
        after = await explain(SYSTEM, one.id, PERIOD)
        assert (after.total, after.band, after.products, after.parts) == (
            before[one.id].total,
            before[one.id].band,
            before[one.id].products,
            before[one.id].parts,
        )
    for code, known in units.items():
        after = await explain_unit(SYSTEM, code, PERIOD)
        assert (after.total, after.products) == (known.total, known.products)


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)  # one process writes to SQLite
async def test_eight_workers_making_the_same_tasks_late_write_each_instance_once(
    office: Office, cast: Cast, clock: FakeClock, settings: Settings
) -> None:
    tasks = [await office.task(title=f"Việc {number}") for number in range(20)]
    clock.set("2026-12-14 09:00")
    line = CONTEXT.Barrier(9)
    workers = [CONTEXT.Process(target=all_due, args=(settings.database, clock(), line), daemon=True) for _ in range(8)]
    for worker in workers:
        worker.start()
    # All of them are at the line: now.
    await asyncio.to_thread(line.wait, 120)
    for worker in workers:
        await asyncio.to_thread(worker.join, 120)
    assert [worker.exitcode for worker in workers] == [0] * 8
    entries = await LedgerEntry.all()
    # Passing the due time, and the five days since: for the officer and for the unit.
    assert len(entries) == len(tasks) * 2 * 2
    assert {task.late_count for task in await Task.all()} == {2}
    assert not (await replay()).failed
