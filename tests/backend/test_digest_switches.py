"""Which digests somebody wants: over the API and on their page, each change on record."""

from typing import Any

import pytest

from backend.models import AuditRow, Person
from tests.backend.given import lend
from tests.backend.web_browser import Browser, text_of
from tests.cast import Cast

pytestmark = pytest.mark.usefixtures("clock")

ALL_ON = {"morning_list": True, "leader_digest": True, "weekly_digest": True}


async def test_digests_are_read_and_switched_over_the_api(app: Any, cast: Cast) -> None:
    async with cast.client(app, "an") as an:
        read = await an.get("/api/me/digests")
        assert (read.status_code, read.json()) == (200, ALL_ON)
        put = await an.put("/api/me/digests", json={"morning_list": False})
        assert (put.status_code, put.json()) == (200, {**ALL_ON, "morning_list": False})
        put = await an.put("/api/me/digests", json={"weekly_digest": False})
        assert put.json() == {"morning_list": False, "leader_digest": True, "weekly_digest": False}
        assert (await an.get("/api/me/digests")).json() == put.json()
        assert (await an.put("/api/me/digests", json={})).json() == put.json(), "what is left out stays"
        assert (await an.put("/api/me/digests", json={"morning_list": None})).status_code == 422
        assert (await an.put("/api/me/digests", json={"evening_list": True})).status_code == 422
    rows = await AuditRow.filter(action="auth.digests_set").order_by("id")
    assert [(row.actor_id, row.object_id, row.data) for row in rows] == [
        (cast.an.id, cast.an.id, {"morning_list": False}),
        (cast.an.id, cast.an.id, {"weekly_digest": False}),
    ]
    assert await Person.filter(morning_list=False).count() == 1


async def test_digests_are_ones_own(client: Any) -> None:
    assert (await client.get("/api/me/digests")).status_code == 401
    assert (await client.put("/api/me/digests", json={})).status_code == 401


async def test_the_page_offers_what_concerns_the_reader(app: Any, cast: Cast) -> None:
    async with Browser(app) as an:
        await an.sign_in(cast, "an")
        page = await an.get("/me")
        assert page.count('name="morning_list" value="yes" checked') == 1
        assert "leader_digest" not in page
        assert "weekly_digest" not in page
        assert "Đã lưu lựa chọn tóm tắt." in await an.follow("/me/digests", {})
        assert 'name="morning_list" value="yes">' in an.page
        assert (await Person.get(id=cast.an.id)).morning_list is False
        assert (await Person.get(id=cast.an.id)).leader_digest is True, "what is not shown stays as it is"
        await lend(cast, "head", "an")
        assert 'name="leader_digest" value="yes" checked' in await an.get("/me")
        await an.follow("/me/digests", {"morning_list": "yes"})
        assert (await Person.get(id=cast.an.id)).morning_list is True
        assert (await Person.get(id=cast.an.id)).leader_digest is False
    async with Browser(app, "en") as hr:
        await Person.filter(id=cast.hr.id).update(locale="en")
        await hr.sign_in(cast, "hr")
        page = text_of(await hr.get("/me"))
        assert "Morning digests in chat" in page
        assert "The week, for HR" in page
        assert "Tasks of the units I lead" not in page


async def test_a_form_without_its_mark_changes_nothing(app: Any, cast: Cast) -> None:
    async with Browser(app) as an:
        await an.sign_in(cast, "an")
        answer = await an.client.post("/me/digests", data={})
        assert answer.status_code == 403
    assert (await Person.get(id=cast.an.id)).morning_list is True
