"""How long ``giaoviec remind simulate`` takes over a month of 40 officers with 500 tasks each, on SQLite.

``bench_simulate.py 0.1`` measures a tenth of the tasks. Everybody is full: five lines in every slot, the worst case of the
replay.
"""

import asyncio
import resource
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from time import process_time
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from backend.calendars.default import default_calendar
from backend.kit import clock, db
from backend.models import Person, Task, TaskEvent, Unit
from backend.tasks.replaying import simulate
from tests.databases import migrate
from tests.fakes import FakeClock, vn

OFFICERS, TASKS = 40, 500
START = vn("2026-09-21 08:00")
random = Random(2026)
calendar = default_calendar()


def life(number: int, lead: int) -> tuple[dict[str, Any], list[tuple[str, datetime, int, dict[str, Any]]]]:
    """A task of one to twenty working days somewhere around October, and its timeline."""
    days = random.choice((1, 2, 3, 5, 5, 8, 10, 15, 20))
    at = calendar.next_working(START + timedelta(minutes=random.randrange(40 * 1440))).astimezone(UTC)
    due = calendar.add(at, days * 480).astimezone(UTC)
    events: list[tuple[str, datetime, int, dict[str, Any]]] = [
        ("assigned", at, 1, {"lead": lead, "due": due.isoformat()})
    ]
    seen = calendar.add(at, random.randrange(240)).astimezone(UTC)
    done = calendar.add(at, round(days * 480 * random.uniform(0.3, 1.2)) + 240).astimezone(UTC)
    events.append(("acknowledged", seen, lead, {}))
    row: dict[str, Any] = {"status": "acknowledged", "assigned_at": at, "answer_from_at": at, "due_at": due}
    if random.random() < 0.9:
        data = {"report": number, "was": "acknowledged", "answer_from": at.isoformat()}
        events += [("reported", done, lead, data), ("accepted", done, 1, {})]
        row |= {"status": "done", "reported_at": done, "closed_at": done}
    return row, events


async def fill(tasks: int) -> None:
    now = clock.now()
    unit = await Unit.create(code="u", name="U", name_folded="u", path="/1/", kind="committee")
    for handle in ("chair", *(f"o{number}" for number in range(OFFICERS))):
        await Person.create(handle=handle, full_name=handle, name_folded=handle, locale="vi", created_at=now)
    rows, lines = [], []
    for number in range(1, tasks * OFFICERS + 1):
        lead = 2 + number % OFFICERS
        row, events = life(number, lead)
        rows.append(Task(id=number, code=f"T{number}", title="t", assigner_id=1, lead_id=lead, unit_id=unit.id, **row))
        lines += [TaskEvent(task_id=number, kind=kind, at=at, actor_id=by, data=data) for kind, at, by, data in events]
    async with db.transaction():
        await Task.bulk_create(rows, batch_size=500)
        await TaskEvent.bulk_create(lines, batch_size=500)


async def main(scale: float) -> None:
    with tempfile.TemporaryDirectory() as folder, FakeClock(vn("2026-11-23 08:00")):
        url = f"sqlite:///{Path(folder) / 'office.db'}"
        await migrate(url)
        async with db.opened(url):
            await fill(round(TASKS * scale))
            for preset in ("normal", "firm"):
                before = process_time()
                found = await simulate("2026-10", preset)
                print(
                    f"{preset:<8}{found.tasks:>8} tasks {found.present.messages:>6} and {found.asked.messages:>6} messages"
                    f"{process_time() - before:>8.1f} s of processor time"
                )
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB at most")


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0))
