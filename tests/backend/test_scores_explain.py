"""An officer's month: what was counted, what each entry cost, and that it sums exactly."""

from decimal import Decimal
from fractions import Fraction

import msgspec
import pytest

from backend.domain.types import SYSTEM
from backend.errors import Invalid, NotFound
from backend.scores.queries import explain, explain_unit
from backend.scores.schemas import Explanation
from backend.scores.service import waive
from backend.scores.text import lost_points, render_explanation
from backend.tasks.schemas import CoordinatorDraft, DueDraft, TaskDraft
from backend.tasks.service import assign, cancel, confirm, decline, reassign, report, return_
from reminders.schedule import run_all_due
from tests.backend.scores_office import PERIOD, Office, end_of
from tests.fakes import vn


@pytest.fixture
def office(db, cast, clock) -> Office:
    return Office(cast, clock)


def adds_up(found: Explanation) -> bool:
    """100 − total = (30 − common) + Σ lost − Σ corrections, and each product's loss is the sum of its entries'."""
    assert found.total is not None
    assert found.common is not None
    corrections = sum((one.points.fraction for one in found.corrections), Fraction(0))
    lost = found.common_max - found.common.fraction + lost_points(found) - corrections
    for product in found.products:
        if product.completed:
            assert product.lost.fraction == sum((one.lost.fraction for one in product.entries), Fraction(0))
    return 100 - found.total.fraction == lost


async def test_twenty_products_four_late_one_waived(office: Office, cast, clock):
    """The worked example of domain.md §4, through the services."""
    late = [await office.task() for _ in range(4)]
    on_time = [await office.task(due="2026-12-10 17:30") for _ in range(16)]
    clock.set("2026-12-04 09:00")
    for task_id in [*late, *on_time]:
        await report(await cast.actor("an"), task_id, "xong")
    await run_all_due()
    clock.set(end_of())
    await office.mark("an")
    found = await explain(SYSTEM, cast.an.id, PERIOD)
    assert (found.assigned, found.on_time, found.late, found.open) == (20, 16, 4, 0)
    assert found.total is not None
    assert (found.total.exact, found.total.shown, found.band) == ("593/6", "98.8333", "excellent")
    assert adds_up(found)
    await waive(await cast.actor("head"), (await office.entry(late[0])).id, "mất điện toàn phường")
    found = await explain(SYSTEM, cast.an.id, PERIOD)
    assert found.total is not None
    assert found.total.exact == "793/8"  # 99.125
    assert adds_up(found)
    # Waived is not erased: the product stays late, its entry shows what waived it.
    assert found.late == 4
    [entry] = found.products[0].entries
    assert entry.waiver is not None
    assert (entry.waiver.reason, entry.waiver.by, entry.lost.exact) == (
        "mất điện toàn phường",
        cast.head.full_name,
        "0",
    )


async def test_a_missing_common_mark_is_said_and_never_defaulted(office: Office, cast, clock):
    await office.task(done="2026-12-03 09:00")
    found = await explain(await cast.actor("an"), cast.an.id, PERIOD)
    assert found.missing == ["common"]
    assert (found.total, found.band, found.partial) == (None, "", True)
    assert found.results is not None
    assert found.results.exact == "70"
    await office.mark("an", "27.5", by="an")
    found = await explain(await cast.actor("an"), cast.an.id, PERIOD)
    assert found.total is None, "a self-mark stands beside, it does not count"
    assert found.common_self is not None
    assert found.common_self.shown == "27.5000"


async def test_no_products_is_not_assessed(office: Office, cast):
    await office.mark("an")
    found = await explain(SYSTEM, cast.an.id, PERIOD)
    assert (found.band, found.total, found.results, found.missing, found.partial) == (
        "not_assessed",
        None,
        None,
        [],
        False,
    )


async def test_not_completed_loses_everything_and_is_carried_into_the_next_month(office: Office, cast, clock):
    task_id = await office.task(due="2026-11-27 17:30")
    await office.task(due="2026-11-27 17:30", done="2026-11-27 09:00")
    clock.set(end_of("2026-11"))
    await run_all_due()
    november = await explain(SYSTEM, cast.an.id, "2026-11")
    [done, open_] = sorted(november.products, key=lambda one: one.completed, reverse=True)
    assert (open_.task_id, open_.completed, open_.lost.exact) == (task_id, False, "35")
    assert [entry.lost.exact for entry in open_.entries] == ["0"]
    assert done.lost.exact == "0"
    await report(await cast.actor("an"), task_id, "xong")
    december = await explain(SYSTEM, cast.an.id, "2026-12")
    [carried] = december.products
    assert (carried.carried, carried.completed, carried.late) == (True, True, True)
    assert carried.lost.exact == "35/6"
    # What November said does not change by what happened later.
    assert [one.completed for one in (await explain(SYSTEM, cast.an.id, "2026-11")).products].count(False) == 1


async def test_not_yet_due_is_in_no_month_and_an_early_report_brings_it_forward(office: Office, cast, clock):
    task_id = await office.task(due="2026-12-10 17:30")
    assert (await explain(SYSTEM, cast.an.id, "2026-12")).assigned == 0
    clock.set("2026-11-30 09:00")
    await report(await cast.actor("an"), task_id, "xong")
    assert (await explain(SYSTEM, cast.an.id, "2026-11")).assigned == 1
    assert (await explain(SYSTEM, cast.an.id, "2026-12")).assigned == 0


async def test_reported_and_undecided_counts_as_completed_when_it_was_reported(office: Office, cast, clock):
    await office.task(done="2026-12-03 09:00", accepted=False)
    assert (await explain(SYSTEM, cast.an.id, PERIOD)).on_time == 1


async def test_cancelled_declined_and_unconfirmed_work_is_no_product(office: Office, cast, clock):
    head, an = await cast.actor("head"), await cast.actor("an")
    cancelled, declined = await office.task(), await office.task()
    own = (await assign(an, TaskDraft(title="Tự làm", due=DueDraft(at=vn("2026-12-03 17:30"))))).tasks[0].id
    clock.set("2026-12-02 09:00")
    await decline(an, declined, "không thuộc phòng")
    clock.set("2026-12-04 09:00")
    await cancel(head, cancelled, "không cần nữa")
    await run_all_due()
    assert (await explain(SYSTEM, cast.an.id, PERIOD)).assigned == 0
    await confirm(head, own)
    found = await explain(SYSTEM, cast.an.id, PERIOD)
    assert [one.task_id for one in found.products] == [own]


async def test_given_away_late_the_former_holder_keeps_it_and_the_new_one_starts_with_none(office: Office, cast, clock):
    head = await cast.actor("head")
    early, late = await office.task(), await office.task()
    clock.set("2026-12-02 09:00")
    await reassign(head, early, "binh")
    clock.set("2026-12-04 09:00")
    await run_all_due()
    await reassign(head, late, "binh")
    await report(await cast.actor("binh"), late, "xong")
    an, binh = await explain(SYSTEM, cast.an.id, PERIOD), await explain(SYSTEM, cast.binh.id, PERIOD)
    [kept] = an.products
    assert (kept.task_id, kept.completed, kept.lost.exact) == (late, True, "35/6")
    assert {one.task_id: one.completed for one in binh.products} == {early: False, late: True}
    assert {one.task_id: len(one.entries) for one in binh.products} == {early: 1, late: 0}
    # The unit did both, each once, with what was charged to it.
    unit = await explain_unit(SYSTEM, "tuphap", PERIOD)
    assert {one.task_id: (one.completed, len(one.entries)) for one in unit.products} == {
        early: (False, 1),
        late: (True, 1),
    }
    # And the unit above is a sum, not entries of its own.
    above = await explain_unit(SYSTEM, "ubnd", PERIOD)
    assert [one.entries for one in above.products] == [one.entries for one in unit.products]


async def test_major_errors_cost_quality(office: Office, cast, clock):
    task_id = await office.task(due="2026-12-10 17:30", done="2026-12-02 09:00", accepted=False)
    await return_(await cast.actor("head"), task_id, "sai căn cứ", major_error=True)
    clock.set("2026-12-03 09:00")
    await report(await cast.actor("an"), task_id, "xong")
    await office.mark("an", "28")
    found = await explain(SYSTEM, cast.an.id, PERIOD)
    assert [part.share.exact for part in found.parts] == ["1", "3/4", "1"]
    assert [entry.kind for entry in found.products[0].entries] == ["major_error"]
    assert adds_up(found)


async def test_shares_of_coordinators_come_out_of_the_leads_weight(office: Office, cast, clock):
    helpers = [CoordinatorDraft(person="binh", share=Decimal("0.25"))]
    await office.task(done="2026-12-04 09:00", coordinators=helpers, weight=Decimal(2))
    await run_all_due()
    an, binh = await explain(SYSTEM, cast.an.id, PERIOD), await explain(SYSTEM, cast.binh.id, PERIOD)
    assert [(one.part, one.weight, len(one.entries)) for one in an.products] == [("lead", "7/4", 1)]
    assert [(one.part, one.weight, len(one.entries)) for one in binh.products] == [("coordinator", "1/4", 0)]
    assert binh.results is not None
    assert binh.results.exact == "70"
    unit = await explain_unit(SYSTEM, "tuphap", PERIOD)
    assert [one.weight for one in unit.products] == ["2"]


async def test_a_leader_has_six_parts_and_d_comes_from_those_in_their_charge(office: Office, cast, clock):
    await office.task("head", by="chair", done="2026-12-03 09:00")
    await office.task("an", done="2026-12-03 10:00")
    found = await explain(SYSTEM, cast.head.id, PERIOD)
    assert found.leader
    assert found.missing == ["common", "d", "dd", "e"]
    assert [part.name for part in found.parts] == ["a", "b", "c"]
    assert found.results is None
    for what in ("common", "dd", "e"):
        await office.mark("head", "30" if what == "common" else "90", what)
    await office.mark("an")
    found = await explain(SYSTEM, cast.head.id, PERIOD)
    assert found.missing == []
    assert found.results is not None
    assert found.results.fraction == Fraction(70, 6) * (4 + Fraction(9, 5))
    assert {part.name: part.points.exact for part in found.parts_lost} == {"dd": "7/6", "e": "7/6"}
    assert adds_up(found)


async def test_one_failure_below_halves_the_leaders_d(office: Office, cast, clock):
    await office.task("an", done="2026-12-03 10:00")
    await office.task("binh")
    clock.set(end_of())
    await run_all_due()
    for person in ("an", "binh"):
        await office.mark(person, "10")
    found = await explain(SYSTEM, cast.head.id, PERIOD)
    # Without products of their own, a leader is scored on their units'.
    assert {one.completed for one in found.products} == {True, False}
    for what in ("common", "dd", "e"):
        await office.mark("head", "30" if what == "common" else "100", what)
    found = await explain(SYSTEM, cast.head.id, PERIOD)
    assert [part.share.exact for part in found.parts if part.name == "d"] == ["1/2"]


async def test_who_may_see_a_score(office: Office, cast, clock):
    await office.task(done="2026-12-03 09:00")
    for reader in ("an", "head", "vice", "chair", "hr", "auditor"):
        assert (await explain(await cast.actor(reader), cast.an.id, PERIOD)).assigned == 1
    for stranger in ("binh", "cuong", "head2", "stranger", "otherchair", "clerk", "admin"):
        with pytest.raises(NotFound):
            await explain(await cast.actor(stranger), cast.an.id, PERIOD)
    can = {
        reader: (await explain(await cast.actor(reader), cast.an.id, PERIOD)).can
        for reader in ("an", "head", "auditor")
    }
    assert can == {"an": ["self_mark", "ask_waiver"], "head": ["mark", "waive"], "auditor": []}


async def test_secret_titles_stay_with_the_person_leaders_and_auditors(office: Office, cast, clock):
    await office.task(title="Việc mật", secret=True, done="2026-12-03 09:00")
    for reader, title in (("an", "Việc mật"), ("head", "Việc mật"), ("auditor", "Việc mật"), ("hr", "")):
        found = await explain(await cast.actor(reader), cast.an.id, PERIOD)
        assert [one.title for one in found.products] == [title]


@pytest.mark.parametrize("key", ["2026", "2026-13", "hôm qua", "2026-Q5", ""])
async def test_a_bad_period_is_refused(db, cast, key):
    with pytest.raises(Invalid) as caught:
        await explain(SYSTEM, cast.an.id, key)
    assert caught.value.code == "period_bad"


async def test_a_quarter_counts_its_three_months_once(office: Office, cast, clock):
    await office.task(due="2026-11-27 17:30")
    clock.set("2026-12-03 09:00")
    await run_all_due()
    await office.task(due="2026-12-10 17:30", done="2026-12-04 09:00")
    found = await explain(SYSTEM, cast.an.id, "2026-Q4")
    assert (found.assigned, found.on_time, found.open) == (2, 1, 1)


async def test_in_words_in_both_languages(office: Office, cast, clock):
    await office.task(title="Báo cáo PCCC", done="2026-12-04 09:00")
    await office.task(title="Rà soát hộ nghèo", due="2026-12-07 17:30", done="2026-12-04 09:30")
    await run_all_due()
    late = await office.task(title="Biên bản họp", due="2026-12-07 17:30", done="2026-12-09 09:30")
    await run_all_due()
    await waive(await cast.actor("head"), (await office.entry(late)).id, "mưa bão")
    await office.mark("an", "28")
    found = await explain(SYSTEM, cast.an.id, PERIOD)
    vi, en = render_explanation(found, "vi"), render_explanation(found, "en")
    for text in (vi, en):
        assert cast.an.full_name in text
        assert "Báo cáo PCCC" in text
        assert "nd335@1" in text
        assert "mưa bão" in text
    assert "Tổng: 96,0555…, hoàn thành xuất sắc" in vi
    assert "Total: 96.0555…, excellent" in en
    assert "Kiểm tra: 100 − (30 − 28) − 1,9444… = 96,0555…" in vi
    assert "waived: mưa bão" in en


@pytest.mark.parametrize("locale", ["vi", "en"])
async def test_what_is_not_there_yet_is_said_in_words(office: Office, cast, clock, locale):
    empty = render_explanation(await explain(SYSTEM, cast.an.id, PERIOD), locale)
    assert ("không xếp loại" if locale == "vi" else "not assessed") in empty
    await office.task(title="Mật", secret=True)
    clock.set("2026-12-04 09:00")
    await run_all_due()
    found = await explain(await cast.actor("hr"), cast.an.id, PERIOD)
    text = render_explanation(found, locale)
    assert ("(mật)" if locale == "vi" else "(secret)") in text
    assert ("còn thiếu điểm tiêu chí chung" if locale == "vi" else "common criteria not marked yet") in text
    leader = render_explanation(await explain(SYSTEM, cast.head.id, PERIOD), locale)
    assert ("chưa tính được" if locale == "vi" else "cannot be computed yet") in leader
    unit = render_explanation(await explain_unit(SYSTEM, "tuphap", PERIOD), locale)
    assert "tuphap" in unit


async def test_an_explanation_survives_json(office: Office, cast, clock):
    await office.task(done="2026-12-04 09:00")
    await run_all_due()
    found = await explain(SYSTEM, cast.an.id, PERIOD)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Explanation) == found
