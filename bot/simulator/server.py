"""The HTTP side of the fake: listens, captures every call and puts its end on the wire."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from aiohttp import web

from bot.simulator.faults import DroppedError, Faults, RawAnswerError
from bot.simulator.methods import METHODS
from bot.simulator.state import BotAccount
from bot.simulator.updates import delete_webhook, get_updates, get_webhook_info, serve_webhook, set_webhook
from bot.simulator.wire import UPLOAD_LIMIT_BYTES, ApiError, Call, Json, Params, read_params
from bot.simulator.world import World

_AT_ONCE = METHODS | {
    "setwebhook": set_webhook, "deletewebhook": delete_webhook, "getwebhookinfo": get_webhook_info
}  # fmt: skip
_FORM_OVERHEAD_BYTES = 1024 * 1024


class Server:
    """One listening server over a world; `keep_calls` bounds the memory of `calls`."""

    def __init__(self, world: World, faults: Faults, keep_calls: int | None) -> None:
        self.calls: list[Call] = []
        self._world = world
        self._faults = faults
        self._keep_calls = keep_calls
        self._runner: web.AppRunner | None = None
        self._couriers: list[asyncio.Task[None]] = []

    async def start(self, host: str, port: int) -> str:
        """Listens and serves webhooks; returns the base address."""
        app = web.Application(client_max_size=UPLOAD_LIMIT_BYTES + _FORM_OVERHEAD_BYTES)
        app.router.add_route("*", "/bot{token}/{method}", self._on_call)
        app.router.add_get("/file/bot{token}/{path:.+}", self._on_download)
        self._world.closing = False
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        # The only tasks of the simulator: they live exactly as long as the server.
        self._couriers = [
            asyncio.create_task(serve_webhook(self._world, bot, self._obey), name=f"webhook of {bot.user.username}")
            for bot in self._world.bots.values()
        ]
        return f"http://{host}:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Ends every open call and stops listening; held answers go and long polls end empty."""
        self._world.closing = True
        self._faults.open_gates()
        for bot in self._world.bots.values():
            bot.feed.bump()
        for courier in self._couriers:
            courier.cancel()
            with suppress(asyncio.CancelledError):
                await courier
        if self._runner:
            await self._runner.cleanup()
        self._couriers, self._runner = [], None

    def _captured(self, token: str, method: str, params: Json | None = None) -> Call:
        call = Call(self._world.clock(), token, method, params or {})
        self.calls.append(call)
        if self._keep_calls is not None:
            del self.calls[: -self._keep_calls]
        return call

    async def _on_call(self, request: web.Request) -> web.StreamResponse:
        call = self._captured(request.match_info["token"], request.match_info["method"])

        async def act() -> web.StreamResponse:
            bot = self._account(call)
            call.params = await read_params(request)
            return web.json_response({"ok": True, "result": await self._perform(call, bot)})

        return await self._answer(request, call, act)

    async def _on_download(self, request: web.Request) -> web.StreamResponse:
        call = self._captured(request.match_info["token"], "download", {"file_path": request.match_info["path"]})

        async def act() -> web.StreamResponse:
            self._account(call)
            await self._faults.strike(call, after=False)
            stored = next((f for f in self._world.files.values() if f.path == call.params["file_path"]), None)
            if stored is None:
                raise ApiError(404, "Not Found")
            call.applied = True
            await self._faults.strike(call, after=True)
            return web.Response(body=stored.data, content_type="application/octet-stream")

        return await self._answer(request, call, act)

    async def _answer(
        self, request: web.Request, call: Call, act: Callable[[], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """The end of a call on the wire: an answer, a refusal, a raw body or a cut connection."""
        try:
            response = await act()
            call.status = response.status
        except ApiError as error:
            call.error, call.status = error.description, error.code
            response = web.json_response(error.envelope(), status=error.code)
        except RawAnswerError as error:
            call.error, call.status = error.body, error.status
            response = web.Response(status=error.status, text=error.body, content_type="text/html")
        except (DroppedError, ConnectionError, web.RequestPayloadError) as error:
            # Cut on order, or by a caller that died in the middle of its request.
            call.error = f"dropped: {type(error).__name__}"
            response = web.Response()
            if request.transport:
                request.transport.abort()
        self._world.activity.bump()
        return response

    def _account(self, call: Call) -> BotAccount:
        if ":" not in call.token:
            raise ApiError(404, "Not Found")
        if call.token not in self._world.bots:
            raise ApiError(401, "Unauthorized")
        return self._world.bots[call.token]

    async def _perform(self, call: Call, bot: BotAccount) -> object:
        await self._faults.strike(call, after=False)
        name, params = call.method.lower(), Params(call.params)
        if name == "getupdates":
            call.result = await get_updates(self._world, bot, params)
        elif method := _AT_ONCE.get(name):
            call.result = method(self._world, bot, params)
        else:
            raise ApiError(404, "Not Found: method not found")
        call.applied = True
        await self._faults.strike(call, after=True)
        return call.result

    async def _obey(self, bot: BotAccount, method: str, params: Json) -> None:
        """Performs the call that a webhook gave as its answer; nobody learns how it ended."""
        call = self._captured(bot.token, method, params)
        try:
            await self._perform(call, bot)
            call.status = 200
        except (ApiError, RawAnswerError, DroppedError) as error:
            call.error = str(error)
