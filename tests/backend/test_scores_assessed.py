"""Who is assessed is told by one look at the tasks; it is the same as working out everybody's score."""

from decimal import Decimal
from typing import Any

import pytest

from backend.models import Task
from backend.org.queries_units import units_under
from backend.scores import assessed
from backend.scores.periods import read_period
from backend.tasks import service
from backend.tasks.schemas import CoordinatorDraft, DueDraft, TaskDraft
from reminders.schedule import run_all_due
from tests.backend.scores_office import PERIOD, Office
from tests.cast import Cast
from tests.fakes import FakeClock, vn


async def nothing(office: Office, cast: Cast) -> None: ...


async def done_and_open(office: Office, cast: Cast) -> None:
    await office.task("an", due="2026-12-03 17:30")
    await office.task("cuong", by="head2", due="2026-12-28 17:30", done="2026-12-04 09:00")


async def not_due_before_it_ends(office: Office, cast: Cast) -> None:
    await office.task("an", due="2027-01-08 17:30")


async def reported_before_it_began(office: Office, cast: Cast) -> None:
    office.clock.set("2026-11-24 08:00")
    await office.task("an", due="2026-12-03 17:30", done="2026-11-25 09:00")


async def carried(office: Office, cast: Cast) -> None:
    office.clock.set("2026-11-24 08:00")
    await office.task("an", due="2026-11-26 17:30")


async def cancelled_and_handed_on_late(office: Office, cast: Cast) -> None:
    called_off, handed = await office.task("an"), await office.task("an")
    office.clock.set("2026-12-07 09:00")
    await run_all_due()
    await service.cancel(await cast.actor("head"), called_off, "Không cần nữa")
    await service.reassign(await cast.actor("head"), handed, "binh")


async def registered_by_oneself(office: Office, cast: Cast) -> None:
    draft = TaskDraft(title="Tự làm", leads=["an"], due=DueDraft(at=vn("2026-12-03 17:30")))
    await service.assign(await cast.actor("an"), draft)


async def shared_out(office: Office, cast: Cast) -> None:
    helper = CoordinatorDraft("binh", Decimal(1))
    await office.task("an", done="2026-12-02 09:00", coordinators=[helper])


async def weighs_nothing(office: Office, cast: Cast) -> None:
    task_id = await office.task("an", done="2026-12-02 09:00")
    await Task.filter(id=task_id).update(weight=Decimal(0))


@pytest.mark.parametrize(
    "play",
    [
        nothing,
        done_and_open,
        not_due_before_it_ends,
        reported_before_it_began,
        carried,
        cancelled_and_handed_on_late,
        registered_by_oneself,
        shared_out,
        weighs_nothing,
    ],
)
@pytest.mark.parametrize("usual", [True, False])
async def test_one_look_tells_the_same(
    db: None, cast: Cast, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, play: Any, usual: bool
) -> None:
    office = Office(cast, clock)
    clock.set("2026-12-01 08:00")
    await play(office, cast)
    period, people = read_period(PERIOD), [person.id for person in cast.people.values()]
    units = await units_under(None)
    monkeypatch.setattr(assessed, "_FEW", 0)

    async def as_told() -> bool:
        return usual

    monkeypatch.setattr(assessed, "_usual", as_told)
    for at in (clock.at, vn("2027-01-05 08:00")):
        clock.set(at)
        await run_all_due()
        assert await assessed.people_among(period, people) == await assessed._worked_out(period, people)
        exactly = await assessed._units_worked_out(period, units)
        assert {one.id for one in await assessed.units_among(period, None)} == {one.id for one in exactly}
