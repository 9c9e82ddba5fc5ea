"""Something that must happen once however often it is asked for: a form sent twice, a message delivered again."""

from collections.abc import Awaitable, Callable

import msgspec

from backend.kit import clock
from backend.kit.db import Sql, transaction

#: A key that is settled keeps the answer's status; what happens here answers a form, which is sent on (See Other).
_SETTLED = 303
#: Longer keys are not kept.
MAX_KEY = 190


class _Row(msgspec.Struct):
    body: str


async def once(owner: str, key: str, make: Callable[[], Awaitable[str]], *, fingerprint: str = "") -> tuple[str, bool]:
    """Run ``make`` unless ``owner`` did so under ``key`` in the last day; its text, or what it was then, and whether it
    ran now.

    The key is claimed in the transaction of the change: whoever comes second waits for the first, and a try that fails
    claims nothing.
    """
    async with transaction():
        sql = Sql()
        claimed = await sql.rows(
            "insert into idempotency_key (owner, key, fingerprint, headers, body, created_at) values "
            f"({sql.arg(owner)}, {sql.arg(key[:MAX_KEY])}, {sql.arg(fingerprint)}, '', '', {sql.arg(clock.real())}) "
            "on conflict (owner, key) do nothing returning id"
        )
        if not claimed:
            sql = Sql()
            where = f"owner = {sql.arg(owner)} and key = {sql.arg(key[:MAX_KEY])}"
            [found] = await sql.fetch(f"select body from idempotency_key where {where}", _Row)
            return found.body, False
        made = await make()
        sql = Sql()
        await sql.run(
            f"update idempotency_key set status = {_SETTLED}, body = {sql.arg(made)} where id = {sql.arg(claimed[0]['id'])}"
        )
    return made, True
