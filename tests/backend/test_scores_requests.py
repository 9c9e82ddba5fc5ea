"""Requests to waive an instance: asked by the officer with evidence, decided by somebody else, once; who hears of it."""

import asyncio
from typing import Any

import pytest

from backend.errors import AppError, Conflict
from backend.files.service import store
from backend.kit.paging import BadCursor
from backend.models import AuditRow, Evidence, LedgerEntry, OutboxNotice, Person, WaiverRequest
from backend.scores.queries import explain
from backend.scores.requests import view, waiver_requests
from backend.scores.schemas_signing import DecideRequest, RequestDraft, RequestView
from backend.scores.service import ask_waiver, close_period, decide_waiver, waive
from backend.tasks.attachments import readable
from reminders.schedule import run_all_due
from tests.backend.given import away
from tests.backend.scores_office import PERIOD, Office, end_of, sign_all
from tests.stages import Stage

PDF = b"%PDF-1.4 bien ban"


@pytest.fixture
def office(db, cast, clock) -> Office:
    return Office(cast, clock)


@pytest.fixture
async def entry(office: Office, stage: Stage) -> int:
    """An's entry of a delay on Friday 4 December, 09:00."""

    async def play() -> int:
        task_id = await office.task(done="2026-12-04 09:00", title="Báo cáo lũ")
        await run_all_due()
        return (await office.entry(task_id)).id

    return await stage.scene("one delay", play)


async def ask(office: Office, entry: int, by: str = "an", cause: str = "Lũ cuốn đường", files: Any = ()) -> RequestView:
    draft = RequestDraft(cause=cause, attachments=list(files))
    return await ask_waiver(await office.cast.actor(by), entry, draft)


async def decide(office: Office, request: int, by: str = "head", grant: bool = True, reason: str = "") -> RequestView:
    return await decide_waiver(await office.cast.actor(by), request, DecideRequest(grant=grant, reason=reason))


async def refused(action: Any, kind: type[Any] = AppError) -> Any:
    with pytest.raises(kind) as caught:
        await action
    return caught.value


async def told(kind: str) -> list[tuple[int, str]]:
    return [(row.person_id, row.payload["reason"]) for row in await OutboxNotice.filter(kind=kind)]  # type: ignore[attr-defined]


@pytest.mark.parametrize("scope", ["officer", "unit"])
async def test_asked_and_granted_costs_nothing_any_more(office: Office, cast, entry, scope):
    if scope == "unit":
        entry = (await LedgerEntry.get(scope="unit")).id
    asked = await ask(office, entry, cause=" Lũ cuốn đường ")
    assert (asked.cause, asked.decision, asked.person, asked.title, asked.can) == (
        "Lũ cuốn đường",
        "",
        "an",
        "Báo cáo lũ",
        [],
    )
    assert await told("WaiverAsked") == [(cast.head.id, "Lũ cuốn đường")]
    seen = await view(await cast.actor("head"), asked.id)
    assert seen.can == ["decide"]
    granted = await decide(office, asked.id)
    assert (granted.decision, granted.by, granted.can) == ("granted", cast.head.full_name, [])
    assert await LedgerEntry.filter(kind="waiver", reason="Lũ cuốn đường").count() == 2
    assert await told("EntryWaived") == [(cast.an.id, "Lũ cuốn đường")]
    found = await explain(await cast.actor("an"), cast.an.id, PERIOD)
    assert found.results is not None
    assert found.results.exact == "70"
    assert await AuditRow.filter(action__in=["score.waiver_asked", "score.waiver_granted"]).count() == 2


async def test_refused_with_a_reason_and_asked_again(office: Office, cast, entry):
    asked = await ask(office, entry)
    assert (await refused(decide(office, asked.id, grant=False))).code == "reason_needed"
    found = await decide(office, asked.id, "hr", grant=False, reason="Đã báo trước 3 ngày")
    assert (found.decision, found.reason) == ("refused", "Đã báo trước 3 ngày")
    assert await told("WaiverRefused") == [(cast.an.id, "Đã báo trước 3 ngày")]
    assert await LedgerEntry.filter(kind="waiver").count() == 0
    again = await ask(office, entry, cause="Có biên bản")
    assert again.id != asked.id


async def test_who_may_ask_and_who_decides(office: Office, cast, entry):
    for by, code in (("head", "forbidden"), ("hr", "forbidden"), ("binh", "not_found"), ("stranger", "not_found")):
        assert (await refused(ask(office, entry, by))).code == code
    assert (await refused(ask(office, entry, cause="  "))).code == "reason_needed"
    assert (await refused(ask(office, 10**9))).code == "not_found"
    asked = await ask(office, entry)
    assert (await refused(ask(office, entry))).code == "waiver_open"
    for by, code in (
        ("an", "forbidden"),
        ("auditor", "forbidden"),
        ("binh", "not_found"),
        ("otherchair", "not_found"),
    ):
        assert (await refused(decide(office, asked.id, by))).code == code
    assert (await refused(decide(office, 10**9))).code == "not_found"
    assert (await WaiverRequest.get()).decision == ""


async def test_a_head_who_was_charged_asks_the_leader_above(office: Office, cast):
    await office.task("head", by="chair", done="2026-12-04 09:00")
    await run_all_due()
    entry = await LedgerEntry.get(scope="officer", person_id=cast.head.id)
    asked = await ask(office, entry.id, "head")
    assert (await told("WaiverAsked"))[0][0] == cast.vice.id
    assert (await refused(decide(office, asked.id, "head"))).code == "forbidden"
    assert (await decide(office, asked.id, "vice")).decision == "granted"


async def test_a_leader_who_is_away_is_passed_over(office: Office, cast, entry):
    await away(cast, "head", "2026-12-01", "2026-12-31")
    await ask(office, entry)
    assert (await told("WaiverAsked"))[0][0] == cast.vice.id


async def test_what_was_waived_needs_no_request_and_waiving_answers_the_open_one(office: Office, cast, entry):
    asked = await ask(office, entry)
    await waive(await cast.actor("chair"), entry, "bão")
    found = await view(await cast.actor("an"), asked.id)
    assert (found.decision, found.reason, found.by) == ("granted", "bão", cast.chair.full_name)
    assert (await refused(decide(office, asked.id))).code in ("already_decided", "entry_already_waived")
    assert (await refused(ask(office, entry))).code == "entry_already_waived"


async def test_two_who_decide_at_once_decide_once(office: Office, cast, entry):
    asked = await ask(office, entry)
    tries = [
        decide(office, asked.id, "head"),
        decide(office, asked.id, "chair", grant=False, reason="không"),
        decide(office, asked.id, "hr"),
    ]
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(one, Conflict) for one in done) == 2, done
    stored = await WaiverRequest.get()
    waivers = await LedgerEntry.filter(kind="waiver").count()
    assert waivers == (2 if stored.decision == "granted" else 0)
    assert await OutboxNotice.filter(kind__in=["EntryWaived", "WaiverRefused"]).count() == 1


async def test_two_requests_at_once_are_one(office: Office, entry):
    done = await asyncio.gather(ask(office, entry), ask(office, entry), return_exceptions=True)
    assert [type(one) for one in done if isinstance(one, Exception)] == [Conflict]
    assert await WaiverRequest.all().count() == 1


async def test_evidence_is_the_officers_own_and_read_by_who_sees_their_score(office: Office, cast, entry, settings):
    mine = await store(settings, await cast.actor("an"), "bien-ban.pdf", PDF)
    foreign = await store(settings, await cast.actor("binh"), "khac.pdf", PDF)
    for wrong in (foreign.id, 10**6, 2**70):
        assert (await refused(ask(office, entry, files=[wrong]))).code == "file_not_found"
    assert await WaiverRequest.all().count() == 0
    asked = await ask(office, entry, files=[mine.id, mine.id])
    assert [(file.id, file.name) for file in asked.files] == [(mine.id, "bien-ban.pdf")]
    assert await Evidence.all().count() == 1
    for reader in ("an", "head", "hr", "chair"):
        assert (await readable(await cast.actor(reader), mine.id)).file.id == mine.id
    for stranger in ("binh", "stranger", "otherchair"):
        assert (await refused(readable(await cast.actor(stranger), mine.id))).code == "not_found"
    await decide(office, asked.id, grant=False, reason="không")
    assert (await refused(ask(office, entry, files=[mine.id]))).code == "file_not_found"


async def test_lists_show_ones_own_and_those_below(office: Office, cast, entry):
    asked = await ask(office, entry)
    for reader, there in (("an", True), ("head", True), ("hr", True), ("binh", False), ("otherchair", False)):
        page = await waiver_requests(await cast.actor(reader), is_open=True)
        assert bool(page.items) is there, reader
        if not there:
            assert (await refused(view(await cast.actor(reader), asked.id))).code == "not_found"
    assert (await waiver_requests(await cast.actor("an"), is_open=False)).items == []
    await decide(office, asked.id, grant=False, reason="không")
    await ask(office, entry)
    head = await cast.actor("head")
    first = await waiver_requests(head, limit=1)
    second = await waiver_requests(head, limit=1, after=first.next)
    assert [one.decision for one in first.items + second.items] == ["", "refused"]
    assert second.next is None
    assert (await refused(waiver_requests(head, after="x"), BadCursor)).code == "bad_cursor"


async def test_a_secret_task_shows_its_code_alone_to_hr(office: Office, cast, clock):
    task_id = await office.task(done="2026-12-04 09:00", title="Chuyện mật", secret=True)
    await run_all_due()
    asked = await ask(office, (await office.entry(task_id)).id)
    assert (await view(await cast.actor("hr"), asked.id)).title == ""
    assert (await view(await cast.actor("head"), asked.id)).title == "Chuyện mật"


async def test_closing_waits_for_every_request_and_then_nothing_is_asked(office: Office, cast, clock, entry):
    asked = await ask(office, entry)
    clock.set(end_of())
    await run_all_due()
    for leader in ("head", "vice", "chair"):
        for what in ("dd", "e"):
            await office.mark(leader, "90", what)
    await sign_all(value="28")
    hr = await cast.actor("hr")
    error: Any = await refused(close_period(hr, PERIOD))
    assert [(issue["code"], issue["where"]) for issue in error.issues] == [("waiver_undecided", "person:an")]
    await decide(office, asked.id, grant=False, reason="không")
    await close_period(hr, PERIOD)
    error = await refused(ask(office, entry))
    assert (error.code, error.status) == ("period_closed", 409)
    assert (await refused(waive(hr, entry, "x"))).code == "period_closed"
    # A request that is open all the same (put there by hand) is not granted any more.
    await WaiverRequest.filter(id=asked.id).update(decision="")
    assert (await refused(decide(office, asked.id))).code == "period_closed"
    assert (await WaiverRequest.get()).decision == ""


async def test_the_top_leader_asks_hr(office: Office, cast):
    await Person.all().update(locale="vi")
    await office.task("chair", by="chair", done="2026-12-04 09:00")
    await run_all_due()
    found = await LedgerEntry.filter(scope="officer", person_id=cast.chair.id).first()
    if found is not None:
        await ask(office, found.id, "chair")
        assert (await told("WaiverAsked"))[0][0] == cast.hr.id
