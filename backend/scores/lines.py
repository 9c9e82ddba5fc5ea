"""Whom everybody answers to, for many people at once; the same answer as :func:`backend.org.queries.reporting_line`."""

from collections import defaultdict
from datetime import date

from backend.auth.actors import today
from backend.org.queries_lines import leaders_in
from backend.org.queries_people import Seat
from backend.org.queries_units import UnitRow, units_under


class Lines:
    """The leaders of every unit on one day; asking it costs no query."""

    def __init__(self, units: list[UnitRow], leaders: dict[int, list[Seat]]) -> None:
        self.units = units
        self._units = {unit.id: unit for unit in units}
        self._leaders = leaders
        self._leads: defaultdict[int, list[Seat]] = defaultdict(list)
        for seats in leaders.values():
            for seat in seats:
                self._leads[seat.person_id].append(seat)

    @classmethod
    async def load(cls, on: date | None = None) -> "Lines":
        units = await units_under(None)
        return cls(units, await leaders_in([unit.id for unit in units], on or today()))

    def over(self, person_id: int, unit_id: int) -> list[int]:
        """Whom a person in a unit answers to, nearest first, to the root."""
        line: list[int] = []
        at = self._units.get(unit_id)
        while at is not None:
            for candidate in (self._chief(at), self._overseer(at)):
                if candidate is not None and candidate != person_id and candidate not in line:
                    line.append(candidate)
            at = self._units.get(at.parent_id) if at.parent_id is not None else None
        return line

    def over_unit(self, unit_id: int) -> int | None:
        """Who marks a unit: the chief of the nearest unit above that has one other than the unit's own; None at the
        top."""
        unit = self._units.get(unit_id)
        own = self._chief(unit) if unit else None
        while unit is not None and unit.parent_id is not None:
            unit = self._units.get(unit.parent_id)
            chief = self._chief(unit) if unit else None
            if chief is not None and chief != own:
                return chief
        return None

    def path(self, unit_id: int) -> str:
        """Where a unit lies."""
        return self._units[unit_id].path

    def top(self, unit_id: int) -> list[int]:
        """The chief of a unit when nobody leads above it."""
        unit = self._units.get(unit_id)
        chief = self._chief(unit) if unit else None
        return [chief] if chief is not None and not self.over(chief, unit_id) else []

    def _chief(self, unit: UnitRow) -> int | None:
        seats = self._leaders.get(unit.id)
        return seats[0].person_id if seats else None

    def _overseer(self, unit: UnitRow) -> int | None:
        """Who looks after the unit, as long as they lead a unit above it."""
        seats = self._leads.get(unit.overseer_id, []) if unit.overseer_id is not None else []
        above = any(seat.unit_id != unit.id and unit.path.startswith(seat.path) for seat in seats)
        return unit.overseer_id if above else None
