"""A chat that somebody else links to their own account: its former owner hears of it elsewhere, and HR who has it now."""

import re

import pytest

from backend.auth import linking, lost_chats
from backend.domain.notices import ChatLost
from backend.models import OutboxNotice, Person
from bot.render import render
from bot.words import Voice
from tests.bot.bot_room import Wall, link, sender_on
from tests.bot.conftest import Office
from tests.cast import Cast
from tests.fakes import FakeClock


async def taken(cast: Cast, by: str, address: str) -> None:
    """The chat at ``address`` brings a code of this person."""
    code, _ = await linking.make_code(await cast.actor(by))
    await linking.redeem("telegram", address, code)


async def told(person_id: int) -> list[tuple[str, str, str]]:
    rows = await OutboxNotice.filter(kind="ChatLost", person_id=person_id).order_by("id")
    return [(row.payload["reason"], row.payload.get("person", ""), row.payload.get("new_owner", "")) for row in rows]


async def test_the_former_owner_hears_of_it_elsewhere_and_so_do_hr(office: Office) -> None:
    cast = office.cast
    phone, hr = await office.phone("an"), await office.phone("hr")
    mail = Wall("email", edits=False)
    office.sender.open(mail)
    phone.start((await linking.make_code(await cast.actor("binh")))[0])
    await office.turn()
    assert await linking.person_of("telegram", str(phone.id)) == cast.binh.id
    [(address, text)] = mail.said
    assert address == cast.an.email
    assert "Chat Telegram của anh/chị vừa được nối vào tài khoản của người khác" in text.plain
    assert f"{office.settings.url}/me" in text.plain
    assert "Bình" not in text.plain, "whose account it is, is for HR to know"
    assert "Chat Telegram của Nguyễn Văn An vừa được nối vào tài khoản của Nguyễn Thị Bình" in hr.last.text
    assert f"{office.settings.url}/people" in hr.last.text
    # The chat itself says nothing of it to whoever holds it now.
    assert not [message for message in phone.received if "tài khoản của người khác" in message.text]


async def test_every_new_owner_is_told_of_once_a_day(cast: Cast, db: None, clock: FakeClock) -> None:
    await link(cast.an, "7")
    await taken(cast, "binh", "7")
    await taken(cast, "an", "7")
    await taken(cast, "binh", "7")
    await taken(cast, "an", "7")
    await taken(cast, "cuong", "7")
    assert await told(cast.an.id) == [("taken_over", "", "")] * 2
    names = [
        ("taken_over", cast.an.full_name, cast.binh.full_name),
        ("taken_over", cast.binh.full_name, cast.an.full_name),
    ]
    names.append(("taken_over", cast.an.full_name, cast.people["cuong"].full_name))
    assert await told(cast.people["hr"].id) == names
    clock.move(days=1)
    await taken(cast, "an", "7")
    await taken(cast, "cuong", "7")
    assert len(await told(cast.an.id)) == 3


async def test_a_block_and_a_takeover_of_one_day_are_both_told(cast: Cast, db: None) -> None:
    await link(cast.an, "7")
    await linking.end_link("telegram", "7", "Forbidden: bot was blocked by the user")
    await link(cast.an, "8")
    await taken(cast, "binh", "8")
    assert [reason for reason, _, _ in await told(cast.an.id)] == ["blocked", lost_chats.TAKEN_OVER]


async def test_ones_own_new_chat_is_told_to_oneself_on_another_channel(cast: Cast, db: None) -> None:
    """Whoever got hold of a code of somebody's must not be the only one to hear of it."""
    await link(cast.an, "7")
    await taken(cast, "an", "8")
    await taken(cast, "an", "8")  # it is there already
    assert await told(cast.an.id) == [(lost_chats.REPLACED, "", "")]
    assert await OutboxNotice.filter(kind="ChatLost").count() == 1, "HR hear nothing of new phones"
    chat, mail = Wall(), Wall("email", edits=False)
    await sender_on(chat, mail).drain_once()
    assert [address for address, _ in chat.said] == ["8"], "that it was linked"
    [(address, text)] = mail.said
    assert address == cast.an.email
    assert "Tin gửi anh/chị qua Telegram từ nay vào một chat khác" in text.plain


async def test_without_another_channel_the_new_chat_is_not_told_of_itself(cast: Cast, db: None) -> None:
    await link(cast.an, "7")
    await taken(cast, "an", "8")
    chat = Wall()
    await sender_on(chat).drain_once()
    row = await OutboxNotice.get(kind="ChatLost")
    assert (row.status, row.problem) == ("muted", "no way left after telegram")
    assert len(chat.said) == 1


async def test_a_first_chat_takes_nobodys_place(cast: Cast, db: None) -> None:
    await taken(cast, "an", "7")
    await link(cast.an, "9", "zalo")
    await linking.unlink(await cast.actor("an"), "telegram")
    await taken(cast, "an", "8")
    assert await OutboxNotice.filter(kind="ChatLost").count() == 0


async def test_whoever_has_no_other_way_is_not_reached_and_hr_are(cast: Cast, db: None) -> None:
    await Person.filter(id=cast.an.id).update(email=None)
    await link(cast.an, "7")
    await link(cast.people["hr"], "2")
    await taken(cast, "binh", "7")
    chat = Wall()
    await sender_on(chat).drain_once()
    assert (await OutboxNotice.get(kind="ChatLost", person_id=cast.an.id)).status == "muted"
    assert "Nguyễn Văn An" in " ".join(text.plain for address, text in chat.said if address == "2")
    assert not [text for address, text in chat.said if address == "7" and "người khác" in text.plain]


@pytest.mark.one_database
@pytest.mark.parametrize("locale", ["vi", "en"])
def test_in_both_languages(locale: str) -> None:
    voice = Voice(locale, "https://gv.example", "Asia/Ho_Chi_Minh")
    own = render(ChatLost("zalo", lost_chats.TAKEN_OVER), voice).plain
    new = render(ChatLost("zalo", lost_chats.REPLACED), voice).plain
    hr = render(ChatLost("zalo", lost_chats.TAKEN_OVER, "<An>", "Le & Co"), voice)
    assert ("Chat Zalo" if locale == "vi" else "Your Zalo chat") in own
    assert "https://gv.example/me" in own
    assert ("qua Zalo" if locale == "vi" else "on Zalo") in new
    assert "https://gv.example/me" in new
    assert "&lt;An&gt;" in hr.html
    assert "<An>" in hr.plain
    assert "Le & Co" in hr.plain
    if locale == "en":
        assert re.findall(r"[^\x00-\x7f]", own + new + hr.plain) == []
