"""Rule sets as data: drafted, checked, published for good, in force by place and day, and seen before they are."""

import asyncio
import json
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import httpx
import msgspec
import pytest

from backend.audits import audit
from backend.domain.scoring import Rules
from backend.domain.types import SYSTEM
from backend.errors import AppError, Conflict
from backend.kit.db import Sql
from backend.kit.i18n import t
from backend.models import AuditRow, LedgerEntry, RuleSet
from backend.scores import disqualifying, rules, rules_editing
from backend.scores.queries import explain, explain_unit
from backend.scores.replay import replay
from backend.scores.rules_diff import diff
from backend.scores.rules_text import render_diff, render_line, render_rules
from backend.scores.schemas_rules import RuleDraft
from backend.scores.service import ensure_rules
from backend.tasks import service
from reminders.schedule import run_all_due
from tests.backend.scores_closing import closed
from tests.backend.scores_office import PERIOD, Office, end_of
from tests.cast import Cast
from tests.fakes import FakeClock


@pytest.fixture
def office(db: None, cast: Cast, clock: FakeClock) -> Office:
    return Office(cast, clock)


def given(
    code: str = "phuong",
    *,
    on: date = date(2026, 12, 1),
    unit: str | None = "ubnd",
    name: str = "Của phường",
    **more: Any,
) -> RuleDraft:
    return RuleDraft(code=code, name=name, effective_from=on, unit=unit, rules=Rules(**more))


async def refused(action: Any) -> AppError:
    with pytest.raises(AppError) as caught:
        await action
    for locale in ("vi", "en"):
        assert t(locale, f"errors.{caught.value.code}", **caught.value.params)
    return caught.value


async def published(office: Office, draft: RuleDraft) -> str:
    hr = await office.cast.actor("hr")
    made = await rules_editing.draft(hr, draft)
    return (await rules_editing.publish(hr, made.ref)).ref


# --- over HTTP --------------------------------------------------------------------------------------------------------


async def test_a_set_is_drafted_changed_published_and_then_never_changes(app: Any, cast: Cast) -> None:
    draft = {"code": "phuong", "name": "Của phường", "effective_from": "2026-12-01", "unit": "ubnd"}
    async with cast.client(app, "hr") as hr:
        await ensure_rules()
        made = await hr.post("/api/rules", json={**draft, "rules": {"delay_share": "1/5"}})
        assert (made.status_code, made.json()["ref"], made.json()["status"]) == (201, "phuong@1", "draft")
        assert made.json()["rules"]["error_share"] == "1/4"
        again = await hr.put(
            "/api/rules/phuong@1", json={**draft, "rules": {"delay_share": "1/2"}}, headers={"if-match": '"1"'}
        )
        assert (again.json()["revision"], again.json()["rules"]["delay_share"]) == (2, "1/2")
        late = await hr.put("/api/rules/phuong@1", json=draft, headers={"if-match": '"1"'})
        assert (late.status_code, late.json()["code"]) == (412, "rules_stale")
        other = await hr.put("/api/rules/phuong@1", json={**draft, "code": "khac"})
        assert (other.status_code, other.json()["issues"][0]["code"]) == (422, "rules_code_stays")
        done = await hr.post("/api/rules/phuong@1/publish")
        assert (done.status_code, done.json()["ref"]) == (200, "phuong@1")
        for attempt in (
            hr.put("/api/rules/phuong@1", json=draft),
            hr.post("/api/rules/phuong@1/publish"),
            hr.delete("/api/rules/phuong@1"),
        ):
            answer = await attempt
            assert (answer.status_code, answer.json()["code"]) == (409, "rules_published")
        assert (await hr.post("/api/rules", json=draft)).json()["ref"] == "phuong@2"
        assert (await hr.delete("/api/rules/phuong@2")).status_code == 204
        assert (await hr.get("/api/rules/phuong@2")).status_code == 404
        refs = [one["ref"] for one in (await hr.get("/api/rules")).json()]
        assert refs == ["nd335@1", "nd335-5@1", "phuong@1"]
        shown = (await hr.get("/api/rules/phuong@1")).json()
        assert (shown["can"], shown["rules"]["delay_share"], shown["published_by"]) == ([], "1/2", cast.hr.full_name)


async def test_drafts_are_for_those_who_keep_them_and_published_sets_for_all(app: Any, cast: Cast) -> None:
    draft = {"code": "phuong", "name": "Của phường", "effective_from": "2026-12-01", "unit": "tuphap"}
    async with cast.client(app, "hr") as hr:
        assert (await hr.post("/api/rules", json=draft)).status_code == 201
        whole = await hr.post("/api/rules", json={**draft, "unit": None})
        assert whole.status_code == 403, "the whole office has a root that this HR does not keep"
        assert (await hr.post("/api/rules", json={**draft, "unit": "other"})).status_code == 404
        assert (await hr.post("/api/rules", json={**draft, "unit": "nowhere"})).status_code == 404
    for who in ("an", "chair", "admin", "auditor"):
        async with cast.client(app, who) as client:
            assert (await client.get("/api/rules/phuong@1")).status_code == 404
            assert (await client.post("/api/rules", json=draft)).status_code == 403
            assert (await client.get("/api/rules/nd335@1")).status_code == 200
            assert (await client.put("/api/rules/nd335@1", json=draft)).status_code == 403
    async with cast.client(app, "hr") as hr:
        assert (await hr.post("/api/rules/phuong@1/publish")).status_code == 200
    async with cast.client(app, "an") as an:
        assert (await an.get("/api/rules/phuong@1")).json()["status"] == "published"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as nobody:
        assert (await nobody.get("/api/rules")).status_code == 401


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"delay_share": "một phần tư"}, "rules_share"),
        ({"delay_share": "5/4"}, "rules_share"),
        ({"error_share": "-1/4"}, "rules_share"),
        ({"floor": "1/0"}, "rules_share"),
        ({"excellent_cap": "2"}, "rules_share"),
        ({"common_max": 40}, "rules_hundred"),
        ({"weights": {"nothing": "1"}}, "rules_kind"),
        ({"weights": {"document": "0"}}, "rules_weight"),
        ({"weights": {"document": "1001"}}, "rules_weight"),
        ({"bands": [["excellent", "90"], ["good", "70"]]}, "rules_bands"),
        ({"bands": [["excellent", "70"], ["good", "70"], ["fulfilled", "50"]]}, "rules_bands_fall"),
        ({"bands": [["excellent", "101"], ["good", "70"], ["fulfilled", "50"]]}, "rules_bands_fall"),
        ({"outstanding_band": "not_assessed"}, "rules_band"),
        ({"disqualifiers": [{"code": "Kỷ luật", "name": "x"}]}, "rules_code"),
        ({"disqualifiers": [{"code": "a", "name": "x"}, {"code": "a", "name": "y"}]}, "rules_code"),
        ({"disqualifiers": [{"code": "a", "name": " "}]}, "rules_name"),
        ({"disqualifiers": [{"code": "a", "name": "x", "band": "excellent"}]}, "rules_band"),
    ],
)
async def test_a_wrong_rule_is_named_where_it_stands(app: Any, cast: Cast, wrong: dict[str, Any], code: str) -> None:
    draft = {"code": "phuong", "name": "Của phường", "effective_from": "2026-12-01", "unit": "ubnd", "rules": wrong}
    async with cast.client(app, "hr") as hr:
        answer = await hr.post("/api/rules", json=draft)
        assert answer.status_code == 422, answer.text
        [issue] = answer.json()["issues"]
        assert (issue["code"], bool(issue["message"])) == (code, True)
        assert issue["where"].partition(".")[0] in wrong
        assert await RuleSet.filter(code="phuong").count() == 0


async def test_what_is_no_rule_set_at_all_is_refused(app: Any, cast: Cast) -> None:
    draft: dict[str, Any] = {"code": "phuong", "name": "Của phường", "effective_from": "2026-12-01", "unit": "ubnd"}
    async with cast.client(app, "hr") as hr:
        for wrong in ({"rules": {"unknown": 1}}, {"rules": {"delay_reading": "thrice"}}, {"effective_from": "mai"}):
            assert (await hr.post("/api/rules", json={**draft, **wrong})).status_code in (400, 422)
        for wrong in ({"code": "Của phường"}, {"name": "\u200b  "}):
            assert (await hr.post("/api/rules", json={**draft, **wrong})).status_code == 422
        for ref in ("phuong", "phuong@x", "phuong@99", "phuong@99999999999"):
            assert (await hr.get(f"/api/rules/{ref}")).status_code == 404


# --- in force ---------------------------------------------------------------------------------------------------------


async def test_the_nearest_unit_above_wins_from_its_day_on(office: Office, cast: Cast) -> None:
    await published(office, given("phuong", unit="ubnd", delay_share="1/5"))
    await published(office, given("phong", unit="tuphap", on=date(2027, 1, 1), delay_share="1/2"))
    book = await rules.RuleBook.load()
    tuphap, diachinh, other = (cast.units[code].path for code in ("tuphap", "diachinh", "other"))
    december, january = date(2026, 12, 31), date(2027, 1, 31)
    assert [book.of(path, december).code for path in (tuphap, diachinh, other)] == ["phuong", "phuong", "nd335"]
    assert [book.of(path, january).code for path in (tuphap, diachinh, other)] == ["phong", "phuong", "nd335"]
    assert book.of(tuphap, date(2026, 11, 30)).code == "nd335"


async def test_of_two_sets_of_a_place_the_later_day_wins_and_then_the_later_publication(office: Office) -> None:
    await published(office, given("a", delay_share="1/5"))
    await published(office, given("b", on=date(2026, 12, 15), delay_share="1/5"))
    office.clock.move(minutes=1)
    await published(office, given("c", on=date(2026, 12, 1), delay_share="1/5"))
    path = office.cast.units["tuphap"].path
    assert (await rules.in_force(date(2026, 12, 10), path)).code == "c"
    assert (await rules.in_force(date(2026, 12, 31), path)).code == "b"


async def test_the_set_in_force_at_the_end_rules_the_period_and_entries_keep_the_version_of_their_day(
    office: Office, cast: Cast, clock: FakeClock
) -> None:
    first = await office.task()
    await published(office, given("giua", on=date(2026, 12, 15), delay_share="1/2"))
    second = await office.task(due="2026-12-16 17:30")
    clock.set("2026-12-17 09:00")
    await run_all_due()
    for task in (first, second):
        await service.report(await cast.actor("an"), task, "xong")
    versions = {entry.rule_version for entry in await LedgerEntry.filter(task_id=first)}
    assert versions == {"nd335@1"}
    assert {entry.rule_version for entry in await LedgerEntry.filter(task_id=second)} == {"giua@1"}
    found = await explain(SYSTEM, cast.an.id, PERIOD)
    assert found.rule_set == "giua@1"
    # Both cost half of their progress, the first also its further instance.
    assert [line.lost.exact for line in found.products] == ["35/3", "35/6"]
    assert (await explain_unit(SYSTEM, "tuphap", PERIOD)).rule_set == "giua@1"
    assert not (await replay()).failed


async def test_every_rule_of_the_set_is_obeyed(office: Office, cast: Cast, clock: FakeClock) -> None:
    head, an = await cast.actor("head"), await cast.actor("an")
    helpers = [service_helper("binh", "0.5")]
    shared = await office.task(title="chung", coordinators=helpers)
    given_away = await office.task(title="giao lại")
    called_off = await office.task(title="thôi")
    early = await office.task(title="sớm", due="2027-01-08 17:30")
    clock.set("2026-12-04 09:00")
    await run_all_due()
    await service.reassign(head, given_away, "binh")
    await service.cancel(head, called_off, "thôi")
    for task in (shared, early):
        await service.report(an, task, "xong")

    async def seen(period: str = PERIOD) -> dict[str, str]:
        found = await explain(SYSTEM, cast.an.id, period)
        return {line.title: line.weight for line in found.products}

    assert await seen() == {"chung": "1/2", "giao lại": "1", "sớm": "1"}
    await published(
        office,
        given(
            "khac",
            coordinators="lead_only",
            reassigned_late="leaves",
            cancelled_late="stays",
            placing="due",
            weights={"direct": "3/2"},
        ),
    )
    assert await seen() == {"chung": "3/2", "thôi": "3/2"}
    assert await seen("2027-01") == {"sớm": "3/2"}
    assert (await explain(SYSTEM, cast.binh.id, PERIOD)).assigned == 1
    unit = await explain_unit(SYSTEM, "tuphap", PERIOD)
    assert sorted(line.title for line in unit.products) == ["chung", "giao lại", "thôi"]


def service_helper(person: str, share: str) -> Any:
    from backend.tasks.schemas import CoordinatorDraft

    return CoordinatorDraft(person=person, share=Decimal(share))


async def test_what_is_open_need_not_be_carried(office: Office, cast: Cast, clock: FakeClock) -> None:
    await office.task(due="2026-11-27 17:30")
    clock.set(end_of())
    await run_all_due()
    assert (await explain(SYSTEM, cast.an.id, PERIOD)).assigned == 1
    await published(office, given("mot-thang", carry_open=False))
    assert (await explain(SYSTEM, cast.an.id, PERIOD)).assigned == 0
    assert (await explain(SYSTEM, cast.an.id, "2026-11")).assigned == 1


@pytest.mark.parametrize(
    ("reading", "floor", "left"),
    [
        ("each", "0", "1/4"),
        ("first_then_zero", "0", "0"),
        ("once", "0", "3/4"),
        ("each", "1/2", "1/2"),
        ("first_then_zero", "1/3", "1/3"),
    ],
)
async def test_readings_of_delay_and_the_floor(
    office: Office, cast: Cast, clock: FakeClock, reading: str, floor: str, left: str
) -> None:
    await office.task()
    clock.set("2026-12-20 09:00")
    await run_all_due()
    await service.report(await cast.actor("an"), 1, "xong")
    await published(office, given("doc", delay_reading=reading, floor=floor))
    found = await explain(SYSTEM, cast.an.id, PERIOD)
    assert [part.share.exact for part in found.parts if part.name == "c"] == [left]


# --- published for good -----------------------------------------------------------------------------------------------


async def test_a_set_that_would_rule_a_closed_period_is_not_published(office: Office, cast: Cast) -> None:
    await office.task(done="2026-12-03 09:00")
    office.clock.set(end_of())
    await closed(office)
    hr = await cast.actor("hr")
    late = await rules_editing.draft(hr, given(on=date(2026, 12, 31)))
    assert (await refused(rules_editing.publish(hr, late.ref))).code == "rules_period_closed"
    good = await rules_editing.draft(hr, given("sau", on=date(2027, 1, 1)))
    assert (await rules_editing.publish(hr, good.ref)).ref == "sau@1"
    before = await explain(SYSTEM, cast.an.id, PERIOD)
    assert before.rule_set == "nd335@1"


@pytest.mark.parametrize(
    "damage",
    [
        "update rule_set set data = replace(cast(data as text), '1/5', '1/6') where code = 'phuong'",
        "update rule_set set effective_from = '2026-01-01' where code = 'phuong'",
        "update rule_set set unit_id = null where code = 'phuong'",
        "update rule_set set name = 'khác' where code = 'phuong'",
        "update rule_set set version = 9 where code = 'phuong'",
        "update rule_set set seal = 'x' where code = 'nd335'",
    ],
)
async def test_damage_to_a_published_set_is_found(office: Office, damage: str) -> None:
    await published(office, given(delay_share="1/5"))
    assert [one.code for one in (await audit()).problems if one.code.startswith("rules")] == []
    sql = Sql()
    await sql.run(damage.replace("cast(data as text), '1/5', '1/6')", _jsonb(sql)))
    found = [one for one in (await audit()).problems if one.code == "rules_damaged"]
    assert len(found) == 1
    assert found[0].params["ref"]


def _jsonb(sql: Sql) -> str:
    return f"cast(data as text), '1/5', '1/6'){'::jsonb' if sql.postgres else ''}"


async def test_two_who_draft_or_publish_at_once_do_it_once(office: Office, cast: Cast) -> None:
    hr = await cast.actor("hr")
    made = await asyncio.gather(*(rules_editing.draft(hr, given()) for _ in range(4)), return_exceptions=True)
    refs = [one.ref for one in made if not isinstance(one, BaseException)]
    assert len(set(refs)) == len(refs) >= 1
    assert all(isinstance(one, Conflict) for one in made if isinstance(one, BaseException))
    done = await asyncio.gather(*(rules_editing.publish(hr, refs[0]) for _ in range(4)), return_exceptions=True)
    assert sum(not isinstance(one, BaseException) for one in done) == 1
    assert await AuditRow.filter(action="rules.published").count() == 1


# --- before it is published -------------------------------------------------------------------------------------------


async def test_everybodys_difference_before_a_draft_is_published(office: Office, cast: Cast, clock: FakeClock) -> None:
    await ensure_rules()
    await office.task("an")
    await office.task("cuong", by="head2", done="2026-12-02 09:00")
    clock.set("2026-12-16 09:00")
    await run_all_due()
    await service.report(await cast.actor("an"), 1, "xong")
    for person in ("an", "cuong"):
        await office.mark(person, "30")
    hr = await cast.actor("hr")
    draft = await rules_editing.draft(hr, given(delay_reading="first_then_zero"))
    found = await diff(hr, "nd335@1", draft.ref, PERIOD)
    rows = {row.ref: row for row in found.rows}
    assert rows["an"].total_before is not None
    assert rows["an"].total_after is not None
    # Two instances: 50 % of progress before, all of it after.
    assert rows["an"].total_before.fraction == 100 - Fraction(70, 6)
    assert rows["an"].total_after.fraction == 100 - Fraction(70, 3)
    assert (rows["an"].band_before, rows["an"].band_after) == ("good", "good")
    assert rows["an"].change.fraction == -Fraction(70, 6)
    assert "cuong" not in rows
    assert ("delay_reading", "each", "first_then_zero") in found.fields
    assert found.compared == 11
    # Leaders without marks differ by their results: the head is scored on the unit's products.
    assert "head" in rows
    # Nothing has changed by looking.
    assert (await explain(SYSTEM, cast.an.id, PERIOD)).rule_set == "nd335@1"
    back = await diff(hr, draft.ref, "nd335@1", PERIOD)
    assert {row.ref: row.change.fraction for row in back.rows} == {row.ref: -row.change.fraction for row in found.rows}
    assert (await diff(hr, "nd335@1", "nd335@1", PERIOD)).rows == []
    for locale in ("vi", "en"):
        assert cast.an.full_name in "\n".join(render_diff(found, locale))


async def test_a_draft_for_a_unit_changes_nobody_elsewhere(office: Office, cast: Cast, clock: FakeClock) -> None:
    await ensure_rules()
    for lead, by in (("an", "head"), ("cuong", "head2")):
        await office.task(lead, by=by)
    clock.set("2026-12-04 09:00")
    await run_all_due()
    for lead, task in (("an", 1), ("cuong", 2)):
        await service.report(await cast.actor(lead), task, "xong")
    hr = await cast.actor("hr")
    draft = await rules_editing.draft(hr, given(unit="diachinh", delay_share="1/2"))
    assert {row.ref for row in (await diff(hr, "nd335@1", draft.ref, PERIOD)).rows} == {"cuong", "head2"}


async def test_who_may_look_at_a_difference(app: Any, cast: Cast) -> None:
    async with cast.client(app, "hr") as hr:
        await ensure_rules()
        answer = await hr.get("/api/rules/nd335-5@1/diff", params={"against": "nd335@1", "period": PERIOD})
        assert (answer.status_code, answer.json()["compared"]) == (200, 11)
        assert (await hr.get("/api/rules/nd335-5@1/diff", params={"against": "nd335@1"})).json()["period"] == "2026-11"
        for params, status in (
            ({"against": "x@1"}, 404),
            ({"against": "nd335@1", "period": "2026"}, 400),
            ({}, 422),
        ):
            assert (await hr.get("/api/rules/nd335-5@1/diff", params=params)).status_code == status
    for reader, status in (("head", 200), ("auditor", 200), ("an", 404)):
        async with cast.client(app, reader) as client:
            answer = await client.get("/api/rules/nd335-5@1/diff", params={"against": "nd335@1", "period": PERIOD})
            assert answer.status_code == status


async def test_in_words(office: Office) -> None:
    from backend.scores.rules_reading import listing, show

    await ensure_rules()
    for locale in ("vi", "en"):
        for one in await listing(SYSTEM):
            assert one.ref in render_line(one, locale)
        assert "delay_share: 1/4" in "\n".join(render_rules(await show(SYSTEM, "nd335@1"), locale))


def test_shipped_sets_read_as_they_are_written() -> None:
    from backend.scores.rules_shipped import SHIPPED

    for one in SHIPPED:
        assert rules.read(msgspec.json.encode(one.rules).decode()) == one.rules
        assert json.loads(msgspec.json.encode(one.rules))["code"] == one.rules.code


# --- disqualifiers ----------------------------------------------------------------------------------------------------


async def test_a_listed_reason_overrides_points_until_it_is_lifted(office: Office, cast: Cast) -> None:
    await office.task(done="2026-12-03 09:00")
    await office.mark("an", "30")
    hr = await cast.actor("hr")
    made = await disqualifying.disqualify(hr, PERIOD, "disciplined", "QĐ 12/QĐ-UBND", person="an")
    found = await explain(SYSTEM, cast.an.id, PERIOD)
    assert found.total is not None
    assert (found.total.exact, found.band) == ("100", "failed")
    assert [(line.code, line.reason, line.by) for line in found.disqualified] == [
        ("disciplined", "QĐ 12/QĐ-UBND", cast.hr.full_name)
    ]
    assert (await refused(disqualifying.disqualify(hr, PERIOD, "disciplined", "x", person="an"))).code == (
        "disqualified_already"
    )
    await disqualifying.lift(hr, made, "QĐ bị hủy")
    assert (await explain(SYSTEM, cast.an.id, PERIOD)).band == "excellent"
    assert (await refused(disqualifying.lift(hr, made, "lại"))).code == "disqualification_lifted"


async def test_a_reason_for_a_unit_and_one_that_allows_more(office: Office, cast: Cast) -> None:
    from backend.domain.scoring import Disqualifier
    from backend.scores.schemas import MarkDraft
    from backend.scores.service import mark

    await published(office, given(disqualifiers=(Disqualifier("muon", "Nộp muộn", "good"),)))
    await office.task(done="2026-12-03 09:00")
    hr = await cast.actor("hr")
    await mark(hr, PERIOD, MarkDraft(what="common", value=Decimal(30), unit="tuphap"))
    assert (await explain_unit(SYSTEM, "tuphap", PERIOD)).band == "excellent"
    made = await disqualifying.disqualify(hr, PERIOD, "muon", "báo cáo quý", unit="tuphap")
    assert (await explain_unit(SYSTEM, "tuphap", PERIOD)).band == "good"
    await disqualifying.lift(hr, made, "đã nộp")
    assert (await explain_unit(SYSTEM, "tuphap", PERIOD)).band == "excellent"


async def test_reasons_that_are_refused(office: Office, cast: Cast) -> None:
    hr, head = await cast.actor("hr"), await cast.actor("head")
    enter = disqualifying.disqualify
    for action, code in (
        (enter(hr, PERIOD, "lười", "x", person="an"), "disqualifier_unknown"),
        (enter(hr, PERIOD, "disciplined", " ", person="an"), "reason_needed"),
        (enter(hr, PERIOD, "disciplined", "x"), "mark_one_subject"),
        (enter(hr, PERIOD, "disciplined", "x", person="an", unit="tuphap"), "mark_one_subject"),
        (enter(hr, PERIOD, "disciplined", "x", person="hr"), "forbidden"),
        (enter(hr, PERIOD, "disciplined", "x", person="stranger"), "person_not_found"),
        (enter(hr, PERIOD, "disciplined", "x", unit="other"), "unit_not_found"),
        (enter(head, PERIOD, "disciplined", "x", person="an"), "forbidden"),
        (enter(head, PERIOD, "disciplined", "x", unit="tuphap"), "forbidden"),
        (disqualifying.lift(hr, 99, "x"), "not_found"),
        (disqualifying.lift(hr, 99, " "), "reason_needed"),
    ):
        assert (await refused(action)).code == code


async def test_reasons_over_http_and_never_in_a_closed_period(app: Any, cast: Cast, clock: FakeClock) -> None:
    async with cast.client(app, "hr") as hr:
        path = f"/api/scores/{PERIOD}/disqualifications"
        made = await hr.post(path, json={"code": "disciplined", "reason": "QĐ 12", "person": "an"})
        assert made.status_code == 201
        for_a_mistake = await hr.post(path, json={"code": "corruption", "reason": "nhầm", "person": "an"})
        lifted = await hr.post(f"/api/disqualifications/{for_a_mistake.json()['id']}/lift", json={"reason": "nhầm tên"})
        assert lifted.status_code == 204
        office = Office(cast, clock)
        clock.set(end_of())
        await closed(office)
    async with cast.client(app, "hr") as hr:
        again = await hr.post(path, json={"code": "corruption", "reason": "x", "person": "an"})
        assert (again.status_code, again.json()["code"]) == (409, "period_closed")
        lifted = await hr.post(f"/api/disqualifications/{made.json()['id']}/lift", json={"reason": "x"})
        assert (lifted.status_code, lifted.json()["code"]) == (409, "period_closed")
    async with cast.client(app, "chair") as chair:
        assert (await chair.post(path, json={"code": "disciplined", "reason": "x", "person": "an"})).status_code == 403
