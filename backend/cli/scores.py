"""Commands about scores and the audit."""

import sys

import click
import msgspec

from backend.cli.frame import load_settings, locale, run, say
from backend.kit.i18n import t


@click.group()
def score() -> None:
    """Scores: explain what an officer lost and why."""


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


@click.command()
def audit() -> None:
    """Check that nothing is forgotten: exit 1 with a list when something is, or when nothing could be compared."""
    settings = load_settings()

    async def work() -> int:
        from backend.audits import audit

        found = await audit()
        say(*(t(locale(), f"audit.{problem.code}", **problem.params) for problem in found.problems))
        say(t(locale(), "audit.compared", n=found.compared, problems=len(found.problems)))
        return 1 if found.failed else 0

    if run(settings, work):
        sys.exit(1)


commands = [score, audit]
