"""Products counted by the database: so many alike in all that decides where they count, without reading each."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

import msgspec

from backend.domain.scoring import RuleSet, product_weight
from backend.domain.scoring_periods import PeriodSpan, place
from backend.kit.db import Sql
from backend.scores.counting import Clean


class Tally(msgspec.Struct):
    """``n`` products on the same side of everything that placing compares: any one of them stands for all."""

    path: str
    kind: str
    weight: Decimal
    due_before: bool
    due_after: bool
    reported_before: bool | None
    late: bool | None
    n: int
    due_at: datetime
    reported_at: datetime | None


async def read(sql: Sql, where: str, period: PeriodSpan) -> list[Tally]:
    """Tallies of the tasks ``t`` (in units ``u``) that meet a condition written with ``sql``."""
    start, end = sql.arg(period.start), sql.arg(period.end)
    return await sql.fetch(
        f"select u.path, t.kind, t.weight, t.due_at < {start} as due_before, t.due_at >= {end} as due_after, "
        f"t.reported_at < {start} as reported_before, t.reported_at > t.due_at as late, count(*) as n, "
        "min(t.due_at) as due_at, min(t.reported_at) as reported_at "
        f"from task t join unit u on u.id = t.unit_id where {where} group by 1, 2, 3, 4, 5, 6, 7",
        Tally,
    )


def placed(tallies: Sequence[Tally], period: PeriodSpan, now: datetime, rules: RuleSet) -> list[Clean]:
    """What of them is of the period by the rules, by weight."""
    by_report = rules.placing == "due_or_report"
    found: defaultdict[Fraction, list[int]] = defaultdict(lambda: [0, 0])
    for tally in tallies:
        if place(tally.due_at, tally.reported_at, period, now, by_report=by_report, carry=rules.carry_open):
            group = found[product_weight(Fraction(tally.weight), tally.kind, rules)]
            group[0] += tally.n
            group[1] += tally.n * bool(tally.late)
    return [Clean(weight, n, late) for weight, (n, late) in sorted(found.items())]
