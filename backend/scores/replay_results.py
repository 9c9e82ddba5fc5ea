"""Closed results worked out again: from the products, marks and corrections that they name, and from the history."""

import hashlib
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from fractions import Fraction

import msgspec

from backend.domain import scoring
from backend.domain.calendar import WorkCalendar
from backend.domain.scoring import Band, RuleSet
from backend.domain.scoring_history import Happened, History, Stand
from backend.domain.scoring_periods import PeriodSpan, Placed, place
from backend.kit.db import Sql
from backend.scores import sealing
from backend.scores.periods import read_period
from backend.scores.replaying import Difference, Found
from backend.scores.rules import RuleBook
from backend.scores.schemas import Explanation, ProductLine
from backend.scores.stored import unpack

_BATCH = 200
_SPACE = 2**64


class Closed(msgspec.Struct, frozen=True):
    """A closed period as its row says."""

    id: int
    key: str
    closed_at: datetime
    seal: str

    @property
    def span(self) -> PeriodSpan:
        return read_period(self.key)


class Owned:
    """By the history, whose products were in each closed period: a number and a sum of digests for each person, which
    any missing, surplus or altered one changes."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._sums: dict[str, defaultdict[int, list[int]]] = {key: defaultdict(lambda: [0, 0]) for key in keys}
        self._imported_at: dict[int, datetime] = {}

    async def learn_imports(self, ids: Sequence[int]) -> None:
        """When work was taken in whose events lie before that: a period closed earlier knows nothing of it."""
        if not self._sums:
            return
        sql = Sql()
        rows = await sql.rows(
            "select object_id, min(at) as at from audit_row where action = 'task.imported' "
            f"and object_kind = 'task' and {sql.any_of('object_id', list(ids))} group by object_id"
        )
        self._imported_at = {int(row["object_id"]): _instant(row["at"]) for row in rows}

    def take_in(
        self, task_id: int, code: str, events: Sequence[Happened], calendar: WorkCalendar, closed: Sequence[Closed]
    ) -> None:
        """Where one task was in each closed period, as its history stood when that was closed."""
        for period in closed:
            if not events or events[0].at >= period.span.end:
                continue
            if self._imported_at.get(task_id, period.closed_at) > period.closed_at:
                continue
            history = History(task_id, events, calendar, period.closed_at)
            if history.stand is not None:
                self._place(period, task_id, history, history.stand)

    def _place(self, period: Closed, task_id: int, history: History, stand: Stand) -> None:
        # The shipped rules of placing; sets that place otherwise are told apart by the caller (``sums_hold``).
        if stand.is_product:
            self._add(period, task_id, stand.lead_id, stand.due_at, stand.reported_at)
        if stand.cancelled_at is None and (stand.lead_id != stand.assigner_id or stand.confirmed):
            for held in history.former:
                self._add(period, task_id, held.person_id, held.due_at, held.handed_at)

    def _add(self, period: Closed, task_id: int, person_id: int, due_at: datetime, done_at: datetime | None) -> None:
        placed = place(due_at, done_at, period.span, period.closed_at)
        if placed is not None:
            pair = self._sums[period.key][person_id]
            pair[0] += 1
            pair[1] = (pair[1] + _digest(task_id, due_at, done_at, placed)) % _SPACE

    def differs(self, key: str, explained: Explanation) -> tuple[int, int] | None:
        """How many products the history says, and how many are stored, when they are not the same."""
        lines = [line for line in explained.products if line.part == "lead"]
        wanted = self._sums[key].get(explained.id, [0, 0])
        if explained.leader and not wanted[0]:
            # Without products of their own, a leader is scored on their units'.
            return None
        there = sum(_digest_of(line) for line in lines) % _SPACE
        return None if [len(lines), there] == wanted else (wanted[0], len(lines))


def _digest_of(line: ProductLine) -> int:
    return _digest(line.task_id, line.due_at, line.reported_at, Placed(line.completed, line.carried))


def _digest(task_id: int, due_at: datetime, done_at: datetime | None, placed: Placed) -> int:
    done = done_at.astimezone(UTC).isoformat() if done_at is not None and placed.completed else ""
    said = f"{task_id}|{due_at.astimezone(UTC).isoformat()}|{done}|{placed.completed}|{placed.carried}"
    return int.from_bytes(hashlib.blake2b(said.encode(), digest_size=8).digest())


def _instant(value: object) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value)).replace(tzinfo=UTC)


async def compare(period: Closed, owned: Owned) -> AsyncIterator[Found]:
    """The seal of a closed period, and each of its results."""
    broken = not await sealing.holds(period.id, period.seal)
    yield Found("seals", 1, [Difference("seal_broken", {"period": period.key})] if broken else [])
    known = await RuleBook.load()
    last = 0
    while True:
        sql = Sql()
        rows = await sql.rows(
            f"select id, total, band, data from period_result where period_id = {sql.arg(period.id)} "
            f"and id > {sql.arg(last)} order by id limit {_BATCH}"
        )
        found = [(unpack(row["data"]), str(row["total"]), str(row["band"])) for row in rows]
        there = await _ledger([explained for explained, _, _ in found])
        for explained, total, band in found:
            yield Found("results", 1, list(_differences(period, owned, known, there, explained, total, band)))
        if len(rows) < _BATCH:
            return
        last = int(rows[-1]["id"])


class _Entry(msgspec.Struct):
    id: int
    kind: str
    happened_at: datetime
    task_id: int


async def _ledger(found: Sequence[Explanation]) -> dict[int, _Entry]:
    """The entries that results name, as the ledger has them."""
    ids = sorted({entry.id for one in found for line in one.products for entry in line.entries})
    sql = Sql()
    rows = await sql.fetch(
        f"select id, kind, happened_at, task_id from ledger_entry where {sql.any_of('id', ids)} "
        "and kind in ('delay', 'further_delay', 'major_error')",
        _Entry,
    )
    return {row.id: row for row in rows}


def _differences(
    period: Closed,
    owned: Owned,
    known: RuleBook,
    there: dict[int, _Entry],
    explained: Explanation,
    total: str,
    band: str,
) -> list[Difference]:
    named: dict[str, str | int] = {"period": period.key, "subject": explained.subject, "ref": explained.ref}
    found: list[Difference] = []
    rules = known.ref(explained.rule_set)
    if rules is None:
        return [Difference("result_rules", {**named, "rules": explained.rule_set})]
    for line in explained.products:
        for entry in line.entries:
            same = there.get(entry.id)
            if same is None or (same.kind, same.happened_at, same.task_id) != (
                entry.kind,
                entry.happened_at,
                line.task_id,
            ):
                found.append(Difference("result_entry", {**named, "entry": entry.id}))
    for what, stored, again in _again(explained, rules, total, band):
        if stored != again:
            found.append(Difference("result_wrong", {**named, "what": what, "there": stored, "wanted": again}))
    if explained.subject == "person" and _usual(rules):
        differing = owned.differs(period.key, explained)
        if differing is not None:
            found.append(Difference("result_products", {**named, "wanted": differing[0], "there": differing[1]}))
    return found


def _usual(rules: RuleSet) -> bool:
    """Whether products are placed and kept by the decree's default rules, which the history is read by."""
    return (rules.placing, rules.carry_open, rules.reassigned_late, rules.cancelled_late) == (
        "due_or_report",
        True,
        "stays",
        "leaves",
    )


def _again(explained: Explanation, rules: RuleSet, total: str, band: str) -> list[tuple[str, str, str]]:
    """(what, as stored, as worked out): the points of results, the total and the band."""
    results = _results(explained, rules)
    if results is None:
        return [("band", band, "not_assessed"), ("total", total, "")]
    stored = explained.results.exact if explained.results else ""
    if explained.results is None or explained.common is None:
        return [("total", total, ""), ("results", stored, stored)]
    points = (
        results + explained.common.fraction + sum((one.points.fraction for one in explained.corrections), Fraction())
    )
    points = min(max(points, Fraction(0)), Fraction(100))
    worst: Band = scoring.overridden(scoring.band(points, rules), [one.code for one in explained.disqualified], rules)
    return [
        ("results", stored, str(results)),
        ("total", total, str(points)),
        ("total", explained.total.exact if explained.total else "", str(points)),
        ("band", band, worst),
        ("band", explained.band, worst),
    ]


def _results(explained: Explanation, rules: RuleSet) -> Fraction | None:
    """The points of results by the formula of the decree, written out: sums over products, not losses of each."""
    if not explained.products and explained.rest is None:
        return None
    own = [part.share.fraction for part in explained.parts if part.name in ("d", "dd", "e")]
    each = Fraction(rules.results_max, 3 + (3 if explained.leader else 0))
    if explained.rest is not None:
        # Not every product is there: what is stored of their losses must account for all that is missing.
        lost = sum((line.lost.fraction for line in explained.products), explained.rest.lost.fraction)
        return rules.results_max - lost - sum(((1 - share) * each for share in own), Fraction(0))
    weight = sum((Fraction(line.weight) for line in explained.products), Fraction(0))
    if not weight:
        return None
    a = b = c = Fraction(0)
    for line in explained.products:
        if line.completed:
            a += Fraction(line.weight)
            b += Fraction(line.weight) * _quality(line, rules)
            c += Fraction(line.weight) * _progress(line, rules)
    return each * ((a + b + c) / weight + sum(own, Fraction(0)))


def _standing(line: ProductLine, *kinds: str) -> list[str]:
    entries = sorted(line.entries, key=lambda entry: (entry.happened_at, entry.id))
    return [entry.kind for entry in entries if entry.kind in kinds and entry.waiver is None]


def _quality(line: ProductLine, rules: RuleSet) -> Fraction:
    left = 1 - len(_standing(line, "major_error")) * Fraction(rules.error_share)
    return max(left, min(Fraction(rules.floor), Fraction(1)))


def _progress(line: ProductLine, rules: RuleSet) -> Fraction:
    kinds = _standing(line, "delay", "further_delay")
    share = Fraction(rules.delay_share)
    if rules.delay_reading == "each":
        left = 1 - len(kinds) * share
    elif rules.delay_reading == "once":
        left = 1 - share if kinds else Fraction(1)
    elif "further_delay" in kinds:
        left = Fraction(0)
    else:
        left = 1 - share if kinds else Fraction(1)
    return max(left, min(Fraction(rules.floor), Fraction(1)))
