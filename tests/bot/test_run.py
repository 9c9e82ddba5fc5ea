"""The bot as it runs: starts what settings name, hears and speaks, drains on the way out."""

import asyncio
import subprocess
import sys

import msgspec
import pytest

from backend.auth import linking
from backend.kit import state
from backend.models import OutboxNotice
from backend.settings import Settings
from bot.run import run
from bot.simulator.telegram import FakeTelegram
from tests.bot.bot_room import link, moved, put
from tests.bot.conftest import TOKEN
from tests.bot.smtp_server import mail_server
from tests.bot.telegram_rules import captured_problems
from tests.cast import Cast

SECRET = "a-secret-of-the-webhook"


async def test_the_bot_hears_answers_and_sends(db: None, cast: Cast, settings: Settings, fake: FakeTelegram) -> None:
    ours = msgspec.structs.replace(settings, telegram_token=TOKEN, telegram_api=fake.base_url)
    phone = fake.user(7, started=True)
    await link(cast.an, "7")
    async with run(ours) as bot:
        assert bot.chats == ("telegram",)
        phone.send("việc")
        await phone.wait_for("Không có việc nào")
        await put(moved(), cast.an)
        bot.kick()
        await phone.wait_for("đổi hạn việc CV26-000001")
        assert {command["command"] for command in phone.commands} == {"viec", "diem", "hoantac", "nghi", "giup"}
        assert await state.get(linking.TELEGRAM_NAME) == fake.calls_of("getMe")[0].result["username"]
    assert (await OutboxNotice.all().first()).status == "sent"
    assert captured_problems(fake) == []


async def test_a_stop_waits_for_what_is_in_flight(db: None, cast: Cast, settings: Settings, fake: FakeTelegram) -> None:
    ours = msgspec.structs.replace(settings, telegram_token=TOKEN, telegram_api=fake.base_url)
    fake.user(7, started=True)
    await link(cast.an, "7")
    await put(moved(1), cast.an)
    later = await put(moved(2), cast.an)
    with fake.hold("sendMessage") as gate:
        async with run(ours):
            await gate.reached()
            asyncio.get_running_loop().call_later(0.05, gate.release)
    assert [row.status for row in await OutboxNotice.all().order_by("id")] == ["sent", "pending"]
    assert (await OutboxNotice.get(id=later)).lease_owner == ""


async def test_telegram_may_be_started_later_and_again(
    db: None, cast: Cast, settings: Settings, fake: FakeTelegram
) -> None:
    await link(cast.an, "7")
    await put(moved(1), cast.an)
    async with run(settings) as bot:
        assert bot.chats == ()
        phone = fake.user(7, started=True)
        await bot.start("telegram", telegram_token=TOKEN, telegram_api=fake.base_url)
        await phone.wait_for("CV26-000001")
        await bot.start("telegram", telegram_token=TOKEN, telegram_api=fake.base_url)
        await put(moved(2), cast.an)
        bot.kick()
        await phone.wait_for("CV26-000002")
        assert len(phone.received) == 2


async def test_with_a_secret_updates_come_by_webhook(
    db: None, cast: Cast, settings: Settings, fake: FakeTelegram
) -> None:
    ours = msgspec.structs.replace(
        settings,
        telegram_token=TOKEN,
        telegram_api=fake.base_url,
        telegram_webhook_secret=SECRET,
        public_url="https://viec.example.vn",
    )
    async with run(ours):
        hook = await fake.until(lambda: fake.bot().webhook)
        assert (hook.url, hook.secret_token) == ("https://viec.example.vn/hooks/telegram", SECRET)
    assert fake.calls_of("getUpdates") == []


async def test_mail_alone_is_enough_to_send(db: None, cast: Cast, settings: Settings) -> None:
    await put(moved(), cast.an)
    async with mail_server() as server:
        ours = msgspec.structs.replace(
            settings, smtp_host="127.0.0.1", smtp_port=server.port, smtp_starttls=False, smtp_from="gv@ubnd.vn"
        )
        async with run(ours) as bot, asyncio.timeout(60):
            while not server.mails:
                bot.kick()
                await asyncio.sleep(0.01)
    assert "CV26-000001" in server.mails[0]["Subject"]


@pytest.mark.one_database
def test_a_bot_that_only_waits_has_not_loaded_the_chat_library() -> None:
    program = (
        "import sys, bot.run, bot.sender, bot.telegram.webhook, bot.telegram.updates, bot.zalo.webhook; "
        "print([name for name in ('aiogram', 'aiohttp') if name in sys.modules]); "
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"
