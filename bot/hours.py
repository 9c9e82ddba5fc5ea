"""What has missed its working time: a retry, a grace or a sender that was away must not ring anybody's phone at night."""

from collections.abc import Sequence

from backend.calendars.queries import OFFICE, calendars
from backend.domain.notices import AnswerMoved, CardChanged, ChatLinked, SignInLink
from backend.kit import clock
from backend.kit.db import Sql
from bot.claimed import Claimed
from bot.waiting import is_express

#: Asked for by whoever hears it, or nothing that is heard.
_ANY_TIME = frozenset(kind.__name__ for kind in (AnswerMoved, CardChanged, ChatLinked, SignInLink))


async def put_off(rows: Sequence[Claimed]) -> set[int]:
    """Of notices that could go now, held by this transaction, put off until working time begins again those that were for
    working time while it is over; returns which. What was never for it (express work, a link to sign in with) goes.

    By the whole office's calendar: whoever wrote a notice has looked at the right one for its moment.
    """
    calendar, now = (await calendars()).of(OFFICE), clock.now()
    if calendar.is_working(now):
        return set()
    late = {
        row.id
        for row in rows
        if row.kind not in _ANY_TIME and calendar.is_working(row.not_before) and not is_express(row)
    }
    if not late:
        return late
    sql = Sql()
    until = sql.arg(calendar.next_working(now))
    await sql.run(f"update outbox_notice set not_before = {until} where {sql.any_of('id', sorted(late))}")
    return late
