"""The digests: what somebody wants to see of a day or a week, said below the lines of a slot."""

from datetime import date, datetime

import msgspec

from backend.domain.notices_frame import Notice, TaskRef


class MorningList(Notice, frozen=True):
    """To an officer: of their own tasks, what is due on a day or was put off until it. ``tasks`` are the first of
    ``count``, deadlines still ahead first; ``overdue`` are open past theirs."""

    on: date
    tasks: tuple[TaskRef, ...]
    count: int
    overdue: int = 0


class HeldTask(msgspec.Struct, frozen=True):
    """A task beside the name of who holds it."""

    task: TaskRef
    lead: str


class MonthNotice(Notice, frozen=True):
    """The four buckets of the tasks that are due in the month ``period``."""

    period: str
    done_on_time: int
    done_late: int
    open_in_time: int
    open_late: int


class LeaderDigest(MonthNotice, frozen=True):
    """To a leader: how their units stand at a moment. ``tasks`` are the first of those due soon (``ahead`` in all), then
    of those overdue, youngest first."""

    at: datetime
    tasks: tuple[HeldTask, ...]
    ahead: int
    overdue: int


class LateOfficer(msgspec.Struct, frozen=True):
    """Who was late with how many tasks."""

    name: str
    tasks: int


class WeeklyDigest(MonthNotice, frozen=True):
    """To HR: in the week of these days ``late`` tasks of ``late_officers`` people became late, most of them those of
    ``officers``; requests and appeals that wait for a decision; ``unlinked`` people without a chat, of whom nothing reaches
    ``unreached``, and only mail or only a browser's notifications the others."""

    from_on: date
    until_on: date
    late: int
    late_officers: int
    officers: tuple[LateOfficer, ...]
    waivers: int
    appeals: int
    unlinked: int
    unreached: int = 0
    only_mail: int = 0
    only_push: int = 0
