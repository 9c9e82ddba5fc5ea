"""Codes that link a chat to a person: 8 characters stored hashed, one open a person, each good once and for a while."""

import secrets
from datetime import datetime, timedelta

import msgspec

from backend import audit
from backend.auth import keys
from backend.domain.types import Actor
from backend.kit import clock
from backend.kit.db import Sql, transaction

#: Of the code that somebody makes on their own page.
LASTS = timedelta(minutes=10)
#: Of one on HR's printed sheet.
ON_PAPER_LASTS = timedelta(days=7)

#: Digits and capitals that nobody mistakes for each other: 30⁸ ≈ 6·10¹¹ codes, a tenth of them without a digit.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 8


class Code(msgspec.Struct, frozen=True):
    """A code that can still be used. ``asks_phone``: whoever brings it must know the end of the ``phone`` number."""

    hashed: str
    person_id: int
    asks_phone: bool
    phone: str | None


def looks_like_one(text: str) -> bool:
    """Whether a word somebody wrote may well be a code of ours."""
    letters = text.upper()
    return len(text) == _LENGTH and not set(letters) - set(_ALPHABET) and any(letter.isdigit() for letter in letters)


def _new() -> str:
    while True:
        code = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
        if looks_like_one(code):  # one digit at least, so that no word of a language is taken for a code
            return code


async def hash_of(code: str) -> str:
    """What is stored of a code, however it was typed."""
    return await keys.keyed_hash("".join(letter for letter in code.upper() if letter.isalnum()))


async def make(actor: Actor, person_id: int, *, on_paper: bool = False) -> tuple[str, datetime]:
    """A new code for a person and when it ends; their last one, of either sort, stops working. Whether the actor may
    is asked before."""
    code = _new()
    hashed = await hash_of(code)
    now = clock.real()
    expires_at = now + (ON_PAPER_LASTS if on_paper else LASTS)
    async with transaction():
        sql = Sql()
        await sql.run(
            "insert into link_code (person_id, code_hash, created_at, expires_at, used_at, asks_phone) values "
            f"({sql.arg(person_id)}, {sql.arg(hashed)}, {sql.arg(now)}, {sql.arg(expires_at)}, null, {sql.arg(on_paper)}) "
            "on conflict (person_id) do update set code_hash = excluded.code_hash, created_at = excluded.created_at, "
            "expires_at = excluded.expires_at, used_at = null, asks_phone = excluded.asks_phone"
        )
        more = {"on_paper": True} if on_paper else {}
        await audit.record(actor, "auth.chat_code_made", "person", person_id, **more)
    return code, expires_at


async def find(hashed: str) -> Code | None:
    """The code, while it can be used."""
    sql = Sql()
    found = await sql.fetch(
        "select c.code_hash as hashed, c.person_id, c.asks_phone, p.phone from link_code c "
        f"join person p on p.id = c.person_id where c.code_hash = {sql.arg(hashed)} and c.used_at is null "
        f"and c.expires_at > {sql.arg(clock.real())}",
        Code,
    )
    return found[0] if found else None


async def spend(hashed: str) -> bool:
    """Use the code up; False when somebody was quicker or its time is over."""
    now = clock.real()
    sql = Sql()
    return bool(
        await sql.run(
            f"update link_code set used_at = {sql.arg(now)} where code_hash = {sql.arg(hashed)} and used_at is null "
            f"and expires_at > {sql.arg(now)}"
        )
    )
