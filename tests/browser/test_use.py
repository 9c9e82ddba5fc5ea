"""Using the pages as people do: without JavaScript everything works, with it a few things are more comfortable."""

import json
import urllib.request
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Desk, Office
from tests.cast import PASSWORD

pytestmark = pytest.mark.one_database


@pytest.mark.parametrize("javascript", [False, True])
def test_a_task_goes_from_assigning_to_accepting(desk: Desk, office: Office, javascript: bool) -> None:
    title = f"Kiểm tra an toàn thực phẩm {javascript}"
    head = desk.open("/", javascript=javascript)
    head.get_by_label("E-mail hoặc số điện thoại").fill("head@phuong.example.vn")
    head.get_by_label("Mật khẩu").fill(PASSWORD)
    head.get_by_role("button", name="Đăng nhập").click()
    head.get_by_role("navigation", name="Trang chính").get_by_role("link", name="Giao việc").click()
    head.get_by_label("Việc gì").fill(title)
    head.get_by_role("checkbox", name="Nguyễn Thị Bình Chuyên viên").first.check()
    head.get_by_role("radio", name="thứ Sáu 17:30").check()
    head.get_by_role("radio", name="Khẩn", exact=True).check()
    head.get_by_text("Tệp đính kèm").click()
    head.get_by_label("Chọn tệp").set_input_files(
        {"name": "mẫu.txt", "mimeType": "text/plain", "buffer": "Mẫu số 1".encode()}
    )
    head.locator(".submit-bar button").click()
    expect(head.get_by_role("status").get_by_text("Đã giao cho Nguyễn Thị Bình.")).to_be_visible()
    expect(head.get_by_role("status").get_by_role("button", name="Hoàn tác")).to_be_visible()
    expect(head.get_by_text("mẫu.txt")).to_be_visible()

    binh = desk.open("/", "binh", javascript=javascript)
    binh.get_by_role("link", name=title).click()
    binh.get_by_role("button", name="Đã nhận").click()
    expect(binh.get_by_role("status")).to_contain_text("Đã nhận việc.")
    binh.locator("#report > summary").click()
    binh.get_by_label("Kết quả").fill("Đã kiểm tra 12 cơ sở")
    binh.locator("#report button").click()
    expect(binh.get_by_role("status")).to_contain_text("Đã báo cáo.")

    head.goto(office.url)
    head.get_by_role("listitem").filter(has_text=title).locator("summary").click()
    head.get_by_role("button", name="Duyệt").click()
    expect(head.get_by_role("status")).to_contain_text("Đã duyệt.")
    expect(head.get_by_role("link", name=title)).to_have_count(0)


def test_a_mistake_shows_beside_the_form_with_what_was_typed(desk: Desk, office: Office) -> None:
    page = desk.open(f"/tasks/{office.codes['waiting']}", "head", javascript=False)
    page.locator("#return > summary").click()
    page.locator("#return-reason").fill(" ")
    page.get_by_text("Sai sót lớn").first.click()
    page.locator("#return button").click()
    expect(page.locator("#return [role=alert]")).to_be_visible()
    expect(page.locator("#return-reason")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#return [name=major_error]")).to_be_checked()


def test_names_are_filtered_as_one_types_and_enter_takes_the_only_one(desk: Desk) -> None:
    page = desk.open("/tasks/new", "chair")
    box = page.locator("#leads_q")
    box.fill("cuong dia chinh")
    shown = page.locator(".picker").first.locator(".list label:visible")
    expect(shown).to_have_count(1)
    box.press("Enter")
    expect(page.get_by_role("checkbox", name="Đặng Hùng Cường").first).to_be_checked()
    box.fill("nguyen thi binh")
    # The chosen one stays in sight.
    expect(shown).to_have_count(2)
    box.fill("zzz")
    expect(page.locator(".picker").first.locator(".group:visible")).to_have_count(1)


def test_pressing_twice_sends_once(desk: Desk, office: Office) -> None:
    page = desk.open("/tasks/new", "chair")
    page.get_by_label("Việc gì").fill("Bấm hai lần")
    page.locator("#leads_q").fill("nguyen thi binh")
    page.locator("#leads_q").press("Enter")
    page.get_by_role("radio", name="thứ Sáu 17:30").check()
    page.evaluate("() => { const b = document.querySelector('.submit-bar button'); b.click(); b.click(); }")
    expect(page.get_by_role("status")).to_be_visible()
    page.goto(f"{office.url}/?view=assigned_by_me&q=bam+hai+lan")
    expect(page.locator(".task")).to_have_count(1)


def test_a_menu_closes_on_escape_and_elsewhere(desk: Desk) -> None:
    page = desk.open("/?view=assigned_by_me", "head")
    menu = page.locator("details.menu").first
    menu.locator("summary").click()
    expect(menu.locator("> div")).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu.locator("> div")).to_be_hidden()
    menu.locator("summary").click()
    page.locator("#q").click()
    expect(menu.locator("> div")).to_be_hidden()


def test_the_demos_clock_moves_from_every_page(desk: Desk, office: Office) -> None:
    page = desk.open("/scores", "hr")
    before = page.locator(".demo time").get_attribute("datetime")
    page.get_by_role("button", name="+1 giờ").click()
    expect(page.get_by_role("status")).to_contain_text("Bây giờ là")
    assert page.locator(".demo time").get_attribute("datetime") != before
    assert page.url == f"{office.url}/scores"


def _bot(office: Office, method: str, **params: Any) -> Any:
    token, base = office.bot
    body = json.dumps(params).encode()
    request = urllib.request.Request(f"{base}/bot{token}/{method}", body, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=90) as answer:
        return json.load(answer)["result"]


def test_a_phone_of_the_simulator_talks_without_reloading(desk: Desk, office: Office) -> None:
    page = desk.open("/simulator?person=an&person=head", "chair", width=1280)
    phone = page.locator("#phone-an")
    phone.get_by_role("button", name="Nối chat").click()
    expect(phone.locator(".bubble.mine")).to_contain_text("/start")
    [update] = _bot(office, "getUpdates", timeout=0)
    chat = update["message"]["chat"]["id"]
    keyboard = {"inline_keyboard": [[{"text": "Đã nhận", "callback_data": "ack:1"}]]}
    card = _bot(office, "sendMessage", chat_id=chat, text="Việc <b>mới</b>", parse_mode="HTML", reply_markup=keyboard)
    expect(phone.locator(".bubble.bot b")).to_have_text("mới")
    phone.get_by_role("button", name="Đã nhận").click()
    press = _bot(office, "getUpdates", offset=update["update_id"] + 1, timeout=50)[0]["callback_query"]
    _bot(office, "answerCallbackQuery", callback_query_id=press["id"], text="Đã nhận việc.")
    _bot(office, "editMessageText", chat_id=chat, message_id=card["message_id"], text="Việc mới: đang làm")
    expect(phone.locator(".toast")).to_have_text("Đã nhận việc.")
    expect(phone.locator(".bubble.bot")).to_contain_text("đang làm")
    phone.locator("[data-reply]").click()
    phone.get_by_placeholder("Nhắn tin").fill("Xong rồi ạ")
    phone.get_by_placeholder("Nhắn tin").press("Enter")
    expect(phone.locator(".bubble.mine").last).to_have_text("Xong rồi ạ")
    expect(phone.get_by_placeholder("Nhắn tin")).to_have_value("")
    said = _bot(office, "getUpdates", offset=-1, timeout=50)[-1]["message"]
    assert said["reply_to_message"]["message_id"] == card["message_id"]
    assert page.url.endswith("/simulator?person=an&person=head")
