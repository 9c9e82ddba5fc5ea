"""An office that is spoken to: officers with numbered tasks and linked chats, what they say, and what must have come of it."""

import random
from datetime import date
from typing import Any

import msgspec

from backend.auth.actors import actor_of
from backend.kit import clock
from backend.kit.db import Sql
from backend.models import ChatLink, OutboxNotice, Person, Position, Unit
from backend.tasks import service
from backend.tasks.schemas import DueDraft, TaskDraft

BOT = "700001"
LEADERS = 5
#: Telegram's chats are numbers, and a message that a button is under has one too.
FIRST_CHAT, CARD = 5_000_000, 10


class Act(msgspec.Struct, frozen=True):
    """One thing that somebody says: to whom it is told is told by ``person``, about which of their tasks by ``task``."""

    person: int
    kind: str
    number: int
    task: int


async def furnish(officers: int, each: int) -> list[list[int]]:
    """Officers with ``each`` tasks that nobody has taken up, linked on both chats; returns the tasks of each of them, in
    the order of their numbers. Nothing waits to be said."""
    unit = await Unit.create(code="ubnd", name="UBND", name_folded="ubnd", kind="committee", path="/1/")
    await Unit.filter(id=unit.id).update(path=f"/{unit.id}/")
    people = [await _person(f"p{n}", "leader" if n < LEADERS else "officer", unit) for n in range(LEADERS + officers)]
    bosses, staff = people[:LEADERS], people[LEADERS:]
    for number, person in enumerate(staff):
        for channel, address in (("zalo", zalo_address(number)), ("telegram", str(FIRST_CHAT + number))):
            await ChatLink.create(person_id=person.id, channel=channel, address=address, linked_at=clock.real())
    for turn in range(each):
        for first in range(0, officers, 50):
            leads = [person.handle for person in staff[first : first + 50]]
            draft = TaskDraft(title=f"Báo cáo tình hình số {turn + 1}", due=DueDraft(working_days=20), leads=leads)
            await service.assign(await actor_of(bosses[turn % LEADERS].id), draft)
    await OutboxNotice.all().delete()
    await Sql().run("analyze")
    rows = await Sql().rows("select id, lead_id from task order by id")
    return [[row["id"] for row in rows if row["lead_id"] == person.id] for person in staff]


async def _person(handle: str, role: str, unit: Unit) -> Person:
    name = f"Nguyễn Văn {handle}"
    person = await Person.create(
        handle=handle, full_name=name, name_folded=name.lower(), must_change_password=False, created_at=clock.now()
    )
    await Position.create(
        person=person, unit=unit, title=role, title_folded=role, role=role, rank=1, from_on=date(2025, 7, 1)
    )
    return person


def zalo_address(person: int) -> str:
    return f"{BOT}:zl{person}"


def acts_of(tasks: list[list[int]], turns: range, kinds: tuple[str, ...]) -> list[Act]:
    """What is said about the tasks of these turns, everybody's in the order that makes sense, the people mixed."""
    dice, found = random.Random(6), []
    for turn in turns:
        for kind in kinds:
            people = list(range(len(tasks)))
            dice.shuffle(people)
            found += [Act(person, kind, turn + 1, tasks[person][turn]) for person in people]
    return found


#: How an act is typed.
TYPED = {"ack": "{n} nhận", "done": "{n} xong Đã gửi báo cáo kèm biểu số 2", "ask": "{n}?", "list": "việc"}


def zalo_event(act: Act, serial: int) -> dict[str, Any]:
    sender = {"id": f"zl{act.person}", "display_name": "An", "is_bot": False}
    message = {
        "from": sender,
        "chat": {"id": f"zl{act.person}", "chat_type": "PRIVATE"},
        "message_id": f"m{serial}",
        "date": 1_795_000_000_000,
        "text": TYPED[act.kind].format(n=act.number),
    }
    return {"ok": True, "result": {"event_name": "message.text.received", "message": message}}


def telegram_update(act: Act, serial: int) -> dict[str, Any]:
    """A press of the card's button, or words."""
    chat = FIRST_CHAT + act.person
    sender = {"id": chat, "is_bot": False, "first_name": "An", "language_code": "vi"}
    place = {"id": chat, "type": "private", "first_name": "An"}
    if act.kind == "press":
        author = {"id": 1, "is_bot": True, "first_name": "bot"}
        card = {"message_id": CARD, "date": 1_795_000_000, "chat": place, "from": author, "text": "Việc mới"}
        press = {"id": f"q{serial}", "from": sender, "message": card, "chat_instance": "1", "data": f"t:{act.task}:ack"}
        return {"update_id": serial, "callback_query": press}
    text = TYPED[act.kind].format(n=act.number)
    message = {"message_id": 1000 + serial, "date": 1_795_000_000, "chat": place, "from": sender, "text": text}
    return {"update_id": serial, "message": message}


async def checked(acts: list[Act]) -> None:
    """Everything that was said really happened, once. Raises AssertionError."""
    sql = Sql()
    done = {act.task for act in acts if act.kind == "done"}
    taken = {act.task for act in acts if act.kind in ("ack", "press")} | done
    rows = await sql.rows(
        "select status, count(*) as n from task where " + sql.any_of("id", sorted(taken)) + " group by 1"
    )
    states = {row["status"]: row["n"] for row in rows}
    assert states.get("reported", 0) == len(done), states
    assert states.get("acknowledged", 0) == len(taken - done), states
    for kind, wanted in (
        ("acknowledged", len({a.task for a in acts if a.kind in ("ack", "press")})),
        ("reported", len(done)),
    ):
        sql = Sql()
        [row] = await sql.rows(
            f"select count(*) as n from task_event where kind = {sql.arg(kind)} and {sql.any_of('task_id', sorted(taken))}"
        )
        assert row["n"] == wanted, (kind, row["n"], wanted)


async def unhandled() -> int:
    """Messages nobody has finished. Raises AssertionError for one that went wrong."""
    [row] = await Sql().rows(
        "select count(*) as n, sum(case when handled_at is null then 1 else 0 end) as waiting, "
        "sum(case when problem <> '' then 1 else 0 end) as failed from inbound_update"
    )
    assert not row["failed"], await Sql().rows("select problem, body from inbound_update where problem <> '' limit 3")
    return int(row["waiting"] or 0)
