"""A simulated year of the sample office: every golden moment comes exactly once, and at no moment a law is broken."""

import sys
import time
from collections import Counter, defaultdict
from datetime import datetime, timedelta

import pytest

from backend.cli.sample import load_sample
from backend.kit import db as database
from backend.models import Leave, LedgerEntry, OutboxNotice, Recurrence, Task
from backend.settings import Settings
from tests.fakes import VIETNAM, FakeClock, vn
from tests.stories.year_golden import CALENDAR, DAY, Golden, golden, periods
from tests.stories.year_life import Life
from tests.stories.year_office import REMINDERS, Heard, Office, restarts

START = vn("2026-11-23 08:00")
SEED = 7
#: A dozen a week, beside what comes again.
TASKS_A_LOOK = 0.6
#: What a run must have seen at least, or it proves nothing.
YEAR = {
    "delays": 100,
    "further": 20,
    "silences": 100,
    "levels": 80,
    "waits": 20,
    "periods": 100,
    "reminders": 1000,
    "overdue": 40,
    "leaders": 10,
}
WEEKS = {"delays": 8, "silences": 8, "levels": 5, "periods": 15, "reminders": 80, "overdue": 1, "leaders": 1}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("weeks", "least"),
    [pytest.param(3, WEEKS, marks=pytest.mark.slow), pytest.param(52, YEAR, marks=pytest.mark.soak)],
)
async def test_every_golden_moment_comes_exactly_once(
    settings: Settings, clock: FakeClock, weeks: int, least: dict[str, int]
) -> None:
    began = time.monotonic()
    clock.set(START)
    office = Office(clock, Life(SEED, TASKS_A_LOOK))
    end = START + timedelta(weeks=weeks)
    async with database.opened(settings.database, 2):
        await load_sample("giaoviec-dung-thu")
        await office.open()
    for at in restarts(SEED, START, end, 10):
        async with database.opened(settings.database, 2):
            await office.live(at)
            before = await office.plans()
        async with database.opened(settings.database, 2):
            assert await office.plans() == before, "a restart changes the plan"
            assert not (strays := await office.strays()), strays[:5]
    async with database.opened(settings.database, 2):
        found = await golden(end)
        seen = await _judge(office, found, end)
    for name, wanted in least.items():
        assert seen[name] >= wanted, f"{name}: {seen}"
    sys.stdout.write(
        f"\n{weeks} weeks in {time.monotonic() - began:.0f} s: {office.jumps} jumps, {office.audits} audits, "
        f"{office.replans} plans made again, "
        f"{len(office.heard)} notices, {dict(seen)}, done {dict(office.life.done)}, refused {dict(office.life.refused)}, "
        f"kinds {dict(Counter(line.kind for line in office.heard))}\n"
    )


async def _judge(office: Office, found: Golden, end: datetime) -> Counter[str]:
    seen: Counter[str] = Counter()
    await _delays(found, seen)
    await _silences(found, office.heard, seen)
    await _waits(found, office.heard, seen)
    await _recurring(end, seen)
    _overdue(office.heard, seen)
    _leaders(office.heard, seen)
    _nothing_twice(office.heard)
    seen["reminders"] = sum(line.kind in REMINDERS for line in office.heard)
    assert not await OutboxNotice.filter(status="dead").exists()
    return seen


async def _ours() -> set[int]:
    return {task.id for task in await Task.filter(external_id=None)}


async def _delays(found: Golden, seen: Counter[str]) -> None:
    """Each instance in the ledger for the officer and for the unit, with its true time, and told to the officer."""
    ours = await _ours()
    wanted = {
        (
            f"delay:{one.task_id}:{one.holder}:{one.instance}:{scope}",
            "further_delay" if one.further else "delay",
            one.at,
        )
        for one in found.delays
        for scope in ("officer", "unit")
    }
    rows = await LedgerEntry.filter(kind__in=("delay", "further_delay"), task_id__in=sorted(ours))
    there = Counter((row.key, row.kind, row.happened_at) for row in rows)
    assert set(there) == wanted, (
        f"missing {sorted(wanted - set(there))[:3]}, too many {sorted(set(there) - wanted)[:3]}"
    )
    assert max(there.values(), default=1) == 1
    notices = await OutboxNotice.filter(kind="TaskLate", twin_of_id=None)
    told = Counter((row.task_id, row.created_at) for row in notices)  # type: ignore[attr-defined]
    assert max(told.values(), default=1) == 1
    written = Counter((row.task_id, row.recorded_at) for row in rows if row.scope == "officer")
    assert set(written) == {key for key in told if key[0] in ours}, "who is charged is told, once each time"
    seen["delays"] = sum(not one.further for one in found.delays)
    seen["further"] = sum(one.further for one in found.delays)


async def _silences(found: Golden, heard: list[Heard], seen: Counter[str]) -> None:
    """At the limit the holder is asked again, at each further one the next level hears; all of it once, to the minute."""
    again, up = defaultdict(list), defaultdict(dict)
    for row in await OutboxNotice.filter(kind__in=("TaskUnacknowledged", "TaskSilent"), twin_of_id=None).order_by("id"):
        if row.kind == "TaskUnacknowledged":
            again[row.task_id].append(row.created_at)
        else:
            up[row.task_id].setdefault(row.created_at, set()).add(row.payload["level"])
    for one in found.silences:
        asked = [at for at in again[one.task_id] if one.began < at <= one.ended]
        assert asked == list(one.steps[:1]), f"task {one.task_id}: asked again {asked}, limits {one.steps}"
        told = {at: levels for at, levels in up[one.task_id].items() if one.began < at <= one.ended}
        assert list(told) == list(one.steps[1 : 1 + len(told)]), f"task {one.task_id}: {told}, limits {one.steps}"
        assert [levels for levels in told.values()] == [{number} for number in range(1, len(told) + 1)]
        if len(one.steps) > 1:
            assert told, f"task {one.task_id}: nobody heard of the silence"
        seen["silences"] += len(asked)
        seen["levels"] += len(told)


async def _waits(found: Golden, heard: list[Heard], seen: Counter[str]) -> None:
    """A moment that was named is kept: no message goes out for that task before it, and one at it has its line."""
    words = defaultdict(list)
    lines = Counter(line.message for line in heard if line.kind in REMINDERS)
    full = {(line.person_id, line.at) for line in heard if lines[line.message] >= 5}
    for line in heard:
        if line.kind in REMINDERS:
            words[line.task_id].append(line)
    for one in found.waits:
        said = [line for line in words[one.task_id] if one.asked < line.at <= min(one.ended, one.word)]
        early = [line for line in said if line.at < one.word]
        # A message that goes out for another task takes along what comes within two days (rule 6).
        assert all(lines[line.message] > 1 for line in early), f"{one}: said {[line.at for line in early]}"
        seen["waits taken along"] += bool(early)
        seen["waits"] += bool(said) and not early
        if not said:
            day = one.word.astimezone(VIETNAM).date()
            away = await Leave.filter(person_id=one.person_id, from_on__lte=day, until_on__gte=day).exists()
            assert away or (one.person_id, one.word) in full, f"{one}: nothing was said"
            seen["waits over a leave or a full message"] += 1


async def _recurring(end: datetime, seen: Counter[str]) -> None:
    for row in await Recurrence.all():
        made = Counter([task.recurrence_on for task in await Task.filter(recurrence_id=row.id)])
        assert made == Counter(periods(row, end)), f"{row.every} {row.day}: {sorted(made)}"
        seen["periods"] += len(made)


def _overdue(heard: list[Heard], seen: Counter[str]) -> None:
    """After a deadline at most one word in each of its three stretches; what came along earlier (rule 6) names a day that
    is still ahead."""
    stretches: Counter[tuple[int | None, int, str, int]] = Counter()
    for line in heard:
        if line.kind == "TaskOverdue":
            due = datetime.fromisoformat(line.data["task"]["due_at"])
            days = CALENDAR.between(due, line.at) // DAY
            if line.data["days"] > days:
                seen["overdue, taken along"] += 1
                continue
            assert days >= 2, f"task {line.task_id}: overdue word after {days} days"
            stretches[line.task_id, line.person_id, str(due), sum(days >= one for one in (2, 5, 10))] += 1
            seen["overdue"] += 1
    assert max(stretches.values(), default=1) == 1, [key for key, n in stretches.items() if n > 1][:3]


def _leaders(heard: list[Heard], seen: Counter[str]) -> None:
    told = Counter((line.person_id, line.task_id) for line in heard if line.kind == "TaskAtRisk")
    assert max(told.values(), default=1) == 1, [key for key, n in told.items() if n > 1][:3]
    seen["leaders"] = len(told)


def _nothing_twice(heard: list[Heard]) -> None:
    twice = Counter(
        (line.kind, line.person_id, line.task_id, line.created_at) for line in heard if line.task_id is not None
    )
    assert max(twice.values()) == 1, [key for key, n in twice.items() if n > 1][:3]
