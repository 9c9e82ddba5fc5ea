"""What messages of ours were about: the questions that wait for an answer, and the notices behind receipts."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

import msgspec

from backend.domain.lifecycle import UNDO_FOR, UNDOABLE
from backend.domain.notices import AnyNotice, LeaderDigest, TaskNotice
from backend.kit import clock
from backend.kit.db import Sql
from bot.attempts import read_notice
from bot.speech import Mark

#: So long after a question the next words count as its answer even when they are not a reply to it.
_LISTENS_FOR = timedelta(minutes=30)
QUESTIONS = ("report", "extend", "return", "decline", "waive", "wait", "assign")
#: What is waited for in a chat, about a task or not.
_AWAITED = (*QUESTIONS, "phone")


class About(msgspec.Struct, frozen=True):
    """What a message was: a question or card of ours (``mark``), or a notice."""

    task_id: int | None
    mark: Mark | None = None
    prompt_id: int | None = None
    notice: AnyNotice | None = None
    #: A message of several lines is about no one task.
    several: bool = False

    @property
    def is_question(self) -> bool:
        """Whether its answer does something."""
        return self.mark is not None and self.mark.act in QUESTIONS

    @property
    def is_card(self) -> bool:
        """Whether a reply to it reports the task."""
        return (self.mark is not None and self.mark.act == "card") or (
            self.notice is not None and self.notice.kind == "TaskAssigned"
        )


class _Prompt(msgspec.Struct):
    id: int
    task_id: int | None
    act: str
    data: Any
    asked_at: datetime


async def remember(channel: str, sent: Sequence[tuple[str, str, Mark]]) -> None:
    """Keep what messages just sent are about, each an address, a receipt and a mark."""
    sql, now = Sql(), clock.real()
    columns = {
        "address": "text",
        "receipt": "text",
        "task_id": "bigint",
        "act": "text",
        "data": "jsonb",
        "at": "timestamptz",
    }
    rows = [
        (address, receipt, mark.task_id, mark.act, msgspec.json.encode(mark.data).decode(), now)
        for address, receipt, mark in sent
    ]
    await sql.run(
        "insert into chat_prompt (channel, address, receipt, task_id, act, data, asked_at) "
        f"select {sql.arg(channel)}, m.address, m.receipt, m.task_id, m.act, m.data, m.at from {sql.table('m', columns, rows)}"
    )


async def about(channel: str, address: str, receipt: str) -> About | None:
    """What one of our messages in a chat was about; None when it was about no task (or is not ours)."""
    sql = Sql()
    found = await sql.fetch(
        f"select id, task_id, act, data, asked_at from chat_prompt where {_at(sql, channel, address, receipt)} "
        "order by id desc limit 1",
        _Prompt,
    )
    if found:
        return _question(found[0])
    sql = Sql()
    rows = await sql.rows(
        "select n.payload, n.in_slot from delivery_attempt a join outbox_notice n on n.id = a.notice_id "
        f"where {_at(sql, channel, address, receipt, 'a.')} order by a.id desc limit 2"
    )
    if not rows:
        return None
    # A card that was edited has an attempt for each edit, too; only lines of a slot share a message.
    if len(rows) > 1 and all(row["in_slot"] for row in rows):
        return About(None, several=True)
    notice = read_notice(rows[0]["payload"])
    return About(notice.task.id if isinstance(notice, TaskNotice) else None, notice=notice)


class Line(msgspec.Struct, frozen=True):
    """A line of a message of ours: what it said and when (domain time), and when its task was last answered."""

    payload: Any
    at: datetime
    tapped_at: datetime | None

    @property
    def notice(self) -> AnyNotice:
        return read_notice(self.payload)

    @property
    def is_answered(self) -> bool:
        return self.tapped_at is not None and self.tapped_at >= self.at


async def lines(channel: str, address: str, receipt: str) -> list[Line]:
    """Every line of one of our messages in a chat, top to bottom."""
    sql = Sql()
    return await sql.fetch(
        "select n.payload, n.not_before as at, t.tapped_at from delivery_attempt a "
        "join outbox_notice n on n.id = a.notice_id left join task t on t.id = n.task_id and t.lead_id = n.person_id "
        f"where {_at(sql, channel, address, receipt, 'a.')} order by n.id",
        Line,
    )


async def nudged(lines_: Sequence[Line]) -> set[int]:
    """Of the tasks in the leader's digest of a message, those that were asked after since it was said."""
    told = [(line.at, notice.tasks) for line in lines_ if isinstance(notice := line.notice, LeaderDigest)]
    if not told:
        return set()
    sql = Sql()
    tasks = [held.task.id for _, held_tasks in told for held in held_tasks]
    rows = await sql.rows(
        f"select distinct task_id from task_event where {sql.any_of('task_id', tasks)} and kind = 'nudged' "
        f"and at >= {sql.arg(min(at for at, _ in told))}"
    )
    return {int(row["task_id"]) for row in rows}


async def open_question(channel: str, address: str) -> About | None:
    """The newest question in a chat, when it still waits for an answer and was asked lately."""
    sql = Sql()
    found = await sql.fetch(
        f"select id, task_id, act, data, asked_at from chat_prompt where channel = {sql.arg(channel)} "
        f"and address = {sql.arg(address)} and act in {sql.args(_AWAITED)} and answered_at is null "
        f"and asked_at > {sql.arg(clock.real() - _LISTENS_FOR)} order by id desc limit 1",
        _Prompt,
    )
    return _question(found[0]) if found else None


async def answered(channel: str, address: str, prompt_id: int) -> None:
    """A question has its answer: it and the older ones of the chat wait no more."""
    sql = Sql()
    await sql.run(
        f"update chat_prompt set answered_at = {sql.arg(clock.real())} where channel = {sql.arg(channel)} "
        f"and address = {sql.arg(address)} and id <= {sql.arg(prompt_id)} and answered_at is null "
        f"and act in {sql.args(_AWAITED)}"
    )


async def dropped(channel: str, address: str, act: str) -> None:
    """The questions of one sort in a chat wait no more."""
    sql = Sql()
    await sql.run(
        f"update chat_prompt set answered_at = {sql.arg(clock.real())} where channel = {sql.arg(channel)} "
        f"and address = {sql.arg(address)} and act = {sql.arg(act)} and answered_at is null"
    )


async def take(prompt_id: int) -> bool:
    """Claim a question for good, in the transaction of what its answer does; False when it was answered before."""
    sql = Sql()
    where = f"id = {sql.arg(prompt_id)} and answered_at is null"
    return bool(await sql.run(f"update chat_prompt set answered_at = {sql.arg(clock.real())} where {where}"))


async def last_done_by(person_id: int) -> int | None:
    """The task of a person's newest assignment, report or acceptance that may still be taken back."""
    sql = Sql()
    rows = await sql.rows(
        f"select task_id from task_event where actor_id = {sql.arg(person_id)} and kind in {sql.args(sorted(UNDOABLE))} "
        f"and at >= {sql.arg(clock.now() - UNDO_FOR)} order by id desc limit 1"
    )
    return int(rows[0]["task_id"]) if rows else None


def _at(sql: Sql, channel: str, address: str, receipt: str, of: str = "") -> str:
    return (
        f"{of}channel = {sql.arg(channel)} and {of}address = {sql.arg(address)} and {of}receipt = {sql.arg(receipt)} "
        f"and {of}receipt <> ''"  # the index has no others
    )


def _question(row: _Prompt) -> About:
    data = msgspec.json.decode(row.data) if isinstance(row.data, str) else row.data
    return About(row.task_id, Mark(row.task_id, cast(Any, row.act), data), row.id)
