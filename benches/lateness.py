"""How late a due reminder leaves while engine and sender run as in life; a part of ``bench_engine.py``."""

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import msgspec

from backend import settings as office_settings
from backend.kit import clock
from backend.kit.db import Sql
from benches.big_office import LATER, Size
from bot.channel import Receipt, Text
from bot.sender import Sender
from reminders import run, schedule
from tests.fakes import vn

#: Reminders that fall due a second.
A_SECOND = 100
#: A working morning at which nothing else is due.
MORNING = vn("2026-12-08 10:00")
#: How much longer than they take to fall due is waited for the last of them.
PATIENCE_S = 300


class Nowhere:
    """A channel that takes everything and keeps nothing."""

    name, edits, buttons = "telegram", False, True

    def __init__(self, count: int) -> None:
        self.sent, self.count = 0, count
        self.enough = asyncio.Event()

    async def send(self, address: str, text: Text, *, reply_to: Receipt | None = None) -> Receipt:
        self.sent += 1
        if self.sent == self.count:
            self.enough.set()
        return Receipt(str(self.sent))

    async def edit(self, address: str, receipt: Receipt, text: Text) -> None: ...


class _Late(msgspec.Struct):
    s: float


async def lateness(url: str, size: Size, seconds: int, *, at_minutes: bool) -> tuple[str, str, str]:
    """Urgent tasks fall due while engine and sender run as in life; how long after ``look_at`` the attempt begins.

    The planner speaks of them at whole minutes: ``at_minutes`` gives a minute's worth of them that moment, otherwise
    they are spread evenly.
    """
    count = seconds * A_SECOND
    if count > 8 * size.officers:
        raise SystemExit(f"--seconds {seconds} wants {count} tasks of eight rounds of {size.officers}: a bigger scale")
    clock.set_offset(MORNING - clock.real())
    first = (clock.now() + timedelta(seconds=90)).replace(second=0, microsecond=0)
    await _urgent(size, count, first, at_minutes)
    wall = Nowhere(count)
    async with _sending(wall), run.run(office_settings.load({}, database_url=url)):
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(wall.enough.wait(), seconds + PATIENCE_S)
    began = first - clock.offset() - timedelta(seconds=10)
    late = await Sql().fetch(
        "select extract(epoch from a.started_at - t.moment) as s from delivery_attempt a "
        "join outbox_notice n on n.id = a.notice_id and n.topic = 'remind' "
        f"join bench_due t on t.id = n.task_id where a.started_at >= '{began}'",
        _Late,
    )
    if len(late) != count:
        raise SystemExit(f"{len(late)} of {count} due reminders were sent: nothing worth a number was measured")
    took = sorted(row.s for row in late)
    p50, p99 = took[len(took) // 2], took[math.ceil(0.99 * len(took)) - 1]
    every = next(job.every_s for job in schedule.JOBS if job.name == "remind")
    how = f"{A_SECOND * 60:,} at each full minute" if at_minutes else f"{A_SECOND} /s evenly"
    what = f"late, {how} for {seconds} s, tick every {every} s"
    return what, "" if at_minutes else "p99 ≤ 2 s", f"p50 {p50:.2f} s, p99 {p99:.2f} s"


async def _urgent(size: Size, count: int, first: datetime, at_minutes: bool) -> None:
    """Make the rows that fall due from ``first`` on, everything else later; ``bench_due`` keeps when, in real time."""
    for column in ("look_at", "answer_at", "charge_at"):
        await Sql().run(f"update task set {column} = '{LATER}' where {column} < '{LATER}'")
    await Sql().run("delete from outbox_notice where status <> 'sent'")
    await Sql().run("drop table if exists bench_due")
    moment = f"'{first}'::timestamptz + interval '1 second' * (n / {A_SECOND})"
    if at_minutes:
        moment = f"date_trunc('minute', {moment})"
    else:
        moment += f" + interval '1 second' * (n % {A_SECOND}) / {A_SECOND}"
    # From another round of the officers each time, so that nobody's chat is a queue of its own.
    from_id = size.done + 12 * size.officers + 1
    await Sql().run(
        f"create table bench_due as select {from_id} + n as id, {moment} as look_at, "
        f"{moment} - interval '{clock.offset().total_seconds()} seconds' as moment from generate_series(0, {count - 1}) n"
    )
    # Two thirds of the time from 08:30 to 10:40 have gone before any of them; the last word is possible until 10:25.
    await Sql().run(
        "update task t set urgency = 'urgent', status = 'acknowledged', look_at = b.look_at, answer_at = null, "
        f"assigned_at = '{MORNING - timedelta(minutes=90)}', answer_from_at = '{MORNING - timedelta(minutes=90)}', "
        f"due_at = '{MORNING + timedelta(minutes=40)}', charge_at = '{LATER}', holder_no = holder_no + 1, "
        f"acknowledged_at = '{MORNING - timedelta(minutes=80)}', tapped_at = '{MORNING - timedelta(minutes=80)}', "
        "reminded_count = 0, reminded_at = null, unanswered = 0 from bench_due b where b.id = t.id"
    )
    await Sql().run("analyze task")


@contextlib.asynccontextmanager
async def _sending(wall: Nowhere) -> AsyncIterator[None]:
    sender = Sender("http://127.0.0.1:8000")
    sender.open(wall)
    running = asyncio.create_task(sender.run())
    try:
        yield
    finally:
        await sender.close()
        await running
