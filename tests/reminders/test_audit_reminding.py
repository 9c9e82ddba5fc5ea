"""The audit of reminding: through two weeks with a sender all is well; whatever is damaged afterwards is found."""

import asyncio
import json
import logging
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any

import pytest
import structlog
from click.testing import CliRunner, Result

from backend import sweeps
from backend.__main__ import cli
from backend.audits import Report, audit
from backend.audits_frame import LISTED
from backend.audits_text import render
from backend.domain.types import Urgency
from backend.kit import db as database_kit
from backend.kit.db import Sql
from backend.kit.i18n import t
from backend.models import OutboxNotice, Task
from backend.tasks.schemas import DueDraft, RecurrenceDraft, TaskDraft, TaskWords
from backend.tasks.service import acknowledge, ask_extension, assign, decline, recur, report, wait
from bot.channel import SendError
from reminders.schedule import run_all_due
from tests.bot.bot_room import Wall, link, moved, put, sender_on
from tests.cast import Cast, make_cast
from tests.fakes import FakeClock, vn
from tests.reminders.proving import sent

SLOTS = ("08:00", "13:30")


async def codes() -> list[str]:
    found = await audit()
    for problem in found.problems:
        for locale in ("vi", "en"):
            assert t(locale, f"audit.{problem.code}", **problem.params)
    return [problem.code for problem in found.problems]


async def two_weeks(cast: Cast, clock: FakeClock, ids: list[int], wall: Wall) -> None:
    """Every slot of two weeks with engine and sender; two reminders are answered before they leave."""
    sender = sender_on(wall)
    an = await cast.actor("an")
    answers = 2
    for number in range(28):
        clock.set(vn(f"2026-11-23 {SLOTS[number % 2]}") + timedelta(days=number // 2))
        await run_all_due()
        if answers and await OutboxNotice.filter(task_id=ids[0], topic="remind", status="pending").exists():
            await acknowledge(an, ids[0])
            answers -= 1
        await sender.drain_once()
        if number == 11:
            await wait(an, ids[1], vn("2026-12-02 08:00"))
        if number == 13:
            await decline(an, ids[2], "không thuộc phòng")
        clock.move(minutes=3)
        await sender.drain_once()


@pytest.fixture
async def office(db, cast, clock, stage, give) -> list[int]:
    """Two weeks of reminding are behind us: ids of an acknowledged, a waiting, a declined and two ignored tasks."""

    async def play() -> list[int]:
        for number, handle in enumerate(("an", "binh", "head", "chair", "vice"), 7):
            await link(cast.people[handle], str(number))
        ids = [await give("an", working_days=12) for _ in range(3)]
        ids += [await give("binh", working_days=8), await give("binh", urgency="urgent", working_days=3)]
        wall = Wall()
        # One try fails, one may have arrived, one address is dead, one notice can never be taken.
        wall.errors += [None, None, SendError("temporary", "502"), None, SendError("unknown", "hung up"), None]
        wall.errors += [SendError("message", "too long")]
        await two_weeks(cast, clock, ids, wall)
        return ids

    return list(await stage.scene("two weeks of reminding", play))


async def test_two_weeks_with_a_sender_leave_nothing_unproven(office):
    found = await audit()
    assert found.problems == []
    assert found.checks["reminders"] > 5
    assert found.checks["proofs"] > 20
    assert found.checks["open_tasks"] == 5
    assert {"sent", "dead", "cancelled"} <= set(await OutboxNotice.all().distinct().values_list("status", flat=True))


REMINDERS = "dedup_key like 'remind:%'"
IGNORED = f"{REMINDERS} and task_id = (select max(id) from task)"


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (f"delete from outbox_notice where {IGNORED}", {"reminder_missing"}),
        (f"update outbox_notice set dedup_key = 'x' || dedup_key where {IGNORED}", {"reminder_missing"}),
        (
            "update task set reminded_count = reminded_count + 1 where id = (select max(id) from task)",
            {"reminder_missing"},
        ),
        ("delete from delivery_attempt where outcome in ('sent', 'unknown')", {"delivery_missing"}),
        ("update delivery_attempt set outcome = 'failed'", {"delivery_missing"}),
        (f"update outbox_notice set status = 'dead', problem = '' where {IGNORED}", {"dead_unexplained"}),
        (f"update outbox_notice set status = 'muted', problem = '' where {IGNORED}", {"muted_unexplained"}),
        (f"update outbox_notice set status = 'gone' where {IGNORED}", {"notice_lost"}),
        (f"update outbox_notice set status = 'cancelled' where {IGNORED}", {"reminder_taken_back"}),
        (f"update outbox_notice set status = 'muted', problem = 'no linked chat' where {IGNORED}", set()),
        (f"update outbox_notice set status = 'dead', problem = 'given up' where {IGNORED}", set()),
    ],
)
async def test_a_lost_reminder_or_proof_is_found(office, damage, expected):
    # Nothing happened to the task after its last reminder: neither late entries nor answers explain anything.
    await Sql().run("delete from task_event where task_id = (select max(id) from task) and kind <> 'assigned'")
    await Sql().run(damage)
    assert set(await codes()) == expected


async def test_a_card_that_was_not_there_to_correct_needs_no_proof(office):
    sql = Sql()
    [row] = await sql.rows(
        "select count(*) as n from outbox_notice n where kind = 'CardChanged' and status = 'sent' "
        "and not exists (select 1 from delivery_attempt a where a.notice_id = n.id)"
    )
    assert row["n"] > 0
    assert await codes() == []


@pytest.mark.parametrize("status", ["assigned", "acknowledged", "reported", "declined"])
async def test_an_open_task_with_nothing_ahead_and_no_reason_is_found(db, cast, clock, give, status):
    task_id = await give("an")
    actor = await cast.actor("an")
    if status == "acknowledged":
        await acknowledge(actor, task_id)
    if status == "reported":
        await report(actor, task_id, "xong")
    if status == "declined":
        await decline(actor, task_id, "không thuộc phòng")
    await Sql().run("update task set look_at = null, answer_at = null, charge_at = null")
    assert (await codes())[-1] == "nothing_ahead"
    assert (await audit()).reasons == {}


@pytest.mark.parametrize(("act", "reason"), [("report", "decision_waits"), ("extension", "extension_waits")])
async def test_a_task_that_waits_for_a_decision_rests_for_that_reason(db, cast, clock, give, act, reason):
    task_id = await give("an", working_days=4)
    actor = await cast.actor("an")
    if act == "report":
        await report(actor, task_id, "xong")
    else:
        await ask_extension(actor, task_id, DueDraft(working_days=20), "chờ số liệu")
    for day in range(24, 31):
        clock.set(f"2026-11-{day} 17:00")
        await run_all_due()
        await sent()
    task = await Task.get(id=task_id)
    assert (task.look_at, task.answer_at, task.charge_at, task.answer_step) == (None, None, None, 3)
    found = await audit()
    assert (found.problems, found.reasons) == ([], {reason: 1})
    for locale in ("vi", "en"):
        assert t(locale, f"audit.reason.{reason}") in "\n".join(render(found, locale, "Asia/Ho_Chi_Minh"))


async def test_a_notice_waits_behind_one_that_is_tried_again_and_that_is_no_problem(db, cast, clock):
    await link(cast.an, "7")
    wall = Wall()
    wall.errors += [SendError("temporary", "502", retry_after_s=1200)]
    await put(moved(1), cast.an)
    await put(moved(2), cast.an)
    await sender_on(wall).drain_once()
    clock.move(minutes=15)
    assert await codes() == []
    clock.move(minutes=16)
    assert await codes() == ["notice_waiting", "notice_waiting"]


async def test_what_is_due_is_told_by_sweep_and_too_much_of_it_is_a_problem(db, cast, clock, give):
    task_id = await give("an", working_days=8)
    words = TaskWords(title="Báo cáo tuần", leads=["an"])
    await recur(await cast.actor("head"), RecurrenceDraft(task=words, every="weekly", day=5))
    await run_all_due()
    await sent()
    sql = Sql()
    await sql.run(f"update person set digest_at = {sql.arg(clock.at + timedelta(days=40))}")
    found = await audit()
    assert (found.problems, [lag.sweep for lag in found.sweeps if lag.due_since]) == ([], [])
    due = {
        "remind": f"update task set look_at = $1 where id = {task_id}",
        "escalate": f"update task set answer_at = $1 where id = {task_id}",
        "penalise": f"update task set charge_at = $1 where id = {task_id}",
        "recur": "update recurrence set make_at = $1",
        "digest": f"update person set digest_at = $1 where id = {cast.an.id}",
    }
    for sweep, damage in due.items():
        sql = Sql()
        await sql.run(damage.replace("$1", sql.arg(clock.at - timedelta(minutes=5))))
        [lag] = [lag for lag in (await audit()).sweeps if lag.sweep == sweep]
        assert (lag.due_since, lag.lag_s, lag.ended_at) == (clock.at - timedelta(minutes=5), 300, None)
    assert "sweep_behind" not in await codes()
    clock.move(minutes=6)
    found = await audit()
    behind = {problem.params["sweep"] for problem in found.problems if problem.code == "sweep_behind"}
    assert behind == set(due)


async def test_a_sweep_that_does_not_come_to_its_end_is_found(db, cast, clock):
    await sweeps.beat("remind")
    clock.move(minutes=9)
    assert await codes() == []
    clock.move(minutes=2)
    assert await codes() == ["sweep_silent"]
    # An engine that begins has its time; a sweep that ends is heard; what the engine does not have is not missed.
    await sweeps.began({"remind": 15, "prune": 3600})
    await sweeps.beat("gone")
    assert await codes() == []
    clock.move(minutes=11)
    assert await codes() == ["sweep_silent"]
    await sweeps.beat("remind")
    assert await codes() == []
    clock.move(minutes=60)
    await sweeps.beat("remind")
    found = await audit()
    assert [(one.code, one.params["sweep"]) for one in found.problems] == [("sweep_silent", "prune")]


async def test_of_many_problems_of_one_kind_the_first_are_named_and_all_are_counted(db, cast, clock):
    rows = [
        OutboxNotice(
            dedup_key=f"many:{number}",
            kind="DueMoved",
            payload={},
            person_id=cast.an.id,
            status="gone",
            created_at=clock.at,
            not_before=clock.at,
            ready_at=clock.at,
        )
        for number in range(LISTED + 5)
    ]
    await OutboxNotice.bulk_create(rows)
    found = await audit()
    assert (len(found.problems), found.found) == (LISTED, {"notice_lost": LISTED + 5})
    assert found.failed
    for locale in ("vi", "en"):
        lines = render(found, locale, "Asia/Ho_Chi_Minh")
        assert t(locale, "audit.more", code="notice_lost", n=5) in lines
        assert t(locale, "audit.compared", n=found.compared, problems=LISTED + 5) == lines[-1]


# The command itself, which has a loop of its own.


def on_the_office(url: str, work: Coroutine[Any, Any, Any]) -> None:
    async def whole() -> None:
        async with database_kit.opened(url, 4):
            await work

    asyncio.run(whole())


def command(settings: Any, *words: str, language: str = "en_US.UTF-8") -> Result:
    """``giaoviec audit``; it sets up logs for itself, which are put back afterwards."""
    root, config = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    try:
        env = {"DATABASE_URL": settings.database, "VAR_DIR": settings.var_dir, "LANG": language}
        return CliRunner().invoke(cli, ["audit", *words], env=env)
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.configure(**config)


async def given_and_told() -> None:
    cast = await make_cast()
    draft = TaskDraft(title="Báo cáo", leads=["an"], due=DueDraft(working_days=5), urgency=Urgency.NORMAL)
    await assign(await cast.actor("head"), draft)
    await sent()
    await sweeps.beat("remind")
    await sweeps.beat("prune")


async def forget() -> None:
    await Sql().run("update task set look_at = null, answer_at = null, charge_at = null")


def test_the_command_lists_facts_and_problems_and_fails_when_there_are_any(settings, clock):
    on_the_office(settings.database, given_and_told())
    well = command(settings)
    assert well.exit_code == 0, well.output
    lines = well.output.splitlines()
    assert "Sweep remind: nothing is due; last ended 08:00 Monday 23/11/2026." in lines
    assert "Sweep escalate: nothing is due; has not run yet." in lines
    assert "Sweep digest: nothing is due; last ended 08:00 Monday 23/11/2026." in lines
    assert "Sweep prune: last ended 08:00 Monday 23/11/2026." in lines
    assert "Open tasks: 1 compared." in lines
    assert lines[-1].endswith("found 0 problems.")

    on_the_office(settings.database, forget())
    wrong = command(settings)
    assert wrong.exit_code == 1
    assert (
        "Task CV26-000001: it is open, nobody will look at it again, and there is no reason for that." in wrong.output
    )
    assert wrong.output.splitlines()[-1].endswith("found 4 problems.")
    told = command(settings, language="vi_VN.UTF-8")
    assert told.exit_code == 1
    assert "Việc CV26-000001: còn mở mà không ai xem lại nữa, và không có lý do nào." in told.output

    answer = command(settings, "--json")
    assert answer.exit_code == 1
    found = json.loads(answer.output)
    assert found["failed"] is True
    assert found["found"] == {"charge_wrong": 1, "answer_missing": 1, "look_missing": 1, "nothing_ahead": 1}
    assert {lag["sweep"] for lag in found["sweeps"]} == {*sweeps.DUE, "prune"}


def test_comparing_nothing_although_there_are_tasks_is_a_failure():
    assert Report(compared=0, tasks=1, problems=[]).failed
    assert not Report(compared=0, tasks=0, problems=[]).failed
