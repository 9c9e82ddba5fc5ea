"""The other half of a code from HR's printed sheet: the last digits of the person's phone number, three guesses a code."""

import hmac

from backend import audit
from backend.auth import link_codes, linking, throttle
from backend.auth.link_codes import Code
from backend.domain.types import SYSTEM
from backend.errors import Conflict, NotFound
from backend.kit.db import Sql, transaction

#: So many digits are asked for …
DIGITS = 4
#: … and so many wrong answers make the code worthless, from whichever chats they came.
MOST_WRONG = 3


async def answer(channel: str, address: str, hashed: str, digits: str) -> int:
    """Link the chat at ``address`` with a printed code (by its hash) if ``digits`` end the person's phone number; returns
    the person. Nothing said before tells whose code it is.

    Raises Conflict ``link_phone_wrong`` (``n`` guesses left), NotFound ``link_sheet_void`` after the last of them and
    ``link_sheet_over`` for a code that is good no more; Conflict as :func:`backend.auth.linking.redeem`, TooMany,
    LimiterDown.
    """
    chat = await linking.count_guess(channel, address)
    code = await link_codes.find(hashed)
    if code is None or not code.asks_phone:
        return await _said_again(channel, address, hashed)
    if code.phone is None:
        raise Conflict("link_code_no_phone")
    mine = throttle.key_of(throttle.PHONE_KIND, hashed)
    tries = await throttle.take(mine, throttle.PHONE)
    if tries > MOST_WRONG or not hmac.compare_digest(code.phone[-DIGITS:].encode(), digits.encode()):
        await _wrong(code, tries)
    try:
        async with transaction():
            person_id = await linking.spend(code, channel, address)
    except Conflict:  # nothing was written: the code stays good
        for key in (mine, chat, linking.ALL):
            await throttle.give_back(key)
        raise
    if person_id is None:
        raise NotFound("link_sheet_over")
    await throttle.forget(chat)
    for _ in ("the code", "the digits"):
        await throttle.give_back(linking.ALL)
    return person_id


async def _wrong(code: Code, tries: int) -> None:
    """Raises Conflict or NotFound."""
    if tries < MOST_WRONG:
        raise Conflict("link_phone_wrong", n=MOST_WRONG - tries)
    async with transaction():
        if await link_codes.spend(code.hashed):
            await audit.record(SYSTEM, "auth.chat_code_void", "person", code.person_id)
    raise NotFound("link_sheet_void")


async def _said_again(channel: str, address: str, hashed: str) -> int:
    """The person, when the same answer came twice and the first one linked this very chat. Raises NotFound."""
    sql = Sql()
    rows = await sql.rows(
        "select l.person_id from chat_link l join link_code c on c.person_id = l.person_id "
        f"where l.channel = {sql.arg(channel)} and l.address = {sql.arg(address)} and l.ended_at is null "
        f"and c.code_hash = {sql.arg(hashed)} and c.used_at is not null"
    )
    if not rows:
        raise NotFound("link_sheet_over")
    return int(rows[0]["person_id"])
