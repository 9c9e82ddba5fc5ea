"""@handles of a line, and how people are listed by them."""

import re
from collections.abc import Sequence

from msgspec import Struct

from backend.domain.phrases import words
from backend.domain.phrases.named import person_at
from backend.domain.phrases.people import Roster, Somebody
from backend.domain.phrases.reasons import Doubt
from backend.domain.phrases.text import GONE, Text

_AT = re.compile(r"(?<![\w.])@(?P<blank>[ ]?)(?P<handle>[^\W_]\w*(?:[.\-]\w+)*)(?P<all>/\*)?")
_NEAR = 48
#: A blank behind the @ is a slip where somebody is expected; elsewhere it may say where or at what price.
_HEAD = re.compile(r"(?:^|[\n\x00,;:.(])[\s\-–*•]*$")


class Part(Struct, gc=False):
    """Somebody in the line: where, in which part, and everyone it can be (none = unknown)."""

    start: int
    end: int
    people: Sequence[Somebody]
    typed: str
    together: bool = False
    everyone: bool = False
    doubt: Doubt = ""


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
            who.unknown = who.unknown or not match["blank"]
            continue
        _beside(text, who, part, last)
        if match["blank"] and not _HEAD.search(text.low, 0, part.start):
            part.doubt = part.doubt or "doubtful_lead"
        who.parts.append(part)
        last = part
    for part in who.parts:
        text.cover(part.start, part.end)


def _beside(text: Text, who: Who, part: Part, last: Part | None) -> None:
    """What stands before and after a handle: whether they only help, whether each gets a task, and what to take out."""
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
    if (number := words.ENTRY.search(low[: part.start])) is not None:
        part.start = number.start("no")


def _mention(text: Text, roster: Roster, match: re.Match[str]) -> Part | None:
    start, end = match.span()
    first = match.start("handle")
    handle = match["handle"]
    if match["all"]:
        people = roster.in_unit(handle)
        return Part(start, end, people, text.original(start, end), everyone=True) if people else None
    whole = handle
    while True:
        if (one := roster.by_handle(handle)) is not None:
            return Part(start, first + len(handle), (one,), text.original(start, first + len(handle)))
        cut = max(handle.rfind("."), handle.rfind("-"))
        if cut < 0 or not _sentence(text, first + cut + 1, handle[cut + 1 :]):
            break
        handle = handle[:cut]
    named = None if match["blank"] else person_at(text, roster, first)
    if named is not None and named.people and not named.doubt and named.end >= first + len(whole):
        return Part(start, named.end, named.people, text.original(first, named.end))
    return None


def _sentence(text: Text, at: int, word: str) -> bool:
    """Whether what is glued to a handle begins a sentence ("@an.Nộp sổ") rather than ends another handle."""
    return not word.isascii() or (text.capital(at) and not text.capital(at + 1))
