"""What Zalo says where nothing can be pressed or replied to, that it shows when it works on an answer, and what that costs."""

from typing import Any

import pytest

from backend.kit.db import Sql
from backend.models import Person, Report, Task
from backend.settings import Settings
from bot.channel import Button, Text
from bot.lines import buttons
from bot.words import Voice
from bot.zalo.typed import typed
from tests.bot.bot_room import URL
from tests.bot.test_chat_evidence import JPEG
from tests.bot.test_chat_kept import on_zalo
from tests.bot.test_zalo import used
from tests.bot.zalo_room import zalo_office
from tests.cast import Cast
from tests.fakes import FakeClock

#: Commands of the lead and of the assigner, one message each.
LEAD = {
    "vi": (
        "giúp", "việc", "trễ", "1 nhận", "1 gia hạn", "thôi", "1 chờ", "thôi", "1 khách quan", "thôi", "2 xong ok", "3 từ chối",
        "1 xong ạ", "hoàn tác", "nhận hết", "1?",
    ),
    "en": (
        "help", "tasks", "late", "1 ack", "1 extend", "cancel", "1 wait", "cancel", "1 waive", "cancel", "2 done ok", "3 decline",
        "1 done", "undo", "ack all", "1?",
    ),
}  # fmt: skip
HEAD = {
    "vi": ("2 trả lại", "thôi", "2 trả lại lỗi nặng", "thôi", "trễ", "giúp"),
    "en": ("2 return", "cancel", "2 return major", "cancel", "late", "help"),
}
#: What there is none of on Zalo.
NOTHING = {
    "vi": ("bấm", "(reply)", "trả lời tin này", "nút", "chọn một ngày"),
    "en": ("press", "button", "reply", "tap ", "choose"),
}


@pytest.mark.parametrize("locale", ["vi", "en"])
async def test_nothing_is_to_be_pressed_or_replied_to(
    db: None, cast: Cast, settings: Settings, clock: FakeClock, locale: str
) -> None:
    async with zalo_office(cast, settings) as office:
        an, head = await office.phone("an"), await office.phone("head")
        await Person.all().update(locale=locale)
        an.photo(JPEG)
        await office.turn()
        await on_zalo(office, "Một", "Hai", "Ba", "Bốn")
        clock.move(minutes=5)
        await office.turn()
        for phone, commands in ((an, LEAD), (head, HEAD)):
            for command in commands[locale]:
                phone.send(command)
                await office.turn()
        clock.move(days=7)
        await office.turn()
        said = [*an.words, *head.words]
    assert len(said) > 30
    assert [f"{word}: {words}" for words in said for word in NOTHING[locale] if word in words.lower()] == []
    undo = {"vi": "nhắn “hoàn tác” trong 10 phút", "en": "Send “undo” within 10 minutes"}[locale]
    assert any(undo in words for words in said)


async def test_what_it_asks_is_answered_by_the_next_message(
    db: None, cast: Cast, settings: Settings, clock: FakeClock
) -> None:
    async with zalo_office(cast, settings) as office:
        phone = await office.phone("an")
        await on_zalo(office, "Một")
        phone.send("1 gia hạn")
        await office.turn()
        assert "xin nhắn hạn mới và lý do" in phone.words[-1]
        phone.send("2 ngày chờ số liệu")
        await office.turn()
        assert "yêu cầu gia hạn" in phone.words[-1]


# «Đang soạn tin».


async def test_it_shows_that_it_works_while_a_file_is_fetched_and_that_is_no_message(
    db: None, cast: Cast, settings: Settings, clock: FakeClock
) -> None:
    async with zalo_office(cast, settings, monthly=100) as office:
        phone = await office.phone("an")
        await on_zalo(office, "Một")
        phone.send("1 nhận")
        await office.turn()
        assert office.fake.calls_of("sendChatAction") == [], "an answer that comes at once needs no sign"
        phone.photo(JPEG, "1 xong")
        await office.turn()
        [call] = office.fake.calls_of("sendChatAction")
        assert (call.params, call.status) == ({"chat_id": phone.chat_id, "action": "typing"}, 200)
        assert (await used(settings), office.fake.world.bot().used) == ((len(phone.words), 2), len(phone.words) + 2)


@pytest.mark.parametrize("trouble", ["429", "502", "drop", "hang"])
async def test_a_sign_that_fails_is_nothing(
    db: None, cast: Cast, settings: Settings, clock: FakeClock, trouble: str
) -> None:
    async with zalo_office(cast, settings) as office:
        phone = await office.phone("an")
        await on_zalo(office, "Một")
        if trouble == "drop":
            office.fake.drop("sendChatAction", times=None)
        elif trouble == "hang":
            office.fake.hang("sendChatAction", 30, times=None)
        else:
            office.fake.fail("sendChatAction", int(trouble), times=None)
        phone.photo(JPEG, "1 xong")
        await office.turn()
        assert await Report.all().count() == 1
        assert (await Task.get()).status == "reported"
        assert "Kèm 1 tệp" in phone.words[-1]
        await office.channel.working("700009:x")  # a bot that is not here
        await office.channel.working("700001:nobody")


# The price of what can be typed.


async def test_what_can_be_typed_is_asked_in_one_statement(
    db: None, cast: Cast, settings: Settings, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with zalo_office(cast, settings) as office:
        phone = await office.phone("an")
        first, second = await on_zalo(office, "Một", "Hai")
        said: list[str] = []
        for name in ("rows", "fetch"):
            asked = getattr(Sql, name)

            async def noted(self: Sql, text: str, *more: Any, _asked: Any = asked) -> Any:
                said.append(text)
                return await _asked(self, text, *more)

            monkeypatch.setattr(Sql, name, noted)
        voice = Voice("vi", URL)
        text = Text(
            "x", (*buttons(voice, second.id, "ack"), *buttons(voice, first.id, "ack"), *buttons(voice, 999, "ack"))
        )
        told = await typed("zalo", phone.address, text, URL, settings.zone)
        assert told.plain == "x\n\nTrả lời: 2 nhận · 1 nhận"
        assert len({words for words in said}) == 1
        assert (
            await typed("zalo", phone.address, Text("x", ((Button("Có", "a:0:yes"),),)), URL, settings.zone)
        ).plain == ("x\n\nTrả lời: có")
        assert await typed("zalo", phone.address, Text("x"), URL, settings.zone) == Text("x")
        assert await typed("zalo", "700001:nobody", text, URL, settings.zone) == text


async def test_who_has_no_number_for_a_task_types_its_code(
    db: None, cast: Cast, settings: Settings, clock: FakeClock
) -> None:
    async with zalo_office(cast, settings) as office:
        phone = await office.phone("binh")
        [task] = await on_zalo(office, "Một")
        text = Text("x", buttons(Voice("vi", URL), task.id, "details"))
        assert (await typed("zalo", phone.address, text, URL, settings.zone)).plain == f"x\n\nTrả lời: {task.code}?"
