"""Digests: what each person wants to see of a day, in the message of their first slot; when that was missed, in a later
slot of the day."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from backend import outbox
from backend.kit import clock, logs
from backend.kit.db import transaction
from backend.org.queries import on_leave
from backend.tasks import digests, record
from backend.tasks.digests import Reader
from reminders.digest_turns import Round, Turn
from reminders.digest_words import said
from reminders.sweep import BAD_ROWS, PUSH_BACK, ROWS

log = logs.get("reminders")

#: People in one transaction.
BATCH = 500
#: So long a tick waits for the people that another process has in hand, before the messages of the slot are let go.
PATIENCE_S = 5.0
_REST_S = 0.1


async def tick(now: datetime | None = None) -> int:
    """Write the digests that are due; returns how many people were looked at. Call it before the slot is let go."""
    now = now or clock.now()
    total, waited = 0, 0.0
    round_ = await Round.begin(now) if await digests.due_ids(now, 1) else None
    while round_ is not None:
        handled = await _batch(round_)
        total += handled
        if handled:
            continue
        if waited >= PATIENCE_S or not await digests.due_ids(now, 1):
            break
        await asyncio.sleep(_REST_S)
        waited += _REST_S
    ROWS.labels("digest").inc(total)
    return total


async def _batch(round_: Round) -> int:
    """Many people in one transaction; if that fails, one by one, and whoever fails alone is pushed back."""
    try:
        return await _together(round_)
    except Exception:
        log.warning("sweep.batch_failed", sweep="digest", exc_info=True)
    handled = 0
    for person_id in await digests.due_ids(round_.now, BATCH):
        try:
            handled += await _together(round_, person_id)
        except Exception:
            log.exception("sweep.row_failed", sweep="digest", person=person_id)
            await digests.schedule({round_.now + PUSH_BACK: [person_id]})
            BAD_ROWS.labels("digest").inc()
            handled += 1
    return handled


async def _together(round_: Round, only: int | None = None) -> int:
    async with transaction():
        readers = await digests.due_readers(round_.now, round_.on, BATCH, only)
        if not readers:
            return 0
        seats = await digests.seats_of([reader.id for reader in readers], round_.on)
        turns = [Turn(reader, held := seats.get(reader.id, []), round_.morning(held)) for reader in readers]
        next_at = {turn.reader.id: turn.morning.following for turn in turns}
        next_at |= await _put_into_slots([turn for turn in turns if _expects(turn.reader)], round_)
        speaking = [turn for turn in turns if turn.slot or turn.weekly]
        away = await on_leave([turn.reader.id for turn in speaking], round_.on)
        words = await said([turn for turn in speaking if turn.reader.id not in away], round_)
        await outbox.enqueue_all(words)
        await record.spoke([record.Spoken(*message, lines=0) for message in _messages(words, round_)])
        plan: defaultdict[datetime, list[int]] = defaultdict(list)
        for person_id, at in next_at.items():
            plan[at].append(person_id)
        await digests.schedule(plan)
    return len(readers)


def _messages(words: Sequence[outbox.Said], round_: Round) -> set[tuple[int, datetime]]:
    """Whom which slot speaks to: it is one of the messages of their day."""
    zone = round_.office.zone
    return {(one.person_id, one.not_before.astimezone(zone)) for one in words if one.not_before is not None}


def _expects(reader: Reader) -> bool:
    """Whoever was never looked at, or serves no more, is only looked at again another day."""
    return reader.digest_at is not None and reader.serves


async def _put_into_slots(turns: Sequence[Turn], round_: Round) -> dict[int, datetime]:
    """Give each the slot that is on. Who missed it, or whose message has left, is looked at again in the next of the
    day; when none is left they hear another day, of that day. The week's digest is written for whichever comes."""
    spoken: set[int] = set()
    by_slot: defaultdict[datetime, list[int]] = defaultdict(list)
    for turn in turns:
        if turn.morning.slot is not None:
            by_slot[turn.morning.slot].append(turn.reader.id)
    for slot, people in by_slot.items():
        spoken |= await digests.spoken_to(people, slot, round_.now)
    again: dict[int, datetime] = {}
    for turn in turns:
        if turn.reader.id not in spoken:
            turn.slot = turn.morning.slot
        if turn.slot is None and turn.morning.later is not None:
            again[turn.reader.id] = turn.morning.later
        if turn.is_weekly(round_):
            turn.weekly = turn.next_slot
    return again
