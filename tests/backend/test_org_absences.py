"""Leave and delegations over HTTP: who enters them for whom, what is refused, who is told."""

import asyncio
from datetime import date
from typing import Any

import httpx

from backend.auth.actors import actor_of
from backend.domain.types import Role
from backend.errors import Conflict
from backend.models import AuditRow, Delegation, Leave, OutboxNotice, Person, Position
from backend.org.service import delegate, record_leave
from tests.cast import Cast
from tests.fakes import FakeClock

WHEN = {"from_on": "24/11/2026", "until_on": "24/11/2026"}
DAYS = {"from_on": "2026-11-24", "until_on": "2026-11-26"}


async def post(app: Any, cast: Cast, who: str, person: str, what: str = "leaves", **body: Any) -> httpx.Response:
    async with cast.client(app, who) as client:
        return await client.post(f"/api/people/{person}/{what}", json={**DAYS, **body})


async def test_leave_is_entered_by_oneself_a_leader_or_hr(app: Any, cast: Cast) -> None:
    for number, who in enumerate(("an", "head", "vice", "chair", "hr", "admin"), 1):
        days = {"from_on": f"2026-12-{number:02d}", "until_on": f"2026-12-{number:02d}"}
        answer = await post(app, cast, who, "an", **days, substitute="binh", reason=" nghỉ  phép ")
        assert answer.status_code == 201, who
        assert answer.json() == {
            "id": answer.json()["id"],
            **days,
            "substitute": {"handle": "binh", "name": "Nguyễn Thị Bình"},
            "reason": "nghỉ phép",
        }
        leave = await Leave.get(id=answer.json()["id"])
        assert (leave.person_id, leave.recorded_by_id) == (cast.an.id, cast.people[who].id)
        notice = await OutboxNotice.get(dedup_key=f"leave:{leave.id}:substitute:{cast.binh.id}")
        assert notice.person_id == cast.binh.id
        assert notice.payload == {"kind": "SubstituteNamed", "person": "Nguyễn Văn An", **days, "authority": False}
    assert {row.action for row in await AuditRow.filter(object_kind="leave")} == {"leave.recorded"}


async def test_leave_is_not_entered_by_others(app: Any, cast: Cast) -> None:
    for who, status in (
        ("binh", 403), ("head2", 403), ("clerk", 403), ("auditor", 403), ("stranger", 404), ("otherchair", 404)
    ):  # fmt: skip
        assert (await post(app, cast, who, "an")).status_code == status, who
    assert await Leave.all().count() == 0


async def test_a_deputy_does_not_enter_leave_for_the_chief(app: Any, cast: Cast) -> None:
    assert (await post(app, cast, "vice", "chair")).status_code == 403
    assert (await post(app, cast, "chair", "vice")).status_code == 201


IMPOSSIBLE_LEAVE = [
    ({"until_on": "2026-11-23"}, 422, "until_before_from"),
    ({"until_on": "2029-01-01"}, 422, "absence_too_long"),
    ({"substitute": "an"}, 422, "substitute_is_self"),
    ({"substitute": "nobody"}, 404, "person_not_found"),
    ({"substitute": "stranger"}, 404, "person_not_found"),
    ({"substitute": "cuong"}, 422, "substitute_gone"),
    ({"reason": "x" * 501}, 422, "reason_too_long"),
    ({"from_on": "soon"}, 422, "invalid_fields"),
    ({"unknown": 1}, 422, "invalid_fields"),
]


async def test_impossible_leave_is_refused(app: Any, cast: Cast) -> None:
    await Person.filter(id=cast.cuong.id).update(until_on="2026-11-25")
    for body, status, code in IMPOSSIBLE_LEAVE:
        answer = await post(app, cast, "an", "an", **body)
        assert (answer.status_code, answer.json()["code"]) == (status, code), body


async def test_an_admin_learns_that_a_substitute_sits_elsewhere(app: Any, cast: Cast) -> None:
    assert (await post(app, cast, "admin", "an", substitute="stranger")).json()["code"] == "substitute_elsewhere"


async def test_overlapping_leave_is_refused_until_the_other_is_cancelled(app: Any, cast: Cast) -> None:
    first = (await post(app, cast, "an", "an")).json()
    for days in (
        DAYS,
        {"from_on": "2026-11-26", "until_on": "2026-12-01"},
        {"from_on": "2026-11-01", "until_on": "2026-11-24"},
    ):
        again = await post(app, cast, "an", "an", **days)
        assert (again.status_code, again.json()["code"]) == (409, "leave_overlaps")
        assert again.json()["detail"] == "There is leave from 24/11/2026 to 26/11/2026 already; cancel that one first."
    assert (await post(app, cast, "an", "an", from_on="2026-11-27", until_on="2026-11-27")).status_code == 201
    async with cast.client(app, "an") as an:
        for _ in range(2):
            assert (await an.delete(f"/api/people/an/leaves/{first['id']}")).status_code == 204
        assert [leave["from_on"] for leave in (await an.get("/api/people/an/leaves")).json()] == ["2026-11-27"]
        assert (await an.delete("/api/people/an/leaves/999999")).status_code == 404
        assert (await an.delete(f"/api/people/binh/leaves/{first['id']}")).status_code == 404
    assert (await post(app, cast, "an", "an")).status_code == 201
    assert await AuditRow.filter(action="leave.cancelled").count() == 1


async def test_somebody_who_left_takes_no_leave(app: Any, cast: Cast) -> None:
    await Person.filter(id=cast.an.id).update(until_on="2026-11-23")
    assert (await post(app, cast, "hr", "an")).json()["code"] == "person_left"


async def test_past_leave_tells_nobody(app: Any, cast: Cast) -> None:
    answer = await post(app, cast, "hr", "an", from_on="2026-11-02", until_on="2026-11-03", substitute="binh")
    assert answer.status_code == 201
    assert await OutboxNotice.all().count() == 0


READERS_OF_LEAVE = [
    *((who, 200) for who in ("an", "head", "vice", "hr", "auditor", "admin")),
    *(("binh", 403), ("head2", 403), ("stranger", 404)),
]


async def test_leave_is_read_by_oneself_leaders_hr_and_auditors(app: Any, cast: Cast) -> None:
    leave = (await post(app, cast, "an", "an")).json()
    for who, status in READERS_OF_LEAVE:
        async with cast.client(app, who) as client:
            assert (await client.get("/api/people/an/leaves")).status_code == status, who
            assert (await client.get("/api/people/an/delegations")).status_code == status, who
    async with cast.client(app, "auditor") as auditor:
        assert (await auditor.delete(f"/api/people/an/leaves/{leave['id']}")).status_code == 403


async def test_a_leader_lends_their_authority_and_takes_it_back(app: Any, cast: Cast, clock: Any) -> None:
    answer = await post(app, cast, "chair", "chair", "delegations", substitute="vice", reason="đi công tác")
    assert answer.status_code == 201
    assert answer.json() == {
        "id": answer.json()["id"],
        "title": "Chủ tịch UBND",
        "unit": "ubnd",
        "giver": {"handle": "chair", "name": "Lê Quốc Dũng"},
        "substitute": {"handle": "vice", "name": "Trần Thị Hoa"},
        **DAYS,
        "reason": "đi công tác",
        "ended": False,
    }
    notice = await OutboxNotice.get(kind="SubstituteNamed")
    assert (notice.person_id, notice.payload["authority"]) == (cast.vice.id, True)
    clock.set("2026-11-24 08:00")
    assert {post.giver_id for post in (await actor_of(cast.vice.id)).posts} == {None, cast.chair.id}
    id_ = answer.json()["id"]
    async with cast.client(app, "vice") as vice:
        assert [one["id"] for one in (await vice.get("/api/people/vice/delegations")).json()] == [id_]
        assert (await vice.delete(f"/api/people/vice/delegations/{id_}")).status_code == 403
    async with cast.client(app, "chair") as chair:
        for _ in range(2):
            assert (await chair.delete(f"/api/people/chair/delegations/{id_}")).status_code == 204
        assert (await chair.get("/api/people/chair/delegations")).json()[0]["ended"] is True
        assert (await chair.delete("/api/people/chair/delegations/999999")).status_code == 404
    assert {post.giver_id for post in (await actor_of(cast.vice.id)).posts} == {None}
    assert [row.action for row in await AuditRow.filter(object_kind="delegation").order_by("id")] == [
        "delegation.given",
        "delegation.ended",
    ]


async def test_hr_lends_on_a_decision_with_its_number_only(app: Any, cast: Cast) -> None:
    bare = await post(app, cast, "hr", "chair", "delegations", substitute="vice")
    assert (bare.status_code, bare.json()["code"]) == (422, "delegation_needs_reason")
    done = await post(app, cast, "hr", "chair", "delegations", substitute="vice", reason="QĐ 15/QĐ-UBND")
    assert done.status_code == 201
    assert (await Delegation.get()).recorded_by_id == cast.hr.id
    async with cast.client(app, "hr") as hr:
        assert (await hr.delete(f"/api/people/chair/delegations/{done.json()['id']}")).status_code == 204


NOT_LENDERS = [("vice", 403), ("clerk", 403), ("auditor", 403), ("otherchair", 404)]


async def test_nobody_else_lends_a_leaders_authority(app: Any, cast: Cast) -> None:
    for who, status in NOT_LENDERS:
        answer = await post(app, cast, who, "chair", "delegations", substitute="vice", reason="QĐ")
        assert answer.status_code == status, who
    assert await Delegation.all().count() == 0


IMPOSSIBLE_DELEGATIONS = [
    ("an", {"substitute": "binh"}, 422, "delegation_no_position"),
    ("chair", {"substitute": "chair"}, 422, "substitute_is_self"),
    ("chair", {"substitute": "stranger"}, 404, "person_not_found"),
    ("chair", {"substitute": "vice", "unit": "tuphap"}, 422, "delegation_no_position"),
    ("head", {"substitute": "an"}, 422, "delegation_which_unit"),
    ("head", {"substitute": "an", "unit": "diachinh"}, 422, "delegation_no_position"),
    ("chair", {"substitute": "vice", "until_on": "2026-11-23"}, 422, "until_before_from"),
]


async def test_impossible_delegations_are_refused(app: Any, cast: Cast) -> None:
    # A second position, and one that ends before the days are over.
    for unit, last in (("ubnd", None), ("diachinh", "2026-11-25")):
        await Position.create(
            person_id=cast.head.id, unit_id=cast.units[unit].id, title="Phó", title_folded="pho",
            role=Role.LEADER.value, rank=5, from_on="2026-01-01", until_on=last,
        )  # fmt: skip
    for who, body, status, code in IMPOSSIBLE_DELEGATIONS:
        answer = await post(app, cast, who, who, "delegations", **body)
        assert (answer.status_code, answer.json()["code"]) == (status, code), body


async def test_a_position_is_lent_to_one_at_a_time(app: Any, cast: Cast) -> None:
    assert (await post(app, cast, "chair", "chair", "delegations", substitute="vice")).status_code == 201
    again = await post(
        app, cast, "chair", "chair", "delegations", substitute="head", from_on="2026-11-26", until_on="2026-11-30"
    )
    assert (again.status_code, again.json()["code"]) == (409, "delegation_overlaps")


async def test_absences_need_somebody_signed_in(app: Any, cast: Cast, client: httpx.AsyncClient) -> None:
    for what in ("leaves", "delegations"):
        assert (await client.get(f"/api/people/an/{what}")).status_code == 401
        assert (await client.post(f"/api/people/an/{what}", json=DAYS)).status_code == 401
        assert (await client.delete(f"/api/people/an/{what}/1")).status_code == 401


async def test_the_same_days_entered_at_the_same_time_stand_once(db: None, cast: Cast) -> None:
    actor, day = await cast.actor("an"), date(2026, 11, 24)
    tries = await asyncio.gather(*(record_leave(actor, "an", day, day) for _ in range(4)), return_exceptions=True)
    assert (
        sorted(str(one) for one in tries if isinstance(one, Exception)) == [str(Conflict("leave_overlaps", **WHEN))] * 3
    )
    chair = await cast.actor("chair")
    lent = await asyncio.gather(
        *(delegate(chair, "chair", who, day, day) for who in ("vice", "head", "head2")), return_exceptions=True
    )
    assert [type(one) for one in lent].count(Conflict) == 2


async def test_a_substitute_who_was_not_told_yet_never_hears_of_leave_called_off(app: Any, cast: Cast) -> None:
    made = (await post(app, cast, "an", "an", substitute="binh")).json()
    async with cast.client(app, "an") as client:
        assert (await client.delete(f"/api/people/an/leaves/{made['id']}")).status_code == 204
    [notice] = await OutboxNotice.filter(person_id=cast.binh.id)
    assert (notice.kind, notice.status) == ("SubstituteNamed", "cancelled")


async def test_a_substitute_who_was_told_hears_that_it_is_off(app: Any, cast: Cast) -> None:
    leave = (await post(app, cast, "an", "an", substitute="binh")).json()
    lent = (await post(app, cast, "head", "head", "delegations", substitute="an")).json()
    await OutboxNotice.all().update(status="sent")
    async with cast.client(app, "hr") as client:
        assert (await client.delete(f"/api/people/an/leaves/{leave['id']}")).status_code == 204
        assert (await client.delete(f"/api/people/an/leaves/{leave['id']}")).status_code == 204
        assert (await client.delete(f"/api/people/head/delegations/{lent['id']}")).status_code == 204
    released = await OutboxNotice.filter(kind="SubstituteReleased").order_by("id")
    assert [(notice.person_id, notice.payload["person"]) for notice in released] == [
        (cast.binh.id, "Nguyễn Văn An"),
        (cast.an.id, "Hoàng Minh Tuấn"),
    ]


async def test_leave_that_is_over_is_called_off_without_a_word(app: Any, cast: Cast, clock: FakeClock) -> None:
    made = (await post(app, cast, "an", "an", substitute="binh")).json()
    await OutboxNotice.all().update(status="sent")
    clock.set("2026-11-30 08:00")
    async with cast.client(app, "an") as client:
        await client.delete(f"/api/people/an/leaves/{made['id']}")
    assert not await OutboxNotice.filter(kind="SubstituteReleased").exists()
