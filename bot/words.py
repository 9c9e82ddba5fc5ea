"""A voice in one language: catalogue text with what people wrote escaped and cut to size, links, times in words."""

import html
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from backend.domain.types import Urgency
from backend.kit import i18n

#: Most characters (UTF-16 units) of what people wrote. Whatever a notice holds, its text stays under Telegram's 4,096.
TITLE_MAX = 300
NAME_MAX = 120
REASON_MAX = 1000
TEXT_MAX = 2000


def cut(text: str, limit: int) -> str:
    """``text`` in at most ``limit`` UTF-16 units, shortened with an ellipsis, never in the middle of a character."""
    if _units(text) <= limit:
        return text
    kept = text.encode("utf-16-le")[: (limit - 1) * 2].decode("utf-16-le", errors="ignore")
    return kept.rstrip() + "…"


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", errors="surrogatepass")) // 2


class Safe(str):
    """Text that is HTML already; anything else is escaped."""

    __slots__ = ()


class Voice(msgspec.Struct, frozen=True):
    """Speaks one language. ``url`` is where links lead, without a trailing slash."""

    locale: str
    url: str
    zone: str = "Asia/Ho_Chi_Minh"

    def say(self, key: str, **params: Any) -> str:
        """The text of a catalogue key as HTML. Instants, days and numbers become words, text is escaped."""
        return i18n.t(self.locale, key, **{name: self._shown(value) for name, value in params.items()})

    def plain(self, key: str, **params: Any) -> str:
        """The same for a place that knows no HTML: a button, a toast."""
        return html.unescape(self.say(key, **params))

    def link(self, code: str) -> Safe:
        """A task's code that leads to its page."""
        return Safe(f'<a href="{html.escape(self.url)}/tasks/{html.escape(code)}">{html.escape(code)}</a>')

    def title(self, title: str, urgency: Urgency = Urgency.NORMAL) -> str:
        """A task's title on its own line, with the mark of its urgency before it."""
        mark = self.say(f"notices.urgency.{urgency}")
        return f"<b>{f'[{mark}] ' if mark else ''}{html.escape(cut(title, TITLE_MAX))}</b>"

    def minutes(self, minutes: int) -> str:
        """A length of working time: in hours when it is whole hours."""
        if minutes and minutes % 60 == 0:
            return self.say("notices.hours", n=minutes // 60)
        return self.say("notices.minutes", n=minutes)

    def _shown(self, value: Any) -> Any:
        if isinstance(value, Safe):
            return value
        if isinstance(value, str):
            return html.escape(value, quote=False)
        if isinstance(value, datetime):
            return i18n.moment(self.locale, value, self.zone)
        if isinstance(value, date):
            return i18n.day(self.locale, value)
        if isinstance(value, Decimal):
            return i18n.number(self.locale, value)
        return value
