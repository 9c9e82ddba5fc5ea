"""What a closed period says: stored results, as they were, and appeals decided since, visibly."""

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import msgspec

from backend.domain import scoring
from backend.domain.scoring_periods import PeriodSpan
from backend.kit.db import Sql
from backend.models import Period
from backend.scores import corrections, rules
from backend.scores.corrections import Correction
from backend.scores.explaining import correction_line
from backend.scores.periods import CLOSED
from backend.scores.schemas import Explanation, points
from backend.scores.stored import unpack as read

__all__ = ["closed_period", "read", "stored_people", "stored_units"]


async def closed_period(key: str) -> Period | None:
    """The period's row when it is closed."""
    return await Period.filter(key=key, status=CLOSED).first()


async def stored_people(period: Period, span: PeriodSpan, ids: Iterable[int]) -> dict[int, Explanation]:
    """Explanations of people as they were sealed, with appeals decided after the closing."""
    wanted = sorted(set(ids))
    rows = await _stored(period, "person_id", wanted)
    later = await corrections.of_people(period.key, wanted)
    known = await rules.RuleBook.load()
    found = {}
    for row in rows:
        explained = read(row["data"])
        sealed = {line.id for line in explained.corrections}
        new = [one for one in later.get(explained.id, []) if one.id not in sealed]
        found[explained.id] = _corrected(explained, new, known) if new else explained
    return found


async def stored_units(period: Period, ids: Iterable[int]) -> dict[int, Explanation]:
    """Explanations of units as they were sealed."""
    rows = await _stored(period, "unit_id", sorted(set(ids)))
    return {explained.id: explained for explained in (read(row["data"]) for row in rows)}


async def _stored(period: Period, column: str, ids: list[int]) -> list[dict[str, Any]]:
    # Not through the ORM: its list of ids is one argument each, and a database takes 32,767.
    sql = Sql()
    return await sql.rows(
        f"select data from period_result where period_id = {sql.arg(period.id)} and {sql.any_of(column, ids)}"
    )


def _corrected(explained: Explanation, new: list[Correction], known: rules.RuleBook) -> Explanation:
    lines = [*explained.corrections, *(correction_line(one, after_close=True) for one in new)]
    total, band = explained.total, explained.band
    if total is not None:
        changed = total.fraction + sum((one.points for one in new), Fraction(0))
        changed = min(max(changed, Fraction(0)), Fraction(100))
        # By the very version that the period was closed under.
        ruleset = known.ref(explained.rule_set)
        if ruleset is None:
            raise LookupError(f"no published rule set {explained.rule_set!r}")
        reasons = [one.code for one in explained.disqualified]
        total, band = points(changed), scoring.overridden(scoring.band(changed, ruleset), reasons, ruleset)
    return msgspec.structs.replace(explained, corrections=lines, total=total, band=band)
