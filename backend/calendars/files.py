"""A year of special days as a file that a person reads, corrects and applies: TOML like the shipped table, or JSON."""

import json
from datetime import date
from pathlib import Path

import msgspec

from backend.calendars.schemas import DayOffDraft, DaysOff, MakeUpDayDraft, MakeUpDays, YearDraft


class BadFile(ValueError):
    """The file is no such thing; the message says where."""


class _File(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """``year`` says that the year is meant even if no day is listed in it."""

    year: int | None = None
    days_off: DaysOff = []
    make_up_days: MakeUpDays = []


def read(path: Path, reason: str = "") -> dict[int, YearDraft]:
    """The years of a file in order, each with its days. Raises BadFile."""
    type_ = msgspec.json.decode if path.suffix.lower() == ".json" else msgspec.toml.decode
    try:
        found = type_(path.read_bytes(), type=_File)
    except (msgspec.MsgspecError, ValueError, OSError) as error:
        raise BadFile(str(error)) from None
    days: list[DayOffDraft | MakeUpDayDraft] = [*found.days_off]
    days += found.make_up_days
    years = {day.on.year for day in days} | ({found.year} if found.year is not None else set())
    return {
        year: YearDraft(
            days_off=[day for day in found.days_off if day.on.year == year],
            make_up_days=[day for day in found.make_up_days if day.on.year == year],
            reason=reason,
        )
        for year in sorted(years)
    }


def as_json_text(year: int, draft: YearDraft) -> str:
    """The year as JSON."""
    known = _File(year=year, days_off=draft.days_off, make_up_days=draft.make_up_days)
    return msgspec.json.format(msgspec.json.encode(known), indent=2).decode() + "\n"


def as_toml(year: int, draft: YearDraft) -> str:
    """The year as TOML; an empty number of a decision is left out, as in the shipped table."""
    lines = [f"year = {year}"]
    for table, days in (("days_off", draft.days_off), ("make_up_days", draft.make_up_days)):
        for day in days:
            values = {key: value for key, value in msgspec.structs.asdict(day).items() if value != ""}
            lines += ["", f"[[{table}]]", *(f"{key} = {_toml(value)}" for key, value in values.items())]
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    # A JSON string is a TOML string.
    return json.dumps(value, ensure_ascii=False)
