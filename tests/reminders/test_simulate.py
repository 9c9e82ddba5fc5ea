"""A month lived again from the database: what the engine said is what the replay says, and the command shows both."""

import json
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from backend.errors import Invalid
from backend.kit import clock as clocks
from backend.kit import state
from backend.models import Leave, OutboxNotice, Task, TrackRecord, Unit
from backend.settings import Settings
from backend.tasks import replaying
from backend.tasks.replaying import simulate
from backend.tasks.replaying_text import render_simulation
from backend.tasks.schemas import DueDraft
from backend.tasks.service import (
    acknowledge,
    ask_extension,
    cancel,
    decide_extension,
    reassign,
    report,
    return_,
    wait,
)
from backend.tasks.trial import Entry, enter
from reminders import penalise, remind
from tests import commands
from tests.cast import Cast
from tests.fakes import FakeClock, vn
from tests.reminders.conftest import Give
from tests.reminders.test_trial import arm

ROOT = Path(__file__).parents[2]
Step = tuple[str, Callable[[], Awaitable[Any]]]


async def known(cast: Cast, *handles: str) -> None:
    """People of whom so much is known that a month changes nothing: who reminds them knows the same at its end."""
    for handle in handles:
        await TrackRecord.create(
            person_id=cast.people[handle].id, late=50_000, morning_sent=90_000, morning_answered=80_000,
            **dict.fromkeys(("still_1", "still_2", "still_3", "still_4", "still_5"), 100_000),
        )  # fmt: skip


async def live(clock: FakeClock, steps: list[Step], until: str) -> None:
    """The engine in its own time, with people acting when they act; whatever is said has left before anybody answers."""
    steps = sorted(steps, key=lambda step: step[0])
    end = vn(until)
    while True:
        due = [
            at for task in await Task.all().only("look_at", "charge_at") for at in (task.look_at, task.charge_at) if at
        ]
        moment = min([*due, *(vn(at) for at, _ in steps[:1]), end])
        clock.set(max(moment, clock()))
        if steps and vn(steps[0][0]) <= clock():
            await steps.pop(0)[1]()
            continue
        if clock() >= end:
            return
        if await remind.tick() + await penalise.tick() == 0:
            clock.move(minutes=1)
        await OutboxNotice.filter(status="pending").update(status="sent")


async def a_month(cast: Cast, clock: FakeClock, give: Give) -> None:
    """December 2026 with everything that reminders care about, begun in November."""
    await known(cast, "an", "binh")
    an, binh, head = await cast.actor("an"), await cast.actor("binh"), await cast.actor("head")
    await Leave.create(
        person_id=cast.binh.id, from_on=vn("2026-12-09 00:00").date(), until_on=vn("2026-12-11 00:00").date(),
        recorded_by_id=cast.hr.id, recorded_at=clock(),
    )  # fmt: skip
    task = [await give("an", working_days=n) for n in (3, 6, 8, 10, 12, 15, 20, 25)]
    task += [await give("binh", working_days=n) for n in (10, 12, 16)]
    more: list[int] = []

    async def given(lead: str, **due: Any) -> None:
        more.append(await give(lead, **due))

    steps: list[Step] = [
        ("2026-11-23 09:00", lambda: acknowledge(an, task[1])),
        ("2026-11-25 09:15", lambda: acknowledge(an, task[4])),
        ("2026-11-27 10:00", lambda: wait(an, task[2], vn("2026-12-03 08:00"))),
        ("2026-12-01 09:00", lambda: report(an, task[1], "xong")),
        ("2026-12-01 15:00", lambda: return_(head, task[1], "thiếu")),
        ("2026-12-02 10:00", lambda: ask_extension(an, task[3], DueDraft(working_days=12), "nhiều")),
        ("2026-12-03 09:00", lambda: decide_extension(head, task[3], True)),
        ("2026-12-03 10:00", lambda: reassign(head, task[5], "binh")),
        ("2026-12-04 09:00", lambda: report(an, task[2], "xong")),
        ("2026-12-07 09:00", lambda: given("an", working_days=5)),
        ("2026-12-08 10:00", lambda: acknowledge(binh, task[8])),
        ("2026-12-08 14:00", lambda: given("an", urgency="urgent", minutes=300)),
        ("2026-12-10 09:00", lambda: cancel(head, task[9], "thôi")),
        ("2026-12-14 09:00", lambda: given("binh", working_days=4)),
        ("2026-12-16 10:00", lambda: acknowledge(an, task[6])),
        ("2026-12-18 10:00", lambda: report(an, task[3], "xong")),
        ("2026-12-21 09:00", lambda: report(an, more[0], "xong")),
    ]
    await live(clock, steps, "2027-01-04 08:00")


async def test_what_the_engine_said_is_what_the_replay_says(
    db: None, cast: Cast, clock: FakeClock, give: Give, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_month(cast, clock, give)
    found = await simulate("2026-12", "normal")
    assert found.happened.lines > 20
    assert found.happened.words == 1
    assert found.happened.leader_lines > 0
    assert msgspec.to_builtins(found.present) == msgspec.to_builtins(found.happened)
    assert found.asked == found.present
    assert (found.people, found.presets_now, found.saved, found.lost) == (2, ("normal",), None, None)
    assert found.decided > found.late > 0
    monkeypatch.setattr(replaying, "PEOPLE", 1)
    assert await simulate("2026-12", "normal") == found
    firm, gentle = await simulate("2026-12", "firm"), await simulate("2026-12", "gentle")
    assert firm.asked.messages > found.asked.messages > gentle.asked.messages
    assert (firm.present, firm.happened, firm.late) == (found.present, found.happened, found.late)
    assert (await simulate("2026-10", "firm")).failed
    assert (await simulate("2027-05", "firm")).failed
    with pytest.raises(Invalid) as refused:
        await simulate("2026-12", "loud")
    assert refused.value.code == "preset_bad"


async def test_lateness_is_estimated_from_the_lines_of_the_month(
    db: None, cast: Cast, clock: FakeClock, give: Give
) -> None:
    """Half of them are reported some days before they are due, the others never; far ones are left in peace."""
    await known(cast, "an", "binh", "cuong", "head2")
    clock.set("2026-12-01 08:05")
    steps: list[Step] = []
    for lead, by in (("an", "head"), ("binh", "head"), ("cuong", "head2")):
        actor = await cast.actor(lead)
        for _ in range(3):
            await give(lead, by, working_days=60)
        for number in range(8):
            task_id = await give(lead, by, working_days=6 + number)
            if number % 2:
                at = f"2026-12-{8 + number:02} 10:00"
                steps.append((at, lambda actor=actor, task_id=task_id: report(actor, task_id, "xong")))
    await live(clock, steps, "2027-01-04 08:00")
    await Unit.filter(code__in=["tuphap", "diachinh"]).update(remind_preset="gentle")
    found = await simulate("2026-12", "firm")
    assert found.presets_now == ("gentle",)
    assert (found.source, found.worth.lines >= 30, found.worth.quiet > 0) == ("lines", True, True)
    assert found.chance is not None
    assert 0 < found.chance < 1
    assert (found.decided, found.late) == (24, 12)
    assert found.saved is not None
    assert found.lost is not None
    assert found.saved > 0
    assert found.expected == pytest.approx(found.late - found.saved + found.lost, abs=0.11)
    text = "\n".join(render_simulation(found, "en"))
    assert "Late, of 24 that were due" in text
    assert "Estimate, not a measurement: " in text
    assert "Ước tính, không phải đo được" in "\n".join(render_simulation(found, "vi"))
    gentle = await simulate("2026-12", "gentle")
    assert (gentle.asked, gentle.saved, gentle.lost) == (gentle.present, 0, 0)
    await Unit.filter(code="tuphap").update(remind_preset="firm")
    less = await simulate("2026-12", "gentle")
    assert less.presets_now == ("firm", "gentle")
    assert less.asked.messages < less.present.messages
    assert less.saved == 0


async def test_with_too_few_lines_the_field_trial_speaks(db: None, cast: Cast, clock: FakeClock, give: Give) -> None:
    await arm(give, cast, held=True, late=30, in_time=20)
    await arm(give, cast, held=False, late=100, in_time=400)
    clock.set("2026-12-10 08:00")
    found = await simulate("2026-11", "gentle")
    assert (found.source, found.chance) == ("trial", pytest.approx(0.4))
    assert "the difference found by the field trial" in "\n".join(render_simulation(found, "en"))


# --- on the command line ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_on_the_command_line(db: None, cast: Cast, settings: Settings, clock: FakeClock, give: Give) -> None:
    async def at(moment: datetime) -> None:
        await state.put(clocks.OFFSET_KEY, repr((moment - datetime.now(UTC)).total_seconds()))

    def giaoviec(*arguments: str, lang: str = "en") -> commands.Done:
        environment = {**os.environ, "DATABASE_URL": settings.database, "VAR_DIR": str(settings.var), "LANG": lang}
        return commands.giaoviec("remind", "simulate", *arguments, environment=environment)

    await at(clock())
    empty = giaoviec("--month", "2026-11", "--preset", "firm")
    assert (empty.returncode, empty.stdout.strip()) == (0, "There are no tasks yet: nothing to replay.")
    task_id = await give("an")
    await at(clock() + timedelta(days=7))
    nothing = giaoviec("--month", "2026-10", "--preset", "firm", lang="vi")
    assert (nothing.returncode, "tháng 2026-10 không có việc nào" in nothing.stdout) == (1, True)
    shown = giaoviec("--month", "2026-11", "--preset", "firm")
    assert (shown.returncode, shown.stderr) == (0, "")
    for words in (
        "1 tasks of 1 people",
        "replayed: normal",
        "replayed: firm",
        "Lateness can't be estimated",
        "of today",
    ):
        assert words in shown.stdout
    await enter([Entry(task_id, 1, False)], clock())
    listed = json.loads(giaoviec("--month", "2026-11", "--preset", "firm", "--json").stdout)
    assert (listed["tasks"], listed["source"], listed["expected"]) == (1, "none", None)
    assert listed["asked"]["messages"] >= listed["present"]["messages"] > listed["happened"]["messages"] == 0
    for wrong, says in ((("--month", "2026-Q4", "--preset", "firm"), "not a month"),
                        (("--month", "2026-11", "--preset", "loud"), "no preset “loud”")):  # fmt: skip
        refused = giaoviec(*wrong)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert says in refused.stderr
    assert giaoviec("--month", "2026-11").returncode == 2
