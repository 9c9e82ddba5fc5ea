"""Chat counts by the calendar of the task's own unit, and says when a changed calendar may move deadlines."""

from datetime import date

from backend.calendars import service
from backend.calendars.schemas import DayOffDraft, DaysDraft
from backend.tasks.schemas import DueDraft
from reminders import move_deadlines
from tests.bot.conftest import Office
from tests.fakes import FakeClock, vn

FRIDAY = DaysDraft(days_off=[DayOffDraft(date(2026, 11, 27), "Nghỉ tránh bão")])
DUE = DueDraft(at=vn("2026-11-27 17:00"))
MONDAY = DaysDraft(days_off=[DayOffDraft(date(2026, 11, 30), "Nghỉ hoán đổi")])


async def test_more_time_is_counted_by_the_units_own_days_off(office: Office, clock: FakeClock) -> None:
    await service.set_days(await office.cast.actor("hr"), "tuphap", MONDAY)
    phone = await office.phone("an")
    await office.assign(due=DUE)
    clock.move(seconds=10)
    await office.turn()
    phone.tap("Xin gia hạn")
    await office.turn()
    phone.send("1 ngày chờ số liệu của tỉnh", reply_to=phone.last)
    await office.turn()
    # Friday 17:00 and a working day more; the Monday is off in this section only.
    assert "đến 17:00 thứ Ba 01/12/2026" in phone.last.text


async def test_the_assigner_hears_that_deadlines_may_move(office: Office, clock: FakeClock) -> None:
    head = await office.phone("head")
    await office.assign(due=DUE)
    await office.assign(due=DUE)
    await service.set_days(await office.cast.actor("hr"), "tuphap", FRIDAY)
    clock.move(minutes=11)
    await move_deadlines.tick()
    await office.turn()
    assert "Lịch làm việc của Phòng Tư pháp vừa thay đổi: 2 hạn anh/chị đã giao có thể dời" in head.last.text
    assert "/calendars/proposals" in head.last.html
    assert head.last.buttons == []
