"""A province that has worked for years, for the benches of the engine: ten tasks in eleven done long ago, the open ones
planned over the next weeks, loaded in minutes.

Open tasks come in rounds, one of each officer a round, and some rounds fall due at moments of their own, so that a bench
chooses how much is due by choosing ``now``: see :data:`QUIET`, :data:`FEW`, :data:`MANY`, :data:`FIVE_EACH`,
:data:`ONE_EACH`.
"""

import asyncio
import os

import asyncpg
import msgspec

from tests.fakes import vn

#: Before it nothing is due in any sweep.
QUIET = vn("2026-11-30 08:00")
#: Then 100 rows of each sweep are due, and from the next moment on 20,000 more (at full size).
FEW, MANY = vn("2026-11-30 13:30"), vn("2026-12-01 08:00")
#: A slot in which a fifth of the officers have five tasks due each, and one in which every officer has one.
FIVE_EACH, ONE_EACH = vn("2026-12-02 08:00"), vn("2026-12-03 08:00")
#: Everything else that is open is planned from this day on.
LATER = vn("2026-12-14 08:00")

EACH = 20  #: open tasks of an officer
TEAM, SECTIONS = 25, 20  #: people in a section, sections in a commune


class Size(msgspec.Struct, frozen=True):
    """How big the office is; scale 1 is 10,000,000 tasks of which 1,000,000 are open."""

    officers: int

    @classmethod
    def of(cls, scale: float) -> "Size":
        return cls(max(TEAM * SECTIONS, round(50_000 * scale / (TEAM * SECTIONS)) * TEAM * SECTIONS))

    @property
    def open(self) -> int:
        return self.officers * EACH

    @property
    def tasks(self) -> int:
        return 10 * self.open

    @property
    def done(self) -> int:
        return self.tasks - self.open

    @property
    def many(self) -> int:
        """Rows of each sweep that are due at :data:`MANY`, those of :data:`FEW` among them."""
        return round(self.officers * 0.4)


_COLUMNS = """id, code, version, title, body, search, kind, source_number, urgency, weight, secret, needs_acceptance,
  all_acknowledge, status, assigner_id, lead_id, unit_id, to_unit, self_registered, assigned_at, due_at, due_rule,
  acknowledged_at, reported_at, closed_at, return_count, late_count, late_base, holder_no, look_at, answer_at, charge_at,
  reminded_count, reminded_at, unanswered, tapped_at, answer_from_at, answer_line, answer_step, empty_taps"""


def _people(size: Size) -> list[str]:
    sections = size.officers // TEAM
    first = 2 + sections // SECTIONS
    return [
        "insert into unit (id, code, name, name_folded, kind, path) "
        "values (1, 'tinh', 'Tỉnh', 'tinh', 'committee', '/1/')",
        "insert into unit (id, code, name, name_folded, kind, parent_id, path) select 1 + n, 'xa' || n, 'Xã ' || n, "
        f"'xa ' || n, 'committee', 1, '/1/' || 1 + n || '/' from generate_series(1, {sections // SECTIONS}) n",
        f"insert into unit (id, code, name, name_folded, kind, parent_id, path) select {first} + n, 'p' || n, "
        f"'Phòng ' || n, 'phong ' || n, 'section', 2 + n / {SECTIONS}, "
        f"'/1/' || 2 + n / {SECTIONS} || '/' || {first} + n || '/' from generate_series(0, {sections - 1}) n",
        "insert into person (id, handle, full_name, name_folded, locale, must_change_password, channels, created_at, "
        "digest_at) "
        "select n, 'u' || n, 'Nguyễn Văn ' || n, 'nguyen van ' || n, 'vi', false, '[]', now(), "
        f"timestamptz '{LATER}' "
        f"from generate_series(1, {size.officers} + 1) n",
        "insert into position (person_id, unit_id, title, title_folded, role, rank, from_on) "
        f"select n, {first} + (n - 1) / {TEAM}, 'x', 'x', case when n % {TEAM} = 1 then 'leader' else 'officer' end, 1, "
        f"date '2025-07-01' from generate_series(1, {size.officers}) n "
        f"union all values ({size.officers + 1}, 1, 'x', 'x', 'leader', 1, date '2025-07-01')",
        # One task in four ends late: nobody is spared, no leader is told (nobody was silent twice).
        "insert into track_record (person_id, still_1, still_2, still_3, still_4, still_5, late, morning_sent, "
        "morning_answered, afternoon_sent, afternoon_answered) select n, 40, 36, 30, 24, 20, 10, 60, 40, 30, 5 "
        f"from generate_series(1, {size.officers}) n",
        # Every month that has ended is closed: nobody's sign-off is waited for.
        "insert into period (key, kind, from_on, until_on, status, seal) select to_char(m, 'YYYY-MM'), 'month', m::date, "
        "(m + interval '1 month - 1 day')::date, 'closed', '' "
        "from generate_series(timestamp '2025-07-01', '2026-11-01', interval '1 month') m",
        "insert into chat_link (person_id, channel, address, linked_at, end_reason) "
        f"select n, 'telegram', (1000000 + n)::text, now(), '' from generate_series(1, {size.officers}) n",
    ]


def _done(size: Size, first: int, last: int) -> str:
    sections = size.officers // TEAM
    return f"""insert into task ({_COLUMNS})
  select n, 'CV24-' || lpad(n::text, 8, '0'), 5, 'Báo cáo tình hình thực hiện nhiệm vụ số ' || n, '',
    'cv24-' || lpad(n::text, 8, '0') || ' bao cao tinh hinh thuc hien nhiem vu so ' || n, 'direct', '', 'normal', 1,
    false, true, false, 'done', {size.officers + 1}, 1 + p.lead, {2 + sections // SECTIONS} + p.lead / {TEAM}, false,
    false, d.due - interval '9 days', d.due, '{{}}', d.due - interval '8 days', d.due - interval '1 day',
    d.due + interval '1 day', 0, 0, 0, 1, null, null, null, 1, d.due - interval '3 days', 0, d.due - interval '3 days',
    d.due - interval '9 days', '[]', 0, 0
  from generate_series({first}, {last}) n cross join lateral (select n * 7919::bigint % {size.officers} as lead) p
  cross join lateral (select timestamptz '2024-11-01 10:00+07'
    + interval '1 minute' * (n * 1000000::bigint / {size.tasks}) as due) d"""


def _open(size: Size) -> str:
    """Every column as the engine leaves it after a first reminder that nobody answered; assigned in one round of four.
    ``moment`` and ``round`` give each sweep its rows at the moments named above."""
    sections, officers = size.officers // TEAM, size.officers

    def due_in(round_: int, else_: str) -> str:
        return (
            f"case when k.round = {round_} and k.lead < 100 then '{FEW}'::timestamptz "
            f"when k.round = {round_} and k.lead < {size.many} then '{MANY}'::timestamptz else {else_} end"
        )

    slot = f"'{LATER}'::timestamptz + interval '1 day' * (n * 31 % 20) + interval '330 minutes' * (n % 2)"
    look = (
        f"case when k.round < 5 and k.lead < {officers // 5} then '{FIVE_EACH}'::timestamptz "
        f"when k.round = 5 then '{ONE_EACH}'::timestamptz else {due_in(6, slot)} end"
    )
    return f"""insert into task ({_COLUMNS})
  select n, 'CV26-' || lpad(n::text, 8, '0'), 2, 'Báo cáo tình hình thực hiện nhiệm vụ số ' || n, '',
    'cv26-' || lpad(n::text, 8, '0') || ' bao cao tinh hinh thuc hien nhiem vu so ' || n, 'direct', '', 'normal', 1,
    false, true, false, case when k.assigned then 'assigned' else 'acknowledged' end, {officers + 1}, 1 + k.lead,
    {2 + sections // SECTIONS} + k.lead / {TEAM}, false, false, g.given, g.due, '{{}}',
    case when not k.assigned then g.given + interval '1 hour' end, null, null, 0, 0, 0, 1, {look},
    case when k.assigned then {due_in(11, slot)} end, {due_in(9, "g.due")},
    1, timestamptz '2026-11-20 08:00+07', 1, case when not k.assigned then g.given + interval '1 hour' end, g.given, '[]',
    0, 0
  from generate_series({size.done + 1}, {size.tasks}) n
  cross join lateral (select (n - {size.done + 1}) / {officers} as round, (n - {size.done + 1}) % {officers} as lead,
    (n - {size.done + 1}) / {officers} % 4 = 3 as assigned) k
  cross join lateral (select timestamptz '2026-11-09 09:00+07' - interval '1 day' * (n % 10) as given,
    timestamptz '2027-01-15 16:30+07' + interval '1 day' * (n % 40) as due) g"""


def _said(size: Size) -> list[str]:
    """What was said about the last tasks that were done, so that the outbox is as full as it is in life."""
    return [
        "insert into outbox_notice (dedup_key, kind, payload, person_id, task_id, topic, urgent, in_slot, status, "
        "created_at, not_before, ready_at, lease_owner, attempts, maybe_sent, settled_at, problem) "
        "select 'remind:' || t.id || ':1:1', 'TaskDueSoon', '{}', t.lead_id, t.id, 'remind', false, true, 'sent', "
        "t.reminded_at, t.reminded_at, t.reminded_at, '', 1, false, t.reminded_at, '' "
        f"from task t where t.id between {size.done - size.open + 1} and {size.done}",
        "insert into delivery_attempt (notice_id, channel, address, started_at, finished_at, outcome, receipt, problem) "
        "select id, 'telegram', (1000000 + person_id)::text, settled_at, settled_at, 'sent', id::text, '' "
        "from outbox_notice",
    ]


class _Loader:
    """One connection that asks no foreign keys and waits for no disk."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self.connection = connection

    @classmethod
    async def on(cls, url: str) -> "_Loader":
        connection = await asyncpg.connect(url, command_timeout=None)
        for setting in (
            "synchronous_commit = off",
            "session_replication_role = replica",
            "maintenance_work_mem = '512MB'",
            "work_mem = '64MB'",
        ):
            await connection.execute(f"set {setting}")
        return cls(connection)

    async def run(self, statements: list[str]) -> None:
        while statements:
            await self.connection.execute(statements.pop(0), timeout=None)


async def load(url: str, size: Size) -> None:
    """Fill an empty migrated database. What the server does by itself on a real machine (autovacuum) is switched on,
    unless the server is somebody else's."""
    loaders = [await _Loader.on(url) for _ in range(2)]
    one = loaders[0].connection
    if not os.environ.get("DATABASE_URL"):
        for setting in ("max_wal_size = '8GB'", "autovacuum = on"):
            await one.execute(f"alter system set {setting}")
        await one.execute("select pg_reload_conf()")
    drops, makes = await _indexes(one)
    await loaders[0].run(drops)
    await loaders[0].run(_people(size))
    step = max(size.done // 20, 1)
    todo = [_done(size, at, min(at + step - 1, size.done)) for at in range(1, size.done + 1, step)]
    todo.append(_open(size))
    await asyncio.gather(*(loader.run(todo) for loader in loaders))
    # Constraints lock the table against everybody, plain indexes against writers only.
    await loaders[0].run([make for make in makes if make.startswith("alter")])
    rest = [make for make in makes if not make.startswith("alter")]
    await asyncio.gather(*(loader.run(rest) for loader in loaders))
    await loaders[0].run(_said(size))
    for table in ("task", "person", "unit"):
        await one.execute(f"select setval(pg_get_serial_sequence('{table}', 'id'), {size.tasks + 1})")
    await one.execute("vacuum (analyze)", timeout=None)
    for loader in loaders:
        await loader.connection.close()


async def _indexes(one: "asyncpg.Connection[asyncpg.Record]") -> tuple[list[str], list[str]]:
    """How to drop the indexes of ``task``, but for its primary key, and how to make the very same again."""
    constraints = await one.fetch(
        "select conname, pg_get_constraintdef(oid) as made from pg_constraint "
        "where conrelid = 'task'::regclass and contype = 'u'"
    )
    names = {row["conname"] for row in constraints}
    indexes = await one.fetch("select indexname, indexdef from pg_indexes where tablename = 'task'")
    plain = [row for row in indexes if row["indexname"] not in names and not row["indexname"].endswith("_pkey")]
    return (
        [f"alter table task drop constraint {name}" for name in sorted(names)]
        + [f"drop index {row['indexname']}" for row in plain],
        [f"alter table task add constraint {row['conname']} {row['made']}" for row in constraints]
        + [row["indexdef"] for row in plain],
    )
