"""The rules of reminding, one story each, on people's phones: what they hear, when, and what they do not hear.

=====  ===================================================================  ==============================================
Rule   What it says                                                         Proved by
=====  ===================================================================  ==============================================
1      in working time only; a moment at night moves to the next slot       rule_1 here; test_year (every notice of a year)
2      two moments a day, one message, five lines, savable first            rule_2 here; reminders/test_slots; test_year
3      the first word early, gaps that shrink, a logarithmic number         rule_3 here; domain/test_reminding_rules
4      one tap answers; an answer buys quiet; a named moment is kept        rule_4 here (two); test_year (every wait)
5      two taps in a row with no step towards closing are silence           rule_5 here; domain/test_reminding_rules
6      back off, take along, spare the reliable                             rule_6 here (two); domain/test_reminding*
7      the leader hears before the deadline, once; an answer stops it       rule_7 here; reminders/test_at_risk (the line)
8      three words after the deadline, then silence                         rule_8 here; test_year (every overdue word)
9      every message says why, with one's own counts; leave is known        rule_9 here (three)
10     "the reply is here" comes in the next slot                           (no story here)
11     a grace to undo; further assignments within two minutes together     rule_11 here; bot/test_pacing, test_queue
12     short and urgent work: one word at two thirds, outside the slots     rule_12 here; domain/test_reminding
13     a charge is told once to both, with the points, in the next slot     rule_13 here; reminders/test_penalise; test_year
14     the acknowledgement limit climbs by itself, apart from the plan      rule_14 here; reminders/test_escalate; test_year
=====  ===================================================================  ==============================================
"""

from collections.abc import AsyncIterator
from datetime import date
from itertools import pairwise
from typing import Any

import pytest

from backend.calendars.default import default_calendar
from backend.kit.db import Sql
from backend.models import Leave, LedgerEntry, Task, TrackRecord
from backend.tasks import service
from tests.fakes import VIETNAM, vn
from tests.stories.conftest import Ward
from tests.stories.days import Days, next_moment
from tests.stories.test_flows import give

CALENDAR = default_calendar()


@pytest.fixture
async def days(ward: Ward) -> AsyncIterator[Days]:
    """The ward without its digests, which have stories of their own."""
    await Sql().run("update person set morning_list = false, leader_digest = false, weekly_digest = false")
    made = Days(ward)
    yield made
    for _, at, text in made.diary:
        assert CALENDAR.is_working(vn(f"{2026 if at > '02' else 2027}-{at}")), f"{at}: {text}"


async def taken(days: Days, to: str = "an", **more: Any) -> str:
    """A task that its holder has acknowledged on the phone; its code."""
    days.ward.clock.move(minutes=3)  # or it would wait to go with the assignment before it
    task = await give(days.ward, "head", to, **more)
    await days.until(f"{days.ward.clock.at.astimezone(VIETNAM):%Y-%m-%d %H:%M:%S}")
    code = str(task["code"])
    phone = days.ward.phones[to]
    phone.press(phone.find(code), "Đã nhận")
    await days.ward.settle()
    assert (await Task.get(code=code)).status == "acknowledged"
    return code


async def test_rule_1_a_moment_at_night_moves_to_the_next_slot_never_to_the_evening_before(days: Days) -> None:
    code = await taken(days, due={"working_days": 15})
    before = len(days.ward.heard("an"))
    task = await Task.get(code=code)
    await service.wait(await days.ward.cast.actor("an"), task.id, vn("2026-11-26 22:00"))
    await days.until("2026-11-27 07:59")
    assert len(days.ward.heard("an")) == before
    await days.until("2026-11-27 08:00")
    assert days.heard("an", code)[-1] == "11-27 08:00"


async def test_rule_2_one_message_of_five_lines_what_can_be_saved_on_top_and_the_rest_next_time(days: Days) -> None:
    dues = ("17:00", "16:30", "16:00", "15:30", "15:00", "14:30")
    codes = [await taken(days, due={"at": f"2026-12-11T{due}:00+07:00"}) for due in dues]
    start = len(days.diary)
    while not any("việc cần để mắt" in text for _, _, text in days.diary[start:]):
        moment = await next_moment(days.ward.clock.at)
        assert moment is not None
        await days.until(f"{moment.astimezone(VIETNAM):%Y-%m-%d %H:%M:%S}")
    [text] = days.texts("an", "việc cần để mắt")
    shown = [code for code in reversed(codes) if code in text]
    assert len(shown) == 5
    assert [text.index(code) for code in shown] == sorted(text.index(code) for code in shown)
    left = {task.code: task for task in await Task.filter(code__in=codes)}
    assert sorted(task.reminded_count for task in left.values()) == [0, 1, 1, 1, 1, 1]
    [cut] = [task for task in left.values() if not task.reminded_count]
    said = len(days.heard("an", cut.code))
    assert cut.look_at is not None
    await days.until(f"{cut.look_at.astimezone(VIETNAM):%Y-%m-%d %H:%M}")
    assert len(days.heard("an", cut.code)) == said + 1, "what was not shown was not sent: it comes next time"


async def test_rule_3_the_first_word_is_early_and_the_gaps_shrink_with_what_remains(days: Days) -> None:
    code = await taken(days, due={"working_days": 20})
    task = await Task.get(code=code)
    await days.until(f"{task.due_at.astimezone(VIETNAM):%Y-%m-%d %H:%M}")
    words = [vn(f"{2026 if at > '02' else 2027}-{at}") for at in days.heard("an", code)[1:]]
    total = CALENDAR.between(task.assigned_at, task.due_at)
    assert CALENDAR.between(task.assigned_at, words[0]) <= total / 3
    assert 4 <= len(words) <= 10, words
    gaps = [CALENDAR.between(one, other) for one, other in pairwise(words)]
    assert gaps[-1] < max(gaps) / 3, gaps


async def test_rule_4_one_tap_buys_quiet_and_silence_does_not(days: Days) -> None:
    answered, ignored = (
        await taken(days, "an", due={"working_days": 15}),
        await taken(days, "binh", due={"working_days": 15}),
    )
    phone = days.ward.phones["an"]
    first = (await Task.get(code=answered)).look_at
    assert first is not None
    await days.until(f"{first.astimezone(VIETNAM):%Y-%m-%d %H:%M}")
    phone.tap("Đang làm")
    await days.ward.settle()
    quiet, loud = (await Task.get(code=answered)).look_at, (await Task.get(code=ignored)).look_at
    assert quiet is not None
    assert loud is not None
    assert quiet > loud > first
    await days.until(f"{loud.astimezone(VIETNAM):%Y-%m-%d %H:%M}")
    assert len(days.heard("binh", ignored)) == 3
    assert len(days.heard("an", answered)) == 2


@pytest.mark.parametrize(
    ("until", "word"),
    [("2026-12-02 09:12", "12-02 13:30"), ("2026-12-02 13:30", "12-02 13:30"), ("2027-02-20 08:00", "12-10 08:00")],
)
async def test_rule_4_waiting_until_is_obeyed_at_the_latest_a_working_day_before(
    days: Days, until: str, word: str
) -> None:
    # Due on Friday 11 December at 08:30: a working day before is Thursday at 08:30, and the slot after it 13:30.
    code = await taken(days, due={"at": "2026-12-11T08:00:00+07:00"})
    task = await Task.get(code=code)
    await service.wait(await days.ward.cast.actor("an"), task.id, vn(until))
    before = len(days.heard("an", code))
    await days.until(f"2026-{word}")
    assert days.heard("an", code)[before:] == [word]


async def test_rule_5_two_taps_in_a_row_count_as_silence(days: Days) -> None:
    code = await taken(days, due={"working_days": 30})
    gaps = []
    for _ in range(2):
        word = (await Task.get(code=code)).look_at
        assert word is not None
        await days.until(f"{word.astimezone(VIETNAM):%Y-%m-%d %H:%M}")
        days.ward.phones["an"].tap("Đang làm")
        await days.ward.settle()
        following = (await Task.get(code=code)).look_at
        assert following is not None
        gaps.append(CALENDAR.between(word, following))
    assert (await Task.get(code=code)).empty_taps == 2
    assert gaps[1] < gaps[0] * 2 / 3, "a tap that leads nowhere buys no more than silence does"


async def test_rule_6_a_message_takes_along_what_would_come_within_two_days(days: Days) -> None:
    soon, later = await taken(days, due={"working_days": 10}), await taken(days, due={"working_days": 14})
    first = (await Task.get(code=soon)).look_at
    assert first is not None
    await days.until(f"{first.astimezone(VIETNAM):%Y-%m-%d %H:%M}")
    [text] = days.texts("an", "2 việc cần để mắt")
    assert soon in text
    assert later in text


async def test_rule_6_the_reliable_are_spared_until_the_last_useful_slot(days: Days) -> None:
    an = days.ward.cast.an
    await TrackRecord.create(person_id=an.id, still_1=90, still_2=90, still_3=90, still_4=90, still_5=90, late=0)
    code = await taken(days, due={"working_days": 10})
    task = await Task.get(code=code)
    await days.until(f"{task.due_at.astimezone(VIETNAM):%Y-%m-%d %H:%M}")
    [word] = days.heard("an", code)[1:]
    assert vn(f"2026-{word}") >= CALENDAR.subtract(task.due_at, 480)


async def test_rule_7_the_leader_hears_before_the_deadline_once_and_an_answer_stops_it(days: Days) -> None:
    an = days.ward.cast.an
    await TrackRecord.create(person_id=an.id, still_1=10, still_2=10, still_3=10, still_4=10, still_5=10, late=9)
    code, other = [await taken(days, due={"working_days": 12}) for _ in range(2)]
    task, calm = await Task.get(code=code), await Task.get(code=other)
    while (await Task.get(code=other)).unanswered < 2:
        moment = await next_moment(days.ward.clock.at)
        assert moment is not None
        await days.until(f"{moment.astimezone(VIETNAM):%Y-%m-%d %H:%M:%S}")
    async with days.ward.client("an") as api:
        assert (await api.post(f"/api/tasks/{calm.code}/acknowledge")).status_code == 200
    await days.until(f"{task.due_at.astimezone(VIETNAM):%Y-%m-%d %H:%M}")
    told = days.heard("head", code)
    assert len(told) == 1, days.texts("head", code)
    assert CALENDAR.between(task.assigned_at, vn(f"2026-{told[0]}")) >= 0.7 * CALENDAR.between(
        task.assigned_at, task.due_at
    )
    assert "9 trong 10" in days.texts("head", code)[0]


async def test_rule_8_three_words_after_the_deadline_and_then_silence(days: Days) -> None:
    code = await taken(days, due={"working_days": 2})
    due = (await Task.get(code=code)).due_at
    await days.until("2027-01-20 09:00")
    words = [vn(f"{2026 if at > '02' else 2027}-{at}") for at in days.heard("an", code, "quá hạn")]
    assert [CALENDAR.between(due, word) // 480 for word in words] == [2, 5, 10]
    task = await Task.get(code=code)
    assert task.look_at is None
    assert task.status == "acknowledged", "the task stays on the board"


async def test_rule_9_every_message_says_why_with_the_officers_own_counts(days: Days) -> None:
    an = days.ward.cast.an
    await TrackRecord.create(person_id=an.id, still_1=18, still_2=18, still_3=18, still_4=18, still_5=18, late=12)
    code = await taken(days, due={"working_days": 12})
    first = (await Task.get(code=code)).look_at
    assert first is not None
    await days.until(f"{first.astimezone(VIETNAM):%Y-%m-%d %H:%M}")
    text = days.texts("an", code)[-1]
    assert "1/6 thời gian" in text
    assert "12 trong 18" in text


async def test_rule_9_known_leave_moves_the_word_to_the_first_slot_after_it(days: Days) -> None:
    code = await taken(days, due={"working_days": 15})
    await _away(days, "an", "2026-11-25", "2026-12-02")
    before = len(days.heard("an", code))
    await days.until("2026-12-03 08:00")
    assert days.heard("an", code)[before:] == ["12-03 08:00"]


async def test_rule_9_leave_up_to_the_deadline_sends_the_word_to_the_substitute(days: Days) -> None:
    code = await taken(days, due={"working_days": 6})
    await _away(days, "an", "2026-11-25", "2026-12-31", substitute="binh")
    before = len(days.heard("an", code))
    await days.until("2026-12-01 17:29")
    assert days.heard("an", code)[before:] == []
    assert days.heard("binh", code)


async def _away(days: Days, handle: str, first: str, last: str, substitute: str | None = None) -> None:
    person = days.ward.cast.people[handle]
    await Leave.create(
        person_id=person.id,
        substitute_id=days.ward.cast.people[substitute].id if substitute else None,
        from_on=date.fromisoformat(first),
        until_on=date.fromisoformat(last),
        recorded_by_id=person.id,
        recorded_at=days.ward.clock(),
    )


async def test_rule_11_ten_seconds_to_undo_and_what_follows_within_two_minutes_goes_together(days: Days) -> None:
    ward = days.ward
    async with ward.client("head") as api:
        for number in range(3):
            body = {"title": f"Việc số {number}", "leads": ["an"], "due": {"working_days": 3}}
            assert (await api.post("/api/tasks", json=body)).status_code == 201
            if number == 0:
                ward.clock.move(seconds=9)
                await ward.turn()
                assert ward.heard("an") == [], "it can still be taken back"
                ward.clock.move(seconds=1)
                await ward.turn()
                assert len(ward.heard("an")) == 1
    ward.clock.move(seconds=119)
    await ward.turn()
    assert len(ward.heard("an")) == 1
    ward.clock.move(seconds=1)
    await ward.turn()
    assert len(ward.heard("an")) == 3
    for message in ward.phones["an"].received:
        assert any("Đã nhận" in button.text for row in message.buttons for button in row), "each with its own buttons"


async def test_rule_12_urgent_work_gets_one_word_at_two_thirds_of_its_time_and_none_in_slots(days: Days) -> None:
    code = await taken(days, urgency="urgent", due={"at": "2026-11-25T16:30:00+07:00"})
    before = len(days.heard("an", code))
    task = await Task.get(code=code)
    await days.until("2026-11-25 16:29")
    total = CALENDAR.between(task.assigned_at, task.due_at)
    word = CALENDAR.add(task.assigned_at, total * 2 // 3)
    assert days.heard("an", code)[before:] == [f"{word:%m-%d %H:%M}"]
    assert f"{word:%H:%M}" not in ("08:00", "13:30")


async def test_rule_13_a_charge_is_told_once_to_both_in_the_next_slot_with_its_points(days: Days) -> None:
    code = await taken(days, due={"at": "2026-11-26T10:00:00+07:00"})
    task = await Task.get(code=code)
    await days.until("2026-11-26 13:29")
    assert await LedgerEntry.filter(task_id=task.id).count() == 2
    assert days.heard("an", code, "đã trễ hạn") == days.heard("head", code, "đã trễ hạn") == []
    await days.until("2026-11-26 17:00")
    assert days.heard("an", code, "đã trễ hạn") == days.heard("head", code, "đã trễ hạn") == ["11-26 13:30"]
    [text] = days.texts("an", code, "đã trễ hạn")
    assert "điểm" in text


async def test_rule_14_nobody_acknowledges_the_lead_is_asked_then_the_assigner_hears(days: Days) -> None:
    task = await give(days.ward, due={"working_days": 8})
    code = str(task["code"])
    await days.until("2026-11-27 17:00")
    row = await Task.get(code=code)
    assert row.reminded_count <= 2
    assert days.heard("an", code, "nhận")
    [told] = days.heard("head", code)
    # Twice the limit of a working day has passed, and it is a slot.
    assert vn(f"2026-{told}") >= CALENDAR.add(row.assigned_at, 960)
    assert told.endswith(("08:00", "13:30"))
