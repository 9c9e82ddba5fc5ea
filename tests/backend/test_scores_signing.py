"""Sign-off: self, head, leader, one after the other, each by whoever may; what each refusal says; who is waited for."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from backend.domain.types import SYSTEM
from backend.errors import AppError, Conflict, InvalidFields
from backend.models import AuditRow, Mark, Person, SignOff, Unit
from backend.org.queries import reporting_line
from backend.scores.lines import Lines
from backend.scores.queries import explain
from backend.scores.schemas import MarkDraft
from backend.scores.schemas_signing import PassDraft, SignDraft
from backend.scores.service import close_period, mark, pass_over, sign, withdraw
from backend.scores.standing_queries import standing
from reminders.schedule import run_all_due
from tests.backend.scores_office import PERIOD, Office, end_of, sign_all


@pytest.fixture
async def office(db, cast, clock, stage) -> Office:
    """December 2026 is over: An has one product, done in time; nobody else has any."""
    made = Office(cast, clock)

    async def play() -> None:
        await made.task(done="2026-12-02 09:00")
        clock.set(end_of())
        await run_all_due()

    await stage.scene("a month over", play)
    return made


async def take(office: Office, by: str, step: str, value: str | None = None, **subject: str) -> Any:
    draft = SignDraft(step=step, value=None if value is None else Decimal(value), **(subject or {"person": "an"}))  # type: ignore[arg-type]
    return await sign(await office.cast.actor(by), PERIOD, draft)


async def refused(action: Any) -> AppError:
    with pytest.raises(AppError) as caught:
        await action
    return caught.value


async def owed(office: Office, by: str = "hr") -> dict[str, tuple[str, tuple[str, ...]]]:
    """What is whose turn, as one reader sees it."""
    found = await standing(await office.cast.actor(by), PERIOD)
    return {f"{one.subject}:{one.ref}": (one.step, tuple(one.holders)) for one in found.owed}


async def marked_leaders(office: Office) -> None:
    for leader in ("head", "vice", "chair"):
        for what in ("dd", "e"):
            await office.mark(leader, "90", what)


# --- the way through --------------------------------------------------------------------------------------------------


async def test_self_then_head_then_leader_each_with_a_mark(office: Office, cast, clock):
    assert (await owed(office))["person:an"] == ("self", (cast.an.full_name,))
    view = await take(office, "an", "self", "29")
    assert (view.step, view.value, view.by, view.at) == ("self", "29", cast.an.full_name, clock())
    assert (await owed(office))["person:an"] == ("head", (cast.head.full_name,))
    await take(office, "head", "head", "27")
    # The vice-chair looks after the section: the leader above its head.
    assert (await owed(office))["person:an"] == ("leader", (cast.vice.full_name,))
    assert (await explain(SYSTEM, cast.an.id, PERIOD)).common is None, "only the leader's mark counts"
    agreed = await take(office, "vice", "leader")
    assert agreed.value == "27"
    assert "person:an" not in await owed(office)
    found = await explain(SYSTEM, cast.an.id, PERIOD)
    assert found.total is not None
    assert found.total.exact == "97"
    assert found.common_self is not None
    assert found.common_self.exact == "29"
    assert {(one.level, one.value) for one in await Mark.filter(person_id=cast.an.id)} == {
        ("self", Decimal(29)),
        ("head", Decimal(27)),
        ("leader", Decimal(27)),
    }
    assert await AuditRow.filter(action="score.signed_off").count() == 3


async def test_a_head_has_one_step_more_above_and_the_top_is_signed_by_hr(office: Office, cast):
    await marked_leaders(office)
    found = await owed(office)
    assert found["person:head"] == ("self", (cast.head.full_name,))
    await take(office, "head", "self", "28", person="head")
    await take(office, "chair", "self", "28", person="chair")
    found = await owed(office)
    assert found["person:head"] == ("head", (cast.vice.full_name,))
    assert found["person:chair"] == ("leader", (cast.hr.full_name,))


async def test_marks_entered_before_are_agreed_to(office: Office, cast):
    await mark(await cast.actor("an"), PERIOD, MarkDraft(what="common", value=Decimal("28.5"), person="an"))
    await mark(await cast.actor("head"), PERIOD, MarkDraft(what="common", value=Decimal(26), person="an"))
    assert (await take(office, "an", "self")).value == "28.5"
    assert (await take(office, "head", "head")).value == "26"
    assert (await take(office, "chair", "leader", "26.5")).value == "26.5"


async def test_a_leader_and_a_unit_come_after_everybody_below(office: Office, cast):
    await marked_leaders(office)
    await take(office, "head", "self", "28", person="head")
    await take(office, "vice", "head", "28", person="head")
    by_ref = {one.ref: one for one in (await standing(SYSTEM, PERIOD)).owed}
    assert by_ref["head"].waits
    assert not by_ref["tuphap"].waits
    assert by_ref["ubnd"].waits
    error = await refused(take(office, "chair", "leader", person="head"))
    assert (error.code, error.params["names"]) == ("sign_off_waits", cast.an.full_name)
    assert (await refused(take(office, "hr", "leader", "29", unit="ubnd"))).code == "sign_off_waits"
    for by, step in (("an", "self"), ("head", "head"), ("vice", "leader")):
        await take(office, by, step, "28")
    assert (await take(office, "chair", "leader", person="head")).value == "28"
    assert (await take(office, "chair", "leader", "27", unit="tuphap")).value == "27"
    assert (await take(office, "hr", "leader", "29", unit="ubnd")).value == "29"
    assert (await refused(take(office, "hr", "leader", "29", unit="ubnd"))).code == "sign_off_done"


async def test_everything_signed_is_ready_and_closes(office: Office, cast):
    await marked_leaders(office)
    hr = await cast.actor("hr")
    assert (await standing(hr, PERIOD)).stage == "self"
    await sign_all(value="28")
    found = await standing(hr, PERIOD)
    assert (found.stage, found.owed, found.may_close) == ("ready", [], True)
    assert found.taken == found.wanted == {"self": 4, "head": 2, "leader": 4}
    await close_period(hr, PERIOD)
    closed = await standing(hr, PERIOD)
    assert (closed.stage, bool(closed.seal), closed.may_close) == ("closed", True, False)


async def test_who_has_left_assesses_nobody(office: Office, cast, clock):
    await Person.filter(id=cast.an.id).update(left_at=clock())
    assert (await owed(office))["person:an"] == ("head", (cast.head.full_name,))


async def test_lines_are_the_reporting_lines(office: Office, cast):
    lines = await Lines.load()
    for handle, person in cast.people.items():
        for unit in await Unit.all():
            assert lines.over(person.id, unit.id) == await reporting_line(person.id, unit.id), (handle, unit.code)


# --- who may ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("by", "step", "code"),
    [
        ("head", "self", "forbidden"),
        ("hr", "self", "forbidden"),
        ("an", "head", "forbidden"),
        ("hr", "head", "forbidden"),
        ("auditor", "head", "forbidden"),
        ("binh", "head", "person_not_found"),
        ("stranger", "self", "person_not_found"),
        ("otherchair", "leader", "person_not_found"),
        # The head of the unit is not the leader above it.
        ("head", "leader", "forbidden"),
        ("hr", "leader", "forbidden"),
        # It is not their turn yet.
        ("head", "head", "sign_off_order"),
        ("chair", "leader", "sign_off_order"),
    ],
)
async def test_steps_that_are_not_theirs(office: Office, by, step, code):
    assert (await refused(take(office, by, step, "28"))).code == code
    assert await SignOff.all().count() == 0


async def test_one_person_is_not_head_and_leader_of_the_same(office: Office):
    await take(office, "an", "self", "28")
    await take(office, "chair", "head", "27")
    assert (await refused(take(office, "chair", "leader"))).code == "forbidden"
    assert (await take(office, "vice", "leader")).value == "27"


@pytest.mark.parametrize(
    ("by", "given", "code"),
    [
        ("an", {"step": "self", "person": "an"}, "sign_off_mark"),
        ("an", {"step": "self", "person": "an", "value": Decimal(31)}, "mark_out_of_range"),
        ("an", {"step": "self", "person": "an", "value": Decimal("NaN")}, "mark_out_of_range"),
        ("an", {"step": "self"}, "mark_one_subject"),
        ("an", {"step": "self", "person": "an", "unit": "tuphap"}, "mark_one_subject"),
        ("binh", {"step": "self", "person": "binh", "value": Decimal(28)}, "sign_off_nothing"),
        ("chair", {"step": "head", "unit": "tuphap", "value": Decimal(28)}, "sign_off_not_wanted"),
        ("chair", {"step": "leader", "unit": "diachinh", "value": Decimal(28)}, "sign_off_nothing"),
        ("chair", {"step": "leader", "unit": "tuphap"}, "sign_off_mark"),
        ("head", {"step": "leader", "unit": "tuphap", "value": Decimal(28)}, "forbidden"),
        ("otherchair", {"step": "leader", "unit": "tuphap", "value": Decimal(28)}, "unit_not_found"),
    ],
)
async def test_signings_that_are_refused(office: Office, cast, by, given, code):
    assert (await refused(sign(await cast.actor(by), PERIOD, SignDraft(**given)))).code == code
    assert await SignOff.all().count() == 0


async def test_a_leaders_own_marks_must_be_there(office: Office, cast):
    for by, step in (("an", "self"), ("head", "head"), ("vice", "leader")):
        await take(office, by, step, "28")
    await take(office, "head", "self", "28", person="head")
    await take(office, "vice", "head", "28", person="head")
    error = await refused(take(office, "chair", "leader", person="head"))
    assert isinstance(error, InvalidFields)
    assert {issue["value"] for issue in error.issues} == {"dd", "e"}
    assert await SignOff.filter(person_id=cast.head.id, step="leader").count() == 0
    assert await Mark.filter(person_id=cast.head.id, level="leader").count() == 0


async def test_before_its_end_a_period_is_not_signed(office: Office, clock):
    clock.set("2026-12-30 09:00")
    assert (await refused(take(office, "an", "self", "28"))).code == "sign_off_early"


async def test_what_was_signed_is_taken_back_before_it_is_changed(office: Office, cast):
    await take(office, "an", "self", "28")
    assert (await refused(take(office, "an", "self", "30"))).code == "sign_off_done"
    draft = MarkDraft(what="common", value=Decimal(30), person="an")
    assert (await refused(mark(await cast.actor("an"), PERIOD, draft))).code == "sign_off_done"
    await take(office, "head", "head", "27")
    an, head, hr, binh = [await cast.actor(name) for name in ("an", "head", "hr", "binh")]
    assert (await refused(withdraw(an, PERIOD, "self", "an"))).code == "sign_off_built_on"
    assert (await refused(withdraw(an, PERIOD, "head", "an"))).code == "forbidden"
    assert (await refused(withdraw(binh, PERIOD, "head", "an"))).code == "person_not_found"
    assert (await refused(withdraw(hr, PERIOD, "leader", "an"))).code == "sign_off_none"
    assert (await refused(withdraw(hr, PERIOD, "leader"))).code == "mark_one_subject"
    await withdraw(head, PERIOD, "head", "an")
    await withdraw(hr, PERIOD, "self", "an")
    await take(office, "an", "self", "30")
    assert await AuditRow.filter(action="score.sign_off_withdrawn").count() == 2


async def test_what_a_leader_above_rests_on_is_not_taken_back(office: Office, cast):
    await marked_leaders(office)
    await sign_all(value="28")
    hr, vice, chair = [await cast.actor(name) for name in ("hr", "vice", "chair")]
    assert (await refused(withdraw(vice, PERIOD, "leader", "an"))).code == "sign_off_built_on"
    assert (await refused(withdraw(chair, PERIOD, "leader", unit="tuphap"))).code == "sign_off_built_on"
    assert (await refused(withdraw(vice, PERIOD, "leader", unit="tuphap"))).code == "forbidden"
    assert (await refused(withdraw(hr, PERIOD, "leader", unit="diachinh"))).code == "sign_off_none"
    await withdraw(hr, PERIOD, "leader", unit="ubnd")
    await withdraw(chair, PERIOD, "leader", unit="tuphap")
    for leader in ("chair", "vice", "head"):
        await withdraw(hr, PERIOD, "leader", leader)
    await withdraw(vice, PERIOD, "leader", "an")
    assert {one.step for one in await SignOff.filter(person_id=cast.an.id)} == {"self", "head"}


async def test_hr_passes_over_what_nobody_did_in_time_with_a_reason(office: Office, cast, clock):
    hr = await cast.actor("hr")
    draft = PassDraft(step="self", person="an", reason="Nghỉ ốm dài ngày")
    assert (await refused(pass_over(hr, PERIOD, draft))).code == "sign_off_not_late"
    clock.set("2027-01-08 17:31")
    found = {one.ref: one for one in (await standing(hr, PERIOD)).owed}
    assert found["an"].overdue
    assert found["an"].can == ["pass"]
    for by, code in (("head", "forbidden"), ("an", "forbidden"), ("binh", "person_not_found")):
        assert (await refused(pass_over(await cast.actor(by), PERIOD, draft))).code == code
    blank = PassDraft(step="self", person="an", reason="  ")
    assert (await refused(pass_over(hr, PERIOD, blank))).code == "reason_needed"
    view = await pass_over(hr, PERIOD, draft)
    assert (view.passed_reason, view.value) == ("Nghỉ ốm dài ngày", None)
    assert (await owed(office))["person:an"][0] == "head"
    # The head has three working days from here, the plan's last day being earlier.
    assert (await refused(pass_over(hr, PERIOD, PassDraft(step="head", person="an", reason="Bận")))).params[
        "until"
    ] == "17:30 13/01/2027"


async def test_a_step_passed_over_asks_for_the_marks_still(office: Office, cast, clock):
    await take(office, "an", "self", "28")
    hr = await cast.actor("hr")
    clock.set("2027-02-10 08:00")
    await pass_over(hr, PERIOD, PassDraft(step="head", person="an", reason="Trưởng phòng nghỉ"))
    clock.set("2027-02-20 08:00")
    leader = PassDraft(step="leader", person="an", reason="Khuyết lãnh đạo")
    assert (await refused(pass_over(hr, PERIOD, leader))).code == "sign_off_marks"
    await office.mark("an", "26")
    await pass_over(hr, PERIOD, leader)
    assert "person:an" not in await owed(office)


async def test_each_sees_only_what_they_may(office: Office, cast):
    assert set(await owed(office, "an")) == {"person:an"}
    assert set(await owed(office, "binh")) == set()
    assert "person:an" in await owed(office, "head")
    assert "person:chair" not in await owed(office, "head")
    assert await owed(office, "otherchair") == {}
    mine = [one for one in (await standing(await cast.actor("an"), PERIOD)).owed if one.can]
    assert [(one.ref, one.can) for one in mine] == [("an", ["sign"])]


async def test_two_who_sign_at_once_sign_once(office: Office, cast):
    await take(office, "an", "self", "28")
    tries = [take(office, by, "head", value) for by, value in (("head", "27"), ("chair", "20"), ("vice", "25"))]
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(one, Conflict) for one in done) == 2
    [stored] = await SignOff.filter(step="head")
    [level] = await Mark.filter(level="head")
    assert (stored.value, stored.signed_by_id) == (level.value, level.marked_by_id)


async def test_a_closed_period_takes_no_step_and_gives_none_back(office: Office, cast, clock):
    await marked_leaders(office)
    await sign_all(value="28")
    hr = await cast.actor("hr")
    await close_period(hr, PERIOD)
    assert (await refused(take(office, "an", "self", "28"))).code == "period_closed"
    assert (await refused(withdraw(hr, PERIOD, "leader", "chair"))).code == "period_closed"
    draft = PassDraft(step="self", person="an", reason="x")
    assert (await refused(pass_over(hr, PERIOD, draft))).code == "period_closed"
