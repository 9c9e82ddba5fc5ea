"""Links in mail that lead to one act on one task: everything is in a signed token, nothing of it is stored."""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from backend.auth import keys, throttle
from backend.auth.actors import actor_of
from backend.auth.identity import Account
from backend.domain.types import Actor
from backend.errors import NotFound, NotSignedIn
from backend.kit import clock

#: What can be done by a link, as the buttons of a notice name it.
ACTS = frozenset(
    {"ack", "working", "done", "report", "extend", "wait", "nudge", "heed", "waive"}
    | {"accept", "return", "return_major", "approve", "refuse"}
)
LASTS = timedelta(days=7)

# Each says what the office's secret was used for: a seal of one kind is none of another.
_OF_LINK, _OF_ADDRESS = "act-link:", "act-address:"
_SEAL, _MARK = 32, 16


class ActLink(msgspec.Struct, frozen=True):
    """What a link is for: this person doing ``act`` to a task (``arg`` as its button has it), sent to the address that
    ``mark`` knows, good until ``expires_at`` (real time)."""

    person_id: int
    task_id: int
    act: str
    arg: str
    expires_at: datetime
    mark: str


async def act_paths(person_id: int, email: str, wanted: Sequence[tuple[int, str, str]]) -> list[str]:
    """Paths on our site for these acts (task, act, argument) of a person, to be sent to their address ``email``.

    They lead to a page with a button, because mail scanners open links too. The token is in the query, which no log of
    ours writes down.
    """
    secret = await keys.secret()
    ends = int((clock.real() + LASTS).timestamp())
    mark = _seal(secret, _OF_ADDRESS + email, _MARK)
    found = []
    for task_id, act, arg in wanted:
        said = f"{person_id}.{task_id}.{act}.{arg}.{ends}.{mark}"
        found.append(f"/act?k={said}.{_seal(secret, _OF_LINK + said, _SEAL)}")
    return found


async def read(token: str, network_address: str) -> ActLink:
    """What a token is for. Raises NotFound when we did not sign it; TooMany or LimiterDown when too many such come from
    this address. Good ones are not counted: an office of forty people has one address, and nobody guesses a seal."""
    said, _, seal = token.rpartition(".")
    wanted = _seal(await keys.secret(), _OF_LINK + said, _SEAL)
    if not hmac.compare_digest(seal.encode(), wanted.encode()):
        await throttle.take(throttle.key_of("act-from", throttle.network(network_address)), throttle.ADDRESS)
        raise NotFound("act_link_bad")
    person_id, task_id, act, arg, ends, mark = said.split(".")
    return ActLink(int(person_id), int(task_id), act, arg, datetime.fromtimestamp(int(ends), UTC), mark)


async def bearer(link: ActLink, account: Account | None) -> Actor:
    """Who acts by a link, for its person's ``account``: it signs nobody in and is good for this one thing.

    Raises NotFound when its time is over, its person has left, or their mail goes to another address now.
    """
    if clock.real() >= link.expires_at:
        raise NotFound("act_link_over")
    try:
        actor = await actor_of(link.person_id)
    except NotSignedIn:
        raise NotFound("act_link_left") from None
    email = account.email if account is not None else None
    mark = _seal(await keys.secret(), _OF_ADDRESS + (email or ""), _MARK)
    if not hmac.compare_digest(link.mark, mark):
        raise NotFound("act_link_moved")
    return actor


def _seal(secret: str, text: str, length: int) -> str:
    """At least 64 bits that only the holder of the secret can make for a text. Hexadecimal, because mail programs leave a
    last ``-`` or ``_`` out of an address."""
    return hmac.new(secret.encode(), text.encode(errors="replace"), hashlib.sha256).hexdigest()[:length]
