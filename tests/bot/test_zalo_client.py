"""The client of the Bot Platform against a server that behaves like the real one, and like a broken one."""

import logging
import traceback
from collections.abc import AsyncIterator, Callable

import pytest

from bot.channel import File, SendError, Text
from bot.simulator.zalo import FakeZalo
from bot.zalo.channel import LONGEST, fitting, told
from bot.zalo.client import Client

TOKEN = "700001:FIRST-TOKEN-OF-ZALO"
PAGE = "https://viec.example.vn"


@pytest.fixture(params=[False, True], ids=["envelope", "status"])
async def fake(request: pytest.FixtureRequest) -> AsyncIterator[FakeZalo]:
    """Errors come with HTTP 200 in the envelope, or with their own status."""
    async with FakeZalo(by_status=request.param) as server:
        yield server


@pytest.fixture
async def client(fake: FakeZalo) -> AsyncIterator[Client]:
    made = Client(TOKEN, fake.base_url, timeout_s=60)
    yield made
    await made.close()


@pytest.fixture
async def hasty(fake: FakeZalo) -> AsyncIterator[Client]:
    """The same, impatient: for calls that hang."""
    made = Client(TOKEN, fake.base_url, timeout_s=1)
    yield made
    await made.close()


async def refused(client: Client, chat: str, text: str = "Xin chào") -> SendError:
    with pytest.raises(SendError) as caught:
        await client.send(chat, text)
    return caught.value


async def test_it_says_who_it_is_speaks_and_hears(fake: FakeZalo, client: Client) -> None:
    me = await client.me()
    assert (me.id, me.name) == ("700001", "Giao việc 1")
    phone = fake.phone("an")
    assert await client.update(0) is None  # nobody said anything: 408
    phone.send("việc")
    event = await client.update(0)
    assert event is not None
    assert (event["event_name"], event["message"]["text"]) == ("message.text.received", "việc")
    assert await client.update(0) is None
    receipt = await client.send(phone.chat_id, "Không có việc nào")
    assert (phone.received[0].id, phone.words) == (receipt, ["Không có việc nào"])


async def test_a_bare_408_is_nothing_too(fake: FakeZalo, client: Client) -> None:
    fake.fail("getUpdates", 408, body="")
    assert await client.update(0) is None


@pytest.mark.parametrize(
    ("code", "words", "kind", "spent"),
    [
        (400, "Bad request: text", "message", False),
        (400, "Bad request: chat_id is wrong", "address", False),
        (401, "Unauthorized", "temporary", False),
        (403, "Internal server error", "temporary", False),
        (403, "", "temporary", False),
        (403, "Forbidden: the user does not take messages", "address", False),
        (404, "Not found", "address", False),
        (408, "Request timeout", "unknown", False),
        (413, "too long", "message", False),
        (429, "Quota exceeded", "temporary", True),
        (500, "", "temporary", False),
        (502, "Bad gateway", "temporary", False),
    ],
)
async def test_what_a_no_means(fake: FakeZalo, client: Client, code: int, words: str, kind: str, spent: bool) -> None:
    phone = fake.phone("an", started=True)
    fake.fail("sendMessage", code, words=words)
    error = await refused(client, phone.chat_id)
    assert (error.kind, error.spent) == (kind, spent)
    assert (error.retry_after_s is not None) == spent
    assert phone.words == []
    await client.send(phone.chat_id, "Xin chào")  # and the next one goes


async def test_a_bot_cannot_write_first_nor_to_who_blocked_it(fake: FakeZalo, client: Client) -> None:
    phone = fake.phone("an")
    assert (await refused(client, phone.chat_id)).kind == "address"
    phone.send("chào")
    await client.send(phone.chat_id, "Xin chào")
    phone.block()
    assert (await refused(client, phone.chat_id)).kind == "address"


async def test_a_no_about_the_chat_counts_only_while_the_bot_itself_is_well(fake: FakeZalo, client: Client) -> None:
    phone = fake.phone("an", started=True)
    fake.fail("*", 404, times=2)
    error = await refused(client, phone.chat_id)
    assert error.kind == "temporary"
    assert "the bot" in error.detail


@pytest.mark.parametrize(
    ("status", "kind"), [(404, "temporary"), (413, "message"), (502, "unknown"), (503, "temporary"), (200, "unknown")]
)
async def test_an_answer_that_is_not_zalos(fake: FakeZalo, client: Client, status: int, kind: str) -> None:
    fake.fail("sendMessage", status, body="<html>nginx</html>")
    assert (await refused(client, fake.phone("an", started=True).chat_id)).kind == kind


async def test_what_was_lost_on_the_way_is_in_doubt(fake: FakeZalo, hasty: Client) -> None:
    phone = fake.phone("an", started=True)
    fake.drop("sendMessage", after_effect=True)
    assert (await refused(hasty, phone.chat_id, "một")).kind == "unknown"
    fake.hang("sendMessage", 5.0)
    assert (await refused(hasty, phone.chat_id, "hai")).kind == "unknown"
    assert phone.words == ["một"]
    await fake.stop()
    assert (await refused(hasty, phone.chat_id, "ba")).kind == "temporary"


async def test_the_token_is_in_no_error_trace_or_log(
    fake: FakeZalo, hasty: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    phone, told = fake.phone("an", started=True), [repr(hasty)]
    faults: list[Callable[[], object]] = [
        lambda: fake.drop("sendMessage"),
        lambda: fake.hang("sendMessage", 5.0),
        lambda: fake.fail("sendMessage", 401),
        lambda: fake.fail("sendMessage", 502, body="<html>"),
        lambda: fake.fail("*", 404, times=2),
    ]
    for fault in faults:
        fault()
        error = await refused(hasty, phone.chat_id)
        told += [str(error), repr(error), "".join(traceback.format_exception(error))]
        chain: BaseException | None = error
        while chain is not None:
            told.append(repr(chain) + str(chain))
            chain = chain.__cause__ or chain.__context__
    await fake.stop()
    error = await refused(hasty, phone.chat_id)
    told += ["".join(traceback.format_exception(error)), caplog.text]
    assert "FIRST-TOKEN" not in "".join(told)


async def test_a_wrong_token_is_told(fake: FakeZalo) -> None:
    stranger = Client("700009:WRONG", fake.base_url)
    with pytest.raises(SendError) as caught:
        await stranger.me()
    assert (caught.value.kind, "401" in caught.value.detail) == ("temporary", True)
    await stranger.close()


async def test_webhook_and_polling_are_set(fake: FakeZalo, client: Client) -> None:
    await client.use_webhook("https://viec.example.vn/hooks/zalo/700001", "a-secret-of-zalo")
    assert fake.world.bot().webhook == ("https://viec.example.vn/hooks/zalo/700001", "a-secret-of-zalo")
    with pytest.raises(SendError, match="webhook is set"):
        await client.update(0)
    await client.use_polling()
    assert await client.update(0) is None
    # An address that does not answer is told by Zalo's own try.
    with pytest.raises(SendError, match="unreachable"):
        await client.use_webhook("http://127.0.0.1:9/hooks/zalo/700001", "a-secret-of-zalo")
    with pytest.raises(SendError, match="secret_token"):
        await client.use_webhook("https://viec.example.vn/", "short")


async def test_a_photo_is_fetched_within_its_limit(fake: FakeZalo, client: Client) -> None:
    url = fake.phone("an").photo(b"\xff\xd8\xff" + bytes(1000))["message"]["photo_url"]
    assert len(await client.download(url, 5000)) == 1003
    for wrong, most, kind in (
        (url, 500, "message"),
        (f"{url}x", 5000, "temporary"),
        ("http://10.0.0.1/x", 1, "message"),
    ):
        with pytest.raises(SendError) as caught:
            await client.download(wrong, most)
        assert caught.value.kind == kind
    assert File(url, "photo.jpg").size is None


def test_a_long_text_is_cut_at_a_line_and_leads_to_the_page() -> None:
    assert fitting("ngắn\n", PAGE) == "ngắn"
    assert fitting("", PAGE) == "…"
    assert fitting("x" * LONGEST, PAGE) == "x" * LONGEST
    long = "\n".join(f"{n}. Báo cáo số {n} 📎" for n in range(300))
    cut = fitting(long, PAGE)
    assert len(cut.encode("utf-16-le")) // 2 <= LONGEST
    assert cut.endswith(f"📎\n…\n➜ {PAGE}")
    assert long.startswith(cut.removesuffix(f"\n…\n➜ {PAGE}"))
    assert len(cut.encode("utf-16-le")) // 2 > LONGEST - 30
    one_line = fitting("📎" * 3000, PAGE)
    assert len(one_line.encode("utf-16-le")) // 2 <= LONGEST
    assert one_line.endswith(f"📎\n…\n➜ {PAGE}")


def test_what_can_be_typed_is_never_what_is_cut() -> None:
    commands = "Trả lời: 1 nhận · 1 xong …"
    assert fitting(f"ngắn\n\n{commands}", PAGE, commands) == f"ngắn\n\n{commands}"
    for long in ("\n".join(f"dòng {n} 📎" for n in range(300)), f"Việc mới\n{'x' * 3000}"):
        cut = fitting(f"{long}\n\n{commands}", PAGE, commands)
        assert len(cut.encode("utf-16-le")) // 2 <= LONGEST
        assert cut.endswith(f"\n…\n➜ {PAGE}\n\n{commands}")
        assert long.startswith(cut.partition("\n…\n")[0])
        assert len(cut) > LONGEST - 200
    choices = " · ".join(f"{letter} = {'Việc dài ' * 40}" for letter in "abcdef")
    cut = fitting(f"Việc nào?\n\n{choices}", PAGE, choices)
    assert cut.startswith(f"Việc nào?\n…\n➜ {PAGE}\n\na = Việc dài")
    assert cut.endswith("…")


def test_a_list_has_codes_and_no_addresses() -> None:
    link = f'<a href="{PAGE}/tasks/CV26-%06d">CV26-%06d</a>'
    one = Text(f"<b>Việc</b> {link % (1, 1)} &amp; hạn")
    assert told(one) == f"Việc CV26-000001 ({PAGE}/tasks/CV26-000001) & hạn"
    more = f'Còn nữa: <a href="{PAGE}">{PAGE}</a>'
    several = Text("\n".join([*(f"{n}. {link % (n, n)}" for n in (1, 2, 3)), more]))
    assert told(several) == f"1. CV26-000001\n2. CV26-000002\n3. CV26-000003\nCòn nữa: {PAGE}"
