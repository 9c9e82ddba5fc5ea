"""The secret that signs access tokens and keys the hashes of short codes, and how secrets are made and stored."""

import hashlib
import hmac
import secrets

from backend.kit import state

SETTING = "auth.secret"

_given = ""


def use(secret_key: str) -> None:
    """Sign with SECRET_KEY of the settings; empty = a secret made once and kept in the database.

    Every process that checks tokens or chat codes calls it at the start with the same value.
    """
    global _given
    _given = secret_key


async def secret() -> str:
    """The secret in force, read from the database each time: one row by key, and which database is open may change."""
    return _given or await state.get(SETTING) or await state.get_or_make_secret(SETTING)


def new_token() -> str:
    """A secret nobody can guess: 256 random bits as 43 URL-safe characters."""
    return secrets.token_urlsafe(32)


def hash_of(token: str) -> str:
    """What is stored of a token. A plain hash is enough for 256 random bits, and lets an index find it."""
    return hashlib.sha256(token.encode()).hexdigest()


async def keyed_hash(text: str) -> str:
    """What is stored of something short enough to try all of, such as a chat code: useless without the secret."""
    return hmac.new((await secret()).encode(), text.encode(), hashlib.sha256).hexdigest()
