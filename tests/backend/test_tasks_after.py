"""What an act answers with is the task as anybody would read it now, though its row is not read again."""

from collections.abc import Awaitable, Callable
from decimal import Decimal

import pytest

from backend.domain.types import Actor
from backend.models import Unit
from backend.tasks import queries, service
from backend.tasks.schemas import Change, CoordinatorDraft, DueDraft
from tests.backend.given import given, reported
from tests.cast import Cast
from tests.fakes import FakeClock, vn

LATER = DueDraft(at=vn("2026-12-04 17:00"))

Act = Callable[[Actor, int], Awaitable[Change]]


async def same(cast: Cast, who: str, task_id: int, act: Act) -> Change:
    """Do it, and again what was answered is what is read."""
    actor = await cast.actor(who)
    done = await act(actor, task_id)
    assert done.task == await queries.view(actor, task_id)
    return done


@pytest.mark.parametrize("lives_under_a_firm_unit", [False, True])
async def test_the_answer_of_every_act_of_a_life(
    db: None, cast: Cast, clock: FakeClock, lives_under_a_firm_unit: bool
) -> None:
    if lives_under_a_firm_unit:
        await Unit.filter(code="tuphap").update(remind_preset="firm")
    task = (
        await given(cast, coordinators=[CoordinatorDraft(person="binh")], watchers=["cuong"], needs_acceptance=True)
    ).id
    await same(cast, "binh", task, service.acknowledge)
    await same(cast, "an", task, service.acknowledge)
    again = await same(cast, "an", task, service.acknowledge)
    assert not again.changed
    await same(cast, "an", task, lambda a, t: service.wait(a, t, vn("2026-11-25 09:00")))
    await same(cast, "an", task, lambda a, t: service.comment(a, t, "Đang chờ số liệu"))
    await same(cast, "an", task, lambda a, t: service.ask_extension(a, t, LATER, "Chờ xác minh"))
    await same(cast, "head", task, lambda a, t: service.decide_extension(a, t, True))
    await same(cast, "head", task, lambda a, t: service.change_weight(a, t, Decimal("1.50"), "Nhiều việc hơn"))
    await same(cast, "head", task, lambda a, t: service.remind_as(a, t, "firm"))
    await same(cast, "head", task, lambda a, t: service.move_due(a, t, DueDraft(at=vn("2026-12-07 17:00"))))
    clock.set("2026-11-25 10:00")
    await same(cast, "an", task, lambda a, t: service.report(a, t, "Đã xong"))
    await same(cast, "head", task, lambda a, t: service.return_(a, t, "Thiếu biểu số 2"))
    await same(cast, "an", task, lambda a, t: service.report(a, t, "Đã bổ sung"))
    done = await same(cast, "head", task, service.accept)
    assert done.task.status == "done"
    assert "undo" in done.task.can
    assert len(done.task.reports) == 2


async def test_the_answer_of_other_ends(db: None, cast: Cast, clock: FakeClock) -> None:
    task = (await given(cast, "chair", "head")).id
    await same(cast, "head", task, lambda a, t: service.decline(a, t, "Không đúng thẩm quyền"))
    await same(cast, "chair", task, lambda a, t: service.reassign(a, t, "an", "Đúng người"))
    await same(cast, "chair", task, lambda a, t: service.cancel(a, t, "Không cần nữa"))
    late = (await given(cast, due=DueDraft(at=vn("2026-11-23 10:00")))).id
    clock.set("2026-11-25 10:00")
    told = await same(cast, "an", late, lambda a, t: service.report(a, t, "Muộn"))
    assert told.task.late, "charged by the act that came before the engine"
    own = (await reported(cast, "an", "an")).id
    await same(cast, "head", own, service.confirm)
