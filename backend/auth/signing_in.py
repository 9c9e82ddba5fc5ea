"""Signing in with work e-mail or phone and password."""

from backend import audit
from backend.auth import passwords, throttle
from backend.auth.actors import actor_of
from backend.auth.identity import Account, account_of_identifier, normal_email, normal_phone
from backend.domain.types import SYSTEM, Actor
from backend.errors import NotSignedIn


async def sign_in(identifier: str, password: str, address: str) -> Actor:
    """The person with this e-mail or phone and password; ``address`` is the network address they come from.

    Raises NotSignedIn — the same, after the same work, for an unknown account, a wrong password and somebody who has
    left — TooMany (``retry_after_s``) after too many tries for the account or from the address, LimiterDown when tries
    cannot be counted. The account is counted as it was typed, so that pauses tell nobody which e-mail and phone belong
    together. Opening a session or handing out tokens is the caller's next step.
    """
    from_address = throttle.key_of("login-from", throttle.network(address))
    for_account = throttle.key_of("login", normal_email(identifier) or normal_phone(identifier) or identifier.strip())
    await throttle.take(from_address, throttle.ADDRESS)
    attempts = await throttle.take(for_account, throttle.ACCOUNT)
    account = await account_of_identifier(identifier)
    actor = await _verified(account, password)
    if actor is None or account is None or account.password_hash is None:
        await audit.record(
            SYSTEM, "auth.sign_in_failed", "person", account.id if account else None, address=address, attempts=attempts
        )
        raise NotSignedIn("sign_in_wrong")
    await throttle.forget(for_account)
    await throttle.give_back(from_address)
    await passwords.strengthen(account.id, account.password_hash, password)
    return actor


async def _verified(account: Account | None, password: str) -> Actor | None:
    """The Actor when the password is theirs and they are in service."""
    if not await passwords.matches(account.password_hash if account else None, password) or account is None:
        return None
    try:
        return await actor_of(account.id)
    except NotSignedIn:
        return None
