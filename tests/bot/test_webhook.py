"""The webhook of a whole server over HTTP: what Telegram says is heard, what anybody else says is not."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from typing import Any

import httpx
import msgspec
import uvicorn

from backend.__main__ import ROLES, Parts
from backend.models import InboundUpdate, Task
from backend.settings import Settings
from backend.tasks import service
from backend.tasks.schemas import DueDraft, TaskDraft
from bot.simulator.telegram import FakeTelegram
from tests.apps import own_app
from tests.bot.bot_room import link
from tests.bot.conftest import TOKEN
from tests.cast import make_cast
from tests.fakes import FakeClock

SECRET = "a-secret-of-the-webhook"
HEADER = "x-telegram-bot-api-secret-token"


@asynccontextmanager
async def server(settings: Settings, fake: FakeTelegram) -> AsyncIterator[httpx.AsyncClient]:
    """The service as ``giaoviec serve`` composes it, listening on the loopback, and a client that is not Telegram."""
    with closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        ours = msgspec.structs.replace(
            settings,
            telegram_token=TOKEN,
            telegram_api=fake.base_url,
            telegram_webhook_secret=SECRET,
            public_url=url,
        )
        parts = Parts(ours, set(ROLES))
        app = own_app(ours, lifespans=[parts.lifespan()], routes=parts.routes())
        running = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="on"))
        task = asyncio.ensure_future(running.serve(sockets=[listening]))
        try:
            async with httpx.AsyncClient(base_url=url) as client, asyncio.timeout(30):
                while not running.started:
                    assert not task.done()
                    await asyncio.sleep(0.01)
                yield client
        finally:
            running.should_exit = True
            await task


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
