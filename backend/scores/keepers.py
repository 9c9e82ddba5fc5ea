"""HR of each unit: who is told, and decides, when nobody leads above."""

import msgspec

from backend.auth.actors import today
from backend.domain.access import under
from backend.kit.db import Sql
from backend.org.sql import in_force, in_service


class _Seat(msgspec.Struct):
    person_id: int
    name: str
    path: str


class Keepers:
    """HR positions of today; asking it costs no query."""

    def __init__(self, seats: list[_Seat]) -> None:
        self._seats = seats

    @classmethod
    async def load(cls) -> "Keepers":
        sql = Sql()
        return cls(
            await sql.fetch(
                "select s.person_id, p.full_name as name, u.path from position s join unit u on u.id = s.unit_id "
                f"join person p on p.id = s.person_id where s.role = 'hr' and {in_force(sql, today())} "
                f"and {in_service(sql, today())} order by length(u.path) desc, s.rank, s.id",
                _Seat,
            )
        )

    def of(self, path: str, *, but: int | None = None) -> list[int]:
        """HR nearest above the unit at ``path``, without the person ``but``: nobody keeps their own record."""
        over = [seat for seat in self._seats if under(path, seat.path) and seat.person_id != but]
        nearest = over[0].path if over else ""
        return list(dict.fromkeys(seat.person_id for seat in over if seat.path == nearest))
