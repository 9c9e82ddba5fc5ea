"""Steps of the sign-off that were taken, as rows: who signed what, when, with which mark."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Literal

import msgspec

from backend.domain.signing import Step
from backend.kit.db import Sql
from backend.models import SignOff

Subject = tuple[Literal["person", "unit"], int]


class Taken(msgspec.Struct, frozen=True):
    """A step that was taken; ``passed_reason`` says why HR passed over it."""

    id: int
    person_id: int | None
    unit_id: int | None
    step: Step
    value: Decimal | None
    signed_by_id: int
    signed_by: str
    signed_at: datetime
    passed_reason: str


async def of_period(key: str, ids: Iterable[int] | None = None) -> dict[Subject, dict[Step, Taken]]:
    """The steps taken in a period, by subject; of these people only when ``ids`` is given (units always)."""
    sql = Sql()
    among = "" if ids is None else f"and (s.person_id is null or {sql.any_of('s.person_id', sorted(set(ids)))}) "
    rows = await sql.fetch(
        "select s.id, s.person_id, s.unit_id, s.step, s.value, s.signed_by_id, coalesce(b.full_name, '') as signed_by, "
        "s.signed_at, s.passed_reason from sign_off s join period p on p.id = s.period_id "
        f"left join person b on b.id = s.signed_by_id where p.key = {sql.arg(key)} {among}order by s.id",
        Taken,
    )
    found: defaultdict[Subject, dict[Step, Taken]] = defaultdict(dict)
    for row in rows:
        subject: Subject = ("person", row.person_id) if row.person_id is not None else ("unit", row.unit_id or 0)
        found[subject][row.step] = row
    return dict(found)


async def signed(period_id: int, person_id: int | None, unit_id: int | None, step: str) -> bool:
    """Whether a step of somebody (or of a unit) was taken."""
    return await SignOff.filter(period_id=period_id, person_id=person_id, unit_id=unit_id, step=step).exists()
