"""Commands about rule sets: which there are, what one says, and what it would change."""

import click
import msgspec

from backend.cli.frame import load_settings, locale, run, say


@click.group()
def rules() -> None:
    """Rule sets of scoring."""


@rules.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_(as_json: bool) -> None:
    """Every version, drafts too."""
    settings = load_settings()

    async def work() -> None:
        from backend.domain.types import SYSTEM
        from backend.scores.rules_reading import listing
        from backend.scores.rules_text import render_line

        found = await listing(SYSTEM)
        say(msgspec.json.encode(found).decode() if as_json else "\n".join(render_line(one, locale()) for one in found))

    run(settings, work)


@rules.command()
@click.argument("ref")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def show(ref: str, as_json: bool) -> None:
    """Every rule of the version REF, code@version."""
    settings = load_settings()

    async def work() -> None:
        from backend.domain.types import SYSTEM
        from backend.scores.rules_reading import show
        from backend.scores.rules_text import render_rules

        found = await show(SYSTEM, ref)
        say(msgspec.json.encode(found).decode() if as_json else "\n".join(render_rules(found, locale())))

    run(settings, work)


@rules.command()
@click.argument("before")
@click.argument("after")
@click.option("--period", required=True, help="A month 2026-10 or a quarter 2026-Q4.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def diff(before: str, after: str, period: str, as_json: bool) -> None:
    """Everybody whose period differs by AFTER from BEFORE; a draft can be compared before it is published."""
    settings = load_settings()

    async def work() -> None:
        from backend.domain.types import SYSTEM
        from backend.scores.rules_diff import diff
        from backend.scores.rules_text import render_diff

        found = await diff(SYSTEM, before, after, period)
        say(msgspec.json.encode(found).decode() if as_json else "\n".join(render_diff(found, locale())))

    run(settings, work)


commands = [rules]
