"""Who holds up the sign-off of a period is reminded in slots, then the next one up the line; scores are told once."""

from datetime import timedelta
from decimal import Decimal

import pytest

from backend.calendars.default import default_calendar
from backend.models import OutboxNotice, Period
from backend.scores.schemas_signing import SignDraft
from backend.scores.service import close_period, sign
from reminders import scores
from reminders.schedule import run_all_due
from tests.backend.given import away
from tests.backend.scores_office import PERIOD, Office, sign_all
from tests.fakes import vn

CALENDAR = default_calendar()


@pytest.fixture
async def office(db, cast, clock, stage) -> Office:
    """An has the only product of December 2026."""
    made = Office(cast, clock)

    async def play() -> None:
        await made.task(done="2026-12-02 09:00")
        await run_all_due()
        for leader in ("head", "vice", "chair"):
            for what in ("dd", "e"):
                await made.mark(leader, "90", what)

    await stage.scene("a month with one product", play)
    return made


async def until(office: Office, text: str) -> list[tuple[str, str, int, bool, bool]]:
    """Who was told what from now until then, in hourly ticks: (who, step, how many wait, overdue, up the line)."""
    seen = {row.id for row in await OutboxNotice.filter(kind="SignOffDue")}
    handles = {person.id: handle for handle, person in office.cast.people.items()}
    end = vn(text)
    while office.clock() < end:
        office.clock.set(min(end, office.clock() + timedelta(hours=1)))
        await scores.tick()
    rows = [row for row in await OutboxNotice.filter(kind="SignOffDue").order_by("id") if row.id not in seen]
    assert all(CALENDAR.is_working(row.not_before) for row in rows), "in working time"
    return [
        (
            handles[row.person_id],  # type: ignore[attr-defined]
            row.payload["step"],
            row.payload["count"],
            row.payload["overdue"],
            row.payload["escalated"],
        )
        for row in rows
    ]


async def test_an_officer_is_reminded_before_and_after_then_their_head(office: Office):
    office.clock.set("2027-01-04 07:00")
    assert await until(office, "2027-01-07 07:29") == []
    assert ("an", "self", 1, False, False) in await until(office, "2027-01-07 17:30")
    assert await until(office, "2027-01-08 17:30") == []
    assert ("an", "self", 1, True, False) in await until(office, "2027-01-11 17:30")
    told = await until(office, "2027-01-12 17:30")
    assert ("head", "self", 1, True, True) in told
    assert not any(who == "an" for who, *_ in told)
    # The unit itself needs only its mark from above, whatever the officers do.
    told = await until(office, "2027-01-20 17:30")
    assert {(who, step) for who, step, *_ in told} == {("chair", "leader"), ("hr", "leader")}


async def test_a_head_hears_of_everybody_who_waits_in_one_line(office: Office, cast, clock):
    clock.set("2026-12-10 09:00")
    await office.task("binh", due="2026-12-15 17:30", done="2026-12-14 09:00")
    clock.set("2027-01-05 09:00")
    for who in ("an", "binh"):
        await sign(await cast.actor(who), PERIOD, SignDraft(step="self", person=who, value=Decimal(28)))
    told = await until(office, "2027-01-12 17:30")
    assert [one for one in told if one[0] == "head" and one[1] == "head"] == [("head", "head", 2, False, False)]
    told = await until(office, "2027-01-15 17:30")
    assert [one for one in told if one[1] == "head" and one[3]] == [
        ("head", "head", 2, True, False),
        ("vice", "head", 2, True, True),
    ]


async def test_who_is_away_is_passed_over(office: Office, cast, clock):
    clock.set("2027-01-05 09:00")
    await sign(await cast.actor("an"), PERIOD, SignDraft(step="self", person="an", value=Decimal(28)))
    await away(cast, "head", "2027-01-06", "2027-02-06")
    told = [one for one in await until(office, "2027-01-12 17:30") if one[1] == "head"]
    assert told == [("vice", "head", 1, False, False)]


async def test_a_step_that_waits_for_others_is_nobodys_fault(office: Office, cast, clock):
    clock.set("2027-01-05 09:00")
    head = await cast.actor("head")
    await sign(head, PERIOD, SignDraft(step="self", person="head", value=Decimal(28)))
    await sign(await cast.actor("vice"), PERIOD, SignDraft(step="head", person="head", value=Decimal(28)))
    await until(office, "2027-01-29 17:30")
    named = {name for row in await OutboxNotice.filter(kind="SignOffDue") for name in row.payload["names"]}
    assert cast.an.full_name in named
    assert cast.head.full_name not in named, "An is not signed off, so the leader of the head waits"


async def test_nothing_is_said_of_a_closed_period_nor_twice(office: Office, cast, clock):
    clock.set("2027-01-07 09:00")
    assert await scores.tick() > 0
    await OutboxNotice.all().update(status="sent")
    assert await scores.tick() == 0
    clock.set("2027-01-07 09:30")
    assert await scores.tick() == 0
    await sign_all(value="28")
    await close_period(await cast.actor("hr"), PERIOD)
    clock.set("2027-01-15 09:00")
    told = await scores.tick()
    assert told == await OutboxNotice.filter(kind="ScoreClosed").count()
    assert await scores.tick() == 0
    assert await OutboxNotice.filter(kind="SignOffDue", status="pending").count() == 0


async def test_a_quarter_is_looked_at_once_somebody_signs_it(office: Office, cast, clock):
    await sign_everything(office, cast, clock)
    assert await OutboxNotice.filter(kind="SignOffDue").count() == 0
    await sign(await cast.actor("an"), "2026-Q4", SignDraft(step="self", person="an", value=Decimal(28)))
    clock.set("2027-01-12 09:00")
    await scores.tick()
    assert {row.payload["period"] for row in await OutboxNotice.filter(kind="SignOffDue")} == {"2026-Q4"}
    assert not await Period.filter(key="2026-Q4", status="closed").exists()


async def sign_everything(office: Office, cast, clock) -> None:
    clock.set("2027-01-04 08:00")
    await sign_all(value="28")
    clock.set("2027-01-11 09:00")
    await scores.tick()
