"""Of a secret task only its code and a link leave the office: every notice kind, on every channel, through the real
sender to the fake servers; and every command about one, in both chats."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import date, timedelta
from typing import Any, NamedTuple, get_args, get_type_hints

import pytest
from msgspec.structs import replace

from backend.auth import push
from backend.auth.actors import actor_of
from backend.auth.push_keys import push_keys
from backend.channel_use import Meter
from backend.domain import notices as said
from backend.domain.notices import AnyNotice, HeldTask, TaskNotice, TaskRef
from backend.errors import AppError
from backend.files.service import store
from backend.models import OutboxNotice, Person, Recurrence
from backend.settings import Settings
from backend.tasks import queries, service
from backend.tasks.recurring_make import _tell
from backend.tasks.schemas import CoordinatorDraft, DueDraft, TaskDraft, TaskView
from bot.channel import Channel
from bot.email.channel import EmailChannel
from bot.inbound import Inbound
from bot.inbound.presses import _ACTS
from bot.sender import Sender
from bot.simulator.telegram import FakeTelegram
from bot.simulator.zalo import FakeZalo
from bot.speech import Incoming
from bot.webpush.channel import WebPushChannel
from bot.zalo.channel import ZaloChannel
from bot.zalo.client import Client
from tests.bot.bot_room import link, put
from tests.bot.conftest import Office, on_telegram
from tests.bot.push_server import push_server, trusting
from tests.bot.smtp_server import mail_server
from tests.bot.test_render import KINDS, sample
from tests.bot.zalo_room import zalo_office
from tests.cast import Cast
from tests.fakes import FakeClock, vn

#: In everything that anybody writes about the task.
MARK = "zqx"
#: What the task's people and their unit are called, and when it is due.
AROUND = ("Hoàng Minh Tuấn", "Tư pháp", "27/11")


# The channels. A new one is a new line of CHANNELS.


class Way(NamedTuple):
    """A channel to a person, and everything that has arrived at its server by now."""

    channel: Channel
    arrived: Callable[[], list[str]]


@asynccontextmanager
async def by_telegram(settings: Settings, person: Person) -> AsyncIterator[Way]:
    async with FakeTelegram() as fake, on_telegram(fake) as channel:
        phone = fake.user(1000 + person.id, person.full_name, started=True)
        await link(person, str(phone.id))
        yield Way(channel, lambda: [spelled(call.params) for call in fake.calls])


@asynccontextmanager
async def by_zalo(settings: Settings, person: Person) -> AsyncIterator[Way]:
    async with FakeZalo() as fake:
        [token] = fake.world.bots
        meter = Meter("zalo", settings.zone, 0)
        bot = Client(token, fake.base_url)
        await meter.open([bot.id])
        await link(person, fake.phone(person.id, started=True).address, "zalo")
        channel = ZaloChannel([bot], meter, settings.url)
        try:
            yield Way(channel, lambda: [spelled(call.params) for call in fake.calls])
        finally:
            await channel.close()


@asynccontextmanager
async def by_mail(settings: Settings, person: Person) -> AsyncIterator[Way]:
    async with mail_server() as server:
        told = {"smtp_host": "127.0.0.1", "smtp_port": server.port, "smtp_starttls": False, "smtp_from": "gv@ubnd.vn"}
        channel = EmailChannel(replace(settings, **told))
        yield Way(channel, lambda: [spelled(mail.items()) + mail.get_content() for mail in server.mails])


@asynccontextmanager
async def by_push(settings: Settings, person: Person) -> AsyncIterator[Way]:
    async with push_server() as server:
        ours = replace(settings, push_hosts=server.host, smtp_from="GV <gv@ubnd.vn>")
        browser = server.browser((await push_keys()).public)
        await push.subscribe(
            await actor_of(person.id),
            browser.endpoint,
            browser.p256dh,
            browser.auth,
            "Firefox/140",
            hosts=ours.push_services,
        )
        channel = WebPushChannel(ours, tls=trusting())
        try:
            yield Way(channel, lambda: [spelled(shown) for shown in browser.shown])
        finally:
            await channel.close()


CHANNELS: dict[str, Callable[[Settings, Person], AbstractAsyncContextManager[Way]]] = {
    "telegram": by_telegram,
    "zalo": by_zalo,
    "email": by_mail,
    "webpush": by_push,
}


def spelled(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, default=str)


def leaks(everything: list[str], *words: str) -> list[str]:
    return [f"{word}: {said}" for said in everything for word in (MARK, *words) if word.lower() in said.lower()]


# What is said by itself.


def holds_a_task(kind: type[said.Notice]) -> bool:
    """By its type: whatever has no task in it has nothing of one to tell."""

    def inside(hint: Any) -> bool:
        return hint in (TaskRef, HeldTask) or any(inside(part) for part in get_args(hint))

    return any(inside(hint) for hint in get_type_hints(kind).values())


ABOUT_TASKS = [kind for kind in KINDS if holds_a_task(kind)]


def written(kind: type[said.Notice], task: TaskRef) -> AnyNotice:
    """A notice of a kind about this task, the mark in everything that people write."""
    tasks: dict[str, Any] = {"tasks": (task, task), "on": date(2026, 11, 24), "at": vn("2026-11-24 08:00")}
    if kind is said.LeaderDigest:
        tasks |= {
            "tasks": (HeldTask(task, MARK), HeldTask(replace(task, due_at=task.due_at - timedelta(days=9)), MARK))
        }
    params = {"params": {"share": "1/3"}} if kind is said.TaskDueSoon else {}
    notice: AnyNotice = sample(kind, MARK, secret=task.secret, task=task, **tasks, **params)
    return notice


async def made(cast: Cast, *, secret: bool) -> TaskRef:
    """A real task, because cards show what is true now."""
    words = {"title": f"{MARK} tiêu đề", "body": f"{MARK} nội dung", "source_number": f"{MARK}/12"}
    draft = TaskDraft(**words, due=DueDraft(minutes=1920), leads=["an"], secret=secret)  # type: ignore[arg-type]
    [task] = (await service.assign(await cast.actor("head"), draft)).tasks
    await OutboxNotice.all().delete()
    return TaskRef(task.id, task.code, f"{MARK} tiêu đề", task.due_at, secret=secret)


async def told(sender: Sender, cast: Cast, task: TaskRef, clock: FakeClock, *, in_slot: bool = False) -> None:
    """Every kind, each by itself or all in one message."""
    for kind in ABOUT_TASKS:
        if in_slot and kind in (said.TaskAssigned, said.CardChanged):
            continue  # these always leave by themselves
        id_ = await put(written(kind, task), cast.an)
        more = {"task_id": task.id} if issubclass(kind, TaskNotice) else {}
        await OutboxNotice.filter(id=id_).update(in_slot=in_slot, maybe_sent=in_slot, **more)
    clock.move(minutes=10)  # a slot that nobody lets go leaves by itself
    await sender.drain_once()
    left = await OutboxNotice.exclude(status="sent").values_list("kind", "status", "problem")
    assert {kind for kind, _, _ in left} <= {"CardChanged"}, left


@pytest.mark.parametrize("locale", ["vi", "en"])
@pytest.mark.parametrize("name", CHANNELS)
async def test_no_notice_of_a_secret_task_says_more_than_its_code(
    db: None, cast: Cast, settings: Settings, clock: FakeClock, name: str, locale: str
) -> None:
    await Person.filter(id=cast.an.id).update(locale=locale)
    task = await made(cast, secret=True)
    async with CHANNELS[name](settings, cast.an) as way:
        sender = Sender(settings.url)
        sender.open(way.channel)
        await told(sender, cast, task, clock)
        alone = len(way.arrived())
        await told(sender, cast, task, clock, in_slot=True)
        everything = way.arrived()
    assert alone >= len(ABOUT_TASKS) - 1
    assert len(everything) > alone
    assert sum(task.code in said for said in everything) >= alone
    assert leaks(everything, *AROUND) == []


@pytest.mark.parametrize("name", CHANNELS)
async def test_what_is_not_secret_arrives_there(
    db: None, cast: Cast, settings: Settings, clock: FakeClock, name: str
) -> None:
    """So that the silence above is no accident of the test."""
    task = await made(cast, secret=False)
    async with CHANNELS[name](settings, cast.an) as way:
        sender = Sender(settings.url)
        sender.open(way.channel)
        await told(sender, cast, task, clock)
        assert len(leaks(way.arrived())) >= len(ABOUT_TASKS) - 3


def test_kinds_about_tasks_are_found() -> None:
    """And nearly everything we say is about one."""
    assert {kind for kind in KINDS if issubclass(kind, TaskNotice)} < set(ABOUT_TASKS)
    assert {said.MorningList, said.LeaderDigest} < set(ABOUT_TASKS)


# What is said and asked in chat.

#: Typed about a task by its number; whatever is said with them is not echoed.
COMMANDS = (
    "{n}?\nviệc\nviệc hôm nay\ntrễ\nnhận hết\nđiểm\nnhắc {n}\n{n} đã nắm\n{n} đang làm\n{code}?",
    "{n} xong zqx\n{n} gia hạn 2 ngày zqx\n{n} trả lại zqx\n{n} trả lại lỗi nặng zqx\n{n} duyệt\n{n} duyệt gia hạn\n"
    "{n} từ chối zqx\n{n} chờ đến thứ 6\n{n} khách quan zqx\n{n} ghi chú zqx\n{code} xong zqx",
    "{n} done zqx\n{n}?\ntasks\nlate\n{n} extend 2 days zqx\n{n} return zqx\n{n} approve\nremind {n}",
)


class Life:
    """A secret task from its assignment to its end, everything done on its page; ``say`` is what happens in chat after
    each step."""

    def __init__(self, cast: Cast, settings: Settings, clock: FakeClock) -> None:
        self.cast, self.settings, self.clock = cast, settings, clock

    async def lived(self, say: Callable[[TaskView], Any]) -> None:
        an, head = await self.cast.actor("an"), await self.cast.actor("head")
        file = await store(self.settings, head, f"{MARK}-don.pdf", b"%PDF-1.4 x")
        words = {"title": f"{MARK} tiêu đề", "body": f"{MARK} nội dung", "source_number": f"{MARK}/12"}
        draft = TaskDraft(
            **words,  # type: ignore[arg-type]
            due=DueDraft(minutes=960),
            leads=["an"],
            coordinators=[CoordinatorDraft("binh")],
            secret=True,
            attachments=[file.id],
        )
        [task] = (await service.assign(head, draft)).tasks
        await self._then(say, task.id)
        await service.acknowledge(an, task.id)
        await service.comment(an, task.id, f"{MARK} ý kiến")
        await service.ask_extension(an, task.id, DueDraft(working_days=9), f"{MARK} lý do")
        await self._then(say, task.id)
        with suppress(AppError):  # a press was quicker
            await service.decide_extension(head, task.id, False, f"{MARK} không")
        own = await store(self.settings, an, f"{MARK}-bao-cao.pdf", b"%PDF-1.4 y")
        await service.report(an, task.id, f"{MARK} báo cáo", [own.id])
        await self._then(say, task.id)
        await service.return_(head, task.id, f"{MARK} thiếu")
        await self._then(say, task.id)
        self.clock.move(days=7)
        await self._then(say, task.id)
        await service.report(an, task.id, f"{MARK} xong")
        await service.accept(head, task.id)
        await self._then(say, task.id)

    async def _then(self, say: Callable[[TaskView], Any], task_id: int) -> None:
        self.clock.move(minutes=11)  # nothing can be taken back in chat any more
        await say(await queries.view(await self.cast.actor("an"), task_id))


_ARGUMENTS = {"approve": (":1",), "refuse": (":1",), "waive": (":1",), "wait_until": (":202611270100", ":x")}


async def pressed(inbound: Inbound, channel: Any, address: str, task_id: int) -> list[str]:
    """What every button of a card that we ever wrote answers, also one that is not under it any more."""
    found = []
    for act in _ACTS:
        if act in ("done", "accept", "undo"):
            continue  # these change more than is asked here, and say no more than the others
        for arg in _ARGUMENTS.get(act, ("",)):
            data = Incoming(kind="press", data=f"t:{task_id}:{act}{arg}", press="p", receipt="1")
            answers = await inbound.handle(channel, address, data)
            found += [f"{answer.toast} {answer.text}" for answer in answers]
    return found


@pytest.mark.slow
@pytest.mark.small("postgres")
async def test_no_answer_on_telegram_says_more_than_its_code(
    office: Office, cast: Cast, settings: Settings, clock: FakeClock
) -> None:
    phones = [await office.phone(handle) for handle in ("an", "head")]
    answers: list[str] = []

    async def say(task: TaskView) -> None:
        await office.turn()
        for phone in phones:
            number = (await queries.numbers_of(phone.id - 1000, [task.id])).get(task.id, 1)
            for lines in COMMANDS:
                phone.send(lines.format(n=number, code=task.code))
            if phone.received:
                phone.send(f"{MARK} xong rồi ạ", reply_to=phone.received[0])
                phone.photo(b"\xff\xd8\xff\xe0 zqx", f"{MARK} ảnh", reply_to=phone.received[-1])
            await office.turn()
            answers.extend(await pressed(office.inbound, office.channel, str(phone.id), task.id))

    await Life(cast, settings, clock).lived(say)
    sent = [spelled(call.params) for call in office.fake.calls]
    assert sum("CV26-000001" in words for words in sent) > 50
    assert leaks([*sent, *answers], "Tư pháp") == []


@pytest.mark.slow
@pytest.mark.small("sqlite")
async def test_no_answer_on_zalo_says_more_than_its_code(
    db: None, cast: Cast, settings: Settings, clock: FakeClock
) -> None:
    async with zalo_office(cast, settings) as office:
        phones = {handle: await office.phone(handle) for handle in ("an", "head")}

        async def say(task: TaskView) -> None:
            await office.turn()
            for handle, phone in phones.items():
                number = (await queries.numbers_of(cast.people[handle].id, [task.id])).get(task.id, 1)
                for lines in COMMANDS:
                    phone.send(lines.format(n=number, code=task.code))
                phone.photo(b"\xff\xd8\xff\xe0 zqx", f"{number} xong {MARK}")
                await office.turn()

        await Life(cast, settings, clock).lived(say)
        sent = [spelled(call.params) for call in office.fake.calls]
    assert sum("CV26-000001" in words for words in sent) > 50
    assert leaks(sent, "Tư pháp") == []


async def test_a_secret_recurring_task_that_cannot_be_made_is_told_by_its_number(
    db: None, cast: Cast, settings: Settings, clock: FakeClock
) -> None:
    """Its title is in no task yet."""
    row = Recurrence(id=7, next_on=date(2026, 11, 24), draft={"title": f"{MARK} hằng tuần", "secret": True})
    await _tell(row, cast.an.id, "không rõ", clock())
    async with by_mail(settings, cast.an) as way:
        sender = Sender(settings.url)
        sender.open(way.channel)
        await sender.drain_once()
        [mail] = way.arrived()
    assert "#7" in mail
    assert leaks([mail]) == []
