"""Asking for a waiver, the inbox and the page of a period on a phone and on a desk, light and dark, in both languages."""

import sqlite3
from contextlib import closing

import pytest

from tests.browser.conftest import Desk, Office
from tests.browser.test_looks import LOOKS, faults, wrong

pytestmark = [pytest.mark.one_database, pytest.mark.slow]

PAGES = {
    "an": ("/tasks/{late}", "/scores/an/2026-11", "/requests", "/periods/2026-11"),
    "head": ("/requests", "/periods/2026-11", "/scores/an/2026-11"),
    "hr": ("/requests", "/periods/2026-11", "/scores/an/2026-11"),
}


@pytest.fixture(scope="module")
def asked(office: Office) -> Office:
    """The month is over, and long enough for steps to be overdue."""
    office.clock.set("2026-12-10 09:00")
    with closing(sqlite3.connect(office.folder / "office.db", timeout=15)) as connection, connection:
        # A session does not last that long.
        connection.execute(
            "update session set seen_at = '2026-12-10 02:00:00+00:00', expires_at = '2027-01-10 02:00:00+00:00'"
        )
    return office


@pytest.mark.parametrize(("width", "dark", "locale"), LOOKS)
def test_pages_of_sign_off_and_requests_fit(desk: Desk, asked: Office, width: int, dark: bool, locale: str) -> None:
    asked.speak(locale[:2])
    found: dict[str, list[str]] = {}
    for who, paths in PAGES.items():
        page = desk.open("/sign-in", who, width=width, dark=dark, locale=locale)
        for path in paths:
            page.goto(asked.url + path.format(**asked.codes))
            assert "/sign-in" not in page.url
            found[f"{who} {path}"] = wrong(page, len(found), width, dark)
    assert not any(found.values()), {path: what for path, what in found.items() if what}


def test_an_officer_asks_with_a_paper_and_the_head_grants(desk: Desk, asked: Office) -> None:
    asked.speak("vi")
    page = desk.open(f"/tasks/{asked.codes['late']}", "an")
    form = page.locator("#waiver form").first
    page.locator("#waiver summary").first.click()
    form.locator("textarea").fill("Mất điện cả buổi")
    paper = {"name": "bien-ban.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 bien ban"}
    form.locator("input[type=file]").set_input_files(paper)  # type: ignore[arg-type]
    form.get_by_role("button", name="Gửi", exact=True).click()
    page.get_by_text("Đã gửi đề nghị.").wait_for()
    head = desk.open("/requests", "head")
    head.get_by_text("bien-ban.pdf").wait_for()
    assert faults(head) == []
    head.get_by_role("button", name="Chấp nhận", exact=True).first.click()
    head.get_by_text("Đã ghi quyết định.").wait_for()
