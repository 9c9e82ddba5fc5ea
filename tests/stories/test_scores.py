"""From a late task to a closed month and an appeal, on the phones and through the API, with a stranger who hears nothing."""

from typing import Any

import pytest

from backend.models import LedgerEntry, Period, Task
from backend.scores.closing import seal_holds
from tests.backend.scores_office import sign_all
from tests.stories.conftest import Ward

MONTH = "2026-11"


async def post(ward: Ward, by: str, path: str, body: Any = None, status: int = 201) -> Any:
    async with ward.client(by, "vi") as api:
        answer = await api.post(path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()


async def late_task(ward: Ward) -> str:
    """A task due on Wednesday at noon, reported on Thursday morning and accepted; its code."""
    body = {"title": "Báo cáo hòa giải", "leads": ["an"], "due": {"at": "2026-11-25T11:00:00+07:00"}}
    task: dict[str, Any] = (await post(ward, "head", "/api/tasks", body))["tasks"][0]
    await ward.settle()
    await ward.until("2026-11-26 08:30")
    await post(ward, "an", f"/api/tasks/{task['code']}/report", {"text": "xong"}, 200)
    await post(ward, "head", f"/api/tasks/{task['code']}/accept", {}, 200)
    await ward.settle()
    return str(task["code"])


async def close_month(ward: Ward) -> None:
    """Everybody signs, HR closes the month on Tuesday 1 December, everybody is told."""
    await ward.until("2026-12-01 08:00")
    for leader in ("head", "vice", "chair"):
        for what in ("dd", "e"):
            await post(ward, "hr", f"/api/scores/{MONTH}/marks", {"what": what, "value": 95, "person": leader}, 200)
    refused = await post(ward, "hr", f"/api/scores/{MONTH}/close", None, 422)
    assert any("Nguyễn Văn An" in issue["message"] for issue in refused["issues"])
    await sign_all(MONTH, value="28")
    await post(ward, "hr", f"/api/scores/{MONTH}/close", None, 200)
    await ward.settle()


def last(ward: Ward, handle: str, words: str) -> str:
    """The last thing the bot said to somebody with these words in it."""
    found = [text for text in ward.heard(handle) if words in text]
    assert found, ward.heard(handle)
    return found[-1]


async def test_late_asks_for_a_waiver_and_is_granted(ward: Ward) -> None:
    code = await late_task(ward)
    late = last(ward, "an", "đã trễ hạn")
    assert "đề nghị xác nhận tại trang của việc này" in late
    ward.phones["an"].send("điểm")
    await ward.settle()
    assert f"{code} Báo cáo hòa giải: −5,83" in last(ward, "an", "Điểm tháng 11/2026")
    entry = await LedgerEntry.get(scope="officer")
    asked = await post(ward, "an", f"/api/scores/entries/{entry.id}/waiver-requests", {"cause": "Mất điện toàn phường"})
    await ward.settle()
    told = last(ward, "head", "đề nghị xác nhận nguyên nhân khách quan")
    assert code in told
    assert "Mất điện toàn phường" in told
    await post(ward, "an", f"/api/waiver-requests/{asked['id']}/decide", {"grant": True}, 403)
    await post(ward, "head", f"/api/waiver-requests/{asked['id']}/decide", {"grant": True}, 200)
    await ward.settle()
    assert "không bị trừ điểm" in last(ward, "an", "xác nhận nguyên nhân khách quan")
    ward.phones["an"].send("điểm")
    await ward.settle()
    assert "−" not in last(ward, "an", "Điểm tháng 11/2026")
    assert (await Task.get(code=code)).late_count == 1, "a waiver erases nothing"
    assert ward.heard("stranger") == []


@pytest.mark.small("sqlite-True", "postgres-False")
@pytest.mark.parametrize("in_time", [True, False])
async def test_a_closed_month_is_told_and_appealed_against_in_time(ward: Ward, in_time: bool) -> None:
    await late_task(ward)
    await close_month(ward)
    told = last(ward, "an", "xếp loại")
    assert "92,17" in told
    assert "thứ Năm 10/12/2026" in told
    # The tenth of December is the seventh working day.
    await ward.until("2026-12-10 17:00" if in_time else "2026-12-11 07:30")
    body = {"text": "Hạn giao chỉ một ngày, không đủ để họp dân"}
    if not in_time:
        refused = await post(ward, "an", f"/api/scores/{MONTH}/appeals", body, 409)
        assert (refused["code"], "10/12/2026" in refused["detail"]) == ("appeal_late", True)
        return
    made = await post(ward, "an", f"/api/scores/{MONTH}/appeals", body)
    await ward.settle()
    assert "không đủ để họp dân" in last(ward, "hr", "gửi kiến nghị")
    decision = {"accept": True, "points": "2", "reason": "Đúng là hạn quá ngắn"}
    await post(ward, "an", f"/api/appeals/{made['id']}/decide", decision, 403)
    await post(ward, "hr", f"/api/appeals/{made['id']}/decide", decision, 200)
    await ward.until("2026-12-11 09:00")
    assert "cộng 2 điểm" in last(ward, "an", "chấp nhận kiến nghị")
    async with ward.client("an") as api:
        found = (await api.get(f"/api/people/an/scores/{MONTH}")).json()
    assert found["total"]["shown"] == "94.1667"
    assert [(line["kind"], line["after_close"]) for line in found["corrections"]] == [("appeal", True)]
    assert await seal_holds(MONTH)
    assert (await Period.get(key=MONTH)).status == "closed"
    assert ward.heard("stranger") == [text for text in ward.heard("stranger") if "Nguyễn Văn An" not in text]
