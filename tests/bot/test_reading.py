"""New due times and days of leave as people type them."""

from datetime import date

import pytest

from backend.calendars.default import default_calendar
from bot import reading
from tests.fakes import vn

NOW = vn("2026-11-23 08:00")
DUE = vn("2026-11-25 17:00")


@pytest.mark.parametrize(
    ("text", "at", "reason"),
    [
        ("2 ngày chờ văn bản của tỉnh", "2026-11-27 17:00", "chờ văn bản của tỉnh"),
        ("2 ngay cho van ban", "2026-11-27 17:00", "cho van ban"),
        ("30 phút vì kẹt", "2026-11-25 17:30", "kẹt"),
        ("thêm 4 giờ: họp", "2026-11-26 11:00", "họp"),
        ("1 tuần nghỉ", "2026-12-02 17:00", "nghỉ"),
        ("27/11 17:00 lý do chờ", "2026-11-27 17:00", "chờ"),
        ("27/11, chờ", "2026-11-27 17:30", "chờ"),
        ("17h thứ 6 chờ", "2026-11-27 17:00", "chờ"),
        ("thứ sáu lúc 9 giờ 30 vì họp", "2026-11-27 09:30", "họp"),
        ("đến 17h30 ngày 27/11/2026 vì họp", "2026-11-27 17:30", "họp"),
        ("mai: bận", "2026-11-24 17:30", "bận"),
        ("5/1 đầu năm", "2027-01-05 17:30", "đầu năm"),
        ("2 days waiting for reply", "2026-11-27 17:00", "waiting for reply"),
        ("friday 17:00 because of data", "2026-11-27 17:00", "of data"),
        ("27/11 17:00", "2026-11-27 17:00", ""),
    ],
)
def test_a_new_due_time_comes_first_and_the_reason_after(text: str, at: str, reason: str) -> None:
    wish = reading.new_due(text, DUE, NOW, default_calendar())
    assert wish is not None
    assert (wish.at, wish.reason) == (vn(at), reason)


@pytest.mark.parametrize(
    "text",
    [
        "", "sớm thôi", "chờ 2 ngày", "31/2 x", "99h 27/11 x", "0 ngày x", "mãi mới xong", "thu thập số liệu",
        "thứ tám", "27/11 17:75 x", "1/1/9999 x",
    ],
)  # fmt: skip
def test_what_is_no_time_is_not_guessed(text: str) -> None:
    assert reading.new_due(text, DUE, NOW, default_calendar()) is None


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("12/12-14/12 @binh đi họp", reading.LeaveWish(date(2026, 12, 12), date(2026, 12, 14), "binh", "đi họp")),
        ("12/12", reading.LeaveWish(date(2026, 12, 12), date(2026, 12, 12), "", "")),
        ("mai", reading.LeaveWish(date(2026, 11, 24), date(2026, 11, 24), "", "")),
        ("24/11 đến 26/11 ốm", reading.LeaveWish(date(2026, 11, 24), date(2026, 11, 26), "", "ốm")),
        ("31/12-2/1", reading.LeaveWish(date(2026, 12, 31), date(2027, 1, 2), "", "")),
        ("thứ 5 - thứ 6", reading.LeaveWish(date(2026, 11, 26), date(2026, 11, 27), "", "")),
        ("14/12-12/12", None),
        ("30/2", None),
        ("tuần sau", None),
        ("", None),
    ],
)
def test_days_of_leave(text: str, wish: reading.LeaveWish | None) -> None:
    assert reading.leave(text, date(2026, 11, 23)) == wish
