"""What the audit asks of sign-off, requests and appeals: every decision has its entries, every step its order and mark."""

from collections.abc import AsyncIterator
from datetime import datetime
from decimal import Decimal
from itertools import groupby, pairwise

import msgspec

from backend.domain.signing import STEPS, Step
from backend.kit.db import Sql

#: A key under ``audit`` in the catalogue and what fills it.
Wrong = tuple[str, dict[str, str | int]]
#: One thing compared and what is wrong with it.
Compared = AsyncIterator[list[Wrong]]


async def requests(now: datetime) -> Compared:
    """Every granted request has its compensating entries, for officer and unit."""
    rows = await Sql().rows(
        "select r.id, t.code, (select count(*) from ledger_entry w where w.kind = 'waiver' and w.key in ("
        "'waiver:' || e.key, 'waiver:' || substr(e.key, 1, length(e.key) - 7) || 'unit')) as entries "
        "from waiver_request r join ledger_entry e on e.id = r.entry_id join task t on t.id = r.task_id "
        "where r.decision = 'granted' order by r.id"
    )
    for row in rows:
        wrong: Wrong = ("request_unpaid", {"request": row["id"], "task": row["code"]})
        yield [] if row["entries"] == 2 else [wrong]


async def appeals(now: datetime) -> Compared:
    """Every accepted appeal has its entry, no other has one, and no such entry stands alone."""
    rows = await Sql().rows(
        "select a.id, p.handle, k.key, case when a.decision = 'accepted' then 1 else 0 end as accepted, a.entry_id, "
        "case when e.kind = 'appeal' and e.person_id = a.person_id and e.key like 'appeal:' || k.key || ':%' "
        "then 1 else 0 end as fits from appeal a join period k on k.id = a.period_id "
        "join person p on p.id = a.person_id left join ledger_entry e on e.id = a.entry_id order by a.id"
    )
    for row in rows:
        right = bool(row["fits"]) if row["accepted"] else row["entry_id"] is None
        wrong: Wrong = ("appeal_entry", {"appeal": row["id"], "person": row["handle"], "period": row["key"]})
        yield [] if right else [wrong]
    alone = await Sql().rows(
        "select e.id, exists (select 1 from appeal a where a.entry_id = e.id) as known from ledger_entry e "
        "where e.kind = 'appeal' order by e.id"
    )
    for row in alone:
        yield [] if row["known"] else [("appeal_alone", {"entry": row["id"]})]


class _Step(msgspec.Struct):
    period: str
    subject: str
    step: Step
    signed_at: datetime
    value: Decimal | None
    marked: Decimal | None


async def sign_offs(now: datetime) -> Compared:
    """Steps were taken in their order, none left out before a later one, and the mark is still the one signed."""
    rows = await Sql().fetch(
        "select k.key as period, coalesce(p.handle, u.code) as subject, s.step, s.signed_at, s.value, "
        "m.value as marked from sign_off s join period k on k.id = s.period_id "
        "left join person p on p.id = s.person_id left join unit u on u.id = s.unit_id "
        "left join mark m on m.period_id = s.period_id and m.what = 'common' and m.level = s.step "
        "and (m.person_id = s.person_id or m.unit_id = s.unit_id) order by s.period_id, s.person_id, s.unit_id, s.id",
        _Step,
    )
    for (period, subject), group in groupby(rows, lambda row: (row.period, row.subject)):
        steps = list(group)
        about: dict[str, str | int] = {"period": period, "subject": subject}
        wrong: list[Wrong] = []
        places = [STEPS.index(one.step) for one in steps]
        if places != sorted(places) or any(b.signed_at < a.signed_at for a, b in pairwise(steps)):
            wrong.append(("sign_off_order", about))
        if any(one.value is not None and one.value != one.marked for one in steps):
            wrong.append(("sign_off_mark", about))
        yield wrong


async def closed(now: datetime) -> Compared:
    """Whoever was assessed in a closed period was signed off by a leader (or HR passed over it) before."""
    rows = await Sql().rows(
        "select k.key, coalesce(p.handle, u.code) as subject, exists (select 1 from sign_off s "
        "where s.period_id = r.period_id and s.step = 'leader' and (s.person_id = r.person_id or s.unit_id = r.unit_id) "
        "and s.signed_at <= k.closed_at) as signed from period_result r join period k on k.id = r.period_id "
        "left join person p on p.id = r.person_id left join unit u on u.id = r.unit_id "
        "where k.status = 'closed' and r.band <> 'not_assessed' order by r.id"
    )
    for row in rows:
        wrong: Wrong = ("closed_unsigned", {"period": row["key"], "subject": row["subject"]})
        yield [] if row["signed"] else [wrong]


CHECKS = (requests, appeals, sign_offs, closed)
