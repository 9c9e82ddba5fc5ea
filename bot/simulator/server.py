"""The Bot API of the fake Telegram: what its calls do, and where its webhooks are served."""

from functools import partial

from aiohttp import web

from bot.simulator.faults import DroppedError, Faults, RawAnswerError
from bot.simulator.listener import Listener
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
        self._world = world
        self._faults = faults
        self._listener = Listener(world.activity, faults, keep_calls)

    @property
    def calls(self) -> list[Call]:
        return self._listener.calls

    async def start(self, host: str, port: int) -> str:
        """Listens and serves webhooks; returns the base address."""
        self._world.closing = False
        return await self._listener.listen(
            host,
            port,
            [
                web.route("*", "/bot{token}/{method}", self._on_call),
                web.get("/file/bot{token}/{path:.+}", self._on_download),
            ],
            {
                f"webhook of {bot.user.username}": partial(serve_webhook, self._world, bot, self._obey)
                for bot in self._world.bots.values()
            },
            largest=UPLOAD_LIMIT_BYTES + _FORM_OVERHEAD_BYTES,
        )

    async def stop(self) -> None:
        """Ends every open call and stops listening; held answers go and long polls end empty."""
        self._world.closing = True
        await self._listener.hang_up(bot.feed for bot in self._world.bots.values())

    def _captured(self, token: str, method: str, params: Json | None = None) -> Call:
        return self._listener.captured(Call(self._world.clock(), token, method, params or {}))

    async def _on_call(self, request: web.Request) -> web.StreamResponse:
        call = self._captured(request.match_info["token"], request.match_info["method"])

        async def act() -> web.StreamResponse:
            bot = self._account(call)
            call.params = await read_params(request)
            return web.json_response({"ok": True, "result": await self._perform(call, bot)})

        return await self._listener.answer(request, call, act)

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

        return await self._listener.answer(request, call, act)

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
