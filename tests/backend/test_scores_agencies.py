"""Units beside each other, caps, and exports whose totals equal the ledger."""

import csv
import io
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from backend.domain.types import SYSTEM
from backend.models import LedgerEntry, Period, PeriodResult
from backend.scores import agencies, exports
from backend.scores.closing import seal_holds
from backend.scores.periods import read_period
from backend.scores.queries import explain, explain_unit, table
from backend.scores.replay import replay
from backend.scores.schemas import MarkDraft
from backend.scores.service import correct, mark
from backend.scores.unit_book import UnitBook
from backend.tasks import service
from reminders.schedule import run_all_due
from tests.backend.scores_closing import closed
from tests.backend.scores_office import PERIOD, Office, end_of
from tests.cast import Cast
from tests.fakes import FakeClock


@pytest.fixture
def office(db: None, cast: Cast, clock: FakeClock) -> Office:
    return Office(cast, clock)


async def month(office: Office) -> None:
    """An: two in time, one late, one open; Bình: one in time; Cường: one late. The clock stands after the month."""
    cast, clock = office.cast, office.clock
    made = [await office.task(title=f"Việc {n}") for n in range(4)]
    binh, cuong = await office.task("binh"), await office.task("cuong", by="head2", secret=True, title="Mật")
    clock.set("2026-12-02 09:00")
    for task in made[:2]:
        await service.report(await cast.actor("an"), task, "xong")
    await service.report(await cast.actor("binh"), binh, "xong")
    clock.set("2026-12-07 09:00")
    await run_all_due()
    await service.report(await cast.actor("an"), made[2], "xong")
    await service.report(await cast.actor("cuong"), cuong, "xong")
    clock.set(end_of())
    await run_all_due()
    for person in ("an", "binh", "cuong"):
        await office.mark(person, "30")
    for unit in ("ubnd", "tuphap", "diachinh"):
        await mark(await cast.actor("hr"), PERIOD, MarkDraft(what="common", value=Decimal(30), unit=unit))


async def test_units_up_the_tree_are_sums_of_the_same_ledger(office: Office, cast: Cast) -> None:
    await month(office)
    found = await agencies.compare(await cast.actor("hr"), PERIOD)
    rows = {row.ref: row for row in found.units}
    assert found.units[0].ref == "ubnd"
    buckets = {ref: (row.assigned, row.on_time, row.late, row.open) for ref, row in rows.items()}
    assert buckets == {"ubnd": (6, 3, 2, 1), "tuphap": (5, 3, 1, 1), "diachinh": (1, 0, 1, 0)}
    assert all(row.on_time + row.late + row.open == row.assigned for row in found.units)
    # 30 + 70/3·(4/5 + 4/5 + (4 − 1/4)/5); one late of one: 565/6.
    assert rows["tuphap"].total is not None
    assert rows["tuphap"].total.fraction == 30 + Fraction(70, 3) * Fraction(47, 20)
    assert (rows["diachinh"].rank, rows["tuphap"].rank, rows["tuphap"].ranked) == (1, 2, 2)
    assert (rows["ubnd"].rank, rows["ubnd"].ranked) == (1, 1), "ranked among its own kind"
    assert rows["tuphap"].on_time_share is not None
    assert rows["tuphap"].on_time_share.exact == "3/5"
    assert (rows["ubnd"].depth, rows["tuphap"].depth, rows["tuphap"].open_late) == (0, 1, 1)


async def test_a_unit_book_counts_what_reading_every_product_gives(
    office: Office, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted by the database or read one by one, a unit's score is the same."""
    await month(office)
    from backend.org.queries_units import units_under

    units = [unit for unit in await units_under(None) if unit.code != "other"]
    read = {unit.code: (await UnitBook.load(read_period(PERIOD), units)).unit(unit) for unit in units}
    monkeypatch.setattr("backend.scores.unit_book.SMALL", 0)
    for unit in units:
        counted = (await UnitBook.load(read_period(PERIOD), units)).unit(unit)
        assert counted.clean or unit.code == "diachinh"
        assert counted.results is not None
        known = read[unit.code]
        assert not known.clean
        assert known.results is not None
        assert (counted.results.points, counted.results.parts, counted.total) == (
            known.results.points,
            known.results.parts,
            known.total,
        )
        shown = await explain_unit(SYSTEM, unit.code, PERIOD)
        assert shown.assigned == len(known.counted)
        assert {line.code for line in shown.products} <= {segment.code for segment, _ in known.counted}
        lost = sum((line.lost.fraction for line in shown.products), Fraction(0))
        assert shown.results is not None
        assert 70 - shown.results.fraction == lost + (shown.rest.lost.fraction if shown.rest else 0)


async def test_a_long_list_shows_the_dearest_and_sums_the_rest(
    office: Office, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    await month(office)
    monkeypatch.setattr("backend.scores.explaining.MOST_LISTED", 1)
    found = await explain_unit(SYSTEM, "ubnd", PERIOD)
    [line] = found.products
    assert not line.completed, "what was not done at all is the dearest"
    assert found.rest is not None
    assert found.rest.products == 5
    assert found.results is not None
    assert 70 - found.results.fraction == line.lost.fraction + found.rest.lost.fraction


async def test_caps_by_unit_and_group_of_like_work(office: Office, cast: Cast) -> None:
    await month(office)
    found = await agencies.caps(await cast.actor("hr"), PERIOD)
    rows = {(row.unit_code, row.group): row for row in found.rows}
    # An 30 + 55.4… is good, Bình and Cường are excellent.
    whole = rows["ubnd", "officers"]
    assert (whole.assessed, whole.excellent, whole.good, whole.exceeded) == (3, 2, 1, True)
    assert (rows["tuphap", "officers"].excellent, rows["tuphap", "officers"].good) == (1, 1)
    assert rows["tuphap", "officers"].cap == "1/5"
    # Nobody good and one excellent warns as well, in an outstanding unit too.
    alone = rows["diachinh", "officers"]
    assert (alone.excellent, alone.good, alone.cap, alone.outstanding, alone.exceeded) == (1, 0, "1/4", True, True)
    assert found.warnings == sum(row.exceeded for row in found.rows) >= 3
    await correct(await cast.actor("hr"), cast.binh.id, PERIOD, Decimal(-15), "vi phạm")
    rows = {(row.unit_code, row.group): row for row in (await agencies.caps(await cast.actor("hr"), PERIOD)).rows}
    assert not rows["tuphap", "officers"].exceeded


async def test_caps_of_a_closed_period_follow_an_appeal(office: Office, cast: Cast) -> None:
    await month(office)
    await closed(office)
    hr = await cast.actor("hr")
    before = {(row.unit_code, row.group): row for row in (await agencies.caps(hr, PERIOD)).rows}
    await correct(hr, cast.binh.id, PERIOD, Decimal(-15), "kiến nghị", kind="appeal")
    after = {(row.unit_code, row.group): row for row in (await agencies.caps(hr, PERIOD)).rows}
    assert after["tuphap", "officers"].excellent == before["tuphap", "officers"].excellent - 1
    assert after["tuphap", "officers"].good == before["tuphap", "officers"].good + 1


async def test_units_and_caps_over_http_by_reader(app: Any, cast: Cast) -> None:
    async with cast.client(app, "head") as head:
        units = (await head.get("/api/scores/units", params={"period": PERIOD})).json()["units"]
        assert [row["ref"] for row in units] == ["tuphap"]
        assert (await head.get("/api/scores/units", params={"unit": "diachinh"})).status_code == 404
        assert (await head.get("/api/scores/caps")).json()["period"] == "2026-11"
        assert (await head.get("/api/scores/caps", params={"period": "x"})).status_code == 400
    async with cast.client(app, "an") as an:
        for path in ("/api/scores/units", "/api/scores/caps"):
            assert (await an.get(path)).status_code == 404
        preview = (await an.get("/api/people/an/score-preview")).json()
        assert (preview["person"], preview["open"]) == ("an", [])
        assert (await an.get("/api/people/binh/score-preview")).status_code == 404


# --- exports ----------------------------------------------------------------------------------------------------------


async def test_an_export_is_the_view_and_its_totals_are_the_ledgers(office: Office, cast: Cast) -> None:
    await month(office)
    await correct(await cast.actor("hr"), cast.an.id, PERIOD, Decimal("1.5"), "khen")
    hr = await cast.actor("hr")
    for unit in (None, "tuphap"):
        found = await exports.gather(hr, PERIOD, unit)
        shown = await table(hr, PERIOD, unit, limit=200)
        assert found.people == shown.people
        assert found.units == shown.units
        assert found.sums.assigned == sum(row.assigned for row in shown.people)
        for row in found.people:
            if row.total is not None:
                lost = sum((one.lost.fraction for one in found.losses if one.ref == row.ref), Fraction(0))
                assert 100 - row.total.fraction == lost
        own = {one.entry for one in found.losses if one.ref in ("an", "binh", "cuong") and one.entry}
        people = [cast.an.id, cast.binh.id] if unit else [cast.an.id, cast.binh.id, cast.cuong.id]
        ledger = {entry.id for entry in await LedgerEntry.filter(scope="officer", person_id__in=people)}
        assert own == ledger


@pytest.mark.parametrize("locale", ["vi", "en"])
async def test_an_export_as_a_spreadsheet_and_as_text(office: Office, cast: Cast, locale: str) -> None:
    await month(office)
    found = await exports.gather(await cast.actor("hr"), PERIOD)
    content, media = exports.render(found, "xlsx", locale)
    assert "spreadsheetml" in media
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    people, units, losses = (book.get_sheet_by_name(name).to_python() for name in book.sheet_names)
    assert len(people) == len(found.people) + 2
    assert [row[1] for row in people[1:-1]] == [row.ref for row in found.people]
    assert people[-1][11:] == [found.sums.assigned, found.sums.on_time, found.sums.late, found.sums.open]
    assert len(units) == len(found.units) + 1
    assert len(losses) == len(found.losses) + 2
    assert sum((Fraction(str(row[12])) for row in losses[1:-1]), Fraction(0)) == found.sums.lost.fraction
    assert str(losses[-1][12]) == found.sums.lost.exact
    text, media = exports.render(found, "csv", locale)
    rows = list(csv.reader(io.StringIO(text.decode("utf-8-sig"))))
    assert [row[1] for row in rows[1:-1]] == [row.ref for row in found.people]
    assert media.startswith("text/csv")


async def test_a_name_that_a_spreadsheet_would_run_is_only_a_name(office: Office, cast: Cast) -> None:
    from backend.models import Person

    await month(office)
    await Person.filter(id=cast.an.id).update(full_name="=1+1")
    found = await exports.gather(await cast.actor("hr"), PERIOD)
    text, _ = exports.render(found, "csv", "vi")
    assert "'=1+1" in text.decode("utf-8-sig")
    content, _ = exports.render(found, "xlsx", "vi")
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert "=1+1" in [row[0] for row in sheet]


async def test_secret_titles_stay_out_of_an_export_for_hr(office: Office, cast: Cast) -> None:
    await month(office)
    for reader, title in (("hr", ""), ("auditor", "Mật")):
        found = await exports.gather(await cast.actor(reader), PERIOD)
        assert {one.title for one in found.losses if one.ref == "cuong" and one.task} == {title}


async def test_a_closed_period_exports_what_was_sealed(office: Office, cast: Cast) -> None:
    await month(office)
    await closed(office)
    hr = await cast.actor("hr")
    found = await exports.gather(hr, PERIOD)
    assert found.status == "closed"
    assert found.people == (await table(hr, PERIOD, limit=200)).people
    [an] = [row for row in found.people if row.ref == "an"]
    assert an.total == (await explain(SYSTEM, cast.an.id, PERIOD)).total


async def test_exports_over_http(app: Any, cast: Cast) -> None:
    async with cast.client(app, "head") as head:
        for format_ in ("xlsx", "csv", "json"):
            answer = await head.get("/api/scores/export", params={"period": PERIOD, "format": format_})
            assert answer.status_code == 200
            assert f"scores-{PERIOD}.{format_}" in answer.headers["content-disposition"]
            assert answer.headers["cache-control"] == "no-store"
        assert (await head.get("/api/scores/export", params={"format": "pdf"})).status_code in (400, 422)
        assert (await head.get("/api/scores/export", params={"unit": "diachinh"})).status_code == 404
    async with cast.client(app, "an") as an:
        answer = await an.get("/api/scores/export", params={"format": "json"})
        assert [row["ref"] for row in answer.json()["people"]] == ["an"]


async def test_a_quarter_is_signed_and_closed_like_a_month(office: Office, cast: Cast, clock: FakeClock) -> None:
    await month(office)
    clock.set("2027-01-05 08:00")
    await run_all_due()
    seal = await closed(office, "2026-Q4")
    assert len(seal) == 64
    assert (await Period.get(key="2026-Q4")).status == "closed"
    assert await seal_holds("2026-Q4")
    found = await replay("2026-Q4")
    assert not found.failed
    assert found.compared["results"] == await PeriodResult.filter(period__key="2026-Q4").count() > 0
    assert not await Period.filter(key="2026-12", status="closed").exists(), "the month has a closing of its own"
