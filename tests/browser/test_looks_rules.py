"""Rule sets, a draft with what it would change, units beside each other and the form for the personnel file, on a phone
and on a desk, light and dark, in both languages, with and without JavaScript."""

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import Desk, Office
from tests.browser.test_looks import LOOKS, wrong

pytestmark = [pytest.mark.one_database, pytest.mark.slow]

PAGES = (
    "/rules",
    "/rules/nd335@1",
    "/rules/phuong@1",
    "/rules/phuong@1?against=nd335@1&period=2026-11",
    "/agencies?period=2026-11",
    "/scores/an/2026-11",
    "/scores/an/2026-11/form",
)


@pytest.fixture(scope="module")
def furnished(chromium: Browser, office: Office) -> Office:
    """HR has a draft that changes something, and entered a reason that overrides An's points and one of a unit."""
    office.speak("vi")
    desk = Desk(chromium, office)
    page = desk.open("/rules", "hr", width=1280)
    page.get_by_text("Soạn bộ quy tắc mới", exact=True).click()
    page.get_by_label("Mã", exact=True).fill("phuong")
    page.get_by_label("Tên", exact=True).fill("Của phường")
    page.get_by_label("Áp dụng cho").select_option("ubnd")
    page.get_by_label("Hiệu lực từ ngày").fill("2026-11-01")
    page.get_by_role("button", name="Soạn dự thảo").click()
    page.get_by_text("Đã soạn dự thảo.").wait_for()
    page.get_by_label("Điểm tiêu chí chung tối đa").fill("40")
    page.get_by_label("Điểm kết quả tối đa").fill("60")
    page.get_by_label("Phần tiến độ bị trừ mỗi lần chậm").fill("1/2")
    page.get_by_label("Thế nào là một lần chậm").select_option("first_then_zero")
    page.locator("[name=weight_document]").fill("1/2")
    page.get_by_role("button", name="Lưu").click()
    page.get_by_text("Đã lưu dự thảo.").wait_for()
    reason = "Quyết định số 15/QĐ-UBND ngày 20/11/2026 của Chủ tịch UBND phường"
    for path in ("/scores/an/2026-11", "/agencies?period=2026-11"):
        page.goto(office.url + path)
        page.locator("#disqualify").get_by_text("Ghi lý do hạ loại", exact=True).click()
        form = page.locator("form[action$='/disqualify']")
        form.get_by_label("Căn cứ").fill(reason)
        form.get_by_role("button", name="Ghi lý do").click()
        page.get_by_text("Đã ghi lý do hạ loại.").wait_for()
        page.get_by_text(reason).first.wait_for()
    assert desk.problems == []
    for context in desk.contexts:
        context.close()
    return office


@pytest.mark.parametrize("javascript", [True, False])
@pytest.mark.parametrize(("width", "dark", "locale"), LOOKS)
def test_pages_of_rules_and_units_fit(
    furnished: Office, desk: Desk, width: int, dark: bool, locale: str, javascript: bool
) -> None:
    furnished.speak(locale[:2])
    page = desk.open("/sign-in", "hr", width=width, dark=dark, locale=locale, javascript=javascript)
    found: dict[str, list[str]] = {}
    for place, path in enumerate(PAGES):
        page.goto(furnished.url + path)
        assert "/sign-in" not in page.url
        found[path] = wrong(page, place, width, dark, javascript=javascript)
    assert not any(found.values()), {path: what for path, what in found.items() if what}


def test_hr_enters_a_reason_without_javascript(furnished: Office, desk: Desk) -> None:
    furnished.speak("vi")
    page = desk.open("/agencies?period=2026-11", "hr", javascript=False)
    page.locator("#disqualify").get_by_text("Ghi lý do hạ loại", exact=True).click()
    form = page.locator("form[action$='/disqualify']")
    form.get_by_label("Đơn vị").select_option("diachinh")
    form.get_by_label("Căn cứ").fill("Kết luận thanh tra số 7")
    form.get_by_role("button", name="Ghi lý do").click()
    page.get_by_text("Đã ghi lý do hạ loại.").wait_for()
    page.get_by_text("Kết luận thanh tra số 7").wait_for()
