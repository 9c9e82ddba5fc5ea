"""What must be done before a period can be closed, and by whom."""

from collections.abc import Iterable

import msgspec

from backend.domain.scoring_periods import PeriodSpan
from backend.errors import InvalidFields
from backend.kit.db import Sql
from backend.org.queries_units import units_under
from backend.scores.standing import Office, owed

#: What an issue of closing is called by the step that is owed.
_OWES = {"self": "owes_self", "head": "owes_head", "leader": "owes_leader"}
#: … and when there is nobody whose turn it could be.
_NOBODY = "owes_nobody"


async def require_signed(period: PeriodSpan, ids: Iterable[int], units: Iterable[int]) -> None:
    """Raises InvalidFields naming, for each of the assessed people and units, who owes which step, and every waiver
    request that nobody has decided: nothing of the kind can be done once the period is closed."""
    wanted, among = set(ids), set(units)
    office = await Office.load(period, wanted)
    rows = [unit for unit in await units_under(None) if unit.id in among]
    issues = [
        {
            "where": f"{one.subject}:{one.ref}",
            "code": _OWES[one.step] if one.holders else _NOBODY,
            "value": one.step,
            "name": one.name,
            "holders": ", ".join(one.holders),
        }
        for one in await owed(office, wanted, rows)
    ]
    issues += await _undecided(period)
    if issues:
        raise InvalidFields("sign_offs_missing", issues, n=len(issues))


class _Undecided(msgspec.Struct):
    handle: str
    full_name: str
    code: str


async def _undecided(period: PeriodSpan) -> list[dict[str, str]]:
    """Requests about what counts in this period or an earlier one: what is not reported yet counts in a later."""
    sql = Sql()
    rows = await sql.fetch(
        "select p.handle, p.full_name, t.code from waiver_request r join person p on p.id = r.person_id "
        f"join task t on t.id = r.task_id where r.decision = '' and t.reported_at < {sql.arg(period.end)} order by r.id",
        _Undecided,
    )
    return [
        {"where": f"person:{row.handle}", "code": "waiver_undecided", "name": row.full_name, "task": row.code}
        for row in rows
    ]
