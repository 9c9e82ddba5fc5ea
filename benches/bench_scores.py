"""How long it takes to close a month of 50,000 officers with 1,000,000 products on PostgreSQL, with how much memory; at
that size, to explain one officer, show a chair the period and the table, and look for who holds up the sign-off.
``bench_scores.py 0.1`` measures a tenth of it."""

import asyncio
import resource
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from backend.auth.actors import actor_of
from backend.domain.types import SYSTEM
from backend.kit import clock, db
from backend.kit.db import Sql
from backend.scores.closing import close_period
from backend.scores.cost import cost_of
from backend.scores.holdups import remind
from backend.scores.listing import table
from backend.scores.queries import explain, explain_unit
from backend.scores.rules import ensure_rules
from backend.scores.standing_queries import standing
from tests.databases import PostgresServer
from tests.fakes import vn

PERIOD = "2026-12"
#: People in a section, its leader among them; sections in a commune; products of each.
TEAM, SECTIONS, PRODUCTS = 25, 20, 20
ROUNDS = 15


def office(communes: int) -> str:
    """One province, ``communes`` of 500 people each, a chairperson each and one above them all. Every twentieth product
    was late (a tenth of those twice), every hundredth had a major error, every fiftieth delay was waived."""
    sections = communes * SECTIONS
    people = sections * TEAM
    tasks = people * PRODUCTS
    first = 2 + communes  # sections come after the root and the communes
    return f"""
insert into unit (id, code, name, name_folded, kind, path) values (1, 'tinh', 'Tỉnh', 'tinh', 'committee', '/1/');
insert into unit (id, code, name, name_folded, kind, parent_id, path) select 1 + n, 'xa' || n, 'Xã ' || n, 'xa ' || n,
  'committee', 1, '/1/' || 1 + n || '/' from generate_series(1, {communes}) n;
insert into unit (id, code, name, name_folded, kind, parent_id, path) select {first} + n, 'p' || n, 'Phòng ' || n,
  'phong ' || n, 'section', 2 + n / {SECTIONS}, '/1/' || 2 + n / {SECTIONS} || '/' || {first} + n || '/'
  from generate_series(0, {sections} - 1) n;
insert into person (id, handle, full_name, name_folded, locale, must_change_password, channels, created_at)
  select n, 'u' || n, 'Nguyễn Văn ' || n, 'nguyen van ' || n, 'vi', false, '[]', now()
  from generate_series(1, {people} + {communes} + 2) n;
insert into position (person_id, unit_id, title, title_folded, role, rank, from_on)
  select n, {first} + (n - 1) / {TEAM}, 'x', 'x', case when n % {TEAM} = 1 then 'leader' else 'officer' end, 1,
    date '2025-07-01' from generate_series(1, {people}) n;
insert into position (person_id, unit_id, title, title_folded, role, rank, from_on)
  select {people} + n, 1 + n, 'x', 'x', 'leader', 1, date '2025-07-01' from generate_series(1, {communes}) n;
insert into position (person_id, unit_id, title, title_folded, role, rank, from_on) values
  ({people} + {communes} + 1, 1, 'x', 'x', 'leader', 1, '2025-07-01'),
  ({people} + {communes} + 2, 1, 'x', 'x', 'hr', 1, '2025-07-01');
insert into task (id, code, version, title, body, search, kind, source_number, urgency, weight, secret,
  needs_acceptance, all_acknowledge, status, assigner_id, lead_id, unit_id, to_unit, self_registered, assigned_at,
  due_at, due_rule, acknowledged_at, reported_at, closed_at, return_count, late_count, late_base, holder_no,
  reminded_count, unanswered, answer_from_at, answer_line, answer_step)
  select n, 'CV26-' || lpad(n::text, 7, '0'), 1, 'Báo cáo tình hình thực hiện nhiệm vụ số ' || n, '', '',
    case when n % 3 = 0 then 'document' else 'direct' end, '', 'normal', case when n % 7 = 0 then 2 else 1 end, false,
    true, false, 'done', {people} + 1, 1 + (n - 1) / {PRODUCTS},
    {first} + (n - 1) / {PRODUCTS} / {TEAM}, false, false, d.due - interval '5 days', d.due, '{{}}',
    d.due - interval '4 days', d.due + case when n % 20 = 0 then interval '9 days' else interval '-1 day' end,
    d.due + interval '10 days', 0, case when n % 200 = 0 then 2 when n % 20 = 0 then 1 else 0 end, 0, 1, 0, 0,
    d.due - interval '5 days', '[]', 0
  from generate_series(1, {tasks}) n
  cross join lateral (select timestamptz '2026-12-01 10:00+07' + interval '1 hour' * (n % 400) as due) d;
insert into ledger_entry (key, kind, scope, person_id, unit_id, task_id, count, happened_at, recorded_at, late_minutes,
  rule, rule_version, reason, data)
  select 'delay:' || t.id || ':1:' || i || ':' || s, case i when 1 then 'delay' else 'further_delay' end, s,
    case s when 'officer' then t.lead_id end, t.unit_id, t.id, 1, t.due_at + interval '7 days' * (i - 1),
    t.due_at + interval '7 days' * (i - 1), (i - 1) * 2400, 'delay.passed_due', 'nd335@1', '', '{{}}'
  from task t cross join generate_series(1, 2) i cross join (values ('officer'), ('unit')) as x (s)
  where t.id % 20 = 0 and (i = 1 or t.id % 200 = 0);
insert into ledger_entry (key, kind, scope, person_id, unit_id, task_id, count, happened_at, recorded_at, rule,
  rule_version, reason, data)
  select 'major_error:' || t.id || ':1:1:' || s, 'major_error', s, case s when 'officer' then t.lead_id end, t.unit_id,
    t.id, 1, t.due_at, t.due_at, 'quality.major_error', 'nd335@1', 'x', '{{}}'
  from task t cross join (values ('officer'), ('unit')) as x (s) where t.id % 100 = 1;
insert into ledger_entry (key, kind, scope, person_id, unit_id, task_id, compensates_id, count, happened_at,
  recorded_at, rule, rule_version, decided_by_id, reason, data)
  select 'waiver:' || e.key, 'waiver', e.scope, e.person_id, e.unit_id, e.task_id, e.id, -1, e.happened_at,
    e.happened_at, 'waiver.objective_cause', 'nd335@1', {people} + 1, 'mất điện', '{{}}'
  from ledger_entry e where e.kind = 'delay' and e.task_id % 1000 = 0;
insert into period (id, key, kind, from_on, until_on, status, seal)
  values (1, '{PERIOD}', 'month', '2026-12-01', '2026-12-31', 'open', '');
insert into mark (period_id, person_id, what, level, value, marked_by_id, marked_at)
  select 1, id, 'common', 'leader', 27, 1, now() from person;
insert into mark (period_id, person_id, what, level, value, marked_by_id, marked_at)
  select 1, s.person_id, w, 'leader', 90, 1, now() from position s cross join (values ('d'), ('dd'), ('e')) as x (w)
  where s.role = 'leader';
insert into mark (period_id, unit_id, what, level, value, marked_by_id, marked_at)
  select 1, id, 'common', 'leader', 28, 1, now() from unit;
insert into sign_off (period_id, person_id, step, signed_by_id, signed_at, passed_reason)
  select 1, p.id, s, p.id, timestamptz '2027-01-03 10:00+07', '' from person p
  cross join (values ('self'), ('head'), ('leader')) as x (s);
insert into sign_off (period_id, unit_id, step, signed_by_id, signed_at, passed_reason)
  select 1, id, 'leader', 1, timestamptz '2027-01-03 10:00+07', '' from unit;
select setval(pg_get_serial_sequence('period', 'id'), 10);
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


async def once(what: str, work: Awaitable[object]) -> None:
    """Say how many seconds something takes the first time."""
    started = time.perf_counter()
    await work
    print(f"{what:26} {time.perf_counter() - started:8.1f} s", flush=True)


def megabytes() -> float:
    """The most memory that this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def measure(people: int) -> None:
    [tasks] = await Sql().rows("select count(*) as n from task")
    [entries] = await Sql().rows("select count(*) as n from ledger_entry")
    print(f"{people:,} officers, {tasks['n']:,} products, {entries['n']:,} entries; {megabytes():.0f} MB before")
    print(f"explain an officer, open   {await timed(lambda: explain(SYSTEM, 7, PERIOD)):8.1f} ms")
    [late] = await Sql().rows("select id from ledger_entry where scope = 'officer' and kind = 'delay' limit 1")
    print(f"cost of one instance       {await timed(lambda: cost_of(int(late['id']))):8.1f} ms")
    chair = await actor_of(people + people // (TEAM * SECTIONS) + 1)
    await once("period page of the chair", standing(chair, PERIOD))
    await once("table, first page", table(chair, PERIOD, None, None, 100))
    await once("sweep of who holds it up", remind(clock.now()))
    started, cpu = time.perf_counter(), time.process_time()
    await close_period(SYSTEM, PERIOD)
    print(
        f"close the month            {time.perf_counter() - started:8.1f} s   "
        f"({time.process_time() - cpu:.1f} s of it in this process), {megabytes():.0f} MB at most"
    )
    [stored] = await Sql().rows("select count(*) as n, sum(pg_column_size(data)) / 1048576 as mb from period_result")
    print(f"results stored             {stored['n']:,}, {stored['mb']} MB")
    print(f"explain an officer, closed {await timed(lambda: explain(SYSTEM, 7, PERIOD)):8.1f} ms")
    print(f"explain the province       {await timed(lambda: explain_unit(SYSTEM, 'tinh', PERIOD)):8.1f} ms")


async def main(url: str, communes: int) -> None:
    clock.now = lambda: vn("2027-01-05 08:00")
    async with db.opened(url):
        await ensure_rules()
        for statement in office(communes).split(";\n"):
            if statement.strip():
                await Sql().run(statement)
        await measure(communes * SECTIONS * TEAM)


if __name__ == "__main__":
    size = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    with PostgresServer() as server, server.database("bench") as url:
        asyncio.run(main(url, max(1, round(100 * size))))
