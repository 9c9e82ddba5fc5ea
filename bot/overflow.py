"""Answers that their chat cannot carry because its month is spent: kept as a notice, which goes the person's next way."""

import hashlib
import secrets

import msgspec

from backend import channel_use, outbox
from backend.auth import linking
from backend.domain.notices import AnswerMoved
from backend.kit import clock, logs
from backend.kit.db import Sql, transaction
from bot import addresses, recall, short
from bot.channel import ChatChannel, SendError, Text
from bot.speech import Answer
from bot.words import Voice

log = logs.get("bot.overflow")


async def elsewhere(
    channel: ChatChannel, address: str, answer: Answer, key: str, error: SendError, voice: Voice
) -> None:
    """Have an answer said another way, once per ``key`` (which names what was said and the place of the answer to it).
    The try that failed is put on record, so that an answer without another way is on record, too, and counted for HR.

    Somebody whose chat is linked to nobody has no other way: nothing is kept.
    """
    person_id = await linking.person_of(channel.name, address)
    if answer.text is None or person_id is None:
        return
    reader = (await addresses.readers([person_id]))[person_id]
    text = await _as_there(channel, person_id, answer.text, msgspec.structs.replace(voice, locale=reader.locale))
    mark = answer.mark
    async with transaction():
        made = await _enqueue(channel.name, address, person_id, text, key, mark.task_id if mark is not None else None)
        if made is None:
            return
        await _put_on_record(made, channel.name, address, error)
    log.info("answer.moved", channel=channel.name, notice=made)
    other = any(route.channel != channel.name for route in reader.routes)
    if other and mark is not None and mark.act in recall.QUESTIONS:
        # It is read elsewhere and answered where everything is said: in the chat.
        await recall.remember(channel.name, [(address, "", mark)])


async def _as_there(channel: ChatChannel, person_id: int, text: Text, voice: Voice) -> str:
    """The words as they would have stood in the chat, since what follows is said there: what could be pressed is typed."""
    if channel.buttons or not text.buttons:
        return text.html
    return short.spoken(text, await short.numbers_of(person_id, short.tasks_of(text)), voice).html


async def _enqueue(channel: str, address: str, person_id: int, html: str, key: str, task_id: int | None) -> int | None:
    """The id of the notice, in the caller's transaction; None when this answer was kept before."""
    named = f"{channel}:{address}:{key}" if key else secrets.token_hex(16)
    dedup_key = f"answer:{hashlib.sha256(named.encode()).hexdigest()}"
    if not await outbox.enqueue(AnswerMoved(channel=channel, html=html), person_id, dedup_key, urgent=True):
        return None
    sql = Sql()
    [row] = await sql.rows(
        f"update outbox_notice set attempts = 1, task_id = {sql.arg(task_id)} where dedup_key = {sql.arg(dedup_key)} "
        "returning id"
    )
    return int(row["id"])


async def _put_on_record(notice_id: int, channel: str, address: str, error: SendError) -> None:
    problem = error.detail if error.detail.startswith(channel_use.SPENT) else f"{channel_use.SPENT}: {error.detail}"
    sql = Sql()
    now = sql.arg(clock.real())
    await sql.run(
        "insert into delivery_attempt (notice_id, channel, address, started_at, finished_at, outcome, receipt, problem) "
        f"values ({sql.arg(notice_id)}, {sql.arg(channel)}, {sql.arg(address)}, {now}, {now}, 'failed', '', "
        f"{sql.arg(problem[:300])})"
    )
