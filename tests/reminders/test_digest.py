"""Digests: in the message of the first slot, each with its own switch, none empty, none twice, also after downtime."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date

import pytest

from backend.kit.db import Sql, transaction
from backend.models import Appeal, LedgerEntry, OutboxNotice, Period, Person, Task, WaiverRequest
from backend.tasks.schemas import DueDraft
from backend.tasks.service import acknowledge, ask_extension, report
from backend.tasks.service import wait as put_off
from reminders import digest
from tests.backend.given import away, lend
from tests.backend.test_push import subscribe
from tests.bot.bot_room import link
from tests.fakes import vn

WEDNESDAY, THURSDAY, FRIDAY = vn("2026-11-25 08:00"), vn("2026-11-26 08:00"), vn("2026-11-27 08:00")


async def quiet() -> None:
    """What was said so far is gone, so that only digests are left to look at."""
    await OutboxNotice.all().delete()


@pytest.fixture
async def looked(db, cast, clock) -> None:
    """Everybody was looked at once, on Monday morning."""
    await digest.tick()


async def on(clock, at) -> list[OutboxNotice]:
    """The digests of a moment, oldest first."""
    clock.set(at)
    await quiet()
    await digest.tick()
    return await OutboxNotice.all().order_by("id")


def whose(cast, rows) -> list[str]:
    names = {person.id: handle for handle, person in cast.people.items()}
    return [f"{row.kind} {names[row.person_id]}" for row in rows]


def codes(row: OutboxNotice) -> list[int]:
    return [task.get("task", task)["id"] for task in row.payload["tasks"]]


async def test_who_was_never_looked_at_hears_from_the_next_morning_on(db, cast, clock, give):
    await give("an", at=vn("2026-11-23 17:30"))
    await quiet()
    assert await digest.tick() == len(cast.people)
    assert {person.digest_at for person in await Person.all()} == {WEDNESDAY}
    assert await OutboxNotice.all().count() == 0
    assert await digest.tick() == 0


async def test_who_is_first_looked_at_before_the_first_slot_hears_in_it(db, cast, clock, give):
    await give("an", at=vn("2026-11-25 17:30"))
    clock.set("2026-11-25 06:00")
    await digest.tick()
    rows = await on(clock, WEDNESDAY)
    assert "MorningList an" in whose(cast, rows)


async def test_an_officer_gets_the_list_of_the_day(looked, cast, clock, give):
    later = await give("an", at=vn("2026-11-25 17:30"))
    sooner = await give("an", at=vn("2026-11-25 10:00"))
    waiting = await give("an", at=vn("2026-12-04 17:30"))
    await give("an", at=vn("2026-11-26 09:00"))
    done = await give("an", at=vn("2026-11-25 16:00"))
    await acknowledge(await cast.actor("an"), waiting)
    await put_off(await cast.actor("an"), waiting, vn("2026-11-25 08:00"))
    await report(await cast.actor("an"), done, "xong")
    overdue = await give("an", at=vn("2026-11-23 17:00"))
    held = await give("an", at=vn("2026-11-23 16:00"))
    await ask_extension(await cast.actor("an"), held, DueDraft(at=vn("2026-12-01 17:00")), "Chờ")
    rows = await on(clock, WEDNESDAY)
    [list_] = [row for row in rows if row.kind == "MorningList"]
    assert codes(list_) == [sooner, later, waiting]
    assert (list_.payload["count"], list_.payload["overdue"], list_.payload["on"]) == (3, 1, "2026-11-25")
    assert (list_.person_id, list_.in_slot, list_.not_before) == (cast.an.id, True, WEDNESDAY)  # type: ignore[attr-defined]
    assert list_.dedup_key == f"morning:{cast.an.id}:2026-11-25"
    assert overdue not in codes(list_)
    assert {person.digest_at for person in await Person.all()} == {THURSDAY}
    assert await digest.tick() == 0, "once a day"


async def test_who_has_only_overdue_work_is_not_told_of_it_every_morning(looked, cast, clock, give):
    await give("an", at=vn("2026-11-23 17:00"))
    assert [row.kind for row in await on(clock, WEDNESDAY)] == ["LeaderDigest"] * 3


async def test_nobody_hears_of_nothing(looked, cast, clock, give):
    await give("an", at=vn("2026-12-24 17:00"))
    for person in cast.people.values():
        await link(person, str(person.id))
    assert await on(clock, WEDNESDAY) == []
    assert await on(clock, "2026-11-30 08:00") == [], "nor HR in a week in which nothing happened"


async def test_each_digest_can_be_switched_off(looked, cast, clock, give):
    await give("an", at=vn("2026-11-30 17:30"))
    await Person.filter(id=cast.an.id).update(morning_list=False)
    await Person.filter(id__in=[cast.chair.id, cast.vice.id]).update(leader_digest=False)
    await Person.filter(id=cast.hr.id).update(weekly_digest=False)
    await Person.all().update(digest_at=vn("2026-11-30 08:00"))
    assert whose(cast, await on(clock, "2026-11-30 08:00")) == ["LeaderDigest head"]


async def test_who_is_away_or_has_left_is_not_written_to(looked, cast, clock, give):
    for lead in ("an", "binh", "cuong"):
        await give(lead, by="chair", at=vn("2026-11-25 17:30"))
    await away(cast, "an", "2026-11-25", "2026-11-25", substitute="binh")
    await Person.filter(id=cast.binh.id).update(until_on=date(2026, 11, 24))
    rows = whose(cast, await on(clock, WEDNESDAY))
    assert [row for row in rows if row.startswith("MorningList")] == ["MorningList cuong"]
    assert (await Person.get(id=cast.an.id)).digest_at == THURSDAY
    assert (await Person.get(id=cast.binh.id)).digest_at == THURSDAY


async def test_a_leader_hears_of_the_units_below(looked, cast, clock, give):
    soon = await give("an", at=vn("2026-11-26 10:00"))
    later = await give("binh", at=vn("2026-11-25 17:00"))
    elsewhere = await give("cuong", by="head2", at=vn("2026-11-25 16:00"))
    own = await give("head", by="chair", at=vn("2026-11-25 15:00"))
    overdue = await give("an", at=vn("2026-11-23 17:00"))
    older = await give("binh", at=vn("2026-11-23 16:00"))
    await give("an", at=vn("2026-12-10 17:00"))
    done = await give("an", at=vn("2026-11-30 17:00"), needs_acceptance=False)
    await report(await cast.actor("an"), done, "xong")
    rows = {row.person_id: row for row in await on(clock, WEDNESDAY) if row.kind == "LeaderDigest"}  # type: ignore[attr-defined]
    assert set(rows) == {cast.head.id, cast.head2.id, cast.chair.id, cast.vice.id}
    head, chair = rows[cast.head.id], rows[cast.chair.id]
    assert codes(head) == [later, soon, overdue, older], "their own is in their own list"
    assert codes(chair) == [own, elsewhere, later, soon, overdue, older]
    assert codes(rows[cast.head2.id]) == [elsewhere]
    assert (head.payload["ahead"], head.payload["overdue"]) == (2, 2)
    names = ("period", "done_on_time", "done_late", "open_in_time", "open_late")
    assert [head.payload[name] for name in names] == ["2026-11", 1, 0, 3, 2]
    assert [chair.payload[name] for name in names] == ["2026-11", 1, 0, 4, 2]
    assert head.payload["tasks"][0]["lead"] == cast.binh.full_name


async def test_a_deputy_hears_nothing_of_the_chief_of_the_same_unit(looked, cast, clock, give):
    top = cast.units["ubnd"].id
    of_chief, of_deputy = [await give("cuong", by="head2", at=vn("2026-11-25 17:00")) for _ in range(2)]
    await Task.filter(id=of_chief).update(lead_id=cast.chair.id, unit_id=top)
    await Task.filter(id=of_deputy).update(lead_id=cast.vice.id, unit_id=top)
    rows = [row for row in await on(clock, WEDNESDAY) if row.kind == "LeaderDigest"]
    assert whose(cast, rows) == ["LeaderDigest chair"]
    assert codes(rows[0]) == [of_deputy]


async def test_authority_that_was_lent_brings_the_digest_with_it(looked, cast, clock, give):
    soon = await give("an", at=vn("2026-11-26 10:00"))
    await lend(cast, "head", "cuong")
    await lend(cast, "chair", "binh", until_on="2026-11-24")
    rows = [row for row in await on(clock, WEDNESDAY) if row.kind == "LeaderDigest"]
    assert whose(cast, rows) == ["LeaderDigest chair", "LeaderDigest vice", "LeaderDigest head", "LeaderDigest cuong"]
    assert codes(rows[-1]) == [soon]


async def weekly(cast, clock, at="2026-11-30 08:00") -> list[OutboxNotice]:
    return [row for row in await on(clock, at) if row.kind == "WeeklyDigest"]


async def late_last_week(cast, lead: str, clock, *times: str) -> None:
    for at in times:
        task = await Task.create(
            code=f"L{await Task.all().count()}", title="Trễ", assigner_id=cast.head.id, lead_id=cast.people[lead].id,
            unit_id=cast.units["tuphap"].id, assigned_at=vn("2026-11-02 08:00"), due_at=vn(at),
            answer_from_at=vn("2026-11-02 08:00"),
        )  # fmt: skip
        await LedgerEntry.create(
            key=f"x{task.id}", kind="delay", scope="officer", person_id=cast.people[lead].id,
            unit_id=cast.units["tuphap"].id, task_id=task.id, happened_at=vn(at), recorded_at=vn(at), rule="r",
            rule_version="1",
        )  # fmt: skip


async def test_hr_gets_the_week_on_its_first_working_day(looked, cast, clock):
    await late_last_week(cast, "an", clock, "2026-11-22 23:00", "2026-11-23 09:00", "2026-11-25 09:00")
    await late_last_week(cast, "binh", clock, "2026-11-29 23:00", "2026-11-30 01:00")
    entries = await LedgerEntry.filter(person_id=cast.an.id)
    for entry, person in zip(entries, (cast.an, cast.hr), strict=False):
        await WaiverRequest.create(
            entry_id=entry.id, person_id=person.id, task_id=entry.task_id, cause="x", asked_at=clock()
        )
    period = await Period.create(
        key="2026-10", kind="month", from_on=date(2026, 10, 1), until_on=date(2026, 10, 31), status="closed"
    )
    await Appeal.create(period_id=period.id, person_id=cast.binh.id, text="x", asked_at=clock())
    await link(cast.an, "7")
    await subscribe(cast, "binh")
    await Person.filter(id=cast.people["cuong"].id).update(email=None)
    assert await weekly(cast, clock, WEDNESDAY) == []
    [row] = await weekly(cast, clock)
    assert row.person_id == cast.hr.id  # type: ignore[attr-defined]
    assert row.dedup_key == f"weekly:{cast.hr.id}:2026-W49"
    said = row.payload
    assert (said["from_on"], said["until_on"]) == ("2026-11-23", "2026-11-29")
    assert (said["late"], said["late_officers"]) == (3, 2)
    assert said["officers"] == [
        {"name": cast.an.full_name, "tasks": 2},
        {"name": cast.binh.full_name, "tasks": 1},
    ]
    assert (said["waivers"], said["appeals"], said["unlinked"]) == (1, 1, 10)
    assert (said["unreached"], said["only_mail"], said["only_push"]) == (1, 8, 1)
    assert (said["period"], said["open_late"]) == ("2026-11", 5)
    assert await weekly(cast, clock, "2026-12-01 08:00") == []


async def test_a_week_that_begins_with_a_day_off_is_told_on_its_second_day(db, cast, clock):
    clock.set("2027-04-25 08:00")
    await digest.tick()
    first = (await Person.get(id=cast.hr.id)).digest_at
    assert len(await weekly(cast, clock, first)) == 1


async def test_after_downtime_digests_go_in_the_next_slot_of_the_day(looked, cast, clock, give):
    today, tomorrow = await give("an", at=vn("2026-11-25 17:00")), await give("an", at=vn("2026-11-26 17:00"))
    assert await on(clock, "2026-11-25 09:00") == [], "the first slot is over"
    assert {person.digest_at for person in await Person.all()} == {vn("2026-11-25 13:30")}
    rows = await on(clock, "2026-11-25 13:30")
    assert codes(next(row for row in rows if row.kind == "MorningList")) == [today]
    assert await on(clock, "2026-11-26 17:00") == [], "no slot is left: nothing"
    assert {person.digest_at for person in await Person.all()} == {FRIDAY}
    assert tomorrow not in [task for row in await on(clock, FRIDAY) for task in codes(row) if row.kind == "MorningList"]


async def test_a_tick_that_is_a_little_late_still_speaks_in_its_slot(looked, cast, clock, give):
    await give("an", at=vn("2026-11-25 17:00"))
    rows = await on(clock, "2026-11-25 08:29")
    assert {row.not_before for row in rows} == {WEDNESDAY}
    assert "MorningList an" in whose(cast, rows)


async def test_the_week_is_told_even_when_its_first_day_was_missed(looked, cast, clock):
    await Person.all().update(digest_at=vn("2026-11-30 08:00"))
    [row] = await weekly(cast, clock, "2026-11-30 16:00")
    assert row.not_before == vn("2026-12-01 08:00")
    clock.set("2026-12-01 08:00")
    await digest.tick()
    assert await OutboxNotice.filter(kind="WeeklyDigest").count() == 1


async def test_a_week_of_downtime_is_not_caught_up_with(looked, cast, clock, give):
    await give("an", at=vn("2026-12-02 17:00"))
    rows = await on(clock, "2026-12-02 10:00")
    assert whose(cast, rows) == ["WeeklyDigest hr"]
    rows = await on(clock, "2026-12-02 13:30")
    assert sorted(whose(cast, rows))[-1] == "MorningList an"
    assert len(rows) == len({(row.kind, row.person_id) for row in rows})  # type: ignore[attr-defined]


async def test_two_tickers_at_once_say_everything_once(looked, cast, clock, give):
    for lead in ("an", "binh"):
        await give(lead, at=vn("2026-11-25 17:00"))
    clock.set(WEDNESDAY)
    await quiet()
    handled = await asyncio.gather(digest.tick(), digest.tick())
    assert sum(handled) == len(cast.people)
    rows = whose(cast, await OutboxNotice.all())
    assert sorted(rows) == sorted(set(rows))
    assert rows.count("MorningList an") == 1


@asynccontextmanager
async def in_hand(person_id: int) -> AsyncIterator[asyncio.Event]:
    """Somebody else has a person in hand until the event is set."""
    taken, over = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with transaction():
            await Sql().rows(f"select id from person where id = {person_id} for no key update")
            taken.set()
            await over.wait()

    async with asyncio.TaskGroup() as group:
        group.create_task(hold())
        await taken.wait()
        yield over
        over.set()


# SQLite has one writer: nobody else has anybody in hand there.
POSTGRES_ONLY = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)


@POSTGRES_ONLY
async def test_a_tick_waits_for_the_people_whom_another_has_in_hand(looked, cast, clock, give):
    await give("an", at=vn("2026-11-25 17:00"))
    clock.set(WEDNESDAY)
    async with in_hand(cast.an.id) as over, asyncio.TaskGroup() as group:
        ticking = group.create_task(digest.tick())
        while await Person.filter(digest_at=THURSDAY).count() < len(cast.people) - 1:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        assert not ticking.done(), "the messages of the slot are not let go before everybody's digest is written"
        over.set()
    assert await OutboxNotice.filter(kind="MorningList").count() == 1


@POSTGRES_ONLY
async def test_a_tick_does_not_wait_for_ever(looked, cast, clock, monkeypatch):
    clock.set(WEDNESDAY)
    monkeypatch.setattr(digest, "PATIENCE_S", 0.2)
    async with in_hand(cast.an.id):
        assert await digest.tick() == len(cast.people) - 1


async def test_one_whose_facts_fail_is_put_back_and_the_others_are_told(looked, cast, clock, give):
    bad = await give("an", at=vn("2026-11-25 17:00"))
    await give("cuong", by="head2", at=vn("2026-11-25 17:00"))
    # An urgency that nobody knows cannot be put into words.
    await Task.filter(id=bad).update(urgency="odd")
    rows = whose(cast, await on(clock, WEDNESDAY))
    assert "MorningList cuong" in rows
    assert "LeaderDigest head2" in rows
    assert (await Person.get(id=cast.an.id)).digest_at == vn("2026-11-25 08:15")
    assert (await Person.get(id=cast.cuong.id)).digest_at == THURSDAY
