"""The fake Telegram behaves as the real one towards a real aiogram bot: methods, rules, updates and faults."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiogram import Bot, Dispatcher
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramBadRequest,
    TelegramConflictError,
    TelegramEntityTooLarge,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNetworkError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from aiogram.filters import CommandStart
from aiogram.types import (
    BotCommand,
    BufferedInputFile,
    CallbackQuery,
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaDocument,
    InputMediaPhoto,
    Message,
    MessageEntity,
    ReplyParameters,
)
from aiohttp import web

from bot.simulator.faults import Limits
from bot.simulator.markup import parse_html, to_html
from bot.simulator.phone import Phone
from bot.simulator.telegram import FakeTelegram
from bot.simulator.wire import ApiError
from tests.bot.telegram_rules import captured_problems

TOKEN = "123456:TEST"
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100


class QuickSession(AiohttpSession):
    """Closes without the quarter of a second that aiogram waits for TLS."""

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


@asynccontextmanager
async def bot_of(fake: FakeTelegram, token: str = TOKEN, timeout_s: float = 5) -> AsyncIterator[Bot]:
    session = QuickSession(api=TelegramAPIServer.from_base(fake.base_url), timeout=timeout_s)
    async with session:
        yield Bot(token, session=session, default=DefaultBotProperties(parse_mode="HTML"))


@pytest.fixture
async def fake() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram(first_update_id=100) as server:
        yield server


@pytest.fixture
async def api(fake: FakeTelegram) -> AsyncIterator[Bot]:
    async with bot_of(fake) as bot:
        yield bot


@pytest.fixture
def an(fake: FakeTelegram) -> Phone:
    return fake.user(id=7, first_name="An", username="an_nv", language_code="vi", started=True)


def keys(*labels: str, **more: str) -> InlineKeyboardMarkup:
    row = [InlineKeyboardButton(text=label, callback_data=f"act:{label}") for label in labels]
    row += [InlineKeyboardButton(text=label, url=url) for label, url in more.items()]
    return InlineKeyboardMarkup(inline_keyboard=[row])


async def polled(api: Bot, offset: int | None = None, **more: int) -> list[int]:
    return [update.update_id for update in await api.get_updates(offset=offset, **more)]


# --- who may call ---


async def test_a_known_token_is_its_bot(api: Bot) -> None:
    me = await api.get_me()
    assert (me.id, me.username, me.is_bot) == (123456, "giaoviec_bot", True)


async def test_an_unknown_token_is_refused(fake: FakeTelegram) -> None:
    async with bot_of(fake, "999:OTHER") as stranger:
        with pytest.raises(TelegramUnauthorizedError, match="Unauthorized"):
            await stranger.get_me()


async def test_envelope_status_and_unknown_method(fake: FakeTelegram) -> None:
    async with aiohttp.ClientSession() as client:
        async with client.get(f"{fake.base_url}/bot{TOKEN}/getme") as answer:
            assert answer.status == 200
            assert (await answer.json())["result"]["username"] == "giaoviec_bot"
        async with client.post(f"{fake.base_url}/bot{TOKEN}/flyAway") as answer:
            assert answer.status == 404
            assert await answer.json() == {"ok": False, "error_code": 404, "description": "Not Found: method not found"}
        async with client.post(f"{fake.base_url}/botnonsense/getMe") as answer:
            assert answer.status == 404


async def test_every_kind_of_body_is_understood(fake: FakeTelegram, an: Phone) -> None:
    url = f"{fake.base_url}/bot{TOKEN}/sendMessage"
    form = aiohttp.FormData({"chat_id": "7", "text": "multipart"}, default_to_multipart=True)
    async with aiohttp.ClientSession() as client:
        for arguments in (
            {"json": {"chat_id": 7, "text": "json", "reply_markup": {"force_reply": True}}},
            {"data": {"chat_id": "7", "text": "form", "reply_markup": '{"force_reply": true}'}},
            {"data": form},
            {"params": {"chat_id": "7", "text": "query"}},
        ):
            async with client.post(url, **arguments) as answer:
                assert (await answer.json())["ok"]
        async with client.post(url, data=b"[1", headers={"Content-Type": "application/json"}) as answer:
            assert answer.status == 400
    assert [message.text for message in an.messages] == ["json", "form", "multipart", "query"]
    assert [message.force_reply for message in an.messages] == [True, True, False, False]


def test_aiogram_and_the_product_are_not_loaded() -> None:
    import subprocess

    check = "import sys, bot.simulator.telegram; print({'aiogram', 'backend', 'pydantic'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", check], text=True).strip() == "set()"


# --- text ---


async def test_a_message_reaches_the_phone(api: Bot, an: Phone) -> None:
    sent = await api.send_message(7, "  Việc <b>mới</b> &amp; <i>gấp</i> 🏛️ ", reply_markup=keys("Đã nhận", "Chi tiết"))
    assert sent.text == an.last.text == "Việc mới & gấp 🏛️"
    assert sent.html_text == an.last.html == "Việc <b>mới</b> &amp; <i>gấp</i> 🏛️"
    assert [button.text for button in an.last.buttons[0]] == ["Đã nhận", "Chi tiết"]
    assert an.last.from_bot
    assert sent.message_id == an.last.id


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<b>không đóng", 'Can\'t find end tag corresponding to start tag "b"'),
        ("Hạn < 5 ngày", 'Unsupported start tag "" at byte offset 6'),
        ("<table>", 'Unsupported start tag "table" at byte offset 0'),
        ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b", "Unclosed start tag at byte offset 0"),
        ('<span class="red">x</span>', 'Tag "span" must have class "tg-spoiler"'),
        ("<a =x>y</a>", 'Empty attribute name in the tag "a"'),
    ],
)
async def test_broken_html_is_refused(api: Bot, an: Phone, text: str, words: str) -> None:
    with pytest.raises(TelegramBadRequest, match="can't parse entities") as refused:
        await api.send_message(7, text)
    assert words in refused.value.message
    assert an.messages == []


@pytest.mark.parametrize(
    "markup",
    [
        "<b>a<i>b</i></b>c",
        '<a href="https://x.vn/?a=1&amp;b=2">đọc</a>',
        '<pre><code class="language-python">x = 1</code></pre>',
        "<code>a &lt; b</code>",
        "<blockquote expandable>dài</blockquote>",
        "<tg-spoiler>kín</tg-spoiler> <u>gạch</u> <s>bỏ</s>",
        "🏛️<b>🏛️</b>🏛️",
    ],
)
def test_html_comes_back_as_it_went(markup: str) -> None:
    assert to_html(*parse_html(markup)) == markup


def test_html_reads_synonyms_and_references() -> None:
    read = parse_html("<strong>a</strong><em>b</em><del>c</del><ins>d</ins>")
    assert to_html(*read) == "<b>a</b><i>b</i><s>c</s><u>d</u>"
    assert parse_html("&lt;b&gt; &#225; &#x1F600; AT&T &nbsp;")[0] == "<b> á 😀 AT&T &nbsp;"
    with pytest.raises(ApiError, match="can't parse entities"):
        parse_html("<b>x</b")


async def test_length_is_counted_after_parsing(api: Bot, an: Phone) -> None:
    await api.send_message(7, f"<b>{'ạ' * 4096}</b>")
    with pytest.raises(TelegramBadRequest, match="message is too long"):
        await api.send_message(7, "ạ" * 4097)
    with pytest.raises(TelegramBadRequest, match="message is too long"):
        await api.send_message(7, "🏛" * 2049)
    for empty in ("", "   ", "<b> </b>"):
        with pytest.raises(TelegramBadRequest, match=r"text is empty|must be non-empty"):
            await api.send_message(7, empty)
    assert len(an.messages) == 1


async def test_entities_and_parse_modes(api: Bot, an: Phone) -> None:
    bold = MessageEntity(type="bold", offset=0, length=4)
    await api.send_message(7, "Việc /viec @an_nv https://x.vn/a.", entities=[bold], parse_mode=None)
    assert an.last.html == "<b>Việc</b> /viec @an_nv https://x.vn/a."
    assert [entity["type"] for entity in an.last.entities] == ["bold", "bot_command", "mention", "url"]
    with pytest.raises(TelegramBadRequest, match="out of text bounds"):
        await api.send_message(7, "ab", entities=[bold], parse_mode=None)
    with pytest.raises(TelegramBadRequest, match="unsupported parse_mode"):
        await api.send_message(7, "ab", parse_mode="MarkdownV2")


async def test_keyboard_rules(api: Bot, an: Phone) -> None:
    def one(**fields: object) -> InlineKeyboardMarkup:
        return InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="x", **fields)]])

    await api.send_message(7, "64", reply_markup=one(callback_data="đ" * 32))
    await api.send_message(7, "loopback", reply_markup=one(url="http://127.0.0.1:8000/tasks/1"))
    for markup, words in (
        (one(callback_data="đ" * 33), "BUTTON_DATA_INVALID"),
        (one(callback_data=""), "BUTTON_DATA_INVALID"),
        (one(), "text buttons are unallowed"),
        (one(callback_data="a", url="https://x.vn"), "exactly one"),
        (one(url="http://localhost:8000/"), "Wrong HTTP URL"),
        (one(url="ftp://x.vn/"), "Unsupported URL protocol"),
        (InlineKeyboardMarkup(inline_keyboard=[one(callback_data="a").inline_keyboard[0]] * 101), "markup is too long"),
    ):
        with pytest.raises(TelegramBadRequest, match=words):
            await api.send_message(7, "no", reply_markup=markup)
    await api.send_message(7, "trả lời", reply_markup=ForceReply(input_field_placeholder="Lý do"))
    assert an.last.force_reply
    assert len(an.messages) == 3


async def test_replies(api: Bot, an: Phone) -> None:
    asked = an.send("1 xong").message
    sent = await api.send_message(7, "Đã ghi", reply_parameters=ReplyParameters(message_id=asked.id))
    assert sent.reply_to_message.text == "1 xong"
    assert an.last.reply_to is asked
    with pytest.raises(TelegramBadRequest, match="message to be replied not found"):
        await api.send_message(7, "x", reply_parameters=ReplyParameters(message_id=999))
    await api.send_message(7, "x", reply_parameters=ReplyParameters(message_id=999, allow_sending_without_reply=True))
    assert an.last.reply_to is None


# --- whom a bot may write to ---


async def test_a_bot_cannot_write_first(api: Bot, fake: FakeTelegram) -> None:
    binh = fake.user(id=8, first_name="Bình")
    with pytest.raises(TelegramForbiddenError, match="bot can't initiate conversation with a user"):
        await api.send_message(8, "chào")
    with pytest.raises(TelegramBadRequest, match="chat not found"):
        await api.send_message(404, "chào")
    with pytest.raises(TelegramBadRequest, match="chat not found"):
        await api.send_message("@nobody_here", "chào")
    with pytest.raises(TelegramForbiddenError, match="can't send messages to bots"):
        await api.send_message(123456, "chào")
    binh.start("ABCD2345")
    await api.send_message(8, "chào")
    assert [message.text for message in binh.messages] == ["/start ABCD2345", "chào"]


async def test_block_and_unblock(api: Bot, an: Phone) -> None:
    an.block()
    with pytest.raises(TelegramForbiddenError, match="bot was blocked by the user"):
        await api.send_message(7, "x")
    with pytest.raises(ValueError, match="blocked"):
        an.send("x")
    an.start()
    await api.send_message(7, "lại")
    kinds = [(u.event_type, getattr(u.event, "new_chat_member", None)) for u in await api.get_updates()]
    assert [(kind, member and member.status) for kind, member in kinds] == [
        ("my_chat_member", "kicked"), ("my_chat_member", "member"), ("message", None)
    ]  # fmt: skip
    an.deactivate()
    with pytest.raises(TelegramForbiddenError, match="deactivated"):
        await api.send_message(7, "x")


async def test_groups(api: Bot, fake: FakeTelegram, an: Phone) -> None:
    group = fake.group("Phòng Văn hoá")
    there = an.in_group(group)
    await api.send_message(group.id, "chào phòng")
    there.send("nói chuyện riêng")
    there.send("/viec")
    there.send("@giaoviec_bot việc")
    there.send("1 nhận", reply_to=there.received[0])
    heard = [update.message.text for update in await api.get_updates() if update.message]
    assert heard == ["/viec", "@giaoviec_bot việc", "1 nhận"]

    moved = fake.migrate(group)
    with pytest.raises(TelegramMigrateToChat) as refused:
        await api.send_message(group.id, "x")
    assert refused.value.migrate_to_chat_id == moved.id
    await api.send_message(moved.id, "nhà mới")
    assert there.in_group(moved).last.text == "nhà mới"
    assert [u.message.migrate_to_chat_id for u in await api.get_updates() if u.message][3:] == [moved.id, None]

    fake.kick(moved)
    with pytest.raises(TelegramForbiddenError, match="bot was kicked from the supergroup chat"):
        await api.send_message(moved.id, "x")


# --- edits, presses, commands ---


async def test_edit_in_place(api: Bot, an: Phone, fake: FakeTelegram) -> None:
    card = await api.send_message(7, "<b>Việc</b>", reply_markup=keys("Đã nhận"))
    edited = await api.edit_message_text(
        "<b>Việc</b> ✓", chat_id=7, message_id=card.message_id, reply_markup=keys("Báo cáo")
    )
    assert edited.edit_date
    assert an.last.html == "<b>Việc</b> ✓"
    assert an.last.button("Báo cáo").data == "act:Báo cáo"
    assert (len(an.messages), an.last.edits) == (1, 1)
    with pytest.raises(TelegramBadRequest, match="message is not modified"):
        await api.edit_message_text(
            "<strong>Việc</strong> ✓ ", chat_id=7, message_id=card.message_id, reply_markup=keys("Báo cáo")
        )
    await api.edit_message_reply_markup(chat_id=7, message_id=card.message_id)
    assert an.last.buttons == []
    with pytest.raises(TelegramBadRequest, match="message is not modified"):
        await api.edit_message_reply_markup(chat_id=7, message_id=card.message_id)
    with pytest.raises(TelegramBadRequest, match="message to edit not found"):
        await api.edit_message_text("x", chat_id=7, message_id=99)
    with pytest.raises(TelegramBadRequest, match="message can't be edited"):
        await api.edit_message_text("x", chat_id=7, message_id=an.send("của tôi").message.id)
    wrong = {"chat_id": 7, "message_id": card.message_id, "text": "y", "reply_markup": {"force_reply": True}}
    url = f"{fake.base_url}/bot{TOKEN}/editMessageText"
    async with aiohttp.ClientSession() as client, client.post(url, json=wrong) as answer:
        assert (await answer.json())["description"] == "Bad Request: inline keyboard expected"


async def test_delete(api: Bot, an: Phone) -> None:
    card = await api.send_message(7, "x")
    assert await api.delete_message(7, card.message_id)
    assert an.messages == []
    with pytest.raises(TelegramBadRequest, match="message to delete not found"):
        await api.delete_message(7, card.message_id)
    with pytest.raises(TelegramBadRequest, match="message to edit not found"):
        await api.edit_message_text("y", chat_id=7, message_id=card.message_id)
    with pytest.raises(LookupError):
        an.press(card.message_id, "x")


async def test_press_and_answer(api: Bot, an: Phone, fake: FakeTelegram) -> None:
    await api.send_message(7, "Việc", reply_markup=keys("Đã nhận", Mở="https://x.vn/1"))
    an.press(an.last, "Đã nhận")
    an.press(an.last.id, "act:Đã nhận")
    an.tap("Đã nhận")
    first, second, third = [update.callback_query for update in await api.get_updates()]
    assert (first.data, first.message.text, first.from_user.id) == ("act:Đã nhận", "Việc", 7)
    assert len(an.spinning) == 3
    await first.as_(api).answer("Đã ghi nhận", show_alert=True)
    await second.as_(api).answer()
    assert (await an.wait_answer(an.presses[0])).alert
    assert [toast.text for toast in an.toasts] == ["Đã ghi nhận"]
    assert len(an.spinning) == 1
    with pytest.raises(TelegramBadRequest, match="MESSAGE_TOO_LONG"):
        await third.as_(api).answer("x" * 201)
    fake.expire_presses()
    with pytest.raises(TelegramBadRequest, match="query is too old"):
        await third.as_(api).answer("muộn")
    with pytest.raises(TelegramBadRequest, match="query ID is invalid"):
        await api.answer_callback_query("nonsense")
    with pytest.raises(LookupError, match="no button"):
        an.press(an.last, "Không có")
    with pytest.raises(LookupError, match="opens"):
        an.tap("Mở")


async def test_presses_grow_old(an: Phone) -> None:
    now = [1000.0]
    async with FakeTelegram(clock=lambda: now[0], press_lifetime_s=15) as fake, bot_of(fake) as api:
        phone = fake.user(7, started=True)
        await api.send_message(7, "x", reply_markup=keys("a"))
        phone.tap("a")
        now[0] += 16
        with pytest.raises(TelegramBadRequest, match="query is too old"):
            await api.answer_callback_query(phone.presses[0].id)


async def test_commands_and_actions(api: Bot, an: Phone, fake: FakeTelegram) -> None:
    await api.set_my_commands([BotCommand(command="viec", description="Việc của tôi")])
    await api.set_my_commands([BotCommand(command="tasks", description="My tasks")], language_code="en")
    assert [command.command for command in await api.get_my_commands()] == ["viec"]
    assert an.commands[0]["command"] == "viec"
    assert fake.user(9, "Ann", language_code="en").commands[0]["command"] == "tasks"
    with pytest.raises(TelegramBadRequest, match="BOT_COMMAND_INVALID"):
        await api.set_my_commands([BotCommand(command="việc", description="x")])
    with pytest.raises(TelegramBadRequest, match="BOT_COMMAND_DESCRIPTION_INVALID"):
        await api.set_my_commands([BotCommand(command="x", description="")])
    await api.delete_my_commands(language_code="en")
    assert await api.get_my_commands(language_code="en") == []

    assert await api.send_chat_action(7, "typing")
    assert fake.screen(an)["action"] == "typing"
    with pytest.raises(TelegramBadRequest):
        await api.send_chat_action(7, "dancing")


# --- files ---


async def test_send_document_and_photo(api: Bot, an: Phone, fake: FakeTelegram) -> None:
    pdf = BufferedInputFile("%PDF tờ trình".encode(), "Tờ trình số 1.pdf")
    sent = await api.send_document(7, pdf, caption="<b>Tờ trình</b>", reply_markup=keys("Đã xem"))
    assert (sent.document.file_name, sent.html_text) == ("Tờ trình số 1.pdf", "<b>Tờ trình</b>")
    assert an.last.file.data == "%PDF tờ trình".encode()
    again = await api.send_document(7, sent.document.file_id)
    assert again.document.file_id == sent.document.file_id

    photo = await api.send_photo(7, BufferedInputFile(PNG, "anh.png"))
    assert an.last.kind == "photo"
    assert len(photo.photo) == 2
    for source, words in (
        (BufferedInputFile(b"%PDF", "a.pdf"), "IMAGE_PROCESS_FAILED"),
        (BufferedInputFile(b"", "a.png"), "non-empty"),
        (BufferedInputFile(PNG + b"0" * 10 * 1024 * 1024, "a.png"), "too big for a photo"),
        ("nonsense", "wrong file identifier"),
        ("https://x.vn/a.png", "failed to get HTTP URL content"),
        (sent.document.file_id, "type of file mismatch"),
    ):
        with pytest.raises(TelegramBadRequest, match=words):
            await api.send_photo(7, source)
    with pytest.raises(TelegramBadRequest, match="caption is too long"):
        await api.send_document(7, pdf, caption="x" * 1025)

    await api.edit_message_caption(chat_id=7, message_id=sent.message_id, caption="Đã xem")
    assert an.messages[0].text == "Đã xem"
    with pytest.raises(TelegramBadRequest, match="no text in the message"):
        await api.edit_message_text("x", chat_id=7, message_id=sent.message_id)


async def test_an_upload_over_fifty_megabytes(api: Bot, an: Phone) -> None:
    with pytest.raises((TelegramEntityTooLarge, TelegramNetworkError)):
        await api.send_document(7, BufferedInputFile(bytes(52 * 1024 * 1024), "to.bin"))
    assert an.messages == []


async def test_albums(api: Bot, an: Phone) -> None:
    media = [InputMediaDocument(media=BufferedInputFile(b"1", f"{n}.txt"), caption=f"<b>{n}</b>") for n in range(3)]
    sent = await api.send_media_group(7, media)
    assert len({message.media_group_id for message in sent}) == 1
    assert [message.html for message in an.messages] == ["<b>0</b>", "<b>1</b>", "<b>2</b>"]
    with pytest.raises(TelegramBadRequest, match="too many messages"):
        await api.send_media_group(7, media * 4)
    with pytest.raises(TelegramBadRequest, match="can't be mixed"):
        await api.send_media_group(7, [media[0], InputMediaPhoto(media=BufferedInputFile(PNG, "a.png"))])

    updates = an.album([PNG, PNG + b"2"], caption="hai ảnh")
    heard = [update.message for update in await api.get_updates()]
    assert len(updates) == len(heard) == 2
    assert heard[0].media_group_id == heard[1].media_group_id
    assert [message.caption for message in heard] == ["hai ảnh", None]


async def test_files_from_the_phone_are_downloaded(api: Bot, an: Phone, fake: FakeTelegram) -> None:
    asked = await api.send_message(7, "Gửi báo cáo", reply_markup=ForceReply())
    an.photo(PNG, "ảnh hiện trường", reply_to=asked.message_id)
    an.document(b"%PDF-1.7 bao cao", "Báo cáo.pdf", "application/pdf", "báo cáo")
    an.voice(b"OggS")
    an.sticker()
    photo, document, voice, sticker = [update.message for update in await api.get_updates()]
    assert (photo.caption, photo.reply_to_message.message_id) == ("ảnh hiện trường", asked.message_id)
    assert (await api.download(photo.photo[-1])).read() == PNG
    assert (await api.download(photo.photo[0])).read() != PNG
    assert (document.document.file_name, document.document.mime_type) == ("Báo cáo.pdf", "application/pdf")
    assert (await api.download(document.document)).read() == b"%PDF-1.7 bao cao"
    assert (await api.get_file(voice.voice.file_id)).file_path.startswith("voice/")
    assert sticker.sticker

    fake.fail("download", 502)
    with pytest.raises(aiohttp.ClientResponseError):
        await api.download(document.document)
    with pytest.raises(aiohttp.ClientResponseError):
        await api.download_file("documents/none.pdf")
    with pytest.raises(TelegramBadRequest, match="wrong file_id"):
        await api.get_file("nonsense")
    big = an.document(bytes(20 * 1024 * 1024 + 1), "lon.zip").message
    with pytest.raises(TelegramBadRequest, match="file is too big"):
        await api.get_file(big.file.id)


# --- polling ---


async def test_offsets_confirm_updates(api: Bot, an: Phone, fake: FakeTelegram) -> None:
    for word in ("một", "hai", "ba"):
        an.send(word)
    assert await polled(api) == [100, 101, 102]
    assert await polled(api) == [100, 101, 102]
    assert await polled(api, limit=1) == [100]
    assert await polled(api, 101) == [101, 102]
    assert fake.pending() == 2
    assert await polled(api, -1) == [102]
    assert await polled(api, 103) == []
    assert fake.pending() == 0


async def test_a_confirmed_update_can_come_again(api: Bot, an: Phone, fake: FakeTelegram) -> None:
    update = an.send("1 nhận")
    assert await polled(api) == [100]
    assert await polled(api, 101) == []
    fake.redeliver(update)
    assert await polled(api, 101) == [100]
    assert await polled(api, 101) == []


async def test_long_polling_wakes_up(api: Bot, an: Phone) -> None:
    started = time.monotonic()
    assert await polled(api, timeout=0) == []
    waiting = asyncio.ensure_future(api.get_updates(timeout=10))
    await asyncio.sleep(0.05)
    an.send("đây")
    assert [update.message.text for update in await waiting] == ["đây"]
    assert await polled(api, 101, timeout=1) == []
    assert 1 <= time.monotonic() - started < 4


async def test_the_newer_poller_wins(api: Bot, an: Phone, fake: FakeTelegram) -> None:
    first = asyncio.ensure_future(api.get_updates(timeout=10))
    await fake.until(lambda: fake.bot().polls == 1)
    second = asyncio.ensure_future(api.get_updates(timeout=10))
    with pytest.raises(TelegramConflictError, match="terminated by other getUpdates request"):
        await first
    an.send("x")
    assert len(await second) == 1


async def test_allowed_updates(api: Bot, an: Phone) -> None:
    await api.get_updates(allowed_updates=["callback_query"])
    await api.send_message(7, "x", reply_markup=keys("a"))
    an.send("không nghe")
    an.tap("a")
    assert [update.event_type for update in await api.get_updates()] == ["callback_query"]
    await api.get_updates(allowed_updates=["message", "edited_message", "callback_query", "my_chat_member"])
    own = an.send("nghe").message
    an.edit(own, "nghe lại")
    assert [update.event_type for update in await api.get_updates()][1:] == ["message", "edited_message"]


async def test_an_aiogram_dispatcher_lives_on_it(api: Bot, an: Phone, fake: FakeTelegram) -> None:
    dispatcher = Dispatcher()

    @dispatcher.message(CommandStart(deep_link=True))
    async def linked(message: Message) -> None:
        await message.answer("Xin chào <b>An</b>", reply_markup=keys("Đã nhận"))

    @dispatcher.callback_query()
    async def pressed(press: CallbackQuery) -> None:
        await press.message.edit_text("Đã nhận lúc 8 giờ")
        await press.answer("Xong")

    polling = asyncio.ensure_future(
        dispatcher.start_polling(api, handle_signals=False, close_bot_session=False, polling_timeout=5)
    )
    an.start("ABCD2345")
    card = await an.wait_for("Xin chào")
    an.press(card, "Đã nhận")
    toast = await an.wait_answer()
    assert (toast.text, card.text, card.edits) == ("Xong", "Đã nhận lúc 8 giờ", 1)
    await dispatcher.stop_polling()
    await polling
    assert captured_problems(fake) == []


# --- webhook ---

Take = Callable[[web.Request], Awaitable[web.Response]]


@asynccontextmanager
async def listener(take: Take) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/hook", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    finally:
        await runner.cleanup()


async def test_webhook_is_retried_in_order_with_its_secret(api: Bot, an: Phone, fake: FakeTelegram) -> None:
    seen: list[tuple[str, str, int]] = []

    async def take(request: web.Request) -> web.Response:
        body = await request.json()
        status = 500 if len(seen) < 2 else 200
        seen.append((request.headers["X-Telegram-Bot-Api-Secret-Token"], body["message"]["text"], status))
        return web.Response(status=status)

    async with listener(take) as url:
        an.send("một")
        await api.set_webhook(url, secret_token="bi-mat_1", allowed_updates=["message"])
        an.send("hai")
        await fake.until(lambda: fake.pending() == 0)
        assert [(text, status) for _, text, status in seen] == [("một", 500), ("một", 500), ("một", 200), ("hai", 200)]
        assert {secret for secret, _, _ in seen} == {"bi-mat_1"}
        info = await api.get_webhook_info()
        assert (info.url, info.pending_update_count, info.allowed_updates) == (url, 0, ["message"])
        assert "500" in info.last_error_message
        with pytest.raises(TelegramConflictError, match="webhook is active"):
            await api.get_updates()
        fake.redeliver(fake.bot().enqueue("message", an.last.wire()))
        await fake.until(lambda: fake.pending() == 0)
        await api.delete_webhook()
    an.send("ba")
    assert len(await api.get_updates()) == 1
    assert (await api.get_webhook_info()).url == ""


async def test_webhook_waits_for_a_server_that_is_down(api: Bot, an: Phone, fake: FakeTelegram) -> None:
    await api.set_webhook("http://127.0.0.1:9/hook")
    an.send("x")
    await fake.until(lambda: fake.bot().webhook.failure)
    assert (await api.get_webhook_info()).pending_update_count == 1
    await api.delete_webhook(drop_pending_updates=True)
    assert fake.pending() == 0


async def test_webhook_ends_a_long_poll_and_is_checked(api: Bot, fake: FakeTelegram) -> None:
    poll = asyncio.ensure_future(api.get_updates(timeout=10))
    await fake.until(lambda: fake.bot().polls == 1)
    await api.set_webhook("https://example.vn/hook")
    with pytest.raises(TelegramConflictError, match="terminated by setWebhook"):
        await poll
    with pytest.raises(TelegramBadRequest, match="HTTPS URL must be provided"):
        await api.set_webhook("http://example.vn/hook")
    with pytest.raises(TelegramBadRequest, match="unallowed characters"):
        await api.set_webhook("https://example.vn/hook", secret_token="bí mật")


async def test_a_webhook_may_answer_with_a_call(api: Bot, an: Phone, fake: FakeTelegram) -> None:
    async def take(request: web.Request) -> web.Response:
        return web.json_response({"method": "sendMessage", "chat_id": 7, "text": "trả lời ngay"})

    async with listener(take) as url:
        await api.set_webhook(url)
        an.send("x")
        await an.wait_for("trả lời ngay")
    assert fake.calls_of("sendMessage")[0].status == 200


# --- faults ---


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (400, TelegramBadRequest, "chat not found"),
        (403, TelegramForbiddenError, "bot was blocked by the user"),
        (404, TelegramNotFound, "Not Found"),
        (409, TelegramConflictError, "Conflict"),
        (500, TelegramServerError, "Internal Server Error"),
        (502, TelegramServerError, "Bad Gateway"),
    ],
)
async def test_refusals_on_order(
    api: Bot, an: Phone, fake: FakeTelegram, status: int, error: type[Exception], words: str
) -> None:
    fault = fake.fail("sendMessage", status)
    with pytest.raises(error, match=words):
        await api.send_message(7, "x")
    assert (fault.hits, an.messages) == (1, [])
    await api.send_message(7, "x")
    assert [(call.status, call.applied) for call in fake.calls] == [(status, False), (200, True)]


async def test_retry_after_and_migration_on_order(api: Bot, an: Phone, fake: FakeTelegram) -> None:
    fake.user(8, started=True)
    fault = fake.fail("*", status=429, retry_after=7, times=None, chat_id=7)
    await api.send_message(8, "người khác không sao")
    for _ in range(2):
        with pytest.raises(TelegramRetryAfter) as refused:
            await api.send_message(7, "x")
        assert refused.value.retry_after == 7
    fault.cancel()
    await api.send_message(7, "x")
    fake.fail("sendMessage", 400, migrate_to_chat_id=-1005)
    with pytest.raises(TelegramMigrateToChat):
        await api.send_message(7, "x")
    fake.fail("sendMessage", 502, body="<html>502 Bad Gateway</html>")
    with pytest.raises(ClientDecodeError):
        await api.send_message(7, "x")
    fake.fail("sendMessage", 400, description="Bad Request: not enough rights", times=2)
    fake.clear_faults()
    await api.send_message(7, "x")


async def test_dropped_connections(api: Bot, an: Phone, fake: FakeTelegram) -> None:
    fake.drop("sendMessage")
    with pytest.raises(TelegramNetworkError):
        await api.send_message(7, "mất trước")
    assert an.messages == []
    fake.drop("sendMessage", after_effect=True)
    with pytest.raises(TelegramNetworkError):
        await api.send_message(7, "mất sau")
    assert [message.text for message in an.messages] == ["mất sau"]
    fake.fail("sendMessage", 502, after_effect=True)
    with pytest.raises(TelegramServerError):
        await api.send_message(7, "lỗi sau")
    await api.send_message(7, "bình thường")
    assert [message.text for message in an.messages] == ["mất sau", "lỗi sau", "bình thường"]
    ends = [(call.status, call.applied) for call in fake.calls]
    assert ends == [(None, False), (None, True), (502, True), (200, True)]


async def test_slow_answers(an: Phone, fake: FakeTelegram) -> None:
    fake.hang("sendMessage", 0.4, times=2)
    async with bot_of(fake, timeout_s=0.1) as hasty:
        with pytest.raises(TelegramNetworkError, match="timeout"):
            await hasty.send_message(7, "chậm")
    assert an.messages == []
    await an.wait_for("chậm")


async def test_held_answers(api: Bot, an: Phone, fake: FakeTelegram) -> None:
    with fake.hold("sendMessage", chat_id=7) as gate:
        sends = [asyncio.ensure_future(api.send_message(7, f"tin {n}")) for n in range(3)]
        await gate.reached(3)
        assert (len(an.messages), gate.waiting, [send.done() for send in sends]) == (3, 3, [False] * 3)
        gate.release(1)
        await asyncio.wait(sends, return_when=asyncio.FIRST_COMPLETED)
        assert (gate.waiting, gate.arrived) == (2, 3)
    await asyncio.gather(*sends)
    await api.send_message(7, "thường")
    assert [call.status for call in fake.calls] == [200] * 4


async def test_a_caller_that_dies_at_the_gate_does_not_block_it(an: Phone, fake: FakeTelegram) -> None:
    with fake.hold("sendMessage") as gate:
        async with bot_of(fake, timeout_s=0.1) as dying:
            with pytest.raises(TelegramNetworkError):
                await dying.send_message(7, "đang bay")
    assert gate.calls[0].applied
    assert an.last.text == "đang bay"


@pytest.mark.parametrize(
    "half",
    [
        b'Content-Type: application/json\r\nContent-Length: 500\r\n\r\n{"chat',
        b"Content-Type: multipart/form-data; boundary=b\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"40\r\n--b\r\nContent-Disposition: form-data; na",
    ],
)
async def test_a_caller_that_dies_in_the_middle_of_a_request(
    api: Bot, an: Phone, fake: FakeTelegram, half: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", int(fake.base_url.rsplit(":", 1)[1]))
    writer.write(f"POST /bot{TOKEN}/sendMessage HTTP/1.1\r\nHost: x\r\n".encode() + half)
    await writer.drain()
    await asyncio.sleep(0.05)
    writer.transport.abort()
    call = await fake.until(lambda: fake.calls and fake.calls[0].error and fake.calls[0])
    assert (call.status, call.applied, an.messages) == (None, False, [])
    await api.send_message(7, "x")
    assert caplog.records == []


async def test_an_outage_keeps_the_world(an: Phone, fake: FakeTelegram) -> None:
    port = int(fake.base_url.rsplit(":", 1)[1])
    async with bot_of(fake) as api:
        poll = asyncio.ensure_future(api.get_updates(timeout=30))
        await fake.until(lambda: fake.bot().polls == 1)
        await fake.stop()
        assert await poll == []
        with pytest.raises(TelegramNetworkError):
            await api.send_message(7, "x")
        an.send("gửi khi máy chủ nghỉ")
        await fake.start(port=port)
        assert len(await api.get_updates()) == 1
        await api.send_message(7, "lại chạy")
    assert len(an.messages) == 2


async def test_rate_limits_of_the_real_server() -> None:
    now = [0.0]
    limits = Limits(overall_per_s=6, chat_per_s=1, chat_burst=3, group_per_min=2)
    async with FakeTelegram(limits=limits, clock=lambda: now[0]) as fake, bot_of(fake) as api:
        for person in (7, 8, 9):
            fake.user(person, started=True)
        group = fake.group("Tổ")

        async def until_refused(chat_id: int) -> tuple[int, int]:
            for sent in range(100):
                try:
                    await api.send_message(chat_id, "x")
                except TelegramRetryAfter as refused:
                    return sent, refused.retry_after
            return 100, 0

        assert await until_refused(7) == (3, 1)
        assert await until_refused(8) == (3, 1)
        assert await until_refused(9) == (0, 1)
        now[0] += 2
        assert await until_refused(7) == (2, 1)
        assert await until_refused(group.id) == (2, 30)
        now[0] += 30
        assert await until_refused(group.id) == (1, 30)


# --- watching ---


async def test_the_change_feed(api: Bot, an: Phone, fake: FakeTelegram) -> None:
    version = fake.version
    assert await fake.changed(version, 0.02) == version
    waiting = asyncio.ensure_future(fake.changed(version, 5))
    await api.get_me()
    assert not waiting.done()
    await api.send_message(7, "<b>x</b>", reply_markup=keys("a"))
    assert await waiting > version
    version = fake.version
    an.tap("a")
    assert fake.version > version
    shown = fake.screen(an)
    assert shown["messages"][0]["html"] == "<b>x</b>"
    assert shown["messages"][0]["buttons"] == [[{"text": "a", "data": "act:a", "url": ""}]]
    assert shown["spinning"] == [{"message_id": 1, "data": "act:a"}]


async def test_waiting_fails_with_the_whole_chat(api: Bot, an: Phone, fake: FakeTelegram) -> None:
    await api.send_message(7, "khác", reply_markup=keys("Đã nhận"))
    with pytest.raises(AssertionError, match=r"(?s)khác.*Đã nhận"):
        await an.wait_for("không bao giờ", 0.02)
    with pytest.raises(TimeoutError):
        await fake.until(lambda: False, 0.02)
    assert await an.wait_for(lambda message: message.buttons) is an.last
    assert an.find("khác", after=an.last) is None


async def test_memory_of_calls_can_be_bounded() -> None:
    async with FakeTelegram({"1:A": "a_bot", "2:B": "b_bot"}, keep_calls=3) as fake, bot_of(fake, "2:B") as api:
        for _ in range(5):
            await api.get_me()
        assert len(fake.calls) == 3
        phone = fake.user(7, started=True, bot="b_bot")
        await api.send_message(7, "từ b")
        assert phone.with_bot("a_bot").messages == []
        assert phone is fake.user(7, bot="b_bot")
        assert fake.phones == [phone]


async def test_captured_calls_keep_telegrams_rules(api: Bot, an: Phone, fake: FakeTelegram) -> None:
    await api.set_my_commands([BotCommand(command="viec", description="Việc")])
    await api.send_message(
        7, "<b>Việc</b> &amp; hạn", reply_markup=keys("Đã nhận"), disable_notification=True,
        reply_parameters=ReplyParameters(message_id=an.send("x").message.id),
    )  # fmt: skip
    await api.send_document(7, BufferedInputFile(b"1", "a.pdf"), caption="<i>tệp</i>")
    await api.send_media_group(7, [InputMediaDocument(media=BufferedInputFile(b"1", "a.pdf"))] * 2)
    await api.edit_message_text("Đã xong", chat_id=7, message_id=an.received[0].id)
    await api.get_updates(allowed_updates=["message"], timeout=0)
    assert captured_problems(fake) == []

    with pytest.raises(TelegramBadRequest):
        await api.send_message(7, "x", reply_markup=keys("đ" * 40))
    await api.send_message(7, "A & B")
    with pytest.raises(TelegramBadRequest):
        await api.send_message(7, "<b>x")
    assert [problem.split(": ", 1)[0] for problem in captured_problems(fake)] == [
        "call 6 sendMessage", "call 7 sendMessage", "call 8 sendMessage"
    ]  # fmt: skip
