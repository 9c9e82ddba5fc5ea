"""A month of work for the score tests: assign, report, be late, as one line each."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from backend.auth.actors import actor_of
from backend.domain.types import SYSTEM
from backend.models import LedgerEntry
from backend.scores import marks
from backend.scores.schemas import MarkDraft
from backend.scores.schemas_signing import SignDraft
from backend.scores.service import mark, sign
from backend.scores.standing_queries import standing
from backend.tasks.schemas import DueDraft, TaskDraft
from backend.tasks.service import accept, assign, report
from tests.cast import Cast
from tests.fakes import FakeClock, vn

PERIOD = "2026-12"


class Office:
    """``await office.task("an", done="2026-12-04 09:00")`` gives a task due 3 December and reports it then."""

    def __init__(self, cast: Cast, clock: FakeClock) -> None:
        self.cast = cast
        self.clock = clock

    async def task(
        self,
        lead: str = "an",
        *,
        due: str = "2026-12-03 17:30",
        done: str | None = None,
        accepted: bool = True,
        by: str = "head",
        **more: Any,
    ) -> int:
        """The clock stands where the task was done, or where it was."""
        draft = TaskDraft(title=more.pop("title", "Việc"), leads=[lead], due=DueDraft(at=vn(due)), **more)
        made = await assign(await self.cast.actor(by), draft)
        task_id = made.tasks[0].id
        if done is not None:
            self.clock.set(done)
            await report(await self.cast.actor(lead), task_id, "xong")
            if accepted:
                await accept(await self.cast.actor(by), task_id)
        return task_id

    async def mark(
        self, person: str, value: str = "30", what: str = "common", by: str = "hr", period: str = PERIOD
    ) -> None:
        draft = MarkDraft(what=what, value=Decimal(value), person=person)  # type: ignore[arg-type]
        await mark(await self.cast.actor(by), period, draft)

    async def entry(self, task_id: int, scope: str = "officer") -> LedgerEntry:
        return await LedgerEntry.get(task_id=task_id, scope=scope)


def end_of(period: str = PERIOD) -> datetime:
    """Some working morning after the period."""
    return {"2026-11": vn("2026-12-02 08:00"), "2026-12": vn("2027-01-05 08:00")}[period]


async def sign_all(period: str = PERIOD, value: str | None = None) -> int:
    """Take every step that anybody owes for an ended period, as whoever owes it; returns how many. ``value`` is the
    common mark of those who have none yet (leaders' own marks and waiver requests must be settled before)."""
    signed = 0
    while True:
        found = await standing(SYSTEM, period)
        ready = [one for one in found.owed if not one.waits]
        if not ready:
            return signed
        for one in ready:
            by = await actor_of(one.holder_ids[0])
            subject: Any = {one.subject: one.ref}
            given = one.self_value if one.step == "self" else one.head_value
            first = given or one.head_value or one.self_value or value
            mark = None if given or first is None else Decimal(first)
            if one.subject == "unit" and await marks.of_unit(period, one.id) is not None:
                mark = None
            await sign(by, period, SignDraft(step=one.step, value=mark, **subject))
            signed += 1
