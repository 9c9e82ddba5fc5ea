"""Channels in a real browser: the order on my own page moves by a press without a script too; pages with bots that run
short and people whom little reaches fit a phone."""

import json
import sqlite3
from contextlib import closing

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Desk, Office
from tests.browser.test_looks import _SMALL, LOOKS, faults

pytestmark = [pytest.mark.one_database, pytest.mark.slow]

_AT = "2026-11-20 01:00:00+00:00"


@pytest.fixture(scope="module")
def busy(office: Office) -> Office:
    """Bots in every state of their month; An on Telegram, HR on a Zalo bot with little left, the others on less."""
    bots = [{"id": f"70000{n}", "name": f"Giao việc {n}", "most_users": 50} for n in (1, 2, 3)]
    with closing(sqlite3.connect(office.folder / "office.db", timeout=15)) as connection, connection:
        connection.execute("insert into setting (key, value) values ('channel.bots.zalo', ?)", (json.dumps(bots),))
        connection.executemany(
            "insert into channel_use (channel, bot, month, sent, received, most, problem, problem_at) "
            "values ('zalo', ?, '2026-11', ?, ?, 3000, ?, ?)",
            [
                ("700001", 1990, 880, "", None),
                ("700002", 1500, 910, "", None),
                ("700003", 3, 0, "getMe: 401 Unauthorized", _AT),
            ],
        )
        for handle, channel, address in (("an", "telegram", "7"), ("hr", "zalo", "700001:5")):
            connection.execute(
                "insert into chat_link (person_id, channel, address, linked_at, end_reason) "
                "select id, ?, ?, ?, '' from person where handle = ?",
                (channel, address, _AT, handle),
            )
        connection.execute("update person set email = null, password_hash = null where handle = 'binh'")
        connection.execute("update person set password_hash = null where handle = 'cuong'")
        connection.execute(
            "insert into push_subscription (person_id, endpoint, endpoint_hash, p256dh, auth, user_agent, made_at, "
            "end_reason) select id, 'x', 'x', 'x', 'x', '', ?, '' from person where handle = 'cuong'",
            (_AT,),
        )
    return office


def order(page: Page) -> list[str]:
    return page.locator("#channels ol b").all_inner_texts()


@pytest.mark.parametrize("javascript", [False, True])
def test_a_press_moves_a_channel(desk: Desk, busy: Office, javascript: bool) -> None:
    busy.speak("vi")
    page = desk.open("/me", "an", javascript=javascript)
    usual = ["Telegram", "Zalo", "Thông báo trình duyệt", "E-mail"]
    assert order(page) == usual
    box = page.locator("#channels")
    box.get_by_role("button", name="Đưa E-mail lên trước").click()
    expect(page.get_by_text("Đã lưu thứ tự báo việc.")).to_be_visible()
    assert page.url.endswith("/me#channels")
    assert order(page) == ["Telegram", "Zalo", "E-mail", "Thông báo trình duyệt"]
    box.get_by_role("button", name="Đưa Telegram xuống sau").click()
    expect(box.locator("ol b").first).to_have_text("Zalo")
    assert order(page) == ["Zalo", "Telegram", "E-mail", "Thông báo trình duyệt"]
    box.get_by_role("button", name="Theo thứ tự chung của cơ quan").click()
    expect(box.locator("ol b").first).to_have_text("Telegram")
    assert order(page) == usual


@pytest.mark.parametrize(("width", "dark", "locale"), LOOKS)
def test_pages_of_channels_fit_and_can_be_used_by_everybody(
    desk: Desk, busy: Office, width: int, dark: bool, locale: str
) -> None:
    busy.speak(locale[:2])
    page = desk.open("/sign-in", "hr", width=width, dark=dark, locale=locale)
    found: dict[str, list[str]] = {}
    for path in ("/me", "/people", "/people?reach=none", "/channels"):
        page.goto(busy.url + path)
        wide = page.evaluate("document.documentElement.scrollWidth")
        found[path] = [*page.evaluate(_SMALL), *faults(page), *([f"{wide} px wide"] if wide > width else [])]
    assert not any(found.values()), {path: faults for path, wrong in found.items() if wrong}
