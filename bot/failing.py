"""How an attempt ends that did not surely arrive: tried again, elsewhere, in doubt, or never."""

import random
import time
from datetime import timedelta

from backend.kit import clock, logs
from bot import addresses, attempts, pacing
from bot.attempts import Attempt
from bot.channel import SendError
from bot.outlet import Job
from bot.settling import Settling

log = logs.get("bot.sender")


async def not_sent(holder: Settling, job: Job, attempt: Attempt, error: SendError) -> str:
    """Settle an attempt that did not surely arrive; how, depends on the kind of the error (house.md §2).
    Returns the name of its end."""
    log.warning("send.failed", channel=attempt.channel, kind=error.kind, detail=error.detail, number=attempt.number)
    if error.moved_to is not None:
        await addresses.move(attempt.channel, attempt.address, error.moved_to)
        await holder.retry(attempt, error.detail, clock.real())
        return "retry"
    if error.kind == "message" and attempt.more:
        await holder.apart(attempt, error.detail)
        return "apart"
    if error.kind == "message":
        await holder.dead(attempt, error.detail)
        return "dead"
    if error.kind == "address":
        await addresses.end(attempt.channel, attempt.address, error.detail)
        await holder.elsewhere(attempt, error.detail)
        return "failed"
    return await _again(holder, job, attempt, error)


async def _again(holder: Settling, job: Job, attempt: Attempt, error: SendError) -> str:
    if error.spent and job.has_other:
        await holder.elsewhere(attempt, error.detail)
        return "failed"
    now = clock.real()
    # What may have arrived is not said a second time somewhere else so soon.
    moves_on = job.has_other and error.kind == "temporary"
    first_at = await attempts.first_tried_at(attempt.notice_id)
    if moves_on:
        # Where nothing has arrived for an hour, the next notice need not wait an hour of its own.
        first_at = min(first_at, await attempts.failing_since(attempt, now - 2 * pacing.LASTS))
    if pacing.gives_up(attempt.number, first_at, now, has_other=moves_on):
        problem = f"given up: {error.detail}"
        await (holder.elsewhere if job.has_other else holder.dead)(attempt, problem)
        return "failed" if job.has_other else "dead"
    if error.retry_after_s is not None:
        if not error.spent:  # of a bot that has nothing left the next notice is told by what is counted
            job.outlet.pace.hold(attempt.address, time.monotonic(), error.retry_after_s)
        ready_at = now + timedelta(seconds=error.retry_after_s)
    else:
        ready_at = now + pacing.back_off(attempt.number, random.random)
    if error.kind == "unknown":
        await holder.unknown(attempt, error.detail, ready_at)
        return "unknown"
    await holder.retry(attempt, error.detail, ready_at)
    return "retry"
