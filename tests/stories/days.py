"""Time that passes from one due moment to the next in a ward with phones, and a diary of who heard what when."""

from datetime import datetime, timedelta
from typing import Any

from backend.kit.db import Sql
from backend.scores.holdups import LOOKED_KEY
from reminders.schedule import run_all_due
from tests.fakes import VIETNAM, vn
from tests.stories.conftest import Ward


class Days:
    """Time that passes from one due moment to the next, and a diary of what came to whose phone when."""

    def __init__(self, ward: Ward) -> None:
        self.ward = ward
        self.diary: list[tuple[str, str, str]] = []
        self._seen = {handle: 0 for handle in ward.phones}

    async def _happen(self) -> None:
        await run_all_due()
        await self.ward.turn()
        at = f"{self.ward.clock.at.astimezone(VIETNAM):%m-%d %H:%M}"
        for handle, phone in self.ward.phones.items():
            told = [message for message in phone.messages if message.from_bot]
            self.diary += [(handle, at, message.text) for message in told[self._seen[handle] :]]
            self._seen[handle] = len(told)

    async def until(self, text: str) -> None:
        """Everything that happens up to a Vietnamese wall time."""
        end = vn(text)
        await self._happen()
        while (at := await next_moment(self.ward.clock.at)) is not None and at <= end:
            self.ward.clock.set(at)
            await self._happen()
        self.ward.clock.set(end)
        await self._happen()

    def heard(self, handle: str, *words: str) -> list[str]:
        """When somebody heard something that holds these words."""
        return [at for who, at, text in self.diary if who == handle and all(word in text for word in words)]

    def texts(self, handle: str, *words: str) -> list[str]:
        return [text for who, _, text in self.diary if who == handle and all(word in text for word in words)]


async def next_moment(now: datetime) -> datetime | None:
    """The next moment after ``now`` at which the rows want anything to happen. What could have left by now waits for
    something else: a card for its assignment, an assignment for the two minutes of the one before."""
    sql = Sql()
    past, later = sql.arg(now), "greatest" if sql.postgres else "max"
    when = f"case when in_slot and attempts = 0 then not_before else {later}(not_before, ready_at) end"
    [row] = await sql.rows(
        f"select (select min(look_at) from task where look_at > {past}) as look_at, "
        f"(select min(answer_at) from task where answer_at > {past}) as answer_at, "
        f"(select min(charge_at) from task where charge_at >= {past}) as charge_at, "
        f"(select min(make_at) from recurrence where make_at > {past}) as make_at, "
        f"(select min(digest_at) from person where digest_at > {past}) as digest_at, "
        f"(select value from setting where key = {sql.arg(LOOKED_KEY)}) as looked_at, "
        f"(select min({when}) from outbox_notice where status = 'pending' and {when} > {past}) as notice_at"
    )
    found = {name: _instant(at) for name, at in row.items() if at is not None}
    if "charge_at" in found:
        # The moment after a deadline is the first at which something is late.
        found["charge_at"] += timedelta(seconds=1)
    return min((at for at in found.values() if at > now), default=None)


def _instant(at: Any) -> datetime:
    return at if isinstance(at, datetime) else datetime.fromisoformat(at)
