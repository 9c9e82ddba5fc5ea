"""Marks, waivers, corrections and closing: who may, what it writes, what it refuses."""

import asyncio
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from backend.domain.types import SYSTEM
from backend.errors import AppError, Conflict, Forbidden, InvalidFields, NotFound
from backend.kit import state
from backend.models import AuditRow, LedgerEntry, Mark, OutboxNotice, Period, PeriodResult, RuleSet
from backend.scores import rules
from backend.scores.closing import seal_holds
from backend.scores.queries import explain, explain_unit, table
from backend.scores.schemas import MarkDraft
from backend.scores.service import close_period, correct, ensure_period, ensure_rules, mark, waive
from backend.tasks.service import report
from reminders.schedule import run_all_due
from tests.backend.scores_office import PERIOD, Office, end_of, sign_all


@pytest.fixture
def office(db, cast, clock) -> Office:
    return Office(cast, clock)


async def refused(action: Any) -> AppError:
    with pytest.raises(AppError) as caught:
        await action
    return caught.value


def draft(value: str, what: str = "common", **subject: str) -> MarkDraft:
    return MarkDraft(what=what, value=Decimal(value), **(subject or {"person": "an"}))  # type: ignore[arg-type]


# --- marks ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("by", "level"), [("head", "leader"), ("chair", "leader"), ("hr", "leader"), ("an", "self")])
async def test_who_marks_and_what_it_counts_as(office: Office, cast, by, level):
    view = await mark(await cast.actor(by), PERIOD, draft("27.5"))
    assert (view.level, view.value) == (level, Decimal("27.5"))
    stored = await Mark.get()
    assert (stored.person_id, stored.level, stored.value, stored.marked_by_id) == (  # type: ignore[attr-defined]
        cast.an.id,
        level,
        Decimal("27.5"),
        cast.people[by].id,
    )
    assert await AuditRow.filter(action="score.marked").count() == 1


async def test_a_mark_can_be_changed_while_the_period_is_open(office: Office, cast):
    for value in ("20", "25"):
        await mark(await cast.actor("head"), PERIOD, draft(value))
    assert [one.value for one in await Mark.all()] == [Decimal(25)]
    assert await AuditRow.filter(action="score.marked").count() == 2


async def test_a_unit_is_marked_from_above_never_by_its_own_leader(office: Office, cast):
    for by in ("chair", "hr"):
        await mark(await cast.actor(by), PERIOD, draft("29", unit="tuphap"))
    unit = await explain_unit(SYSTEM, "tuphap", PERIOD)
    assert unit.common is not None
    assert unit.common.shown == "29.0000"
    assert (await explain_unit(await cast.actor("chair"), "tuphap", PERIOD)).can == ["mark"]
    assert (await explain_unit(await cast.actor("head"), "tuphap", PERIOD)).can == []
    with pytest.raises(Forbidden):
        await mark(await cast.actor("head"), PERIOD, draft("29", unit="tuphap"))
    with pytest.raises(NotFound):
        await mark(await cast.actor("otherchair"), PERIOD, draft("29", unit="tuphap"))


@pytest.mark.parametrize(
    ("by", "given", "code"),
    [
        ("an", draft("20", person="binh"), "person_not_found"),
        ("auditor", draft("20"), "forbidden"),
        ("stranger", draft("20"), "person_not_found"),
        ("hr", draft("20", person="nobody"), "person_not_found"),
        ("hr", draft("20", unit="nowhere"), "unit_not_found"),
        ("hr", draft("20", person="hr", what="d"), "mark_leaders_only"),
        ("hr", draft("20", unit="tuphap", what="d"), "mark_leaders_only"),
        ("hr", draft("30.5"), "mark_out_of_range"),
        ("hr", draft("20.12345"), "mark_out_of_range"),
        ("hr", draft("-1"), "mark_out_of_range"),
        ("hr", draft("NaN"), "mark_out_of_range"),
        ("hr", draft("Infinity"), "mark_out_of_range"),
        ("hr", draft("1E+400"), "mark_out_of_range"),
        ("hr", MarkDraft(what="common", value=Decimal(1)), "mark_one_subject"),
        ("hr", MarkDraft(what="common", value=Decimal(1), person="an", unit="tuphap"), "mark_one_subject"),
        ("head", draft("90", person="head", what="e"), "forbidden"),
        # A deputy is not above the chief of the same unit.
        ("vice", draft("20", person="chair"), "forbidden"),
    ],
)
async def test_marks_that_are_refused(office: Office, cast, by, given, code):
    assert (await refused(mark(await cast.actor(by), PERIOD, given))).code == code
    assert await Mark.all().count() == 0


# --- waivers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", ["officer", "unit"])
async def test_a_waiver_compensates_both_entries_and_changes_neither(office: Office, cast, clock, scope):
    task_id = await office.task(done="2026-12-04 09:00")
    await run_all_due()
    before = [dict(entry) for entry in await LedgerEntry.all()]
    found = await waive(await cast.actor("head"), (await office.entry(task_id, scope)).id, " mất điện ")
    assert [dict(entry) for entry in await LedgerEntry.exclude(kind="waiver")] == before
    made = await LedgerEntry.filter(kind="waiver").order_by("id")
    assert [one.id for one in made] == found.entries
    assert [(one.scope, one.count, one.reason, one.decided_by_id) for one in made] == [
        ("officer", -1, "mất điện", cast.head.id),
        ("unit", -1, "mất điện", cast.head.id),
    ]
    assert {one.compensates_id for one in made} == {one["id"] for one in before}  # type: ignore[attr-defined]
    for explained in (await explain(SYSTEM, cast.an.id, PERIOD), await explain_unit(SYSTEM, "tuphap", PERIOD)):
        assert explained.results is not None
        assert explained.results.exact == "70"
    assert await AuditRow.filter(action="score.waived").count() == 1
    [told] = await OutboxNotice.filter(kind="EntryWaived")
    assert (told.person_id, told.payload["reason"], told.payload["by"]) == (cast.an.id, "mất điện", cast.head.full_name)


async def test_waivers_that_are_refused(office: Office, cast, clock):
    task_id = await office.task(done="2026-12-04 09:00")
    await run_all_due()
    entry = (await office.entry(task_id)).id
    head = await cast.actor("head")
    assert (await refused(waive(await cast.actor("an"), entry, "ốm"))).code == "forbidden"
    assert (await refused(waive(await cast.actor("auditor"), entry, "ốm"))).code == "forbidden"
    for stranger in ("binh", "stranger", "otherchair"):
        assert (await refused(waive(await cast.actor(stranger), entry, "ốm"))).code == "not_found"
    assert (await refused(waive(head, entry, "  "))).code == "reason_needed"
    assert (await refused(waive(head, 10**9, "ốm"))).code == "not_found"
    made = await waive(head, entry, "ốm")
    assert (await refused(waive(head, entry, "ốm"))).code == "entry_already_waived"
    assert (await refused(waive(head, made.entries[0], "ốm"))).code == "not_found"


async def test_two_leaders_waiving_at_once_waive_once(office: Office, cast, clock):
    task_id = await office.task(done="2026-12-04 09:00")
    await run_all_due()
    entry = (await office.entry(task_id)).id
    actors = [await cast.actor(by) for by in ("head", "chair")]
    done = await asyncio.gather(*(waive(actor, entry, "bão") for actor in actors), return_exceptions=True)
    assert sum(isinstance(one, Conflict) for one in done) == 1
    assert await LedgerEntry.filter(kind="waiver").count() == 2


# --- corrections ------------------------------------------------------------------------------------------------------


async def test_hr_adjusts_a_period_visibly(office: Office, cast, clock):
    await office.task(done="2026-12-03 09:00")
    await office.mark("an", "25")
    await correct(await cast.actor("hr"), cast.an.id, PERIOD, Decimal("-2.5"), "trừ theo quyết định 12")
    found = await explain(SYSTEM, cast.an.id, PERIOD)
    assert found.total is not None
    assert found.total.fraction == Fraction("92.5")
    [line] = found.corrections
    assert (line.kind, line.points.exact, line.reason, line.by) == (
        "adjustment",
        "-5/2",
        "trừ theo quyết định 12",
        cast.hr.full_name,
    )
    # The month before knows nothing of it.
    assert (await explain(SYSTEM, cast.an.id, "2026-11")).corrections == []


async def test_a_total_never_leaves_the_scale(office: Office, cast, clock):
    await office.task(done="2026-12-03 09:00")
    await office.mark("an", "30")
    hr = await cast.actor("hr")
    await correct(hr, cast.an.id, PERIOD, Decimal(5), "khen thưởng")
    assert (await explain(SYSTEM, cast.an.id, PERIOD)).total.exact == "100"  # type: ignore[union-attr]
    for _ in range(2):
        await correct(hr, cast.an.id, PERIOD, Decimal(-100), "kỷ luật")
    assert (await explain(SYSTEM, cast.an.id, PERIOD)).total.exact == "0"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("by", "person", "points", "reason", "code"),
    [
        ("head", "an", "1", "lý do", "forbidden"),
        ("an", "an", "1", "lý do", "forbidden"),
        ("hr", "hr", "1", "lý do", "forbidden"),
        ("stranger", "an", "1", "lý do", "not_found"),
        ("hr", "an", "0", "lý do", "correction_points"),
        ("hr", "an", "101", "lý do", "correction_points"),
        ("hr", "an", "0.00001", "lý do", "correction_points"),
        ("hr", "an", "NaN", "lý do", "correction_points"),
        ("hr", "an", "1", "  ", "reason_needed"),
    ],
)
async def test_corrections_that_are_refused(office: Office, cast, by, person, points, reason, code):
    error = await refused(correct(await cast.actor(by), cast.people[person].id, PERIOD, Decimal(points), reason))
    assert error.code == code


# --- closing ----------------------------------------------------------------------------------------------------------


async def worked(office: Office) -> None:
    """A month with a late task, a report in time and every mark that closing asks for."""
    await office.task(due="2026-12-10 17:30", done="2026-12-02 09:00")
    await office.task(done="2026-12-04 09:00")
    office.clock.set(end_of())
    await run_all_due()
    for person in ("an", "head", "vice", "chair"):
        await office.mark(person, "28", by="chair" if person == "head" else "hr")
    for leader in ("head", "vice", "chair"):
        for what in ("dd", "e"):
            await office.mark(leader, "90", what)
    for unit in ("tuphap", "ubnd"):
        await mark(await office.cast.actor("hr"), PERIOD, draft("29", unit=unit))
    await sign_all()


async def test_a_closed_period_is_sealed_and_never_changes(office: Office, cast, clock):
    await worked(office)
    hr = await cast.actor("hr")
    before = await explain(hr, cast.an.id, PERIOD)
    made = await close_period(hr, PERIOD)
    period = await Period.get(key=PERIOD)
    assert (period.status, period.closed_at, period.closed_by_id, period.seal) == ("closed", clock(), cast.hr.id, made)
    assert await seal_holds(PERIOD)
    stored = await PeriodResult.get(person_id=cast.an.id)
    assert before.total is not None
    assert (stored.total, stored.band) == (before.total.exact, "excellent")
    # Whatever happens to the rows, the closed month says the same.
    await LedgerEntry.all().update(count=7)
    after = await explain(hr, cast.an.id, PERIOD)
    assert after.status == "closed"
    assert after.can == []
    assert (after.total, after.products) == (before.total, before.products)
    lines = await table(hr, PERIOD)
    assert lines.status == "closed"
    assert {row.ref: row.band for row in lines.people}["an"] == "excellent"
    assert {row.ref for row in lines.units} == {"ubnd", "tuphap", "diachinh"}
    unit = await explain_unit(hr, "tuphap", PERIOD)
    assert (unit.status, unit.assigned) == ("closed", 2)


async def test_closing_names_who_owes_what(office: Office, cast, clock):
    await office.task(done="2026-12-04 09:00")
    clock.set(end_of())
    await run_all_due()
    with pytest.raises(InvalidFields) as caught:
        await close_period(await cast.actor("hr"), PERIOD)
    owed = {(issue["where"], issue["value"], issue["holders"]) for issue in caught.value.issues}
    assert caught.value.code == "sign_offs_missing"
    assert ("person:an", "self", cast.an.full_name) in owed
    assert ("person:head", "self", cast.head.full_name) in owed
    assert ("unit:tuphap", "leader", cast.chair.full_name) in owed
    assert ("unit:ubnd", "leader", cast.hr.full_name) in owed
    assert not any(where == "person:binh" for where, _, _ in owed), "nothing to assess, nothing to sign"
    assert await PeriodResult.all().count() == 0
    assert await Period.filter(status="closed").count() == 0


async def test_closing_names_every_missing_mark(office: Office, cast, clock):
    await worked(office)
    await Mark.filter(person_id__in=[cast.an.id, cast.head.id], level="leader").delete()
    await Mark.filter(unit_id=cast.units["tuphap"].id).delete()
    with pytest.raises(InvalidFields) as caught:
        await close_period(await cast.actor("hr"), PERIOD)
    missing = {(issue["where"], issue["value"]) for issue in caught.value.issues}
    assert caught.value.code == "marks_missing"
    assert {("person:an", "common"), ("person:head", "dd"), ("unit:tuphap", "common")} <= missing
    assert await Period.filter(status="closed").count() == 0


async def test_closings_that_are_refused(office: Office, cast, clock):
    hr = await cast.actor("hr")
    assert (await refused(close_period(await cast.actor("chair"), "2026-11"))).code == "forbidden"
    assert (await refused(close_period(hr, PERIOD))).code == "period_running"
    assert (await refused(close_period(hr, "x"))).code == "period_bad"
    clock.set(end_of("2026-11"))
    await close_period(hr, "2026-11")
    assert (await refused(close_period(hr, "2026-11"))).code == "period_closed"


async def test_a_closed_period_takes_no_marks_waivers_or_adjustments_but_a_decided_appeal(office: Office, cast, clock):
    await worked(office)
    hr = await cast.actor("hr")
    await close_period(hr, PERIOD)
    entry = await LedgerEntry.filter(scope="officer").first()
    assert entry is not None
    assert (await refused(mark(hr, PERIOD, draft("30")))).code == "period_closed"
    assert (await refused(waive(hr, entry.id, "bão"))).code == "period_closed"
    assert (await refused(correct(hr, cast.an.id, PERIOD, Decimal(1), "lý do"))).code == "period_closed"
    before = await explain(hr, cast.an.id, PERIOD)
    await correct(hr, cast.an.id, PERIOD, Decimal("-20"), "kiến nghị của đơn vị", kind="appeal")
    after = await explain(hr, cast.an.id, PERIOD)
    assert before.total is not None
    assert after.total is not None
    assert after.total.fraction == before.total.fraction - 20
    assert after.band == "good"
    assert [(line.kind, line.after_close) for line in after.corrections] == [("appeal", True)]
    assert await seal_holds(PERIOD), "the seal is over what was closed; the appeal stands beside it"


async def test_somebody_who_came_after_the_closing_has_no_result_there(office: Office, cast, clock):
    hr = await cast.actor("hr")
    clock.set(end_of("2026-11"))
    await close_period(hr, "2026-11")
    await PeriodResult.filter(person_id=cast.an.id).delete()
    assert (await refused(explain(hr, cast.an.id, "2026-11"))).code == "not_in_closed_period"
    await PeriodResult.filter(unit_id=cast.units["tuphap"].id).delete()
    assert (await refused(explain_unit(hr, "tuphap", "2026-11"))).code == "not_in_closed_period"


# --- rule sets --------------------------------------------------------------------------------------------------------


async def test_shipped_rule_sets_are_published_once(db, cast):
    assert await ensure_rules() == 2
    assert await ensure_rules() == 0
    assert {row.code for row in await RuleSet.all()} == {"nd335", "nd335-5"}


async def test_the_reading_of_delay_is_chosen_not_coded(office: Office, cast, clock):
    await office.task()
    clock.set("2026-12-20 09:00")
    await report(await cast.actor("an"), 1, "xong")
    each = await explain(SYSTEM, cast.an.id, PERIOD)
    assert [part.share.exact for part in each.parts if part.name == "c"] == ["1/4"]
    await state.put(rules.CHOSEN_KEY, "nd335-5")
    flat = await explain(SYSTEM, cast.an.id, PERIOD)
    assert flat.rule_set == "nd335-5@1"
    assert [part.share.exact for part in flat.parts if part.name == "c"] == ["0"]
    await state.put(rules.CHOSEN_KEY, "nothing")
    with pytest.raises(LookupError):
        await explain(SYSTEM, cast.an.id, PERIOD)


async def test_a_newer_version_is_in_force_from_its_day(db, clock):
    await ensure_rules()
    first = await RuleSet.get(code="nd335", version=1)
    await RuleSet.create(
        code="nd335",
        version=2,
        name="bản 2",
        effective_from=clock().date().replace(year=2027, month=1, day=1),
        data={**first.data, "version": 2},
        published_at=clock(),
    )
    assert (await rules.in_force(clock().date())).version == 1
    assert (await rules.in_force(clock().date().replace(year=2027, month=2))).version == 2
    assert (await rules.in_force(clock().date().replace(year=2020))).version == 1


async def test_a_period_is_made_once(db):
    assert await ensure_period("2026-Q4") == await ensure_period("2026-Q4")
    assert [(row.kind, row.from_on.isoformat(), row.until_on.isoformat()) for row in await Period.all()] == [
        ("quarter", "2026-10-01", "2026-12-31")
    ]
    with pytest.raises(AppError):
        await ensure_period("2026-Q9")
