"""The page behind a link of a mail, as it opens in the browser of a phone: it fits, it can be read, and it needs neither
JavaScript nor anybody signed in."""

import pytest

from tests.browser.conftest import Desk, Office
from tests.browser.test_looks import LOOKS, wrong

pytestmark = [pytest.mark.one_database, pytest.mark.slow]


@pytest.mark.parametrize("javascript", [True, False])
@pytest.mark.parametrize(("width", "dark", "locale"), LOOKS)
def test_the_pages_of_links_fit(
    office: Office,
    desk: Desk,
    width: int,
    dark: bool,
    locale: str,
    javascript: bool,
) -> None:
    office.speak(locale[:2])
    page = desk.open("/sign-in", width=width, dark=dark, locale=locale, javascript=javascript)
    found: dict[str, list[str]] = {}
    for place, (name, path) in enumerate({**office.mailed, ("", "", "forged"): "/act?k=1.2.ack.x"}.items()):
        page.goto(office.url + path)
        found[" ".join(name)] = wrong(page, place, width, dark, javascript=javascript)
    assert not any(found.values()), {path: what for path, what in found.items() if what}


def test_one_button_without_javascript_does_it(office: Office, desk: Desk) -> None:
    office.speak("vi")
    page = desk.open("/sign-in", width=360, javascript=False)
    page.goto(office.url + office.mailed["an", "asked", "report"])
    page.get_by_label("Kết quả").fill("Đã gửi Sở")
    page.get_by_role("button", name="Báo cáo xong").click()
    page.get_by_text("Đã báo cáo.").wait_for()
    page.goto(office.url + office.mailed["head", "waiting", "return"])
    page.get_by_label("Lý do").fill("Thiếu số liệu")
    page.get_by_role("button", name="Trả lại").click()
    page.get_by_text("Đã trả lại.").wait_for()
