"""The webhook of a whole server over HTTP: what Telegram says is heard, what anybody else says is not."""

from contextlib import AbstractAsyncContextManager
from typing import Any

import httpx

from backend.models import InboundUpdate, Task
from backend.settings import Settings
from backend.tasks import service
from backend.tasks.schemas import DueDraft, TaskDraft
from bot.simulator.telegram import FakeTelegram
from tests.bot.bot_room import link
from tests.bot.conftest import TOKEN
from tests.bot.serving import served
from tests.cast import make_cast
from tests.fakes import FakeClock

SECRET = "a-secret-of-the-webhook"
HEADER = "x-telegram-bot-api-secret-token"


def server(settings: Settings, fake: FakeTelegram) -> AbstractAsyncContextManager[httpx.AsyncClient]:
    """The service behind Telegram's webhook."""
    return served(settings, telegram_token=TOKEN, telegram_api=fake.base_url, telegram_webhook_secret=SECRET)


def words(text: str, update_id: int) -> dict[str, Any]:
    """An update as Telegram writes it: somebody typed something in their chat with the bot."""
    chat, sender = {"id": 7, "type": "private"}, {"id": 7, "is_bot": False, "first_name": "An"}
    message = {"message_id": 900_000 + update_id, "date": 1_795_000_000, "chat": chat, "from": sender, "text": text}
    return {"update_id": update_id, "message": message}


async def test_telegram_is_heard_and_nobody_else(settings: Settings, clock: FakeClock, fake: FakeTelegram) -> None:
    async with server(settings, fake) as anybody:
        cast = await make_cast()
        phone = fake.user(7, started=True)
        await link(cast.an, "7")

        # Without the secret, with a wrong one, with part of it: refused, and nothing is stored to be handled later.
        for headers in ({}, {HEADER: ""}, {HEADER: "wrong"}, {HEADER: SECRET[:-1]}, {HEADER: SECRET + "x"}):
            answer = await anybody.post("/hooks/telegram", json=words("việc", 1), headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
        assert await InboundUpdate.all().count() == 0

        # With it: stored, answered at once, and the bot replies in the chat. Sent again, it is heard once.
        for _ in range(2):
            answer = await anybody.post("/hooks/telegram", json=words("việc", 1), headers={HEADER: SECRET})
            assert (answer.status_code, answer.text) == (200, "")
        await phone.wait_for("Không có việc nào")
        assert await InboundUpdate.all().count() == 1
        assert len(phone.received) == 1


async def test_a_press_travels_from_telegram_through_the_webhook(
    settings: Settings, clock: FakeClock, fake: FakeTelegram
) -> None:
    async with server(settings, fake):
        cast = await make_cast()
        phone = fake.user(7, started=True)
        await link(cast.an, "7")
        draft = TaskDraft(title="Báo cáo PCCC quý IV", due=DueDraft(minutes=960), leads=["an"])
        made = await service.assign(await cast.actor("head"), draft)
        clock.move(seconds=10)
        card = await phone.wait_for(made.tasks[0].code)
        phone.press(card, "Đã nhận")
        await phone.wait_answer()
        assert (await Task.get(id=made.tasks[0].id)).status == "acknowledged"
        assert fake.calls_of("getUpdates") == []
