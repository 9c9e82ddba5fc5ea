"""What a channel is: something that carries a text to an address and says how it ended, behind one small protocol."""

import html
import re
from typing import Literal, Protocol

import msgspec

_TAG = re.compile(r"<[^>]*>")
_LINK = re.compile(r'<a href="([^"]*)">(.*?)</a>', re.S)

#: temporary: nothing arrived, try again. address: nobody can be reached there. message: this text will never be taken.
#: unknown: it may have arrived.
ErrorKind = Literal["temporary", "address", "message", "unknown"]


class Button(msgspec.Struct, frozen=True):
    """Something to press. ``data`` comes back to :mod:`bot.inbound`, at most 64 bytes."""

    label: str
    data: str


Rows = tuple[tuple[Button, ...], ...]


class Text(msgspec.Struct, frozen=True):
    """What is said: HTML with only b, i, code and a, user text escaped, and rows of buttons.

    ``ask`` is the placeholder of an answer the bot waits for: the channel opens the reply field of the person.
    """

    html: str
    buttons: Rows = ()
    ask: str = ""

    @property
    def plain(self) -> str:
        """The same words for a channel without formatting; a link is shown as ``words (address)``."""
        return html.unescape(_TAG.sub("", _LINK.sub(_spelled, self.html)))


def _spelled(link: re.Match[str]) -> str:
    address, words = link.groups()
    return words if words == address else f"{words} ({address})"


class Receipt(msgspec.Struct, frozen=True):
    """The channel's own id of a message, by which it is edited and replies to it are recognised."""

    id: str


class SendError(Exception):
    """A message did not go out, or nobody knows whether it did; ``detail`` is for people and holds no secret.

    ``retry_after_s``: the server named a wait. ``moved_to``: the same chat is now reached at this address. ``spent``:
    the channel takes no more for a long while, so another one should carry it.
    """

    def __init__(
        self,
        kind: ErrorKind,
        detail: str,
        *,
        retry_after_s: float | None = None,
        moved_to: str | None = None,
        spent: bool = False,
    ) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind = kind
        self.detail = detail
        self.retry_after_s = retry_after_s
        self.moved_to = moved_to
        self.spent = spent


class Channel(Protocol):
    """One way to people. Every method raises :class:`SendError` and nothing else when the outside world fails."""

    @property
    def name(self) -> str:
        """The name under which links and attempts are stored: ``telegram``, ``zalo``, ``email``."""

    @property
    def edits(self) -> bool:
        """Whether a message can be changed after it was sent."""

    @property
    def buttons(self) -> bool:
        """Whether what can be pressed is shown; without, answers are typed."""

    async def send(self, address: str, text: Text, *, reply_to: Receipt | None = None) -> Receipt:
        """Say ``text`` at ``address``."""

    async def edit(self, address: str, receipt: Receipt, text: Text) -> None:
        """Make a message say ``text``; a message that says so already, or is gone, is no error."""


class File(msgspec.Struct, frozen=True):
    """A file somebody sent: fetched only when it is wanted. ``size`` in bytes, None = the channel does not say."""

    ref: str
    name: str
    size: int | None = None


class ChatChannel(Channel, Protocol):
    """A channel people talk on."""

    async def toast(self, press: str, words: str) -> None:
        """Answer a press with a short line (empty: only stop the waiting); a press too old to answer is no error."""

    async def working(self, address: str) -> None:
        """Show that an answer is on its way, where that can be shown; raises nothing, whatever becomes of it."""

    async def fetch(self, file: File) -> bytes:
        """The content of a file somebody sent."""
