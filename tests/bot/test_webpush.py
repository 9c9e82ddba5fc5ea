"""Notifications to browsers: a real push over HTTPS, encrypted and signed, and what each answer means."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from email.utils import format_datetime

import msgspec
import pytest

from backend.auth import push
from backend.auth.push_keys import push_keys
from backend.domain.notices import DueMoved, TaskAssigned
from backend.kit import clock as times
from backend.models import DeliveryAttempt, OutboxNotice, Person, PushSubscription
from backend.settings import Settings
from bot.channel import Receipt, SendError, Text
from bot.run import run
from bot.sender import Sender
from bot.webpush.channel import WebPushChannel, together
from bot.webpush.client import refused, seconds, subject_of
from bot.webpush.payload import MOST_BYTES, payload_of
from tests.bot.bot_room import URL, Wall, link, moved, put, ref, row
from tests.bot.push_server import HANG, FakeBrowser, PushServer, push_server, trusting
from tests.cast import Cast
from tests.fakes import FakeClock, vn


class Desk:
    """A sender that pushes through the fake service, and people who subscribe browsers with it."""

    def __init__(self, settings: Settings, server: PushServer, timeout_s: float = 60.0) -> None:
        self.settings = msgspec.structs.replace(settings, push_hosts=server.host, smtp_from="GV <gv@ubnd.vn>")
        self.server = server
        self.channel = WebPushChannel(self.settings, timeout_s=timeout_s, tls=trusting())
        self.sender = Sender(URL)
        self.sender.open(self.channel)

    async def browser(self, cast: Cast, handle: str = "an", answer: int = 201) -> FakeBrowser:
        made = self.server.browser((await push_keys()).public)
        made.answer = answer
        await push.subscribe(
            await cast.actor(handle),
            made.endpoint,
            made.p256dh,
            made.auth,
            "Firefox/140",
            hosts=self.settings.push_services,
        )
        return made


@pytest.fixture
async def desk(db: None, settings: Settings) -> AsyncIterator[Desk]:
    async with push_server() as server:
        made = Desk(settings, server)
        yield made
        await made.channel.close()


async def attempts_of(notice_id: int) -> list[tuple[str, str]]:
    return [(each.channel, each.outcome) for each in await DeliveryAttempt.filter(notice_id=notice_id).order_by("id")]


async def test_a_notice_shows_in_the_browser_and_opens_its_task(desk: Desk, cast: Cast) -> None:
    browser = await desk.browser(cast)
    notice = await put(moved(), cast.an)
    assert await desk.sender.drain_once() == {"sent": 1}
    [shown] = browser.shown
    assert shown["url"] == shown["tag"] == "/tasks/CV26-000001"
    assert "CV26-000001" in shown["title"]
    assert "Báo cáo PCCC" in shown["body"]
    assert "http" not in shown["title"] + shown["body"]
    [attempt] = await DeliveryAttempt.filter(notice_id=notice)
    subscription = await PushSubscription.get()
    assert (attempt.channel, attempt.address) == ("webpush", str(cast.an.id))
    assert attempt.receipt == f"{shown['message']}:{subscription.id}"


async def test_every_browser_of_a_person_is_told_and_one_is_enough(desk: Desk, cast: Cast) -> None:
    phone, gone, busy = [await desk.browser(cast, answer=answer) for answer in (201, 410, 500)]
    others = await desk.browser(cast, "binh")
    await put(moved(), cast.an)
    assert await desk.sender.drain_once() == {"sent": 1}
    assert [len(each.shown) for each in (phone, gone, busy, others)] == [1, 0, 0, 0]
    assert (await PushSubscription.get(endpoint=gone.endpoint)).end_reason == "push service: 410"
    await put(moved(2), cast.an)
    busy.answer = 201
    await desk.sender.drain_once()
    assert (len(phone.shown), len(busy.shown), gone.tried) == (2, 1, 1)


@pytest.mark.parametrize("status", [404, 410])
async def test_when_all_browsers_are_gone_the_next_channel_carries_it(desk: Desk, cast: Cast, status: int) -> None:
    wall = Wall("email", edits=False)
    desk.sender.open(wall)
    for _ in range(2):
        await desk.browser(cast, answer=status)
    notice = await put(moved(), cast.an)
    assert await desk.sender.drain_once() == {"failed": 1, "sent": 1}
    assert await attempts_of(notice) == [("webpush", "failed"), ("email", "sent")]
    assert "CV26-000001" in wall.words[0]
    assert await push.subscriptions_of(cast.an.id) == []
    # From now on the push services are not asked any more.
    await put(moved(2), cast.an)
    await desk.sender.drain_once()
    assert [browser.tried for browser in desk.server.browsers.values()] == [1, 1]


async def test_a_chat_comes_first_unless_the_person_says_otherwise(desk: Desk, cast: Cast) -> None:
    wall = Wall()
    desk.sender.open(wall)
    await link(cast.an, "7")
    browser = await desk.browser(cast)
    await put(moved(1), cast.an)
    await desk.sender.drain_once()
    await Person.filter(id=cast.an.id).update(channels=["webpush", "telegram"])
    await put(moved(2), cast.an)
    await desk.sender.drain_once()
    assert (len(wall.said), len(browser.shown)) == (1, 1)


async def test_of_a_secret_task_only_the_code_leaves(desk: Desk, cast: Cast) -> None:
    browser = await desk.browser(cast)
    task = msgspec.structs.replace(ref(secret=True), title="Chuyển quân tuyệt mật")
    for notice in (
        TaskAssigned(task=task, by="Lê Quốc Dũng"),
        DueMoved(task=task, by="Lê Quốc Dũng", before=vn("2026-11-26 17:00")),
    ):
        await put(notice, cast.an)
    assert await desk.sender.drain_once() == {"sent": 2}
    for shown in browser.shown:
        whole = json.dumps(shown, ensure_ascii=False)
        assert "CV26-000001" in whole
        assert not [word for word in ("Chuyển", "quân", "Dũng", "26/11", "27/11") if word in whole]


async def test_a_service_that_is_busy_is_tried_again_when_it_said(desk: Desk, cast: Cast, clock: FakeClock) -> None:
    browser = await desk.browser(cast, answer=429)
    browser.retry_after = "90"
    notice = await put(moved(), cast.an)
    assert await desk.sender.drain_once() == {"retry": 1}
    assert (await row(notice)).ready_at == times.real() + timedelta(seconds=90)
    assert (await push.subscriptions_of(cast.an.id)) != []
    browser.answer = 201
    clock.move(seconds=91)
    desk.sender.channels["webpush"].pace._free_at.clear()  # its clock is the machine's
    assert await desk.sender.drain_once() == {"sent": 1}
    assert len(browser.shown) == 1


async def test_who_does_not_answer_may_have_shown_it(desk: Desk, cast: Cast, clock: FakeClock) -> None:
    browser = await desk.browser(cast, answer=HANG)
    hasty = Desk(desk.settings, desk.server, timeout_s=0.3)
    notice = await put(moved(), cast.an)
    assert await hasty.sender.drain_once() == {"unknown": 1}
    browser.answer = 201
    clock.move(minutes=1)
    assert await desk.sender.drain_once() == {"sent": 1}
    assert "có thể gửi lặp" in json.dumps(browser.shown[-1], ensure_ascii=False)
    assert await attempts_of(notice) == [("webpush", "unknown"), ("webpush", "sent")]
    desk.server.let_go()
    await hasty.channel.close()


async def test_a_push_that_is_never_taken_is_a_dead_letter(desk: Desk, cast: Cast) -> None:
    await desk.browser(cast, answer=413)
    notice = await put(moved(), cast.an)
    assert await desk.sender.drain_once() == {"dead": 1}
    assert (await row(notice)).problem == "push service: 413"


@pytest.mark.parametrize("status", [400, 401, 403, 307])
async def test_an_answer_without_sense_sends_elsewhere_and_ends_nothing(desk: Desk, cast: Cast, status: int) -> None:
    wall = Wall("email", edits=False)
    desk.sender.open(wall)
    await desk.browser(cast, answer=status)
    await put(moved(), cast.an)
    assert await desk.sender.drain_once() == {"failed": 1, "sent": 1}
    assert len(wall.said) == len(await push.subscriptions_of(cast.an.id)) == 1
    assert "/elsewhere" not in desk.server.browsers


async def test_a_service_that_is_away_is_temporary(desk: Desk, cast: Cast) -> None:
    browser = await desk.browser(cast)
    await PushSubscription.all().update(endpoint="https://127.0.0.1:1/push/1")
    desk.channel._settings = msgspec.structs.replace(desk.settings, push_hosts="127.0.0.1:1")
    with pytest.raises(SendError) as caught:
        await desk.channel.send(str(cast.an.id), Text("Chào"))
    assert (caught.value.kind, browser.tried) == ("temporary", 0)
    assert "127.0.0.1" not in caught.value.detail


async def test_a_service_that_is_no_longer_allowed_is_not_called(desk: Desk, cast: Cast) -> None:
    browser = await desk.browser(cast)
    desk.channel._settings = msgspec.structs.replace(desk.settings, push_hosts="push.example.vn")
    for _ in range(2):
        with pytest.raises(SendError) as caught:
            await desk.channel.send(str(cast.an.id), Text("Chào"))
        assert caught.value.kind == "address"
    assert browser.tried == 0
    assert (await PushSubscription.get()).end_reason == "a push service that is not allowed"


async def test_keys_that_cannot_be_used_end_their_subscription(desk: Desk, cast: Cast) -> None:
    await desk.browser(cast)
    await PushSubscription.all().update(p256dh="AAAA")
    with pytest.raises(SendError) as caught:
        await desk.channel.send(str(cast.an.id), Text("Chào"))
    assert caught.value.kind == "address"
    assert await push.subscriptions_of(cast.an.id) == []


async def test_pushes_are_not_edited_and_a_signature_is_renewed(desk: Desk, cast: Cast, clock: FakeClock) -> None:
    with pytest.raises(SendError):
        await desk.channel.edit(str(cast.an.id), Receipt("1"), Text("Chào"))
    browser = await desk.browser(cast)
    for hours in (0, 10, 2, 30):  # the service looks at every signature
        clock.move(hours=hours)
        await desk.channel.send(str(cast.an.id), Text("Chào"))
    assert len(browser.shown) == 4
    first, second = browser.shown[:2]
    assert first == {"title": "Chào", "body": "", "url": "/", "tag": second["tag"], "message": first["message"]}
    assert len({shown["message"] for shown in browser.shown}) == 4


async def test_the_bot_pushes_from_the_first_subscription_on(desk: Desk, cast: Cast) -> None:
    await put(moved(), cast.an)
    async with run(desk.settings) as bot:
        assert "webpush" not in bot.sender.channels
    assert (await OutboxNotice.get()).status == "pending"
    await desk.browser(cast)
    async with run(desk.settings) as bot:
        for _ in range(200):
            if "webpush" in bot.sender.channels:
                break
            await asyncio.sleep(0.02)
        assert "webpush" in bot.sender.channels
    async with run(msgspec.structs.replace(desk.settings, push_hosts="")) as bot:
        await asyncio.sleep(0.02)
        assert bot.sender.channels == {}


@pytest.mark.one_database
def test_a_notification_is_cut_to_what_every_phone_takes() -> None:
    page = f'{URL}/tasks/CV26-000001"'
    for text in ("ệ" * 4000, '"' * 4000, "\n".join("Việc số" for _ in range(900)), "a" * 2500):
        made = payload_of(Text(f'Việc mới <a href="{page}>CV26-000001</a>\n{text}'), URL, "x" * 12)
        encoded = made.encoded()
        assert len(encoded) <= MOST_BYTES
        found = json.loads(encoded)
        assert found["url"] == "/tasks/CV26-000001"
        assert found["title"] == "Việc mới CV26-000001"
        assert found["body"].rstrip("…") == made.body[: len(found["body"].rstrip("…"))]
        assert len(found["body"]) > 600
    long = payload_of(Text("dài " * 100), URL)
    assert len(long.title) <= 120
    assert (long.title.rstrip("…") + long.body.lstrip("…")).replace(" ", "") == "dài" * 100


@pytest.mark.one_database
def test_the_first_page_of_ours_opens_and_a_list_replaces_nothing() -> None:
    one, two = (f'<a href="{URL}/tasks/CV26-00000{n}">CV26-00000{n}</a>' for n in (1, 2))
    listed = payload_of(Text(f"Việc hôm nay\n{one} A &amp; B\n{two} C"), URL)
    assert listed.url == "/tasks/CV26-000001"
    assert listed.body == "CV26-000001 A & B\nCV26-000002 C"
    assert listed.tag not in ("", listed.url)
    assert listed.tag != payload_of(Text(f"Việc hôm nay\n{one} A"), URL).tag
    foreign = payload_of(Text(f'<a href="https://evil.example/x">x</a> <a href="{URL}.evil/x">y</a>'), URL)
    assert (foreign.url, foreign.title) == ("/", "x y")


@pytest.mark.one_database
def test_what_several_ends_mean_together() -> None:
    gone, busy, lost = SendError("address", "410"), SendError("temporary", "503"), SendError("unknown", "timeout")
    assert together([]).kind == "address"
    assert together([gone, gone]).kind == "address"
    assert together([gone, busy]).kind == "temporary"
    assert together([gone, busy, lost]).kind == "unknown"
    assert together([gone, refused(413)]).kind == "message"
    waits = together([refused(429, "60"), refused(429, "30"), refused(500)])
    assert (waits.retry_after_s, waits.spent) == (30, False)
    assert together([refused(403), gone]).spent


@pytest.mark.one_database
def test_how_long_a_service_wants_to_be_left_alone(clock: FakeClock) -> None:
    assert seconds("120") == 120
    assert seconds("99999999") == 3600
    assert seconds(format_datetime(clock() + timedelta(seconds=45), usegmt=True)) == 45
    assert seconds("Sat, 01 Jan 2000 00:00:00 GMT") == 0
    assert [seconds(text) for text in ("", "soon", "-5")] == [None, None, None]


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("mail", "url", "subject"),
    [
        ("GV <gv@ubnd.vn>", "https://viec.vn", "mailto:gv@ubnd.vn"),
        ("", "https://viec.vn", "https://viec.vn"),
        ("", "https://viec.vn:8443", "mailto:nobody@localhost"),
        ("", "http://127.0.0.1:8000", "mailto:nobody@localhost"),
    ],
)
def test_whom_a_push_service_may_write_to(mail: str, url: str, subject: str) -> None:
    assert subject_of(mail, url) == subject


@pytest.mark.one_database
def test_a_bot_that_pushes_nothing_has_not_loaded_what_encrypts() -> None:
    program = (
        "import sys, bot.run, bot.webpush.channel; "
        "print([name for name in ('pywebpush', 'aiohttp', 'requests') if name in sys.modules])"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"
