"""Pieces of SQL that every question about the organisation is made of."""

from collections.abc import Sequence
from datetime import date

from backend.kit.db import Sql
from backend.kit.text import fold

#: The columns of a current position beside its unit; see :class:`backend.org.queries_people.Seat`.
SEAT = (
    "s.person_id, s.id as position_id, s.unit_id, u.path, u.code as unit_code, u.name as unit_name, s.role, s.rank, "
    "s.title, s.from_on, s.until_on"
)


def in_force(sql: Sql, on: date) -> str:
    """Position ``s`` in unit ``u`` counts on a day: within its dates, the unit open."""
    day = sql.arg(on)
    return (
        f"s.from_on <= {day} and (s.until_on is null or s.until_on >= {day}) "
        f"and (u.closed_on is null or u.closed_on > {day})"
    )


def in_service(sql: Sql, on: date, person: str = "p") -> str:
    """The person still serves on a day."""
    return f"{person}.left_at is null and ({person}.until_on is null or {person}.until_on >= {sql.arg(on)})"


def under_any(sql: Sql, paths: Sequence[str], column: str = "u.path") -> str:
    """The unit lies at or under one of ``paths``; none = nothing."""
    # Paths are digits and slashes: nothing to escape.
    return "(" + (" or ".join(f"{column} like {sql.arg(path + '%')}" for path in paths) or "1 = 0") + ")"


def matches(sql: Sql, q: str, *columns: str) -> str:
    """Every word of ``q`` occurs in one of the accent-folded ``columns``."""
    words = []
    for word in fold(q).removeprefix("@").split():
        pattern = "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        place = sql.arg(pattern)
        words.append("(" + " or ".join(f"{column} like {place} escape '\\'" for column in columns) + ")")
    return " and ".join(words) or "1 = 1"
