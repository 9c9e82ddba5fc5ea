"""Notifications in every browser that a person has subscribed; one that takes it is enough."""

import asyncio
import importlib
import secrets
import ssl
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from backend import delivery
from backend.auth import push
from backend.auth.push import Subscription
from backend.auth.push_keys import push_keys
from backend.kit import logs
from backend.kit.db import OperationalError
from backend.settings import Settings
from bot.channel import Receipt, SendError, Text
from bot.webpush.payload import payload_of

if TYPE_CHECKING:
    from bot.webpush.client import Client

log = logs.get("bot.webpush")

_TIMEOUT_S = 20.0
#: Bytes of the random name of a message: no two are the same.
_NAME = 9


class WebPushChannel:
    """All push services. An address is a person's id: whoever pushes knows their browsers. A push cannot be edited, and
    shows no buttons: it opens the page that has them."""

    name = "webpush"
    edits = False
    buttons = False

    def __init__(self, settings: Settings, *, timeout_s: float = _TIMEOUT_S, tls: ssl.SSLContext | None = None) -> None:
        self._settings, self._timeout_s, self._tls = settings, timeout_s, tls
        self._client: Client | None = None
        self._opening = asyncio.Lock()

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()

    async def send(self, address: str, text: Text, *, reply_to: Receipt | None = None) -> Receipt:
        """Push to all browsers of a person; the receipt names the message and the browsers that took it."""
        message = secrets.token_urlsafe(_NAME)
        try:
            browsers = await push.targets_of(int(address))
            client = await self._opened()
            payload = payload_of(text, self._settings.url, message).encoded()
            ends = await asyncio.gather(*(self._push(client, browser, payload) for browser in browsers))
        except (OperationalError, OSError) as error:
            raise SendError("temporary", f"the person's browsers: {type(error).__name__}") from error
        took = [browser.id for browser, end in zip(browsers, ends, strict=True) if end is None]
        if not took:
            raise together([end for end in ends if end is not None])
        return Receipt(delivery.push_receipt(message, took))

    async def _push(self, client: "Client", browser: Subscription, payload: bytes) -> SendError | None:
        """How one push ended, None = taken; a subscription that is no more ends."""
        origin = push.origin_served(browser.endpoint, self._settings.push_services)
        try:
            if origin is None:
                raise SendError("address", "a push service that is not allowed")
            await client.push(browser, origin, payload)
        except SendError as error:
            log.info("push.failed", browser=browser.id, kind=error.kind, detail=error.detail)
            if error.kind == "address":
                with suppress(OperationalError, OSError):  # the next push finds out again
                    await push.gone(browser.id, error.detail)
            return error
        return None

    async def edit(self, address: str, receipt: Receipt, text: Text) -> None:
        raise SendError("message", "a push cannot be edited")

    async def _opened(self) -> "Client":
        """The client, made for the first push: what encrypts is imported only then, in a thread."""
        async with self._opening:
            if self._client is None:
                module = await asyncio.to_thread(importlib.import_module, "bot.webpush.client")
                subject = module.subject_of(self._settings.smtp_from, self._settings.url)
                made: Client = module.Client(await push_keys(), subject, timeout_s=self._timeout_s, tls=self._tls)
                self._client = made
        return self._client


def together(ends: Sequence[SendError]) -> SendError:
    """What it means for the notice that no browser surely took it: what may still come true outweighs what is over."""
    for kind in ("unknown", "temporary", "message"):
        if same := [end for end in ends if end.kind == kind]:
            waits = [end.retry_after_s for end in same if end.retry_after_s is not None]
            return SendError(
                same[0].kind,
                same[0].detail,
                retry_after_s=min(waits, default=None),
                spent=all(end.spent for end in same),
            )
    return SendError("address", ends[0].detail if ends else "no browser is subscribed")


async def wanted() -> bool:
    """Whether any browser has subscribed: an office without one sends as if the channel were not there."""
    try:
        return await push.is_used()
    except (OperationalError, OSError):  # the database is away for a moment
        return False
