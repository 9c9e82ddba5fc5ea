"""The command ``delivery``: the proof that what was said about a task arrived, and when it was read."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import click
import msgspec

from backend.cli.frame import fail, load_settings, run, say
from backend.cli.frame import locale as of_terminal
from backend.kit import i18n
from backend.kit.i18n import t

if TYPE_CHECKING:
    from backend.tasks.schemas import DeliveryView


@click.command()
@click.argument("task")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.option("--locale", default="", help="vi or en; without it the language of the terminal.")
def delivery(task: str, as_json: bool, locale: str) -> None:
    """What was said about a TASK (code or id), to whom: every try with its channel, time and end, and when it was read."""
    where = locale or of_terminal()
    if where not in i18n.LOCALES:
        fail(t(of_terminal(), "cli.no_such_locale", name=where, known=", ".join(i18n.LOCALES)))
    settings = load_settings()

    async def work() -> None:
        from backend.domain.types import SYSTEM
        from backend.kit.paging import MAX_LIMIT
        from backend.tasks import queries

        found = await queries.find_task(SYSTEM, task)
        page = await queries.deliveries(SYSTEM, found, None, MAX_LIMIT, locale=where)
        items = page.items
        while page.next is not None:
            page = await queries.deliveries(SYSTEM, found, page.next, MAX_LIMIT, locale=where)
            items += page.items
        if as_json:
            say(msgspec.json.encode(items).decode())
            return
        say("\n".join(_lines(items, where, settings.zone)) or t(where, "delivery.table.none"))

    run(settings, work)


def _lines(items: "list[DeliveryView]", where: str, zone: str) -> Iterator[str]:
    """Each notice with its reader, under it each try, or why there was none."""

    def at(moment: datetime) -> str:
        return i18n.short_moment(moment, zone)

    for one in items:
        key = "delivery.table.second" if one.second else "delivery.table.said"
        yield t(where, key, what=one.what, name=one.to.name)
        for tried in one.attempts:
            words = [
                t(
                    where,
                    "delivery.table.sent",
                    at=at(tried.started_at),
                    channel=_channel(where, tried.channel),
                    address=tried.address,
                    outcome=tried.problem or t(where, f"delivery.outcome.{tried.outcome}"),
                )
            ]
            if tried.receipt:
                words.append(t(where, "delivery.table.receipt", receipt=tried.receipt))
            if tried.seen_at is not None:
                words.append(t(where, "delivery.table.seen", at=at(tried.seen_at)))
            yield "  " + " · ".join(words)
        if one.problem:
            yield f"  {one.problem}"


def _channel(where: str, name: str) -> str:
    key = f"web.channel.{name}"
    return t(where, key) if i18n.has(where, key) else name


commands = [delivery]
