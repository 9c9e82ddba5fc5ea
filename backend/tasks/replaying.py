"""Trying another preset on the office's own past: a month of timelines read, lived again and added up.

Read and replayed :data:`PEOPLE` people at a time, so that memory does not grow with the office; the time does, with
tasks and with what happened to them (docs/reminders.md has figures).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from backend.calendars.queries import OFFICE, calendar_for
from backend.domain.calendar import WorkCalendar
from backend.domain.reminding_estimate import DAYS, Weighed, Worth, measure, weigh
from backend.domain.reminding_lives import Stint
from backend.domain.reminding_policy import History
from backend.domain.reminding_replay import Away, Room, Said, replay
from backend.domain.scoring_periods import PeriodSpan
from backend.errors import Invalid
from backend.kit import clock
from backend.tasks import record
from backend.tasks.firmness import PRESETS, at_slots
from backend.tasks.replaying_reads import Notice, Reader, absences, people_between, slots_between
from backend.tasks.trial import effect, has_tasks, read_month

#: People in one batch.
PEOPLE = 50


class Column(msgspec.Struct):
    """What was said, or would have been. ``messages``: one a person and slot; ``lines`` in them; ``words`` of short and
    urgent tasks outside of slots; ``leader_lines`` in leaders' messages; ``tasks`` that a holder was reminded of;
    ``most_a_day``: messages to one person on one day."""

    messages: int = 0
    lines: int = 0
    words: int = 0
    leader_lines: int = 0
    tasks: int = 0
    most_a_day: int = 0

    @property
    def per_task(self) -> float:
        """Reminders of a task that had any."""
        return (self.lines + self.words) / self.tasks if self.tasks else 0.0


class Simulation(msgspec.Struct, frozen=True):
    """A month lived again. ``happened`` is what was really said, ``present`` the presets in force now replayed, ``asked``
    the one asked about. ``source``: where ``chance`` (of a line to save a deadline) comes from; without it nothing is
    estimated. ``late`` of ``decided`` deadlines were really missed; ``expected`` = with the preset asked about."""

    month: str
    preset: str
    presets_now: tuple[str, ...]
    people: int
    tasks: int
    any_tasks: bool
    happened: Column
    present: Column
    asked: Column
    decided: int
    late: int
    worth: Worth
    chance: float | None
    source: Literal["lines", "trial", "none"]
    saved: float | None
    lost: float | None
    expected: float | None

    @property
    def failed(self) -> bool:
        """There was nothing to replay although there are tasks."""
        return self.any_tasks and self.tasks == 0


async def simulate(month: str, preset: str) -> Simulation:
    """Replay a month ``2026-10`` under another preset. Raises Invalid for anything but a month, or for no preset.

    Counts behind the risk, presets, slots, units and leaders are those of today. The running month is replayed up to now.
    """
    if preset not in PRESETS:
        raise Invalid("preset_bad", value=preset[:20])
    period = await read_month(month)
    run = _Run(period, preset, await calendar_for(OFFICE), await Reader.now())
    await run.all()
    any_tasks = await has_tasks()
    if run.worth.chance is not None:
        return run.view(run.worth.chance, "lines", any_tasks)
    trial = (await effect(month)).effect
    if trial.tells and trial.difference is not None:
        return run.view(max(trial.difference, 0.0), "trial", any_tasks)
    return run.view(None, "none", any_tasks)


class _Run:
    """A replay on its way: what was added up so far."""

    def __init__(self, period: PeriodSpan, preset: str, office: WorkCalendar, reader: Reader) -> None:
        self.period = period
        self.preset = preset
        self.reader = reader
        self.zone = office.zone
        self.now = clock.now()
        self.end = min(period.end, self.now)
        self.days = _days(period, office)
        self.people = self.tasks = 0
        self.presets_now: set[str] = set()
        self.happened, self.present, self.asked = Column(), Column(), Column()
        self.room: Room = Counter()
        self.other_room: Room | None = None
        self.worth, self.weighed = Worth(), Weighed()

    async def all(self) -> None:
        """Everybody, batch by batch."""
        start, end = self.period.start, self.end
        if end <= start:
            return
        people = await people_between(start, end)
        for at in range(0, len(people.ids), PEOPLE):
            batch = people.ids[at : at + PEOPLE]
            former = {task_id for person_id in batch for task_id in people.former.get(person_id, ())}
            stints, notices = await self.reader.stints(batch, former, start, end)
            self._happened(notices)
            histories, away = await record.histories(batch), await absences(batch)
            for person_id in sorted(stints):
                self._person(stints[person_id], histories[person_id], away[person_id])
        slots = await slots_between(start, end)
        self.happened.messages = len(slots)
        self.happened.lines = sum(slot.lines for slot in slots)
        _count_days(self.happened, ((slot.person_id, slot.slot_at) for slot in slots), self.zone)

    def _happened(self, notices: list[Notice]) -> None:
        inside = [one for one in notices if self.period.start <= one.not_before < self.end]
        mine = [one for one in inside if not one.to_leader]
        self.happened.leader_lines += len(inside) - len(mine)
        self.happened.words += sum(not one.in_slot for one in mine)
        self.happened.tasks += len({(one.task_id, one.holder_no) for one in mine})

    def _person(self, stints: list[Stint], history: History, away: Sequence[Away]) -> None:
        self.people += 1
        self.tasks += len(stints)
        self.presets_now |= {stint.policy.name for stint in stints}
        start, end = self.period.start, self.end
        in_force = [stint.policy for stint in stints]
        policies = [at_slots(self.preset, policy.slots) for policy in in_force]
        if self.other_room is None and policies != in_force:
            # Up to here both were the same, leaders' messages too.
            self.other_room = self.room.copy()
        asked = present = replay(stints, in_force, history, away, start, end, self.room)
        if self.other_room is not None:
            asked = replay(stints, policies, history, away, start, end, self.other_room)
        for column, said in ((self.present, present), (self.asked, asked)):
            self._add(column, said, stints[0].person_id)
        for stint, now, then in zip(stints, present.stints, asked.stints, strict=True):
            measure(self.worth, stint, self.days, start, end, self.now)
            weigh(self.weighed, stint, now, then, start, end)

    def _add(self, column: Column, said: Said, person_id: int) -> None:
        """One person's part of a replay."""
        column.messages += len(said.slots)
        column.lines += sum(len(told.lines) for told in said.stints)
        column.words += sum(len(told.words) for told in said.stints)
        column.leader_lines += sum(len(told.leader) for told in said.stints)
        column.tasks += sum(bool(told.lines or told.words) for told in said.stints)
        _count_days(column, ((person_id, at) for at in said.slots), self.zone)

    def view(self, chance: float | None, source: Literal["lines", "trial", "none"], any_tasks: bool) -> Simulation:
        """What came of it, with the estimate if there is a chance to make it from."""
        weighed = self.weighed
        return Simulation(
            month=self.period.key,
            preset=self.preset,
            presets_now=tuple(sorted(self.presets_now)),
            people=self.people,
            tasks=self.tasks,
            any_tasks=any_tasks,
            happened=self.happened,
            present=self.present,
            asked=self.asked,
            decided=weighed.decided,
            late=weighed.late,
            worth=self.worth,
            chance=chance,
            source=source,
            saved=round(weighed.saved(chance), 1) if chance is not None else None,
            lost=round(weighed.lost * chance, 1) if chance is not None else None,
            expected=round(weighed.expected(chance), 1) if chance is not None else None,
        )


def _days(period: PeriodSpan, office: WorkCalendar) -> list[datetime]:
    """The beginnings of a month's working days, with :data:`DAYS` more at either end."""
    day = office.nth_working_day(office.working_day_from(period.from_on), -DAYS)
    last = office.nth_working_day(period.until_on, DAYS)
    found = []
    while day <= last:
        found.append(office.day_start(day).astimezone(UTC))
        day = office.next_working_day(day)
    return found


def _count_days(column: Column, messages: Iterable[tuple[int, datetime]], zone: ZoneInfo) -> None:
    """The most messages that one person had on one day."""
    days = Counter((person_id, at.astimezone(zone).date()) for person_id, at in messages)
    column.most_a_day = max([column.most_a_day, *days.values()])
