"""One bot of the Zalo Bot Platform over HTTP: its calls, its envelope, and never a word of its token."""

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import msgspec

from bot.channel import SendError
from bot.zalo.errors import Refusal, foreign, lost

TIMEOUT_S = 20.0
_CONNECT_S = 5.0
_PIECE = 65_536
#: Nobody waits longer for a sign that somebody is waited for.
_TYPING_S = 3.0


class _Envelope(msgspec.Struct):
    """Every answer; ``ok`` counts, whatever the status says."""

    ok: bool
    result: Any = None
    description: str = ""
    error_code: int | None = None


class Me(msgspec.Struct):
    """Who a token belongs to."""

    id: str
    account_name: str = ""
    display_name: str = ""

    @property
    def name(self) -> str:
        """What people search for."""
        return self.display_name or self.account_name


class Client:
    """One bot. Every method raises :class:`SendError` for everything that can go wrong outside, but for
    :meth:`typing`."""

    def __init__(self, token: str, api_base: str, *, timeout_s: float = TIMEOUT_S) -> None:
        self.id = token.partition(":")[0]
        self._base = f"{api_base.rstrip('/')}/bot{token}"
        self._host = urlsplit(api_base).netloc
        self._timeout_s = timeout_s
        self._session: aiohttp.ClientSession | None = None

    def __repr__(self) -> str:
        return f"<Zalo bot {self.id}>"

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    # Calls.

    async def me(self) -> Me:
        try:
            return msgspec.convert(await self.call("getMe"), Me, strict=False)
        except Refusal as error:
            raise error.classified() from None
        except msgspec.ValidationError as error:
            raise SendError("temporary", f"getMe: {error}") from None

    async def send(self, chat: str, text: str) -> str:
        """Say something; returns the message's id."""
        try:
            result = await self.call("sendMessage", {"chat_id": chat, "text": text})
        except Refusal as error:
            raise await self._told_apart(error) from None
        # Zalo said yes: a message without an id arrived all the same.
        return str(result.get("message_id", "")) if isinstance(result, dict) else ""

    async def typing(self, chat: str) -> None:
        """Show that something is being written, for a few seconds. The only call that may fail without a word: what is
        written comes all the same."""
        with suppress(Refusal, SendError):
            await self.call("sendChatAction", {"chat_id": chat, "action": "typing"}, _TYPING_S)

    async def _told_apart(self, error: Refusal) -> SendError:
        """Whether it is the chat that is gone or the bot that is not well: a link ends for the one and not for the other."""
        if not error.names_the_chat:
            return error.classified()
        try:
            await self.me()
        except SendError as unwell:
            return SendError("temporary", f"{error}; and the bot: {unwell.detail}")
        return SendError("address", str(error))

    async def update(self, wait_s: int) -> dict[str, Any] | None:
        """The next thing that somebody said, waiting up to ``wait_s`` for it; asking confirms nothing, it is gone."""
        try:
            result = await self.call("getUpdates", {"timeout": wait_s}, wait_s + 10.0)
        except Refusal as error:
            if error.code == 408:
                return None
            raise error.classified() from None
        if isinstance(result, list):
            result = result[0] if result else None
        return result if isinstance(result, dict) else None

    async def use_webhook(self, url: str, secret: str) -> None:
        """Have everything posted to ``url`` with ``secret`` in the header."""
        await self._set("setWebhook", {"url": url, "secret_token": secret})

    async def use_polling(self) -> None:
        await self._set("deleteWebhook", {})

    async def _set(self, method: str, params: dict[str, Any]) -> None:
        try:
            result = await self.call(method, params)
        except Refusal as error:
            raise error.classified() from None
        tried = result.get("verification") if isinstance(result, dict) else None
        if isinstance(tried, dict) and not tried.get("ok", True):
            raise SendError("temporary", f"{method}: {tried.get('outcome', '')} {tried.get('hint', '')}"[:200])

    async def call(self, method: str, params: dict[str, Any] | None = None, timeout_s: float | None = None) -> Any:
        """One call. Raises :class:`Refusal` when Zalo answers no, :class:`SendError` when it does not answer."""
        found = await self._post(method, params or {}, timeout_s or self._timeout_s)
        if isinstance(found, SendError):
            raise found
        status, body = found
        try:
            envelope = msgspec.json.decode(body, type=_Envelope, strict=False)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            envelope = None
        if envelope is None:
            # An empty poll may end with a bare status.
            raise Refusal(408, "") if status == 408 and method == "getUpdates" else foreign(status)
        if envelope.ok:
            return envelope.result
        code = envelope.error_code if envelope.error_code is not None else (status if status >= 400 else 500)
        raise Refusal(code, envelope.description)

    async def _post(self, method: str, params: dict[str, Any], timeout_s: float) -> tuple[int, bytes] | SendError:
        """The answer; a failure is returned, so that no exception that knows the address is part of a traceback."""
        limit = aiohttp.ClientTimeout(total=timeout_s, sock_connect=min(_CONNECT_S, timeout_s))
        try:
            async with self._opened().post(f"{self._base}/{method}", json=params, timeout=limit) as answer:
                return answer.status, await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return lost(error)

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        return self._session

    # Files.

    async def download(self, url: str, most: int) -> bytes:
        """The content behind an address that Zalo gave, at most ``most`` bytes; it may be asked for again."""
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.netloc != self._host:
            raise SendError("message", "a file's address must be https")
        content = b""
        try:
            async for piece in self._pieces(url):
                content += piece
                if len(content) > most:
                    break
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise SendError("temporary", f"download: {type(error).__name__}") from None
        if len(content) > most:
            raise SendError("message", "the file is too large")
        return content

    async def _pieces(self, url: str) -> AsyncIterator[bytes]:
        limit = aiohttp.ClientTimeout(total=self._timeout_s, sock_connect=_CONNECT_S)
        async with self._opened().get(url, timeout=limit) as answer:
            answer.raise_for_status()
            async for piece in answer.content.iter_chunked(_PIECE):
                yield piece
