"""The running month "if nothing changes": the score as it stands, what it would be at the month's end, and what is open."""

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction

import msgspec

from backend.calendars.queries import calendars
from backend.domain.scoring_history import History
from backend.domain.scoring_periods import PeriodSpan
from backend.domain.types import Actor
from backend.org.queries import find_person
from backend.scores import access, explaining, people, replay_tasks
from backend.scores.book import Book
from backend.scores.counting import Computed
from backend.scores.periods import current_month, read_period
from backend.scores.schemas import OpenLine, Points, Preview, points


async def preview(actor: Actor, person_id: int) -> Preview:
    """A person's running month. Raises NotFound for somebody whose score the actor does not see."""
    period = read_period(current_month())
    seats = (await people.holders(period, people=[person_id])).get(person_id, [])
    access.require_sight(actor, person_id, seats)
    person = await find_person(str(person_id))
    secrets = access.reads_titles(actor, person_id, [seat.path for seat in seats])
    now, end = await _books(period, [person_id])
    return await _of(now, end, person_id, person.handle, person.full_name, secrets=secrets)


async def everybody(actor: Actor) -> list[Preview]:
    """The running month of everybody whose score the actor sees, by name; without the open work one by one."""
    period = read_period(current_month())
    seats = await people.holders(period, paths=access.paths(actor))
    now, end = await _books(period, list(seats))
    ordered = sorted(seats, key=lambda person_id: (seats[person_id][0].name_folded, person_id))
    return [_head(now, end, one, seats[one][0].handle, seats[one][0].name) for one in ordered]


async def _books(period: PeriodSpan, ids: Sequence[int]) -> tuple[Book, Book]:
    """As things stand, and as they will stand at the period's end."""
    now = await Book.load(period, ids)
    return now, now.at(period.end)


def _head(now: Book, end: Book, person_id: int, ref: str, name: str) -> Preview:
    today, then = now.person(person_id), end.person(person_id)
    buckets = explaining.buckets(then)
    return Preview(
        person=ref,
        name=name,
        period=now.period.key,
        at=now.now,
        results_now=_results(today),
        total_now=_points(today.total),
        results_then=_results(then),
        total_then=_points(then.total),
        band_then=then.band or "",
        missing=list(then.missing),
        open_late=sum(not placed.completed for _, placed in today.counted),
        open_then=buckets[2],
        open=[],
    )


def _results(computed: Computed) -> Points | None:
    return points(computed.results.points) if computed.results and computed.known else None


def _points(value: Fraction | None) -> Points | None:
    return None if value is None else points(value)


async def _of(now: Book, end: Book, person_id: int, ref: str, name: str, *, secrets: bool) -> Preview:
    explained = explaining.of_person(end, person_id, name, ref)
    open_ = [line for line in explained.products if not line.completed]
    coming = await _coming([line.task_id for line in open_], end.period, now.now)
    lines = [
        OpenLine(
            code=line.code,
            title=line.title if secrets or not line.secret else "",
            due_at=line.due_at,
            late=line.due_at <= now.now,
            instances=len(line.entries),
            coming=coming.get(line.task_id, []),
            lost=line.lost,
        )
        for line in open_
    ]
    return msgspec.structs.replace(_head(now, end, person_id, ref, name), open=lines)


async def _coming(ids: list[int], period: PeriodSpan, now: datetime) -> dict[int, list[datetime]]:
    """When each open task will be charged until the month ends, if nobody does anything."""
    known = await calendars()
    events, paths = await replay_tasks.events_of(ids), await replay_tasks.paths_of(ids)
    found = {}
    for task_id in ids:
        history = History(task_id, events[task_id], known.of(paths[task_id]), period.end)
        found[task_id] = [one.at for one in history.owed if one.at >= now]
    return found
