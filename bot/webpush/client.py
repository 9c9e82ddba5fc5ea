"""Speaks to push services: encrypts for one browser, signs as this office, and tells apart how a push ended.

The encryption and the signature are pywebpush's. The request is ours: theirs would follow redirects, which lead wherever
somebody likes, and would read an answer without an end.
"""

import ssl
from datetime import timedelta
from email.utils import parseaddr, parsedate_to_datetime

import aiohttp
from http_ece import ECEException
from py_vapid import Vapid
from pywebpush import WebPusher, WebPushException

from backend.auth.push import Subscription
from backend.auth.push_keys import PushKeys
from backend.kit import clock
from bot.channel import SendError

#: How long a push service keeps a push for a browser that is off: as long as a notice is tried at all.
_KEPT_S = 2 * 24 * 3600
#: How long a signature is good (a push service takes 24 hours at most), and how long before its end it is made anew.
_SIGNED_FOR = timedelta(hours=12)
_RENEWED_BEFORE = timedelta(hours=1)
_MOST_SIGNATURES = 500
_CONNECT_S = 5.0
_LONGEST_WAIT_S = 3600.0


class Client:
    """The office to all push services. ``subject`` is whom they may write to, ``mailto:`` or ``https:``."""

    def __init__(
        self, keys: PushKeys, subject: str, *, timeout_s: float = 20.0, tls: ssl.SSLContext | None = None
    ) -> None:
        self._vapid, self._subject = Vapid.from_raw(keys.private.encode()), subject  # type: ignore[no-untyped-call]
        self._timeout_s, self._tls = timeout_s, tls
        self._signatures: dict[str, tuple[float, str]] = {}
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def push(self, browser: Subscription, origin: str, payload: bytes) -> None:
        """Have the push service at ``origin`` take ``payload`` for a browser.

        Raises SendError; ``address`` is for this browser only: its subscription is no more.
        """
        body = _encrypted(browser, payload)
        headers = {
            "authorization": self._signature(origin),
            "content-encoding": "aes128gcm",
            "content-type": "application/octet-stream",
            "ttl": str(_KEPT_S),
            # Without it a phone that sleeps hears of the work when somebody picks it up.
            "urgency": "high",
        }
        limit = aiohttp.ClientTimeout(total=self._timeout_s, sock_connect=min(_CONNECT_S, self._timeout_s))
        try:
            async with self._opened().post(
                browser.endpoint,
                data=body,
                headers=headers,
                timeout=limit,
                allow_redirects=False,
                ssl=self._tls or True,
            ) as answer:
                status, wait = answer.status, answer.headers.get("retry-after", "")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _lost(error) from None
        if not 200 <= status < 300:
            raise refused(status, wait)

    def _signature(self, origin: str) -> str:
        now = clock.real()
        until, header = self._signatures.get(origin, (0.0, ""))
        if until - _RENEWED_BEFORE.total_seconds() <= now.timestamp():
            until = (now + _SIGNED_FOR).timestamp()
            claims = {"aud": origin, "exp": int(until), "sub": self._subject}
            header = str(self._vapid.sign(claims)["Authorization"])
            if len(self._signatures) >= _MOST_SIGNATURES:
                self._signatures.clear()
            self._signatures[origin] = until, header
        return header

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        return self._session


def subject_of(mail: str, url: str) -> str:
    """Whom push services may write to: the office's mail address, else its pages.

    One of the two is asked for by all of them, so an office with neither (a trial on one machine) says so.
    """
    address = parseaddr(mail)[1]
    if "@" in address:
        return f"mailto:{address}"
    return url if url.startswith("https://") and url.count(":") == 1 else "mailto:nobody@localhost"


def _encrypted(browser: Subscription, payload: bytes) -> bytes:
    keys = {"p256dh": browser.p256dh.rstrip("="), "auth": browser.auth.rstrip("=")}
    try:
        pusher = WebPusher({"endpoint": browser.endpoint, "keys": keys})
        return bytes(pusher.encode(payload, "aes128gcm")["body"])
    except (WebPushException, ECEException, ValueError) as error:
        raise SendError("address", f"keys that cannot be used: {type(error).__name__}") from None


def refused(status: int, retry_after: str = "") -> SendError:
    """What an answer that is not yes means. An answer without sense may come from a signature that is not taken, and
    nobody's subscription ends for that: another channel carries the notice, or it is tried again."""
    detail = f"push service: {status}"
    if status in (404, 410):
        return SendError("address", detail)
    if status == 413:
        return SendError("message", detail)
    if status == 429 or status >= 500:
        return SendError("temporary", detail, retry_after_s=seconds(retry_after))
    return SendError("temporary", detail, spent=True)


def seconds(retry_after: str) -> float | None:
    """A Retry-After header, seconds or a date, in seconds from now; None when it says nothing."""
    text = retry_after.strip()
    if text.isascii() and text.isdecimal():
        return min(float(text), _LONGEST_WAIT_S)
    try:
        wait_s = (parsedate_to_datetime(text) - clock.real()).total_seconds()
    except (TypeError, ValueError):
        return None
    return min(max(wait_s, 0.0), _LONGEST_WAIT_S)


def _lost(error: Exception) -> SendError:
    """No answer came. The endpoint is somebody's secret: only the error's name is kept."""
    never_connected = isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError)
    return SendError("temporary" if never_connected else "unknown", f"no answer: {type(error).__name__}")
