"""Commands about reminders."""

import sys

import click
import msgspec

from backend.cli.frame import load_settings, locale, run, say
from backend.kit import i18n
from backend.kit.i18n import t


@click.group()
def remind() -> None:
    """Reminders: what will be said, and why."""


@remind.command()
@click.argument("task")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def plan(task: str, as_json: bool) -> None:
    """The coming reminders of a TASK (code or id) if nobody answers, with the reasons."""
    settings = load_settings()

    async def work() -> None:
        from backend.domain.types import SYSTEM
        from backend.tasks import queries

        found = await queries.coming(SYSTEM, await queries.find_task(SYSTEM, task))
        if as_json:
            say(msgspec.json.encode(found).decode())
            return
        where = locale()
        for one in found:
            to = t(where, f"web.task.to_{one.to}")
            say(f"{i18n.moment(where, one.at, settings.zone)}  {to}  {queries.reason(where, one)}")
        if not found:
            say(t(where, "web.task.coming_none"))

    run(settings, work)


@remind.command()
@click.option("--month", required=True, help="A month 2026-10.")
@click.option("--preset", required=True, help="gentle, normal or firm.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def simulate(month: str, preset: str, as_json: bool) -> None:
    """A month of the office's own history under another preset: messages and lateness side by side. Nothing is sent; exit 1
    when nothing was replayed although there are tasks."""
    settings = load_settings()

    async def work() -> bool:
        from backend.tasks.replaying import simulate
        from backend.tasks.replaying_text import render_simulation

        found = await simulate(month, preset)
        say(msgspec.json.encode(found).decode() if as_json else "\n".join(render_simulation(found, locale())))
        return found.failed

    if run(settings, work):
        sys.exit(1)


@remind.command()
@click.option("--month", required=True, help="A month 2026-11.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def effect(month: str, as_json: bool) -> None:
    """What the field trial of a month says: whether reminders lower lateness here, or that it can't tell yet. Exit 1 when
    nothing was compared although there are tasks."""
    settings = load_settings()

    async def work() -> bool:
        from backend.tasks.replaying_text import render_effect
        from backend.tasks.trial import effect

        found = await effect(month)
        say(msgspec.json.encode(found).decode() if as_json else "\n".join(render_effect(found, locale())))
        return found.failed

    if run(settings, work):
        sys.exit(1)


commands = [remind]
