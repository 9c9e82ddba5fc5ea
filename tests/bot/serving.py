"""The service as ``giaoviec serve`` composes it, listening on the loopback, for what chat servers post to it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

import httpx
import msgspec
import uvicorn

from backend.__main__ import ROLES, Parts
from backend.settings import Settings
from tests.apps import own_app


@asynccontextmanager
async def served(settings: Settings, within_s: float = 120, **changes: object) -> AsyncIterator[httpx.AsyncClient]:
    """The service with these settings changed, at its public address, and a client that is no chat server; all of it ends
    within so long."""
    with closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        ours = msgspec.structs.replace(settings, public_url=url, **changes)
        parts = Parts(ours, set(ROLES))
        app = own_app(ours, lifespans=[parts.lifespan()], routes=parts.routes())
        running = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="on"))
        task = asyncio.ensure_future(running.serve(sockets=[listening]))
        try:
            async with httpx.AsyncClient(base_url=url) as client, asyncio.timeout(within_s):
                while not running.started:
                    assert not task.done()
                    await asyncio.sleep(0.01)
                yield client
        finally:
            running.should_exit = True
            await task
