"""HR of each unit: who is told, and decides, when nobody leads above; and the admins behind them."""

from collections.abc import Collection

import msgspec

from backend.auth.actors import today
from backend.domain.access import under
from backend.domain.types import Role
from backend.kit.db import Sql
from backend.org.sql import in_force, in_service


class _Seat(msgspec.Struct):
    person_id: int
    role: Role
    path: str


class Keepers:
    """HR and admin positions of today; asking it costs no query."""

    def __init__(self, seats: list[_Seat]) -> None:
        self._seats = seats

    @classmethod
    async def load(cls) -> "Keepers":
        sql = Sql()
        return cls(
            await sql.fetch(
                "select s.person_id, s.role, u.path from position s join unit u on u.id = s.unit_id "
                f"join person p on p.id = s.person_id where s.role in ('hr', 'admin') and {in_force(sql, today())} "
                f"and {in_service(sql, today())} order by length(u.path) desc, s.rank, s.id",
                _Seat,
            )
        )

    def of(self, path: str, *, but: Collection[int] = ()) -> list[int]:
        """HR nearest above the unit at ``path``, without those in ``but``: nobody keeps their own record."""
        return self._nearest(Role.HR, path, but)

    def admins(self, path: str, *, but: Collection[int] = ()) -> list[int]:
        """Admins nearest above the unit at ``path``, without those in ``but``."""
        return self._nearest(Role.ADMIN, path, but)

    def all_hr(self, path: str) -> set[int]:
        """Everybody who is HR of the unit at ``path``."""
        return {seat.person_id for seat in self._seats if seat.role is Role.HR and under(path, seat.path)}

    def only_ones(self) -> list[tuple[int, str]]:
        """Whoever is the only HR of the place they sit at, and that place."""
        hr = [(seat.person_id, seat.path) for seat in self._seats if seat.role is Role.HR]
        return [(person_id, path) for person_id, path in hr if self.all_hr(path) == {person_id}]

    def _nearest(self, role: Role, path: str, but: Collection[int]) -> list[int]:
        over = [seat for seat in self._seats if seat.role is role and under(path, seat.path)]
        over = [seat for seat in over if seat.person_id not in but]
        nearest = over[0].path if over else ""
        return list(dict.fromkeys(seat.person_id for seat in over if seat.path == nearest))
