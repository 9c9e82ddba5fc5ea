"""A load balancer as small as they come: TCP, round robin, whoever does not answer is passed over."""

import asyncio
from contextlib import suppress
from typing import Self


class Balancer:
    """Stands before several servers on loopback, as a proxy does before replicas."""

    def __init__(self) -> None:
        self.ports: list[int] = []
        self._turn = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            behind = await self._next()
            if behind is not None:
                await asyncio.gather(_copy(reader, behind[1]), _copy(behind[0], writer))
        finally:
            writer.close()

    async def _next(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        for _ in range(len(self.ports)):
            self._turn += 1
            with suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", self.ports[self._turn % len(self.ports)])
        return None


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
    target.close()
