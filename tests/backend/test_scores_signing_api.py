"""Sign-off, closing, adjustments, requests and appeals over HTTP: the whole way, idempotency, refusals in both languages."""

import pytest

from reminders.schedule import run_all_due
from tests.backend.scores_office import PERIOD, Office, end_of, sign_all

PDF = b"%PDF-1.4 bien ban"


@pytest.fixture
def office(app, cast, clock) -> Office:
    return Office(cast, clock)


async def posted(client, path: str, body=None, status: int = 201, **headers: str):
    answer = await client.post(path, json=body, headers=headers)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


async def marked_leaders(office: Office) -> None:
    for leader in ("head", "vice", "chair"):
        for what in ("dd", "e"):
            await office.mark(leader, "90", what)


async def test_from_a_request_to_an_appeal(office: Office, app, cast, clock):
    late = await office.task(done="2026-12-04 09:00")
    await run_all_due()
    entry = (await office.entry(late)).id
    async with cast.client(app, "an") as an:
        files = (await an.post("/api/files", files=[("files", ("bb.pdf", PDF, "application/pdf"))])).json()
        body = {"cause": "Mất điện", "attachments": [files[0]["id"]]}
        asked = await posted(an, f"/api/scores/entries/{entry}/waiver-requests", body, **{"idempotency-key": "k1"})
        again = await posted(an, f"/api/scores/entries/{entry}/waiver-requests", body, **{"idempotency-key": "k1"})
        assert again == asked
        assert [one["id"] for one in (await an.get("/api/waiver-requests", params={"open": "true"})).json()] == [
            asked["id"]
        ]
    async with cast.client(app, "head") as head:
        assert (await head.get(f"/api/files/{files[0]['id']}")).content == PDF
        one = (await head.get(f"/api/waiver-requests/{asked['id']}")).json()
        assert one["can"] == ["decide"]
        decided = await posted(head, f"/api/waiver-requests/{asked['id']}/decide", {"grant": True}, 200)
        assert decided["decision"] == "granted"
        await posted(head, f"/api/waiver-requests/{asked['id']}/decide", {"grant": True}, 409)
    clock.set(end_of())
    await run_all_due()
    await marked_leaders(office)
    async with cast.client(app, "hr") as hr:
        made = await posted(hr, f"/api/scores/{PERIOD}/adjustments", {"person": "an", "points": -1, "reason": "QĐ 12"})
        assert made["entry"] > 0
        refused = await posted(hr, f"/api/scores/{PERIOD}/close", None, 422)
        assert refused["code"] == "sign_offs_missing"
        assert any("Nguyễn Văn An" in issue["message"] for issue in refused["issues"])
    async with cast.client(app, "an") as an:
        step = {"step": "self", "person": "an", "value": 29}
        assert (await posted(an, f"/api/scores/{PERIOD}/sign-offs", step))["value"] == "29"
        assert (
            await posted(an, f"/api/scores/{PERIOD}/sign-offs/withdraw", {"step": "self", "person": "an"}, 204) is None
        )
        await posted(an, f"/api/scores/{PERIOD}/sign-offs", step)
        mine = (await an.get(f"/api/scores/{PERIOD}/sign-offs")).json()
        assert [(one["ref"], one["step"]) for one in mine["owed"]] == [("an", "head")]
        await posted(an, f"/api/scores/{PERIOD}/sign-offs/pass", {"step": "head", "person": "an", "reason": "x"}, 403)
    await sign_all(value="28")
    async with cast.client(app, "hr") as hr:
        standing = (await hr.get(f"/api/scores/{PERIOD}/sign-offs")).json()
        assert (standing["stage"], standing["may_close"]) == ("ready", True)
        closed = await posted(hr, f"/api/scores/{PERIOD}/close", None, 200)
        assert len(closed["seal"]) == 64
        await posted(hr, f"/api/scores/{PERIOD}/close", None, 409)
    await run_all_due()
    async with cast.client(app, "an") as an:
        appeal = await posted(an, f"/api/scores/{PERIOD}/appeals", {"text": "Trừ 1 điểm là sai"})
        await posted(an, f"/api/scores/{PERIOD}/appeals", {"text": "Lần nữa"}, 409)
        await posted(an, f"/api/appeals/{appeal['id']}/decide", {"accept": True, "points": 1, "reason": "x"}, 403)
    async with cast.client(app, "hr") as hr:
        assert [one["id"] for one in (await hr.get("/api/appeals", params={"open": "true"})).json()] == [appeal["id"]]
        assert (await hr.get(f"/api/appeals/{appeal['id']}")).json()["can"] == ["decide"]
        body = {"accept": True, "points": 1, "reason": "Đúng"}
        done = await posted(hr, f"/api/appeals/{appeal['id']}/decide", body, 200)
        assert (done["decision"], done["points"]) == ("accepted", "1.0000")
        await posted(hr, f"/api/appeals/{appeal['id']}/decide", body, 409)


async def test_hr_passes_over_a_step_that_nobody_took(office: Office, app, cast, clock):
    await office.task(done="2026-12-03 09:00")
    step = {"step": "self", "person": "an", "reason": "Nghỉ thai sản"}
    clock.set(end_of())
    async with cast.client(app, "hr") as hr:
        early = await posted(hr, f"/api/scores/{PERIOD}/sign-offs/pass", step, 409)
        assert early["code"] == "sign_off_not_late"
        clock.set("2027-01-20 08:00")
    async with cast.client(app, "hr") as hr:
        passed = await posted(hr, f"/api/scores/{PERIOD}/sign-offs/pass", step)
        assert (passed["ref"], passed["value"], passed["passed_reason"]) == ("an", None, "Nghỉ thai sản")


@pytest.mark.parametrize("locale", ["vi", "en"])
async def test_a_closed_period_says_409_to_every_change(office: Office, app, cast, clock, locale):
    late = await office.task(done="2026-12-04 09:00")
    await run_all_due()
    entry = (await office.entry(late)).id
    clock.set(end_of())
    await run_all_due()
    await marked_leaders(office)
    await sign_all(value="28")
    step = {"step": "self", "person": "an"}
    changes = {
        "hr": [
            (f"/api/scores/{PERIOD}/close", None),
            (f"/api/scores/{PERIOD}/marks", {"what": "common", "value": 3, "person": "an"}),
            (f"/api/scores/{PERIOD}/adjustments", {"person": "an", "points": 1, "reason": "x"}),
            (f"/api/scores/entries/{entry}/waive", {"reason": "x"}),
            (f"/api/scores/{PERIOD}/sign-offs/pass", {**step, "reason": "x"}),
            (f"/api/scores/{PERIOD}/sign-offs/withdraw", step),
        ],
        "an": [
            (f"/api/scores/{PERIOD}/sign-offs", {**step, "value": 3}),
            (f"/api/scores/{PERIOD}/marks", {"what": "common", "value": 3, "person": "an"}),
            (f"/api/scores/entries/{entry}/waiver-requests", {"cause": "x"}),
        ],
    }
    async with cast.client(app, "hr") as hr:
        await posted(hr, f"/api/scores/{PERIOD}/close", None, 200)
    for who, paths in changes.items():
        async with cast.client(app, who, locale) as client:
            for path, body in paths:
                answer = await posted(client, path, body, 409)
                assert answer["code"] == "period_closed", path
                assert PERIOD in answer["detail"]
    await run_all_due()
    clock.set("2027-03-01 08:00")
    async with cast.client(app, "an", locale) as an:
        late_appeal = await posted(an, f"/api/scores/{PERIOD}/appeals", {"text": "x"}, 409)
        assert late_appeal["code"] == "appeal_late"
        assert "14/01/2027" in late_appeal["detail"]


@pytest.mark.parametrize("locale", ["vi", "en"])
@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/api/scores/2026-11/sign-offs", {"step": "self", "person": "an", "value": 3}, 409, "sign_off_early"),
        ("/api/scores/2026-11/sign-offs", {"step": "self"}, 422, "mark_one_subject"),
        ("/api/scores/2026-10/sign-offs", {"step": "head", "person": "an", "value": 3}, 409, "sign_off_order"),
        ("/api/scores/2026-10/sign-offs", {"step": "leader", "unit": "tuphap", "value": 3}, 403, "forbidden"),
        ("/api/scores/2026-10/sign-offs/withdraw", {"step": "self", "person": "an"}, 404, "sign_off_none"),
        ("/api/scores/2026-11/close", None, 403, "forbidden"),
        ("/api/scores/2026-11/adjustments", {"person": "an", "points": 1, "reason": "x"}, 403, "forbidden"),
        ("/api/scores/2026-11/appeals", {"text": "x"}, 409, "appeal_open_period"),
        ("/api/scores/2026/appeals", {"text": "x"}, 400, "period_bad"),
        ("/api/waiver-requests/77/decide", {"grant": True}, 404, "not_found"),
        ("/api/appeals/77/decide", {"accept": False, "reason": "x"}, 404, "not_found"),
        ("/api/scores/entries/77/waiver-requests", {"cause": "x"}, 404, "not_found"),
    ],
)
async def test_refusals_speak_the_readers_language(office: Office, app, cast, path, body, status, code, locale):
    async with cast.client(app, "head", locale) as client:
        answer = await posted(client, path, body, status)
        assert answer["code"] == code
        assert answer["detail"]


async def test_nobody_signed_in_and_no_stranger(office: Office, app, cast, client):
    for path in (f"/api/scores/{PERIOD}/sign-offs", "/api/waiver-requests", "/api/appeals"):
        assert (await client.get(path)).status_code == 401
        async with cast.client(app, "stranger") as stranger:
            found = (await stranger.get(path)).json()
            assert found == [] or found["owed"] == []
    async with cast.client(app, "hr") as hr:
        assert (await hr.get("/api/waiver-requests", params={"limit": 0})).status_code == 422
        assert (await hr.get("/api/appeals", params={"after": "x"})).status_code == 400
        assert (await hr.get("/api/scores/x/sign-offs")).status_code == 400
        assert (await hr.get("/api/waiver-requests/1")).status_code == 404
        assert (await hr.get("/api/appeals/1")).status_code == 404
