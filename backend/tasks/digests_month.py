"""How the tasks of a month stand, in every unit at once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from backend.domain.scoring_periods import PeriodSpan
from backend.kit.db import Sql
from backend.tasks.lines import late
from backend.tasks.listing import Buckets


class Month:
    """The four buckets of a month (by the due time, as on the pages), by unit with everything below it."""

    def __init__(self, by_path: Mapping[str, Buckets]) -> None:
        self._sums: defaultdict[str, Buckets] = defaultdict(Buckets)
        for path, counts in by_path.items():
            for end in range(1, len(path)):
                if path[end] == "/":
                    above = path[: end + 1]
                    self._sums[above] = _plus(self._sums[above], counts)

    def under(self, paths: Iterable[str]) -> Buckets:
        """Everything at and under these units, each once."""
        total = Buckets()
        wanted = sorted(set(paths))
        for path in wanted:
            if not any(path != other and path.startswith(other) for other in wanted):
                total = _plus(total, self._sums.get(path, Buckets()))
        return total


def _plus(one: Buckets, other: Buckets) -> Buckets:
    return Buckets(*(getattr(one, name) + getattr(other, name) for name in Buckets.__struct_fields__))


class _Counts(Buckets, frozen=True, kw_only=True):
    path: str


async def month(period: PeriodSpan) -> Month:
    """How the tasks stand that are due in a month; cancelled ones are in no bucket."""
    sql = Sql()
    done, is_late = "t.status = 'done'", late(sql)
    rows = await sql.fetch(
        f"select u.path, count(case when {done} and not {is_late} then 1 end) as done_on_time, "
        f"count(case when {done} and {is_late} then 1 end) as done_late, "
        f"count(case when not {done} and not {is_late} then 1 end) as open_in_time, "
        f"count(case when not {done} and {is_late} then 1 end) as open_late "
        f"from task t join unit u on u.id = t.unit_id where t.due_at >= {sql.arg(period.start)} "
        f"and t.due_at < {sql.arg(period.end)} and t.status <> 'cancelled' group by u.path",
        _Counts,
    )
    return Month({row.path: row for row in rows})
