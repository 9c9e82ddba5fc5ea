"""The five flows of the house, end to end on the phones, with a stranger who must see nothing."""

import pytest

from backend.models import LedgerEntry, OutboxNotice, Task
from backend.scores import queries as scores
from tests.stories.conftest import Ward

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + b"\x00" * 64 + b"\xff\xd9"


async def give(ward: Ward, by: str = "head", to: str = "an", **more: object) -> dict[str, object]:
    """A leader assigns through the API; returns the task as the API shows it."""
    async with ward.client(by) as api:
        body = {"title": "Báo cáo công tác hòa giải", "leads": [to], "due": {"working_days": 3}, **more}
        answer = await api.post("/api/tasks", json=body)
        assert answer.status_code == 201, answer.text
    await ward.settle()
    task: dict[str, object] = answer.json()["tasks"][0]
    return task


async def test_assigned_by_the_leader_closed_in_chat(ward: Ward) -> None:
    task = await give(ward)
    an, head = ward.phones["an"], ward.phones["head"]
    card = an.find(str(task["code"]))
    assert "Báo cáo công tác hòa giải" in card.text
    assert "Hoàng Minh Tuấn" in card.text
    # Tuesday 24 November is a day off: the third working day is Friday.
    assert "17:30 thứ Sáu 27/11/2026" in card.text

    an.press(card, "Đã nhận")
    await ward.settle()
    assert (await Task.get(code=task["code"])).status == "acknowledged"
    assert all(button.text != "Đã nhận" for row in an.find(str(task["code"])).buttons for button in row)

    an.photo(JPEG, caption="Đã xong 12 vụ", reply_to=card)
    an.send("xong")
    await ward.settle()
    assert (await Task.get(code=task["code"])).status == "reported"
    told = head.find("Đã xong 12 vụ")
    head.press(told, "Duyệt")
    await ward.settle()
    assert (await Task.get(code=task["code"])).status == "done"
    assert any(str(task["code"]) in text for text in ward.heard("an")[1:])
    assert ward.heard("stranger") == []
    assert not await OutboxNotice.filter(status__in=("pending", "claimed", "sending", "dead")).exists()


async def test_the_stranger_sees_nothing_and_can_do_nothing(ward: Ward) -> None:
    task = await give(ward)
    async with ward.client("stranger") as api:
        assert (await api.get("/api/tasks")).json() == []
        assert (await api.get("/api/tasks", params={"q": "hoa giai"})).json() == []
        for path in ("", "/timeline", "/deliveries", "/subtasks"):
            assert (await api.get(f"/api/tasks/{task['code']}{path}")).status_code == 404
        assert (await api.post(f"/api/tasks/{task['code']}/acknowledge")).status_code == 404
        stray = await api.post("/api/tasks", json={"title": "x", "leads": ["an"], "due": {"minutes": 60}})
        assert stray.status_code in (403, 404)
    stranger = ward.phones["stranger"]
    stranger.send("/viec")
    await give(ward, "otherchair", "stranger", title="Việc của phường bên")
    assert str(task["code"]) not in " ".join(ward.heard("stranger"))
    # A press that carries another person's task, as a tampered client could send it.
    forged = stranger.press(stranger.find("Việc mới"), "Đã nhận")
    forged.payload["data"] = f"t:{task['id']}:ack"
    await ward.settle()
    assert (await Task.get(code=task["code"])).status == "assigned"
    assert str(task["title"]) not in " ".join(ward.heard("stranger"))


async def test_returned_and_done_again(ward: Ward) -> None:
    task = await give(ward)
    an, head = ward.phones["an"], ward.phones["head"]
    an.send("Xong rồi ạ", reply_to=an.find(str(task["code"])))
    await ward.settle()
    head.press(head.find("Xong rồi ạ"), "Trả lại")
    await ward.settle()
    question = next(message for message in reversed(head.messages) if message.from_bot)
    head.send("Thiếu số liệu khu phố 3", reply_to=question)
    await ward.settle()
    assert (await Task.get(code=task["code"])).return_count == 1
    an.press(an.find("Thiếu số liệu khu phố 3"), "Báo cáo xong")
    await ward.settle()
    an.send("Đã bổ sung", reply_to=an.messages[-1])
    await ward.settle()
    head.press(head.find("Đã bổ sung"), "Duyệt")
    await ward.settle()
    assert (await Task.get(code=task["code"])).status == "done"


async def test_reminded_in_working_time_then_silence_goes_up_the_line(ward: Ward) -> None:
    task = await give(ward)
    await ward.until("2026-11-25 18:00")
    before = len(ward.heard("an"))
    asked_again = [text for text in ward.heard("an") if str(task["code"]) in text]
    assert len(asked_again) >= 2, ward.heard("an")
    # Not a word at night.
    await ward.until("2026-11-26 07:29")
    assert len(ward.heard("an")) == before
    await ward.until("2026-11-26 17:00")
    assert any(str(task["code"]) in text and "Nguyễn Văn An" in text for text in ward.heard("head")), ward.heard("head")
    for message in await OutboxNotice.filter(status="sent", topic="remind"):
        local = message.not_before.astimezone(ward.clock.at.tzinfo)
        assert local.weekday() < 5


async def test_late_charges_officer_and_unit_once_and_hr_sees_why(ward: Ward) -> None:
    task = await give(ward)
    an = ward.phones["an"]
    an.press(an.find(str(task["code"])), "Đã nhận")
    await ward.until("2026-11-30 09:00")
    entries = await LedgerEntry.filter(task_id=task["id"]).order_by("id")
    assert [(entry.scope, entry.kind, entry.count) for entry in entries] == [
        ("officer", "delay", 1),
        ("unit", "delay", 1),
    ]
    assert {entry.happened_at for entry in entries} == {(await Task.get(id=task["id"])).due_at}
    late = [
        text
        for text in ward.heard("an")
        if "quá hạn" in text.lower() or "trễ" in text.lower() or "muộn" in text.lower()
    ]
    assert late, ward.heard("an")
    async with ward.client("hr") as api:
        answer = await api.get("/api/people/an/scores/2026-11")
        assert answer.status_code == 200, answer.text
        assert str(task["code"]) in answer.text
    explained = await scores.explain(await ward.cast.actor("hr"), ward.cast.an.id, "2026-11")
    assert explained is not None
    async with ward.client("stranger") as api:
        assert (await api.get("/api/people/an/scores/2026-11")).status_code == 404


@pytest.mark.small("sqlite-False", "postgres-True")
@pytest.mark.parametrize("approve", [True, False])
async def test_an_extension_asked_in_time_holds_the_charge(ward: Ward, approve: bool) -> None:
    task = await give(ward)
    await ward.until("2026-11-27 15:00")
    async with ward.client("an") as api:
        body = {"due": {"working_days": 2}, "reason": "Chờ số liệu"}
        answer = await api.post(f"/api/tasks/{task['code']}/ask-extension", json=body)
        assert answer.status_code == 200, answer.text
    await ward.settle()
    head = ward.phones["head"]
    question = head.find("Chờ số liệu")
    await ward.until("2026-11-30 09:00")
    assert not await LedgerEntry.filter(task_id=task["id"]).exists()
    head.press(question, "Đồng ý" if approve else "Từ chối")
    await ward.settle()
    if not approve and head.messages[-1].from_bot and head.messages[-1].force_reply:
        head.send("Không đủ lý do", reply_to=head.messages[-1])
        await ward.settle()
    await ward.until("2026-11-30 10:00")
    entries = await LedgerEntry.filter(task_id=task["id"])
    assert len(entries) == (0 if approve else 2)
    due = (await Task.get(id=task["id"])).due_at
    assert all(entry.happened_at == due for entry in entries)
