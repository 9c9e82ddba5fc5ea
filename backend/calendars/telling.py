"""Calendars in words: why a stretch counted or not, what a special day is, and a decision that has no number yet."""

import msgspec
from msgspec import UNSET

from backend.calendars.counting import Answer, Told
from backend.kit.i18n import t


def in_words(answer: Answer, locale: str) -> Answer:
    """The answer with its explanation in the reader's language."""
    if answer.spans is UNSET:
        return answer
    spans = [msgspec.structs.replace(span, words=why(span, locale)) for span in answer.spans]
    return msgspec.structs.replace(answer, spans=spans)


def why(told: Told, locale: str) -> str:
    """«nghỉ: Tết Dương lịch (chưa có số)», «nghỉ trưa», «giờ làm việc»."""
    words = t(locale, f"calendars.reason.{told.reason}")
    if not told.name:
        return words
    return f"{words}: {day_in_words(told.name, told.decision, told.status, locale)}"


def day_in_words(name: str, decision: str, status: str, locale: str) -> str:
    """«Tết Dương lịch (12729/VPCP-KGVX)»; says when there is no number and when the day is not certain yet."""
    notes = [decision or t(locale, "calendars.no_number")]
    if status == "unconfirmed":
        notes.append(t(locale, "calendars.unconfirmed"))
    return f"{name} ({', '.join(notes)})"
