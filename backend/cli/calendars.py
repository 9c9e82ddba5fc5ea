"""Commands about calendars: show one, compare it with the library, propose a year and apply it."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import click

from backend.calendars.default import DEFAULT_DATA, default_calendar
from backend.calendars.telling import day_in_words
from backend.cli.frame import fail, load_settings, locale, run, say
from backend.cli.working_time import UNIT, calendar_of, units_of_command
from backend.domain.calendar import WorkCalendar
from backend.errors import AppError
from backend.kit.i18n import t
from backend.kit.sentences import say as sentence


@click.group()
def calendar() -> None:
    """Working calendars: show one, compare it with the library, propose a year and apply it."""


@calendar.command()
@UNIT
@click.option("--year", type=int, default=None, help="Default: this year.")
def show(unit: str | None, year: int | None) -> None:
    """Print the weekly hours and the special days of a year."""
    if unit:
        run(load_settings(), lambda: _show_unit(unit, year))
        return
    from backend.calendars.places import WHOLE_OFFICE
    from backend.calendars.queries import Calendars
    from backend.calendars.views import year_of

    try:
        view = year_of(WHOLE_OFFICE, Calendars({}), year or _this_year(), {})
    except AppError as error:
        fail(sentence(locale(), error.code, error.params))
    say(*_year_lines(view, default_calendar()))


def _this_year() -> int:
    from backend.auth.actors import today

    return today().year


async def _show_unit(unit: str, year: int | None) -> None:
    from backend.calendars.views import year_view
    from backend.domain.types import SYSTEM

    view = await year_view(SYSTEM, unit, year or _this_year())
    say(*_year_lines(view, await calendar_of(unit)))


def _year_lines(view: Any, calendar: WorkCalendar) -> Iterator[str]:
    from backend.calendars.reading import version_on
    from backend.calendars.schemas import hours_text

    where = locale()
    version = version_on(calendar.data, date(view.year, 12, 31))
    yield t(where, "calendars.cli.hours", on=f"{version.effective_from:%d/%m/%Y}")
    for number, hours in enumerate(hours_text(version)):
        yield f"  {t(where, f'calendars.weekday.{number}'):<10}{hours or '-'}"
    for day in view.days:
        words = day_in_words(day.name, day.decision, day.status, where)
        weekday = t(where, f"calendars.weekday.{day.like_weekday or 0}")
        yield t(where, f"calendars.cli.{day.kind}", on=day.on.isoformat(), day=words, weekday=weekday)
    yield t(where, "calendars.cli.year", year=view.year, days=view.working_days, unconfirmed=view.unconfirmed)


@calendar.command()
@click.option("--year", type=int, required=True)
@UNIT
def diff(year: int, unit: str | None) -> None:
    """Compare our calendar with what the library `holidays` says of Vietnam."""
    with units_of_command() as units:
        try:
            data = units.calendar(unit).data if unit else DEFAULT_DATA
            from backend.calendars.proposing import differences

            found = differences(data, year)
        except AppError as error:
            fail(sentence(locale(), error.code, error.params))
    where = locale()
    if not found:
        say(t(where, "calendars.cli.same", year=year))
    for one in found:
        what = t(where, f"calendars.cli.what_{one.kind}")
        if one.known_by == "ours":
            words = day_in_words(one.name, one.decision, "confirmed", where)
            say(t(where, "calendars.cli.only_ours", on=one.on.isoformat(), what=what, day=words))
        else:
            say(t(where, "calendars.cli.only_library", on=one.on.isoformat(), what=what, name=one.name))


@calendar.command()
@click.option("--year", type=int, required=True)
@click.option("--json", "as_json", is_flag=True, help="JSON instead of TOML.")
def propose(year: int, as_json: bool) -> None:
    """Print what the library `holidays` proposes for a year, unconfirmed, for `calendar apply` once it was read."""
    from backend.calendars.files import as_json_text, as_toml
    from backend.calendars.proposing import proposal

    try:
        draft = proposal(year)
    except AppError as error:
        fail(sentence(locale(), error.code, error.params))
    say((as_json_text if as_json else as_toml)(year, draft).rstrip("\n"))


@calendar.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--unit", default="@office", help="Code of a unit; default: the whole office.")
@click.option(
    "--dry-run", is_flag=True, help="Say what would change and how many open deadlines may move; write nothing."
)
@click.option("--reason", default="", help="Why days already past change.")
def apply(file: Path, unit: str, dry_run: bool, reason: str) -> None:
    """Set the years in FILE (TOML or JSON as `calendar propose` prints it): every other day of them is an ordinary one."""
    settings = load_settings()
    if not file.exists():
        fail(t(locale(), "cli.no_such_file", file=str(file)))
    from backend.calendars.files import BadFile, read

    try:
        years = read(file, reason)
    except BadFile as error:
        fail(t(locale(), "calendars.cli.file_bad", file=str(file), problem=str(error)))
    if not years:
        fail(t(locale(), "calendars.cli.file_empty", file=str(file)))
    run(settings, lambda: _apply(unit, years, dry_run))


async def _apply(unit: str, years: dict[int, Any], dry_run: bool) -> None:
    from backend.calendars import service
    from backend.domain.types import SYSTEM
    from backend.kit.db import transaction
    from backend.tasks.calendar_previews import preview_year

    where = locale()
    async with transaction():
        for year, draft in years.items():
            days = len(draft.days_off) + len(draft.make_up_days)
            if dry_run:
                n = (await preview_year(SYSTEM, unit, year, draft)).total
                say(t(where, "calendars.cli.would_apply", year=year, days=days, unit=unit, n=n))
                continue
            kept = await service.set_year(SYSTEM, unit, year, draft)
            key = "applied" if kept.changed else "applied_same"
            say(t(where, f"calendars.cli.{key}", year=year, days=days, unit=unit))


commands = [calendar]
