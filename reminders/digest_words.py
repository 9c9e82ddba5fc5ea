"""What the digests say: notices of those that have something to say."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import msgspec

from backend.domain.notices import AnyNotice, LeaderDigest, MorningList, WeeklyDigest
from backend.domain.types import Role
from backend.outbox import Said
from backend.tasks import digests, digests_weekly
from backend.tasks.digests import Seat
from reminders.digest_turns import Round, Turn, monday_of

#: How many working days ahead a leader can still save something.
SOON_DAYS = 2
_WEEK = timedelta(days=7)


async def said(turns: Sequence[Turn], round_: Round) -> list[Said]:
    """Every digest of these people that has something to say."""
    return [
        *await _lists([turn for turn in turns if turn.slot and turn.reader.morning_list], round_),
        *await _leaders([turn for turn in turns if turn.slot and turn.reader.leader_digest], round_),
        *await _weeks([turn for turn in turns if turn.weekly], round_),
    ]


def _one(turn: Turn, notice: AnyNotice, what: str, when: date | str, slot: datetime | None) -> Said:
    person_id = turn.reader.id
    key = f"{what}:{person_id}:{when}"
    return Said(notice=notice, person_id=person_id, dedup_key=key, topic="digest", not_before=slot, in_slot=True)


async def _lists(turns: Sequence[Turn], round_: Round) -> list[Said]:
    on = round_.today
    start, end = round_.midnight(on), round_.midnight(on + timedelta(days=1))
    days = await digests.days_of([turn.reader.id for turn in turns], round_.now, start, end) if turns else {}
    return [
        _one(turn, MorningList(on, tuple(day.tasks), day.count, day.overdue), "morning", on, turn.slot)
        for turn in turns
        if (day := days.get(turn.reader.id))
    ]


async def _leaders(turns: Sequence[Turn], round_: Round) -> list[Said]:
    seats = [seat for turn in turns for seat in turn.seats_as(Role.LEADER)]
    soon = round_.office.add(round_.now, SOON_DAYS * round_.office.data.day_minutes)
    held = await digests.held_below(seats, round_.now, soon, round_.on)
    said = []
    for turn in turns:
        if below := held.get(turn.reader.id):
            notice = LeaderDigest(
                at=round_.now,
                tasks=tuple(below.tasks),
                ahead=below.ahead,
                overdue=below.overdue,
                period=round_.month_key,
                **await _buckets(turn.seats_as(Role.LEADER), round_),
            )
            said.append(_one(turn, notice, "leader", round_.today, turn.slot))
    return said


async def _weeks(turns: Sequence[Turn], round_: Round) -> list[Said]:
    """The week before this one."""
    monday = monday_of(round_.today)
    seats = [seat for turn in turns for seat in turn.seats_as(Role.HR)]
    start, end = round_.midnight(monday - _WEEK), round_.midnight(monday)
    weeks = await digests_weekly.weeks_of(seats, start, end, round_.on)
    said = []
    for turn in turns:
        week = weeks.get(turn.reader.id)
        if week is None or week.is_empty:
            continue
        notice = WeeklyDigest(
            from_on=monday - _WEEK,
            until_on=monday - timedelta(days=1),
            late=week.late,
            late_officers=week.late_officers,
            officers=tuple(week.officers),
            waivers=week.waivers,
            appeals=week.appeals,
            unlinked=week.unlinked,
            unreached=week.unreached,
            only_mail=week.only_mail,
            only_push=week.only_push,
            period=round_.month_key,
            **await _buckets(turn.seats_as(Role.HR), round_),
        )
        year, number, _ = monday.isocalendar()
        said.append(_one(turn, notice, "weekly", f"{year}-W{number:02}", turn.weekly))
    return said


async def _buckets(seats: Sequence[Seat], round_: Round) -> dict[str, int]:
    found = (await round_.month()).under(seat.path for seat in seats)
    return msgspec.structs.asdict(found)
