"""People and positions over HTTP: the directory, who sees what of whom, and the changes HR and admins make."""

import asyncio
from datetime import date
from typing import Any

import httpx

from backend.auth.service import access_token_for
from backend.domain.types import Role
from backend.kit import clock as kit_clock
from backend.models import AuditRow, Delegation, Leave, Person, Position, Session
from backend.org.service import PersonDraft, PositionDraft, add_person
from tests.cast import Cast

POSITION = {"unit": "tuphap", "title": "Chuyên viên", "role": "officer", "from_on": "2026-11-23"}


async def call(app: Any, cast: Cast, who: str, method: str, path: str, **body: Any) -> httpx.Response:
    async with cast.client(app, who) as client:
        return await client.request(method, path, json=body or None)


async def test_the_directory_is_the_readers_own_tree_by_name(app: Any, cast: Cast) -> None:
    async with cast.client(app, "an") as an:
        answer = await an.get("/api/people")
        people = answer.json()
        assert [person["handle"] for person in people] == [
            "hr" if handle == "lan" else handle
            for handle in ("head2", "cuong", "admin", "head", "chair", "auditor", "binh", "an", "clerk", "vice", "hr")
        ]
        assert people[3]["positions"][0] | {"id": 0} == {
            "id": 0,
            "unit": "tuphap",
            "unit_name": "Phòng Tư pháp",
            "title": "Trưởng phòng Tư pháp",
            "role": "leader",
            "rank": 1,
            "from_on": "2025-07-01",
            "until_on": None,
        }
        assert [person["handle"] for person in (await an.get("/api/people", params={"q": "nguyen"})).json()] == [
            "binh",
            "an",
        ]
        assert [person["handle"] for person in (await an.get("/api/people", params={"unit": "diachinh"})).json()] == [
            "head2",
            "cuong",
        ]
        assert (await an.get("/api/people", params={"unit": "other"})).status_code == 404
        assert (await an.get("/api/people", params={"unit": "ubnd", "q": "tu p"})).json() == []


async def test_the_directory_comes_in_pages(app: Any, cast: Cast) -> None:
    async with cast.client(app, "an") as an:
        found: list[str] = []
        url = "/api/people?limit=4"
        for _ in range(4):
            answer = await an.get(url)
            found += [person["handle"] for person in answer.json()]
            if 'rel="next"' not in answer.headers["link"]:
                break
            url = answer.headers["link"].split(">")[0].lstrip("<")
        assert len(found) == len(set(found)) == 11
        bad = await an.get("/api/people", params={"after": "nonsense"})
        assert (bad.status_code, bad.json()["code"]) == (400, "bad_cursor")
        assert len((await an.get("/api/people", params={"limit": 0})).json()) == 1


async def test_people_who_left_are_not_in_the_directory(app: Any, cast: Cast) -> None:
    await Person.filter(id=cast.binh.id).update(until_on=date(2026, 11, 22))
    async with cast.client(app, "hr") as hr:
        assert [person["handle"] for person in (await hr.get("/api/people", params={"q": "nguyen"})).json()] == ["an"]
        assert (await hr.get("/api/people/binh")).json()["until_on"] == "2026-11-22"


WHO_SEES_CONTACTS = [
    *((who, True) for who in ("an", "head", "vice", "chair", "hr", "admin")),
    *((who, False) for who in ("binh", "head2", "clerk", "auditor")),
]


async def test_phone_and_email_are_for_leaders_hr_and_oneself(app: Any, cast: Cast) -> None:
    for who, sees in WHO_SEES_CONTACTS:
        for path in ("/api/people/an", "/api/people?q=nguyen van an"):
            found = (await call(app, cast, who, "GET", path)).json()
            person = found[0] if isinstance(found, list) else found
            shown = ("phone" in person, "email" in person, "until_on" in person)
            assert (person["full_name"], shown) == ("Nguyễn Văn An", (sees, sees, sees)), who


async def test_strangers_are_not_found(app: Any, cast: Cast, client: httpx.AsyncClient) -> None:
    for ref in ("stranger", "stranger@phuong.example.vn", str(cast.stranger.id), "+84900000012", "nobody"):
        answer = await call(app, cast, "an", "GET", f"/api/people/{ref}")
        assert (answer.status_code, answer.json()["code"]) == (404, "person_not_found")
    assert (await call(app, cast, "stranger", "GET", "/api/people/stranger")).status_code == 200
    assert (await call(app, cast, "admin", "GET", "/api/people/stranger")).status_code == 200
    assert (await client.get("/api/people")).status_code == 401


async def test_a_person_is_shown_with_their_absence(app: Any, cast: Cast) -> None:
    await Leave.create(
        person_id=cast.an.id,
        from_on=date(2026, 11, 20),
        until_on=date(2026, 11, 24),
        recorded_by_id=0,
        recorded_at=kit_clock.now(),
    )
    assert (await call(app, cast, "binh", "GET", "/api/people/an")).json()["away_until"] == "2026-11-24"


async def test_hr_takes_somebody_in(app: Any, cast: Cast) -> None:
    answer = await call(
        app, cast, "hr", "POST", "/api/people",
        full_name=" Nguyễn  Văn An ", email="AN2@Phuong.example.vn", phone="0199 000 555",
        positions=[POSITION, {**POSITION, "unit": "diachinh", "title": "Phó Trưởng phòng", "role": "leader"}],
    )  # fmt: skip
    assert answer.status_code == 201
    person = answer.json()
    assert (person["handle"], person["full_name"], person["email"], person["phone"]) == (
        "annv",
        "Nguyễn Văn An",
        "an2@phuong.example.vn",
        "+84199000555",
    )
    assert {(one["unit"], one["rank"]) for one in person["positions"]} == {("tuphap", 1), ("diachinh", 2)}
    assert [row.action for row in await AuditRow.all().order_by("id")] == [
        "person.created",
        "position.given",
        "position.given",
    ]


IMPOSSIBLE_PEOPLE = [
    ({"full_name": " "}, 422, "invalid_fields"),
    ({"email": "x", "phone": "y", "locale": "fr"}, 422, "invalid_fields"),
    ({"handle": ""}, 422, "invalid_fields"),
    ({"handle": "1a"}, 422, "invalid_fields"),
    ({"positions": []}, 422, "person_needs_position"),
    ({"handle": "an"}, 409, "handle_taken"),
    ({"email": "an@phuong.example.vn"}, 409, "email_taken"),
    ({"phone": "0900000012"}, 409, "phone_taken"),
    ({"positions": [{**POSITION, "unit": "nowhere"}]}, 404, "unit_not_found"),
    ({"positions": [{**POSITION, "unit": "other"}]}, 404, "unit_not_found"),
    ({"positions": [{**POSITION, "title": ""}]}, 422, "invalid_fields"),
    ({"positions": [{**POSITION, "rank": 0}]}, 422, "import_rank_bad"),
    ({"positions": [{**POSITION, "rank": 100}]}, 422, "import_rank_bad"),
    ({"positions": [{**POSITION, "until_on": "2026-11-22"}]}, 422, "until_before_from"),
    ({"positions": [{**POSITION, "role": "admin"}]}, 403, "forbidden"),
    ({"positions": [{**POSITION, "role": "leader"}]}, 409, "unit_has_chief"),
    ({"positions": [POSITION, POSITION]}, 409, "position_exists"),
]


async def test_impossible_people_are_refused_whole(app: Any, cast: Cast) -> None:
    before = await Person.all().count()
    for body, status, code in IMPOSSIBLE_PEOPLE:
        draft = {"full_name": "Lê Thị Mới", "positions": [POSITION], **body}
        answer = await call(app, cast, "hr", "POST", "/api/people", **draft)
        assert (answer.status_code, answer.json()["code"]) == (status, code), body
        assert await Person.all().count() == before


async def test_only_hr_and_admins_change_the_directory(app: Any, cast: Cast) -> None:
    position = await Position.get(person_id=cast.binh.id)
    for who in ("chair", "head", "an", "clerk", "auditor", "stranger"):
        for method, path, body in (
            ("POST", "/api/people", {"full_name": "Lê Mới", "positions": [POSITION]}),
            ("PATCH", "/api/people/binh", {"full_name": "X"}),
            ("POST", "/api/people/binh/positions", POSITION),
            ("POST", f"/api/people/binh/positions/{position.id}/end", {"last_on": None}),
            ("POST", "/api/units", {"code": "x", "name": "X"}),
            ("PATCH", "/api/units/tuphap", {"name": "X"}),
        ):
            answer = await call(app, cast, who, method, path, **body)  # type: ignore[arg-type]
            assert answer.status_code == 403, (who, path)


async def test_a_record_is_changed_field_by_field(app: Any, cast: Cast) -> None:
    answer = await call(
        app, cast, "hr", "PATCH", "/api/people/an", full_name="Nguyễn Văn Ân", email=None, phone="0199 000 777",
        handle="anmoi", locale="en",
    )  # fmt: skip
    assert answer.status_code == 200
    person = await Person.get(id=cast.an.id)
    assert (person.full_name, person.name_folded, person.email, person.phone, person.handle, person.locale) == (
        "Nguyễn Văn Ân",
        "nguyen van an",
        None,
        "+84199000777",
        "anmoi",
        "en",
    )
    [row] = await AuditRow.filter(action="person.changed")
    assert row.data["changes"]["phone"] == ["+84900000008", "+84199000777"]
    again = await call(app, cast, "hr", "PATCH", "/api/people/anmoi", full_name="Nguyễn Văn Ân")
    assert again.status_code == 200
    assert await AuditRow.filter(action="person.changed").count() == 1


IMPOSSIBLE_CHANGES = [
    ({"full_name": ""}, 422, "invalid_fields"),
    ({"handle": " "}, 422, "invalid_fields"),
    ({"locale": ""}, 422, "invalid_fields"),
    ({"phone": "12"}, 422, "invalid_fields"),
    ({"handle": "binh"}, 409, "handle_taken"),
    ({"email": "stranger@phuong.example.vn"}, 409, "email_taken"),
]


async def test_impossible_changes_are_refused(app: Any, cast: Cast) -> None:
    for body, status, code in IMPOSSIBLE_CHANGES:
        answer = await call(app, cast, "hr", "PATCH", "/api/people/an", **body)
        assert (answer.status_code, answer.json()["code"]) == (status, code), body


async def test_hr_changes_no_administrator_and_nobody_with_power_elsewhere(app: Any, cast: Cast) -> None:
    assert (await call(app, cast, "hr", "PATCH", "/api/people/admin", email="hr@x.vn")).status_code == 403
    assert (await call(app, cast, "hr", "PATCH", "/api/people/stranger", email="hr@x.vn")).status_code == 404
    # HR of one section, and a chair who also sits in that section.
    await Position.filter(person_id=cast.hr.id).update(unit_id=cast.units["tuphap"].id)
    await Position.create(
        person_id=cast.chair.id, unit_id=cast.units["tuphap"].id, title="Ủy viên", title_folded="uy vien",
        role="officer", from_on=date(2026, 1, 1),
    )  # fmt: skip
    assert (await call(app, cast, "hr", "PATCH", "/api/people/chair", email="hr@x.vn")).status_code == 403
    assert (await call(app, cast, "hr", "PATCH", "/api/people/an", email="a@x.vn")).status_code == 200


async def test_borrowed_authority_and_past_offices_still_count(app: Any, cast: Cast) -> None:
    await Position.filter(person_id=cast.hr.id).update(unit_id=cast.units["tuphap"].id)
    chair = await Position.get(person_id=cast.chair.id)
    await Delegation.create(
        position_id=chair.id, giver_id=cast.chair.id, substitute_id=cast.an.id, from_on=date(2026, 12, 1),
        until_on=date(2026, 12, 2), recorded_by_id=0, recorded_at=kit_clock.now(),
    )  # fmt: skip
    assert (await call(app, cast, "hr", "PATCH", "/api/people/an", email="hr@x.vn")).status_code == 403
    await Position.filter(person_id=cast.cuong.id).update(until_on=date(2026, 11, 1))
    assert (await call(app, cast, "hr", "PATCH", "/api/people/cuong", email="hr@x.vn")).status_code == 403


async def test_a_last_day_in_the_past_ends_everything_at_once_and_can_be_undone(app: Any, cast: Cast) -> None:
    token = await access_token_for(cast.an.id)
    answer = await call(app, cast, "hr", "PATCH", "/api/people/an", until_on="2026-11-22")
    assert (answer.status_code, answer.json()["until_on"]) == (200, "2026-11-22")
    assert (await Person.get(id=cast.an.id)).left_at is not None
    assert await Session.filter(person_id=cast.an.id).count() == 0
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        gone = await client.get("/api/people", headers={"authorization": f"Bearer {token}"})
    assert gone.status_code == 401
    back = await call(app, cast, "hr", "PATCH", "/api/people/an", until_on=None)
    assert back.json()["until_on"] is None
    assert (await Person.get(id=cast.an.id)).left_at is None


async def test_a_last_day_ahead_changes_nothing_yet_and_nobody_ends_themselves(app: Any, cast: Cast) -> None:
    await call(app, cast, "hr", "PATCH", "/api/people/an", until_on="2026-12-31")
    assert (await Person.get(id=cast.an.id)).left_at is None
    mine = await call(app, cast, "hr", "PATCH", "/api/people/hr", until_on="2026-11-01")
    assert (mine.status_code, mine.json()["code"]) == (403, "cannot_close_self")


async def test_positions_are_given_and_ended(app: Any, cast: Cast) -> None:
    given = await call(app, cast, "hr", "POST", "/api/people/an/positions", **{**POSITION, "unit": "diachinh"})
    assert (given.status_code, given.json()["unit"], given.json()["rank"]) == (201, "diachinh", 1)
    again = await call(app, cast, "hr", "POST", "/api/people/an/positions", **{**POSITION, "unit": "diachinh"})
    assert (again.status_code, again.json()["code"]) == (409, "position_exists")
    path = f"/api/people/an/positions/{given.json()['id']}/end"
    early = await call(app, cast, "hr", "POST", path, last_on="2026-11-22")
    assert (early.status_code, early.json()["code"]) == (422, "until_before_from")
    assert (await call(app, cast, "hr", "POST", path, last_on="2026-11-30")).json()["until_on"] == "2026-11-30"
    assert (await call(app, cast, "hr", "POST", path, last_on="2026-12-30")).json()["until_on"] == "2026-11-30"
    assert (await call(app, cast, "hr", "POST", path, last_on=None)).json()["until_on"] == "2026-11-22"
    assert (await call(app, cast, "hr", "POST", "/api/people/an/positions/999999/end", last_on=None)).status_code == 404
    assert [row.action for row in await AuditRow.filter(object_kind="position").order_by("id")] == [
        "position.given",
        "position.ended",
        "position.ended",
    ]


async def test_only_admins_make_and_unmake_admins(app: Any, cast: Cast) -> None:
    admin = {**POSITION, "unit": "ubnd", "role": "admin", "title": "Quản trị"}
    assert (await call(app, cast, "hr", "POST", "/api/people/an/positions", **admin)).status_code == 403
    made = await call(app, cast, "admin", "POST", "/api/people/an/positions", **admin)
    assert made.status_code == 201
    path = f"/api/people/an/positions/{made.json()['id']}/end"
    assert (await call(app, cast, "hr", "POST", path, last_on=None)).status_code == 403
    assert (await call(app, cast, "admin", "POST", path, last_on=None)).status_code == 200


async def test_hr_of_a_section_stays_in_it(app: Any, cast: Cast) -> None:
    await Position.filter(person_id=cast.hr.id).update(unit_id=cast.units["tuphap"].id)
    assert (await call(app, cast, "hr", "POST", "/api/people/cuong/positions", **POSITION)).status_code == 403
    assert (
        await call(app, cast, "hr", "POST", "/api/people/an/positions", **{**POSITION, "unit": "diachinh"})
    ).status_code == 403
    assert (await call(app, cast, "hr", "POST", "/api/people/stranger/positions", **POSITION)).status_code == 404


async def test_whoever_left_gets_no_position_and_a_chief_can_be_succeeded(app: Any, cast: Cast) -> None:
    await Person.filter(id=cast.head.id).update(until_on=date(2026, 11, 22))
    left = await call(app, cast, "hr", "POST", "/api/people/head/positions", **POSITION)
    assert (left.status_code, left.json()["code"]) == (422, "person_left")
    chief = {**POSITION, "role": "leader", "title": "Trưởng phòng"}
    assert (await call(app, cast, "hr", "POST", "/api/people/an/positions", **chief)).status_code == 201


async def test_unplaced_people_are_for_those_who_keep_everything(app: Any, cast: Cast) -> None:
    await Person.create(handle="moi", full_name="Lê Mới", name_folded="le moi", created_at=kit_clock.now())
    assert (await call(app, cast, "hr", "GET", "/api/people/moi")).status_code == 404
    assert (await call(app, cast, "admin", "GET", "/api/people/moi")).json()["positions"] == []
    assert "moi" in {person["handle"] for person in (await call(app, cast, "admin", "GET", "/api/people")).json()}
    assert (await call(app, cast, "admin", "POST", "/api/people/moi/positions", **POSITION)).status_code == 201
    assert (await call(app, cast, "hr", "GET", "/api/people/moi")).status_code == 200


async def test_the_same_person_taken_in_twice_at_once_is_refused_once(db: None, cast: Cast) -> None:
    hr = await cast.actor("hr")
    drafts = [
        PersonDraft(
            "Lê Thị Mới", [PositionDraft("tuphap", "Chuyên viên", Role.OFFICER, date(2026, 11, 23))], email=email
        )
        for email in ("moi@x.example.vn", "moi@x.example.vn", "moi2@x.example.vn")
    ]
    tries = await asyncio.gather(*(add_person(hr, draft) for draft in drafts), return_exceptions=True)
    assert [str(one) for one in tries if isinstance(one, Exception)] == ["email_taken {'value': 'moi@x.example.vn'}"]
    assert await Person.filter(handle__startswith="moi").order_by("handle").values_list("handle", flat=True) == [
        "moi",
        "moilt",
    ]
