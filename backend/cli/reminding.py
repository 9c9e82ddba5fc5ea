"""Commands about reminders."""

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


commands = [remind]
