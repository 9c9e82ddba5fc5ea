"""A bare aiogram bot behind a webhook, to be measured beside ours."""

import asyncio
import signal
from typing import Any

from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import CallbackQuery, Message
from aiogram.webhook.aiohttp_server import SimpleRequestHandler, setup_application
from aiohttp import web

from benches.inbound_office import CARD


async def echo(role: dict[str, Any], secret: str, token: str, path: str) -> None:
    """What a bare aiogram bot does: a webhook, one handler, one message. As ``calls`` a press is answered as we answer it,
    with a toast and a changed card: what that costs before anything is stored."""
    bot = Bot(token, session=AiohttpSession(api=TelegramAPIServer.from_base(role["api"])))
    dispatcher = Dispatcher()

    @dispatcher.message()
    async def said(message: Message) -> None:
        await message.answer(message.text or "")

    @dispatcher.callback_query()
    async def pressed(press: CallbackQuery) -> None:
        if role["kind"] == "calls":
            await press.answer("Đã nhận")
            await bot.edit_message_text(press.data or "", chat_id=press.from_user.id, message_id=CARD)
        else:
            await bot.send_message(press.from_user.id, press.data or "")

    app = web.Application()
    SimpleRequestHandler(dispatcher, bot, secret_token=secret).register(app, path=path)
    setup_application(app, dispatcher, bot=bot)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", role["port"]).start()
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    await over.wait()
    await runner.cleanup()
