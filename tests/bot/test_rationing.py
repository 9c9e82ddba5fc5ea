"""A month that runs short on Zalo: bundled, urgent only, elsewhere, and waiting; nothing is lost."""

import pytest

from backend import channel_use
from backend.models import DeliveryAttempt, OutboxNotice, Person
from backend.settings import Settings
from tests.bot.bot_room import Wall, assigned, moved, put, row
from tests.bot.zalo_room import ZaloOffice, zalo_office
from tests.cast import Cast
from tests.fakes import FakeClock, vn


async def use_up(office: ZaloOffice, to: int, bot: str = "700001") -> None:
    """Let a bot's month stand at so many messages."""
    [use] = [use for use in await channel_use.uses(office.settings.zone) if use.bot == bot]
    await office.meter.heard(bot, to - use.used)


async def test_from_80_percent_on_messages_wait_for_each_other_and_go_in_the_slot(
    db: None, cast: Cast, settings: Settings, clock: FakeClock
) -> None:
    async with zalo_office(cast, settings, monthly=100) as office:
        clock.set("2026-11-23 09:00")
        an, binh = await office.phone("an"), await office.phone("binh", bot="700002")
        await use_up(office, 80)
        notices = [await put(moved(number), cast.an) for number in (1, 2, 3)]
        await put(moved(4), cast.binh)
        await office.turn()
        assert an.words == []
        assert len(binh.words) == 1  # the other bot has plenty
        # Urgent ones and new work do not wait.
        await put(moved(5), cast.an, urgent=True)
        await put(assigned(6), cast.an)
        await office.turn()
        assert [("CV26-000005" in words, "CV26-000006" in words) for words in an.words] == [
            (True, False),
            (False, True),
        ]
        for notice in notices:
            assert (await row(notice)).not_before == vn("2026-11-23 13:30")
        clock.set("2026-11-23 13:36")  # the engine did not let the slot go: it leaves by itself
        await office.turn()
        assert len(an.words) == 3
        assert all(f"CV26-00000{number}" in an.words[2] for number in (1, 2, 3))


async def test_from_95_percent_on_only_urgent_ones_leave_and_others_go_elsewhere(
    db: None, cast: Cast, settings: Settings, clock: FakeClock
) -> None:
    async with zalo_office(cast, settings, monthly=100) as office:
        phone, mail = await office.phone("an"), Wall("email", edits=False)
        office.sender.open(mail)
        await use_up(office, 95)
        await put(moved(1), cast.an)
        await put(moved(2), cast.an, urgent=True)
        await office.turn()
        assert len(mail.words) == 1
        assert "CV26-000001" in mail.words[0]
        assert ["CV26-000002" in words for words in phone.words] == [True]
        # At 100 % the urgent ones too.
        await use_up(office, 100)
        await put(moved(3), cast.an, urgent=True)
        await office.turn()
        assert "CV26-000003" in mail.words[1]
        assert await DeliveryAttempt.filter(outcome="failed").count() == 0


async def test_what_has_no_other_way_waits_for_the_next_month_and_is_seen(
    db: None, cast: Cast, settings: Settings, clock: FakeClock
) -> None:
    async with zalo_office(cast, settings, monthly=100) as office:
        phone = await office.phone("an")
        await use_up(office, 100)
        notices = [await put(moved(1), cast.an), await put(moved(2), cast.an, urgent=True)]
        await office.turn()
        assert phone.words == []
        [waiting] = await channel_use.waiting()
        assert (waiting.name, waiting.notices, waiting.until) == (cast.an.full_name, 2, vn("2026-12-01 07:30"))
        clock.set("2026-11-30 16:00")
        await office.turn()
        assert phone.words == []
        clock.set("2026-12-01 07:30")
        await office.turn()
        assert len(phone.words) == 2
        assert [(await row(notice)).status for notice in notices] == ["sent", "sent"]
        assert await channel_use.waiting() == []


async def test_when_zalo_itself_refuses_another_way_carries_it_at_once(
    db: None, cast: Cast, settings: Settings, clock: FakeClock
) -> None:
    """Nothing was counted here: somebody else uses the bot too."""
    async with zalo_office(cast, settings) as office:
        mail = Wall("email", edits=False)
        office.sender.open(mail)
        phone, lone = await office.phone("an"), await office.phone("binh")
        await Person.filter(id=cast.binh.id).update(email=None)
        office.fake.fail("sendMessage", 429, times=None)
        await put(moved(1), cast.an)
        await office.turn()
        assert (phone.words, len(mail.words)) == ([], 1)
        notice = await put(moved(2), cast.binh)
        await office.turn()
        assert (await row(notice)).problem == channel_use.WAITS
        office.fake._faults.clear()
        clock.move(hours=1)
        await office.turn()
        assert len(lone.words) == 1
        assert (await row(notice)).status == "sent"


async def test_the_last_messages_are_not_taken_twice(
    db: None, cast: Cast, settings: Settings, clock: FakeClock
) -> None:
    """What the plan did not see is refused by the count, and goes elsewhere or waits."""
    async with zalo_office(cast, settings, monthly=4) as office:
        people = [cast.an, cast.binh, cast.people["head"]]
        phones = [await office.phone(handle) for handle in ("an", "binh", "head")]
        await use_up(office, 2)
        for number, person in enumerate(people, 1):
            await put(moved(number), person, urgent=True)
        await office.turn()
        assert sum(len(phone.words) for phone in phones) == 2
        [use] = [use for use in await channel_use.uses(settings.zone) if use.bot == "700001"]
        assert use.used == 4
        clock.set("2026-12-01 08:00")
        await office.turn()
        assert sum(len(phone.words) for phone in phones) == 3


@pytest.mark.slow
async def test_a_busy_month_of_a_small_plan(db: None, cast: Cast, settings: Settings, clock: FakeClock) -> None:
    """December, in the proportions of fifty people on one free bot: as many messages each (60 in both directions), more
    than twice as many wanted. Nothing urgent waits, and everything arrives somewhere."""
    handles = [handle for handle, person in cast.people.items() if person.left_at is None][:5]
    monthly = 60 * len(handles)
    async with zalo_office(cast, settings, monthly=monthly) as office:
        office.fake.world.monthly = monthly
        mail = Wall("email", edits=False)
        office.sender.open(mail)
        clock.set("2026-12-01 07:45")
        phones = {handle: await office.phone(handle) for handle in handles}
        said = 0
        for day in range(1, 32):
            if vn(f"2026-12-{day:02d} 12:00").weekday() > 4:
                continue
            clock.set(f"2026-12-{day:02d} 07:45")
            for place, (handle, phone) in enumerate(phones.items()):
                phone.send("việc")
                for _ in range(3):
                    said += 1
                    await put(moved(said), cast.people[handle])
                if (place + day) % 5 == 0:
                    said += 1
                    await put(moved(said), cast.people[handle], urgent=True)
            await office.turn()
            # Nothing urgent waits for anything.
            assert await OutboxNotice.filter(status="pending", urgent=True).count() == 0
            clock.set(f"2026-12-{day:02d} 13:36")
            await office.turn()
        [use] = [use for use in await channel_use.uses(settings.zone) if use.bot == "700001"]
        assert use.used >= monthly
        assert use.sent == sum(len(phone.received) for phone in phones.values())
        assert await OutboxNotice.exclude(status="sent").count() == 0
        told = "".join([*mail.words, *(words for phone in phones.values() for words in phone.words)])
        assert [number for number in range(1, said + 1) if f"CV26-{number:06d}" not in told] == []
