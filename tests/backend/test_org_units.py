"""Units over HTTP: the tree as one may see it, and the changes HR and admins make to it."""

from datetime import date
from typing import Any

import httpx

from backend.models import AuditRow, Position, Unit
from backend.org.queries import find_unit
from tests.cast import Cast


async def call(app: Any, cast: Cast, who: str, method: str, path: str, **body: Any) -> httpx.Response:
    async with cast.client(app, who) as client:
        return await client.request(method, path, json=body or None)


async def test_the_tree_is_the_readers_own_with_leaders_and_overseers(app: Any, cast: Cast) -> None:
    [root] = (await call(app, cast, "an", "GET", "/api/units")).json()
    assert (root["code"], root["leader"]["handle"], root["parent"]) == ("ubnd", "chair", None)
    assert [(unit["code"], unit["leader"]["handle"]) for unit in root["units"]] == [
        ("diachinh", "head2"),
        ("tuphap", "head"),
    ]
    assert root["units"][1]["overseer"] == {"handle": "vice", "name": "Trần Thị Hoa"}
    assert [unit["code"] for unit in (await call(app, cast, "stranger", "GET", "/api/units")).json()] == ["other"]
    assert {unit["code"] for unit in (await call(app, cast, "admin", "GET", "/api/units")).json()} == {"ubnd", "other"}


async def test_one_unit_and_no_strangers(app: Any, cast: Cast, client: httpx.AsyncClient) -> None:
    unit = (await call(app, cast, "an", "GET", "/api/units/tuphap")).json()
    assert (unit["name"], unit["kind"], unit["parent"]) == ("Phòng Tư pháp", "section", "ubnd")
    for code in ("other", "nowhere"):
        answer = await call(app, cast, "an", "GET", f"/api/units/{code}")
        assert (answer.status_code, answer.json()["code"]) == (404, "unit_not_found")
    assert (await client.get("/api/units")).status_code == 401


async def test_units_are_made_below_ones_own(app: Any, cast: Cast) -> None:
    made = await call(
        app, cast, "hr", "POST", "/api/units", code="Tổ 1", name=" Tổ  một ", parent="tuphap", overseer="head"
    )
    assert made.status_code == 201
    assert made.json() == {
        "code": "to-1",
        "name": "Tổ một",
        "kind": "section",
        "parent": "tuphap",
        "overseer": {"handle": "head", "name": "Hoàng Minh Tuấn"},
    }
    unit = await find_unit("to-1")
    assert unit.path == f"{cast.units['tuphap'].path}{unit.id}/"
    assert (await AuditRow.get()).action == "unit.created"


IMPOSSIBLE_UNITS = [
    ("hr", {"code": "x"}, 403, "forbidden"),
    ("hr", {"code": "x", "parent": "other"}, 404, "unit_not_found"),
    ("hr", {"code": "x", "parent": "nowhere"}, 404, "unit_not_found"),
    ("hr", {"code": "tuphap", "parent": "ubnd"}, 409, "unit_exists"),
    ("hr", {"code": "a/b", "parent": "ubnd"}, 422, "invalid_fields"),
    ("hr", {"code": "x", "name": "", "parent": "ubnd"}, 422, "invalid_fields"),
    ("hr", {"code": "x", "parent": "ubnd", "overseer": "an"}, 422, "overseer_not_above"),
    ("hr", {"code": "x", "parent": "ubnd", "overseer": "nobody"}, 404, "person_not_found"),
    ("hr", {"code": "x", "parent": "tuphap", "overseer": "head2"}, 422, "overseer_not_above"),
    ("hr", {"code": "x", "parent": "diachinh"}, 422, "unit_closed"),
]


async def test_impossible_units_are_refused(app: Any, cast: Cast) -> None:
    await Unit.filter(code="diachinh").update(closed_on=date(2026, 11, 1))
    for who, body, status, code in IMPOSSIBLE_UNITS:
        answer = await call(app, cast, who, "POST", "/api/units", **{"name": "Đơn vị", **body})
        assert (answer.status_code, answer.json()["code"]) == (status, code), body


async def test_only_who_keeps_everything_makes_roots(app: Any, cast: Cast) -> None:
    assert (await call(app, cast, "admin", "POST", "/api/units", code="x", name="X")).json()["parent"] is None


async def test_moving_a_unit_takes_its_subtree_along(app: Any, cast: Cast) -> None:
    for code, parent in (("to1", "tuphap"), ("nhom1", "to1")):
        assert (
            await call(app, cast, "hr", "POST", "/api/units", code=code, name=code, parent=parent)
        ).status_code == 201
    moved = await call(app, cast, "hr", "PATCH", "/api/units/to1", parent="diachinh", name="Tổ Một", kind="team")
    assert (moved.status_code, moved.json()["parent"], moved.json()["name"], moved.json()["kind"]) == (
        200,
        "diachinh",
        "Tổ Một",
        "team",
    )
    to, nhom = await find_unit("to1"), await find_unit("nhom1")
    assert to.path == f"{cast.units['diachinh'].path}{to.id}/"
    assert nhom.path == f"{to.path}{nhom.id}/"
    assert (await Unit.get(code="to1")).name_folded == "to mot"
    same = await call(app, cast, "hr", "PATCH", "/api/units/to1", parent="diachinh")
    assert same.status_code == 200
    assert await AuditRow.filter(action="unit.changed").count() == 1
    root = await call(app, cast, "admin", "PATCH", "/api/units/to1", parent=None)
    assert root.json()["parent"] is None
    assert (await find_unit("nhom1")).path == f"/{to.id}/{nhom.id}/"


IMPOSSIBLE_CHANGES = [
    ("ubnd", {"parent": "tuphap"}, 422, "unit_cycle"),
    ("tuphap", {"parent": "tuphap"}, 422, "unit_cycle"),
    ("tuphap", {"parent": None}, 403, "forbidden"),
    ("tuphap", {"parent": "other"}, 404, "unit_not_found"),
    ("tuphap", {"name": " "}, 422, "invalid_fields"),
    ("tuphap", {"overseer": "head"}, 422, "overseer_not_above"),
    ("tuphap", {"closed_on": "2026-11-23"}, 409, "unit_in_use"),
    ("ubnd", {"closed_on": "2026-11-23"}, 409, "unit_in_use"),
    ("other", {"name": "X"}, 404, "unit_not_found"),
]


async def test_impossible_changes_are_refused(app: Any, cast: Cast) -> None:
    for unit, body, status, code in IMPOSSIBLE_CHANGES:
        answer = await call(app, cast, "hr", "PATCH", f"/api/units/{unit}", **body)
        assert (answer.status_code, answer.json()["code"]) == (status, code), body


async def test_hr_renames_their_own_root_without_moving_it(app: Any, cast: Cast) -> None:
    answer = await call(app, cast, "hr", "PATCH", "/api/units/ubnd", name="UBND phường Hòa Bình", parent=None)
    assert (answer.status_code, answer.json()["name"]) == (200, "UBND phường Hòa Bình")


async def test_hr_of_a_section_changes_no_other(app: Any, cast: Cast) -> None:
    await Position.filter(person_id=cast.hr.id).update(unit_id=cast.units["tuphap"].id)
    assert (await call(app, cast, "hr", "PATCH", "/api/units/diachinh", name="X")).status_code == 403
    assert (await call(app, cast, "hr", "PATCH", "/api/units/tuphap", parent="diachinh")).status_code == 403
    assert (await call(app, cast, "hr", "PATCH", "/api/units/tuphap", overseer="chair")).status_code == 200
    assert (await call(app, cast, "hr", "PATCH", "/api/units/tuphap", overseer=None)).json().get("overseer") is None


async def test_too_deep_a_tree_is_refused(app: Any, cast: Cast) -> None:
    above = "ubnd"
    for number in range(11):
        made = await call(app, cast, "hr", "POST", "/api/units", code=f"u{number}", name="U", parent=above)
        assert made.status_code == 201
        above = f"u{number}"
    deep = await call(app, cast, "hr", "POST", "/api/units", code="x", name="X", parent=above)
    assert (deep.status_code, deep.json()["code"]) == (422, "import_unit_too_deep")
    moved = await call(app, cast, "hr", "PATCH", "/api/units/u0", parent="tuphap")
    assert (moved.status_code, moved.json()["code"]) == (422, "import_unit_too_deep")


async def test_an_empty_unit_closes_and_opens_again(app: Any, cast: Cast) -> None:
    await Position.filter(unit_id=cast.units["diachinh"].id).update(until_on=date(2026, 11, 22))
    closed = await call(app, cast, "hr", "PATCH", "/api/units/diachinh", closed_on="2026-11-23")
    assert (closed.status_code, closed.json()["closed_on"]) == (200, "2026-11-23")
    [root] = (await call(app, cast, "an", "GET", "/api/units")).json()
    assert [unit["code"] for unit in root["units"]] == ["tuphap"]
    given = {"unit": "diachinh", "title": "Chuyên viên", "role": "officer", "from_on": "2026-11-23"}
    refused = await call(app, cast, "hr", "POST", "/api/people/an/positions", **given)
    assert (refused.status_code, refused.json()["code"]) == (422, "unit_closed")
    await call(app, cast, "hr", "PATCH", "/api/units/diachinh", closed_on=None)
    assert (await call(app, cast, "hr", "POST", "/api/people/an/positions", **given)).status_code == 201
