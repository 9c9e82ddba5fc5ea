"""HR's printed sheet of linking codes: who gets a slip, what it opens, and the three guesses at the end of the phone."""

import asyncio
import re
from datetime import timedelta
from typing import Any

import pytest

from backend import channel_use
from backend.auth import link_phone, link_sheets, linking, service, throttle
from backend.auth.linking import TELEGRAM_NAME, PhoneNeeded
from backend.channel_use import Bot
from backend.errors import AppError, Conflict, Forbidden, InvalidFields, NotFound
from backend.kit import state
from backend.kit.db import Sql
from backend.models import ChatLink, LinkCode, Person
from tests.apps import app_of
from tests.backend.auth_office import audit_of
from tests.backend.web_browser import Browser, text_of
from tests.bot.bot_room import link
from tests.cast import Cast
from tests.fakes import FakeClock

pytestmark = pytest.mark.usefixtures("db")

#: The end of An's number in the cast: +84900000008.
RIGHT, WRONG = "0008", "1234"


async def code_for(cast: Cast, handle: str = "an") -> str:
    sheet = await link_sheets.for_people(await cast.actor("hr"), [handle])
    return sheet.slips[0].code


async def brought(cast: Cast, address: str = "777", channel: str = "telegram", handle: str = "an") -> str:
    """The hash that is asked about after a chat brought a printed code."""
    found = await service.redeem(channel, address, await code_for(cast, handle))
    assert isinstance(found, PhoneNeeded)
    return found.code


async def refused(answer: Any) -> str:
    with pytest.raises(AppError) as error:
        await answer
    return error.value.code


async def test_a_slip_for_each_is_good_for_seven_days_and_audited_once(cast: Cast, clock: FakeClock) -> None:
    await state.put(TELEGRAM_NAME, "phuong_bot")
    sheet = await link_sheets.for_people(await cast.actor("hr"), ["an", "binh", "an"])
    assert [(slip.handle, slip.title, slip.unit) for slip in sheet.slips] == [
        ("binh", "Chuyên viên", "Phòng Tư pháp"),
        ("an", "Chuyên viên", "Phòng Tư pháp"),
    ]
    first = sheet.slips[1]
    assert first.expires_at == clock() + timedelta(days=7)
    assert first.telegram_url == f"https://t.me/phuong_bot?start={first.code}"
    assert first.zalo_bot is None
    kept = await LinkCode.get(person_id=cast.an.id)
    assert kept.asks_phone
    assert first.code not in kept.code_hash
    made = await audit_of("auth.chat_code_made")
    assert sorted(row["object_id"] for row in made) == sorted([cast.an.id, cast.binh.id])
    assert first.code not in str(made)


async def test_whoever_has_no_phone_is_left_out_and_named(cast: Cast) -> None:
    await Person.filter(id=cast.an.id).update(phone=None)
    sheet = await link_sheets.for_people(await cast.actor("hr"), ["an", "binh"])
    assert [slip.handle for slip in sheet.slips] == ["binh"]
    assert [(one.handle, one.why) for one in sheet.left_out] == [("an", "no_phone")]
    assert await LinkCode.all().count() == 1


async def test_everybody_of_a_unit_without_a_chat(cast: Cast, clock: FakeClock) -> None:
    hr = await cast.actor("hr")
    await link(cast.binh, "5")
    assert [slip.handle for slip in (await link_sheets.for_unlinked(hr, "tuphap")).slips] == ["head", "an"]
    await Person.filter(id=cast.an.id).update(until_on=clock().date() - timedelta(days=1))
    assert [slip.handle for slip in (await link_sheets.for_unlinked(hr, "tuphap")).slips] == ["head"]
    everybody = await link_sheets.for_unlinked(hr)
    assert {"chair", "cuong", "hr"} <= {slip.handle for slip in everybody.slips}
    assert [(one.handle, one.why) for one in everybody.left_out] == [("admin", "beyond")]
    assert "stranger" not in str(everybody)
    for unit in ("other", "no-such-unit"):
        with pytest.raises(NotFound):
            await link_sheets.for_unlinked(hr, unit)


async def test_one_beyond_the_askers_power_and_nobody_gets_a_slip(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    hr = await cast.actor("hr")
    with pytest.raises(NotFound):
        await link_sheets.for_people(hr, ["an", "stranger"])
    with pytest.raises(NotFound):
        await link_sheets.for_people(hr, ["an", "nobody"])
    with pytest.raises(Forbidden):
        await link_sheets.for_people(hr, ["an", "admin"])
    with pytest.raises(NotFound):
        await link_sheets.for_people(await cast.actor("head"), ["an"])
    with pytest.raises(InvalidFields):
        await link_sheets.for_people(hr, [])
    monkeypatch.setattr(link_sheets, "MOST", 3)
    with pytest.raises(InvalidFields):
        await link_sheets.for_unlinked(hr)
    await Person.filter(id=cast.an.id).update(until_on="2026-11-01")
    with pytest.raises(NotFound):
        await link_sheets.for_people(hr, ["an"])
    assert await LinkCode.all().count() == 0


async def test_no_more_slips_name_a_zalo_bot_than_it_has_room_for(cast: Cast) -> None:
    await channel_use.put_bots("zalo", [Bot("700001", "Một", 2), Bot("700002", "Hai", 1)])
    await link(cast.people["chair"], "700001:a", "zalo")
    sheet = await link_sheets.for_people(await cast.actor("hr"), ["an", "binh", "head"])
    assert sorted(str(slip.zalo_bot) for slip in sheet.slips) == ["Hai", "Một", "None"]


async def test_the_end_of_the_phone_links_and_the_code_is_used(cast: Cast) -> None:
    hashed = await brought(cast)
    assert await service.person_of("telegram", "777") is None
    assert await link_phone.answer("telegram", "777", hashed, RIGHT) == cast.an.id
    assert await service.person_of("telegram", "777") == cast.an.id
    assert await link_phone.answer("telegram", "777", hashed, RIGHT) == cast.an.id  # the same message once more
    assert await refused(link_phone.answer("telegram", "888", hashed, RIGHT)) == "link_sheet_over"


async def test_a_newer_code_of_either_sort_voids_the_last(cast: Cast) -> None:
    an = await cast.actor("an")
    printed = await code_for(cast)
    own, _ = await service.make_code(an)
    assert await refused(service.redeem("telegram", "1", printed)) == "link_code_wrong"
    hashed = await brought(cast, "2")
    assert await refused(service.redeem("telegram", "3", own)) == "link_code_wrong"
    own, _ = await service.make_code(an)
    assert await refused(link_phone.answer("telegram", "2", hashed, RIGHT)) == "link_sheet_over"
    assert await service.redeem("telegram", "3", own) == cast.an.id


async def test_three_wrong_answers_void_the_code_from_whichever_chats(cast: Cast) -> None:
    hashed = await brought(cast)
    with pytest.raises(Conflict) as error:
        await link_phone.answer("telegram", "777", hashed, WRONG)
    assert (error.value.code, error.value.params) == ("link_phone_wrong", {"n": 2})
    assert await refused(link_phone.answer("telegram", "888", hashed, WRONG)) == "link_phone_wrong"
    assert await refused(link_phone.answer("zalo", "999", hashed, WRONG)) == "link_sheet_void"
    assert await refused(link_phone.answer("telegram", "777", hashed, RIGHT)) == "link_sheet_over"
    assert [row["object_id"] for row in await audit_of("auth.chat_code_void")] == [cast.an.id]
    assert await ChatLink.all().count() == 0


async def test_answers_sent_at_once_are_all_counted(cast: Cast) -> None:
    hashed = await brought(cast)
    done = await asyncio.gather(
        *(link_phone.answer("telegram", str(chat), hashed, f"{chat:04d}") for chat in range(100, 112)),
        return_exceptions=True,
    )
    assert [getattr(error, "code", "") for error in done].count("link_phone_wrong") == 2
    assert (await LinkCode.get(person_id=cast.an.id)).used_at is not None
    assert await ChatLink.all().count() == 0


async def test_wrong_answers_are_remembered_as_long_as_the_code(cast: Cast, clock: FakeClock) -> None:
    hashed = await brought(cast)
    for days in (0, 3):
        clock.move(days=days)
        await service.prune()
        assert await refused(link_phone.answer("telegram", "777", hashed, WRONG)) == "link_phone_wrong"
    clock.move(days=3)
    await service.prune()
    assert await refused(link_phone.answer("telegram", "777", hashed, WRONG)) == "link_sheet_void"
    clock.move(days=9)
    await service.prune()
    assert await Sql().rows("select key from throttle") == []


async def test_a_code_that_ran_out_while_it_was_asked_links_nothing(cast: Cast, clock: FakeClock) -> None:
    hashed = await brought(cast)
    clock.move(days=7)
    assert await refused(link_phone.answer("telegram", "777", hashed, RIGHT)) == "link_sheet_over"


async def test_without_a_phone_number_nobody_is_let_in(cast: Cast) -> None:
    code = await code_for(cast)
    found = await service.redeem("telegram", "777", code)
    assert isinstance(found, PhoneNeeded)
    await Person.filter(id=cast.an.id).update(phone=None)
    for digits in ("", "None", RIGHT):
        assert await refused(link_phone.answer("telegram", "777", found.code, digits)) == "link_code_no_phone"
    assert await refused(service.redeem("telegram", "777", code)) == "link_code_no_phone"
    assert await ChatLink.all().count() == 0


async def test_nothing_is_linked_when_the_limiter_fails(cast: Cast) -> None:
    hashed = await brought(cast)
    await Sql().run("drop table throttle")
    with pytest.raises(AppError) as error:
        await link_phone.answer("telegram", "777", hashed, RIGHT)
    assert (error.value.status, error.value.code) == (503, "limiter_down")
    assert await ChatLink.all().count() == 0


async def test_one_chat_guesses_no_faster_at_many_codes(cast: Cast) -> None:
    hashed = [await brought(cast, f"own {handle}", handle=handle) for handle in ("an", "binh", "head")]
    told = [await refused(link_phone.answer("telegram", "666", code, WRONG)) for code in (*hashed, *hashed)]
    assert told == ["link_phone_wrong"] * throttle.CHAT.free + ["too_many_guesses"]


async def test_a_bot_that_fills_up_meanwhile_keeps_the_code_good(cast: Cast) -> None:
    await channel_use.put_bots("zalo", [Bot("700001", "Một", 1), Bot("700002", "Hai", 1)])
    code = await code_for(cast)
    found = await service.redeem("zalo", "700001:an", code)
    assert isinstance(found, PhoneNeeded)
    await link(cast.binh, "700001:b", "zalo")
    for _ in range(link_phone.MOST_WRONG + 1):  # the right number is no guess
        assert await refused(link_phone.answer("zalo", "700001:an", found.code, RIGHT)) == "chat_bot_full"
    assert await refused(service.redeem("zalo", "700001:an", code)) == "chat_bot_full"
    assert await service.redeem("zalo", "700002:an", code) == found
    assert await link_phone.answer("zalo", "700002:an", found.code, RIGHT) == cast.an.id


async def test_a_code_of_somebody_who_left_links_nothing(cast: Cast, clock: FakeClock) -> None:
    hashed = await brought(cast)
    await Person.filter(id=cast.an.id).update(until_on=clock().date() - timedelta(days=1))
    assert await refused(link_phone.answer("telegram", "777", hashed, RIGHT)) == "link_sheet_over"
    assert await linking.person_of("telegram", "777") is None


async def test_sheets_over_http(settings: Any, cast: Cast) -> None:
    app, path = app_of(settings), "/api/people/chat-links/sheet"
    async with cast.client(app, "hr") as hr, cast.client(app, "head") as head:
        answer = await hr.post(path, json={"people": ["an"]})
        assert answer.status_code == 201
        assert answer.headers["cache-control"] == "no-store"
        [slip] = answer.json()["slips"]
        assert (slip["name"], len(slip["code"])) == ("Nguyễn Văn An", 8)
        assert len((await hr.post(path, json={"unit": "tuphap"})).json()["slips"]) == 3
        assert (await hr.post(path, json={})).json()["left_out"][0]["why"] == "beyond"
        assert (await hr.post(path, json={"people": ["stranger"]})).status_code == 404
        assert (await hr.post(path, json={"unit": "other"})).status_code == 404
        assert (await hr.post(path, json={"people": ["an"] * 300})).status_code == 201
        assert (await hr.post(path, json={"people": [str(n) for n in range(300)]})).status_code == 422
        assert (await head.post(path, json={})).status_code == 403


async def test_hr_prints_linking_slips(app: Any, cast: Cast) -> None:
    await channel_use.put_bots("zalo", [Bot("700001", "Giao việc 1", 50)])
    await Person.filter(id=cast.binh.id).update(phone=None)
    async with await Browser(app).sign_in(cast, "hr") as hr:
        assert "Không nhận được tin" in await hr.get("/people?unit=tuphap")
        hidden = hr.hidden("/people/chat-sheet")
        assert hidden["unit"] == "tuphap"
        answer = await hr.client.post("/people/chat-sheet", data=hidden)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        words = text_of(answer.text)
        assert len(re.findall(r'class="big-code">[0-9A-Z]{8}<', answer.text)) == 2
        assert "Nguyễn Văn An Chuyên viên · Phòng Tư pháp" in words
        assert "tìm bot Giao việc 1 và gửi mã này" in words
        assert "4 số cuối điện thoại" in words
        assert "chưa có số điện thoại trong hồ sơ" in words
        assert "đến 08:00 thứ Hai 30/11/2026" in words
        assert "<svg role" not in answer.text
        await state.put(TELEGRAM_NAME, "phuong_bot")
        await hr.get("/people")
        page = await hr.post("/people/chat-sheet", {**hr.hidden("/people/sheets"), "unlinked": "1"}, 200)
        assert "bot @phuong_bot" in page
        assert page.count('<svg role="img"') == page.count('class="big-code"') > 5


async def test_a_refused_sheet_shows_why_and_nothing_is_made(app: Any, cast: Cast) -> None:
    async with await Browser(app).sign_in(cast, "hr") as hr:
        await hr.get("/people")
        csrf = hr.csrf()
        answer = await hr.client.post("/people/chat-sheet", data=csrf)
        assert (answer.status_code, "từ một đến 200 người" in text_of(answer.text)) == (422, True)
        answer = await hr.client.post("/people/chat-sheet", data={**csrf, "person": ["an", "stranger"]})
        assert (answer.status_code, 'value="an" checked' in answer.text) == (404, True)
        await link(cast.an, "1")
        await link(cast.binh, "2")
        await link(cast.people["head"], "3")
        answer = await hr.client.post("/people/chat-sheet", data={**csrf, "unlinked": "1", "unit": "tuphap"})
        assert "Không có phiếu nào để in." in answer.text
        answer = await hr.client.post("/people/chat-sheet", data={**csrf, "person": ["cuong"]})
        assert "Chưa có bot Telegram hay Zalo nào chạy" in answer.text
    async with await Browser(app).sign_in(cast, "an") as an:
        await an.get("/me")
        await an.post("/people/chat-sheet", {"person": "binh"}, 403)
    assert await LinkCode.all().count() == 1
