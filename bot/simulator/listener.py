"""The HTTP end of a fake chat server: it listens, captures every call and puts its end on the wire."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from contextlib import suppress
from typing import Any

from aiohttp import web

from bot.simulator.faults import DroppedError, Faults, RawAnswerError
from bot.simulator.feed import Feed
from bot.simulator.wire import ApiError, Call

_LARGEST = 1024 * 1024


class Listener:
    """`activity` grows with every call that ended; `keep_calls` bounds the memory of `calls`; `status_of` is the HTTP status
    of a refusal with this code."""

    def __init__(
        self,
        activity: Feed,
        faults: Faults,
        keep_calls: int | None,
        status_of: Callable[[int], int] = lambda code: code,
    ) -> None:
        self.calls: list[Call] = []
        self._activity, self._faults, self._keep_calls, self._status_of = activity, faults, keep_calls, status_of
        self._runner: web.AppRunner | None = None
        self._couriers: list[asyncio.Task[None]] = []

    async def listen(
        self,
        host: str,
        port: int,
        routes: Iterable[web.AbstractRouteDef],
        couriers: Mapping[str, Callable[[], Coroutine[Any, Any, None]]],
        *,
        largest: int = _LARGEST,
    ) -> str:
        """Listens, and has the couriers run; returns the base address. A body has `largest` bytes at most."""
        app = web.Application(client_max_size=largest)
        app.add_routes(routes)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        # The only tasks of the simulator: they live exactly as long as the server.
        self._couriers = [asyncio.create_task(work(), name=name) for name, work in couriers.items()]
        return f"http://{host}:{self._runner.addresses[0][1]}"

    async def hang_up(self, waiting: Iterable[Feed]) -> None:
        """Ends every open call and stops listening; held answers go, and whoever waits for one of these looks again."""
        self._faults.open_gates()
        for feed in waiting:
            feed.bump()
        for courier in self._couriers:
            courier.cancel()
            with suppress(asyncio.CancelledError):
                await courier
        if self._runner:
            await self._runner.cleanup()
        self._couriers, self._runner = [], None

    def captured(self, call: Call) -> Call:
        self.calls.append(call)
        if self._keep_calls is not None:
            del self.calls[: -self._keep_calls]
        return call

    async def answer(
        self, request: web.Request, call: Call, act: Callable[[], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """The end of a call on the wire: an answer, a refusal, a raw body or a cut connection."""
        try:
            response = await act()
            call.status = response.status
        except ApiError as error:
            call.error, call.status = error.description, error.code
            response = web.json_response(error.envelope(), status=self._status_of(error.code))
        except RawAnswerError as error:
            call.error, call.status = error.body, error.status
            response = web.Response(status=error.status, text=error.body, content_type="text/html")
        except (DroppedError, ConnectionError, web.RequestPayloadError) as error:
            # Cut on order, or by a caller that died in the middle of its request.
            call.error = f"dropped: {type(error).__name__}"
            response = web.Response()
            if request.transport:
                request.transport.abort()
        self._activity.bump()
        return response
