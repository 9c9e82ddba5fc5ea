"""A form that makes something is carried out once, however often its button was pressed."""

import hashlib
import secrets
from collections.abc import Awaitable, Callable

import msgspec

from backend.domain.types import Actor
from backend.kit import clock
from backend.kit.db import Sql, transaction
from backend.web.forms import Form

#: Field of a form that makes something: a number used once, with what was typed it is the key of the change.
ONCE_FIELD = "once"


def token() -> str:
    """A fresh number for a form."""
    return secrets.token_urlsafe(9)


class _Row(msgspec.Struct):
    body: str


async def once(actor: Actor, form: Form, make: Callable[[], Awaitable[str]]) -> str:
    """Run ``make`` unless this very form was carried out before; its text (an address), or what it was then.

    The key is claimed in the transaction of the change, so a second press waits for the first and a failed try claims
    nothing. The same form with other words is another form: going back and writing the next one must work.
    """
    typed = hashlib.sha256(repr([item for item in form.items if isinstance(item[1], str)]).encode()).hexdigest()
    owner, key = f"form:{actor.person_id}", f"{form.get(ONCE_FIELD)[:32]}:{typed}"
    async with transaction():
        sql = Sql()
        claimed = await sql.rows(
            "insert into idempotency_key (owner, key, fingerprint, headers, body, created_at) values "
            f"({sql.arg(owner)}, {sql.arg(key)}, {sql.arg(typed)}, '', '', {sql.arg(clock.real())}) "
            "on conflict (owner, key) do nothing returning id"
        )
        if not claimed:
            sql = Sql()
            where = f"owner = {sql.arg(owner)} and key = {sql.arg(key)}"
            [found] = await sql.fetch(f"select body from idempotency_key where {where}", _Row)
            return found.body
        made = await make()
        sql = Sql()
        await sql.run(
            f"update idempotency_key set status = 303, body = {sql.arg(made)} where id = {sql.arg(claimed[0]['id'])}"
        )
    return made
