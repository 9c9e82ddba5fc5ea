"""My own page: in which order I am told of work, whether each channel works now, and moving them with or without a script."""

import re
from typing import Any

import msgspec
import pytest

from backend.auth import reach
from backend.channel_use import Bot, put_bots
from backend.kit import clock
from backend.models import ChannelUse, Person
from backend.settings import Settings
from bot import addresses
from tests.apps import own_app
from tests.backend.auth_office import audit_of
from tests.backend.test_push import subscribe
from tests.backend.web_browser import Browser, text_of
from tests.bot.bot_room import link
from tests.cast import Cast

pytestmark = pytest.mark.usefixtures("clock")

USUAL = ["telegram", "zalo", "webpush", "email"]
_CARD = re.compile(r'id="channels">(.*?)</section>', re.S)
_LINE = re.compile(r"<li\b.*?</li>", re.S)
_PRESS = re.compile(r'name="order" value="([^"]*)"')


def card(browser: Browser) -> str:
    found = _CARD.search(browser.page)
    assert found
    return found[1]


def lines(browser: Browser) -> list[str]:
    return [text_of(line) for line in _LINE.findall(card(browser))]


def presses(browser: Browser, place: int) -> list[str]:
    """The orders that the buttons of a line lead to."""
    return _PRESS.findall(_LINE.findall(card(browser))[place])


@pytest.fixture
async def office(app: Any, cast: Cast) -> Any:
    """An office with every channel."""
    await put_bots("zalo", [Bot("700001", "Giao việc 1")])
    return app


async def chosen(cast: Cast) -> Any:
    return (await Person.get(id=cast.an.id)).channels


async def test_the_page_says_what_works_and_where_work_is_told_first(office: Any, cast: Cast) -> None:
    await link(cast.an, "7")
    async with await Browser(office).sign_in(cast, "an") as an:
        await an.get("/me")
        said = text_of(card(an))
        assert "Báo việc trước hết qua Telegram . Không tới thì lần lượt qua E-mail." in said
        assert "Việc khẩn và hỏa tốc báo cùng lúc qua Telegram và E-mail." in said
        telegram, zalo, push, mail = lines(an)
        assert "Telegram Dùng được nối từ 08:00 thứ Hai 23/11/2026" in telegram
        assert "Zalo Chưa dùng được Chưa nối chat Zalo. Nối hoặc bật" in zalo
        assert "Thông báo trình duyệt Chưa dùng được Chưa bật thông báo trên máy nào. Nối hoặc bật" in push
        assert f"E-mail Dùng được {cast.an.email}" in mail
        assert 'href="#push"' in card(an)
        await subscribe(cast)
        await link(cast.an, "z:1", "zalo")
        await Person.filter(id=cast.an.id).update(email=None)
        await an.get("/me")
        telegram, zalo, push, mail = lines(an)
        assert "Zalo Dùng được" in zalo
        assert "1 máy đang nhận" in push
        assert "Chưa có địa chỉ e-mail; nhờ cán bộ tổ chức ghi vào hồ sơ." in mail
        assert "lần lượt qua Zalo, Thông báo trình duyệt." in text_of(card(an))


async def test_a_press_moves_a_channel_and_the_bot_goes_by_it(office: Any, cast: Cast) -> None:
    await link(cast.an, "7")
    async with await Browser(office).sign_in(cast, "an") as an:
        await an.get("/me")
        assert presses(an, 0) == ["zalo,telegram,webpush,email"], "the first goes only down"
        assert presses(an, 3) == ["telegram,zalo,email,webpush"], "the last only up"
        for place in (3, 2, 1):
            [up, *_] = presses(an, place)
            assert await an.post("/me/channels", {"order": up}) == "/me#channels"
            await an.get("/me")
        assert "Đã lưu thứ tự báo việc." in an.page
        assert [line.split()[0] for line in lines(an)] == ["E-mail", "Telegram", "Zalo", "Thông"]
        assert "Báo việc trước hết qua E-mail . Không tới thì lần lượt qua Telegram." in text_of(card(an))
        reader = (await addresses.readers([cast.an.id]))[cast.an.id]
        assert [route.channel for route in reader.routes] == ["email", "telegram"]
        # The same press again, as a browser that sends twice does.
        await an.post("/me/channels", {"order": up})
        assert await chosen(cast) == ["email", "telegram", "zalo", "webpush"]
        assert [row["object_id"] for row in await audit_of("auth.preferences_set")] == [cast.an.id] * 4
        assert "Theo thứ tự chung của cơ quan" in card(an)
        await an.get("/me")
        await an.follow("/me/channels", {"order": ""})
        assert await chosen(cast) == []
        assert "Theo thứ tự chung của cơ quan" not in card(an)


async def test_an_order_that_the_api_left_short_is_shown_whole(office: Any, cast: Cast) -> None:
    await Person.filter(id=cast.an.id).update(channels=["email", "zalo"])
    async with await Browser(office).sign_in(cast, "an") as an:
        await an.get("/me")
        assert [line.split()[0] for line in lines(an)] == ["E-mail", "Zalo", "Telegram", "Thông"]
        assert presses(an, 1) == ["zalo,email,telegram,webpush", "email,telegram,zalo,webpush"]


@pytest.mark.parametrize(
    ("locale", "words"), [("vi", "Chỉ nhận các kênh sau, mỗi kênh một lần"), ("en", "Only these channels")]
)
async def test_what_is_no_order_is_refused_and_nothing_changes(
    office: Any, cast: Cast, locale: str, words: str
) -> None:
    await Person.filter(id=cast.an.id).update(locale=locale)
    async with await Browser(office).sign_in(cast, "an") as an:
        await an.get("/me")
        for wrong in ("pigeon", "email,email", "email,sms"):
            await an.post("/me/channels", {"order": wrong}, 422)
            assert 'role="alert"' in card(an)
            assert words in text_of(card(an)), text_of(card(an))
            assert len(lines(an)) == 4
        await an.post("/me/channels", {}, 422)
        assert 'role="alert"' in card(an)
        assert (await an.client.post("/me/channels", data={"order": "email"})).status_code == 403
        assert await chosen(cast) == []
    async with Browser(office) as nobody:
        assert (await nobody.client.post("/me/channels", data={"order": "email"})).status_code in (303, 401, 403)


@pytest.mark.parametrize("locale", ["vi", "en"])
async def test_what_the_office_does_not_have_is_not_offered_and_keeps_its_place(
    db: None, settings: Settings, cast: Cast, locale: str
) -> None:
    none = {"vi": "Chưa có kênh nào dùng được", "en": "No channel works yet"}[locale]
    await Person.filter(id=cast.an.id).update(locale=locale, channels=["email", "telegram", "webpush", "zalo"])
    await reach.note_sent([])
    async with await Browser(own_app(settings)).sign_in(cast, "an") as an:
        await an.get("/me")
        assert none in text_of(card(an))
        assert [line.split()[0] for line in lines(an)] == ["Telegram"]
        assert presses(an, 0) == []
        assert 'href="#push"' not in card(an)
        await put_bots("zalo", [Bot("700001", "Giao việc 1")])
        await reach.note_sent(["email"])
        await an.get("/me")
        assert [line.split()[0] for line in lines(an)] == ["E-mail", "Telegram", "Zalo"]
        assert presses(an, 1) == ["telegram,email,webpush,zalo", "email,zalo,webpush,telegram"]
    async with await Browser(own_app(msgspec.structs.replace(settings, push_hosts=""))).sign_in(cast, "an") as an:
        await reach.note_sent(["email", "webpush"])
        await an.get("/me")
        assert [line.split()[0] for line in lines(an)] == ["E-mail", "Telegram", "Zalo"]


@pytest.mark.parametrize("locale", ["vi", "en"])
async def test_a_bot_that_is_short_of_messages_is_not_promised(app: Any, cast: Cast, locale: str) -> None:
    first, badge, only = {
        "vi": (
            "Báo việc trước hết qua E-mail",
            "chỉ tin khẩn",
            "Tháng này chỉ việc khẩn và hỏa tốc còn báo được, qua Zalo",
        ),
        "en": ("You are told of work first by E-mail", "urgent only", "This month only urgent and express work can"),
    }[locale]
    await Person.filter(id=cast.an.id).update(locale=locale)
    await put_bots("zalo", [Bot("700001", "Giao việc 1")])
    await link(cast.an, "700001:5", "zalo")
    use = await ChannelUse.create(channel="zalo", bot="700001", month=f"{clock.now():%Y-%m}", sent=96, most=100)
    async with await Browser(app).sign_in(cast, "an") as an:
        await an.get("/me")
        assert first in text_of(card(an))
        assert badge in lines(an)[1]
        both = {"vi": "cùng lúc qua Zalo và E-mail", "en": "at once by Zalo and E-mail"}[locale]
        assert both in text_of(card(an))
        await Person.filter(id=cast.an.id).update(email=None)
        await an.get("/me")
        assert only in text_of(card(an))
        await ChannelUse.filter(id=use.id).update(sent=100)
        await an.get("/me")
        assert {"vi": "đã hết tin", "en": "nothing left"}[locale] in lines(an)[1]
        assert {"vi": "Chưa có kênh nào dùng được", "en": "No channel works yet"}[locale] in text_of(card(an))
