"""The field trial in the database and on the command line: who was in it, what came of them, when it tells."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from backend.errors import Invalid
from backend.kit import clock as clocks
from backend.kit import state
from backend.models import LedgerEntry, Task, TrialReminder
from backend.settings import Settings
from backend.tasks.replaying_text import render_effect
from backend.tasks.schemas import DueDraft
from backend.tasks.service import cancel, reassign, report, return_
from backend.tasks.trial import Entry, effect, enter
from reminders.schedule import run_all_due
from tests import commands
from tests.cast import Cast
from tests.fakes import FakeClock, vn
from tests.reminders.conftest import Give

ROOT = Path(__file__).parents[2]
AT = vn("2026-11-25 08:00")


def entry(task_id: int, *, held: bool = False, holder_no: int = 1) -> Entry:
    return Entry(task_id, holder_no, held)


async def copies(of: int, n: int, **columns: Any) -> list[int]:
    """More tasks like one, straight into the table: hundreds are needed, and how they came to be does not matter."""
    [row] = await Task.filter(id=of).values()
    last = (await Task.all().order_by("-id").first()).id
    plain = {name: value for name, value in row.items() if name not in ("id", "code")}
    made = [Task(**{**plain, "code": f"{row['code']}-{last + k}", **columns}) for k in range(1, n + 1)]
    await Task.bulk_create(made)
    return [task.id for task in await Task.filter(id__gt=last).order_by("id").only("id")]


async def arm(give: Give, cast: Cast, *, held: bool, late: int, in_time: int) -> None:
    """So many late and so many in time, all with a first reminder in the trial at :data:`AT`."""
    first = await give("an")
    done = {"status": "done", "reported_at": vn("2026-11-27 08:00").astimezone(UTC)}
    failed = await copies(first, late)
    tasks = failed + await copies(first, in_time, **done)
    await Task.filter(id=first).update(status="cancelled")
    await LedgerEntry.bulk_create([
        LedgerEntry(
            key=f"delay:{task_id}:1:1:officer", kind="delay", scope="officer", person_id=cast.an.id,
            unit_id=cast.units["tuphap"].id, task_id=task_id, happened_at=vn("2026-12-01 17:30").astimezone(UTC),
            recorded_at=vn("2026-12-01 17:31").astimezone(UTC), rule="delay", rule_version=1,
        )
        for task_id in failed
    ])  # fmt: skip
    await enter([entry(task_id, held=held) for task_id in tasks], AT)


async def test_entered_twice_is_once_and_the_first_word_stands(db: None, cast: Cast, give: Give) -> None:
    one, two = await give("an"), await give("an")
    await enter([], AT)
    await enter([entry(one, held=True), entry(two)], AT)
    await enter([entry(one), entry(one)], AT + timedelta(hours=1))
    found = await TrialReminder.all().order_by("task_id")
    assert [(row.task_id, row.at, row.held) for row in found] == [(one, AT, True), (two, AT, False)]


async def test_many_are_entered_at_once(db: None, cast: Cast, give: Give) -> None:
    tasks = await copies(await give("an"), 5200)
    await enter([entry(task_id) for task_id in tasks], AT)
    assert await TrialReminder.all().count() == 5200
    assert (await effect("2026-11")).open == 5200


async def test_what_came_of_it_is_what_the_engine_charged(db: None, cast: Cast, clock: FakeClock, give: Give) -> None:
    """Reported in time, sent back and open, late, late and reported, called off, given away, given away when late."""
    names = ("in_time", "returned", "late", "late_reported", "cancelled", "given_away", "late_given_away")
    tasks = {name: await give("an") for name in names}
    clock.set(AT)
    await enter([entry(task_id) for task_id in tasks.values()], AT)
    assert ((await effect("2026-11")).open, (await effect("2026-11")).failed) == (7, True)
    an, head = await cast.actor("an"), await cast.actor("head")
    await report(an, tasks["in_time"], "xong")
    await report(an, tasks["returned"], "xong")
    await return_(head, tasks["returned"], "thiếu", due=DueDraft(working_days=9))
    await cancel(head, tasks["cancelled"], "thôi")
    await reassign(head, tasks["given_away"], "binh")
    clock.set("2026-12-02 09:00")
    await run_all_due()
    await report(an, tasks["late_reported"], "xong")
    await reassign(head, tasks["late_given_away"], "binh")
    found = await effect("2026-11")
    assert (found.entered, found.compared, found.open, found.left_out) == (7, 4, 1, 2)
    assert (found.effect.said_late, found.effect.said_all, found.effect.held_all) == (3, 4, 0)
    assert not found.failed


async def test_a_delay_of_before_does_not_count(db: None, cast: Cast, clock: FakeClock, give: Give) -> None:
    """Late, then put off and reminded in the new time, and done in it."""
    from backend.tasks.service import move_due

    task_id = await give("an", working_days=1)
    clock.set("2026-11-26 08:00")
    await run_all_due()
    assert await LedgerEntry.filter(task_id=task_id, scope="officer").count() == 1
    await move_due(await cast.actor("head"), task_id, DueDraft(working_days=9))
    await enter([entry(task_id)], clock())
    await report(await cast.actor("an"), task_id, "xong")
    found = await effect("2026-11")
    assert (found.effect.said_late, found.effect.said_all) == (0, 1)


async def test_the_first_reminder_counts_in_its_month(db: None, cast: Cast, give: Give) -> None:
    """The office's month: 23:30 of the last evening is in it, though the day is another in UTC the other way round."""
    one, two = await give("an"), await give("an")
    await enter([entry(one, held=True)], vn("2026-11-01 00:10"))
    await enter([entry(one), entry(two)], vn("2026-11-30 23:30"))
    await enter([entry(two, held=True)], vn("2026-12-01 08:00"))
    await enter([entry(two, holder_no=2)], vn("2026-12-01 00:00"))
    entered = [(await effect(month)).entered for month in ("2026-10", "2026-11", "2026-12")]
    assert entered == [0, 2, 1]


async def test_it_tells(db: None, cast: Cast, give: Give) -> None:
    await arm(give, cast, held=True, late=30, in_time=20)
    await arm(give, cast, held=False, late=100, in_time=400)
    found = await effect(" 2026-11 ")
    assert (found.compared, found.effect.tells, found.effect.needed) == (550, True, 0)
    assert found.effect.difference == pytest.approx(0.4)
    text = "\n".join(render_effect(found, "en"))
    assert "30 of 50 ended late (60 %)" in text
    assert "Reminders lowered lateness by 40 points (95 %: 25.7 to 52.8)." in text
    assert "giảm trễ hạn 40 điểm phần trăm (95%: 25,7 đến 52,8)" in "\n".join(render_effect(found, "vi"))


async def test_it_says_when_reminders_do_harm(db: None, cast: Cast, give: Give) -> None:
    await arm(give, cast, held=True, late=2, in_time=48)
    await arm(give, cast, held=False, late=200, in_time=300)
    text = "\n".join(render_effect(await effect("2026-11"), "en"))
    assert "Where reminders were held back fewer ended late: by 36 points" in text


async def test_it_says_when_it_cannot_tell_and_how_many_more_it_takes(db: None, cast: Cast, give: Give) -> None:
    await arm(give, cast, held=True, late=3, in_time=17)
    await arm(give, cast, held=False, late=40, in_time=360)
    found = await effect("2026-11")
    assert not found.effect.tells
    for where, says in (
        ("en", "Can't tell yet: difference 5 points (95 %: "),
        ("vi", "Chưa kết luận được: chênh lệch 5 "),
    ):
        text = "\n".join(render_effect(found, where))
        assert says in text
        assert f"{found.effect.needed} " in text


async def test_one_arm_alone_cannot_tell(db: None, cast: Cast, give: Give) -> None:
    await arm(give, cast, held=False, late=4, in_time=36)
    text = "\n".join(render_effect(await effect("2026-11"), "en"))
    assert "A reminder held back: 0 of 0 ended late (– %)." in text
    assert "Can't tell yet: one of the two groups is empty." in text


async def test_enough_tasks_and_no_difference_is_said_too(db: None, cast: Cast, give: Give) -> None:
    await arm(give, cast, held=True, late=12, in_time=400)
    await arm(give, cast, held=False, late=12, in_time=400)
    found = await effect("2026-11")
    assert (found.effect.tells, found.effect.needed) == (False, 0)
    assert "difference 0 points" in (text := "\n".join(render_effect(found, "en")))
    assert "likely smaller" in text


@pytest.mark.parametrize("month", ["", "11-2026", "2026-13", "2026-Q4", "tháng 11"])
async def test_only_a_month_is_a_month(db: None, cast: Cast, month: str) -> None:
    with pytest.raises(Invalid) as refused:
        await effect(month)
    assert refused.value.code == "month_bad"


# --- on the command line ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_on_the_command_line(db: None, cast: Cast, settings: Settings, clock: FakeClock, give: Give) -> None:
    await state.put(clocks.OFFSET_KEY, repr((clock() - datetime.now(UTC)).total_seconds()))

    def giaoviec(*arguments: str, lang: str = "en") -> commands.Done:
        environment = {**os.environ, "DATABASE_URL": settings.database, "VAR_DIR": str(settings.var), "LANG": lang}
        return commands.giaoviec("remind", "effect", *arguments, environment=environment)

    empty = giaoviec("--month", "2026-11")
    assert (empty.returncode, empty.stdout.strip()) == (0, "There are no tasks yet: nothing to compare.")
    await enter([entry(await give("an"))], AT)
    nothing = giaoviec("--month", "2026-11", lang="vi")
    assert nothing.returncode == 1
    assert "Tháng 2026-11 không có gì để so sánh: trong 1 lần nhắc" in nothing.stdout
    await arm(give, cast, held=True, late=30, in_time=20)
    await arm(give, cast, held=False, late=100, in_time=400)
    shown = giaoviec("--month", "2026-11")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "550 tasks compared, 551 in the trial (1 still open, 0 called off" in shown.stdout
    listed = json.loads(giaoviec("--month", "2026-11", "--json").stdout)
    assert (listed["compared"], listed["effect"]["tells"], listed["effect"]["held_late"]) == (550, True, 30)
    wrong = giaoviec("--month", "2026-Q4")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "is not a month; write 2026-10." in wrong.stderr
    assert giaoviec().returncode == 2
