"""Reading the organisation: who is who, where they sit, whom they answer to, who is away."""

from backend.org.queries_absences import Absences, LeaveBrief, absences, leave_until, on_leave, open_leave_between
from backend.org.queries_lines import heads_of, leader_of, leader_over, reporting_line
from backend.org.queries_people import (
    PersonBrief,
    PersonRow,
    Seat,
    find_person,
    person_brief,
    search_people,
    seats_of,
    targets_of,
)
from backend.org.queries_units import UnitRow, find_unit, unit_by_id

__all__ = [
    "Absences",
    "LeaveBrief",
    "PersonBrief",
    "PersonRow",
    "Seat",
    "UnitRow",
    "absences",
    "find_person",
    "find_unit",
    "heads_of",
    "leader_of",
    "leader_over",
    "leave_until",
    "on_leave",
    "open_leave_between",
    "person_brief",
    "reporting_line",
    "search_people",
    "seats_of",
    "targets_of",
    "unit_by_id",
]
