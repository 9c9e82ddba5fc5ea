"""The command line and composition root: the only file that knows the bot and the engine beside the product."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

import click

from backend import __version__
from backend.cli import calendars, data, delivery, office, reminding, rules, scores, words, working_time
from backend.cli.frame import fail, load_settings, say
from backend.kit import memory
from backend.settings import Settings

if TYPE_CHECKING:
    from litestar import Litestar

ROLES = ("web", "bot", "reminders")
LOOPBACK = ("127.0.0.1", "::1", "localhost")


@click.group()
def cli() -> None:
    """Task assignment, reminders and scoring for public offices."""


for _command in (
    *office.commands,
    *data.commands,
    *scores.commands,
    *rules.commands,
    *working_time.commands,
    *calendars.commands,
    *words.commands,
    *reminding.commands,
    *delivery.commands,
):
    cli.add_command(_command)


@cli.command()
def demo() -> None:
    """Run the demo: sample office, movable clock, phone simulator; on this machine only."""
    settings = load_settings(demo=True)
    if settings.host not in LOOPBACK:
        fail("the demo has a known password and listens on this machine only; `giaoviec serve` is the real thing")
    from backend.cli.demo import prepare, welcome

    asyncio.run(prepare(settings))
    say(*welcome(settings))
    _serve(settings, set(ROLES))


@cli.command()
@click.option("--roles", default="", help="What this process does: web,bot,reminders (default: everything).")
def serve(roles: str) -> None:
    """Run the service on this office's own database."""
    settings = load_settings()
    chosen = {role.strip() for role in roles.split(",") if role.strip()} or set(ROLES)
    if unknown := chosen - set(ROLES):
        fail(f"--roles: unknown: {', '.join(sorted(unknown))}; known: {', '.join(ROLES)}")
    asyncio.run(office.ready_to_serve(settings))
    _serve(settings, chosen)


@cli.command()
def version() -> None:
    """Print the version."""
    say(__version__)


def _serve(settings: Settings, roles: set[str]) -> None:
    # Imported late: commands that end at once have no need of it.
    import uvloop

    uvloop.run(_run(settings, roles))


async def _run(settings: Settings, roles: set[str]) -> None:
    parts = Parts(settings, roles)
    if "web" in roles:
        await _serve_web(settings, parts)
    else:
        await _work(settings, parts)


class Parts:
    """The bot, the engine and the simulator of one process, wired together."""

    def __init__(self, settings: Settings, roles: set[str]) -> None:
        self.settings = settings
        self.roles = roles
        self.bot: Any = None
        self.engine: Any = None
        self.simulator: Any = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The engine and the bot, for as long as the process lives; the database is open."""
        async with AsyncExitStack() as stack:
            if self.simulator is not None:
                stack.push_async_callback(self.simulator.stop)
            if "bot" in self.roles:
                from bot.run import run as run_bot

                self.bot = await stack.enter_async_context(run_bot(self.settings))
            if "reminders" in self.roles:
                from reminders.run import run as run_engine

                self.engine = await stack.enter_async_context(run_engine(self.settings, self._wake_bot))
            memory.moved_in()
            yield

    def lifespan(self) -> Callable[["Litestar"], AbstractAsyncContextManager[None]]:
        @asynccontextmanager
        async def lifespan(app: "Litestar") -> AsyncIterator[None]:
            async with self.running():
                app.state["after_clock_move"] = self.after_clock_move
                yield

        return lifespan

    async def after_clock_move(self) -> None:
        """The demo's clock jumped: let the engine look and the sender speak at once."""
        if self.engine is not None:
            await self.engine.tick_now()
        self._wake_bot()

    def routes(self) -> list[Any]:
        """Routes of the bot and, in a demo, of the simulator."""
        found: list[Any] = []
        if self.settings.telegram_webhook_secret:
            from bot.telegram.webhook import webhook_routes as telegram_routes

            found += telegram_routes(self.settings, wake=self._hear)
        if self.settings.zalo_webhook_secret:
            from bot.zalo.webhook import webhook_routes as zalo_routes

            found += zalo_routes(self.settings, wake=self._hear)
        if self.settings.demo:
            from bot.simulator.desk import Simulator
            from bot.simulator.pages import simulator_routes

            simulator = self.simulator = Simulator(self.start_chat)
            found += simulator_routes(lambda: simulator)
        return found

    def _wake_bot(self) -> None:
        if self.bot is not None:
            self.bot.kick()

    def _hear(self) -> None:
        if self.bot is not None:
            self.bot.hear()

    async def start_chat(self, channel: str, token: str, api: str) -> None:
        """Let the bot talk to one of the simulator's fake servers."""
        await self.bot.start(channel, **{f"{channel}_token": token, f"{channel}_api": api})


async def _serve_web(settings: Settings, parts: Parts) -> None:
    import uvicorn

    from backend.app import create_app

    # Bound before anything is opened: a port that is taken is the commonest mistake, and deserves one clear line.
    listening = _listen(settings)
    app = create_app(settings, lifespans=[parts.lifespan()], routes=parts.routes())
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            proxy_headers=True,
            forwarded_allow_ips=settings.trusted_proxies,
            server_header=False,
            timeout_graceful_shutdown=10,
        )
    )
    await server.serve(sockets=[listening])


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as error:
        fail(f"cannot listen on {settings.host}:{settings.port}: {error.strerror} (PORT and HOST change it)")
    return listening


async def _work(settings: Settings, parts: Parts) -> None:
    """Bot or engine without pages: until a signal asks it to stop."""
    from backend.cli.frame import office as opened

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with opened(settings), parts.running():
        await stop.wait()


def main() -> None:
    """Entry point of the console command."""
    cli(prog_name="giaoviec")


if __name__ == "__main__":
    main()
