"""Commands about scores and the audit."""

import sys

import click
import msgspec

from backend.cli.frame import load_settings, locale, run, say


@click.group()
def score() -> None:
    """Scores: explain, preview and replay."""


@score.command()
@click.option("--officer", required=True, help="Handle, e-mail or id.")
@click.option("--period", required=True, help="A month 2026-10 or a quarter 2026-Q4.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def explain(officer: str, period: str, as_json: bool) -> None:
    """An officer's period with every entry and the points it cost."""
    settings = load_settings()

    async def work() -> None:
        from backend.domain.types import SYSTEM
        from backend.org.queries import find_person
        from backend.scores.queries import explain
        from backend.scores.text import render_explanation

        found = await explain(SYSTEM, (await find_person(officer)).id, period)
        say(msgspec.json.encode(found).decode() if as_json else render_explanation(found, locale()))

    run(settings, work)


@score.command()
@click.option("--period", default=None, help="Only what belongs to a month 2026-10 or a quarter 2026-Q4.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def replay(period: str | None, as_json: bool) -> None:
    """Work everything out again from events and entries: exit 1 on any difference, or when nothing was compared although
    there are tasks."""
    settings = load_settings()

    async def work() -> int:
        from backend.scores.replay import replay
        from backend.scores.replay_text import render_replay

        found = await replay(period)
        if as_json:
            say(msgspec.json.encode({**msgspec.to_builtins(found), "failed": found.failed}).decode())
        else:
            say(*render_replay(found, locale()))
        return 1 if found.failed else 0

    if run(settings, work):
        sys.exit(1)


@score.command()
@click.option("--officer", default=None, help="Handle, e-mail or id; without it everybody, a line each.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def preview(officer: str | None, as_json: bool) -> None:
    """The running month if nothing changes: what is open and late, and what the score would be."""
    settings = load_settings()

    async def work() -> None:
        from backend.domain.types import SYSTEM
        from backend.org.queries import find_person
        from backend.scores.preview import everybody, preview
        from backend.scores.replay_text import render_preview

        if officer is None:
            found = await everybody(SYSTEM)
        else:
            found = [await preview(SYSTEM, (await find_person(officer)).id)]
        if as_json:
            say(msgspec.json.encode(found).decode())
        else:
            say(*(line for one in found for line in render_preview(one, locale())))

    run(settings, work)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def audit(as_json: bool) -> None:
    """Check that nothing is forgotten: exit 1 with a list when something is, or when nothing could be compared."""
    settings = load_settings()

    async def work() -> int:
        from backend.audits import audit
        from backend.audits_text import render

        found = await audit()
        if as_json:
            say(msgspec.json.encode({**msgspec.to_builtins(found), "failed": found.failed}).decode())
        else:
            say(*render(found, locale(), settings.zone))
        return 1 if found.failed else 0

    if run(settings, work):
        sys.exit(1)


commands = [score, audit]
