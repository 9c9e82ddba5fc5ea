"""Passwords: hashing off the event loop, what is too easy to guess, and choosing a new one."""

import asyncio
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from backend import audit
from backend.auth import endings, guessing, throttle
from backend.auth.credentials import Credential
from backend.auth.identity import Account, account_by
from backend.domain.types import Actor
from backend.errors import Conflict, NotSignedIn, Unprocessable
from backend.kit.db import Sql, transaction

#: Characters, after Unicode normalisation. The longest keeps hashing from becoming somebody's weapon.
SHORTEST, LONGEST = 12, 256

#: argon2id, 19 MiB, two passes, one lane (OWASP's parameters for servers that hash for many people at once).
_HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)


def _normal(password: str) -> str:
    """The same password from any keyboard: Vietnamese letters are typed composed or as letter and mark."""
    return unicodedata.normalize("NFKC", password)


@cache
def _nobodys_hash() -> str:
    return _HASHER.hash("nobody has this password")


async def hashed(password: str) -> str:
    """argon2id of a password, in a thread: about 50 ms of one core."""
    return await asyncio.to_thread(_HASHER.hash, _normal(password))


async def matches(password_hash: str | None, password: str) -> bool:
    """Whether this is the password. Takes as long, and says no, when there is none to compare with."""
    return await asyncio.to_thread(_verify, password_hash, _normal(password[: LONGEST * 4]))


def _verify(password_hash: str | None, password: str) -> bool:
    try:
        _HASHER.verify(password_hash or _nobodys_hash(), password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


async def strengthen(person_id: int, password_hash: str, password: str) -> None:
    """Hash a password that was just verified anew when it was hashed with other parameters than today's."""
    if not _HASHER.check_needs_rehash(password_hash):
        return
    anew = await hashed(password)
    sql = Sql()
    await sql.run(
        f"update person set password_hash = {sql.arg(anew)} "
        f"where id = {sql.arg(person_id)} and password_hash = {sql.arg(password_hash)}"
    )


async def change_password(actor: Actor, old: str | None, new: str, *, keep: Credential | None = None) -> None:
    """Give the actor a new password and end all their other sessions; ``keep`` is the one they are using.

    ``old`` is needed unless a one-time link has just taken the old password away. Raises Unprocessable with what is
    wrong with either, TooMany after several wrong old ones.
    """
    account = await account_by("id", actor.person_id)
    if account is None:
        raise NotSignedIn("not_signed_in")
    if account.password_hash is not None:
        await _check_old(account, account.password_hash, old)
    refuse_weak(new, account)
    if account.password_hash is not None and await matches(account.password_hash, new):
        raise Unprocessable("password_same")
    anew = await hashed(new)
    async with transaction():
        sql = Sql()
        same = f"password_hash = {sql.arg(account.password_hash)}" if account.password_hash else "password_hash is null"
        changed = await sql.run(
            f"update person set password_hash = {sql.arg(anew)}, must_change_password = {sql.arg(False)} "
            f"where id = {sql.arg(actor.person_id)} and {same}"
        )
        if not changed:
            raise Conflict("password_changed_meanwhile")
        ended = await endings.end_sign_ins(actor.person_id, keep=keep)
        await endings.void_links(actor.person_id)
        await audit.record(actor, "auth.password_changed", "person", actor.person_id, ended=ended)


async def _check_old(account: Account, password_hash: str, old: str | None) -> None:
    key = f"password:{account.id}"
    await throttle.take(key, throttle.ACCOUNT)
    if old is None or not await matches(password_hash, old):
        raise Unprocessable("password_old_wrong")
    await throttle.forget(key)


def refuse_weak(password: str, account: Account) -> None:
    """Raises Unprocessable when the password is too short, too long or among the first that somebody would try.

    There are no rules about kinds of characters: they make passwords worse (NIST SP 800-63B §3.1.1).
    """
    password = _normal(password)
    if len(password) < SHORTEST:
        raise Unprocessable("password_short", shortest=SHORTEST)
    if len(password) > LONGEST:
        raise Unprocessable("password_long", longest=LONGEST)
    if guessing.is_made_of(password, guessing.common()):
        raise Unprocessable("password_common")
    personal = guessing.pieces(account.full_name, account.handle, account.email or "", account.phone or "")
    if guessing.is_made_of(password, personal | guessing.common()):
        raise Unprocessable("password_personal")
