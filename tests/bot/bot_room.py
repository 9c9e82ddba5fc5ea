"""A small bot room for tests: a channel that keeps what it was told, people with linked chats, notices to send."""

import asyncio
from datetime import datetime, timedelta

import msgspec

from backend import outbox
from backend.domain.notices import AnyNotice, DueMoved, TaskAssigned, TaskRef
from backend.domain.types import Urgency
from backend.kit import clock
from backend.kit.db import transaction
from backend.models import ChatLink, OutboxNotice, Person
from bot.channel import File, Receipt, SendError, Text
from bot.sender import Sender
from tests.fakes import vn

URL = "http://127.0.0.1:8000"


class Wall:
    """A channel to a wall: keeps every text by address; raises the errors put up for it, oldest first."""

    def __init__(self, name: str = "telegram", *, edits: bool = True) -> None:
        self.name, self.edits, self.buttons = name, edits, edits
        self.said: list[tuple[str, Text]] = []
        self.edited: list[tuple[str, str, Text]] = []
        self.errors: list[SendError | None] = []
        self.spoke = asyncio.Event()

    async def send(self, address: str, text: Text, *, reply_to: Receipt | None = None) -> Receipt:
        if self.errors and (error := self.errors.pop(0)):
            raise error
        self.said.append((address, text))
        self.spoke.set()
        return Receipt(str(len(self.said)))

    async def edit(self, address: str, receipt: Receipt, text: Text) -> None:
        self.edited.append((address, receipt.id, text))

    async def toast(self, press: str, words: str) -> None: ...

    async def working(self, address: str) -> None: ...

    async def fetch(self, file: File) -> bytes:
        raise SendError("temporary", "a wall holds no files")

    @property
    def words(self) -> list[str]:
        return [text.plain for _, text in self.said]


def sender_on(*channels: Wall) -> Sender:
    sender = Sender(URL)
    for channel in channels:
        sender.open(channel)
    return sender


async def link(person: Person, address: str, channel: str = "telegram") -> ChatLink:
    return await ChatLink.create(person_id=person.id, channel=channel, address=address, linked_at=clock.real())


def ref(
    number: int = 1, *, title: str = "Báo cáo PCCC", secret: bool = False, urgency: Urgency = Urgency.NORMAL
) -> TaskRef:
    """A task that need not exist."""
    return TaskRef(number, f"CV26-{number:06d}", title, vn("2026-11-27 17:00"), urgency, secret)


def moved(number: int = 1) -> DueMoved:
    """A plain notice that holds its number."""
    return DueMoved(task=ref(number), by="Chủ tịch", before=vn("2026-11-26 17:00"))


def assigned(number: int = 1, urgency: Urgency = Urgency.NORMAL) -> TaskAssigned:
    return TaskAssigned(task=ref(number, urgency=urgency), by="Chủ tịch")


async def put(
    notice: AnyNotice,
    person: Person,
    *,
    urgent: bool = False,
    ready_in: timedelta = timedelta(),
    not_before: datetime | None = None,
) -> int:
    """Put a notice into the outbox as it would stand there, without a task behind it; returns its id."""
    made = await OutboxNotice.create(
        dedup_key=f"test:{await OutboxNotice.all().count()}",
        kind=notice.kind,
        payload=msgspec.to_builtins(notice),
        person_id=person.id,
        urgent=urgent,
        created_at=clock.now(),
        not_before=not_before or clock.now(),
        ready_at=clock.real() + ready_in,
    )
    return int(made.id)


async def row(notice_id: int) -> OutboxNotice:
    return await OutboxNotice.get(id=notice_id)


async def cancel(notice_id: int) -> None:
    """Take a notice back as a service does, by its key."""
    async with transaction():
        await outbox.take_back((await row(notice_id)).dedup_key)
