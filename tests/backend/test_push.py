"""Browsers that take pushes: subscribing, whose they are, how they end; the switch at /me and what a phone installs."""

import json
import struct
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from backend.auth import push, push_keys, service
from backend.auth.push import MOST, origin_served
from backend.auth.push_keys import decoded, is_point
from backend.errors import NotFound, Unprocessable
from backend.kit import clock as times
from backend.models import OutboxNotice, Person, PushSubscription
from backend.settings import PUSH_HOSTS, BadSettings, Settings, load
from backend.web.render import assets
from tests.apps import app_of
from tests.backend.auth_office import audit_of
from tests.backend.given import given
from tests.backend.web_browser import Browser, text_of
from tests.cast import Cast
from tests.fakes import FakeClock

HOSTS = ("fcm.googleapis.com", "*.push.apple.com")
FCM = "https://fcm.googleapis.com/fcm/send/"
#: A point of the curve and a secret, as a browser gives them (RFC 8291, appendix A).
POINT = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"


async def subscribe(cast: Cast, handle: str = "an", name: str = "one", **changes: str) -> push.PushBrowser:
    given = {"endpoint": FCM + name, "p256dh": POINT, "auth": AUTH, **changes}
    return await push.subscribe(await cast.actor(handle), **given, user_agent="Firefox/140", hosts=HOSTS)


async def names(cast: Cast, handle: str = "an") -> list[str]:
    return [each.endpoint.removeprefix(FCM) for each in await push.targets_of(cast.people[handle].id)]


async def test_a_browser_subscribes_once_and_says_so_again(db: None, cast: Cast, clock: FakeClock) -> None:
    first = await subscribe(cast)
    clock.move(hours=1)
    assert await subscribe(cast) == first
    assert await push.subscriptions_of(cast.an.id) == [first]
    assert (first.user_agent, first.made_at) == ("Firefox/140", clock() - timedelta(hours=1))
    assert len(await audit_of("auth.push_started")) == 1
    assert await push.is_used()
    assert await push.unsubscribe(await cast.actor("an"), first.id)
    assert not await push.unsubscribe(await cast.actor("an"), first.id)
    assert not await push.is_used()
    [told] = await audit_of("auth.push_ended")
    assert FCM not in str(told)
    # The same browser comes back.
    assert (await subscribe(cast)).made_at == clock()
    assert await names(cast) == ["one"]
    assert await PushSubscription.all().count() == 1


async def test_a_browser_goes_with_whoever_signs_in(db: None, cast: Cast) -> None:
    await subscribe(cast)
    await subscribe(cast, name="two")
    taken = await subscribe(cast, "binh", auth="AAAAAAAAAAAAAAAAAAAAAA")
    assert (await names(cast), await names(cast, "binh")) == (["two"], ["one"])
    assert (await push.targets_of(cast.binh.id))[0].auth == "AAAAAAAAAAAAAAAAAAAAAA"
    [ended] = await audit_of("auth.push_ended")
    assert ended["object_id"] == cast.an.id
    assert not await push.unsubscribe(await cast.actor("an"), taken.id)


async def test_the_oldest_of_too_many_ends(db: None, cast: Cast, clock: FakeClock) -> None:
    for number in range(MOST + 2):
        clock.move(minutes=1)
        await subscribe(cast, name=str(number))
    await subscribe(cast, "binh", "other")
    assert await names(cast) == [str(number) for number in range(2, MOST + 2)]
    assert (await PushSubscription.get(endpoint=FCM + "0")).end_reason == "too_many"


async def test_what_ends_sign_ins_ends_pushes(db: None, cast: Cast) -> None:
    an = await cast.actor("an")
    await subscribe(cast, "binh", "binh")
    for name, act in {
        "others": lambda: service.end_other_sign_ins(an, None),
        "password": lambda: service.change_password(an, "mat-khau-rat-dai-2026", "mot cau rat dai khac hoan toan"),
        "left": lambda: service.leave(cast.an.id),
    }.items():
        await subscribe(cast, name=name)
        await act()
        assert await names(cast) == []
    assert (await PushSubscription.get(endpoint=FCM + "left")).end_reason == "left"
    assert await names(cast, "binh") == ["binh"]


async def test_a_push_service_ends_a_subscription_once(db: None, cast: Cast) -> None:
    made = await subscribe(cast)
    assert await push.gone(made.id, "push service: 410")
    assert not await push.gone(made.id, "push service: 410")
    assert (await PushSubscription.get()).end_reason == "push service: 410"


async def test_cards_that_nobody_could_send_are_sent_after_all(db: None, cast: Cast) -> None:
    await given(cast)
    await OutboxNotice.filter(kind="TaskAssigned").update(status="muted", problem="no linked chat")
    await subscribe(cast)
    again = await OutboxNotice.get(kind="TaskAssigned", person_id=cast.an.id)
    # A bot that sees its first subscription needs a moment to open the channel.
    assert (again.status, again.ready_at > times.real()) == ("pending", True)


BAD = (
    {"endpoint": "http://fcm.googleapis.com/fcm/send/x"},
    {"endpoint": "https://127.0.0.1/push"},
    {"endpoint": "https://localhost/push"},
    {"endpoint": "https://10.0.0.7:8443/push"},
    {"endpoint": "https://[::1]/push"},
    {"endpoint": "https://evil.example/fcm.googleapis.com"},
    {"endpoint": "https://fcm.googleapis.com.evil.example/x"},
    {"endpoint": "https://evilpush.apple.com/x"},
    {"endpoint": "https://push.apple.com.evil.example/x"},
    {"endpoint": "https://fcm.googleapis.com:8443/x"},
    {"endpoint": "https://fcm.googleapis.com@evil.example/x"},
    {"endpoint": "https://evil.example\\@fcm.googleapis.com/x"},
    {"endpoint": "https://fcm.googleapis.com\t.evil.example/x"},
    {"endpoint": "https://fcm.googleapis.com#@evil.example/"},
    {"endpoint": "https://fcm.googleapis.com:99999/x"},
    {"endpoint": "https://fcm.googleapis.com:x/x"},
    {"endpoint": "https://"},
    {"endpoint": ""},
    {"endpoint": "https://fcm.googleapis.com/" + "x" * 1000},
    {"p256dh": ""},
    {"p256dh": POINT[:-4]},
    {"p256dh": "A" * 87},
    {"p256dh": POINT.replace("C", "ệ")},
    {"auth": "AAAA"},
    {"auth": "not base64!"},
)


async def test_what_is_no_subscription_is_refused(db: None, cast: Cast) -> None:
    for wrong in BAD:
        with pytest.raises(Unprocessable):
            await subscribe(cast, **wrong)
    with pytest.raises(NotFound):
        await push.subscribe(await cast.actor("an"), FCM + "x", POINT, AUTH, hosts=())
    assert await PushSubscription.all().count() == 0


@pytest.mark.one_database
def test_the_push_services_of_real_browsers_are_known() -> None:
    hosts = load({}).push_services
    for endpoint in (
        "https://fcm.googleapis.com/fcm/send/dQ:APA91b",
        "https://updates.push.services.mozilla.com/wpush/v2/gAAAA",
        "https://web.push.apple.com/QGuQyavXutnMH",
        "https://wns2-by3p.notify.windows.com/w/?token=BQYAAA%2b",
    ):
        assert origin_served(endpoint, hosts) == "https://" + endpoint.split("/")[2]
        assert origin_served(endpoint.replace(".com/", ".com:443/"), hosts) == "https://" + endpoint.split("/")[2]
    assert origin_served("https://127.0.0.1:4433/x", ("127.0.0.1:4433",)) == "https://127.0.0.1:4433"
    assert is_point(POINT + "=")
    assert decoded(AUTH + "==") == decoded(AUTH)


@pytest.mark.one_database
def test_a_setting_that_is_no_host_stops_the_start() -> None:
    assert load({"PUSH_HOSTS": " A.example , *.b.example:8443 "}).push_services == ("a.example", "*.b.example:8443")
    for wrong in ("https://fcm.googleapis.com", "*", "a.*.example", "a b"):
        with pytest.raises(BadSettings, match="PUSH_HOSTS"):
            load({"PUSH_HOSTS": wrong})


async def test_the_offices_key_is_made_once(db: None) -> None:
    made = await push_keys.push_keys()
    assert await push_keys.push_keys() == made
    assert (len(decoded(made.private)), is_point(made.public)) == (32, True)


async def test_subscribing_over_http(db: None, settings: Settings, cast: Cast) -> None:
    draft = {"endpoint": FCM + "one", "p256dh": POINT, "auth": AUTH}
    async with cast.client(app_of(settings), "an") as an, cast.client(app_of(settings), "binh") as binh:
        assert (await an.get("/api/me/push")).json() == {
            "key": (await push_keys.push_keys()).public,
            "csrf": "",
            "browsers": [],
        }
        made = await an.post("/api/me/push", json=draft, headers={"user-agent": "Chrome/150 on a phone"})
        assert made.status_code == 201
        assert made.json()["user_agent"] == "Chrome/150 on a phone"
        assert (await an.post("/api/me/push", json=draft)).json()["id"] == made.json()["id"]
        shown = (await an.get("/api/me/push")).text
        assert FCM not in shown
        assert (await binh.delete(f"/api/me/push/{made.json()['id']}")).status_code == 404
        assert (await an.delete(f"/api/me/push/{made.json()['id']}")).status_code == 204
        assert (await an.delete(f"/api/me/push/{made.json()['id']}")).status_code == 404
        assert (await an.get("/api/me/push")).json()["browsers"] == []


@pytest.mark.parametrize(
    ("locale", "endpoint", "keys", "off"),
    [
        ("vi", "không thuộc dịch vụ thông báo nào", "Khóa không phải", "không gửi thông báo đến trình duyệt"),
        ("en", "of no push service", "not the keys", "sends no notifications to browsers"),
    ],
)
async def test_a_refusal_is_told_in_words(
    db: None, settings: Settings, cast: Cast, locale: str, endpoint: str, keys: str, off: str
) -> None:
    draft = {"endpoint": "https://10.0.0.7/admin", "p256dh": POINT, "auth": AUTH}
    async with cast.client(app_of(settings), "an", locale) as an:
        refused = await an.post("/api/me/push", json=draft)
        assert (refused.status_code, refused.json()["code"]) == (422, "push_endpoint_refused")
        assert endpoint in refused.text
        refused = await an.post("/api/me/push", json={**draft, "endpoint": FCM + "x", "auth": "x"})
        assert (refused.status_code, refused.json()["code"]) == (422, "push_keys_wrong")
        assert keys in refused.text
    async with cast.client(app_of(msgspec.structs.replace(settings, push_hosts="")), "an", locale) as an:
        for refused in (await an.get("/api/me/push"), await an.post("/api/me/push", json=draft)):
            assert (refused.status_code, refused.json()["code"]) == (404, "push_off")
            assert off in refused.text


@pytest.mark.usefixtures("clock")
async def test_a_browsers_worker_can_tell_of_a_new_address(app: Any, cast: Cast) -> None:
    async with Browser(app) as an:
        await an.sign_in(cast, "an")
        told = (await an.client.get("/api/me/push")).json()
        draft = {"endpoint": FCM + "one", "p256dh": POINT, "auth": AUTH}
        assert (await an.client.post("/api/me/push", json=draft)).status_code == 403
        headers = {"x-csrf-token": told["csrf"]}
        assert (await an.client.post("/api/me/push", json=draft, headers=headers)).status_code == 201


@pytest.mark.usefixtures("clock")
async def test_my_page_shows_the_switch_and_ends_a_browser(app: Any, cast: Cast) -> None:
    async with Browser(app) as an, Browser(app) as binh:
        await an.sign_in(cast, "an")
        page = await an.get("/me")
        assert "Chưa nối chat nào" in page
        assert "cần cho phép JavaScript" in page
        assert "Thông báo trên máy này" in page
        assert 'data-me="an"' in page
        made = await subscribe(cast)
        page = await an.get("/me")
        assert "Firefox/140" in page
        assert "Chưa nối chat nào" not in page
        await binh.sign_in(cast, "binh")
        await binh.get("/me")
        await binh.post(f"/me/browsers/{made.id}/end", {}, 404)
        page = text_of(await an.follow(f"/me/browsers/{made.id}/end", {}))
        assert "Trình duyệt đó thôi nhận thông báo." in page
        assert "Firefox/140" not in page
        assert await names(cast) == []
        # In English too; and nothing of it where the office pushes to nobody.
        await Person.filter(id=cast.an.id).update(locale="en")
        assert "Notifications on this device" in await an.get("/me")
        app_of(msgspec.structs.replace(app.state["settings"], push_hosts=""))
        assert "Notifications on this device" not in await an.get("/me")


@pytest.mark.usefixtures("clock")
async def test_what_a_phone_installs(app: Any) -> None:
    async with Browser(app, "en") as nobody:
        worker = await nobody.client.get("/sw.js")
        assert worker.headers["content-type"].startswith("text/javascript")
        assert worker.headers["cache-control"] == "no-cache"
        assert worker.content == assets.assets["sw.js"].data
        page = await nobody.get("/sign-in")
        assert '<link rel="manifest" href="/manifest.webmanifest">' in page
        assert "js/push.js" not in page
        answer = await nobody.client.get("/manifest.webmanifest")
        assert answer.headers["content-type"].startswith("application/manifest+json")
        told = json.loads(answer.content)
        assert (told["name"], told["display"], told["start_url"]) == ("Giao viec", "standalone", "/")
        for icon in told["icons"]:
            drawn = await nobody.client.get(icon["src"])
            assert (drawn.status_code, drawn.headers["content-type"]) == (200, icon["type"])
            if icon["type"] == "image/png":
                width, height = struct.unpack(">II", drawn.content[16:24])
                assert icon["sizes"] == f"{width}x{height}"
                assert len(drawn.content) < 5000
        # The worker names its picture without knowing the build.
        picture = (await nobody.client.get("/static/worker/icon-192.png")).content
        assert b"/static/worker/icon-192.png" in worker.content
        assert picture == assets.assets["icon-192.png"].data


@pytest.mark.one_database
def test_the_default_is_what_the_manual_says() -> None:
    assert load({}).push_hosts == PUSH_HOSTS
    assert load({"PUSH_HOSTS": ""}, push_hosts="").push_services == ()
