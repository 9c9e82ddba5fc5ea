"""The audit finds a decision without its entries, a step out of order, a mark that is not the one signed."""

from decimal import Decimal

import pytest

from backend.audits import audit
from backend.kit.db import Sql
from backend.kit.i18n import t
from backend.scores.schemas_signing import AppealDraft, DecideAppeal, DecideRequest, RequestDraft
from backend.scores.service import appeal, ask_waiver, close_period, decide_appeal, decide_waiver
from reminders.schedule import run_all_due
from tests.backend.scores_office import PERIOD, Office, end_of, sign_all
from tests.reminders.proving import sent


async def codes() -> set[str]:
    await sent()
    found = await audit()
    for problem in found.problems:
        for locale in ("vi", "en"):
            assert t(locale, f"audit.{problem.code}", **problem.params)
    return {problem.code for problem in found.problems}


@pytest.fixture
async def office(db, cast, clock, stage) -> Office:
    """A closed month with a granted request and an accepted appeal: all is well."""
    made = Office(cast, clock)
    await stage.scene("a month closed and appealed", lambda: _closed_and_appealed(made))
    return made


async def _closed_and_appealed(made: Office) -> None:
    cast, clock = made.cast, made.clock
    late = await made.task(done="2026-12-04 09:00")
    await run_all_due()
    entry = (await made.entry(late)).id
    asked = await ask_waiver(await cast.actor("an"), entry, RequestDraft(cause="bão"))
    await decide_waiver(await cast.actor("head"), asked.id, DecideRequest(grant=True))
    clock.set(end_of())
    await run_all_due()
    for leader in ("head", "vice", "chair"):
        for what in ("dd", "e"):
            await made.mark(leader, "90", what)
    await sign_all(value="28")
    await close_period(await cast.actor("hr"), PERIOD)
    await run_all_due()
    objection = await appeal(await cast.actor("an"), PERIOD, AppealDraft(text="x"))
    decided = DecideAppeal(accept=True, reason="đúng", points=Decimal(1))
    await decide_appeal(await cast.actor("hr"), objection.id, decided)


async def test_all_is_well(office: Office):
    assert await codes() == set()


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        ("delete from ledger_entry where kind = 'waiver' and scope = 'unit'", {"request_unpaid"}),
        ("delete from ledger_entry where kind = 'waiver'", {"request_unpaid"}),
        ("update appeal set entry_id = null", {"appeal_entry", "appeal_alone"}),
        ("update appeal set decision = 'rejected'", {"appeal_entry"}),
        ("update ledger_entry set key = 'appeal:2026-11:x' where kind = 'appeal'", {"appeal_entry"}),
        ("update sign_off set signed_at = '2026-01-01 00:00:00+00:00' where step = 'leader'", {"sign_off_order"}),
        ("delete from sign_off where step = 'leader' and unit_id is null", {"closed_unsigned"}),
        ("update sign_off set signed_at = '2027-02-01 00:00:00+00:00' where step = 'leader'", {"closed_unsigned"}),
        ("update mark set value = 3 where level = 'head'", {"sign_off_mark"}),
        ("delete from mark where level = 'self'", {"sign_off_mark"}),
    ],
)
async def test_damage_is_found(office: Office, damage, expected):
    await Sql().run(damage)
    assert await codes() == expected
