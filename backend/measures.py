"""What ``/metrics`` says of the whole office, read from the database at each question: a process that only serves pages
tells of the sender and the engine elsewhere, and several processes tell the same."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec
from prometheus_client import Gauge

from backend import channel_use, sweeps
from backend.audits_frame import newest
from backend.kit import clock, db
from backend.kit.db import Sql
from backend.kit.kept import Kept

UNSETTLED = ("pending", "claimed", "sending")
SETTLED = ("sent", "dead", "cancelled", "muted")
OUTCOMES = ("started", "sent", "retry", "failed", "unknown")
#: Attempts are counted over this time.
WINDOW = timedelta(hours=1)
_FIRST_STEP = 1_000
#: Settled notices are counted at most so often by one process: there are as many as were ever said.
_SETTLED_FOR_S = 600

NOTICES = Gauge("giaoviec_outbox_notices", "Notices by status", ["status"])
OLDEST = Gauge("giaoviec_outbox_oldest_seconds", "Age of the oldest notice that is ready and not sent")
ATTEMPTS = Gauge(
    "giaoviec_deliveries_last_hour", "Attempts to deliver that began in the last hour", ["channel", "outcome"]
)
USED = Gauge("giaoviec_channel_used", "Messages of a bot sent and heard this month", ["channel", "bot"])
LEFT = Gauge("giaoviec_channel_left", "Messages a bot has left this month; absent without a limit", ["channel", "bot"])
HELD = Gauge("giaoviec_channel_waiting_notices", "Notices that wait for a channel that has nothing left")
UNANSWERED = Gauge("giaoviec_channel_unanswered", "Answers of this month that no channel could carry")
DUE = Gauge("giaoviec_due_oldest_seconds", "How long the oldest row that is due has waited for its sweep", ["sweep"])
LAST_DONE = Gauge("giaoviec_sweep_last_done_timestamp_seconds", "When a sweep last came to its end", ["sweep"])
PROBLEMS = Gauge("giaoviec_audit_problems", "What the last running check found wrong", ["code"])
CHECKED = Gauge("giaoviec_audit_last_timestamp_seconds", "When the running check last came to its end")
ALL_WELL = Gauge("giaoviec_audit_last_ok_timestamp_seconds", "When the running check last found nothing wrong")
PINGED = Gauge("giaoviec_heartbeat_last_ok_timestamp_seconds", "When the heartbeat address was last fetched")

_settled: Kept[tuple[int, int], dict[str, int]] = Kept(2)
#: Labels that were set once: they go to zero, not away.
_channels: set[str] = set()
_codes: set[str] = set()


async def measure(zone: str) -> None:
    """Set every gauge to what is true now; ``zone`` is the office's."""
    await _notices()
    await _attempts()
    await _channel_use(zone)
    for lag in await sweeps.lags(clock.now()):
        if lag.sweep in sweeps.DUE:
            DUE.labels(lag.sweep).set(lag.lag_s)
        if lag.ended_at is not None:
            LAST_DONE.labels(lag.sweep).set(lag.ended_at.timestamp())
    await _audit()


class _Oldest(msgspec.Struct):
    at: datetime


async def _notices() -> None:
    key = (db.opening(), int(clock.real().timestamp()) // _SETTLED_FOR_S)
    settled = _settled.get(key) or _settled.put(key, await _count_settled())
    for status, n in (settled | await _count_unsettled()).items():
        NOTICES.labels(status).set(n)
    sql = Sql()
    real = clock.real()
    oldest = await sql.fetch(
        f"select ready_at as at from outbox_notice where status = 'pending' and ready_at <= {sql.arg(real)} "
        f"and not_before <= {sql.arg(clock.now())} order by ready_at limit 1",
        _Oldest,
    )
    OLDEST.set((real - oldest[0].at).total_seconds() if oldest else 0)


async def _count_settled() -> dict[str, int]:
    counts = ", ".join(f"count(case when status = '{name}' then 1 end) as {name}" for name in SETTLED)
    [row] = await Sql().rows(f"select {counts} from outbox_notice")
    return {name: int(row[name]) for name in SETTLED}


async def _count_unsettled() -> dict[str, int]:
    # Each by a question of its own: those that wait or are under way have an index that names their status.
    counts = ", ".join(f"(select count(*) from outbox_notice where status = '{name}') as {name}" for name in UNSETTLED)
    [row] = await Sql().rows(f"select {counts}")
    return {name: int(row[name]) for name in UNSETTLED}


class _Ended(msgspec.Struct):
    channel: str
    outcome: str
    n: int


async def _attempts() -> None:
    since = clock.real() - WINDOW
    sql = Sql()
    rows = await sql.fetch(
        f"select channel, outcome, count(*) as n from delivery_attempt where id > {sql.arg(await _older_than(since))} "
        f"and started_at >= {sql.arg(since)} group by channel, outcome",
        _Ended,
    )
    _channels.update(row.channel for row in rows)
    counts = {(row.channel, row.outcome): row.n for row in rows}
    for channel, outcome in _every(_channels, counts):
        ATTEMPTS.labels(channel, outcome).set(counts.get((channel, outcome), 0))


def _every(channels: Iterable[str], found: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    return {(channel, outcome) for channel in channels for outcome in OUTCOMES} | set(found)


async def _channel_use(zone: str) -> None:
    """By the office's month; a bot that is gone is told no more."""
    USED.clear()
    LEFT.clear()
    for use in await channel_use.uses(zone):
        USED.labels(use.channel, use.bot).set(use.used)
        if use.left is not None:
            LEFT.labels(use.channel, use.bot).set(use.left)
    HELD.set(sum(one.notices for one in await channel_use.waiting()))
    UNANSWERED.set(sum(one.answers for one in await channel_use.unanswered(zone)))


async def _older_than(at: datetime) -> int:
    """An id below which every attempt began before ``at``: attempts are written in the order of time, so a few steps
    back from the newest, each twice as long as the one before, find it without reading the table."""
    id_, step = await newest("delivery_attempt"), _FIRST_STEP
    while id_ > 0:
        id_, step = id_ - step, step * 2
        sql = Sql()
        rows = await sql.fetch(
            f"select started_at as at from delivery_attempt where id <= {sql.arg(id_)} order by id desc limit 1",
            _Oldest,
        )
        # A minute for attempts whose numbers and times are not quite in the same order.
        if rows and rows[0].at < at - timedelta(minutes=1):
            return id_
    return 0


async def _audit() -> None:
    if (last := await sweeps.last_audit()) is not None:
        CHECKED.set(last.at.timestamp())
        ALL_WELL.set(last.ok_at.timestamp() if last.ok_at else 0)
        _codes.update(last.found)
        for code in _codes:
            PROBLEMS.labels(code).set(last.found.get(code, 0))
    if (pinged := await sweeps.last_ping()) is not None:
        PINGED.set(pinged.timestamp())
