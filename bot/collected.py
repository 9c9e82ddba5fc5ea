"""Reports said in several messages, as rows: begun once a chat, added to, and ended once, whoever gets there first."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from backend.kit import clock
from backend.kit.db import Sql, transaction
from backend.models import ChatReport

#: After so much quiet (real time) a report is handed in by itself.
QUIET_FOR = timedelta(minutes=2)
#: So long before the task is due it is handed in whatever is still to come: what was sent in time is in time.
BEFORE_DUE = timedelta(seconds=15)
TEXT_MAX = 20_000
#: Files of which nobody said which task they are for wait as a question called so …
WHICH = "which"
#: … and so long.
KEPT_FOR = timedelta(days=1)

_COLUMNS = "id, address, person_id, task_id, text, files, data, started_at"


class Collected(msgspec.Struct):
    """A report that is, or was, being said in a chat."""

    id: int
    address: str
    person_id: int
    task_id: int
    text: str
    files: Any
    data: Any
    started_at: datetime

    @property
    def attachments(self) -> list[int]:
        """The ids of what was kept so far."""
        found: list[int] = _plain(self.files)
        return found

    @property
    def kinds(self) -> list[str]:
        """What was kept so far, one word each: ``image``, ``audio``, …"""
        return list(_plain(self.data).get("kinds", []))

    @property
    def heard(self) -> list[str]:
        """The messages it was said in, by their receipts."""
        return list(_plain(self.data).get("heard", []))

    @property
    def behind(self) -> tuple[str, str]:
        """On what kind of message of ours the button was that led to it, and its receipt; empty when it was none."""
        data = _plain(self.data)
        return str(data.get("on", "")), str(data.get("receipt", ""))


class Piece(msgspec.Struct, frozen=True):
    """What one message brought: ``kept`` are attachments, each with its kind in one word."""

    receipt: str
    text: str
    kept: Sequence[tuple[int, str]]


async def open_in(channel: str, address: str) -> Collected | None:
    """The report that is being said in a chat."""
    sql = Sql()
    found = await sql.fetch(
        f"select {_COLUMNS} from chat_report where channel = {sql.arg(channel)} and address = {sql.arg(address)} "
        "and ended_at is null",
        Collected,
    )
    return found[0] if found else None


async def open_or_kept(channel: str, address: str) -> tuple[Collected | None, bool]:
    """The report that is being said in a chat, and whether files are kept there of which nobody said what they are for."""
    sql = Sql()
    chat = f"channel = {sql.arg(channel)} and address = {sql.arg(address)}"
    found = await sql.fetch(
        f"select {_COLUMNS} from chat_report where {chat} and ended_at is null union all "
        f"select 0, address, 0, 0, '', data, data, asked_at from chat_prompt where {unclaimed(sql, chat)}",
        Collected,
    )
    return next((row for row in found if row.id), None), any(not row.id for row in found)


def unclaimed(sql: Sql, chat: str) -> str:
    """The questions of a chat that keep files (:mod:`bot.kept`) and still wait."""
    return (
        f"{chat} and act = {sql.arg(WHICH)} and answered_at is null and asked_at > {sql.arg(clock.real() - KEPT_FOR)}"
    )


async def begin(
    channel: str, address: str, person_id: int, task_id: int, first: Piece, behind: tuple[str, str]
) -> Collected | None:
    """Open a report with its first message; None when one is open in this chat already."""
    sql, now = Sql(), clock.real()
    on, receipt = behind
    data = {"on": on, "receipt": receipt, "heard": [first.receipt], "kinds": [kind for _, kind in first.kept]}
    files = [id_ for id_, _ in first.kept]
    made = await sql.fetch(
        "insert into chat_report (channel, address, person_id, task_id, text, files, data, started_at, heard_at, problem) "
        f"values ({sql.arg(channel)}, {sql.arg(address)}, {sql.arg(person_id)}, {sql.arg(task_id)}, "
        f"{sql.arg(first.text[:TEXT_MAX])}, {sql.arg(_json(files))}, {sql.arg(_json(data))}, {sql.arg(now)}, "
        f"{sql.arg(now)}, '') on conflict (channel, address) where ended_at is null do nothing returning {_COLUMNS}",
        Collected,
    )
    return made[0] if made else None


async def add(report_id: int, piece: Piece) -> bool:
    """One more message of an open report, once however often it comes; False when it has ended."""
    async with transaction():
        row = await ChatReport.filter(id=report_id, ended_at=None).select_for_update().first()
        if row is None:
            return False
        data = dict(row.data)
        heard = list(data.get("heard", []))
        if piece.receipt in heard:
            return True
        data |= {
            "heard": [*heard, piece.receipt],
            "kinds": [*data.get("kinds", []), *(kind for _, kind in piece.kept)],
        }
        await ChatReport.filter(id=report_id).update(
            text="\n".join(words for words in (row.text, piece.text) if words)[:TEXT_MAX],
            files=[*row.files, *(id_ for id_, _ in piece.kept)],
            data=data,
            heard_at=clock.real(),
        )
    return True


async def end(report_id: int, problem: str = "") -> Collected | None:
    """Ours to hand in or to drop, in the transaction that does it, with all that was said; None: it had ended."""
    sql = Sql()
    found = await sql.fetch(
        f"update chat_report set ended_at = {sql.arg(clock.real())}, problem = {sql.arg(problem[:300])} "
        f"where id = {sql.arg(report_id)} and ended_at is null returning {_COLUMNS}",
        Collected,
    )
    return found[0] if found else None


async def quiet(channel: str, *, rested: bool) -> list[Collected]:
    """Open reports of a channel that have been quiet long enough (unless we have not ``rested`` yet: what was said while
    nobody listened may still come in), and those whose task is due in a moment."""
    sql, now = Sql(), clock.now()
    due = f"(t.due_at > {sql.arg(now)} and t.due_at <= {sql.arg(now + BEFORE_DUE)})"
    silent = f" or r.heard_at <= {sql.arg(clock.real() - QUIET_FOR)}" if rested else ""
    columns = ", ".join(f"r.{name}" for name in _COLUMNS.split(", "))
    return await sql.fetch(
        f"select {columns} from chat_report r join task t on t.id = r.task_id "
        f"where r.channel = {sql.arg(channel)} and r.ended_at is null and ({due}{silent}) order by r.id",
        Collected,
    )


async def asked_since(prompt_id: int, at: datetime) -> bool:
    """Whether a question of ours was asked at or after an instant."""
    sql = Sql()
    return bool(
        await sql.rows(f"select id from chat_prompt where id = {sql.arg(prompt_id)} and asked_at >= {sql.arg(at)}")
    )


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _plain(value: Any) -> Any:
    """A JSON column as plain values: text on SQLite."""
    return msgspec.json.decode(value) if isinstance(value, str) else value
