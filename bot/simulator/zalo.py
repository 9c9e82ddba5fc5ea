"""A Zalo Bot Platform on the loopback, with phones to hold, faults to order and calls to read."""

import asyncio
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Self, TypeVar

import aiohttp
from aiohttp import web

from bot.simulator.faults import DroppedError, Fault, Faults, Gate, RawAnswerError
from bot.simulator.listener import Listener
from bot.simulator.wire import ApiError, Call, Json, Params, read_params
from bot.simulator.zalo_state import ZaloBot, ZaloMessage, ZaloPhone, ZaloWorld

T = TypeVar("T")

DEFAULT_TOKENS = {"700001:FIRST-TOKEN-OF-ZALO": "Giao việc 1"}
_WORDS = {
    400: "Bad request",
    401: "Unauthorized",
    403: "Internal server error",
    404: "Not found",
    408: "Request timeout",
    429: "Quota exceeded",
    502: "Bad gateway",
}
_POLL_S = 30.0
_TRIES = 4


class FakeZalo:
    """The server and the people around it.

    ``tokens``: each token with its bot's name. ``monthly``: messages of a bot in both directions, 0 = any number; more
    get 429. Errors come in the envelope with HTTP 200, as the real server may send them, or ``by_status``. ``courier``
    False: nothing is posted to webhooks but what the test posts itself, in its own order and as often as it likes.
    """

    def __init__(
        self,
        tokens: Mapping[str, str] = DEFAULT_TOKENS,
        *,
        monthly: int = 0,
        by_status: bool = False,
        courier: bool = True,
        keep_calls: int | None = None,
    ) -> None:
        self.world = ZaloWorld(dict(tokens), monthly)
        self._courier = courier
        self._faults = Faults(self.world.activity)
        self._listener = Listener(
            self.world.activity, self._faults, keep_calls, (lambda code: code) if by_status else lambda _: 200
        )
        self._closing = False

    # Life.

    @property
    def base_url(self) -> str:
        return self.world.base_url

    @property
    def calls(self) -> list[Call]:
        return self._listener.calls

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self._closing = False
        bots = self.world.bots.values() if self._courier else ()
        self.world.base_url = await self._listener.listen(
            host,
            port,
            [web.route("*", "/bot{token}/{method}", self._on_call), web.get("/photos/{key}", self._on_photo)],
            {f"webhook of {bot.id}": partial(self._deliver, bot) for bot in bots},
        )

    async def stop(self) -> None:
        """Ends every open call; people, messages and what waits stay."""
        self._closing = True
        await self._listener.hang_up(bot.feed for bot in self.world.bots.values())

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    # People.

    def phone(self, person: int | str, name: str = "Người", *, bot: str = "", started: bool = False) -> ZaloPhone:
        """The phone of a person in their chat with a bot (the first by default); asked again, the same phone. A bot may
        write to them only after they wrote first, or when ``started``."""
        account = self.world.bot(bot)
        key = (account.id, str(person))
        if key not in self.world.phones:
            self.world.phones[key] = ZaloPhone(self.world, account, str(person), name, started=started)
        return self.world.phones[key]

    async def until(self, probe: Callable[[], T | None], timeout_s: float = 60.0) -> T:
        """The first true answer of ``probe``, asked after every call and change; TimeoutError when there is none."""
        deadline = time.monotonic() + timeout_s
        while not (found := probe()):
            if time.monotonic() >= deadline:
                raise TimeoutError(f"nothing in {timeout_s} s; the last calls: {self.calls[-5:]}")
            await self.world.activity.changed(self.world.activity.version, deadline - time.monotonic())
        return found

    async def heard(self, phone: ZaloPhone, words: str, *, after: int = 0) -> ZaloMessage:
        """The first message with these words that the bot said after its first ``after``."""
        return await self.until(lambda: next((m for m in phone.received[after:] if words in m.text), None))

    def calls_of(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method == method]

    def new_month(self) -> None:
        """Every bot may send and hear as much again."""
        for bot in self.world.bots.values():
            bot.used = 0

    # Faults; a method is named as in the API, "*" is all.

    def fail(
        self, method: str, code: int, *, times: int | None = 1, words: str | None = None, body: str | None = None
    ) -> Fault:
        """Answers with an error instead; ``body`` is sent raw with that status, as a proxy would."""
        if body is not None:
            error: Exception = RawAnswerError(code, body)
        else:
            error = ApiError(code, _WORDS.get(code, "Internal server error") if words is None else words)
        return self._faults.add(Fault(method, times, None, False, error=error))

    def drop(self, method: str, times: int | None = 1, *, after_effect: bool = False) -> Fault:
        """Cuts the connection, before the call takes effect or after it did."""
        return self._faults.add(Fault(method, times, None, after_effect, error=DroppedError(method)))

    def hang(self, method: str, seconds: float, times: int | None = 1, *, after_effect: bool = False) -> Fault:
        """Makes a call wait before it takes effect, or its answer after it did."""
        return self._faults.add(Fault(method, times, None, after_effect, seconds=seconds))

    def hold(self, method: str) -> Gate:
        """``with fake.hold("sendMessage") as gate:`` holds answers back while the messages are already on the phones."""
        return self._faults.gate(method, None)

    # The server.

    async def _on_photo(self, request: web.Request) -> web.Response:
        found = self.world.photos.get(request.match_info["key"])
        return web.Response(body=found, content_type="image/jpeg") if found else web.Response(status=404)

    async def _on_call(self, request: web.Request) -> web.StreamResponse:
        call = Call(time.monotonic(), request.match_info["token"], request.match_info["method"])

        async def act() -> web.StreamResponse:
            call.params = await read_params(request)
            call.result = await self._perform(call, lambda: request.transport is None)
            return web.json_response({"ok": True, "result": call.result})

        return await self._listener.answer(request, self._listener.captured(call), act)

    async def _perform(self, call: Call, gone: Callable[[], bool]) -> Any:
        bot = self.world.bots.get(call.token)
        if bot is None:
            raise ApiError(401, _WORDS[401])
        await self._faults.strike(call, after=False)
        params = Params(call.params)
        match call.method:
            case "getMe":
                result: Any = {"id": bot.id, "account_name": f"bot.{bot.id}", "display_name": bot.name}
            case "getUpdates":
                result = await self._update(bot, params, gone)
            case "setWebhook":
                result = await self._set_webhook(bot, params)
            case "deleteWebhook":
                bot.webhook, result = None, {"url": ""}
            case "getWebhookInfo":
                result = {"url": bot.webhook[0] if bot.webhook else ""}
            case "sendMessage":
                result = self._send(bot, params)
            case "sendChatAction":  # no message: it is not counted
                if params.text("action") != "typing":
                    raise ApiError(400, "Bad request: no such action")
                self._chat(bot, params).action_at = time.time()
                result = None
                self.world.changed()
            case _:
                raise ApiError(400, "Bad request: no such method")
        call.applied = True
        await self._faults.strike(call, after=True)
        return result

    def _chat(self, bot: ZaloBot, params: Params) -> ZaloPhone:
        """The chat a bot may write to: a bot cannot write first."""
        phone = self.world.chat(bot, params.text("chat_id"))
        if phone is None or not phone.started:
            raise ApiError(404, "Not found: chat_id")
        if phone.blocked:
            raise ApiError(403, "Forbidden: the user does not take messages of this bot")
        return phone

    def _send(self, bot: ZaloBot, params: Params) -> Json:
        text = params.text("text")
        if not 1 <= len(text) <= 2000:
            raise ApiError(400, "Bad request: text must be 1 to 2000 characters")
        phone = self._chat(bot, params)
        if self.world.monthly and bot.used >= self.world.monthly:
            raise ApiError(429, _WORDS[429])
        bot.used += 1
        message = ZaloMessage(self.world.new_id(), True, text)
        phone.messages.append(message)
        phone.action_at = 0.0
        self.world.changed()
        return {"message_id": message.id, "date": int(message.sent_at * 1000)}

    async def _update(self, bot: ZaloBot, params: Params, gone: Callable[[], bool]) -> Json:
        """The oldest waiting event, which is gone with that; 408 when nothing came, or when somebody asks anew. Whoever
        has hung up meanwhile takes nothing."""
        if bot.webhook:
            raise ApiError(400, "Bad request: a webhook is set")
        bot.polls += 1
        mine = bot.polls
        bot.feed.bump()
        deadline = time.monotonic() + min(float(params.integer("timeout", 30)), _POLL_S)
        while not bot.queue and not self._closing and (left := deadline - time.monotonic()) > 0:
            await bot.feed.changed(bot.feed.version, left)
            if bot.polls != mine or gone():
                raise ApiError(408, _WORDS[408])
        if not bot.queue:
            raise ApiError(408, _WORDS[408])
        return bot.queue.pop(0)

    # Webhooks.

    async def _set_webhook(self, bot: ZaloBot, params: Params) -> Json:
        url, secret = params.text("url"), params.text("secret_token")
        if not url.startswith(("https://", "http://127.0.0.1")) or not 8 <= len(secret) <= 256:
            raise ApiError(400, "Bad request: url or secret_token")
        bot.webhook = (url, secret)
        bot.feed.bump()
        status = await self.post(bot, {"event_name": "webhook.test"}) if url.startswith("http://") else 200
        outcome = "webhook.ok" if status == 200 else f"webhook.http.{status}" if status else "webhook.err.unreachable"
        return {"url": url, "verification": {"ok": status == 200, "url": url, "outcome": outcome}}

    async def post(self, bot: ZaloBot, event: Json) -> int:
        """Post an event to the bot's webhook now; the status of the answer, 0 without one."""
        if bot.webhook is None:
            raise LookupError("no webhook is set")
        url, secret = bot.webhook
        headers = {"X-Bot-Api-Secret-Token": secret}
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as client,
                client.post(url, json={"ok": True, "result": event}, headers=headers) as answer,
            ):
                return answer.status
        except (aiohttp.ClientError, TimeoutError, OSError):
            return 0

    async def _deliver(self, bot: ZaloBot) -> None:
        """Posts what waits, oldest first, each a few times at most."""
        while True:
            if not (bot.webhook and bot.queue):
                await bot.feed.changed(bot.feed.version, None)
                continue
            event = bot.queue[0]
            for number in range(_TRIES):
                if await self.post(bot, event) == 200:
                    break
                await asyncio.sleep(0.1 * 2**number)
            bot.queue = [other for other in bot.queue if other is not event]
            self.world.activity.bump()
