"""How people are reached: a chat, notifications of a browser, only mail, nothing; what HR sees and counts of it."""

from datetime import date
from typing import Any

import msgspec
import pytest

from backend.auth import reach
from backend.auth.push import unsubscribe
from backend.kit.db import Sql
from backend.models import Person
from backend.settings import Settings
from backend.tasks import digests_weekly
from backend.tasks.digests import Seat, seats_of
from bot.run import run
from tests.backend.test_push import subscribe
from tests.backend.web_browser import Browser, text_of
from tests.bot.bot_room import link
from tests.cast import Cast
from tests.fakes import FakeClock, vn

WORDS = {
    "vi": ("Đã nối chat", "Chỉ thông báo trên máy", "Chỉ e-mail", "Không nhận được tin"),
    "en": ("Chat linked", "Device notifications only", "E-mail only", "Cannot be reached"),
}
FOUR = ("an", "binh", "cuong", "head")


async def ways(cast: Cast, through: frozenset[str] | None = None) -> list[str]:
    """How each of the four is reached."""
    sql = Sql()
    found = reach.reach(sql, await reach.sent() if through is None else through)
    ids = [cast.people[handle].id for handle in FOUR]
    rows = await sql.rows(f"select p.id, {found} as way from person p where {sql.any_of('p.id', ids)}")
    named = {row["id"]: row["way"] for row in rows}
    return [named[person_id] for person_id in ids]


@pytest.fixture
async def four(db: None, cast: Cast, clock: FakeClock) -> Cast:
    """An has everything, Bình a browser and mail, Cường mail, the head nothing."""
    await link(cast.an, "7")
    await subscribe(cast, "an", "one")
    await subscribe(cast, "binh", "two")
    await Person.filter(id=cast.head.id).update(email=None)
    return cast


async def week(cast: Cast) -> digests_weekly.Week:
    seats: list[Seat] = (await seats_of([cast.hr.id], date(2026, 11, 23)))[cast.hr.id]
    at = vn("2026-11-23 08:00")
    return (await digests_weekly.weeks_of(seats, at, at, date(2026, 11, 23)))[cast.hr.id]


async def test_the_best_way_counts(four: Cast) -> None:
    assert await ways(four) == ["chat", "push", "mail", "none"]
    [browser] = [
        row for row in await Sql().rows("select id, person_id from push_subscription order by id desc limit 1")
    ]
    assert await unsubscribe(await four.actor("binh"), int(browser["id"]))
    await link(four.head, "8", "zalo")
    assert await ways(four) == ["chat", "mail", "mail", "chat"]


async def test_what_the_office_does_not_send_through_reaches_nobody(four: Cast, settings: Settings) -> None:
    bare = msgspec.structs.replace(settings, smtp_host="", push_hosts="", telegram_token="", zalo_token="")
    async with run(bare):
        assert await ways(four) == ["chat", "none", "none", "none"]
        assert (await week(four)).only_mail == 0
    async with run(msgspec.structs.replace(bare, smtp_host="mail.example")):
        assert await ways(four) == ["chat", "mail", "mail", "none"]
    async with run(msgspec.structs.replace(settings, smtp_host="", telegram_token="", zalo_token="")):
        assert await ways(four) == ["chat", "push", "none", "none"]


async def test_the_week_counts_each_person_once_by_their_best_way(four: Cast) -> None:
    found = await week(four)
    assert (found.unreached, found.only_mail, found.only_push) == (1, found.unlinked - 2, 1)
    assert found.unlinked == 10
    assert not found.is_empty


@pytest.mark.one_database
def test_whom_notifications_reach_makes_no_digest_by_themselves() -> None:
    assert digests_weekly.Week(only_push=3).is_empty
    assert not digests_weekly.Week(only_mail=1).is_empty
    assert not digests_weekly.Week(unreached=1).is_empty


@pytest.mark.parametrize("locale", ["vi", "en"])
async def test_hr_sees_it_and_finds_people_by_it(four: Cast, app: Any, locale: str) -> None:
    await Person.filter(id=four.hr.id).update(locale=locale)
    async with await Browser(app).sign_in(four, "hr") as hr:
        await hr.get("/people")
        lines = {handle: text_of(line) for handle in FOUR for line in hr.page.split("<li>") if f"@{handle}<" in line}
        for handle, words in zip(FOUR, WORDS[locale], strict=True):
            assert words in lines[handle]
        for way, handle in zip(("chat", "push", "none"), ("an", "binh", "head"), strict=True):
            await hr.get(f"/people?reach={way}")
            shown = [name for name in FOUR if f"@{name}<" in hr.page]
            assert shown == [handle]
            assert f'<option value="{way}" selected>' in hr.page
        await hr.get("/people?reach=mail&q=cuong&unit=")
        assert [name for name in FOUR if f"@{name}<" in hr.page] == ["cuong"]
        # What is no such way is no filter.
        await hr.get("/people?reach=pigeon")
        assert [name for name in FOUR if f"@{name}<" in hr.page] == list(FOUR)


@pytest.mark.one_database
def test_every_channel_stands_in_somebodys_order_once() -> None:
    assert reach.order_of(()) == ("telegram", "zalo", "webpush", "email")
    assert reach.order_of(["email", "zalo"]) == ("email", "zalo", "telegram", "webpush")
    assert reach.order_of(["pigeon", "email", "email"]) == ("email", "telegram", "zalo", "webpush")
