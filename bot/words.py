"""A voice in one language: catalogue text with what people wrote escaped and cut to size, links, times in words."""

import html
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec

from backend.domain.types import Urgency
from backend.kit import i18n

#: Most characters (UTF-16 units) of what people wrote. Whatever a notice holds, its text stays under Telegram's 4,096.
TITLE_MAX = 300
NAME_MAX = 120
REASON_MAX = 1000
TEXT_MAX = 2000

#: How long a letter becomes when it is escaped.
_ESCAPED = {"<": 4, ">": 4, "&": 5}
_MOST_UNITS = max(_ESCAPED.values())


def cut(text: str, limit: int) -> str:
    """``text`` in at most ``limit`` UTF-16 units, counted as HTML, shortened with an ellipsis between two characters."""
    if len(text) * _MOST_UNITS <= limit:
        return text
    size = fits = 0
    for place, letter in enumerate(text):
        size += _ESCAPED.get(letter) or (2 if letter > "\uffff" else 1)
        if size < limit:
            fits = place + 1  # so much can stay with an ellipsis after it
        if size > limit:
            return text[:fits].rstrip() + "…"
    return text


class Safe(str):
    """Text that is HTML already; anything else is escaped."""

    __slots__ = ()


#: What needs no escaping and no words.
_AS_THEY_ARE = frozenset({Safe, int, type(None)})


class Voice(msgspec.Struct, frozen=True):
    """Speaks one language. ``url`` is where links lead, without a trailing slash."""

    locale: str
    url: str
    zone: str = "Asia/Ho_Chi_Minh"

    def say(self, key: str, **params: Any) -> str:
        """The text of a catalogue key as HTML. Instants, days and numbers become words, text is escaped."""
        for name, value in params.items():
            if type(value) not in _AS_THEY_ARE:
                params[name] = self._shown(value)
        return i18n.t(self.locale, key, **params)

    def plain(self, key: str, **params: Any) -> str:
        """The same for a place that knows no HTML: a button, a toast."""
        return html.unescape(self.say(key, **params))

    def link(self, code: str) -> Safe:
        """A task's code that leads to its page."""
        code = html.escape(code)
        return Safe(f'<a href="{html.escape(self.url)}/tasks/{code}">{code}</a>')

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
        if isinstance(value, str):
            return html.escape(value, quote=False)
        if isinstance(value, datetime):
            return _moment(self.locale, value, self.zone)
        if isinstance(value, date):
            return i18n.day(self.locale, value)
        if isinstance(value, Decimal):
            return i18n.number(self.locale, value)
        return value


#: Deadlines are few beside what is said about them.
_moment = lru_cache(4096)(i18n.moment)
