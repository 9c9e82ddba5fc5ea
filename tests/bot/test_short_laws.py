"""Property: whatever is typed, pressed, repeated and mixed up, a task stands as the same acts through the service leave
it, and no task is touched that was not named."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, example, settings
from hypothesis import given as examples
from hypothesis import strategies as st

from backend.errors import AppError
from backend.models import Extension, Report, Task
from backend.settings import Settings
from backend.tasks import queries, service
from backend.tasks.schemas import DueDraft, TaskDraft, TaskView
from bot.inbound import Inbound
from bot.speech import Incoming
from tests.bot.bot_room import Wall, link
from tests.cast import Cast
from tests.fakes import FakeClock, vn

LATER, DAY = vn("2026-12-09 17:00"), vn("2026-11-27 07:30")
PEOPLE = ("an", "head", "binh")
Twin = Callable[[Any, TaskView], Awaitable[object]]


async def _approve(actor: Any, view: TaskView) -> object:
    if {"accept", "approve_extension"} <= set(view.can):
        return None  # either may be meant: nothing is done
    if "approve_extension" in view.can and view.status.is_open:
        return await service.decide_extension(actor, view.id, True)
    return await service.accept(actor, view.id) if "accept" in view.can else None


async def _refuse(actor: Any, view: TaskView) -> object:
    if "decline" in view.can:
        return await service.decline(actor, view.id, "lý do")
    if "return" in view.can or "refuse_extension" not in view.can:
        return None
    return await service.decide_extension(actor, view.id, False, "lý do")


async def _return(actor: Any, view: TaskView) -> object:
    if "return" in view.can:
        return await service.return_(actor, view.id, "lý do")
    return await service.decline(actor, view.id, "lý do") if "decline" in view.can else None


async def _nothing(actor: Any, view: TaskView) -> object:
    return None


#: What is typed (after the number or code), and the same through the service.
SAID: dict[str, Twin] = {
    "nhận": lambda actor, view: service.acknowledge(actor, view.id),
    "NHAN ạ": lambda actor, view: service.acknowledge(actor, view.id),
    "ack": lambda actor, view: service.acknowledge(actor, view.id),
    "đang làm": lambda actor, view: service.acknowledge(actor, view.id),
    "xong đã nộp": lambda actor, view: service.report(actor, view.id, "đã nộp"),
    "done": lambda actor, view: service.report(actor, view.id),
    "chờ đến 27/11": lambda actor, view: service.wait(actor, view.id, DAY),
    "gia hạn 17:00 9/12/2026 lý do chờ": lambda actor, view: service.ask_extension(
        actor, view.id, DueDraft(at=LATER), "chờ"
    ),
    "trả lại lý do": _return,
    "từ chối lý do": _refuse,
    "duyệt": _approve,
    "duyệt báo cáo": lambda actor, view: service.accept(actor, view.id),
    "duyệt gia hạn": lambda actor, view: service.decide_extension(actor, view.id, True),
    "từ chối gia hạn": lambda actor, view: service.decide_extension(actor, view.id, False),
    "hoàn tác": lambda actor, view: service.undo(actor, view.id),
    "?": _nothing,
    "nhận được văn bản": _nothing,
    "nhắn": _nothing,
    "xong chưa": _nothing,
    "ngày nữa em nộp": _nothing,
    "gia hạn": _nothing,
    "trả lại": _nothing,
}
#: What is pressed, and the same through the service.
PRESSED: dict[str, Twin] = {
    "ack": SAID["nhận"],
    "working": SAID["nhận"],
    "done": SAID["done"],
    "accept": SAID["duyệt báo cáo"],
    "undo": SAID["hoàn tác"],
    "details": _nothing,
}


class Step(msgspec.Struct, frozen=True):
    """Somebody says or presses something about one of the tasks; it may arrive twice, or after a while."""

    who: str
    task: int
    said: str
    how: str
    twice: bool
    after_min: int


STEPS = st.builds(
    Step,
    st.sampled_from(PEOPLE),
    st.integers(0, 1),
    st.sampled_from(sorted(SAID))
    | st.sampled_from(["xong đã nộp", "duyệt", "hoàn tác", "gia hạn 17:00 9/12/2026 lý do chờ"]),
    st.sampled_from(["number", "code", "press"]),
    st.booleans(),
    st.sampled_from([0, 0, 1, 6]),
)


async def state(task_id: int) -> dict[str, Any]:
    """Everything that an act may leave behind."""
    names = (
        "status",
        "due_at",
        "waiting_until",
        "acknowledged_at",
        "reported_at",
        "closed_at",
        "return_count",
        "version",
    )
    task = await Task.get(id=task_id)
    reports = await Report.filter(task_id=task_id).order_by("id")
    asked = await Extension.filter(task_id=task_id).order_by("id")
    return {name: getattr(task, name) for name in names} | {
        "reports": [(one.text, one.decision, one.reason) for one in reports],
        "extensions": [(one.due_asked, one.reason, one.decision, one.note) for one in asked],
    }


class Room:
    """Tasks that are spoken of in chat, each with a twin to which the same is done through the service."""

    def __init__(self, cast: Cast, settings: Settings) -> None:
        self.cast, self.inbound, self.wall = cast, Inbound(settings), Wall()
        self.pairs: list[tuple[TaskView, TaskView]] = []
        self.count = 0

    async def fill(self) -> None:
        for _ in range(2):
            self.pairs.append((await self._task(), await self._task()))

    async def _task(self) -> TaskView:
        draft = TaskDraft(title="Báo cáo", due=DueDraft(at=vn("2026-12-04 17:00")), leads=["an"])
        return (await service.assign(await self.cast.actor("head"), draft)).tasks[0]

    async def take(self, step: Step) -> None:
        chat, twin = self.pairs[step.task]
        said = await self._message(step, chat)
        actor = await self.cast.actor(step.who)
        act = PRESSED[said.data.split(":")[2]] if said.kind == "press" else SAID[step.said]
        with suppress(AppError):
            await act(actor, await queries.view(actor, twin.id))
        for _ in range(1 + step.twice):
            assert await self.inbound.handle(self.wall, step.who, said), "everything is answered"

    async def _message(self, step: Step, task: TaskView) -> Incoming:
        self.count += 1
        if step.how == "press":
            data = f"t:{task.id}:{sorted(PRESSED)[len(step.said) % len(PRESSED)]}"
            return Incoming(kind="press", data=data, press="1", receipt="1")
        number = (await queries.numbers_of(self.cast.people[step.who].id, [task.id])).get(task.id)
        # A number that somebody has not got names nothing, whoever else has it.
        name = task.code if step.how == "code" else number or 999
        return Incoming(kind="text", text=f"{name} {step.said}", receipt=f"m{self.count}")


async def obeys(cast: Cast, clock: FakeClock, settings_: Settings, steps: list[Step], all_at: int) -> None:
    clock.set("2026-11-23 08:00")
    room = Room(cast, settings_)
    await room.fill()
    for place, step in enumerate(steps):
        clock.move(minutes=step.after_min)
        if place == all_at:
            # Twins wait for it as well.
            await room.inbound.handle(room.wall, "an", Incoming(kind="text", text="nhận hết", receipt=f"all{place}"))
        await room.take(step)
        for chat, twin in room.pairs:
            assert await state(chat.id) == await state(twin.id), step


@pytest.fixture
async def linked(db: None, cast: Cast) -> Cast:
    for handle in PEOPLE:
        await link(cast.people[handle], handle)
    return cast


_ANY = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


WAITS = Step("an", 0, "chờ đến 27/11", "number", twice=True, after_min=0)


@example([WAITS], 0)
@settings(_ANY, max_examples=8)
@examples(st.lists(STEPS, min_size=4, max_size=10), st.integers(0, 12))
async def test_words_and_presses_do_what_the_service_does(
    linked: Cast, clock: FakeClock, settings: Settings, steps: list[Step], all_at: int
) -> None:
    await obeys(linked, clock, settings, steps, all_at)


@pytest.mark.soak
@settings(_ANY, max_examples=200)
@examples(st.lists(STEPS, min_size=8, max_size=25), st.integers(0, 30))
async def test_words_and_presses_do_what_the_service_does_for_long(
    linked: Cast, clock: FakeClock, settings: Settings, steps: list[Step], all_at: int
) -> None:
    await obeys(linked, clock, settings, steps, all_at)
