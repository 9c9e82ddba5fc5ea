"""A digest in the message of its slot: below the numbered lines, never a message more, nothing secret in it."""

import pytest

from backend import outbox
from backend.domain.notices import TaskDueSoon
from backend.models import OutboxNotice, Person, SlotMessage, Task, TrackRecord
from backend.tasks import facts
from backend.tasks.firmness_views import FirmnessBody, set_firmness
from backend.tasks.service import acknowledge
from reminders import digest, remind
from tests.bot.bot_room import Wall, link, sender_on
from tests.fakes import vn

WEDNESDAY = vn("2026-11-25 08:00")


@pytest.fixture
async def looked(db, cast, clock) -> None:
    """Everybody was looked at once, on Monday morning."""
    await digest.tick()


async def line(person: Person, task_id: int, at) -> None:
    """A reminder's line in the slot ``at``."""
    task = await Task.get(id=task_id)
    await outbox.enqueue(
        TaskDueSoon(task=facts.ref(task)), person.id, f"line:{task_id}:{at}", not_before=at, in_slot=True
    )


async def quiet() -> None:
    """What waits to be said is taken away."""
    await OutboxNotice.filter(status="pending").delete()


async def slot(clock, wall: Wall, at) -> None:
    """A slot as the engine does it: digests, then the message leaves."""
    clock.set(at)
    await digest.tick()
    await outbox.let_go(clock())
    await sender_on(wall).drain_once()


async def test_a_digest_is_part_of_the_message_of_its_slot(looked, cast, clock, give):
    wall = Wall()
    await link(cast.an, "7")
    reminded = await give("an", at=vn("2026-11-25 17:00"))
    other = await give("an", at=vn("2026-11-25 16:00"))
    await quiet()
    await line(cast.an, reminded, WEDNESDAY)
    await slot(clock, wall, WEDNESDAY)
    [(_, text)] = wall.said
    assert text.plain.startswith("1 việc cần để mắt:\n\n1. Nhắc việc ")
    first, second = (await Task.get(id=reminded)).code, (await Task.get(id=other)).code
    list_ = text.plain.partition("Việc hôm nay, thứ Tư 25/11/2026\n")[2]
    assert second in list_
    assert first not in list_, "what has a line of its own is not said twice"
    assert {row.status for row in await OutboxNotice.filter(person_id=cast.an.id)} == {"sent"}


async def test_real_reminders_and_the_digests_leave_in_one_message(looked, cast, clock, give):
    wall = Wall()
    await link(cast.head, "7")
    await link(cast.an, "8")
    reminded = await give("head", by="chair", at=vn("2026-11-27 17:00"))
    await acknowledge(await cast.actor("head"), reminded)
    await give("head", by="chair", at=vn("2026-11-25 17:00"))
    await give("an", at=vn("2026-11-25 16:00"))
    await Task.all().update(look_at=None, answer_at=None)
    await Task.filter(id=reminded).update(look_at=WEDNESDAY)
    await quiet()
    clock.set(WEDNESDAY)
    await remind.tick()
    await sender_on(wall).drain_once()
    [text] = [text.plain for address, text in wall.said if address == "7"]
    assert text.startswith("1 việc cần để mắt:")
    assert text.index("1. Nhắc việc") < text.index("Việc hôm nay") < text.index("Việc của đơn vị")
    assert sorted(address for address, _ in wall.said) == ["7", "8"]


async def test_an_officer_who_leads_gets_one_message_a_slot_and_two_a_day(looked, cast, clock, give):
    wall = Wall()
    await link(cast.head, "7")
    await link(cast.an, "8")
    own = await give("head", by="chair", at=vn("2026-11-25 17:00"))
    await give("an", at=vn("2026-11-25 16:00"))
    await quiet()
    for at in ("2026-11-25 08:00", "2026-11-25 13:30"):
        await line(cast.head, own, vn(at))
        await slot(clock, wall, at)
    first, second = [text.plain for address, text in wall.said if address == "7"]
    assert first.startswith("1 việc cần để mắt:\n\n1. Nhắc việc ")
    assert "\n\nViệc của đơn vị, thứ Tư 25/11/2026\n2. hạn 25/11 16:00, Nguyễn Văn An, " in first
    assert "\nViệc có hạn trong tháng 11/2026: 2 việc; xong đúng hạn 0, xong trễ 0, đang làm còn hạn 2," in first
    assert "Việc hôm nay" not in first, "the one task of the day has a line of its own"
    assert "đơn vị" not in second
    assert [address for address, _ in wall.said].count("8") == 1


async def test_a_digest_alone_is_one_of_the_two_messages_of_a_day(looked, cast, clock, give):
    """Of somebody who works for two units that speak at other hours."""
    await set_firmness(await cast.actor("head2"), "diachinh", FirmnessBody(slots=["09:00", "15:00"]))
    await give("an", at=vn("2026-11-25 17:00"))
    one, other = await give("an", at=vn("2026-11-26 17:00")), await give("an", at=vn("2026-11-26 17:00"))
    await quiet()
    afternoon = vn("2026-11-25 15:00")
    await Task.all().update(look_at=None, answer_at=None)
    await Task.filter(id__in=[one, other]).update(unit_id=cast.units["diachinh"].id)
    await Task.filter(id=one).update(look_at=vn("2026-11-25 09:00"))
    await Task.filter(id=other).update(look_at=afternoon, waiting_until=afternoon)
    for at in ("2026-11-25 08:00", "2026-11-25 09:00", "2026-11-25 15:00"):
        clock.set(at)
        await remind.tick()
    rows = await OutboxNotice.filter(person_id=cast.an.id).order_by("id")
    assert [(row.kind, row.not_before) for row in rows] == [
        ("MorningList", WEDNESDAY),
        ("TaskDueSoon", vn("2026-11-25 09:00")),
    ]
    assert (await Task.get(id=other)).look_at == vn("2026-11-26 09:00"), "what would be the third waits for tomorrow"
    assert [row.lines for row in await SlotMessage.filter(person_id=cast.an.id).order_by("slot_at")] == [0, 1]
    counted = await TrackRecord.get(person_id=cast.an.id)
    assert (counted.morning_sent, counted.afternoon_sent) == (1, 0), "a digest asks for no answer"


async def test_a_slot_whose_message_has_left_gets_no_second_one(looked, cast, clock, give):
    wall = Wall()
    await link(cast.an, "7")
    task = await give("an", at=vn("2026-11-25 17:00"))
    await quiet()
    clock.set(WEDNESDAY)
    await line(cast.an, task, WEDNESDAY)
    await outbox.let_go(clock())
    await sender_on(wall).drain_once()
    await give("an", at=vn("2026-11-25 17:20"))
    await quiet()
    await slot(clock, wall, "2026-11-25 08:05")
    assert len(wall.said) == 1
    assert (await Person.get(id=cast.an.id)).digest_at == vn("2026-11-25 13:30")
    await slot(clock, wall, "2026-11-25 13:30")
    assert len(wall.said) == 2
    assert "Việc hôm nay" in wall.said[1][1].plain


async def test_a_secret_task_is_a_code_and_a_link(looked, cast, clock, give):
    wall = Wall()
    await link(cast.an, "7")
    await link(cast.head, "8")
    task = await give("an", at=vn("2026-11-25 17:00"), secret=True)
    await Task.filter(id=task).update(title="Tuyệt mật")
    await quiet()
    await slot(clock, wall, WEDNESDAY)
    assert len(wall.said) == 2
    code = (await Task.get(id=task)).code
    for _, text in wall.said:
        assert code in text.plain
        assert "Tuyệt mật" not in text.html
        assert "17:00" not in text.plain
        assert cast.an.full_name not in text.plain
        assert text.buttons == ()


async def test_english_readers_get_english(looked, cast, clock, give):
    wall = Wall()
    for number, person in enumerate((cast.an, cast.head, cast.hr)):
        await Person.filter(id=person.id).update(locale="en", full_name=f"Person {number}")
        await link(person, str(number))
    task = await give("an", at=vn("2026-11-30 17:00"))
    await Task.filter(id=task).update(title="Plan")
    await Person.all().update(digest_at=vn("2026-11-30 08:00"))
    await quiet()
    await slot(clock, wall, "2026-11-30 08:00")
    assert len(wall.said) == 3
    for _, text in wall.said:
        assert [letter for letter in text.plain if letter > "\x7f" and letter not in "“”…"] == []
