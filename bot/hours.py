"""What has missed its working time: a retry, a grace or a sender that was away must not ring anybody's phone at night."""

from collections.abc import Sequence
from datetime import datetime

from backend.calendars.queries import OFFICE, calendars
from backend.domain.notices import CardChanged, ChatLinked, SignInLink
from bot.claimed import Claimed
from bot.waiting import is_express

#: Asked for by whoever hears it, or nothing that is heard.
_ANY_TIME = frozenset(kind.__name__ for kind in (CardChanged, ChatLinked, SignInLink))


async def put_off(rows: Sequence[Claimed], now: datetime) -> dict[int, datetime]:
    """Of notices that could go at domain time ``now`` those that must not, and until when: they were for working time, and
    it is over. What was never for working time (express work, a link to sign in with) goes.

    By the whole office's calendar: whoever wrote a notice has looked at the right one for its moment.
    """
    calendar = (await calendars()).of(OFFICE)
    if not rows or calendar.is_working(now):
        return {}
    until = calendar.next_working(now)
    return {
        row.id: until
        for row in rows
        if row.kind not in _ANY_TIME and calendar.is_working(row.not_before) and not is_express(row)
    }
