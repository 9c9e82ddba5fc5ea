"""@handles of a line, and how people are listed by them."""

import re
from collections.abc import Sequence

from msgspec import Struct

from backend.domain.phrases import words
from backend.domain.phrases.named import person_at
from backend.domain.phrases.people import Roster, Somebody
from backend.domain.phrases.text import GONE, Text

_AT = re.compile(r"(?<![\w.])@(?P<handle>[^\W_]\w*(?:[.\-]\w+)*)(?P<all>/\*)?")
_NEAR = 48


class Part(Struct, gc=False):
    """Somebody in the line: where, in which part, and everyone it can be (none = unknown)."""

    start: int
    end: int
    people: Sequence[Somebody]
    typed: str
    together: bool = False
    everyone: bool = False
    doubt: str = ""


class Who(Struct, gc=False):
    parts: list[Part]
    verbs: list[tuple[int, int]]
    each: bool = False
    unknown: bool = False


def find_handles(text: Text, roster: Roster, who: Who) -> None:
    last: Part | None = None
    for match in _AT.finditer(text.low):
        part = _mention(text, roster, match)
        if part is None:
            who.unknown = True
            continue
        low = text.low
        before = low[max(0, part.start - _NEAR) : part.start]
        shift = part.start - len(before)
        if (found := words.WITH_BEFORE.search(before)) is not None:
            part.together, part.start = True, shift + found.start()
        elif (found := words.EACH_BEFORE.search(before)) is not None:
            who.each, part.start = True, shift + found.start()
        elif last is not None and words.LIST_GLUE.fullmatch(low, last.end, part.start):
            # "phối hợp @a, @b" goes on; a plus speaks for one person only.
            part.together = last.together and GONE not in low[last.end : part.start]
            if last.together and text.low[last.start : last.start + 1] == "+" and part.together:
                part.doubt = "several_leads"
            part.start = last.end
        elif (found := words.LEAD_BEFORE.search(before) or words.ADDRESS_BEFORE.search(before)) is not None:
            part.start = shift + found.start()
        if (after := words.AFTER.match(low, part.end)) is not None:
            part.end = after.end()
        who.parts.append(part)
        last = part
    for part in who.parts:
        text.cover(part.start, part.end)


def _mention(text: Text, roster: Roster, match: re.Match[str]) -> Part | None:
    start, end = match.span()
    handle = match["handle"]
    if match["all"]:
        people = roster.in_unit(handle)
        return Part(start, end, people, text.original(start, end), everyone=True) if people else None
    whole = handle
    while True:
        if (one := roster.by_handle(handle)) is not None:
            return Part(start, start + 1 + len(handle), (one,), text.original(start, start + 1 + len(handle)))
        cut = max(handle.rfind("."), handle.rfind("-"))
        if cut < 0 or not _sentence(text, start + 1 + cut + 1, handle[cut + 1 :]):
            break
        handle = handle[:cut]
    named = person_at(text, roster, start + 1)
    if named is not None and named.people and not named.doubt and named.end >= start + 1 + len(whole):
        return Part(start, named.end, named.people, text.original(start + 1, named.end))
    return None


def _sentence(text: Text, at: int, word: str) -> bool:
    """Whether what is glued to a handle begins a sentence ("@an.Nộp sổ") rather than ends another handle."""
    return not word.isascii() or (text.capital(at) and not text.capital(at + 1))
