"""What was for working time and has missed it waits for the next morning; what never was goes at any hour."""

import pytest

from backend.domain.notices import SignInLink
from backend.domain.types import Urgency
from backend.models import OutboxNotice
from bot.channel import SendError
from tests.bot.bot_room import Wall, assigned, link, moved, put, row, sender_on
from tests.cast import Cast
from tests.fakes import FakeClock, vn

EVENING, NEXT_DAY = vn("2026-11-23 17:31"), vn("2026-11-25 07:30")  # the 24th is a day off


@pytest.fixture
async def wall(db: None, cast: Cast, clock: FakeClock) -> Wall:
    await link(cast.an, "7")
    clock.set("2026-11-23 17:29")
    return Wall()


async def test_a_sender_that_was_away_rings_nobody_at_night(wall: Wall, cast: Cast, clock: FakeClock) -> None:
    notice = await put(moved(), cast.an)
    clock.set(EVENING)
    assert await sender_on(wall).drain_once() == {}
    assert (await row(notice)).not_before == NEXT_DAY
    clock.set("2026-11-24 10:00")
    assert await sender_on(wall).drain_once() == {}
    clock.set(NEXT_DAY)
    assert (await sender_on(wall).drain_once())["sent"] == 1


async def test_a_retry_after_hours_waits(wall: Wall, cast: Cast, clock: FakeClock) -> None:
    notice = await put(moved(), cast.an)
    wall.errors = [SendError("temporary", "502", retry_after_s=120)]
    assert (await sender_on(wall).drain_once())["retry"] == 1
    clock.set(EVENING)
    assert await sender_on(wall).drain_once() == {}
    assert (await row(notice)).status == "pending"
    clock.set(NEXT_DAY)
    assert (await sender_on(wall).drain_once())["sent"] == 1


async def test_what_was_never_for_working_time_goes(wall: Wall, cast: Cast, clock: FakeClock) -> None:
    clock.set(EVENING)
    await put(moved(), cast.an)
    assert (await sender_on(wall).drain_once())["sent"] == 1


async def test_express_work_and_a_link_to_sign_in_go(wall: Wall, cast: Cast, clock: FakeClock) -> None:
    await put(assigned(urgency=Urgency.EXPRESS), cast.an)
    await put(SignInLink(url="http://test/x", until=clock()), cast.an)
    await OutboxNotice.all().update(ready_at=EVENING)
    clock.set(EVENING)
    ends = await sender_on(wall).drain_once()
    assert ends["sent"] + ends["muted"] == 2, "a link goes by e-mail only, and is not put off either"
    assert {notice.not_before for notice in await OutboxNotice.all()} == {vn("2026-11-23 17:29")}
