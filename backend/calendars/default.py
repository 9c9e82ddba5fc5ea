"""The calendar of a Vietnamese public office, read from the reviewed table ``vietnam.toml`` beside this file."""

from datetime import date
from functools import cache
from importlib.resources import files

import msgspec

from backend.domain.calendar import CalendarData, CalendarVersion, DayOff, MakeUpDay, WorkCalendar
from backend.domain.calendar_data import week


class _Version(msgspec.Struct, forbid_unknown_fields=True):
    effective_from: date
    hours: list[str]


class _Table(msgspec.Struct, forbid_unknown_fields=True):
    """The file as written: hours as text, everything else as the domain's own structs."""

    zone: str
    day_minutes: int
    versions: list[_Version]
    days_off: tuple[DayOff, ...]
    make_up_days: tuple[MakeUpDay, ...]


def _load() -> CalendarData:
    """Raises msgspec.ValidationError or ValueError if the shipped table is not a calendar."""
    text = files(__package__).joinpath("vietnam.toml").read_bytes()
    table = msgspec.toml.decode(text, type=_Table)
    return CalendarData(
        zone=table.zone,
        versions=tuple(CalendarVersion(version.effective_from, week(version.hours)) for version in table.versions),
        days_off=table.days_off,
        make_up_days=table.make_up_days,
        day_minutes=table.day_minutes,
    )


DEFAULT_DATA = _load()


@cache
def default_calendar() -> WorkCalendar:
    """One shared calendar over DEFAULT_DATA, so that its index is built once per process."""
    return WorkCalendar(DEFAULT_DATA)
