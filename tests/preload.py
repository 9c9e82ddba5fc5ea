"""Imported once by the server that test processes are forked from."""

import gc
from importlib import import_module

# All of it stays: to look for cycles in it, in this process and in those forked from it, would only cost.
gc.disable()
for _name in ("aiogram", "backend.__main__", "backend.app", "bot.run", "bot.inbound", "bot.inbox"):
    import_module(_name)
for _name in (
    "bot.telegram.channel",
    "bot.telegram.receiver",
    "bot.telegram.updates",
    "reminders.run",
    "asyncpg",
    "aiosqlite",
    "uvicorn",
    "bot.telegram.webhook",
):
    import_module(_name)
gc.freeze()
gc.enable()
