"""Appeals: within seven working days of the notice, once, decided by somebody above the mark; visible in what is closed."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from backend.errors import AppError, Conflict
from backend.files.service import store
from backend.kit.paging import BadCursor
from backend.models import Appeal, AuditRow, LedgerEntry, Mark, OutboxNotice, Period, PeriodResult
from backend.scores.appeal_views import appeals_seen, view
from backend.scores.closing import seal_holds
from backend.scores.queries import explain
from backend.scores.schemas_signing import AppealDraft, AppealView, DecideAppeal
from backend.scores.service import announce, appeal, close_period, correct, decide_appeal
from backend.tasks.attachments import readable
from reminders.schedule import run_all_due
from tests.backend.scores_office import PERIOD, Office, end_of, sign_all

PDF = b"%PDF-1.4 bien ban"


@pytest.fixture
async def office(db, cast, clock, stage) -> Office:
    """December 2026 was closed on Tuesday 5 January 2027, 08:00, and everybody told. An: 92 points, one delay; the
    vice-chair gave the mark that counts."""
    made = Office(cast, clock)
    await stage.scene("a month closed and told", lambda: _closed_and_told(made))
    return made


async def _closed_and_told(office: Office) -> None:
    await office.task(done="2026-12-04 09:00")
    await office.task(due="2026-12-10 17:30", done="2026-12-09 09:00")
    office.clock.set(end_of())
    await run_all_due()
    for leader in ("head", "vice", "chair"):
        for what in ("dd", "e"):
            await office.mark(leader, "90", what)
    await sign_all(value="28")
    await OutboxNotice.all().delete()
    await close_period(await office.cast.actor("hr"), PERIOD)
    while await announce(5):
        pass


async def ask(office: Office, by: str = "an", text: str = "Hạn giao quá gấp", files: Any = ()) -> AppealView:
    return await appeal(await office.cast.actor(by), PERIOD, AppealDraft(text=text, attachments=list(files)))


async def decide(
    office: Office,
    id_: int,
    by: str = "hr",
    accept: bool = True,
    points: str | None = "1.5",
    reason: str = "Đúng là gấp",
) -> AppealView:
    given = None if points is None else Decimal(points)
    return await decide_appeal(
        await office.cast.actor(by), id_, DecideAppeal(accept=accept, reason=reason, points=given)
    )


async def refused(action: Any, kind: type[Any] = AppError) -> Any:
    with pytest.raises(kind) as caught:
        await action
    return caught.value


async def test_everybody_is_told_of_their_score_once_with_the_last_day(office: Office, cast, clock):
    notices = await OutboxNotice.filter(kind="ScoreClosed")
    assert len(notices) == len({one.person_id for one in notices}) == await PeriodResult.exclude(person_id=None).count()  # type: ignore[attr-defined]
    [mine] = [one for one in notices if one.person_id == cast.an.id]  # type: ignore[attr-defined]
    assert mine.payload["until_on"] == "2027-01-14"
    assert mine.payload["total"] == "95.08"
    assert mine.payload["band"] == "excellent"
    [binh] = [one for one in notices if one.person_id == cast.binh.id]  # type: ignore[attr-defined]
    assert (binh.payload["total"], binh.payload["band"]) == (None, "not_assessed")
    assert await announce() == 0


async def test_accepted_on_the_seventh_day_adds_points_visibly(office: Office, cast, clock):
    clock.set("2027-01-14 23:30")
    asked = await ask(office, text=" Hạn giao quá gấp ")
    assert (asked.text, asked.decision, asked.until_on.isoformat()) == ("Hạn giao quá gấp", "", "2027-01-14")  # type: ignore[union-attr]
    [told] = await OutboxNotice.filter(kind="AppealMade")
    assert told.person_id == cast.hr.id  # type: ignore[attr-defined]
    before = await explain(await cast.actor("an"), cast.an.id, PERIOD)
    sealed = (await Period.get(key=PERIOD)).seal
    found = await decide(office, asked.id)
    assert (found.decision, found.points, found.by) == ("accepted", Decimal("1.5"), cast.hr.full_name)
    entry = await LedgerEntry.get(id=found.entry)
    assert (entry.kind, entry.points, entry.reason, entry.decided_by_id) == (
        "appeal",
        Decimal("1.5"),
        "Đúng là gấp",
        cast.hr.id,
    )
    after = await explain(await cast.actor("an"), cast.an.id, PERIOD)
    assert before.total is not None
    assert after.total is not None
    assert after.total.fraction - before.total.fraction == Decimal("1.5")
    assert [(line.kind, line.after_close) for line in after.corrections] == [("appeal", True)]
    assert (await Period.get(key=PERIOD)).seal == sealed
    assert await seal_holds(PERIOD)
    [heard] = await OutboxNotice.filter(kind="AppealDecided")
    assert (heard.person_id, heard.payload["points"]) == (cast.an.id, "1.5")  # type: ignore[attr-defined]
    assert await AuditRow.filter(action="score.appeal_accepted").count() == 1


async def test_on_the_eighth_day_it_is_refused_with_the_date_it_ended(office: Office, clock):
    clock.set("2027-01-15 07:30")
    error = await refused(ask(office))
    assert (error.code, error.status, error.params) == ("appeal_late", 409, {"until": "14/01/2027"})
    assert await Appeal.all().count() == 0


async def test_rejected_with_a_reason_changes_nothing(office: Office, cast):
    asked = await ask(office)
    found = await decide(office, asked.id, accept=False, points=None, reason="Hạn đã thống nhất")
    assert (found.decision, found.points, found.entry) == ("rejected", None, None)
    assert await LedgerEntry.filter(kind="appeal").count() == 0
    [heard] = await OutboxNotice.filter(kind="AppealDecided")
    assert (heard.payload["points"], heard.payload["reason"]) == (None, "Hạn đã thống nhất")


async def test_appeals_that_are_refused(office: Office, cast, clock):
    assert (await refused(ask(office, text="  "))).code == "reason_needed"
    await ask(office)
    assert (await refused(ask(office))).code == "appeal_exists"
    an = await cast.actor("an")
    assert (await refused(appeal(an, "2027-01", AppealDraft(text="x")))).code == "appeal_open_period"
    assert (await refused(appeal(an, "2026-13", AppealDraft(text="x")))).code == "period_bad"
    await PeriodResult.filter(person_id=cast.binh.id).delete()
    assert (await refused(ask(office, "binh"))).code == "not_in_closed_period"


@pytest.mark.parametrize(
    ("by", "code"),
    [
        ("an", "forbidden"),
        # The vice-chair gave the mark that counts; the head is not above them.
        ("vice", "forbidden"),
        ("head", "forbidden"),
        ("auditor", "forbidden"),
        ("binh", "not_found"),
        ("otherchair", "not_found"),
    ],
)
async def test_who_does_not_decide(office: Office, by, code):
    asked = await ask(office)
    assert (await refused(decide(office, asked.id, by))).code == code
    assert (await Appeal.get()).decision == ""


async def test_the_leader_above_the_marker_decides_as_well(office: Office, cast):
    asked = await ask(office)
    assert (await view(await cast.actor("vice"), asked.id)).can == []
    assert (await view(await cast.actor("chair"), asked.id)).can == ["decide"]
    assert (await decide(office, asked.id, "chair")).by == cast.chair.full_name


async def test_hr_who_gave_the_mark_does_not_decide_alone(office: Office, cast):
    await Mark.filter(person_id=cast.an.id, level="leader").update(marked_by_id=cast.hr.id)
    asked = await ask(office)
    assert (await refused(decide(office, asked.id, "hr"))).code == "forbidden"
    assert (await decide(office, asked.id, "chair")).decision == "accepted"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"points": None}, "appeal_points"),
        ({"points": "0"}, "appeal_points"),
        ({"points": "-1"}, "appeal_points"),
        ({"points": "NaN"}, "appeal_points"),
        ({"points": "101"}, "correction_points"),
        ({"points": "0.00001"}, "correction_points"),
        ({"reason": "  "}, "reason_needed"),
        ({"accept": False, "points": None, "reason": " "}, "reason_needed"),
    ],
)
async def test_decisions_that_are_refused(office: Office, given, code):
    asked = await ask(office)
    assert (await refused(decide(office, asked.id, **given))).code == code
    assert (await Appeal.get()).decision == ""
    assert (await refused(decide(office, 10**9))).code == "not_found"


async def test_two_who_decide_at_once_decide_once(office: Office, cast):
    asked = await ask(office)
    tries = [decide(office, asked.id, "hr"), decide(office, asked.id, "chair", points="3"), decide(office, asked.id)]
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(one, Conflict) for one in done) == 2, done
    assert await LedgerEntry.filter(kind="appeal").count() == 1
    assert await OutboxNotice.filter(kind="AppealDecided").count() == 1
    assert (await refused(decide(office, asked.id, accept=False))).code == "already_decided"


async def test_two_appeals_at_once_are_one(office: Office):
    done = await asyncio.gather(ask(office), ask(office), return_exceptions=True)
    assert [type(one) for one in done if isinstance(one, Exception)] == [Conflict]
    assert await Appeal.all().count() == 1


async def test_a_closed_period_changes_by_an_appeal_alone(office: Office, cast):
    hr = await cast.actor("hr")
    error = await refused(correct(hr, cast.an.id, PERIOD, Decimal(1), "lý do"))
    assert (error.code, error.status) == ("period_closed", 409)


async def test_evidence_and_lists(office: Office, cast, settings):
    mine = await store(settings, await cast.actor("an"), "bien-ban.pdf", PDF)
    asked = await ask(office, files=[mine.id])
    assert [file.name for file in asked.files] == ["bien-ban.pdf"]
    assert (await readable(await cast.actor("chair"), mine.id)).file.id == mine.id
    assert (await refused(readable(await cast.actor("binh"), mine.id))).code == "not_found"
    await ask(office, "binh")
    for reader, count in (("an", 1), ("binh", 1), ("head", 2), ("hr", 2), ("otherchair", 0)):
        page = await appeals_seen(await cast.actor(reader), is_open=True)
        assert len(page.items) == count, reader
    hr = await cast.actor("hr")
    first = await appeals_seen(hr, limit=1)
    second = await appeals_seen(hr, limit=1, after=first.next)
    assert [one.person for one in first.items + second.items] == ["binh", "an"]
    assert (await appeals_seen(hr, is_open=False)).items == []
    assert len((await appeals_seen(hr, period=PERIOD, person_id=cast.an.id)).items) == 1
    assert (await refused(appeals_seen(hr, after="!"), BadCursor)).code == "bad_cursor"
    assert (await refused(view(await cast.actor("otherchair"), asked.id))).code == "not_found"
