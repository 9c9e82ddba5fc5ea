"""Nobody decides on themselves, and yet somebody decides: an office whose only HR is its chair, or is who appeals."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from backend.errors import Forbidden, InvalidFields, NotFound
from backend.kit.sentences import say_issue
from backend.models import OutboxNotice, Position
from backend.scores import appeal_views, queries, requests, sign_offs
from backend.scores import service as scores
from backend.scores.own_charges import own_charges
from backend.scores.schemas_signing import AppealDraft, DecideAppeal, DecideRequest, RequestDraft, SignDraft
from backend.scores.standing_queries import standing
from backend.tasks import service as tasks
from backend.tasks.schemas import DueDraft, TaskDraft
from reminders import penalise
from reminders.schedule import run_all_due
from tests.backend.scores_closing import closed
from tests.backend.scores_office import PERIOD, Office, end_of, sign_all
from tests.backend.web_browser import Browser, text_of
from tests.cast import Cast
from tests.fakes import FakeClock, vn


@pytest.fixture
async def office(app: Any, cast: Cast, clock: FakeClock) -> Office:
    """December 2026: An was late once and is done, and so is the HR's own task."""
    made = Office(cast, clock)
    await made.task("hr", by="chair", done="2026-12-02 09:00")
    await made.task(done="2026-12-04 09:00", title="Báo cáo lũ")
    await run_all_due()
    return made


async def ends(cast: Cast, *handles: str) -> None:
    """These people hold no position any more since before the period."""
    for handle in handles:
        await Position.filter(person_id=cast.people[handle].id).update(until_on=date(2026, 10, 1))


async def keeps_hr(cast: Cast, handle: str) -> None:
    person, unit = cast.people[handle], cast.units["ubnd"]
    await Position.create(
        person=person, unit=unit, title="Kiêm tổ chức", title_folded="kiem to chuc", role="hr", from_on=date(2026, 1, 1)
    )


async def chair_is_hr(office: Office) -> None:
    """The month is over; the chair is the only HR there is, and has given the marks of those below."""
    await ends(office.cast, "hr")
    await keeps_hr(office.cast, "chair")
    office.clock.set(end_of())
    await run_all_due()
    for leader in ("head", "vice"):
        for what in ("dd", "e"):
            await office.mark(leader, "90", what, by="chair")


async def test_the_admin_signs_a_chair_who_is_the_only_hr(office: Office, cast: Cast) -> None:
    await chair_is_hr(office)
    for who, error in (("chair", Forbidden), ("vice", Forbidden), ("auditor", Forbidden), ("stranger", NotFound)):
        with pytest.raises(error):
            await office.mark("chair", "90", "dd", by=who)
    for what in ("dd", "e"):
        await office.mark("chair", "90", what, by="admin")
    chair, admin = await cast.actor("chair"), await cast.actor("admin")
    assert {one.ref for one in (await standing(admin, PERIOD)).owed} == {"chair"}
    assert "mark" in (await queries.explain(admin, cast.chair.id, PERIOD)).can
    with pytest.raises(NotFound):
        await queries.explain(admin, cast.an.id, PERIOD)
    await sign_all(value="28")
    with pytest.raises(Forbidden):
        await scores.sign(chair, PERIOD, SignDraft(step="leader", person="chair", value=Decimal(28)))
    signed = {(one.step, one.signed_by) for one in await signed_of(cast.chair.id)}
    assert signed == {("self", "Lê Quốc Dũng"), ("leader", "Đỗ Quản Trị")}
    assert await scores.close_period(chair, PERIOD)


async def signed_of(person_id: int) -> list[Any]:
    return list((await sign_offs.of_period(PERIOD, [person_id]))["person", person_id].values())


async def test_with_another_hr_the_admin_has_no_say(office: Office, cast: Cast) -> None:
    await chair_is_hr(office)
    await keeps_hr(cast, "clerk")
    admin = await cast.actor("admin")
    assert (await standing(admin, PERIOD)).owed == []
    with pytest.raises(NotFound):
        await office.mark("chair", "90", "dd", by="admin")
    await office.mark("chair", "90", "dd", by="clerk")


async def test_without_anybody_it_is_said_plainly(office: Office, app: Any, cast: Cast) -> None:
    await ends(cast, "admin")
    await chair_is_hr(office)
    chair = await cast.actor("chair")
    await scores.sign(chair, PERIOD, SignDraft(step="self", person="chair", value=Decimal(28)))
    async with Browser(app) as browser:
        await browser.sign_in(cast, "chair")
        assert "chưa ai ký được, cần thêm cán bộ tổ chức hoặc lãnh đạo" in text_of(
            await browser.get(f"/periods/{PERIOD}")
        )
    with pytest.raises(InvalidFields) as caught:
        await scores.close_period(chair, PERIOD)
    [issue] = [one for one in caught.value.issues if one["code"] == "owes_nobody"]
    assert issue["where"] == "person:chair"
    assert "chưa ai có quyền duyệt" in say_issue("vi", issue)
    assert "nobody who can sign" in say_issue("en", issue)


async def test_the_admin_decides_a_waiver_the_chair_asks_for(office: Office, cast: Cast) -> None:
    await ends(cast, "hr")
    await keeps_hr(cast, "chair")
    chair, admin = await cast.actor("chair"), await cast.actor("admin")
    draft = TaskDraft(title="Việc của Chủ tịch", leads=["chair"], due=DueDraft(at=vn("2026-12-07 10:00")))
    made = (await tasks.assign(chair, draft)).tasks[0]
    office.clock.set("2026-12-08 09:00")
    await penalise.tick()
    [charge] = await own_charges(chair, made.id)
    asked = await scores.ask_waiver(chair, charge.entry, RequestDraft(cause="Họp đột xuất ở tỉnh"))
    assert (await OutboxNotice.get(kind="WaiverAsked")).person_id == cast.admin.id  # type: ignore[attr-defined]
    for who, error in (("chair", Forbidden), ("vice", Forbidden), ("stranger", NotFound)):
        with pytest.raises(error):
            await scores.decide_waiver(await cast.actor(who), asked.id, DecideRequest(grant=True))
    assert [one.can for one in (await requests.waiver_requests(admin, is_open=True)).items] == [["decide"]]
    assert (await scores.decide_waiver(admin, asked.id, DecideRequest(grant=True))).decision == "granted"


@pytest.mark.parametrize("who", ["hr", "chair"])
async def test_the_admin_decides_an_appeal_of_the_only_hr_and_of_whom_only_they_marked(
    office: Office, app: Any, cast: Cast, who: str
) -> None:
    office.clock.set(end_of())
    await run_all_due()
    await closed(office)
    await run_all_due()
    made = await scores.appeal(await cast.actor(who), PERIOD, AppealDraft(text="Điểm chung chấm quá thấp"))
    assert (await OutboxNotice.get(kind="AppealMade")).person_id == cast.admin.id  # type: ignore[attr-defined]
    decision = DecideAppeal(accept=True, reason="Đúng", points=Decimal(1))
    for other in ("hr", "chair", "vice"):
        with pytest.raises(Forbidden):
            await scores.decide_appeal(await cast.actor(other), made.id, decision)
    admin = await cast.actor("admin")
    assert [one.can for one in (await appeal_views.appeals_seen(admin, is_open=True)).items] == [["decide"]]
    async with Browser(app) as browser:
        await browser.sign_in(cast, "admin")
        await browser.get("/requests")
        await browser.get(f"/scores/{who}/{PERIOD}")
        await browser.get("/requests")
        address = f"/requests/appeals/{made.id}"
        await browser.follow(address, {"decision": "yes", "points": "1", "reason": "Đúng"})
    assert (await appeal_views.view(admin, made.id)).decision == "accepted"


async def test_with_a_second_hr_that_one_decides_the_appeal(office: Office, cast: Cast) -> None:
    await keeps_hr(cast, "clerk")
    office.clock.set(end_of())
    await run_all_due()
    await closed(office)
    made = await scores.appeal(await cast.actor("hr"), PERIOD, AppealDraft(text="Quá thấp"))
    assert (await OutboxNotice.get(kind="AppealMade")).person_id == cast.clerk.id  # type: ignore[attr-defined]
    assert (await appeal_views.appeals_seen(await cast.actor("admin"), is_open=True)).items == []
    decision = DecideAppeal(accept=False, reason="Đã đúng")
    assert (await scores.decide_appeal(await cast.actor("clerk"), made.id, decision)).decision == "rejected"
