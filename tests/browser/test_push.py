"""The switch at /me in a real browser: its worker, what a push shows, and each thing that can be in the way, in words.

The browser's own push service is the outside world, which a test does not reach: subscribing is answered for it."""

import json
import sqlite3
import time
from contextlib import closing
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Desk, Office

pytestmark = pytest.mark.one_database

POINT = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
#: A browser that reaches its push service: it remembers over pages what it subscribed.
SUBSCRIBES = """
const kept = () => {
  const endpoint = localStorage.getItem("endpoint");
  const keys = { p256dh: "POINT", auth: "BTBZMqHH6r4Tts7J_aSIgg" };
  return endpoint && {
    options: { applicationServerKey: new Uint8Array() },
    toJSON: () => ({ endpoint, expirationTime: null, keys }),
    unsubscribe: async () => { localStorage.removeItem("endpoint"); return true; },
  };
};
PushManager.prototype.getSubscription = async () => kept() || null;
PushManager.prototype.subscribe = async ({ userVisibleOnly, applicationServerKey }) => {
  if (!userVisibleOnly || applicationServerKey.length !== 87) throw new TypeError("not so");
  localStorage.setItem("endpoint", "https://fcm.googleapis.com/fcm/send/of-this-test");
  return kept();
};
""".replace("POINT", POINT)
ALLOWS = """
Notification.requestPermission = async () => "granted";
Object.defineProperty(Notification, "permission", { get: () => "granted" });
"""
BLOCKS = 'Object.defineProperty(Notification, "permission", { get: () => "denied" });'
CANNOT = "delete window.PushManager;"
APPLE = 'Object.defineProperty(navigator, "userAgent", { get: () => "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0)" });'


def me(desk: Desk, who: str, *scripts: str, **how: Any) -> tuple[Page, BrowserContext]:
    """My own page in a browser in which these scripts came before ours."""
    page = desk.open("/sign-in", who, **how)
    context = desk.contexts[-1]
    context.grant_permissions(["notifications"])
    for script in scripts:
        context.add_init_script(script)
    page.goto(desk.office.url + "/me")
    return page, context


def says(page: Page, words: str) -> None:
    """Words that one can see beside the switch, and no others that are there for another day."""
    expect(page.locator("#push [role=status]")).to_contain_text(words, use_inner_text=True)


def live(office: Office, handle: str) -> int:
    with closing(sqlite3.connect(office.folder / "office.db", timeout=15)) as connection:
        [[number]] = connection.execute(
            "select count(*) from push_subscription s join person p on p.id = s.person_id "
            "where p.handle = ? and s.ended_at is null",
            (handle,),
        )
    return int(number)


def test_the_switch_turns_notifications_on_and_off(desk: Desk, office: Office) -> None:
    page, context = me(desk, "an", ALLOWS, SUBSCRIBES)
    box = page.locator("#push")
    switch = box.get_by_role("checkbox", name="Thông báo trên máy này")
    expect(switch).not_to_be_checked()
    says(page, "Bật lên thì máy này báo việc mới")
    switch.check()
    says(page, "Máy này đang nhận thông báo")
    assert live(office, "an") == 1
    assert [worker.url for worker in context.service_workers] == [office.url + "/sw.js"]
    page.reload()
    expect(switch).to_be_checked()
    expect(box.get_by_role("listitem")).to_have_count(1)
    switch.uncheck()
    says(page, "Bật lên thì máy này báo việc mới")
    assert live(office, "an") == 0


def test_a_push_shows_a_notification_that_opens_our_page_only(desk: Desk, office: Office) -> None:
    page, context = me(desk, "an", ALLOWS, SUBSCRIBES)
    page.locator("#push").get_by_role("checkbox").check()
    says(page, "Máy này đang nhận thông báo")
    cdp = context.new_cdp_session(page)
    registrations: list[str] = []
    cdp.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: registrations.extend(one["registrationId"] for one in event["registrations"]),
    )
    cdp.send("ServiceWorker.enable")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    for pushed in (
        {"title": "Việc mới CV26-000001", "body": "Báo cáo PCCC", "url": "/tasks/CV26-000001", "tag": "/tasks/1"},
        {"title": "Đổi hạn CV26-000001", "body": "Hạn mới", "url": "/tasks/CV26-000001", "tag": "/tasks/1"},
        {"title": "Nơi khác", "body": "", "url": "https://evil.example/", "tag": ""},
    ):
        data = json.dumps(pushed)
        message = {"origin": office.url, "registrationId": registrations[-1], "data": data}
        cdp.send("ServiceWorker.deliverPushMessage", message)
    script = """async (n) => {
      const registration = await navigator.serviceWorker.ready;
      for (let tries = 0; tries < 100; tries++) {
        const found = await registration.getNotifications();
        if (found.length >= n) return found.map((one) => [one.title, one.body, one.data.url]);
        await new Promise((done) => setTimeout(done, 50));
      }
      return [];
    }"""
    shown = sorted(page.evaluate(script, 2))
    # The newest about a task took the place of the one before.
    assert shown == [
        ["Nơi khác", "", office.url + "/"],
        ["Đổi hạn CV26-000001", "Hạn mới", office.url + "/tasks/CV26-000001"],
    ]


def test_a_notification_that_is_tapped_opens_its_page_and_is_noted_as_read(desk: Desk, office: Office) -> None:
    path = f"/tasks/{office.codes['asked']}"
    with closing(sqlite3.connect(office.folder / "office.db", timeout=15)) as connection, connection:
        [[attempt]] = connection.execute(
            "insert into delivery_attempt (notice_id, channel, address, started_at, outcome, receipt, problem) "
            "select n.id, 'webpush', p.id, '2026-11-23 00:00:00+00:00', 'sent', 'aNameOfOurs1:1', '' "
            "from outbox_notice n join person p on p.id = n.person_id where p.handle = 'an' limit 1 "
            "returning id"
        )
    page, context = me(desk, "an", ALLOWS, SUBSCRIBES)
    page.locator("#push").get_by_role("checkbox").check()
    says(page, "Máy này đang nhận thông báo")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    [worker] = context.service_workers
    # What a tap gives: only a real one may open a window, so what it opens is looked at instead.
    script = """async ([url, message]) => {
      const opened = [];
      self.clients.openWindow = async (address) => opened.push(address);
      for (const data of [{ url, message }, { url, message }, url]) {
        await self.registration.showNotification("Việc mới", { data });
        const [notification] = await self.registration.getNotifications();
        const event = new NotificationEvent("notificationclick", { notification });
        let all;
        event.waitUntil = (promise) => (all = promise);
        self.dispatchEvent(event);
        await all;
      }
      return [opened, (await self.registration.getNotifications()).length];
    }"""
    with page.context.expect_event("request", lambda asked: asked.url.endswith("/api/me/push/seen")) as told:
        assert worker.evaluate(script, [office.url + path, "aNameOfOurs1"]) == [[office.url + path] * 3, 0]
    assert told.value.post_data == '{"message":"aNameOfOurs1"}'
    with closing(sqlite3.connect(office.folder / "office.db", timeout=15)) as connection:
        [[seen_at]] = connection.execute("select seen_at from delivery_attempt where id = ?", (attempt,))
    assert seen_at is not None
    assert desk.open(path, "an").locator("body").get_attribute("data-me") == "an"


def test_a_browser_goes_with_whoever_signs_in_and_stays_silent_after_signing_out(desk: Desk, office: Office) -> None:
    page, context = me(desk, "an", ALLOWS, SUBSCRIBES)
    page.locator("#push").get_by_role("checkbox").check()
    says(page, "Máy này đang nhận thông báo")
    # The session ended by itself, and somebody else signs in here.
    context.add_cookies([{"name": "giaoviec_session", "value": office.tokens["cuong"], "url": office.url}])
    with page.expect_response("**/api/me/push") as answered:
        page.goto(office.url + "/")
    assert answered.value.ok
    # The policy of our pages forbids what Playwright's own waiting does in them.
    deadline = time.monotonic() + 60
    while not page.evaluate("localStorage.getItem('giaoviec-push')?.startsWith('cuong ')"):
        assert time.monotonic() < deadline
        page.wait_for_timeout(50)
    assert (live(office, "an"), live(office, "cuong")) == (0, 1)
    # A copy of the session, so that the others of this module can still use it.
    with closing(sqlite3.connect(office.folder / "office.db", timeout=15)) as connection:
        rows = connection.execute("select * from session").fetchall()
    page.goto(office.url + "/me")
    page.locator("form[action='/sign-out'] button").click()
    expect(page).to_have_url(office.url + "/sign-in")
    assert live(office, "cuong") == 0
    with closing(sqlite3.connect(office.folder / "office.db", timeout=15)) as connection, connection:
        connection.executemany(f"insert or ignore into session values ({','.join('?' * len(rows[0]))})", rows)


@pytest.mark.parametrize(
    ("scripts", "words"),
    [
        ((ALLOWS, BLOCKS), "đang chặn thông báo"),
        ((CANNOT,), "không nhận được thông báo"),
        ((CANNOT, APPLE), "Thêm vào MH chính"),
    ],
)
def test_what_is_in_the_way_is_said(desk: Desk, scripts: tuple[str, ...], words: str) -> None:
    page, _ = me(desk, "binh", *scripts)
    says(page, words)
    expect(page.locator("#push").get_by_role("checkbox")).to_have_count(0)


def test_a_browser_that_does_not_reach_its_push_service_says_so(desk: Desk, office: Office) -> None:
    fails = "PushManager.prototype.subscribe = async () => { throw new DOMException('', 'AbortError'); };"
    page, context = me(desk, "binh", ALLOWS, fails)
    page.locator("#push").get_by_role("checkbox").check()
    says(page, "Chưa bật được")
    expect(page.locator("#push").get_by_role("checkbox")).not_to_be_checked()
    assert [worker.url for worker in context.service_workers] == [office.url + "/sw.js"]
    assert live(office, "binh") == 0


def test_without_javascript_the_page_says_what_is_needed(desk: Desk) -> None:
    page, _ = me(desk, "binh", javascript=False)
    says(page, "cần cho phép JavaScript")
    expect(page.locator("#push").get_by_role("checkbox")).to_have_count(0)
