"""A task from its first word to its last, and every other command there is, typed into every chat in both languages."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, get_args

import pytest

from backend.models import Extension, Leave, Person, Task, TaskEvent, WaiverRequest
from backend.settings import Settings
from bot.inbound.grammar import parse
from bot.inbound.grammar_words import Act
from bot.simulator.telegram import FakeTelegram
from reminders import penalise
from tests.bot.conftest import Office, on_telegram
from tests.bot.zalo_room import ZaloOffice, zalo_office
from tests.cast import Cast
from tests.fakes import FakeClock, vn

#: What the grammar answers when it is not sure; nobody types it on purpose.
DOUBTS = {"unsure", "unknown"}

#: Who types what in Vietnamese and in English, and a word of the answer in each.
ASSIGNED = (
    (
        "head",
        "giao @an Báo cáo PCCC hạn 27/11 17h cần duyệt",
        "assign @an Báo cáo PCCC due 27/11 17:00 needs approval",
        "Đã giao cho",
        "Assigned to",
    ),
    ("an", "việc", "tasks", "1. Báo cáo PCCC", "1. Báo cáo PCCC"),
    ("an", "việc hôm nay", "tasks today", "Hôm nay không có", "Nothing of yours is due today"),
    ("an", "1?", "1?", "Số việc khi nhắn tin: 1", "1"),
    ("an", "1 nhận", "1 ack", "Đã nhận việc", "ack"),
    ("an", "1 đang làm", "1 working", "", ""),
    ("an", "1 ghi chú cần biểu mẫu", "1 comment need the form", "Đã chuyển lời", ""),
    ("an", "1 chờ đến thứ 6", "1 wait until friday", "27/11/2026", "27/11/2026"),
    ("head", "nhắc 1", "nudge 1", "Đã nhắc", ""),
)
MORE_TIME = (
    ("an", "1 gia hạn", "1 extend", "", ""),
    ("an", "thôi", "cancel", "", ""),
    ("an", "1 gia hạn 2 ngày chờ số liệu", "1 extend 2 days waiting for data", "", ""),
    ("head", "1 từ chối gia hạn còn kịp", "1 refuse extension there is time", "", ""),
    ("an", "1 gia hạn 1 ngày vẫn chờ", "1 extend 1 day still waiting", "", ""),
    ("head", "1 duyệt gia hạn", "1 approve extension", "", ""),
)
REPORTED = (
    ("an", "1 xong đã nộp", "1 done handed in", "chờ duyệt", "waits for acceptance"),
    ("head", "1 trả lại thiếu phụ lục", "1 return the annex is missing", "", ""),
    ("an", "1 xong đã bổ sung", "1 done added", "chờ duyệt", "waits for acceptance"),
    ("head", "1 trả lại lỗi nặng sai số liệu", "1 return major wrong figures", "", ""),
    ("an", "1 xong bản cuối", "1 done final", "chờ duyệt", "waits for acceptance"),
    ("an", "hoàn tác", "undo", "", ""),
    ("an", "1 xong bản cuối", "1 done final", "chờ duyệt", "waits for acceptance"),
    ("head", "1 duyệt", "1 approve", "", ""),
    ("head", "hoàn tác 1", "undo 1", "", ""),
    ("head", "1 duyệt báo cáo", "1 accept", "", ""),
)
OTHERS = (
    ("head", "giao @an Khai sinh hạn 16h hôm nay; giao @an Kiểm tra chợ hạn 27/11 17h",
     "assign @an Khai sinh due 16:00 today; assign @an Kiểm tra chợ due 27/11 17:00", "Đã giao cho", "Assigned to"),
    ("an", "nhận hết", "ack all", "2", "2"),
    ("an", "3 từ chối trùng việc cũ", "3 refuse done before", "", ""),
    ("an", "điểm", "score", "", ""),
    ("an", "nghỉ 30/11", "leave 30/11", "30/11/2026", "30/11/2026"),
    ("an", "giúp", "help", "1 xong", "1 done"),
)  # fmt: skip
LATE = (
    ("head", "trễ", "late", "Khai sinh", "Khai sinh"),
    ("an", "2 khách quan lũ cuốn đường", "2 waive the flood took the road", "", ""),
    ("head", "2 đã nắm", "2 heed", "", ""),
)  # fmt: skip
ALL = (*ASSIGNED, *MORE_TIME, *REPORTED, *OTHERS, *LATE)


@asynccontextmanager
async def chat(channel: str, cast: Cast, settings: Settings) -> AsyncIterator[Office | ZaloOffice]:
    if channel == "zalo":
        async with zalo_office(cast, settings) as zalo:
            yield zalo
        return
    async with FakeTelegram() as fake, on_telegram(fake) as telegram:
        yield Office(cast, settings, fake, telegram)


async def events(task: Task) -> list[str]:
    return [event.kind for event in await TaskEvent.filter(task_id=task.id).order_by("id")]


def test_no_command_is_left_out() -> None:
    for line in (1, 2):
        acts = {command.act for step in ALL for command in parse(step[line])}
        assert acts == set(get_args(Act)) - DOUBTS


@pytest.mark.small("sqlite-telegram-vi", "sqlite-zalo-en", "postgres-telegram-en", "postgres-zalo-vi")
@pytest.mark.parametrize("locale", ["vi", "en"])
@pytest.mark.parametrize("channel", ["telegram", "zalo"])
async def test_every_command_on_every_chat(
    db: None, cast: Cast, settings: Settings, clock: FakeClock, channel: str, locale: str
) -> None:
    await Person.all().update(locale=locale)
    async with chat(channel, cast, settings) as office:
        phones: dict[str, Any] = {who: await office.phone(who) for who in ("head", "an")}

        async def typed(steps: tuple[tuple[str, str, str, str, str], ...]) -> None:
            await office.turn()
            for who, vi, en, in_vi, in_en in steps:
                before = len(phones[who].received)
                phones[who].send(vi if locale == "vi" else en)
                await office.turn()
                answers = [message.text for message in phones[who].received[before:]]
                assert answers, f"no answer to {vi}"
                wanted = in_vi if locale == "vi" else in_en
                assert any(wanted in answer for answer in answers), (vi, answers)

        await typed(ASSIGNED)
        task = await Task.get()
        assert (task.status, task.waiting_until) == ("acknowledged", vn("2026-11-27 07:30"))
        kinds = await events(task)
        assert kinds[:2] == ["assigned", "acknowledged"]
        assert {"commented", "nudged"} <= set(kinds)

        await typed(MORE_TIME)
        asked = await Extension.filter(task_id=task.id).order_by("id")
        assert [one.decision for one in asked] == ["refused", "approved"]
        assert (await Task.get()).due_at == asked[1].due_granted

        await typed(REPORTED)
        task = await Task.get()
        assert (task.status, task.closed_at is not None) == ("done", True)
        assert [kind for kind in await events(task) if kind in ("reported", "returned", "accepted", "undone")] == [
            "reported", "returned", "reported", "returned", "reported", "undone", "reported", "accepted", "undone",
            "accepted",
        ]  # fmt: skip

        await typed(OTHERS)
        tasks = await Task.all().order_by("id")
        assert [task.status for task in tasks] == ["done", "acknowledged", "declined"]
        assert await Leave.filter(person_id=cast.an.id).count() == 1

        clock.set("2026-11-25 09:00")
        await penalise.tick()
        await Task.filter(id=tasks[1].id).update(leader_told_at=clock(), answer_line=[cast.vice.id], answer_at=clock())
        await typed(LATE)
        assert (await WaiverRequest.get()).task_id == tasks[1].id
        assert (await Task.get(id=tasks[1].id)).answer_line == []
