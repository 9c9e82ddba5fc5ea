"""The audit finds what is damaged behind the back of the services, and nothing when all is well."""

from datetime import timedelta

import pytest

from backend.audits import audit
from backend.kit.db import Sql
from backend.kit.i18n import t
from backend.models import PeriodResult, Task
from backend.scores.service import close_period
from backend.tasks.service import acknowledge, decline, report
from reminders.schedule import run_all_due
from tests.fakes import vn
from tests.reminders.proving import sent


async def codes() -> list[str]:
    found = await audit()
    for problem in found.problems:
        for locale in ("vi", "en"):
            assert t(locale, f"audit.{problem.code}", **problem.params)
    return [problem.code for problem in found.problems]


async def test_an_empty_office_has_nothing_to_compare_and_that_is_no_failure(db, clock):
    found = await audit()
    assert (found.compared, found.tasks, found.failed) == (0, 0, False)


async def test_all_is_well_through_a_task_of_each_kind(db, cast, clock, give):
    an = await cast.actor("an")
    ids = [await give("an") for _ in range(4)]
    await acknowledge(an, ids[1])
    await report(an, ids[2], "xong")
    await decline(an, ids[3], "không thuộc phòng")
    assert await codes() == []
    for days in (1, 3, 9, 20):
        clock.move(days=days)
        await run_all_due()
        await sent()
        assert await codes() == []
    found = await audit()
    assert found.compared > 4
    assert not found.failed


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        ("update task set look_at = null", "look_missing"),
        ("update task set answer_at = null", "answer_missing"),
        ("update task set charge_at = null", "charge_wrong"),
    ],
)
async def test_a_lost_due_column_is_found(db, cast, clock, give, damage, expected):
    await give("an")
    await Sql().run(damage)
    assert await codes() == [expected]


async def test_a_charge_set_for_another_time_is_found(db, cast, clock, give):
    await give("an")
    await Task.all().update(charge_at=vn("2027-06-01 08:00"))
    assert await codes() == ["charge_wrong"]


async def test_a_due_row_that_nobody_looked_at_is_found(db, cast, clock, give):
    task_id = await give("an")
    clock.set((await Task.get(id=task_id)).look_at + timedelta(minutes=9))
    await sent()
    assert "row_forgotten" not in await codes()
    clock.move(minutes=2)
    assert "row_forgotten" in await codes()


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        ("delete from ledger_entry where scope = 'unit'", {"entry_missing", "entry_alone"}),
        ("delete from ledger_entry where scope = 'officer'", {"entry_missing", "entry_alone"}),
        ("delete from ledger_entry", {"entry_missing"}),
    ],
)
async def test_a_late_task_without_its_pair_of_entries_is_found(db, cast, clock, give, damage, expected):
    await give("an")
    clock.set("2026-12-02 09:00")
    await run_all_due()
    await sent()
    assert await codes() == []
    await Sql().run(damage)
    assert set(await codes()) == expected


async def test_a_late_task_given_away_without_any_entry_is_found(db, cast, clock, give):
    await give("an")
    await Sql().run("update task set late_at = assigned_at")
    assert await codes() == ["entry_missing"]


async def test_a_notice_that_does_not_leave_is_found(db, cast, clock, give):
    await give("an")
    clock.move(minutes=9)
    assert "notice_waiting" not in await codes()
    clock.move(minutes=3)
    assert await codes() == ["notice_waiting"]


async def test_a_notice_claimed_by_a_sender_that_died_is_found(db, cast, clock, give):
    await give("an")
    sql = Sql()
    await sql.run(f"update outbox_notice set status = 'claimed', lease_until = {sql.arg(clock())}")
    assert await codes() == []
    clock.move(minutes=11)
    assert await codes() == ["notice_waiting"]


async def test_a_closed_period_that_was_changed_is_found(db, cast, clock, give):
    hr = await cast.actor("hr")
    clock.set("2026-12-01 08:00")
    await close_period(hr, "2026-11")
    assert await codes() == []
    result = await PeriodResult.filter(person_id=cast.an.id).get()
    await PeriodResult.filter(id=result.id).update(data={**result.data, "band": "excellent"})
    assert await codes() == ["seal_broken"]
