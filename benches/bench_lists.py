"""How long the lists of tasks take on PostgreSQL with 200,000 tasks, and which index each of them uses."""

import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from backend.auth.actors import actor_of
from backend.domain.types import Actor
from backend.kit import db
from backend.kit.db import Sql
from backend.models import Person
from backend.tasks import queries
from backend.tasks.queries import State, TaskFilter, View
from tests.databases import PostgresServer

TASKS = 200_000
ROUNDS = 15

#: A province's ward writ large: 40 sections under one root, 25 people in each, the first of them its leader.
OFFICE = f"""
insert into unit (id, code, name, name_folded, kind, path) values (1, 'root', 'Gốc', 'goc', 'committee', '/1/');
insert into unit (id, code, name, name_folded, kind, parent_id, path)
  select n, 'u' || n, 'Phòng ' || n, 'phong ' || n, 'section', 1, '/1/' || n || '/' from generate_series(2, 41) n;
insert into person (id, handle, full_name, name_folded, locale, must_change_password, channels, created_at)
  select n, 'p' || n, 'Nguyễn Văn ' || n, 'nguyen van ' || n, 'vi', false, '[]', now() from generate_series(1, 1000) n;
insert into position (person_id, unit_id, title, title_folded, role, rank, from_on)
  select n, case when n = 1 then 1 else 2 + n % 40 end, 'x', 'x',
    case when n = 1 or n between 2 and 41 then 'leader' else 'officer' end, 1, date '2025-07-01'
  from generate_series(1, 1000) n;
insert into task (id, code, version, title, body, search, kind, source_number, urgency, weight, secret,
  needs_acceptance, all_acknowledge, status, assigner_id, lead_id, unit_id, to_unit, self_registered, assigned_at,
  due_at, due_rule, acknowledged_at, reported_at, closed_at, return_count, late_count, late_base, holder_no,
  reminded_count, unanswered, answer_from_at, answer_line, answer_step)
  select n, 'CV26-' || lpad(n::text, 6, '0'), 1, 'Báo cáo số ' || n, '', 'cv26-' || lpad(n::text, 6, '0') ||
    ' bao cao so ' || n, 'direct', '', 'normal', 1, n % 50 = 0, true, false, s.status, 2 + n % 40,
    42 + n * 7919 % 959, 2 + (42 + n * 7919 % 959) % 40, false, n % 500 = 0, d.due - interval '5 days', d.due, '{{}}',
    case when s.status <> 'assigned' then d.due - interval '4 days' end,
    case when s.status in ('done', 'reported') then d.due - interval '1 hour' * (n % 5 - 1) end,
    case when s.status = 'done' then d.due end, 0, 0, 0, 1, 0, 0, d.due - interval '5 days', '[]', 0
  from generate_series(1, {TASKS}) n
  cross join lateral (select case when n % 20 = 0 then 'assigned' when n % 20 = 1 then 'acknowledged'
    when n % 40 = 2 then 'reported' when n % 400 = 3 then 'declined' else 'done' end as status) s
  cross join lateral (select now() - interval '1 year' + interval '1 minute' * (n * 2.7)::int as due) d;
insert into task_part (task_id, person_id, part, share)
  select n, 1 + (n * 31) % 1000, case when n % 2 = 0 then 'watcher' else 'coordinator' end, 0
  from generate_series(1, {TASKS}, 3) n;
insert into extension (task_id, asked_by_id, asked_at, due_before, due_asked, reason, decision, note)
  select id, lead_id, due_at - interval '1 day', due_at, due_at + interval '2 days', 'x',
    case when id % 2000 = 1 then '' else 'approved' end, '' from task where id % 20 = 1;
analyze;
"""


async def timed(work: Callable[[], Awaitable[object]]) -> float:
    """Median milliseconds."""
    took = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        await work()
        took.append((time.perf_counter() - started) * 1000)
    return statistics.median(took)


async def explained(actor: Actor, filter_: TaskFilter) -> str:
    """Indexes that the plan of a list walks, and tables it reads whole."""
    seen: list[str] = []
    rows = Sql.rows

    async def explain(self: Sql, text: str) -> list[dict[str, object]]:
        if "limit" in text:
            plan = "\n".join(next(iter(row.values())) for row in await rows(self, f"explain {text}"))  # type: ignore[arg-type]
            for line in plan.splitlines():
                if " using " in line:
                    seen.append(line.split(" using ")[1].split(" on ")[0])
                elif "Bitmap Index Scan on" in line:
                    seen.append(line.split("Scan on ")[1].split("  ")[0])
                elif "Seq Scan on " in line:
                    seen.append(f"SEQ {line.split('Seq Scan on ')[1].split(' ')[0]}")
        return await rows(self, text)

    Sql.rows = explain  # type: ignore[method-assign, assignment]
    try:
        await queries.listing(actor, filter_)
    finally:
        Sql.rows = rows  # type: ignore[method-assign]
    return ", ".join(dict.fromkeys(seen))


async def measure() -> None:
    chair, head, officer = [await actor_of(person_id) for person_id in (1, 10, 100)]
    print(f"{TASKS:,} tasks, {await Person.all().count():,} people; first page of 50, median of {ROUNDS}")
    for name, actor, filter_ in (
        ("officer: my work", officer, TaskFilter(view=View.ASSIGNED_TO_ME, state=State.OPEN)),
        ("officer: all I ever led", officer, TaskFilter(view=View.ASSIGNED_TO_ME)),
        ("officer: to handle", officer, TaskFilter(view=View.TO_HANDLE)),
        ("officer: watching", officer, TaskFilter(view=View.WATCHING)),
        ("head: I assigned, open", head, TaskFilter(view=View.ASSIGNED_BY_ME, state=State.OPEN)),
        ("head: to handle", head, TaskFilter(view=View.TO_HANDLE)),
        ("head: my section, late", head, TaskFilter(unit=f"u{head.posts[0].unit_id}", late=True, state=State.OPEN)),
        ("chair: everything, open", chair, TaskFilter(state=State.OPEN)),
        ("chair: search", chair, TaskFilter(q="bao cao 199999")),
    ):
        ms = await timed(lambda actor=actor, filter_=filter_: queries.listing(actor, filter_))  # type: ignore[misc]
        print(f"{name:28} {ms:8.1f} ms   {await explained(actor, filter_)}")
    print(f"{'head: counts of all tabs':28} {await timed(lambda: queries.counts(head)):8.1f} ms")
    print(f"{'one whole task':28} {await timed(lambda: queries.view(head, 8)):8.1f} ms")


async def main(url: str) -> None:
    async with db.opened(url):
        for statement in OFFICE.split(";\n"):
            if statement.strip():
                await Sql().run(statement)
        await measure()


if __name__ == "__main__":
    with PostgresServer() as server, server.database("bench") as url:
        asyncio.run(main(url))
