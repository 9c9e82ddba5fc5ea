"""Idempotency-Key: a write that is repeated gets the first answer again and changes nothing.

The middleware claims (owner, key) in a transaction of its own, runs the request inside one transaction and stores the
answer in it: the change and its answer are committed together or not at all. Draft-ietf-httpapi-idempotency-key-header:
another body under the same key → 422, the first request still running → 409.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from backend.kit import clock
from backend.kit.db import Sql, transaction

KEPT_FOR = timedelta(hours=24)
#: A claim older than this belongs to a process that died: its transaction was rolled back, so the key is free.
RUNNING_FOR = timedelta(seconds=60)
MAX_KEY = 190
_KEPT_HEADERS = frozenset({b"content-type", b"etag", b"location", b"link", b"content-language"})
_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class KeyReused(Exception):
    status = 422
    code = "idempotency_key_reused"


class KeyInFlight(Exception):
    status = 409
    code = "idempotency_key_in_flight"


class BadKey(Exception):
    status = 400
    code = "idempotency_key_bad"


class _Rolledback(Exception):
    """The answer is a fault of ours: nothing of it may be kept."""


class _Row(msgspec.Struct):
    id: int
    fingerprint: str
    status: int | None
    headers: str
    body: str
    created_at: datetime


def middleware(owner_of: Callable[[Scope], str | None]) -> Callable[[ASGIApp], ASGIApp]:
    """The middleware; ``owner_of`` names whose keys these are, None = the header is ignored (nobody signed in)."""

    def wrap(app: ASGIApp) -> ASGIApp:
        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            key = _key(scope)
            owner = owner_of(scope) if key is not None else None
            if key is None or owner is None:
                await app(scope, receive, send)
                return
            if not 0 < len(key) <= MAX_KEY or not key.isprintable():
                raise BadKey
            body = await _read(receive)
            kept = await _claim(owner, key, _fingerprint(scope, body))
            if kept.status is not None:
                await _replay(kept, send)
                return
            await _run(app, scope, body, receive, send, kept.id)

        return serve

    return wrap


def _key(scope: Scope) -> str | None:
    # Litestar's Scope joins HTTP and websockets; only the former has a method.
    if scope.get("method") not in _METHODS:
        return None
    found = dict(scope["headers"]).get(b"idempotency-key")
    return found.decode("latin-1").strip() if found is not None else None


async def _read(receive: Receive) -> bytes:
    chunks: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            break
        chunks.append(message["body"])
        if not message.get("more_body"):
            break
    return b"".join(chunks)


def _fingerprint(scope: Scope, body: bytes) -> str:
    head = f"{scope.get('method')} {scope['path']}?{scope['query_string'].decode('latin-1')}\n"
    return hashlib.sha256(head.encode() + body).hexdigest()


async def _claim(owner: str, key: str, fingerprint: str) -> _Row:
    """The row of this key, ours when ``status`` is None. Raises when it belongs to another or a running request."""
    now = clock.real()
    async with transaction():
        sql = Sql()
        columns = "id, fingerprint, status, headers, body, created_at"
        made = await sql.fetch(
            "insert into idempotency_key (owner, key, fingerprint, headers, body, created_at) values "
            f"({sql.arg(owner)}, {sql.arg(key)}, {sql.arg(fingerprint)}, '', '', {sql.arg(now)}) "
            f"on conflict (owner, key) do nothing returning {columns}",
            _Row,
        )
        if made:
            return made[0]
        sql = Sql()
        lock = "for update" if sql.postgres else ""
        where = f"owner = {sql.arg(owner)} and key = {sql.arg(key)}"
        [found] = await sql.fetch(f"select {columns} from idempotency_key where {where} {lock}", _Row)
        dead = found.status is None and now - found.created_at > RUNNING_FOR
        if not dead and now - found.created_at <= KEPT_FOR:
            if found.fingerprint != fingerprint:
                raise KeyReused
            if found.status is None:
                raise KeyInFlight
            return found
        sql = Sql()
        [taken] = await sql.fetch(
            f"update idempotency_key set fingerprint = {sql.arg(fingerprint)}, status = null, headers = '', body = '', "
            f"created_at = {sql.arg(now)} where id = {sql.arg(found.id)} returning {columns}",
            _Row,
        )
        return taken


async def _run(app: ASGIApp, scope: Scope, body: bytes, receive: Receive, send: Send, row_id: int) -> None:
    waiting = True

    async def replayed_receive() -> Any:
        nonlocal waiting
        if waiting:
            waiting = False
            return {"type": "http.request", "body": body, "more_body": False}
        return await receive()

    messages: list[Message] = []

    async def hold(message: Message) -> None:
        messages.append(message)

    try:
        async with transaction():
            await app(scope, replayed_receive, hold)
            status, headers, text = _answer(messages)
            if status >= 500:
                raise _Rolledback
            sql = Sql()
            await sql.run(
                f"update idempotency_key set status = {sql.arg(status)}, headers = {sql.arg(headers)}, "
                f"body = {sql.arg(text)} where id = {sql.arg(row_id)}"
            )
    except BaseException as error:
        sql = Sql()
        await sql.run(f"delete from idempotency_key where id = {sql.arg(row_id)} and status is null")
        if not isinstance(error, _Rolledback):
            raise
    for message in messages:
        await send(message)


def _answer(messages: list[Message]) -> tuple[int, str, str]:
    status, headers, body = 500, [], b""
    for message in messages:
        if message["type"] == "http.response.start":
            status = message["status"]
            headers = [
                (name.decode("latin-1"), value.decode("latin-1"))
                for name, value in message["headers"]
                if name.lower() in _KEPT_HEADERS
            ]
        elif message["type"] == "http.response.body":
            body += message["body"]
    return status, msgspec.json.encode(headers).decode(), body.decode("utf-8", "surrogateescape")


async def _replay(row: _Row, send: Send) -> None:
    headers = [
        (name.encode("latin-1"), value.encode("latin-1")) for name, value in msgspec.json.decode(row.headers or "[]")
    ]
    headers.append((b"idempotency-replayed", b"true"))
    assert row.status is not None
    await send({"type": "http.response.start", "status": row.status, "headers": headers})
    await send({"type": "http.response.body", "body": row.body.encode("utf-8", "surrogateescape"), "more_body": False})


async def prune() -> int:
    """Forget keys past their time; returns how many."""
    sql = Sql()
    return await sql.run(f"delete from idempotency_key where created_at < {sql.arg(clock.real() - KEPT_FOR)}")
