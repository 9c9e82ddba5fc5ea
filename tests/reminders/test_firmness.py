"""Presets and slots: a unit's, inherited down the tree, and a task's own; a change plans open tasks anew."""

import pytest

from backend.domain.reminding import FIRM, GENTLE, NORMAL
from backend.errors import Forbidden, InvalidFields, NotFound
from backend.models import AuditRow, OutboxNotice, Task
from backend.tasks.firmness import firmness, policy_of
from backend.tasks.firmness_views import FirmnessBody, set_firmness, unit_firmness
from backend.tasks.service import acknowledge, remind_as, report
from reminders import remind
from tests.backend.web_browser import Browser, text_of
from tests.fakes import vn


async def in_force(cast, unit: str, own: str | None = None):
    return await policy_of(cast.units[unit].id, own)


async def test_a_unit_has_what_the_nearest_above_says(db, cast, clock):
    assert await in_force(cast, "tuphap") == NORMAL
    chair = await cast.actor("chair")
    await set_firmness(chair, "ubnd", FirmnessBody(preset="firm"))
    await set_firmness(chair, "tuphap", FirmnessBody(slots=["09:00", "14:30"]))
    assert (await in_force(cast, "diachinh")) == FIRM
    mixed = await in_force(cast, "tuphap")
    assert (mixed.name, mixed.slots) == ("firm", (540, 870))
    assert (await in_force(cast, "tuphap", "gentle")).risk == GENTLE.risk
    assert (await in_force(cast, "other")) == NORMAL
    picture = await firmness()
    for unit in ("ubnd", "tuphap", "diachinh", "other"):
        path = cast.units[unit].path
        assert picture.of(path) == await in_force(cast, unit), "one and many say the same"
    shown = await unit_firmness(await cast.actor("an"), "tuphap")
    assert (shown.preset, shown.own_preset, shown.slots, shown.may_change) == ("firm", None, ["09:00", "14:30"], False)
    await set_firmness(chair, "ubnd", FirmnessBody())
    assert (await in_force(cast, "diachinh")) == NORMAL
    assert await AuditRow.filter(action="unit.reminding_changed").count() == 3


async def test_who_may_change_it(db, cast, clock):
    for handle in ("chair", "vice", "head", "hr", "admin"):
        await set_firmness(await cast.actor(handle), "tuphap", FirmnessBody(preset="firm"))
    for handle in ("an", "head2", "auditor", "clerk"):
        with pytest.raises(Forbidden):
            await set_firmness(await cast.actor(handle), "tuphap", FirmnessBody(preset="gentle"))
    with pytest.raises(NotFound):
        await set_firmness(await cast.actor("stranger"), "tuphap", FirmnessBody())
    with pytest.raises(InvalidFields) as error:
        await set_firmness(await cast.actor("chair"), "tuphap", FirmnessBody(slots=["08:00", "12:00"]))
    assert error.value.issues[0]["at"] == "12:00"


async def test_open_tasks_are_planned_anew(db, cast, clock, give):
    task = await give("an", working_days=24)
    await acknowledge(await cast.actor("an"), task)
    before = (await Task.get(id=task)).look_at
    elsewhere = await give("cuong", by="head2", working_days=24)
    other = (await Task.get(id=elsewhere)).look_at
    await set_firmness(await cast.actor("head"), "tuphap", FirmnessBody(preset="gentle", slots=["10:00"]))
    await remind.tick()
    row = await Task.get(id=task)
    assert row.look_at > before
    assert row.look_at.astimezone(vn("2026-11-23 08:00").tzinfo).hour == 10
    assert row.reminded_count == 0
    assert (await Task.get(id=elsewhere)).look_at == other
    assert not await OutboxNotice.filter(topic="remind").exists()


async def test_a_task_of_its_own(db, cast, clock, give):
    task = await give("an", working_days=24)
    await acknowledge(await cast.actor("an"), task)
    before = (await Task.get(id=task)).look_at
    head = await cast.actor("head")
    done = await remind_as(head, task, "firm")
    assert (done.changed, done.task.remind_preset, done.task.own_remind_preset) == (True, "firm", "firm")
    assert (await Task.get(id=task)).look_at < before
    assert not (await remind_as(head, task, "firm")).changed
    done = await remind_as(head, task, None)
    assert (done.task.remind_preset, done.task.own_remind_preset) == ("normal", None)
    assert (await Task.get(id=task)).look_at == before
    with pytest.raises(Forbidden):
        await remind_as(await cast.actor("an"), task, "gentle")
    await report(await cast.actor("an"), task, "xong")
    assert "remind_as" in (await remind_as(head, task, "gentle")).task.can


async def test_over_http(app, cast, clock, give):
    task = await give("an", working_days=10)
    async with cast.client(app, "head") as client:
        answer = await client.get("/api/units/tuphap/reminders")
        assert answer.json() == {
            "unit": "tuphap",
            "name": "Phòng Tư pháp",
            "preset": "normal",
            "slots": ["08:00", "13:30"],
            "own_preset": None,
            "own_slots": None,
            "may_change": True,
        }
        answer = await client.put("/api/units/tuphap/reminders", json={"preset": "firm", "slots": ["09:00"]})
        assert (answer.status_code, answer.json()["own_slots"]) == (200, ["09:00"])
        answer = await client.put("/api/units/tuphap/reminders", json={"slots": ["19:00"]})
        assert answer.status_code == 422
        assert "19:00 is outside" in answer.text
        answer = await client.put("/api/units/tuphap/reminders", json={"preset": "hard"})
        assert answer.status_code == 422
        answer = await client.post(f"/api/tasks/{task}/remind-as", json={"preset": "gentle"})
        assert answer.json()["task"]["remind_preset"] == "gentle"
        answer = await client.post(f"/api/tasks/{task}/heed")
        assert (answer.status_code, answer.json()["changed"]) == (200, False)
    async with cast.client(app, "an") as client:
        assert (await client.put("/api/units/tuphap/reminders", json={})).status_code == 403


async def test_on_the_page(app, cast, clock, give):
    task = await Task.get(id=await give("an", working_days=10))
    async with Browser(app) as head:
        await head.sign_in(cast, "head")
        text = text_of(await head.get("/reminding"))
        assert "Phòng Tư pháp" in text
        assert "Vừa theo đơn vị cấp trên" in text
        page = await head.follow(
            "/reminding", {"unit": "tuphap", "preset": "firm", "morning": "09:00", "afternoon": ""}
        )
        assert "Đã lưu mức nhắc" in page
        assert "Chặt" in text_of(page)
        page = await head.post("/reminding", {"unit": "tuphap", "preset": "firm", "morning": "12:00"}, 422)
        assert "12:00 không nằm trong giờ làm việc" in page
        await head.get(f"/tasks/{task.code}")
        page = await head.follow(f"/tasks/{task.code}/remind_as", {"preset": "gentle", "version": str(task.version)})
        assert "Đã đổi mức nhắc." in page
        assert "Mức nhắc Nhẹ" in text_of(page)
    async with Browser(app) as an:
        await an.sign_in(cast, "an")
        assert 'action="/reminding"' not in (await an.get("/reminding")).split("<section", 1)[1]
        await an.post("/reminding", {"unit": "tuphap", "preset": "gentle"}, 403)
        await an.get("/reminding?unit=other", 404)
