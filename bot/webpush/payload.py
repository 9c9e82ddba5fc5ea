"""What a notification says: title, body, the page it opens, which older one it takes the place of, its own name. Pure."""

import hashlib
import html
import re

import msgspec

from bot.channel import Text

#: Bytes of the whole. Every push service takes 4,096 with what encryption adds; some phones less.
MOST_BYTES = 3000
_TITLE_MAX = 120
_ELLIPSIS = "…"

_LINK = re.compile(r'<a href="([^"]*)">(.*?)</a>', re.S)


class Payload(msgspec.Struct, frozen=True):
    """``url`` is a path on our own site. A notification with the ``tag`` of one that still shows replaces it. ``message``
    names this one when its browser tells the office that it was tapped; it opens nothing."""

    title: str
    body: str
    url: str
    tag: str
    message: str = ""

    def encoded(self) -> bytes:
        """As JSON of at most :data:`MOST_BYTES`: the end of a long body is cut, its page has it."""
        whole = msgspec.json.encode(self)
        if len(whole) <= MOST_BYTES:
            return whole
        room = MOST_BYTES - len(msgspec.json.encode(msgspec.structs.replace(self, body=_ELLIPSIS)))
        body = self.body
        while (size := len(msgspec.json.encode(body)) - 2) > room:
            body = body[: max(0, min(len(body) * room // size, len(body) - 1))]
        return msgspec.json.encode(msgspec.structs.replace(self, body=body.rstrip() + _ELLIPSIS))


def payload_of(text: Text, site: str, message: str = "") -> Payload:
    """The words of a text without the addresses behind them; the first page of ours that it names is what opens.

    What is newest about a task stands for all that was said of it: its page has the rest.
    """
    pages = [path for link in _LINK.finditer(text.html) if (path := _path(html.unescape(link[1]), site))]
    words = Text(_LINK.sub(lambda link: link[2], text.html)).plain.strip()
    title, _, body = words.partition("\n")
    one = pages[0] if len(set(pages)) == 1 else ""
    tag = one or hashlib.sha256(words.encode()).hexdigest()[:16]
    if len(title) > _TITLE_MAX:
        title, body = title[: _TITLE_MAX - 1].rstrip() + _ELLIPSIS, f"{_ELLIPSIS}{title[_TITLE_MAX - 1 :]}\n{body}"
    return Payload(title, body.strip(), pages[0] if pages else "/", tag[:200], message)


def _path(address: str, site: str) -> str:
    """The path of a page of ours, empty for another's address."""
    return address[len(site) :] if address.startswith(f"{site}/") else ""
