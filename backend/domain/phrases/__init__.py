"""One typed or dictated line as a draft task: who, what, by when, how urgent; in Vietnamese and English.

``parse`` never raises and never guesses: whatever can be read in two ways comes back with ``confidence`` "ask", the
reasons in ``asks`` and the likeliest reading as the proposal. What is not recognised stays in the title.
"""

import re
from collections.abc import Iterator
from datetime import datetime

from backend.domain.calendar import WorkCalendar
from backend.domain.phrases import marks as marking
from backend.domain.phrases import who as naming
from backend.domain.phrases.draft import Choice, Lead, Level, Phrase, Piece, Recurring, Rule
from backend.domain.phrases.echo import echo
from backend.domain.phrases.handles import Part, Who
from backend.domain.phrases.people import MOST_CHOICES, Roster, Somebody
from backend.domain.phrases.pick import pick
from backend.domain.phrases.reasons import ASKS, Ask
from backend.domain.phrases.text import GONE, Text, read
from backend.domain.phrases.title import title_of

__all__ = [
    "ASKS",
    "Choice",
    "Lead",
    "Level",
    "Phrase",
    "Piece",
    "Recurring",
    "Roster",
    "Rule",
    "Somebody",
    "echo",
    "parse",
]


_NOT_GONE = re.compile(f"[^{GONE}]+")


def parse(line: str, now: datetime, calendar: WorkCalendar, roster: Roster) -> Phrase:
    """The draft that the line describes at ``now``. Never raises for any ``line``; ``now`` must know its zone."""
    here = now.astimezone(calendar.zone).replace(second=0, microsecond=0)
    text = read(line)
    verbatim = _verbatim(text)
    who = naming.find(text, roster)
    marks = marking.find(text)
    picked = pick(text, here, calendar)
    pieces = [("coordinator" if part.together else "lead", part.start, part.end) for part in who.parts]
    pieces += [("verb", start, end) for start, end in who.verbs]
    pieces += marks.pieces
    if picked.span is not None:
        pieces += [("due", start, end) for start, end in _still_there(text, *picked.span)]
    title = title_of(text, [(start, end) for _, start, end in pieces]) if verbatim is None else verbatim
    phrase = Phrase(
        title=title,
        due=picked.due.at,
        rule=picked.due.rule if picked.due.at is not None else None,  # type: ignore[arg-type]
        recurrence=marks.recurrence,  # type: ignore[arg-type]
        urgency=marks.urgency,  # type: ignore[arg-type]
        weight=marks.weight,
        needs_acceptance=marks.needs_acceptance,
        flags=["day_off"] if picked.due.day_off else [],
        spans=sorted(
            (Piece(kind, text.at[start], text.at[end]) for kind, start, end in pieces), key=lambda one: one.start
        ),
    )
    asks = [*_people(phrase, who), *marks.asks, *picked.asks]
    if not title:
        asks.append("no_title")
    phrase.asks = list(dict.fromkeys(asks))
    phrase.confidence = "ask" if asks else "certain"
    return phrase


def _verbatim(text: Text) -> str | None:
    """``giao @an hạn …:: anything``: after two colons everything is title as it stands. Echoes need it."""
    at = text.low.find("::")
    if at < 0:
        return None
    title = text.original(at + 2, len(text.low))
    text.cover(at, len(text.low))
    return " ".join(title.split())


def _still_there(text: Text, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The parts of a span that no other piece has taken: "17h @an thứ 6" is one deadline around a person."""
    for run in _NOT_GONE.finditer(text.low, start, end):
        if run[0].strip(" ,(") or run.span() == (start, end):
            yield run.span()


def _people(phrase: Phrase, who: Who) -> list[Ask]:
    """Puts everybody into the draft; why they have to be asked about."""
    asks: list[Ask] = []
    seen: set[str] = set()
    leads = [part for part in who.parts if not part.together]
    for part in leads:
        _add(phrase.leads, part, seen, asks)
    for part in who.parts:
        if part.together:
            _add(phrase.coordinators, part, seen, asks)
    if who.unknown:
        asks.append("unknown_lead")
    elif not phrase.leads:
        asks.append("no_lead")
    if len(leads) > 1 and len(phrase.leads) > 1 and not who.each:
        asks.append("several_leads")
    return asks


def _add(to: list[Lead], part: Part, seen: set[str], asks: list[Ask]) -> None:
    if part.doubt:
        asks.append(part.doubt)
    if len(part.people) > 1 and not part.everyone:
        choices = [Choice(one.handle, one.name, one.unit, one.title) for one in part.people[:MOST_CHOICES]]
        to.append(Lead(None, part.typed, choices))
        asks.append("homonym")
        return
    for one in part.people:
        if one.handle not in seen:
            seen.add(one.handle)
            to.append(Lead(one.handle, one.name))
