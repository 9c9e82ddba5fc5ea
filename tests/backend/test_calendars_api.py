"""Calendars over HTTP: reading, changing with If-Match, counting, previews and the assigners' decisions."""

from typing import Any

import httpx
import pytest

from backend.auth import api_tokens
from tests.backend.given import given
from tests.cast import Cast
from tests.fakes import FakeClock

UNIT = "/api/calendars/units/tuphap"
TYPHOON = {"on": "2026-11-27", "name": "Nghỉ tránh bão", "decision": "05/CĐ-UBND"}

#: The golden cases of domain.md §3: question → answer.
GOLDEN: dict[str, tuple[dict[str, Any], str | int]] = {
    "G1": ({"from": "2026-02-13T16:30", "minutes": 480}, "2026-02-23T16:30:00+07:00"),
    "G2": ({"from": "2026-03-02T11:00", "minutes": 60}, "2026-03-02T14:00:00+07:00"),
    "G3": ({"from": "2026-03-02T11:45", "minutes": 60}, "2026-03-02T14:30:00+07:00"),
    "G4": ({"from": "2026-03-06T15:30", "minutes": 240}, "2026-03-09T09:30:00+07:00"),
    "G5": ({"from": "2025-12-31T16:30", "minutes": 480}, "2026-01-05T16:30:00+07:00"),
    "G6": ({"from": "2026-01-05T07:30", "minutes": 2640}, "2026-01-10T11:30:00+07:00"),
    "G7": ({"from": "2026-08-21T16:30", "minutes": 480}, "2026-08-22T16:30:00+07:00"),
    "G10": ({"from": "2026-02-13T09:00", "days": 3, "rule": "working"}, "2026-02-25T17:30:00+07:00"),
    "G11": ({"from": "2026-02-12T09:00", "days": 3, "rule": "calendar"}, "2026-02-23T17:30:00+07:00"),
    "G13": (
        {"from": "2026-03-02T08:00", "minutes": 480, "pauses": [["2026-03-02T10:00", "2026-03-03T15:00"]]},
        "2026-03-04T11:00:00+07:00",
    ),
    "G14": ({"between": ["2026-03-06T17:00", "2026-03-09T08:00"]}, 60),
}


async def test_the_golden_cases_one_by_one_and_all_at_once(app: Any, cast: Cast) -> None:
    async with cast.client(app, "an") as an:
        for question, answer in GOLDEN.values():
            got = await an.post("/api/calendars/due", json=question)
            assert (got.status_code, list(got.json().values())) == (200, [answer])
        got = await an.post("/api/calendars/due", json=[question for question, _ in GOLDEN.values()])
        assert [list(one.values()) for one in got.json()] == [[answer] for _, answer in GOLDEN.values()]


async def test_a_zone_with_daylight_saving(app: Any, cast: Cast) -> None:
    """Berlin puts its clocks back on 25 October 2026, a Sunday, and forward on 28 March 2027."""
    hours = ["09:00-17:00"] * 5 + ["", "00:00-06:00"]
    async with cast.client(app, "hr") as hr:
        word = {
            "zone": "Europe/Berlin",
            "versions": [{"effective_from": "2026-01-01", "hours": hours}],
            "reason": "Văn phòng đại diện tại Berlin",
        }
        assert (await hr.put(UNIT, json=word)).status_code == 200
        ask = {"from": "2026-10-23T16:00", "minutes": 60 + 7 * 60 + 30, "unit": "tuphap"}
        got = await hr.post("/api/calendars/due", json=ask)
        # An hour on Friday, seven in the longer Sunday night, half an hour on Monday, by winter time.
        assert got.json() == {"due": "2026-10-26T09:30:00+01:00"}
        spring = {"between": ["2027-03-28T00:00", "2027-03-28T06:00"], "unit": "tuphap"}
        assert (await hr.post("/api/calendars/due", json=spring)).json() == {"minutes": 300}
        told = (await hr.post("/api/calendars/due", json={**spring, "explain": True})).json()
        assert sum(span["minutes"] for span in told["spans"] if span["counted"]) == 300
        aware = {"from": "2026-10-23T21:00+07:00", "minutes": 60, "unit": "tuphap"}
        assert (await hr.post("/api/calendars/due", json=aware)).json() == {"due": "2026-10-23T17:00:00+02:00"}


async def test_whose_calendar_counts(app: Any, cast: Cast) -> None:
    ask = {"from": "2026-11-26T16:30", "minutes": 120}
    async with cast.client(app, "hr") as hr, cast.client(app, "an") as an, cast.client(app, "stranger") as stranger:
        assert (await hr.post(f"{UNIT}/days", json={"days_off": [TYPHOON]})).status_code == 200
        assert (await an.post("/api/calendars/due", json=ask)).json() == {"due": "2026-11-30T08:30:00+07:00"}
        assert (await hr.post("/api/calendars/due", json=ask)).json() == {"due": "2026-11-27T08:30:00+07:00"}
        other = await hr.post("/api/calendars/due", json={**ask, "unit": "tuphap"})
        assert other.json() == {"due": "2026-11-30T08:30:00+07:00"}
        office = await an.post("/api/calendars/due", json={**ask, "unit": "@office"})
        assert office.json() == {"due": "2026-11-27T08:30:00+07:00"}
        hidden = await stranger.post("/api/calendars/due", json={**ask, "unit": "tuphap"})
        assert (hidden.status_code, hidden.json()["code"]) == (404, "unit_not_found")


async def test_an_explanation_says_why_in_the_readers_language(app: Any, cast: Cast) -> None:
    ask = {"from": "2026-02-13T16:30", "minutes": 480, "explain": True}
    async with cast.client(app, "an") as en, cast.client(app, "binh", "vi") as vi:
        spans = (await en.post("/api/calendars/due", json=ask)).json()["spans"]
        assert sum(span["minutes"] for span in spans if span["counted"]) == 480
        assert spans[0]["from"] == "2026-02-13T16:30:00+07:00"
        assert spans[-1]["to"] == "2026-02-23T16:30:00+07:00"
        assert [a["to"] for a in spans[:-1]] == [b["from"] for b in spans[1:]]
        assert {"lunch", "night", "weekend", "holiday", "shift"} == {span["reason"] for span in spans}
        holiday = next(span for span in spans if span["reason"] == "holiday")
        assert holiday["words"] == "day off: Tết Nguyên đán (29 tháng Chạp) (no number yet)"
        await cast.people["binh"].refresh_from_db()
        said = (await vi.post("/api/calendars/due", json={**ask, "from": "2025-12-31T16:30"})).json()["spans"]
        assert "nghỉ: Nghỉ hoán đổi (làm bù thứ Bảy 10/1/2026) (12729/VPCP-KGVX)" in [span["words"] for span in said]
        made_up = {"between": ["2026-01-10T00:00", "2026-01-10T11:30"], "explain": True}
        said = (await vi.post("/api/calendars/due", json=made_up)).json()["spans"]
        assert said[1]["words"] == "làm bù: Làm bù cho thứ Sáu 2/1/2026 (12729/VPCP-KGVX)"
        next_year = {"between": ["2027-02-08T08:00", "2027-02-08T09:00"], "explain": True}
        [span] = (await vi.post("/api/calendars/due", json=next_year)).json()["spans"]
        assert span["words"].endswith("(chưa có số, chưa xác nhận)")


async def test_an_explanation_in_days_counts_days(app: Any, cast: Cast) -> None:
    async with cast.client(app, "an") as an:
        ask = {"from": "2026-02-13T09:00", "days": 3, "explain": True}
        spans = (await an.post("/api/calendars/due", json=ask)).json()["spans"]
        assert spans[0]["reason"] == "first_day"
        assert [span["days"] for span in spans if span["counted"]] == [3]
        assert spans[-1]["to"] == "2026-02-25T17:30:00+07:00"
        ask = {"from": "2026-02-12T09:00", "days": 3, "rule": "calendar", "explain": True}
        spans = (await an.post("/api/calendars/due", json=ask)).json()["spans"]
        assert [span["days"] for span in spans if span["counted"]] == [3]
        assert [span["reason"] for span in spans[-2:]] == ["weekend", "moved_to"]


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ({}, "count_one_way"),
        ({"from": "2026-03-02T08:00"}, "count_one_way"),
        ({"from": "2026-03-02T08:00", "minutes": 1, "days": 1}, "count_one_way"),
        ({"from": "2026-03-02T08:00", "between": ["2026-03-02T08:00", "2026-03-02T09:00"]}, "count_one_way"),
        ({"minutes": 1}, "count_needs_from"),
        ({"from": "hôm qua", "minutes": 1}, "count_time_bad"),
        ({"from": "2026-03-02T08:00", "minutes": -1}, "count_minutes_bad"),
        ({"from": "2026-03-02T08:00", "minutes": 10**9}, "count_minutes_bad"),
        ({"from": "2026-03-02T08:00", "days": 0}, "count_days_bad"),
        ({"from": "2026-03-02T08:00", "minutes": 5, "rule": "working"}, "count_rule_needs_days"),
        ({"from": "2026-03-02T08:00", "days": 1, "pauses": [["2026-03-02T08:00", None]]}, "count_pauses_need_minutes"),
        ({"from": "2026-03-02T08:00", "minutes": 60, "pauses": [["2026-03-02T08:30", None]]}, "count_still_paused"),
        (
            {"from": "2026-03-02T08:00", "minutes": 60, "pauses": [["2026-03-02T08:30", "2026-03-02T08:00"]]},
            "count_pause_backwards",
        ),
        ({"from": "1026-03-02T08:00", "minutes": 60}, "due_out_of_range"),
        ({"from": "9999-12-31T23:59", "minutes": 60}, "due_out_of_range"),
        ({"from": "2026-03-02T08:00", "minutes": 600_000, "explain": True}, "count_explain_too_long"),
        ({"from": "2026-03-02T08:00", "days": 2000, "explain": True}, "count_explain_too_long"),
        ({"between": ["2000-01-01T00:00", "2026-01-01T00:00"], "explain": True}, "count_explain_too_long"),
    ],
)
async def test_a_question_without_an_answer_is_told_why(
    app: Any, cast: Cast, question: dict[str, Any], code: str
) -> None:
    async with cast.client(app, "an") as an:
        got = await an.post("/api/calendars/due", json=question)
        assert (got.status_code, got.json()["code"]) == (422, code)
        many = await an.post("/api/calendars/due", json=[question, GOLDEN["G14"][0]])
        assert many.status_code == 200
        assert many.json()[0]["code"] == code
        assert many.json()[1] == {"minutes": 60}


async def test_what_is_no_question_is_refused(app: Any, cast: Cast, client: httpx.AsyncClient) -> None:
    async with cast.client(app, "an") as an:
        assert (await an.post("/api/calendars/due", json={"form": "2026-03-02"})).status_code == 422
        assert (await an.post("/api/calendars/due", json=[])).json() == []
        flood = await an.post("/api/calendars/due", json=[{}] * 1001)
        assert (flood.status_code, flood.json()["code"]) == (422, "count_too_many")
        backwards = {"between": ["2026-03-09T08:00", "2026-03-06T17:00"], "explain": True}
        assert (await an.post("/api/calendars/due", json=backwards)).json()["minutes"] == -60
    assert (await client.post("/api/calendars/due", json=GOLDEN["G1"][0])).status_code == 401


async def test_reading_and_changing_with_if_match(app: Any, cast: Cast) -> None:
    async with cast.client(app, "hr") as hr, cast.client(app, "an") as an:
        before = await an.get(UNIT)
        assert before.json()["own"] is None
        assert before.json()["hours"]["hours"][0] == "07:30-11:30 13:30-17:30"
        assert before.headers["etag"].startswith('"0-')
        made = await hr.post(f"{UNIT}/days", json={"days_off": [TYPHOON]}, headers={"if-match": before.headers["etag"]})
        assert (made.status_code, made.json()["version"]) == (200, 1)
        stale = await hr.request("DELETE", UNIT, headers={"if-match": before.headers["etag"]})
        assert (stale.status_code, stale.json()["code"]) == (412, "calendar_stale")
        assert (await an.post(f"{UNIT}/days", json={"days_off": [TYPHOON]})).status_code == 403
        year = (await an.get(f"{UNIT}/years/2026")).json()
        [day] = [day for day in year["days"] if day["on"] == "2026-11-27"]
        assert (day["decision"], day["said_by"], day["own"]) == ("05/CĐ-UBND", "tuphap", True)
        swap = next(day for day in year["days"] if day["on"] == "2026-01-10")
        assert (swap["kind"], swap["like_weekday"], swap["said_by"]) == ("make_up", 4, "")
        mine = (await an.get("/api/calendars")).json()
        assert [(one["unit"], one["version"], one["may_change"]) for one in mine] == [("tuphap", 1, False)]
        assert (await hr.get("/api/calendars?unit=diachinh")).json()[0]["may_change"] is True
        assert (await an.get("/api/calendars/units/nope")).status_code == 404


async def test_every_change_there_is(app: Any, cast: Cast) -> None:
    async with cast.client(app, "admin") as admin:
        proposal = (await admin.get(f"{UNIT}/years/2027/proposal")).json()
        assert {day["status"] for day in proposal["days_off"]} == {"unconfirmed"}
        assert {day["decision"] for day in proposal["days_off"]} == {""}
        assert (await admin.put(f"{UNIT}/years/2028", json={"days_off": [TYPHOON]})).status_code == 422
        half = {"days_off": proposal["days_off"][:3]}
        assert (await admin.put(f"{UNIT}/years/2027", json=half)).json()["version"] == 1
        confirmed = await admin.post(f"{UNIT}/days/2027-01-01/confirm", json={"decision": "1/TB"})
        assert confirmed.json()["version"] == 2
        hours = {"effective_from": "2026-12-01", "hours": ["08:00-12:00 13:00-17:00"] * 5 + ["", ""]}
        assert (await admin.post(f"{UNIT}/versions", json=hours)).json()["version"] == 3
        removed = await admin.delete(f"{UNIT}/days/2027-01-01")
        assert (removed.status_code, removed.json()["version"]) == (200, 4)
        # The table's own day is inherited again and can be taken back in turn.
        assert (await admin.delete(f"{UNIT}/days/2027-01-01")).json()["version"] == 5
        assert (await admin.delete(f"{UNIT}/days/2027-01-01")).json()["version"] == 6
        assert (await admin.delete(f"{UNIT}/days/2026-12-15")).status_code == 404
        whole = (await admin.get(UNIT)).json()["own"]
        days = [{key: value for key, value in day.items()} for day in whole["days_off"]]
        again = await admin.put(UNIT, json={"name": "Phòng Tư pháp", "days_off": days, "zone": "Asia/Tokyo"})
        assert (again.status_code, again.json()["code"]) == (422, "calendar_past_needs_reason")
        again = await admin.put(UNIT, json={"name": "Giờ riêng", "days_off": days})
        assert (again.json()["version"], again.json()["own"]["name"]) == (7, "Giờ riêng")
        cleared = await admin.delete(UNIT)
        assert (cleared.json()["version"], cleared.json()["own"]) == (8, None)
        assert (await admin.get(f"{UNIT}/years/1066")).json()["code"] == "calendar_year_bad"


async def test_deadlines_are_previewed_proposed_and_decided(app: Any, cast: Cast, clock: FakeClock) -> None:
    from reminders import move_deadlines

    task = await given(cast)
    async with cast.client(app, "hr") as hr, cast.client(app, "head") as head, cast.client(app, "an") as an:
        look = (await hr.post(f"{UNIT}/preview", json={"days": {"days_off": [TYPHOON]}})).json()
        assert (look["total"], look["tasks"][0]["code"], look["tasks"][0]["lead"]) == (1, task.code, "Nguyễn Văn An")
        assert look["tasks"][0]["due_before"] == "2026-11-27T10:00:00Z"
        assert look["tasks"][0]["due_proposed"] == "2026-11-30T10:30:00Z"
        assert (await hr.post(f"{UNIT}/preview", json={})).json()["code"] == "calendar_one_change"
        assert (await head.post(f"{UNIT}/preview", json={"clear": True})).status_code == 403
        await hr.post(f"{UNIT}/days", json={"days_off": [TYPHOON]})
        assert (await head.get("/api/calendars/proposals")).json() == []
        clock.move(minutes=11)
        await move_deadlines.tick()
        [proposal] = (await head.get("/api/calendars/proposals")).json()
        assert (proposal["code"], proposal["unit"]) == (task.code, "Phòng Tư pháp")
        body = {"decision": "move", "proposals": [proposal["id"]]}
        refused = (await an.post("/api/calendars/proposals/decide", json=body)).json()
        assert refused["refused"][0]["error"] == "forbidden"
        decided = (await head.post("/api/calendars/proposals/decide", json=body)).json()
        assert decided["moved"] == [task.code]
        again = (await head.post("/api/calendars/proposals/decide", json=body)).json()
        assert again["refused"][0]["error"] == "proposal_gone"
        nothing = await head.post("/api/calendars/proposals/decide", json={"decision": "keep"})
        assert nothing.json() == {"moved": [], "kept": [], "refused": []}
        assert (await head.get(f"/api/tasks/{task.code}")).json()["due_at"] == "2026-11-30T10:30:00Z"


async def test_an_api_token_needs_its_scope(app: Any, cast: Cast, client: httpx.AsyncClient) -> None:
    actor = await cast.actor("hr")
    reader = await api_tokens.make(actor, "văn bản", ["calendars:read"])
    headers = {"authorization": f"Bearer {reader.token}"}
    assert (await client.post("/api/calendars/due", json=GOLDEN["G14"][0], headers=headers)).json() == {"minutes": 60}
    assert (await client.get(UNIT, headers=headers)).status_code == 200
    refused = await client.request("DELETE", UNIT, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
