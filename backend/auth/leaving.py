"""Leaving: everything that let a person in, or told them something, ends."""

from backend import audit
from backend.auth import endings
from backend.auth.actors import today
from backend.domain.types import SYSTEM, Actor
from backend.kit import clock
from backend.kit.db import Sql, transaction
from backend.models import ChatLink, LinkCode, Person


async def leave(person_id: int, actor: Actor = SYSTEM) -> bool:
    """End a person's sessions, tokens, one-time links, feed and chat links, for good; False when that was done before.

    Call it in the transaction that decides they are gone (the sweep over ``until_on``, HR). It moves no task.
    """
    now = clock.real()
    async with transaction():
        first = bool(await Person.filter(id=person_id, left_at=None).update(left_at=clock.now()))
        ended = {
            "pushes": await endings.end_pushes(person_id, "left"),
            "sign_ins": await endings.end_sign_ins(person_id),
            "links": await endings.void_links(person_id),
            "api_tokens": await endings.revoke("api_token", person_id, now),
            "feeds": await endings.revoke("feed_link", person_id, now),
            "chats": await ChatLink.filter(person_id=person_id, ended_at=None).update(ended_at=now, end_reason="left"),
            "codes": await LinkCode.filter(person_id=person_id).delete(),
        }
        if first:
            await audit.record(actor, "auth.left", "person", person_id, **ended)
    return first


async def to_leave() -> list[int]:
    """People whose last day in service has passed and whose leaving was not carried out yet."""
    sql = Sql()
    rows = await sql.rows(
        "select id from person where left_at is null and until_on is not null "
        f"and until_on < {sql.arg(today())} order by id"
    )
    return [int(row["id"]) for row in rows]
