"""A printed code in a chat, asked for the end of the phone; chats that were blocked or moved, and who hears of it."""

from typing import Any

import pytest

from backend.auth import link_sheets, linking, lost_chats
from backend.channel_use import Bot, put_bots
from backend.kit.db import Sql
from backend.models import ChatLink, ChatPrompt, LinkCode, OutboxNotice, Person
from backend.settings import Settings
from bot import addresses
from bot.channel import SendError
from tests.backend.auth_office import audit_of
from tests.bot.bot_room import Wall, link, moved, put, sender_on
from tests.bot.conftest import Office
from tests.bot.zalo_room import zalo_office
from tests.cast import Cast
from tests.fakes import FakeClock

ASKED = "Để chắc là đúng người: 4 số cuối điện thoại của anh/chị?"
#: The end of An's number in the cast: +84900000008.
RIGHT, WRONG = "0008", "1234"


async def printed(cast: Cast, handle: str = "an") -> str:
    return (await link_sheets.for_people(await cast.actor("hr"), [handle])).slips[0].code


async def whose(address: object, channel: str = "telegram") -> int | None:
    return await linking.person_of(channel, str(address))


async def test_a_deep_link_from_the_sheet_asks_for_the_phone_and_links(office: Office) -> None:
    phone = await office.phone("an", linked=False)
    task = await office.assign()
    phone.start(await printed(office.cast))
    await office.turn()
    assert [message.text for message in phone.received] == [ASKED]
    assert await whose(phone.id) is None
    phone.send(f" {RIGHT[:2]} {RIGHT[2:]} ")
    await office.turn()
    assert await whose(phone.id) == office.cast.an.id
    assert "chào Nguyễn Văn An" in phone.received[1].text
    assert task.code in phone.received[2].text
    phone.send(RIGHT)  # later it is only a number
    await office.turn()
    assert "chào" not in phone.last.text


async def test_nothing_tells_whose_code_it_is_before_the_digits_are_right(office: Office) -> None:
    phone = office.fake.user(7, "Khách", language_code="en")
    phone.start(await printed(office.cast))
    phone.send("who is this code of?")
    phone.send("12345")
    phone.send(WRONG)
    await office.turn()
    words = [message.text for message in phone.received]
    assert "last 4 digits of your phone" in words[0]
    assert words[1] == words[2]
    assert "the last 4 digits of the phone number that the office has" in words[1]
    assert "tries left: 2" in words[3]
    assert "An" not in " ".join(words).replace("another", "")
    phone.send(RIGHT)
    await office.turn()
    assert "chào Nguyễn Văn An" in phone.received[4].text  # from now on in the person's own language


async def test_after_three_wrong_answers_the_code_is_void(office: Office) -> None:
    phone, other = office.fake.user(7, "Một"), office.fake.user(8, "Hai")
    code = await printed(office.cast)
    for one in (phone, other):
        one.start(code)
    phone.send(WRONG)
    await office.turn()
    other.send(WRONG)
    await office.turn()
    assert "còn 1 lần" in other.last.text
    phone.send(WRONG)
    await office.turn()
    assert "mã này đã bị hủy" in phone.last.text
    other.send(RIGHT)
    await office.turn()
    assert "không còn dùng được" in other.last.text
    other.send(RIGHT)  # nothing is asked any more
    phone.start(code)
    await office.turn()
    assert "chưa liên kết" in other.last.text
    assert "Mã liên kết không đúng" in phone.last.text
    assert await ChatLink.all().count() == 0


async def test_a_code_that_ran_out_or_was_replaced_while_it_was_asked(office: Office, clock: FakeClock) -> None:
    phone = await office.phone("an", linked=False)
    phone.start(await printed(office.cast))
    await office.turn()
    await linking.make_code(await office.cast.actor("an"))
    phone.send(RIGHT)
    await office.turn()
    assert "đã có mã mới thay" in phone.last.text
    clock.move(days=7)
    phone.start(await printed(office.cast))
    await office.turn()
    clock.move(minutes=31)
    phone.send(RIGHT)  # too long after the question to be an answer
    await office.turn()
    assert "chưa liên kết" in phone.last.text
    assert await ChatLink.all().count() == 0


async def test_the_question_outlives_the_bot_and_is_asked_in_each_chat(office: Office, settings: Settings) -> None:
    phone = await office.phone("an", linked=False)
    phone.start(await printed(office.cast))
    await office.turn()
    kept = await ChatPrompt.get(act="phone")
    assert (kept.task_id, kept.answered_at) == (None, None)  # type: ignore[attr-defined]
    from bot.inbound import Inbound

    office.inbox._inbound = Inbound(settings)  # another replica has nothing in its head
    phone.send(RIGHT, phone.last)
    await office.turn()
    assert await whose(phone.id) == office.cast.an.id
    assert (await ChatPrompt.get(id=kept.id)).answered_at is not None


async def test_a_phone_number_that_was_erased_meanwhile_lets_nobody_in(office: Office) -> None:
    phone = await office.phone("an", linked=False)
    code = await printed(office.cast)
    phone.start(code)
    await office.turn()
    await Person.filter(id=office.cast.an.id).update(phone=None)
    phone.send(RIGHT)
    phone.start(code)
    await office.turn()
    assert [("chưa có số điện thoại" in message.text) for message in phone.received] == [False, True, True]
    assert await ChatLink.all().count() == 0


async def test_answers_are_refused_when_they_cannot_be_counted(office: Office) -> None:
    phone = await office.phone("an", linked=False)
    phone.start(await printed(office.cast))
    await office.turn()
    await Sql().run("drop table throttle")
    phone.send(RIGHT)
    await office.turn()
    assert "Tạm thời chưa kiểm tra được" in phone.last.text
    assert await ChatLink.all().count() == 0


async def test_a_chat_of_somebody_else_is_asked_too(office: Office) -> None:
    phone = await office.phone("binh")
    phone.start(await printed(office.cast))
    await office.turn()
    assert phone.last.text == ASKED
    phone.send("việc")  # a command is still a command
    await office.turn()
    assert await whose(phone.id) == office.cast.binh.id
    phone.send(WRONG)
    phone.send(RIGHT)
    await office.turn()
    assert await whose(phone.id) == office.cast.an.id
    phone.send(RIGHT)
    await office.turn()
    assert "không còn dùng được" not in phone.last.text


async def test_a_code_alone_is_understood_in_a_linked_chat(office: Office) -> None:
    phone = await office.phone("binh")
    code = await printed(office.cast)
    phone.send(f"{code[:4]}-{code[4:]}".lower())
    await office.turn()
    assert phone.last.text == ASKED
    phone.send("baocao12")
    phone.send(f"/start {code}")
    phone.send(RIGHT)
    await office.turn()
    assert await whose(phone.id) == office.cast.an.id


async def test_a_wrong_code_in_a_linked_chat_is_refused(office: Office) -> None:
    phone = await office.phone("binh")
    phone.send("ABCD2345")
    await office.turn()
    assert "Mã liên kết không đúng" in phone.last.text
    assert await whose(phone.id) == office.cast.binh.id


async def test_the_same_on_zalo(db: None, cast: Cast, settings: Settings) -> None:
    async with zalo_office(cast, settings) as office:
        phone, other = await office.phone("an", linked=False), await office.phone("binh", bot="700002")
        code = await printed(cast)
        phone.send(code)
        await office.turn()
        assert phone.words == [ASKED]
        phone.send(WRONG)
        await office.turn()
        assert "còn 2 lần" in phone.words[-1]
        phone.send(RIGHT)
        await office.turn()
        assert await whose(phone.address, "zalo") == cast.an.id
        other.send(f"/start {await printed(cast)}")  # a new phone, which was a colleague's
        other.send(RIGHT)
        await office.turn()
        assert await whose(other.address, "zalo") == cast.an.id
        assert await whose(phone.address, "zalo") is None
        assert "chào Nguyễn Văn An" in " ".join(other.words)


async def test_a_full_zalo_bot_says_where_there_is_room_before_it_asks(
    db: None, cast: Cast, settings: Settings
) -> None:
    async with zalo_office(cast, settings, users=1) as office:
        await office.phone("binh")
        phone = await office.phone("an", linked=False)
        phone.send(await printed(cast))
        await office.turn()
        assert "Giao việc 2" in phone.words[-1]
        assert ASKED not in phone.words
        assert (await LinkCode.get(person_id=cast.an.id)).used_at is None


# Chats that were lost.


async def told(handle_id: int) -> list[dict[str, Any]]:
    rows = await OutboxNotice.filter(kind="ChatLost", person_id=handle_id).order_by("id")
    return [{name: row.payload.get(name, "") for name in ("channel", "reason", "person")} for row in rows]


async def test_who_blocked_the_bot_hears_of_it_elsewhere_and_so_do_hr(office: Office) -> None:
    cast = office.cast
    phone, hr = await office.phone("an"), await office.phone("hr")
    mail = Wall("email", edits=False)
    office.sender.open(mail)
    phone.block()
    await office.turn()
    assert await whose(phone.id) is None
    assert "Nguyễn Văn An không còn nhận được tin qua Telegram (bot đã bị chặn)" in hr.last.text
    assert f"{office.settings.url}/people" in hr.last.text
    [(address, text)] = mail.said
    assert address == cast.an.email
    assert "Chat Telegram của anh/chị không nhận được tin nữa" in text.plain
    assert f"{office.settings.url}/me" in text.plain
    for _ in range(3):  # on and off the same day: once is enough
        phone.start((await linking.make_code(await cast.actor("an")))[0])
        await office.turn()
        phone.block()
        await office.turn()
    assert len(await told(cast.an.id)) == len(await told(cast.people["hr"].id)) == 1


async def test_the_next_day_it_is_said_again(cast: Cast, db: None, clock: FakeClock) -> None:
    for _ in range(2):
        await link(cast.an, "1")
        await linking.end_link("telegram", "1", "Forbidden: bot was blocked by the user")
        clock.move(days=1)
    assert await told(cast.an.id) == [{"channel": "telegram", "reason": "blocked", "person": ""}] * 2


async def test_a_refusal_while_sending_is_told_and_without_another_way_only_to_hr(cast: Cast, db: None) -> None:
    await link(cast.an, "1")
    await link(cast.people["hr"], "2")
    await put(moved(), cast.an)
    chat = Wall()
    chat.errors = [SendError("address", "Bad Request: chat not found")]
    sender = sender_on(chat)
    await sender.drain_once()
    await sender.drain_once()
    [(address, text)] = chat.said
    assert address == "2"
    assert "Nguyễn Văn An" in text.plain
    assert "cuộc trò chuyện không còn" in text.plain
    assert (await OutboxNotice.get(kind="ChatLost", person_id=cast.an.id)).status == "muted"


async def test_letting_go_oneself_is_no_loss(cast: Cast, db: None) -> None:
    await link(cast.an, "1")
    assert await linking.unlink(await cast.actor("an"), "telegram")
    assert not await linking.end_link("telegram", "1", "blocked")
    assert await OutboxNotice.filter(kind="ChatLost").count() == 0


async def test_hrs_own_loss_is_told_to_the_admins(cast: Cast, db: None) -> None:
    await link(cast.people["hr"], "2")
    await linking.end_link("telegram", "2", "user is deactivated")
    assert [row["reason"] for row in await told(cast.people["admin"].id)] == ["gone"]
    assert await OutboxNotice.filter(kind="ChatLost").count() == 2
    assert lost_chats.why("Forbidden: something new") == "refused"


async def test_a_moved_chat_is_followed_in_silence(cast: Cast, db: None) -> None:
    await link(cast.an, "-5")
    await addresses.move("telegram", "-5", "-1005")
    await addresses.move("telegram", "-5", "-1006")  # nobody is there any more
    assert await whose("-1005") == cast.an.id
    assert [row["object_id"] for row in await audit_of("auth.chat_moved")] == [cast.an.id]
    assert await OutboxNotice.filter(kind="ChatLost").count() == 0


async def test_a_chat_that_moved_where_another_is_cannot_be_followed(cast: Cast, db: None) -> None:
    await link(cast.an, "-5")
    await link(cast.binh, "-1005")
    await addresses.move("telegram", "-5", "-1005")
    assert await whose("-5") is None
    assert await whose("-1005") == cast.binh.id
    assert (await ChatLink.get(person_id=cast.an.id)).end_reason == "moved"
    assert await told(cast.an.id) == [{"channel": "telegram", "reason": "moved", "person": ""}]
    assert [row["person"] for row in await told(cast.people["hr"].id)] == ["Nguyễn Văn An"]


@pytest.mark.parametrize("locale", ["vi", "en"])
async def test_the_people_page_shows_who_has_a_chat(app: Any, cast: Cast, locale: str) -> None:
    from tests.backend.web_browser import Browser, text_of

    await put_bots("zalo", [Bot("700001", "Giao việc 1")])
    await link(cast.an, "1")
    async with await Browser(app, locale).sign_in(cast, "hr") as hr:
        await Person.filter(id=cast.people["hr"].id).update(locale=locale)
        await hr.get("/people?q=nguyen")
        [an] = [line for line in hr.page.split("<li>") if "@an" in line]
        [binh] = [line for line in hr.page.split("<li>") if "@binh" in line]
        linked = {"vi": "Đã nối chat", "en": "Chat linked"}[locale]
        assert (linked in text_of(an), linked in text_of(binh)) == (True, False)
