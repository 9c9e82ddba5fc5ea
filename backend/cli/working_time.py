"""The command ``due``: counting deadlines, for people and, line by line, for programs."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import Any

import click
import msgspec

from backend.calendars.counting import Answer, Question, count
from backend.calendars.default import default_calendar
from backend.calendars.telling import in_words
from backend.cli.frame import fail, load_settings, locale, office, say
from backend.domain.calendar import WorkCalendar
from backend.errors import AppError
from backend.kit.i18n import moment, t
from backend.kit.sentences import say as sentence

UNIT = click.option("--unit", default=None, help="Code of a unit, or @office; default: the shipped table, no database.")


class Unready(AppError):
    """A unit was named and its office's database does not answer or is not migrated."""

    status = 503


class Units:
    """Calendars of units for a command; the database is opened when the first one is asked for, and only then."""

    def __init__(self) -> None:
        self._runner: asyncio.Runner | None = None
        self._stack = AsyncExitStack()

    def calendar(self, unit: str | None) -> WorkCalendar:
        """The calendar in force now; without a unit that of the shipped table. Raises NotFound, or Unready when there is
        no database to ask."""
        if not unit:
            return default_calendar()
        from backend.kit.db import OperationalError

        try:
            return self._opened().run(calendar_of(unit))
        except OperationalError:
            raise Unready("not_ready") from None

    def _opened(self) -> asyncio.Runner:
        if self._runner is None:
            settings, runner = load_settings(), asyncio.Runner()
            try:
                runner.run(self._stack.enter_async_context(office(settings)))
            except BaseException:
                runner.close()
                raise
            self._runner = runner
        return self._runner

    def close(self) -> None:
        if self._runner is not None:
            self._runner.run(self._stack.aclose())
            self._runner.close()


async def calendar_of(unit: str) -> WorkCalendar:
    """The calendar of a unit by its code, with the database open. Raises NotFound."""
    from backend.calendars.places import find_place
    from backend.calendars.queries import calendars
    from backend.domain.types import SYSTEM

    place = await find_place(SYSTEM, unit)
    return (await calendars()).of(place.path)


@contextmanager
def units_of_command() -> Iterator[Units]:
    """The units of one command; what was opened for it is closed after it."""
    units = Units()
    try:
        yield units
    finally:
        units.close()


@click.command()
@click.option("--from", "from_", default=None, help="When time begins to run, 2026-02-13T16:30.")
@click.option("--to", default=None, help="Count the working minutes from --from to this time instead.")
@click.option("--minutes", type=int, default=None, help="Working minutes.")
@click.option("--days", type=int, default=None, help="Days, the first not counted.")
@click.option("--rule", type=click.Choice(["working", "calendar"]), default=None, help="Which days (default: working).")
@click.option("--pause", "pauses", multiple=True, help="A stopped clock A..B (A.. = still stopped); may be repeated.")
@click.option("--explain", is_flag=True, help="What was counted, what was not, and why.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.option(
    "--batch", is_flag=True, help="Read one JSON question a line from standard input, write one answer a line."
)
@UNIT
def due(
    from_: str | None,
    to: str | None,
    minutes: int | None,
    days: int | None,
    rule: Any,
    pauses: tuple[str, ...],
    explain: bool,
    as_json: bool,
    batch: bool,
    unit: str | None,
) -> None:
    """Count a deadline: when it is due, or how much working time lies between two moments."""
    with units_of_command() as units:
        if batch:
            _answer_lines(units, unit)
            return
        try:
            question = Question(
                from_=None if to else from_,
                minutes=minutes,
                days=days,
                rule=rule,
                pauses=[_pause(text) for text in pauses],
                between=(from_ or "", to) if to else None,
                explain=explain,
            )
            calendar = units.calendar(unit)
            answer = in_words(count(question, calendar), locale())
        except AppError as error:
            fail(sentence(locale(), error.code, error.params))
    say(*([_encoded(answer).decode()] if as_json else _lines(answer, calendar)))


def _pause(text: str) -> tuple[str, str | None]:
    start, _, until = text.partition("..")
    return start, until or None


def _encoded(answer: object) -> bytes:
    return msgspec.json.encode(answer)


def _lines(answer: Answer, calendar: WorkCalendar) -> Iterator[str]:
    where, zone = locale(), calendar.data.zone
    if answer.due is not msgspec.UNSET:
        yield moment(where, answer.due, zone)
    if answer.minutes is not msgspec.UNSET:
        yield t(where, "calendars.cli.minutes", n=answer.minutes)
    for span in answer.spans or ():
        days = span.days is not msgspec.UNSET
        length = t(where, f"calendars.cli.span_{'days' if days else 'minutes'}", n=span.days if days else span.minutes)
        if days and not span.counted:
            length = ""
        yield t(
            where,
            "calendars.cli.span",
            mark="+" if span.counted else "-",
            start=f"{span.from_:%d/%m/%Y %H:%M}",
            end=f"{span.to:%d/%m/%Y %H:%M}",
            length=f"{length:>12}",
            words=span.words,
        )


def _answer_lines(units: Units, unit: str | None) -> None:
    """A line that is no question, or has no answer, is answered with an error; the next one is read all the same."""
    out = sys.stdout.buffer
    for line in sys.stdin.buffer:
        out.write(_encoded(_answered(line, units, unit)) + b"\n")
        out.flush()


def _answered(line: bytes, units: Units, unit: str | None) -> Answer | dict[str, str]:
    try:
        question = msgspec.json.decode(line, type=Question)
        return in_words(count(question, units.calendar(question.unit or unit)), locale())
    except AppError as error:
        return {"error": sentence(locale(), error.code, error.params)}
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return {"error": sentence(locale(), "count_not_a_question", {"problem": str(error)})}


commands = [due]
