"""The channels' page and numbers, the people of a bot, and where they are sent when it is full."""

from typing import Any

import httpx
import pytest

from backend import channel_use
from backend.auth import linking
from backend.channel_use import Bot, Meter
from backend.errors import Conflict, NotFound
from backend.models import ChatLink, LinkCode
from backend.settings import Settings
from tests.backend.web_browser import Browser, text_of
from tests.bot.bot_room import link
from tests.cast import Cast

BOTS = [Bot("700001", "Giao việc 1", 2), Bot("700002", "Giao việc 2", 2)]


async def code_of(cast: Cast, handle: str) -> str:
    code, _ = await linking.make_code(await cast.actor(handle))
    return code


async def test_a_full_bot_names_the_one_with_room_and_the_code_stays_good(
    db: None, cast: Cast, settings: Settings
) -> None:
    await channel_use.put_bots("zalo", BOTS)
    await Meter("zalo", settings.zone).open([bot.id for bot in BOTS])
    await link(cast.an, "700001:a", "zalo")
    await link(cast.binh, "700001:b", "zalo")
    code = await code_of(cast, "head")
    with pytest.raises(Conflict) as caught:
        await linking.redeem("zalo", "700001:c", code)
    assert (caught.value.code, caught.value.params) == ("chat_bot_full", {"n": 2, "bots": "Giao việc 2"})
    assert await linking.person_of("zalo", "700001:c") is None
    assert (await LinkCode.get(person_id=cast.people["head"].id)).used_at is None
    assert await linking.redeem("zalo", "700002:c", code) == cast.people["head"].id
    with pytest.raises(NotFound):  # now it is used
        await linking.redeem("zalo", "700002:d", code)

    # Who is there already may come back with another chat: nobody is added.
    assert await linking.redeem("zalo", "700001:z", await code_of(cast, "an")) == cast.an.id
    assert await channel_use.users_of("zalo") == {"700001": 2, "700002": 1}

    await link(cast.people["chair"], "700002:y", "zalo")
    with pytest.raises(Conflict) as caught:
        await linking.redeem("zalo", "700001:q", await code_of(cast, "hr"))
    assert caught.value.code == "chat_bots_full"
    # Somebody leaves, and there is a place again.
    await linking.unlink(await cast.actor("binh"), "zalo")
    await linking.redeem("zalo", "700001:q", await code_of(cast, "hr"))


async def test_without_a_limit_or_a_known_bot_everybody_fits(db: None, cast: Cast) -> None:
    await channel_use.put_bots("zalo", [Bot("700001", "Giao việc 1")])
    for number, handle in enumerate(("an", "binh", "head")):
        await linking.redeem("zalo", f"700001:{number}", await code_of(cast, handle))
    await linking.redeem("telegram", "77", await code_of(cast, "an"))
    assert await ChatLink.filter(ended_at=None).count() == 4


async def test_my_page_names_the_bot_with_room(app: Any, cast: Cast) -> None:
    async with await Browser(app).sign_in(cast, "an") as browser:
        await browser.get("/me")
        page = await browser.post("/me/chat-code", {}, 200)
        assert "Telegram" in text_of(page)
        assert "Zalo" not in text_of(page)
        await channel_use.put_bots("zalo", [Bot("700001", "Đầy", 1), Bot("700002", "Còn chỗ", 1)])
        await link(cast.binh, "700001:b", "zalo")
        page = await browser.post("/me/chat-code", {}, 200)
        assert "tìm bot Còn chỗ" in text_of(page)
        await link(cast.people["head"], "700002:b", "zalo")
        page = await browser.post("/me/chat-code", {}, 200)
        assert "đều đã đủ người" in text_of(page)


async def test_hr_sees_what_is_left_and_an_officer_does_not(app: Any, cast: Cast, settings: Settings) -> None:
    meter = Meter("zalo", settings.zone, 1000)
    async with await Browser(app).sign_in(cast, "hr") as browser:
        assert 'href="/channels"' in await browser.get("/me")
        assert "Chưa có bot nào" in await browser.get("/channels")
        await channel_use.put_bots("zalo", [Bot("700001", "Giao việc 1", 50)])
        await meter.open(["700001"])
        await meter.heard("700001", 945)
        for _ in range(7):
            await meter.take("700001")
        await meter.trouble("700001", "getMe: 401 Unauthorized")
        await link(cast.an, "700001:a", "zalo")
        page = text_of(await browser.get("/channels"))
        for words in (
            "Zalo · Giao việc 1",
            "chỉ tin khẩn",
            "952 tin (gửi 7, nhận 945)",
            "48 trên 1.000 tin",
            "1 trên 50 người",
            "getMe: 401 Unauthorized",
        ):
            assert words in page
    async with await Browser(app).sign_in(cast, "an") as browser:
        assert 'href="/channels"' not in await browser.get("/me")
        await browser.get("/channels", 403)


async def test_the_numbers_are_metrics(app: Any, client: httpx.AsyncClient, settings: Settings) -> None:
    await Meter("zalo", settings.zone, 100).take("700001")
    await Meter("zalo", settings.zone).take("700002")
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app, client=("127.0.0.1", 1)), base_url="http://test"
    ) as here:
        said = (await here.get("/metrics")).text
    assert 'giaoviec_channel_used{bot="700001",channel="zalo"} 1.0' in said
    assert 'giaoviec_channel_left{bot="700001",channel="zalo"} 99.0' in said
    assert 'giaoviec_channel_left{bot="700002"' not in said
    assert "giaoviec_channel_waiting_notices 0.0" in said


async def test_messages_counted_together_never_take_more_than_is_left(db: None, settings: Settings) -> None:
    meter = Meter("zalo", settings.zone, 5)
    await meter.heard("700001", 2)
    found = await meter.take_all(["700001", "700002", "700001", "700001", "700001"])
    assert found == [True, True, True, True, False]
    assert {use.bot: use.sent for use in await channel_use.uses(settings.zone)} == {"700001": 3, "700002": 1}
    assert await meter.take_all(["700002", "700001"]) == [True, False]
