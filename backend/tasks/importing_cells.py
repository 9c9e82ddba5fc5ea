"""Reading one cell of a task file: times, choices, yes or no, weights, lists of people."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from backend.domain.calendar import OutOfRange, WorkCalendar
from backend.domain.lifecycle import Act
from backend.domain.types import TaskKind, Urgency
from backend.errors import AppError
from backend.kit.text import fold
from backend.org.columns import loose
from backend.org.values import Bad, day, limited, person
from backend.sample import resolve_relative
from backend.tasks import words

YES = frozenset({"1", "x", "co", "yes", "true", "y"})
NO = frozenset({"0", "khong", "no", "false", "n"})
KINDS = {
    **{loose(kind): kind for kind in TaskKind},
    "chi dao": TaskKind.DIRECT,
    "giao truc tiep": TaskKind.DIRECT,
    "van ban": TaskKind.DOCUMENT,
    "ket luan hop": TaskKind.MEETING,
    "cuoc hop": TaskKind.MEETING,
    "ho so": TaskKind.DOSSIER_STEP,
    "buoc ho so": TaskKind.DOSSIER_STEP,
    "phan anh": TaskKind.CITIZEN_REPORT,
}
URGENCIES = {
    **{loose(urgency): urgency for urgency in Urgency},
    "thuong": Urgency.NORMAL,
    "khan": Urgency.URGENT,
    "thuong khan": Urgency.VERY_URGENT,
    "hoa toc": Urgency.EXPRESS,
}
SECOND_DECISIONS = {"accept": Act.ACCEPT, "accepted": Act.ACCEPT, "duyet": Act.ACCEPT, "dat": Act.ACCEPT}
DECISIONS = {**SECOND_DECISIONS, "return": Act.RETURN, "returned": Act.RETURN, "tra lai": Act.RETURN}
EXTENSION_DECISIONS = {
    "approved": Act.APPROVE_EXTENSION,
    "dong y": Act.APPROVE_EXTENSION,
    "duyet": Act.APPROVE_EXTENSION,
    "refused": Act.REFUSE_EXTENSION,
    "khong dong y": Act.REFUSE_EXTENSION,
    "tu choi": Act.REFUSE_EXTENSION,
}
_CLOCK = re.compile(r"(?P<day>.+?)[ T]+(?P<hour>\d{1,2})[:hg](?P<minute>\d{2})?(?::\d{2}(?:\.\d+)?)?")


def yes(text: str) -> bool:
    found = fold(text)
    if found in YES or found in NO:
        return found in YES
    raise Bad("import_choice_bad", value=text, known="1, 0, x, có, không")


def choice(choices: dict[str, Any]) -> Callable[[str], Any]:
    """One of a few words, in Vietnamese or English, with or without accents."""

    def read(text: str) -> Any:
        found = choices.get(loose(text))
        if found is None:
            raise Bad("import_choice_bad", value=text, known=", ".join(choices))
        return found

    return read


def weight(text: str) -> Decimal:
    try:
        return words.weight(Decimal(text.replace(",", ".")))
    except (InvalidOperation, AppError):
        raise Bad("weight_bad") from None


def people(text: str) -> list[str]:
    """Handles, e-mails or phones, separated by commas, semicolons or blanks."""
    return list(dict.fromkeys(person(part) for part in re.split(r"[,;\s]+", text) if part))


def lead(text: str) -> str:
    """A person, or a unit as ``unit:CODE``."""
    return text if text.lower().startswith("unit:") else person(text)


def moment(text: str, today: date, calendar: WorkCalendar, *, end: bool = False) -> datetime:
    """An instant in UTC: ISO or dd/mm/yyyy with a time of the calendar's zone (or ISO with its own), or relative to
    ``today`` as :mod:`backend.sample` writes it. Without a time it is when work begins that day, or with ``end`` ends."""
    try:
        known = _relative(text, today, calendar) or _iso_with_zone(text)
        if known is not None:
            return known.astimezone(UTC)
        found = _CLOCK.fullmatch(text)
        if found is None:
            on = day(text)
            return (calendar.day_end(on) if end else calendar.day_start(on)).astimezone(UTC)
        at = time(int(found["hour"]), int(found["minute"] or 0))
        return datetime.combine(day(found["day"]), at, calendar.zone).astimezone(UTC)
    except (Bad, ValueError, OverflowError, OutOfRange):
        raise Bad("import_time_bad", value=text) from None


def _relative(text: str, today: date, calendar: WorkCalendar) -> datetime | None:
    try:
        return resolve_relative(text, today, calendar)
    except ValueError:
        return None


def _iso_with_zone(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


_REASON = limited(2000)
_TEXT = limited(20000)

#: Column → reader of what stands in it, times apart.
READERS: dict[str, Callable[[str], Any]] = {
    "external_id": limited(120),
    "parent": limited(120),
    "title": limited(500),
    "body": _TEXT,
    "kind": choice(KINDS),
    "source_number": limited(120),
    "urgency": choice(URGENCIES),
    "weight": weight,
    "secret": yes,
    "needs_acceptance": yes,
    "assigner": person,
    "lead": lead,
    "coordinators": people,
    "watchers": people,
    "report_text": _TEXT,
    "decision": choice(DECISIONS),
    "return_reason": _REASON,
    "major_error": yes,
    "second_report_text": _TEXT,
    "second_decision": choice(SECOND_DECISIONS),
    "extension_reason": _REASON,
    "extension_decision": choice(EXTENSION_DECISIONS),
    "decline_reason": _REASON,
    "cancel_reason": _REASON,
    "waived_by": person,
    "waive_reason": _REASON,
}
