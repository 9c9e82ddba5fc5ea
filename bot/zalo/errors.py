"""What a failed call to Zalo means for a message: temporary, the address, the message, or unknown."""

import aiohttp

from bot.channel import ErrorKind, SendError

#: How long to leave a bot alone that the server calls spent, when nobody knows better.
REST_S = 3600.0


class Refusal(Exception):
    """Zalo answered, and the answer is no. ``words`` are Zalo's own, cut; they hold no token."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(f"{code} {words}".strip()[:200])
        self.code = code
        self.words = words.lower()

    @property
    def names_the_chat(self) -> bool:
        """Whether it may be the chat that cannot be reached: worth asking whether the bot itself is well.

        Zalo's own table calls 403 an internal error, so only its words make it one about the chat.
        """
        if self.code == 403:
            return bool(self.words) and not any(sign in self.words for sign in ("internal", "server", "token"))
        return self.code == 404 or (self.code == 400 and "chat" in self.words)

    def classified(self) -> SendError:
        """The same in the words every channel uses, for a bot that may not be well."""
        if self.code == 429:
            return SendError("temporary", str(self), retry_after_s=REST_S, spent=True)
        return SendError(self._kind(), str(self))

    def _kind(self) -> ErrorKind:
        if self.code == 408:
            return "unknown"  # it gave up waiting for somebody behind it, who may go on
        return "message" if self.code in (400, 413) else "temporary"


def lost(error: Exception) -> SendError:
    """No answer came. An error's own text may hold the address, and the address holds the token: only its name is kept."""
    never_connected = isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError)
    return SendError("temporary" if never_connected else "unknown", f"no answer: {type(error).__name__}")


def foreign(status: int) -> SendError:
    """An answer that is not Zalo's own: something between us and it spoke, and it alone knows what it passed on."""
    detail = f"an answer that is not Zalo's, status {status}"
    if status == 413:
        return SendError("message", detail)
    refused_on_the_way = (400 <= status < 500 and status != 408) or status == 503
    return SendError("temporary" if refused_on_the_way else "unknown", detail)
