"""The simulator's pages: phones of the office that talk to a bot over the fake Telegram, on this machine only."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from backend.auth import service as auth
from backend.kit import db
from backend.settings import Settings, load
from bot.simulator.desk import BOT_NAME, FIRST_ID, TOKEN, ZALO_TOKEN, Simulator
from bot.simulator.pages import simulator_routes
from tests.apps import own_app
from tests.backend.test_web_assign import PNG
from tests.backend.web_browser import Browser, text_of
from tests.cast import Cast, make_cast
from tests.fakes import FakeClock

JPEG = b"\xff\xd8\xff\xe0" + bytes(32)


class Bot:
    """A bot that says what the test wants; ``started`` counts how often it was told to start."""

    def __init__(self) -> None:
        self.started: list[tuple[str, str, str]] = []

    async def start(self, channel: str, token: str, base_url: str) -> None:
        self.started.append((channel, token, base_url))

    async def call(self, method: str, on: str = "telegram", **params: Any) -> Any:
        [(_, token, base)] = [one for one in self.started if one[0] == on]
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{base}/bot{token}/{method}", json=params) as answer,
        ):
            return (await answer.json())["result"]


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return load({}, database_url=database_url, var_dir=str(tmp_path / "var"), database_pool=4, demo=True)


@pytest.fixture
def bot() -> Bot:
    return Bot()


@pytest.fixture
async def simulator(bot: Bot) -> AsyncIterator[Simulator]:
    made = Simulator(bot.start)
    yield made
    await made.stop()


@pytest.fixture
async def office(settings: Settings, clock: FakeClock, simulator: Simulator) -> AsyncIterator[tuple[Any, Cast]]:
    """The application with the simulator's routes, and the cast in its database."""
    async with db.opened(settings.database, 4):
        yield own_app(settings, routes=simulator_routes(lambda: simulator)), await make_cast()


async def test_opening_it_starts_the_bot_once_and_shows_a_leader_and_an_officer(
    office: tuple[Any, Cast], bot: Bot, simulator: Simulator
) -> None:
    app, _ = office
    assert not bot.started
    async with Browser(app) as browser:
        page = await browser.get("/simulator")
        assert page.count('class="phone"') == 2
        assert 'data-handle="chair"' in page
        assert "Chưa nối." in page
        page = await browser.get("/simulator?person=an&person=head&person=binh&person=nobody")
        assert page.count('class="phone"') == 2
        assert 'data-handle="an"' in page
    assert bot.started == [
        ("telegram", TOKEN, simulator.telegram.base_url),
        ("zalo", ZALO_TOKEN, simulator.zalo.base_url),
    ]
    me = await bot.call("getMe")
    assert me["username"] == BOT_NAME


async def test_a_bot_that_does_not_start_is_tried_again(
    office: tuple[Any, Cast], bot: Bot, simulator: Simulator
) -> None:
    app, _ = office
    simulator._start_bot = _failing
    async with Browser(app) as browser:
        await browser.get("/simulator", 500)
        simulator._start_bot = bot.start
        await browser.get("/simulator")
    assert len(bot.started) == 2


async def _failing(channel: str, token: str, base_url: str) -> None:
    raise OSError("no network")


async def test_only_a_demo_on_this_machine_has_it(settings: Settings, simulator: Simulator, bot: Bot) -> None:
    routes = simulator_routes(lambda: simulator)
    real = load({}, database_url=settings.database_url, var_dir=settings.var_dir)
    for app, address in (
        (own_app(settings, routes=routes), "192.0.2.7"),
        (own_app(real, routes=routes), "127.0.0.1"),
    ):
        async with db.opened(settings.database, 4), Browser(app, address=address) as browser:
            for path in ("/simulator", "/simulator/an/screen", "/simulator/an/files/x"):
                await browser.get(path, 404)
            await browser.post("/simulator/an/say", {"text": "x"}, 404)
    assert not bot.started


async def test_one_tap_sends_the_code_that_links_the_chat(
    office: tuple[Any, Cast], bot: Bot, simulator: Simulator
) -> None:
    app, cast = office
    async with Browser(app) as browser:
        await browser.get("/simulator?person=an")
        address = await browser.post("/simulator/an/link", {})
        assert address == "/simulator?person=an"
        [update] = await bot.call("getUpdates")
        assert update["message"]["from"]["id"] == FIRST_ID + cast.an.id
        command, code = update["message"]["text"].split()
        assert command == "/start"
        assert await auth.redeem("telegram", str(update["message"]["chat"]["id"]), code) == cast.an.id
        assert "Nối chat" not in (await browser.get(address)).partition('class="chat"')[0]
    # After a restart a linked phone can be written to, others cannot.
    again = Simulator(bot.start)
    await again.ensure_started()
    phones = {phone.id: phone.chat.started for phone in again.telegram.phones}
    await again.stop()
    assert phones == {FIRST_ID + cast.an.id: True}


async def test_words_files_and_presses_reach_the_bot(office: tuple[Any, Cast], bot: Bot, simulator: Simulator) -> None:
    app, cast = office
    chat = FIRST_ID + cast.an.id
    async with Browser(app) as browser:
        await browser.get("/simulator?person=an")
        await browser.post("/simulator/an/say", {"text": "  /viec  ", "alone": "yes"})
        card = await bot.call(
            "sendMessage",
            chat_id=chat,
            text="<b>Việc</b> &lt;script&gt;",
            parse_mode="HTML",
            reply_markup={
                "inline_keyboard": [
                    [{"text": "Đã nhận", "callback_data": "ack:1"}, {"text": "Trang", "url": "http://127.0.0.1/"}]
                ]
            },
        )
        page = await browser.get("/simulator?person=an")
        assert "<b>Việc</b> &lt;script&gt;" in page
        assert 'value="ack:1"' in page
        files = [("file", ("a.jpg", JPEG, "image/jpeg")), ("file", ("b.png", PNG, "image/png"))]
        reply = {"text": "Xong rồi", "reply_to": str(card["message_id"]), "alone": "yes"}
        await browser.post("/simulator/an/say", reply, files=files)
        await browser.post("/simulator/an/press", {"message": str(card["message_id"]), "data": "ack:1", "alone": "yes"})
        updates = await bot.call("getUpdates")
        said, photo, document, press = (update.get("message") or update["callback_query"] for update in updates)
        assert said["text"] == "/viec"
        assert photo["photo"]
        assert photo["caption"] == "Xong rồi"
        assert photo["reply_to_message"]["message_id"] == card["message_id"]
        assert document["document"]["file_name"] == "b.png"
        assert press["data"] == "ack:1"
        await bot.call("answerCallbackQuery", callback_query_id=press["id"], text="Đã nhận việc.")
        page = await browser.get("/simulator?person=an")
        assert 'class="toast" role="status">Đã nhận việc.' in page
        picture = page.partition("/simulator/an/files/")[2].partition('"')[0]
        answer = await browser.client.get(f"/simulator/an/files/{picture}")
        assert (answer.headers["content-type"], answer.content) == ("image/jpeg", JPEG)
        await browser.get(f"/simulator/binh/files/{picture}", 404)


async def test_what_no_phone_could_do_does_nothing(office: tuple[Any, Cast], bot: Bot) -> None:
    app, _ = office
    async with Browser(app) as browser:
        await browser.get("/simulator?person=an")
        for what, form in (
            ("say", {"text": "   "}),
            ("say", {"text": "x" * 5000}),
            ("press", {"message": "1", "data": "x"}),
            ("press", {"message": "one", "data": "x"}),
            ("say", {"text": "trả lời", "reply_to": "77"}),
        ):
            await browser.post(f"/simulator/an/{what}", {**form, "alone": "yes"})
        assert await bot.call("getUpdates") == []
        await browser.post("/simulator/an/explode", {"alone": "yes"}, 404)
        await browser.get("/simulator?person=an")
        await browser.post("/simulator/nobody/say", {"text": "x"}, 404)
        await browser.get("/simulator/nobody/screen", 404)


async def test_blocking_the_bot_and_letting_it_write_again(
    office: tuple[Any, Cast], bot: Bot, simulator: Simulator
) -> None:
    app, cast = office
    async with Browser(app) as browser:
        await browser.get("/simulator?person=an")
        await browser.post("/simulator/an/say", {"text": "chào", "alone": "yes"})
        await browser.post("/simulator/an/block", {"alone": "yes"})
        code, _ = await auth.make_code(await cast.actor("an"))
        await auth.redeem("telegram", str(FIRST_ID + cast.an.id), code)
        assert "Bỏ chặn bot" in await browser.get("/simulator?person=an")
        await browser.post("/simulator/an/unblock", {"alone": "yes"})
        assert "Bỏ chặn bot" not in await browser.get("/simulator?person=an")


async def test_a_page_waits_for_what_is_new_and_knows_when_the_bot_asks(office: tuple[Any, Cast], bot: Bot) -> None:
    app, cast = office
    async with Browser(app) as browser:
        await browser.get("/simulator?person=an")
        await browser.post("/simulator/an/say", {"text": "chào", "alone": "yes"})
        first = (await browser.client.get("/simulator/an/screen", headers={"accept": "application/json"})).json()
        assert [message["html"] for message in first["messages"]] == ["chào"]
        assert first["answer_to"] is None
        asked = await bot.call(
            "sendMessage", chat_id=FIRST_ID + cast.an.id, text="Kết quả?", reply_markup={"force_reply": True}
        )
        address = f"/simulator/an/screen?since={first['version']}"
        then = (await browser.client.get(address, headers={"accept": "application/json"})).json()
        assert then["version"] > first["version"]
        assert then["answer_to"] == asked["message_id"]
        drawn = await browser.client.get(address)
        assert drawn.text.lstrip().startswith('<div class="screen"')
        assert "Kết quả?" in text_of(drawn.text)
        assert "<html" not in drawn.text
        page = await browser.get("/simulator?person=an")
        assert f'name="reply_to" value="{asked["message_id"]}"' in page
        assert "Đang trả lời một tin nhắn" in page


async def test_zalo_on_the_same_phone(office: tuple[Any, Cast], bot: Bot, simulator: Simulator) -> None:
    """Text and photos, no buttons and no replies; linked and switched by itself."""
    app, _ = office
    async with Browser(app) as browser:
        page = await browser.get("/simulator?person=an~zalo&person=an")
        assert ('data-handle="an~zalo"' in page, 'data-handle="an"' in page) == (True, True)
        await browser.post("/simulator/an~zalo/link", {})
        event = await bot.call("getUpdates", on="zalo", timeout=0)
        chat, code = event["message"]["chat"]["id"], event["message"]["text"]
        assert len(code) == 8
        await auth.redeem("zalo", f"700001:{chat}", code)
        await bot.call("sendMessage", on="zalo", chat_id=chat, text="Việc <mới>")
        await browser.post("/simulator/an~zalo/say", {"text": "1 nhận"})
        files = {"file": ("a.jpg", JPEG, "image/jpeg")}
        await browser.post("/simulator/an~zalo/say", {"text": "ảnh"}, files=files)
        page = await browser.get("/simulator/an~zalo/screen?since=-1")
        screen = (await browser.client.get("/simulator/an~zalo/screen", headers={"accept": "application/json"})).json()
        assert [message["html"] for message in screen["messages"]][1:] == ["Việc &lt;mới&gt;", "1 nhận", "ảnh"]
        picture = screen["messages"][-1]["file"]["id"]
        assert (await browser.client.get(f"/simulator/an~zalo/files/{picture}")).content == JPEG
        assert (await browser.client.get(f"/simulator/binh~zalo/files/{picture}")).status_code == 404
        page = await browser.get("/simulator?person=an~zalo")
        assert "Việc &lt;mới&gt;" in page
        assert 'class="reply"' not in page
        assert await simulator.is_linked(await _brief(simulator, "an"), "zalo")
        await browser.post("/simulator/an~zalo/block", {})
        await browser.post("/simulator/an~zalo/unblock", {})
        assert (await browser.client.get("/simulator/an~zalo/press")).status_code in (404, 405)


async def _brief(simulator: Simulator, handle: str) -> Any:
    return next(person for person in await simulator.people() if person.handle == handle)
