"""What a replay reads: who had work in a month, what happened to it, what was said of it, who was away."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from backend.auth.actors import today
from backend.calendars.queries import Calendars, calendars
from backend.domain.reminding_lives import Facts, Held, Stint, holders
from backend.domain.reminding_replay import Away
from backend.domain.scoring_history import Happened
from backend.domain.types import Urgency
from backend.kit.db import Sql
from backend.org.queries_lines import leaders_in
from backend.scores.replay_tasks import events_of
from backend.tasks.firmness import Firmness, firmness

#: Tasks of one question.
_CHUNK = 1000
_TO_HOLDER = ("TaskDueSoon", "TaskDueNow", "TaskOverdue")
_TO_LEADER = "TaskAtRisk"
#: What never went out: nobody to send it to, or no way to reach them.
_UNHEARD = ("muted", "dead")


class Notice(msgspec.Struct, frozen=True):
    """One line that was really said of a task, or was to be."""

    task_id: int
    dedup_key: str
    kind: str
    status: str
    in_slot: bool
    not_before: datetime

    @property
    def to_leader(self) -> bool:
        return self.kind == _TO_LEADER

    @property
    def holder_no(self) -> int:
        """``remind:TASK:HOLDER:NUMBER``, ``risk:TASK:HOLDER``."""
        return int(self.dedup_key.split(":")[2])


class People(msgspec.Struct, frozen=True):
    """Whoever had a task that was open in a stretch; ``former``: tasks that they gave away since or in it."""

    ids: list[int]
    former: dict[int, set[int]]


def _open(sql: Sql, start: datetime, end: datetime) -> str:
    return f"t.assigned_at < {sql.arg(end)} and (t.closed_at is null or t.closed_at >= {sql.arg(start)})"


async def people_between(start: datetime, end: datetime) -> People:
    """Everybody who held a task between two moments."""
    sql = Sql()
    rows = await sql.rows(f"select distinct t.lead_id from task t where {_open(sql, start, end)}")
    sql = Sql()
    moved = await sql.rows(
        "select e.task_id, e.data from task_event e join task t on t.id = e.task_id "
        f"where e.kind = 'reassigned' and {_open(sql, start, end)}"
    )
    former: defaultdict[int, set[int]] = defaultdict(set)
    for row in moved:
        former[int(_plain(row["data"])["lead_before"])].add(int(row["task_id"]))
    return People(sorted({int(row["lead_id"]) for row in rows} | set(former)), dict(former))


class _Task(msgspec.Struct):
    id: int
    assigner_id: int
    urgency: Urgency
    needs_acceptance: bool
    tapped_at: datetime | None
    unit_id: int
    path: str
    remind_preset: str | None


class Reader:
    """Reads stints with one picture of calendars, presets and leaders."""

    def __init__(self, picture: Calendars, firm: Firmness, bosses: dict[int, list[int]]) -> None:
        self._picture = picture
        self._firm = firm
        self._bosses = bosses

    @classmethod
    async def now(cls) -> "Reader":
        """With everything as it is today."""
        units = [int(row["id"]) for row in await Sql().rows("select id from unit")]
        leaders = await leaders_in(units, today())
        bosses = {unit_id: [seat.person_id for seat in seats] for unit_id, seats in leaders.items()}
        return cls(await calendars(), await firmness(), bosses)

    async def stints(
        self, people: Sequence[int], former: Iterable[int], start: datetime, end: datetime
    ) -> tuple[dict[int, list[Stint]], list[Notice]]:
        """What these people held between two moments, by person, and everything that was ever said of it."""
        wanted, found, said = set(people), defaultdict[int, list[Stint]](list), list[Notice]()
        tasks = await _tasks(people, sorted(former), start, end)
        for at in range(0, len(tasks), _CHUNK):
            chunk = tasks[at : at + _CHUNK]
            ids = [task.id for task in chunk]
            events, notices, late = await events_of(ids), await _notices(ids), await _delays(ids)
            for task in chunk:
                mine = defaultdict[int, list[Notice]](list)
                for notice in notices[task.id]:
                    mine[notice.holder_no].append(notice)
                for held in _between(_holders(task, events[task.id]), start, end):
                    if held.person_id in wanted:
                        lines = mine[held.holder_no]
                        found[held.person_id].append(
                            self._stint(task, held, lines, late.get((task.id, held.holder_no)))
                        )
                        said += lines
        return dict(found), said

    def _stint(self, task: _Task, held: Held, notices: list[Notice], late_at: datetime | None) -> Stint:
        mine = [notice for notice in notices if not notice.to_leader]
        return Stint(
            task_id=task.id,
            holder_no=held.holder_no,
            person_id=held.person_id,
            boss_id=self._boss(held.person_id, task.path),
            calendar=self._picture.of(task.path),
            policy=self._firm.of(task.path, task.remind_preset),
            given=held.given,
            acts=held.acts,
            said=sorted(notice.not_before for notice in mine),
            heard=sorted(notice.not_before for notice in mine if notice.status not in _UNHEARD),
            told=sorted(notice.not_before for notice in notices if notice.to_leader),
            late_at=late_at,
        )

    def _boss(self, person_id: int, path: str) -> int | None:
        """The leader nearest above, as things are today."""
        for unit_id in reversed([int(part) for part in path.split("/") if part]):
            for leader_id in self._bosses.get(unit_id, ()):
                if leader_id != person_id:
                    return leader_id
        return None


def _holders(task: _Task, events: list[Happened]) -> list[Held]:
    return holders(Facts(task.id, task.assigner_id, task.urgency, task.needs_acceptance, task.tapped_at), events)


def _between(held: list[Held], start: datetime, end: datetime) -> Iterator[Held]:
    """Those who had it between two moments."""
    for number, one in enumerate(held):
        until = held[number + 1].given.answer_from_at if number + 1 < len(held) else None
        if one.given.answer_from_at < end and (until is None or until > start):
            yield one


async def _tasks(people: Sequence[int], former: Sequence[int], start: datetime, end: datetime) -> list[_Task]:
    found: dict[int, _Task] = {}
    parts = [("t.lead_id", people)] + [("t.id", former[at : at + _CHUNK]) for at in range(0, len(former), _CHUNK)]
    for column, ids in parts:
        sql = Sql()
        rows = await sql.fetch(
            "select t.id, t.assigner_id, t.urgency, t.needs_acceptance, t.tapped_at, t.unit_id, u.path, t.remind_preset "
            f"from task t join unit u on u.id = t.unit_id where {sql.any_of(column, ids)} and {_open(sql, start, end)}",
            _Task,
        )
        found |= {row.id: row for row in rows}
    return [found[key] for key in sorted(found)]


async def _notices(ids: list[int]) -> defaultdict[int, list[Notice]]:
    """Lines about tasks that were not taken back before they left."""
    sql = Sql()
    rows = await sql.fetch(
        f"select task_id, dedup_key, kind, status, in_slot, not_before from outbox_notice "
        f"where {sql.any_of('task_id', ids)} and kind in {sql.args((*_TO_HOLDER, _TO_LEADER))} "
        "and status <> 'cancelled' and twin_of_id is null order by id",
        Notice,
    )
    found: defaultdict[int, list[Notice]] = defaultdict(list)
    for row in rows:
        found[row.task_id].append(row)
    return found


async def _delays(ids: list[int]) -> dict[tuple[int, int], datetime]:
    """When each holder of a task first let a deadline pass."""
    sql = Sql()
    rows = await sql.rows(
        f"select key, happened_at from ledger_entry where {sql.any_of('task_id', ids)} "
        "and scope = 'officer' and kind = 'delay' order by id desc"
    )
    found: dict[tuple[int, int], datetime] = {}
    for row in rows:
        _, task_id, holder_no, *_ = row["key"].split(":")
        found[int(task_id), int(holder_no)] = msgspec.convert(row["happened_at"], datetime, strict=False)
    return found


class Slot(msgspec.Struct, frozen=True):
    """A message that a slot really had for somebody."""

    person_id: int
    slot_at: datetime
    lines: int


async def slots_between(start: datetime, end: datetime) -> list[Slot]:
    """Every message of a slot that was really written and reminded of something."""
    sql = Sql()
    return await sql.fetch(
        "select person_id, slot_at, lines from slot_message "
        f"where lines > 0 and slot_at >= {sql.arg(start)} and slot_at < {sql.arg(end)}",
        Slot,
    )


class _Leave(msgspec.Struct):
    person_id: int
    from_on: date
    until_on: date


async def absences(people: Sequence[int]) -> defaultdict[int, list[Away]]:
    """When each of these people was away, leaves that follow day on day as one."""
    sql = Sql()
    rows = await sql.fetch(
        f"select person_id, from_on, until_on from leave where {sql.any_of('person_id', people)} "
        "and cancelled_at is null order by person_id, from_on, until_on",
        _Leave,
    )
    found: defaultdict[int, list[Away]] = defaultdict(list)
    for row in rows:
        mine = found[row.person_id]
        if mine and row.from_on <= mine[-1].until_on + timedelta(days=1):
            mine[-1] = Away(mine[-1].from_on, max(mine[-1].until_on, row.until_on))
        else:
            mine.append(Away(row.from_on, row.until_on))
    return found


def _plain(data: Any) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(data) if isinstance(data, str) else data
    return found
