"""What a failed call to Telegram means for a message (house.md §2): temporary, the address, the message, or unknown."""

from aiogram import exceptions
from aiohttp import ClientConnectorError, ConnectionTimeoutError

from bot.channel import ErrorKind, SendError

#: 400s that say nobody can be reached at this chat id.
_NO_SUCH_CHAT = ("chat not found", "peer_id_invalid", "user not found", "user_id_invalid", "chat_id is empty")

#: 400s on an edit that leave nothing to do: it says so already, or the message is gone.
_NOTHING_TO_EDIT = (
    "message is not modified",
    "message to edit not found",
    "message can't be edited",
    "message_id_invalid",
)


def classify(error: exceptions.AiogramError) -> SendError:
    """The same failure in the words every channel uses. Telegram's own text is kept for people; it names no token."""
    detail = str(error)[:200]
    if isinstance(error, exceptions.TelegramRetryAfter):
        return SendError("temporary", detail, retry_after_s=float(error.retry_after))
    if isinstance(error, exceptions.TelegramMigrateToChat):
        return SendError("temporary", detail, moved_to=str(error.migrate_to_chat_id))
    if isinstance(error, exceptions.TelegramNetworkError) and not isinstance(error, exceptions.TelegramEntityTooLarge):
        return SendError(_reached(error), detail)
    return SendError(_refused(error, detail.lower()), detail)


def _refused(error: exceptions.AiogramError, words: str) -> ErrorKind:
    """Telegram answered, and the answer is no."""
    if isinstance(error, exceptions.TelegramForbiddenError):
        return "address"
    if isinstance(error, exceptions.TelegramEntityTooLarge):
        return "message"
    if isinstance(error, exceptions.TelegramBadRequest):
        return "address" if any(known in words for known in _NO_SUCH_CHAT) else "message"
    # 5xx, 401 and 404 (our token), 429 without a wait, 409: nothing was sent and none of it is the message's fault.
    return "temporary"


def _reached(error: exceptions.TelegramNetworkError) -> ErrorKind:
    """Whether the request can have reached the server: not when no connection was ever made."""
    cause = error.__cause__ or error.__context__
    return "temporary" if isinstance(cause, ClientConnectorError | ConnectionTimeoutError) else "unknown"


def unreadable(status: int) -> SendError:
    """An answer that is not Telegram's own: something between us and it spoke, and it alone knows what it passed on."""
    detail = f"an answer that is not Telegram's, status {status}"
    if status == 413:
        return SendError("message", detail)
    refused_on_the_way = 400 <= status < 500 or status == 503
    return SendError("temporary" if refused_on_the_way else "unknown", detail)


def nothing_to_edit(error: exceptions.AiogramError) -> bool:
    """Whether a failed edit needs no edit any more."""
    words = str(error).lower()
    return isinstance(error, exceptions.TelegramBadRequest) and any(known in words for known in _NOTHING_TO_EDIT)
