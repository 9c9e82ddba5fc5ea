"""When anything happens by itself: the one page that says so."""

from collections.abc import Awaitable, Callable
from datetime import datetime

import msgspec

from backend.kit import clock
from backend.settings import Settings
from reminders import escalate, leave, move_deadlines, penalise, prune, recur, remind, scores
from reminders.audit import Watch


class Job(msgspec.Struct, frozen=True):
    """A sweep and how often it looks, in seconds. What is due is decided by the rows, never by the ticker: a tick that
    comes late or twice finds what is there."""

    name: str
    every_s: int
    tick: Callable[[datetime | None], Awaitable[int]]


#: In the order in which one pass over all of them runs: by which calendar, what is late, and only
#: then who is told to hurry.
JOBS = (
    Job("calendars", 60, move_deadlines.tick),
    Job("penalise", 5, penalise.tick),
    Job("escalate", 5, escalate.tick),
    Job("remind", 1, remind.tick),
    Job("recur", 60, recur.tick),
    Job("scores", 60, scores.tick),
    Job("leave", 300, leave.tick),
    Job("prune", 3600, prune.tick),
)


def watching(settings: Settings) -> Job:
    """The running check of one process. It handles nothing, so only the ticker runs it: neither tests nor the demo's
    clock buttons wait for it or make it ping."""
    return Job("audit", 300, Watch(settings.heartbeat_url).tick)


def forgetting(settings: Settings) -> Job:
    """What forgets the content of files, which lies where settings say; only the ticker runs it."""
    return Job("contents", 3600, prune.Contents(settings).tick)


async def run_all_due(now: datetime | None = None) -> int:
    """Every sweep again and again until nothing is due: for the demo's clock buttons and for tests. Returns how many
    rows were handled."""
    total = 0
    while True:
        at = now or clock.now()
        handled = sum([await job.tick(at) for job in JOBS])
        total += handled
        if not handled:
            return total
