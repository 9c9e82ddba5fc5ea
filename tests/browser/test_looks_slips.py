"""HR's linking slips and one's own linking code: on a small phone, on a desk, in both languages, and on paper."""

import sqlite3
from contextlib import closing

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Desk, Office
from tests.browser.test_looks import LOOKS, faults

pytestmark = [pytest.mark.one_database, pytest.mark.slow]


def bots(office: Office) -> None:
    """A bot of each kind, as the running bot notes them."""
    with closing(sqlite3.connect(office.folder / "office.db", timeout=15)) as connection, connection:
        connection.executemany(
            "insert into setting (key, value) values (?, ?) on conflict (key) do update set value = excluded.value",
            [
                ("telegram.username", "giao_viec_phuong_hoa_binh_bot"),
                ("channel.bots.zalo", '[{"id":"700001","name":"Giao việc phường Hòa Bình số 1","most_users":50}]'),
            ],
        )


@pytest.mark.parametrize(("width", "dark", "locale"), LOOKS)
def test_slips_and_codes_fit_the_screen(desk: Desk, office: Office, width: int, dark: bool, locale: str) -> None:
    bots(office)
    office.speak(locale[:2])
    page = desk.open("/people", "hr", width=width, dark=dark, locale=locale)
    page.locator("form[action='/people/chat-sheet'] button").click()
    expect(page.locator(".slip").nth(5)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert faults(page) == []
    page = desk.open("/me", "an", width=width, dark=dark, locale=locale)
    page.locator("form[action='/me/chat-code'] button").click()
    expect(page.locator("#chat .big-code")).to_be_visible()
    expect(page.locator("#chat svg.qr")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert faults(page, "#chat") == []


def test_paper_shows_the_slips_and_nothing_else(desk: Desk, office: Office) -> None:
    bots(office)
    office.speak("vi")
    page = desk.open("/people?unit=tuphap", "hr", width=794)  # A4 at 96 dots an inch
    page.locator("form[action='/people/chat-sheet'] button").click()
    page.locator(".slip").first.wait_for()
    page.emulate_media(media="print")
    assert not page.locator("h1").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 794
    boxes = [slip.bounding_box() for slip in page.locator(".slip").all()]
    assert all(boxes)
    lefts = {round(box["x"]) for box in boxes if box}
    assert len(lefts) == 2, "two columns"
    assert all(box["height"] < 1123 / 3 for box in boxes if box), "six slips and more on a sheet of A4"
    assert all(slip.locator(".big-code").is_visible() for slip in page.locator(".slip").all())
