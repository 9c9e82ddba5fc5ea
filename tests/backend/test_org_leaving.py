"""Leaving: after the last day everything that let a person in ends, and their open tasks are named to the leader."""

from datetime import date
from typing import Any

import pytest

from backend.auth.actors import actor_of
from backend.domain.types import SYSTEM
from backend.errors import NotSignedIn
from backend.kit import clock as kit_clock
from backend.models import AuditRow, Delegation, OutboxNotice, Person, Position, Task, Unit
from backend.org import leaving
from backend.org.service import close_left, sweep_left
from tests.cast import Cast


async def _task(cast: Cast, lead: str, code: str, status: str = "assigned", due: str = "2026-12-01") -> None:
    await Task.create(
        code=code, title="Việc", assigner_id=cast.chair.id, lead_id=cast.people[lead].id, status=status,
        unit_id=cast.units["tuphap"].id, assigned_at=kit_clock.now(),
        answer_from_at=kit_clock.now(), due_at=f"{due} 03:00:00+00:00",
    )  # fmt: skip


async def _left(cast: Cast, *handles: str, on: str = "2026-11-22") -> None:
    for handle in handles:
        await Person.filter(id=cast.people[handle].id).update(until_on=date.fromisoformat(on))


async def test_the_leader_over_somebody_who_left_learns_of_their_open_tasks_once(db: None, cast: Cast) -> None:
    await _task(cast, "an", "CV26-000001", due="2026-12-05")
    await _task(cast, "an", "CV26-000002", status="reported", due="2026-12-01")
    await _task(cast, "an", "CV26-000003", status="done")
    await _task(cast, "an", "CV26-000004", status="cancelled")
    await _task(cast, "binh", "CV26-000005")
    await _left(cast, "an")
    [left] = await close_left(SYSTEM)
    assert (left.handle, left.codes) == ("an", ("CV26-000002", "CV26-000001"))
    notice = await OutboxNotice.get()
    assert (notice.kind, notice.person_id, notice.payload["person"]) == ("PersonLeft", cast.head.id, "Nguyễn Văn An")
    assert notice.payload["codes"] == ["CV26-000002", "CV26-000001"]
    person = await Person.get(id=cast.an.id)
    assert person.left_at is not None
    assert (await AuditRow.get(action="person.left")).data == {"open_tasks": ["CV26-000002", "CV26-000001"]}
    assert await sweep_left() == 0
    assert await OutboxNotice.all().count() == 1


async def test_the_last_day_itself_is_still_in_service(db: None, cast: Cast, clock: Any) -> None:
    await _left(cast, "an", on="2026-11-23")
    assert await sweep_left() == 0
    assert (await actor_of(cast.an.id)).posts
    clock.set("2026-11-24 00:00")
    with pytest.raises(NotSignedIn):
        await actor_of(cast.an.id)
    assert await sweep_left() == 1


async def test_nobody_is_told_when_nothing_is_open(db: None, cast: Cast) -> None:
    await _left(cast, "an")
    [left] = await close_left(SYSTEM)
    assert left.codes == ()
    assert await OutboxNotice.all().count() == 0


@pytest.mark.parametrize(("who", "told"), [("head", ["vice"]), ("vice", ["chair"]), ("cuong", ["head2"])])
async def test_the_next_leader_up_is_told(db: None, cast: Cast, who: str, told: list[str]) -> None:
    await _task(cast, who, "CV26-000001")
    await _left(cast, who)
    await sweep_left()
    rows = await OutboxNotice.all().order_by("person_id").prefetch_related("person")
    assert [row.person.handle for row in rows] == told


async def test_when_the_chair_leaves_hr_and_admins_are_told(db: None, cast: Cast) -> None:
    await _task(cast, "chair", "CV26-000001")
    await Unit.filter(code="ubnd").update(overseer_id=None)
    await _left(cast, "chair", "vice")
    await sweep_left()
    rows = await OutboxNotice.all().order_by("id").prefetch_related("person")
    assert [row.person.handle for row in rows] == ["hr", "admin"]


async def test_a_position_that_ended_before_still_names_the_leader(db: None, cast: Cast) -> None:
    await Position.filter(person_id=cast.an.id).update(until_on=date(2026, 11, 20))
    await _task(cast, "an", "CV26-000001")
    await _left(cast, "an")
    await sweep_left()
    assert (await OutboxNotice.get()).person_id == cast.head.id


async def test_authority_lent_by_or_to_them_ends(db: None, cast: Cast) -> None:
    for giver, holder in (("chair", "an"), ("head", "binh"), ("head2", "cuong")):
        position = await Position.get(person_id=cast.people[giver].id)
        await Delegation.create(
            position_id=position.id, giver_id=cast.people[giver].id, substitute_id=cast.people[holder].id,
            from_on=date(2026, 11, 1), until_on=date(2026, 12, 31), recorded_by_id=0, recorded_at=kit_clock.now(),
        )  # fmt: skip
    await _left(cast, "an", "head")
    assert await sweep_left() == 2
    open_ = await Delegation.filter(ended_at=None).prefetch_related("giver")
    assert [lent.giver.handle for lent in open_] == ["head2"]
    assert {post.giver_id for post in (await actor_of(cast.binh.id)).posts} == {None}


async def test_one_who_cannot_be_closed_stops_nobody_else(
    db: None, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _left(cast, "an", "binh")
    close_one = leaving.close_one

    async def fails_for_an(actor: Any, person_id: int) -> Any:
        if person_id == cast.an.id:
            raise RuntimeError("broken row")
        return await close_one(actor, person_id)

    monkeypatch.setattr(leaving, "close_one", fails_for_an)
    assert [left.handle for left in await close_left(SYSTEM)] == ["binh"]
    monkeypatch.undo()
    assert [left.handle for left in await close_left(SYSTEM)] == ["an"]


async def test_whoever_came_back_may_leave_again(db: None, cast: Cast, clock: Any) -> None:
    await _task(cast, "an", "CV26-000001")
    await _left(cast, "an")
    await sweep_left()
    await Person.filter(id=cast.an.id).update(until_on=date(2026, 12, 31), left_at=None)
    clock.set("2027-01-04 08:00")
    assert await sweep_left() == 1
    assert await OutboxNotice.all().count() == 2
