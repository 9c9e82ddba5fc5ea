"""The sample office: its relative times, that its files are what the imports read, and the demo loaded from them."""

from collections import Counter
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from backend.auth.passwords import matches
from backend.calendars.default import default_calendar
from backend.cli import demo
from backend.cli.sample import load_sample
from backend.domain.types import SYSTEM, Role
from backend.kit import clock as clocks
from backend.kit import db as database
from backend.models import (
    Extension,
    Leave,
    LedgerEntry,
    OutboxNotice,
    Period,
    PeriodResult,
    Person,
    Position,
    Task,
    Unit,
)
from backend.org.importing import import_path
from backend.org.queries import find_person
from backend.sample import read_sample_tasks, resolve_relative, sample_folder
from backend.scores.closing import seal_holds
from backend.scores.queries import explain
from backend.settings import Settings
from backend.tasks.importing import import_tasks
from tests.fakes import FakeClock, vn
from tests.stages import Stage

CALENDAR = default_calendar()
MONDAY = date(2026, 11, 23)
PASSWORD = "giaoviec-dung-thu"
#: Columns of tasks.csv with the time of something that was done, in the order of a task's life.
DONE = (
    "assigned", "acknowledged", "declined", "extension_asked", "extension_decided", "reported", "decided",
    "second_reported", "second_decided", "cancelled",
)  # fmt: skip


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0d 11:30", "2026-11-23 11:30"),
        ("-1d 08:30", "2026-11-20 08:30"),
        ("-12d 08:30", "2026-11-05 08:30"),
        # 24 November is a holiday in 2026.
        ("+1d 17:30", "2026-11-25 17:30"),
        ("3d 17:30", "2026-11-27 17:30"),
        ("-0d 09:05", "2026-11-23 09:05"),
        ("prev:01 08:30", "2026-10-01 08:30"),
        ("prev:05 08:30", "2026-10-07 08:30"),
        ("prev:-01 17:30", "2026-10-30 17:30"),
        ("prev:-05 07:30", "2026-10-26 07:30"),
        ("prev:31 17:30", "2026-10-30 17:30"),
        ("prev:-31 17:30", "2026-10-01 17:30"),
        ("prev:03", "2026-10-05 07:30"),
        ("-2d", "2026-11-19 07:30"),
    ],
)
def test_a_relative_time_counts_working_days_from_today_or_within_the_previous_month(text: str, expected: str) -> None:
    assert resolve_relative(text, MONDAY, CALENDAR) == vn(expected)


@pytest.mark.one_database
@pytest.mark.parametrize("text", ["-1d 08:30", "0d 08:30", "+1d 08:30"])
def test_a_day_off_is_read_as_the_next_working_day(text: str) -> None:
    saturday, monday = date(2026, 3, 7), date(2026, 3, 9)
    assert resolve_relative(text, saturday, CALENDAR) == resolve_relative(text, monday, CALENDAR)


@pytest.mark.one_database
def test_the_previous_month_of_january_is_december() -> None:
    assert resolve_relative("prev:01", date(2027, 1, 15), CALENDAR) == vn("2026-12-01 07:30")


@pytest.mark.one_database
@pytest.mark.parametrize("text", ["", "08:30", "-1d 8:30", "-1d 24:00", "prev:0 08:30", "prev:00", "2026-11-23 08:30"])
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"relative time|day 0"):
        resolve_relative(text, MONDAY, CALENDAR)


def first_and_last_working_days() -> list[date]:
    """The hardest days to load the sample on, in every month of the shipped calendar, the short one of Tết included."""
    found = []
    for month in range(9, 36):
        first = date(2025 + month // 12, month % 12 + 1, 1)
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        found += [CALENDAR.working_day_from(first), CALENDAR.nth_working_day(last + timedelta(days=1), -1)]
    return found


@pytest.mark.one_database
def test_on_every_day_of_the_year_the_months_story_is_possible() -> None:
    rows = read_sample_tasks()
    for today in first_and_last_working_days():
        known: dict[str, datetime] = {}

        def at(text: str, today: date = today, known: dict[str, datetime] = known) -> datetime:
            if text not in known:
                known[text] = resolve_relative(text, today, CALENDAR)
            return known[text]

        loaded = datetime.combine(today, time(8), CALENDAR.zone)
        parents = {row["external_id"]: row for row in rows}
        for row in rows:
            where = f"{row['external_id']} on {today}"
            done = [at(row[column]) for column in DONE if row[column]]
            assert all(earlier < later for earlier, later in pairwise(done)), where
            assert done[-1] < loaded, where
            assert all(CALENDAR.is_working(moment) for moment in done), where
            for due in filter(None, (row["due"], row["extension_until"])):
                assert CALENDAR.previous_working(at(due)) == at(due) > at(row["assigned"]), where
            if row["source_date"]:
                assert at(row["source_date"]).date() <= at(row["assigned"]).date(), where
            if row["parent"]:
                assert at(row["due"]) <= at(parents[row["parent"]]["due"]), where


@pytest.mark.one_database
def test_the_tasks_are_as_varied_as_a_wards() -> None:
    rows = read_sample_tasks()
    assert len(rows) >= 120
    assert len({row["title"] for row in rows}) == len({row["external_id"] for row in rows}) == len(rows)
    assert {row["kind"] for row in rows} == {"direct", "document", "meeting", "dossier_step", "citizen_report"}
    assert {row["urgency"] for row in rows} == {"normal", "urgent", "very_urgent", "express"}
    assert Counter(row["secret"] for row in rows)["yes"] == 2
    assert all(row["source_number"] and row["source_date"] for row in rows if row["kind"] != "direct")
    previous = [row for row in rows if row["due"].startswith("prev:")]
    assert 0.55 < len(previous) / len(rows) < 0.7
    assert all(row["decided"] or row["cancelled"] or row["needs_acceptance"] == "no" for row in previous)


@pytest.mark.usefixtures("db", "clock")
async def test_the_office_is_an_ordinary_organisation_file() -> None:
    folder = Path(str(sample_folder()))
    first = await import_path(SYSTEM, folder)
    again = await import_path(SYSTEM, folder)
    assert first.created > 90
    assert (again.created, again.changed, again.closed) == (0, 0, 0)
    assert await Person.all().count() == 40
    assert await Unit.all().count() == 7
    assert {position.role for position in await Position.all()} == set(Role)
    people = await Person.all()
    assert {"Mai", "Ba", "Tư", "Năm", "Hai", "Bảy", "Xuân", "Thu"} <= {one.full_name.split()[-1] for one in people}
    assert Counter(one.full_name for one in people).most_common(1)[0][1] == 2
    for name in ("chutich", "truongphong", "an", "tochuc"):
        await find_person(f"{name}@hoabinh.example.vn")


@pytest.fixture
async def office(db: None, settings: Settings, stage: Stage) -> None:
    """The sample office, loaded on a Monday at 08:00."""
    await stage.scene("the sample office", lambda: load_sample(PASSWORD))


@pytest.mark.usefixtures("office")
async def test_everybody_may_sign_in_and_nobody_is_told_of_the_month_that_shows_every_state() -> None:
    assert await OutboxNotice.all().count() == 0
    assert not await Person.filter(must_change_password=True).exists()
    [secret] = {person.password_hash for person in await Person.all()}
    assert await matches(secret, PASSWORD)
    rows = read_sample_tasks()
    tasks = await Task.all()
    assert len(tasks) == len(rows)
    assert {task.status for task in tasks} == {
        "assigned", "acknowledged", "reported", "declined", "done", "cancelled"
    }  # fmt: skip
    still = [task for task in tasks if task.status in ("assigned", "acknowledged")]
    now = clocks.now()
    assert any(task.due_at < now for task in still)
    assert any(now < task.due_at < now + timedelta(hours=12) for task in still)
    assert any(task.due_at > now + timedelta(days=1) for task in still)
    assert all(task.look_at is None or task.look_at >= now for task in tasks), "no reminder of the past is due"
    assert all(task.charge_at is None or task.charge_at >= now for task in tasks), "every delay so far is charged"
    assert {one.decision for one in await Extension.all()} == {"approved", ""}
    again = await import_tasks(SYSTEM, rows)
    assert (again.created, again.unchanged) == (0, len(rows))
    leave = await Leave.filter(from_on__gt=MONDAY).get().select_related("person", "substitute")
    assert (leave.person.handle, leave.substitute.handle, leave.from_on) == ("phuong", "mai", date(2026, 11, 30))


@pytest.mark.usefixtures("office")
async def test_the_previous_month_is_closed_with_every_kind_of_entry() -> None:
    assert (await Period.get(key="2026-10")).status == "closed"
    assert await seal_holds("2026-10")
    kinds = {entry.kind for entry in await LedgerEntry.all()}
    assert kinds == {"delay", "further_delay", "major_error", "waiver", "adjustment", "appeal"}
    bands = {result.band for result in await PeriodResult.filter(person_id__not_isnull=True)}
    assert bands == {"excellent", "good", "fulfilled", "not_assessed"}
    found = await explain(SYSTEM, (await find_person("ba")).id, "2026-10")
    [appeal] = found.corrections
    assert (appeal.kind, appeal.after_close, appeal.points.shown) == ("appeal", True, "1.2500")
    late = await explain(SYSTEM, (await find_person("sau")).id, "2026-10")
    waived = [entry for product in late.products for entry in product.entries if entry.waiver]
    assert [(entry.kind, entry.lost.exact) for entry in waived] == [("delay", "0")]
    carried = await explain(SYSTEM, (await find_person("kien")).id, "2026-10")
    assert carried.open == 1


async def test_a_load_that_fails_leaves_the_database_empty(db: None, settings: Settings, clock: FakeClock) -> None:
    clock.set("2025-06-02 08:00")  # before anybody of the sample held a position
    with pytest.raises(Exception, match="import_refused"):
        await load_sample(PASSWORD)
    assert await Person.all().count() == await Task.all().count() == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_demo_loads_the_office_once(settings: Settings, clock: FakeClock) -> None:
    clock.set("2026-11-21 22:15")  # a Saturday night: the demo begins on Monday morning
    await demo.prepare(settings)
    await demo.prepare(settings)
    async with database.opened(settings.database, 2):
        assert await Person.all().count() == 40
        assert await Task.all().count() == len(read_sample_tasks())
        [text] = demo.welcome(settings)
        for email in await Person.filter(handle__in=["huy", "tuan", "an", "lan"]).values_list("email", flat=True):
            assert email in text
        assert PASSWORD in text
