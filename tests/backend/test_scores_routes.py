"""Scores over HTTP: the table by role, one explained, marks and waivers, and what each refusal says."""

import pytest

from reminders.schedule import run_all_due
from tests.backend.scores_office import PERIOD, Office


@pytest.fixture
def office(app, cast, clock) -> Office:
    return Office(cast, clock)


async def rows(client, **params: str):
    answer = await client.get("/api/scores", params={"period": PERIOD, **params})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_each_role_sees_its_own_part_of_the_table(office: Office, app, cast):
    await office.task(done="2026-12-04 09:00")
    await run_all_due()
    everybody = {"chair", "vice", "clerk", "hr", "admin", "auditor", "head", "an", "binh", "head2", "cuong"}
    seen = {
        "hr": everybody,
        "auditor": everybody,
        "chair": everybody,
        "head": {"head", "an", "binh"},
        "an": {"an"},
        "admin": {"admin"},
        "stranger": {"stranger"},
        "otherchair": {"stranger", "otherchair"},
    }
    for reader, people in seen.items():
        async with cast.client(app, reader) as client:
            found = await rows(client)
            assert {row["ref"] for row in found["people"]} == people, reader
    async with cast.client(app, "head") as client:
        found = await rows(client)
    [an] = [row for row in found["people"] if row["ref"] == "an"]
    assert (an["assigned"], an["on_time"], an["late"], an["open"]) == (1, 0, 1, 0)
    assert (an["reason"], an["missing"], an["total"]) == ("mark_missing", ["common"], None)
    assert an["results"]["shown"] == "64.1667"
    [binh] = [row for row in found["people"] if row["ref"] == "binh"]
    assert (binh["reason"], binh["band"]) == ("no_products", "not_assessed")
    [unit] = found["units"]
    assert (unit["ref"], unit["late"]) == ("tuphap", 1)


async def test_the_table_is_narrowed_by_unit_and_paged(office: Office, app, cast):
    async with cast.client(app, "hr") as client:
        assert {row["ref"] for row in (await rows(client, unit="diachinh"))["people"]} == {"head2", "cuong"}
        answer = await client.get("/api/scores", params={"period": PERIOD, "limit": "4"})
        names, pages = [], 0
        while True:
            pages += 1
            names += [row["ref"] for row in answer.json()["people"]]
            following = [link for link in answer.headers["link"].split(", ") if 'rel="next"' in link]
            if not following:
                break
            answer = await client.get(following[0].split(">")[0].removeprefix("<"))
            assert answer.json()["units"] == [], "units come on the first page only"
        assert (pages, len(names), len(set(names))) == (3, 11, 11)


@pytest.mark.parametrize(
    ("params", "status", "code"),
    [
        ({"period": "2026-99"}, 400, "period_bad"),
        ({"unit": "other"}, 404, "unit_not_found"),
        ({"unit": "nowhere"}, 404, "unit_not_found"),
        ({"after": "x"}, 400, "bad_cursor"),
    ],
)
async def test_what_the_table_refuses(office: Office, app, cast, params, status, code):
    async with cast.client(app, "hr") as client:
        answer = await client.get("/api/scores", params={"period": PERIOD, **params})
        assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_the_month_that_runs_is_the_default(office: Office, app, cast):
    async with cast.client(app, "an") as client:
        assert (await client.get("/api/scores")).json()["period"] == "2026-11"


async def test_one_explained_marked_and_waived(office: Office, app, cast):
    task_id = await office.task(done="2026-12-04 09:00")
    await run_all_due()
    entry = (await office.entry(task_id)).id
    async with cast.client(app, "head") as client:
        marked = await client.post(f"/api/scores/{PERIOD}/marks", json={"what": "common", "value": 28, "person": "an"})
        assert (marked.status_code, marked.json()["level"]) == (200, "leader")
        found = (await client.get(f"/api/people/an/scores/{PERIOD}")).json()
        assert found["total"]["exact"] == "553/6"
        assert found["products"][0]["entries"][0]["id"] == entry
        waived = await client.post(f"/api/scores/entries/{entry}/waive", json={"reason": "mất điện"})
        assert (waived.status_code, len(waived.json()["entries"])) == (200, 2)
        again = await client.post(f"/api/scores/entries/{entry}/waive", json={"reason": "mất điện"})
        assert (again.status_code, again.json()["code"]) == (409, "entry_already_waived")
        found = (await client.get(f"/api/people/an/scores/{PERIOD}")).json()
        assert found["total"]["exact"] == "98"
        unit = (await client.get(f"/api/units/tuphap/scores/{PERIOD}")).json()
        assert unit["results"]["exact"] == "70"


async def test_strangers_learn_nothing_not_even_that_somebody_is_there(office: Office, app, cast):
    async with cast.client(app, "stranger") as client:
        there = await client.get(f"/api/people/an/scores/{PERIOD}")
        nobody = await client.get(f"/api/people/nobody/scores/{PERIOD}")
        assert there.status_code == nobody.status_code == 404
        same = ("code", "title", "detail", "params")
        assert [there.json().get(key) for key in same] == [nobody.json().get(key) for key in same]
        assert (await client.get(f"/api/units/tuphap/scores/{PERIOD}")).status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        (f"/api/scores/{PERIOD}/marks", {"what": "common", "value": 31, "person": "an"}, 422, "mark_out_of_range"),
        (f"/api/scores/{PERIOD}/marks", {"what": "common", "value": 3}, 422, "mark_one_subject"),
        ("/api/scores/2026/marks", {"what": "common", "value": 3, "person": "an"}, 400, "period_bad"),
        ("/api/scores/entries/99/waive", {"reason": "x"}, 404, "not_found"),
    ],
)
@pytest.mark.parametrize("locale", ["vi", "en"])
async def test_refusals_speak_the_readers_language(office: Office, app, cast, path, body, status, code, locale):
    async with cast.client(app, "head", locale) as client:
        answer = await client.post(path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.json()["detail"]


async def test_a_body_that_is_none_of_ours_is_refused(office: Office, app, cast):
    async with cast.client(app, "head") as client:
        for body in (
            {"what": "height", "value": 3, "person": "an"},
            {"what": "common", "value": -1, "person": "an"},
            {"x": 1},
        ):
            assert (await client.post(f"/api/scores/{PERIOD}/marks", json=body)).status_code in (400, 422)


async def test_nobody_signed_in_sees_nothing(app, client):
    for path in ("/api/scores", f"/api/people/an/scores/{PERIOD}", f"/api/units/tuphap/scores/{PERIOD}"):
        assert (await client.get(path)).status_code == 401
    assert (await client.post(f"/api/scores/{PERIOD}/marks", json={})).status_code == 401
