"""Engines and senders are killed while reminders fall due and Telegram has a bad day: nothing is lost, what is doubled
says so, and in no chat anything overtakes."""

import re
import sys
from collections import Counter
from datetime import timedelta

import pytest

from backend.audits import audit
from backend.kit import clock as real_clock
from backend.kit import db as database_kit
from backend.kit import i18n
from backend.kit.db import Sql
from backend.models import OutboxNotice, SlotMessage, Task
from backend.settings import Settings
from bot.simulator.faults import Fault
from bot.simulator.telegram import FakeTelegram
from tests.chaos_room import LINES, Crowd, Kills, Scale, a_slot_ahead, crowd, drained, houses, storm, telegram

SMALL = Scale(workers=2, reminders=600, kills_s=10, every_s=0.8, least=7, share=0.02, lease_s=3, hang_s=22)
WHOLE = Scale(workers=4, reminders=20_000, kills_s=60, every_s=1.2, least=25, share=0.004, lease_s=8, hang_s=25)

_CODE = re.compile(r"CV26-\d{6}")


class Heard:
    """What is on the phones: for each chat the messages as (codes from top to bottom, says that it may be a repeat)."""

    def __init__(self, fake: FakeTelegram) -> None:
        flag = i18n.t("vi", "notices.maybe_sent")
        self.chats = {
            phone.chat.id: [
                (tuple(dict.fromkeys(_CODE.findall(message.text))), flag in message.text)
                for message in phone.messages
                if message.from_bot
            ]
            for phone in fake.phones
        }
        self.times = Counter(code for said in self.chats.values() for codes, _ in said for code in codes)
        self.unflagged = Counter(
            code for said in self.chats.values() for codes, flagged in said if not flagged for code in codes
        )


async def _unknown() -> tuple[Counter[str], int, set[int]]:
    """By code how many attempts may have arrived; how many sends those were; and of which notices."""
    rows = await Sql().rows(
        "select t.code, n.id, a.address, a.xmin::text as written from delivery_attempt a join outbox_notice n "
        "on n.id = a.notice_id join task t on t.id = n.task_id where a.outcome = 'unknown'"
    )
    # The attempts of one message are settled by one transaction, and a chat has one message in flight.
    sends = {(row["written"], row["address"]) for row in rows}
    return Counter(row["code"] for row in rows), len(sends), {row["id"] for row in rows}


def _nothing_is_lost(heard: Heard, people: Crowd) -> None:
    for chat, codes in (*people.lines.items(), *people.words.items()):
        said = {code for line, _ in heard.chats[chat] for code in line}
        assert said == codes, f"chat {chat}: lost {sorted(codes - said)}, of somebody else {sorted(said - codes)}"


def _what_is_doubled_says_so(heard: Heard, unknown: Counter[str]) -> None:
    for code, times in heard.times.items():
        assert times <= 1 + unknown[code], f"{code} was said {times} times, {unknown[code]} attempts are unknown"
        assert heard.unflagged[code] <= 1, f"{code} was said {heard.unflagged[code]} times as if for the first time"


async def _nothing_overtakes(heard: Heard, people: Crowd) -> None:
    rows = await Sql().rows(
        "select n.id, t.code from outbox_notice n join task t on t.id = n.task_id where n.twin_of_id is null"
    )
    notice = {row["code"]: row["id"] for row in rows}
    for chat, said in heard.chats.items():
        first = list(dict.fromkeys(code for codes, _ in said for code in codes))
        ids = [notice[code] for code in first]
        assert ids == sorted(ids), f"chat {chat}: {first}"
        if chat in people.lines:
            assert {len(codes) for codes, _ in said} == {LINES}, f"chat {chat}: one message a slot: {said}"


def _bound(kills: Kills, faults: dict[str, Fault]) -> int:
    """How many sends may be unknown: those in flight at the kills, and those that hung or were cut."""
    return kills.sends + sum(fault.hits for name, fault in faults.items() if name not in ("busy", "broken"))


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
@pytest.mark.parametrize(
    "scale", [pytest.param(SMALL, marks=pytest.mark.slow), pytest.param(WHOLE, marks=pytest.mark.soak)]
)
async def test_chaos_loses_nothing_and_doubles_nothing_in_silence(settings: Settings, scale: Scale) -> None:
    kills = Kills()
    async with database_kit.opened(settings.database), telegram(settings, scale) as (fake, ours, faults):
        try:
            # The second wave comes in the middle of the kills.
            slot = await a_slot_ahead(timedelta(seconds=scale.kills_s / 2 - 60))
            people = await crowd(fake, slot, scale.reminders)
            assert len(people.codes) == scale.reminders
            async with houses(ours, scale.workers) as running:
                await storm(running, scale, kills)
                fake.clear_faults()
                await drained(900)
            await _judge(fake, people, kills, faults, scale)
        finally:
            real_clock.set_offset(timedelta())


async def _judge(fake: FakeTelegram, people: Crowd, kills: Kills, faults: dict[str, Fault], scale: Scale) -> None:
    heard = Heard(fake)
    unknown, sends, notices = await _unknown()
    sys.stdout.write(
        f"\n{scale.reminders} reminders in {sum(map(len, heard.chats.values()))} messages, {kills.count} kills "
        f"({kills.working} with work in hand, {kills.sends} sends in flight), faults "
        f"{ {name: fault.hits for name, fault in faults.items()} }, unknown {sends} sends of {len(notices)} notices, "
        f"said twice {sum(times > 1 for times in heard.times.values())}\n"
    )
    _nothing_is_lost(heard, people)
    _what_is_doubled_says_so(heard, unknown)
    await _nothing_overtakes(heard, people)
    assert sends <= _bound(kills, faults)
    # It was a storm, or it proves nothing.
    assert kills.count >= scale.least
    assert kills.working
    assert sum(fault.hits for fault in faults.values()) >= 5
    await _books_are_right(people)


async def _books_are_right(people: Crowd) -> None:
    by_count = await Sql().rows("select reminded_count, unanswered, count(*) as n from task group by 1, 2")
    assert [dict(row) for row in by_count] == [{"reminded_count": 1, "unanswered": 1, "n": len(people.codes)}]
    said = OutboxNotice.filter(twin_of_id=None)  # who has one way hears urgent work once
    assert await said.filter(status="sent").count() == await said.count() == len(people.codes)
    assert await SlotMessage.all().count() == len(people.lines)
    found = await audit()
    assert found.compared >= await Task.all().count()
    assert not found.problems, found.problems[:5]
