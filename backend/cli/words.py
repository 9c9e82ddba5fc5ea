"""The command that reads lines as a person would type them: what one line means, or a whole file of them."""

import csv
import sys
from collections.abc import Iterable
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import click
import msgspec

from backend.cli.frame import fail, load_settings, locale, run, say
from backend.domain.calendar import WorkCalendar
from backend.domain.phrases import Lead, Phrase, Roster, Somebody, echo
from backend.domain.phrases import parse as parse_line
from backend.kit import i18n
from backend.kit.i18n import t

_ENCODER = msgspec.json.Encoder(decimal_format="number")


@click.command()
@click.argument("line", required=False)
@click.option("--now", default="", help="The moment it is typed, e.g. 2026-11-23T09:00, local time of the office.")
@click.option("--people", type=click.Path(path_type=Path), help="CSV handle,name,unit,title instead of the database.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.option("--batch", is_flag=True, help="Lines from standard input, one JSON object a line out.")
def parse(line: str | None, now: str, people: Path | None, as_json: bool, batch: bool) -> None:
    """Show how LINE is understood: who, what, by when, how urgent. Nothing is stored."""
    if batch == (line is not None):
        fail(t(locale(), "words.line_or_batch"))
    try:
        given = datetime.fromisoformat(now) if now else None
    except ValueError:
        fail(t(locale(), "words.bad_now", now=now))
    calendar, roster, at = _from_file(people, given) if people else _from_office(given)
    if batch:
        # What is not UTF-8 is still a line; a lone surrogate could not be written out again.
        for each in TextIOWrapper(sys.stdin.buffer, encoding="utf-8", errors="replace"):
            say(_json(parse_line(each.rstrip("\r\n"), at, calendar, roster)))
        return
    phrase = parse_line(str(line).encode(errors="replace").decode(), at, calendar, roster)
    say(_json(phrase) if as_json else readable(phrase, locale()))


def _from_file(file: Path, given: datetime | None) -> tuple[WorkCalendar, Roster, datetime]:
    from backend.calendars.default import default_calendar
    from backend.kit import clock

    if not file.exists():
        fail(t(locale(), "cli.no_such_file", file=str(file)))
    with file.open(encoding="utf-8-sig", newline="") as opened:
        try:
            roster = Roster(_somebody(dict(row)) for row in csv.DictReader(opened))
        except (ValueError, csv.Error, UnicodeDecodeError) as error:
            fail(t(locale(), "words.bad_people", file=str(file), why=str(error)))
    calendar = default_calendar()
    return calendar, roster, _local(given, calendar) or clock.now()


def _somebody(row: dict[str, str | None]) -> Somebody:
    known = {name: (row.get(name) or "").strip() for name in ("handle", "name", "unit", "title")}
    if not known["handle"] or not known["name"]:
        raise ValueError("handle,name,unit,title")
    return Somebody(**known)


def _from_office(given: datetime | None) -> tuple[WorkCalendar, Roster, datetime]:
    settings = load_settings()

    async def work() -> tuple[WorkCalendar, Roster, datetime]:
        from backend.calendars.queries import OFFICE, calendar_for
        from backend.domain.types import SYSTEM
        from backend.kit import clock
        from backend.org.naming import everybody

        calendar = await calendar_for(OFFICE)
        people = await everybody(SYSTEM)
        roster = Roster(Somebody(one.handle, one.name, one.unit, one.title) for one in people)
        return calendar, roster, _local(given, calendar) or clock.now()

    return run(settings, work)


def _local(given: datetime | None, calendar: WorkCalendar) -> datetime | None:
    return given.replace(tzinfo=calendar.zone) if given is not None and given.tzinfo is None else given


def _json(phrase: Phrase) -> str:
    return _ENCODER.encode(phrase).decode()


def readable(phrase: Phrase, where: str) -> str:
    """The draft in the reader's language, a line for each thing that was understood, then what is asked."""
    lines = [
        *_said(where, "leads", _names(phrase.leads)),
        *_said(where, "coordinators", _names(phrase.coordinators)),
        *_said(where, "title", phrase.title),
        *_said(where, "due", _due(phrase, where)),
        *_said(where, "recurrence", t(where, f"words.{phrase.recurrence}") if phrase.recurrence else ""),
        *_said(where, "urgency", t(where, f"words.{phrase.urgency}") if phrase.urgency != "normal" else ""),
        *_said(where, "weight", i18n.number(where, phrase.weight, 3) if phrase.weight != 1 else ""),
    ]
    if phrase.needs_acceptance:
        lines.append(t(where, "words.needs_acceptance"))
    for reason in phrase.asks:
        key = f"words.asks.{reason}"
        lines.append("? " + t(where, key if i18n.has(where, key) else "words.asks.unsure"))
    for lead in (*phrase.leads, *phrase.coordinators):
        lines += [f"  - @{one.handle} {one.name} ({one.title}, {one.unit})" for one in lead.choices]
    return "\n".join([*lines, "> " + echo(phrase, where)])


def _said(where: str, key: str, value: str) -> Iterable[str]:
    return [t(where, f"words.{key}", **{"value": value})] if value else []


def _names(leads: list[Lead]) -> str:
    return ", ".join(f"{lead.name} (@{lead.handle})" if lead.handle else f"{lead.name} (?)" for lead in leads)


def _due(phrase: Phrase, where: str) -> str:
    if phrase.due is None:
        return ""
    said: dict[str, Any] = {"at": f"{phrase.due:%H:%M} {i18n.day(where, phrase.due.date())}"}
    return t(where, "words.day_off" if "day_off" in phrase.flags else "words.at", **said)


commands = [parse]
