"""A draft written back as one line in one way, such that reading the line gives the draft again."""

from datetime import datetime

from backend.domain.phrases.draft import Lead, Phrase
from backend.domain.phrases.risk import may_be_read

_WORDS = {
    "vi": {
        "giao": "giao", "each": "giao mỗi", "due": "hạn", "urgent": "khẩn", "very_urgent": "thượng khẩn", "express": "hỏa tốc",
        "weight": "trọng số", "acceptance": "cần duyệt", "daily": "hằng ngày", "weekly": "hằng tuần", "monthly": "hằng tháng",
        "quarterly": "hằng quý",
    },
    "en": {
        "giao": "assign", "each": "assign each", "due": "by", "urgent": "urgent", "very_urgent": "very urgent",
        "express": "hỏa tốc", "weight": "weight", "acceptance": "needs approval", "daily": "daily", "weekly": "weekly",
        "monthly": "monthly", "quarterly": "quarterly",
    },
}  # fmt: skip


def echo(phrase: Phrase, locale: str = "vi") -> str:
    """``giao @an +@mai: Báo cáo PCCC, hạn 17:00 ngày 27/11/2026, khẩn``.

    Parsed at the same moment with the same people it gives the same leads, coordinators, title, due time, urgency,
    weight, acceptance and recurrence. A title in which something could be recognised comes last, after ``::``, which
    keeps it as it stands.
    """
    words = _WORDS[locale if locale in _WORDS else "vi"]
    people = _people(phrase, words)
    marks = _marks(phrase, words)
    if phrase.leads and phrase.title and not may_be_read(phrase.title):
        return ", ".join([f"{people}: {phrase.title}", *marks])
    return f"{', '.join([*([people] if people else []), *marks])}:: {phrase.title}".strip()


def _people(phrase: Phrase, words: dict[str, str]) -> str:
    each = len(phrase.leads) > 1 and "several_leads" not in phrase.asks
    leads = ", ".join(_called(lead) for lead in phrase.leads)
    helpers = " ".join(f"+{_called(lead)}" for lead in phrase.coordinators)
    verb = words["each" if each else "giao"] if leads else ""
    return " ".join(part for part in (verb, leads, helpers) if part)


def _called(lead: Lead) -> str:
    return f"@{lead.handle}" if lead.handle is not None else f"đ/c {lead.name}"


def _marks(phrase: Phrase, words: dict[str, str]) -> list[str]:
    marks = [f"{words['due']} {_moment(phrase.due)}"] if phrase.due is not None else []
    if phrase.urgency != "normal":
        marks.append(words[phrase.urgency])
    if phrase.weight != 1:
        marks.append(f"{words['weight']} {phrase.weight.normalize():f}")
    if phrase.needs_acceptance:
        marks.append(words["acceptance"])
    if phrase.recurrence is not None:
        marks.append(words[phrase.recurrence])
    return marks


def _moment(due: datetime) -> str:
    # 1 to 6 o'clock without a part of the day would be the afternoon.
    clock = f"{due.hour}:{due:%M} am" if 1 <= due.hour <= 6 else f"{due:%H:%M}"
    return f"{clock} {due.day:02}/{due.month:02}/{due.year}"
