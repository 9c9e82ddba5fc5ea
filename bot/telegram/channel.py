"""The Telegram channel: aiogram below, the errors of :mod:`bot.channel` above. Import it late: it takes seconds."""

from collections.abc import Sequence
from typing import Any, TypeVar

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import AiogramError, ClientDecodeError, TelegramBadRequest
from aiogram.methods import (
    AnswerCallbackQuery,
    DeleteWebhook,
    EditMessageText,
    GetFile,
    GetMe,
    SendMessage,
    SetMyCommands,
    SetWebhook,
)
from aiogram.methods.base import Response, TelegramMethod
from aiogram.types import (
    BotCommand,
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    ReplyParameters,
)
from aiohttp import ClientError, ClientTimeout

from bot.channel import File, Receipt, SendError, Text
from bot.telegram.errors import classify, nothing_to_edit, unreadable

T = TypeVar("T")

#: The kinds of updates we understand.
WANTED = ["message", "callback_query", "my_chat_member"]

_TIMEOUT_S = 20.0
_CONNECT_S = 5.0
_PIECE = 65_536


class _Session(AiohttpSession):
    """aiogram's session with a limit on connecting, errors for answers that are not Telegram's, and a prompt close."""

    def __init__(self, api_base: str, timeout_s: float) -> None:
        super().__init__(api=TelegramAPIServer.from_base(api_base))
        self.limit = self.within(timeout_s)
        self.timeout = self.limit  # type: ignore[assignment]  # aiogram hands it to aiohttp as it is

    @staticmethod
    def within(timeout_s: float) -> ClientTimeout:
        return ClientTimeout(total=timeout_s, sock_connect=min(_CONNECT_S, timeout_s))

    def check_response(self, bot: Bot, method: TelegramMethod[T], status_code: int, content: str) -> Response[T]:
        try:
            return super().check_response(bot, method, status_code, content)
        except ClientDecodeError:
            raise unreadable(status_code) from None

    async def close(self) -> None:
        if self._session is not None and not self._session.closed:
            await self._session.close()


class _Updates(TelegramMethod[list[dict[str, Any]]]):
    """getUpdates with the updates as they came: one we cannot read must not hide the others."""

    __returning__ = list[dict[str, Any]]
    __api_method__ = "getUpdates"

    offset: int | None = None
    timeout: int = 0
    allowed_updates: list[str] | None = None


class TelegramChannel:
    """One bot on one server."""

    name = "telegram"
    edits = True
    buttons = True

    def __init__(self, token: str, api_base: str, *, timeout_s: float = _TIMEOUT_S) -> None:
        self._session = _Session(api_base, timeout_s)
        self._bot = Bot(token, session=self._session)

    async def close(self) -> None:
        await self._session.close()

    async def _call(self, method: TelegramMethod[T], timeout_s: float | None = None) -> T:
        """Raises :class:`SendError` for everything that can go wrong outside."""
        limit: Any = None if timeout_s is None else self._session.within(timeout_s)
        try:
            return await self._bot(method, request_timeout=limit)
        except AiogramError as error:
            raise classify(error) from error

    # Speaking.

    async def send(self, address: str, text: Text, *, reply_to: Receipt | None = None) -> Receipt:
        reply = ReplyParameters(message_id=int(reply_to.id), allow_sending_without_reply=True) if reply_to else None
        message = await self._call(
            SendMessage(
                chat_id=address,
                text=text.html,
                parse_mode="HTML",
                link_preview_options=LinkPreviewOptions(is_disabled=True),
                reply_parameters=reply,
                reply_markup=_keyboard(text) or _question(text),
            )
        )
        return Receipt(str(message.message_id))

    async def edit(self, address: str, receipt: Receipt, text: Text) -> None:
        method = EditMessageText(
            chat_id=address,
            message_id=int(receipt.id),
            text=text.html,
            parse_mode="HTML",
            link_preview_options=LinkPreviewOptions(is_disabled=True),
            reply_markup=_keyboard(text),
        )
        try:
            await self._bot(method)
        except AiogramError as error:
            if not nothing_to_edit(error):
                raise classify(error) from error

    async def working(self, address: str) -> None:
        """Not shown: Telegram hands a file over at once, and each call of ours takes a place of the chat's pace."""

    async def toast(self, press: str, words: str) -> None:
        try:
            await self._bot(AnswerCallbackQuery(callback_query_id=press, text=words or None))
        except TelegramBadRequest:
            return  # too old to answer: the person has long stopped waiting
        except AiogramError as error:
            raise classify(error) from error

    # Listening.

    async def updates(self, offset: int | None, wait_s: int) -> list[dict[str, Any]]:
        """What happened since ``offset`` (which it confirms), waiting up to ``wait_s`` for something to happen."""
        return await self._call(_Updates(offset=offset, timeout=wait_s, allowed_updates=WANTED), wait_s + 10)

    async def fetch(self, file: File) -> bytes:
        """The content of a file; it may be asked for again, so no failure on the way is worse than temporary."""
        try:
            found = await self._call(GetFile(file_id=file.ref))
            url = self._session.api.file_url(self._bot.token, found.file_path or "")
            pieces = [piece async for piece in self._session.stream_content(url, chunk_size=_PIECE)]
        except SendError as error:
            raise error if error.kind == "message" else SendError("temporary", error.detail) from error
        except (ClientError, TimeoutError) as error:
            # The error's own text may hold the address, and the address holds the token.
            raise SendError("temporary", f"download: {type(error).__name__}") from None
        return b"".join(pieces)

    # Setting up.

    async def use_polling(self) -> None:
        """Updates are fetched: no webhook may be set."""
        await self._call(DeleteWebhook())

    async def use_webhook(self, url: str, secret: str) -> None:
        """Updates are posted to ``url`` with ``secret`` in their header."""
        await self._call(SetWebhook(url=url, secret_token=secret, allowed_updates=WANTED))

    async def username(self) -> str:
        """The name the bot is found under, for links that open its chat."""
        return (await self._call(GetMe())).username or ""

    async def set_menu(self, commands: Sequence[tuple[str, str]], language: str) -> None:
        """The commands shown beside the text field, in a language ("" = for everybody else)."""
        menu = [BotCommand(command=name, description=words) for name, words in commands]
        await self._call(SetMyCommands(commands=menu, language_code=language or None))


def _keyboard(text: Text) -> InlineKeyboardMarkup | None:
    rows = [
        [InlineKeyboardButton(text=button.label, callback_data=button.data) for button in row] for row in text.buttons
    ]
    return InlineKeyboardMarkup(inline_keyboard=rows) if rows else None


def _question(text: Text) -> ForceReply | None:
    return ForceReply(force_reply=True, input_field_placeholder=text.ask[:64]) if text.ask else None
