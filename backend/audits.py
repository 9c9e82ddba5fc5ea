"""The audit: nothing is forgotten. Every open task will be looked at again, every delay has its pair of entries, every
reminder and notice leaves with a proof, no sweep is behind, every closed period is as it was sealed, every decision on a
score has its entries."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from backend import audits_signing, sweeps
from backend.audits_frame import EVERYTHING, PATIENCE, Check, Problem, Span, Tally, newest
from backend.audits_reminding import OF_NOTICES, OF_REMINDERS, lagging
from backend.audits_tasks import OF_ENTRIES, OF_TASKS, window
from backend.kit import clock
from backend.kit.db import Sql
from backend.models import Period
from backend.scores.closing import seal_holds
from backend.scores.rules import published_refs
from backend.sweeps import Lag

__all__ = ["PATIENCE", "WINDOW", "Look", "Problem", "Report", "audit", "audit_running"]

#: The running check looks at so many open tasks and so many of the newest notices each time.
WINDOW = 20_000


class Report(msgspec.Struct, frozen=True):
    """What was compared and what was wrong. ``tasks`` is how many tasks there are to compare anything with.

    ``checks``: how many things each check compared. ``found``: how many problems of each code; ``problems`` names the
    first of them. ``reasons``: how many open tasks rightly have nothing ahead, and why. ``sweeps``: facts, wrong only
    where a problem says so.
    """

    compared: int
    tasks: int
    problems: list[Problem]
    checks: dict[str, int] = {}
    found: dict[str, int] = {}
    reasons: dict[str, int] = {}
    sweeps: list[Lag] = []

    @property
    def failed(self) -> bool:
        """Something is wrong, or nothing was compared although there are tasks."""
        return bool(self.found) or (self.tasks > 0 and self.compared == 0)


async def audit(now: datetime | None = None) -> Report:
    """Compare everything, as of domain time ``now``; changes nothing."""
    now = now or clock.now()
    tally = Tally()
    await _run((*_MOVING, *OF_NOTICES, *_RECORD), tally, now)
    [row] = await Sql().rows("select count(*) as n from task")
    return await _report(tally, now, int(row["n"]))


class Look(msgspec.Struct, frozen=True):
    """One running check: what it found, after which task the next one goes on, whether the record is wrong."""

    report: Report
    after: int
    record_wrong: bool


async def audit_running(now: datetime, after: int = 0, *, record: bool = True) -> Look:
    """The part of the audit that can be asked every few minutes.

    :data:`WINDOW` open tasks that follow ``after``, with their reminders and entries (an office with fewer is looked at
    whole each time); the newest notices and all that wait; the sweeps; and with ``record`` also what nobody touches for
    months: the ledger, seals, rule sets, sign-offs. A window in which something is wrong comes again the next time.
    """
    tally = Tally()
    if record:
        await _run(_RECORD, tally, now)
    record_wrong = not tally.all_is_well
    span, tasks = await window(after, WINDOW)
    if not tasks and after:
        span, tasks = await window(0, WINDOW)
    before = tally.found.total()
    await _run(_MOVING, tally, now, span)
    following = span.after
    if tally.found.total() == before:
        following = (span.upto or 0) if tasks == WINDOW else 0
    await _run(OF_NOTICES, tally, now, Span(after=max(0, await newest("outbox_notice") - WINDOW)))
    return Look(await _report(tally, now, tasks), following, record_wrong)


async def _run(checks: Iterable[Check], tally: Tally, now: datetime, span: Span = EVERYTHING) -> None:
    for check in checks:
        await check.run(tally, now, span)


async def _report(tally: Tally, now: datetime, tasks: int) -> Report:
    lags = await sweeps.lags(now)
    lagging(tally, lags)
    return Report(
        compared=tally.compared.total(),
        tasks=tasks,
        problems=tally.problems,
        checks=dict(tally.compared),
        found=dict(tally.found),
        reasons=dict(tally.reasons),
        sweeps=lags,
    )


async def _seals(tally: Tally, now: datetime, span: Span) -> None:
    """Every closed period still says what was sealed."""
    for period in await Period.filter(status="closed").order_by("key"):
        tally.compared["seals"] += 1
        if not await seal_holds(period.key):
            tally.wrong("seal_broken", period=period.key)


async def _rules(tally: Tally, now: datetime, span: Span) -> None:
    """Every published rule set is still what was published."""
    for ref, same in await published_refs():
        tally.compared["rules"] += 1
        if not same:
            tally.wrong("rules_damaged", ref=ref)


async def _signing(tally: Tally, now: datetime, span: Span) -> None:
    """Every decision has its entries, every step its order and mark."""
    for check in audits_signing.CHECKS:
        async for wrong in check(now):
            tally.compared["signing"] += 1
            for code, params in wrong:
                tally.wrong(code, **params)


#: What moves all day, and may be asked of a window of tasks.
_MOVING = (*OF_TASKS, *OF_REMINDERS)
#: What stands written once it is.
_RECORD = (*OF_ENTRIES, Check("seals", _seals), Check("rules", _rules), Check("signing", _signing))
