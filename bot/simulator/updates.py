"""How updates reach a bot: long polling with offsets, or a webhook served in order until it answers 200."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable

import aiohttp

from bot.simulator import rules
from bot.simulator.state import BotAccount, Waiting, Webhook
from bot.simulator.wire import ApiError, Json, Params
from bot.simulator.world import World

MAX_POLL_S = 50
_WEBHOOK_TIMEOUT_S = 30
_FIRST_RETRY_S = 0.02
_LAST_RETRY_S = 1.0

_WEBHOOK_ACTIVE = (
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)
_OTHER_POLLER = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
_WEBHOOK_SET = "Conflict: terminated by setWebhook request"

Perform = Callable[[BotAccount, str, Json], Awaitable[object]]


async def get_updates(world: World, bot: BotAccount, params: Params) -> list[Json]:
    """The earliest waiting updates; an offset forgets all before it, a negative one keeps only the last ones.

    A second poller ends the first one with 409, exactly as the real server decides between two instances.
    """
    if bot.webhook:
        raise ApiError(409, _WEBHOOK_ACTIVE)
    _set_allowed(bot, params)
    _confirm(bot, params.integer("offset"))
    bot.polls += 1
    mine = bot.polls
    bot.feed.bump()
    world.activity.bump()
    deadline = time.monotonic() + max(0, min(params.integer("timeout"), MAX_POLL_S))
    while not bot.queue and not world.closing and (left := deadline - time.monotonic()) > 0:
        await bot.feed.changed(bot.feed.version, left)
        if bot.polls != mine:
            raise ApiError(409, _WEBHOOK_SET if bot.webhook else _OTHER_POLLER)
    batch = bot.queue[: max(1, min(params.integer("limit", 100), 100))]
    for waiting in batch:
        waiting.again = False
    return [waiting.update.wire() for waiting in batch]


def _set_allowed(bot: BotAccount, params: Params) -> None:
    """Remembers `allowed_updates`; an absent list keeps the last choice, an empty one means the usual kinds."""
    listed = params.structure("allowed_updates")
    if isinstance(listed, list):
        bot.allowed = frozenset(map(str, listed)) or None


def _confirm(bot: BotAccount, offset: int) -> None:
    if offset < 0:
        bot.queue = bot.queue[offset:]
    elif offset > 0:
        bot.queue = [waiting for waiting in bot.queue if waiting.again or waiting.update.id >= offset]


def set_webhook(world: World, bot: BotAccount, params: Params) -> bool:
    url, secret_token = params.text("url"), params.text("secret_token")
    if not url:
        return delete_webhook(world, bot, params)
    rules.webhook_address(url, secret_token)
    _set_allowed(bot, params)
    if params.flag("drop_pending_updates"):
        bot.queue.clear()
    bot.webhook = Webhook(url, secret_token, params.integer("max_connections", 40))
    bot.polls += 1
    bot.feed.bump()
    return True


def delete_webhook(world: World, bot: BotAccount, params: Params) -> bool:
    if params.flag("drop_pending_updates"):
        bot.queue.clear()
    bot.webhook = None
    bot.feed.bump()
    return True


def get_webhook_info(world: World, bot: BotAccount, params: Params) -> Json:
    hook = bot.webhook
    info: Json = {
        "url": hook.url if hook else "", "has_custom_certificate": False, "pending_update_count": len(bot.queue)
    }  # fmt: skip
    if hook:
        info |= {"max_connections": hook.max_connections, "ip_address": "127.0.0.1"}
    if hook and hook.failed_at:
        info |= {"last_error_date": int(hook.failed_at), "last_error_message": hook.failure}
    if bot.allowed is not None:
        info["allowed_updates"] = sorted(bot.allowed)
    return info


async def serve_webhook(world: World, bot: BotAccount, perform: Perform) -> None:
    """Runs until cancelled: posts the oldest update to the webhook again and again until it is taken, then the next."""
    retry_s = _FIRST_RETRY_S
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_WEBHOOK_TIMEOUT_S)) as client:
        while True:
            if not (bot.webhook and bot.queue):
                await bot.feed.changed(bot.feed.version, None)
                continue
            hook, waiting = bot.webhook, bot.queue[0]
            answer, failure = await _deliver(client, hook, waiting)
            if bot.webhook is not hook:
                continue
            if failure:
                hook.failed_at, hook.failure = time.time(), failure
                world.activity.bump()
                await asyncio.sleep(retry_s)
                retry_s = min(retry_s * 2, _LAST_RETRY_S)
                continue
            retry_s = _FIRST_RETRY_S
            bot.queue = [other for other in bot.queue if other is not waiting]
            world.activity.bump()
            await _obey(bot, answer, perform)


async def _deliver(client: aiohttp.ClientSession, hook: Webhook, waiting: Waiting) -> tuple[str, str]:
    """The body of the answer, and why it did not count ("" when it did)."""
    headers = {"X-Telegram-Bot-Api-Secret-Token": hook.secret_token} if hook.secret_token else {}
    try:
        async with client.post(hook.url, json=waiting.update.wire(), headers=headers) as answer:
            body = await answer.text(errors="replace")
            if 200 <= answer.status < 300:
                return body, ""
            return body, f"Wrong response from the webhook: {answer.status} {answer.reason}"
    except TimeoutError:
        return "", "Read timeout expired"
    except (aiohttp.ClientError, OSError) as error:
        return "", f"Connection failed: {type(error).__name__}"


async def _obey(bot: BotAccount, answer: str, perform: Perform) -> None:
    """A webhook may answer with one method call as a JSON object; its result is told to nobody."""
    try:
        order = json.loads(answer)
    except ValueError:
        return
    if isinstance(order, dict) and isinstance(method := order.pop("method", None), str):
        await perform(bot, method, order)
