"""The replay agrees with whatever the services did, in any order, and finds every damage done behind their back."""

import contextlib
import json
import os
import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from backend.calendars import service as calendars
from backend.calendars.schemas import DayOffDraft, DaysDraft
from backend.domain.types import SYSTEM
from backend.errors import AppError
from backend.kit import clock, state
from backend.kit.db import Sql
from backend.kit.i18n import t
from backend.models import LedgerEntry, Period, PeriodResult, Task, TaskEvent
from backend.scores import corrections
from backend.scores.preview import everybody, preview
from backend.scores.queries import explain
from backend.scores.replay import Replay, replay
from backend.scores.replay_text import render_preview, render_replay
from backend.scores.service import waive
from backend.settings import Settings
from backend.tasks import service
from backend.tasks.schemas import DueDraft
from reminders.schedule import run_all_due
from tests import commands
from tests.backend.scores_closing import closed
from tests.backend.scores_office import PERIOD, Office, end_of
from tests.cast import Cast
from tests.fakes import FakeClock, vn
from tests.stages import Stage

ROOT = Path(__file__).parents[2]


@pytest.fixture
def office(db: None, cast: Cast, clock: FakeClock) -> Office:
    return Office(cast, clock)


@pytest.fixture
async def made(office: Office, stage: Stage) -> dict[str, int]:
    """The tasks, by name, of a month in which everything happened; it is over."""
    return await stage.scene("a month in which everything happens", lambda: lived(office))


@pytest.fixture
async def sealed(office: Office, made: dict[str, int], stage: Stage) -> dict[str, int]:
    """The same once it is closed; nothing differs from what is owed."""

    async def play() -> None:
        await closed(office)
        assert await codes() == []
        assert (await replay(PERIOD)).compared["results"] == await PeriodResult.all().count()

    await stage.scene("a closed month in which everything happened", play)
    return made


@pytest.fixture
async def corrected(office: Office, made: dict[str, int], stage: Stage) -> dict[str, int]:
    """The month with a delay waived and a point given; nothing differs from what is owed."""
    cast = office.cast

    async def play() -> None:
        late = (await LedgerEntry.filter(task_id=made["late"]).order_by("id"))[0]
        await waive(await cast.actor("head"), late.id, "bão")
        await corrections.correct(await cast.actor("hr"), cast.an.id, PERIOD, Decimal(1), "khen")
        assert await codes() == []

    await stage.scene("a month waived and corrected", play)
    return made


async def codes() -> list[str]:
    found = await replay()
    for locale in ("vi", "en"):
        assert all(list(render_replay(found, locale)))
        for one in found.differences:
            assert t(locale, f"scores.replay.{one.code}", **one.params)
    return sorted({one.code for one in found.differences})


async def test_nothing_to_compare_fails_only_when_there_are_tasks(db: None, clock: FakeClock) -> None:
    found = await replay()
    assert (found.total, found.tasks, found.failed) == (0, 0, False)
    assert Replay("", {}, 3, []).failed
    assert "3" in list(render_replay(Replay("", {}, 3, []), "en"))[-1]


async def lived(office: Office) -> dict[str, int]:
    """A month in which everything happens that charges, holds or moves a charge; tasks by name."""
    cast, clock = office.cast, office.clock
    head, an, binh = [await cast.actor(name) for name in ("head", "an", "binh")]
    names = ("late", "long", "returned", "error", "declined", "moved", "asked", "refused", "given", "taken", "called")
    made = {name: await office.task(title=name) for name in (*names, "review")}
    clock.set("2026-12-02 09:00")
    await service.decline(an, made["declined"], "không thuộc phòng")
    for name in ("asked", "refused"):
        await service.ask_extension(an, made[name], DueDraft(at=vn("2026-12-09 17:30")), "chờ số liệu")
    await service.report(an, made["review"], "xong")
    await service.report(an, made["error"], "xong")
    await service.return_(head, made["error"], "sai căn cứ", major_error=True)
    clock.set("2026-12-04 09:00")
    await run_all_due()
    await service.reassign(head, made["declined"], "an")
    await service.decide_extension(head, made["asked"], True)
    await service.decide_extension(head, made["refused"], False, "không")
    await service.move_due(head, made["moved"], DueDraft(at=vn("2026-12-08 17:30")), "bận")
    await service.reassign(head, made["given"], "binh")
    await service.reassign(head, made["taken"], "binh", due=DueDraft(at=vn("2026-12-10 17:30")))
    await service.report(an, made["late"], "xong")
    await service.report(an, made["returned"], "xong")
    await service.cancel(head, made["review"], "không cần nữa")
    clock.set("2026-12-07 10:00")
    await service.return_(head, made["returned"], "thiếu phụ lục")
    clock.set("2026-12-16 08:00")
    await run_all_due()
    await service.cancel(head, made["called"], "không cần nữa")
    await service.report(binh, made["given"], "xong")
    await service.return_(head, made["given"], "thiếu", due=DueDraft(at=vn("2026-12-21 17:30")))
    clock.set("2026-12-28 08:00")
    await run_all_due()
    for name in ("moved", "asked", "error"):
        await service.report(an, made[name], "xong")
    clock.set(end_of())
    await run_all_due()
    return made


async def test_a_month_in_which_everything_happens(made: dict[str, int]) -> None:
    assert await codes() == []
    by_task = {name: await LedgerEntry.filter(task_id=task, scope="officer").count() for name, task in made.items()}
    # A report under review that is called off was never late.
    assert by_task["review"] == 0
    assert by_task["late"] == 1
    assert by_task["asked"] == 3
    assert min(by_task[name] for name in ("long", "moved", "given", "refused")) >= 2
    found = await replay()
    assert found.compared["entries"] == await LedgerEntry.all().count()
    assert found.compared["tasks"] == len(made)
    only = await replay(PERIOD)
    assert not only.failed
    assert only.compared["entries"] <= found.compared["entries"]


#: One thing that somebody does to a task at random.
async def _act(chance: random.Random, office: Office, task_id: int) -> None:
    cast, now = office.cast, office.clock()
    task = await Task.get(id=task_id)
    lead = await cast.actor(next(name for name, one in cast.people.items() if one.id == task.lead_id))
    head = await cast.actor("head")
    later = DueDraft(at=now + timedelta(days=chance.randint(1, 9), hours=chance.randint(0, 9)))
    doing: list[Any] = [
        lambda: service.report(lead, task_id, "xong"),
        lambda: service.accept(head, task_id),
        lambda: service.return_(head, task_id, "sai", major_error=chance.random() < 0.5),
        lambda: service.return_(head, task_id, "sai", due=later),
        lambda: service.decline(lead, task_id, "khó"),
        lambda: service.reassign(head, task_id, chance.choice(["an", "binh"])),
        lambda: service.reassign(head, task_id, chance.choice(["an", "binh"]), due=later),
        lambda: service.ask_extension(lead, task_id, later, "chờ"),
        lambda: service.decide_extension(head, task_id, chance.random() < 0.5),
        lambda: service.move_due(head, task_id, later, "bận"),
        lambda: service.undo(chance.choice([lead, head]), task_id),
        lambda: service.cancel(head, task_id, "thôi") if chance.random() < 0.2 else service.accept(head, task_id),
    ]
    with contextlib.suppress(AppError):
        await chance.choice(doing)()


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_happens_in_whatever_order_the_ledger_is_what_the_history_owes(
    office: Office, cast: Cast, clock: FakeClock, seed: int
) -> None:
    chance = random.Random(seed)
    tasks = [await office.task(due=f"2026-12-{chance.randint(1, 9):02} 16:00") for _ in range(3)]
    for _ in range(22):
        clock.move(minutes=chance.choice([5, 90, 600, 1500, 4000]))
        if chance.random() < 0.6:
            await run_all_due()
        await _act(chance, office, chance.choice(tasks))
    await run_all_due()
    found = await replay()
    assert [one.params | {"code": one.code} for one in found.differences] == []
    assert found.compared["tasks"] == 3


_OFFICER = (
    "(select min(id) from ledger_entry where kind = 'delay' and scope = 'officer' "
    "and id not in (select compensates_id from ledger_entry where compensates_id is not null))"
)


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (f"delete from ledger_entry where id = {_OFFICER}", {"entry_missing", "entry_alone"}),
        ("delete from ledger_entry where kind = 'further_delay'", {"entry_missing"}),
        ("delete from ledger_entry where kind = 'major_error'", {"entry_missing"}),
        (
            "insert into ledger_entry (key, kind, scope, person_id, unit_id, task_id, count, happened_at, recorded_at, "
            "rule, rule_version, reason, data) select 'delay:' || task_id || ':1:9:' || scope, kind, scope, person_id, "
            "unit_id, task_id, 1, happened_at, recorded_at, rule, rule_version, '', data from ledger_entry "
            "where kind = 'delay' and task_id = (select min(task_id) from ledger_entry where kind = 'delay')",
            {"entry_extra"},
        ),
        (f"update ledger_entry set count = 2 where id = {_OFFICER}", {"entry_wrong"}),
        (f"update ledger_entry set late_minutes = 77 where id = {_OFFICER}", {"entry_wrong"}),
        (f"update ledger_entry set happened_at = '2026-12-03 10:31:00+00:00' where id = {_OFFICER}", None),
        (f"update ledger_entry set kind = 'further_delay' where id = {_OFFICER}", None),
        (f"update ledger_entry set kind = 'gift' where id = {_OFFICER}", None),
        (
            f"update ledger_entry set person_id = (select id from person where handle = 'cuong') where id = {_OFFICER}",
            {"entry_wrong"},
        ),
        ("update ledger_entry set rule_version = 'nd335@99' where kind = 'delay'", {"rule_unknown"}),
        ("update ledger_entry set count = 0 where kind = 'waiver'", {"waiver_wrong"}),
        ("delete from ledger_entry where kind = 'waiver' and scope = 'unit'", {"waiver_wrong"}),
        ("update ledger_entry set points = null where kind = 'adjustment'", {"correction_wrong"}),
        ("update task set due_at = '2027-03-01 08:00:00+00:00' where id = 2", {"task_wrong"}),
        ("update task set holder_no = 7 where id = 2", None),
        ("update task set lead_id = (select id from person where handle = 'cuong') where id = 1", {"task_wrong"}),
        ("update task set status = 'cancelled' where id = 1", {"task_wrong"}),
        ("delete from task_event where task_id = 2", None),
        ("delete from task_event where kind = 'extension_approved'", None),
    ],
)
@pytest.mark.usefixtures("corrected")
async def test_every_damage_is_found(damage: str, expected: set[str] | None) -> None:
    await Sql().run(damage)
    found = set(await codes())
    assert found if expected is None else expected <= found
    assert (await replay()).failed


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        ("update period set seal = 'x'", {"seal_broken"}),
        ("update period_result set total = '100' where total <> '' and person_id is not null", {"result_wrong"}),
        ("update period_result set band = 'not_assessed' where total <> ''", {"result_wrong"}),
        ("delete from ledger_entry where kind = 'delay' and scope = 'officer'", {"result_entry"}),
    ],
)
@pytest.mark.usefixtures("sealed")
async def test_damage_to_a_closed_period_is_found(damage: str, expected: set[str]) -> None:
    await Sql().run(damage)
    assert expected <= set(await codes())


@pytest.mark.usefixtures("sealed")
async def test_a_product_that_vanished_from_a_result_is_missed(cast: Cast) -> None:
    row = await PeriodResult.get(person_id=cast.an.id)
    data = dict(row.data)
    data["products"] = data["products"][1:]
    await PeriodResult.filter(id=row.id).update(data=data)
    assert {"result_products", "seal_broken"} <= set(await codes())


async def test_what_comes_after_closing_is_no_difference(sealed: dict[str, int], cast: Cast, clock: FakeClock) -> None:
    made = sealed
    clock.move(days=2)
    await service.reassign(await cast.actor("head"), made["long"], "binh")
    await service.cancel(await cast.actor("head"), made["refused"], "thôi")
    await service.change_weight(await cast.actor("head"), made["long"], Decimal(3), "khó hơn")
    clock.move(days=20)
    await run_all_due()
    assert await codes() == []


async def test_an_engine_that_is_behind_for_a_moment_is_not_wrong(office: Office, clock: FakeClock) -> None:
    await office.task()
    clock.set("2026-12-03 17:38")
    assert await codes() == []
    clock.set("2026-12-03 17:41")
    assert await codes() == ["entry_missing"]


async def test_a_calendar_changed_since_does_not_judge_what_was_counted_before(
    office: Office, cast: Cast, clock: FakeClock
) -> None:
    task_id = await office.task()
    clock.set("2026-12-20 08:00")
    await run_all_due()
    assert await LedgerEntry.filter(task_id=task_id, kind="further_delay", scope="officer").count() == 2
    off = DaysDraft(days_off=[DayOffDraft(on=date(2026, 12, 8), name="bão")], reason="bão")
    await calendars.set_days(await cast.actor("admin"), "ubnd", off)
    assert await codes() == []


# --- preview ----------------------------------------------------------------------------------------------------------


async def test_the_running_month_if_nothing_changes(office: Office, cast: Cast, clock: FakeClock) -> None:
    await office.task(due="2026-12-03 17:30", done="2026-12-02 09:00")
    late = await office.task(title="Trễ rồi")
    soon = await office.task(title="Sắp đến hạn", due="2026-12-21 17:30")
    await office.task(title="Tháng sau", due="2027-01-11 17:30")
    clock.set("2026-12-08 09:00")
    await run_all_due()
    found = await preview(await cast.actor("an"), cast.an.id)
    assert found.results_now is not None
    assert found.results_then is not None
    # Of two products one is open; at the end of the month two of three are.
    assert (found.results_now.exact, found.results_then.exact) == ("35", "70/3")
    assert (found.open_late, found.open_then, found.missing) == (1, 2, ["common"])
    codes_ = {task.id: task.code for task in await Task.all()}
    assert [(line.code, line.late, line.instances, len(line.coming)) for line in found.open] == [
        (codes_[late], True, 1, 4),
        (codes_[soon], False, 0, 2),
    ]
    # What it says will be charged is charged.
    said = {line.code: line.coming for line in found.open}
    clock.set(end_of())
    await run_all_due()
    for task_id in (late, soon):
        entries = await LedgerEntry.filter(task_id=task_id, scope="officer", happened_at__gte=vn("2026-12-08 09:00"))
        assert [one.happened_at for one in entries if one.happened_at < vn("2027-01-01 00:00")] == said[codes_[task_id]]
    explained = await explain(SYSTEM, cast.an.id, PERIOD)
    assert explained.results is not None
    assert explained.results.exact == "70/3"


async def test_everybody_in_sight_at_a_glance_and_in_words(office: Office, cast: Cast, clock: FakeClock) -> None:
    await office.task(title="Mật", secret=True)
    clock.set("2026-12-04 09:00")
    await run_all_due()
    assert {one.person for one in await everybody(await cast.actor("head"))} == {"head", "an", "binh"}
    assert await everybody(await cast.actor("stranger")) == []
    one = await preview(SYSTEM, cast.an.id)
    for locale in ("vi", "en"):
        assert "Mật" in "\n".join(render_preview(one, locale))
    hidden = await preview(await cast.actor("hr"), cast.an.id)
    assert [line.title for line in hidden.open] == [""]
    with pytest.raises(AppError):
        await preview(await cast.actor("binh"), cast.an.id)


# --- on the command line ----------------------------------------------------------------------------------------------


def giaoviec(settings: Settings, *arguments: str) -> commands.Done:
    environment = {**os.environ, "DATABASE_URL": settings.database, "VAR_DIR": str(settings.var), "LANG": "en"}
    return commands.giaoviec(*arguments, environment=environment)


async def test_the_commands_say_what_they_compared_and_fail_on_a_difference(
    office: Office, cast: Cast, settings: Settings
) -> None:
    await office.task(title="Trễ")
    office.clock.set("2026-12-04 09:00")
    await run_all_due()
    await state.put(clock.OFFSET_KEY, repr((office.clock() - datetime.now(UTC)).total_seconds()))
    good = giaoviec(settings, "score", "replay")
    assert (good.returncode, good.stderr) == (0, ""), good.stdout
    assert "1 tasks" in good.stdout
    shown = giaoviec(settings, "score", "preview", "--officer", "an", "--json")
    assert [line["late"] for line in json.loads(shown.stdout)[0]["open"]] == [True]
    assert "An" in giaoviec(settings, "score", "preview").stdout
    await Sql().run("delete from ledger_entry where scope = 'unit'")
    bad = giaoviec(settings, "score", "replay", "--json")
    assert bad.returncode == 1
    assert {one["code"] for one in json.loads(bad.stdout)["differences"]} == {"entry_missing", "entry_alone"}
    assert giaoviec(settings, "score", "replay", "--period", "x").returncode == 1
    assert await TaskEvent.all().count()
    assert await Period.all().count() == 0
