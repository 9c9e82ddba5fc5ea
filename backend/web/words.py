"""How pages put instants, days and counts into words: short in lists, whole in full, always local."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from backend.kit import i18n

#: Groups of a list in the order of the page.
GROUPS = ("overdue", "today", "tomorrow", "this_week", "next_week", "later", "closed")
_DAY = timedelta(days=1)


class Words:
    """The words of one page: a language, a zone and the domain time at which the page was made."""

    def __init__(self, locale: str, zone: str, now: datetime) -> None:
        self.locale = locale
        self.zone = ZoneInfo(zone)
        self.now = now

    def t(self, key: str, /, **params: Any) -> str:
        """The catalogue's text under ``web.``."""
        return i18n.t(self.locale, f"web.{key}", **params)

    def ask(self, reason: str) -> str:
        """What is asked about a typed line (``domain.phrases.ASKS``)."""
        return i18n.t(self.locale, f"words.asks.{reason}")

    def local(self, at: datetime) -> datetime:
        return at.astimezone(self.zone)

    @property
    def today(self) -> date:
        return self.local(self.now).date()

    def moment(self, at: datetime) -> str:
        """«17:00 thứ Sáu 27/11/2026»."""
        return i18n.moment(self.locale, at, self.zone.key)

    def day(self, on: date) -> str:
        return i18n.day(self.locale, on)

    def when(self, at: datetime) -> str:
        """A near instant as people say it: «hôm nay 17:00», «thứ Sáu 17:00», «27/11 17:00», «27/11/2027 17:00»."""
        local = self.local(at)
        away = (local.date() - self.today).days
        time = f"{local:%H:%M}"
        if away in (-1, 0, 1):
            return self.t(f"when.{('yesterday', 'today', 'tomorrow')[away + 1]}", time=time)
        if 1 < away < 7:
            return self.t("when.weekday", day=self._weekday(local.date()), time=time)
        if local.year != self.today.year:
            return f"{local:%d/%m/%Y} {time}"
        return f"{local:%d/%m} {time}"

    def day_short(self, on: date) -> str:
        """«thứ Sáu 4/12»."""
        return f"{self._weekday(on)} {on.day}/{on.month}"

    def _weekday(self, on: date) -> str:
        return self.day(on).rsplit(" ", 1)[0]

    def span(self, length: timedelta) -> str:
        """A length of time by the clock in its one largest unit, rounded down: «3 ngày», «2 giờ», «5 phút»."""
        minutes = max(1, int(length.total_seconds() // 60))
        if minutes >= 24 * 60:
            return self.t("span.days", n=minutes // (24 * 60))
        if minutes >= 60:
            return self.t("span.hours", n=minutes // 60)
        return self.t("span.minutes", n=minutes)

    def past(self, at: datetime) -> str:
        """How long ago a deadline was; from one night on it counts days of the wall calendar, as people do."""
        days = (self.today - self.local(at).date()).days
        return self.t("span.days", n=days) if days else self.span(self.now - at)

    def due(self, due_at: datetime, is_open: bool) -> str:
        """A deadline in a list: how late it is while the task is open, else when it is."""
        if is_open and due_at < self.now:
            return self.t("due.overdue", span=self.past(due_at))
        return self.when(due_at)

    def due_long(self, due_at: datetime, is_open: bool) -> str:
        """A deadline on its own page: how much is left or how late it is."""
        if not is_open:
            return ""
        if due_at < self.now:
            return self.t("due.overdue", span=self.past(due_at))
        return self.t("due.left", span=self.span(due_at - self.now))

    def group(self, due_at: datetime, is_open: bool) -> str:
        """The group of a list that a deadline belongs to, one of GROUPS."""
        if not is_open:
            return "closed"
        if due_at < self.now:
            return "overdue"
        on, today = self.local(due_at).date(), self.today
        if on <= today + _DAY:
            return "today" if on == today else "tomorrow"
        monday = today - timedelta(days=today.weekday())
        if on < monday + timedelta(days=7):
            return "this_week"
        return "next_week" if on < monday + timedelta(days=14) else "later"

    def number(self, value: Any, places: int = 1) -> str:
        return i18n.number(self.locale, value, places)

    def size(self, count: int) -> str:
        """A file's size."""
        if count < 1024 * 1024:
            return f"{max(1, round(count / 1024))} kB"
        return f"{self.number(count / 1024 / 1024)} MB"


def initials(name: str) -> str:
    """Two letters that stand for a person: of the first and the last word of a Vietnamese name."""
    words = [word for word in name.split() if word[0].isalpha()]
    if not words:
        return "?"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def short_name(name: str) -> str:
    """What colleagues call a person: the last word of a Vietnamese name."""
    return name.split()[-1] if name.strip() else name
