"""Who is meant: @handles, names and positions where somebody to do the work is expected, never anywhere else."""

import re
from collections.abc import Sequence

from msgspec import Struct

from backend.domain.phrases import words as words
from backend.domain.phrases.named import Named, person_at
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


def find(text: Text, roster: Roster) -> Who:
    """Everybody in the line, taken out of ``text.low``."""
    who = Who([], [])
    if "@" in text.low:
        _handles(text, roster, who)
    _together(text, roster, who)
    leads = [part for part in who.parts if not part.together]
    if not leads and not who.unknown:
        _named(text, roster, who)
    elif leads and (match := _first_verb(text)) is not None and match["address"]:
        # "giao anh Khoa, @an …": two people, and the line has to say how.
        named = person_at(text, roster, match.end(), addressed=True, asked=True)
        if named is not None and named.people:
            _take(text, who, match.start("verb"), named)
    _more(text, roster, who)
    _head_verb(text, who)
    return who


def _handles(text: Text, roster: Roster, who: Who) -> None:
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
        if cut < 0:
            break
        handle = handle[:cut]
    named = person_at(text, roster, start + 1)
    if named is not None and named.people and not named.doubt and named.end >= start + 1 + len(whole):
        return Part(start, named.end, named.people, text.original(start + 1, named.end))
    return None


def _together(text: Text, roster: Roster, who: Who) -> None:
    """ "phối hợp với chị Hương", "+ anh Nam": coordinators by name."""
    for match in words.PLUS.finditer(text.low) if "+" in text.low else ():
        _coordinator(text, roster, who, match)
    for match in words.TOGETHER.finditer(text.low) if text.mentions("phoi", "cc", "c/c", "coord") else ():
        _coordinator(text, roster, who, match)


def _coordinator(text: Text, roster: Roster, who: Who, match: re.Match[str]) -> None:
    named = person_at(text, roster, match.end(), addressed=bool(match["address"]))
    if named is None or named.doubt:
        return
    part = Part(match.start(), named.end, named.people, named.typed, together=True)
    who.parts.append(part)
    text.cover(part.start, part.end)


def _named(text: Text, roster: Roster, who: Who) -> None:
    """The lead by name or position: after a verb of assigning, else at the beginning of the line."""
    for pattern in (words.HEAD, words.INNER):
        for match in pattern.finditer(text.low):
            named = _after(text, roster, match)
            if named is not None:
                _take(text, who, match.start("verb"), named)
                return
    head = words.HEAD.match(text.low)
    if head is not None and head["verb"].split()[0] in ("giao", "phân", "phan", "assign"):
        for match in words.TO.finditer(text.low, head.end("verb")):
            named = person_at(text, roster, match.end(), addressed=bool(match["address"]), asked=True)
            if named is not None and not named.doubt:
                _take(text, who, match.start(), named)
                return
        who.unknown = bool(head["address"])
    start = words.START.match(text.low)
    assert start is not None
    named = person_at(text, roster, start.end(), addressed=bool(start["address"]), head=True)
    if named is not None:
        _take(text, who, start.start("address") if start["address"] else start.end(), named)


def _after(text: Text, roster: Roster, match: re.Match[str]) -> Named | None:
    """Whoever follows a verb of assigning. Without accents "chi" begins "chỉ huy trưởng" as well as "chị Hương"."""
    named = person_at(text, roster, match.end(), addressed=bool(match["address"]), asked=True)
    if match["address"] and (named is None or not named.people):
        other = person_at(text, roster, match.start("address"), asked=True)
        if other is not None and other.people and not other.doubt:
            return other
    return named


def _take(text: Text, who: Who, start: int, named: Named) -> None:
    if named.doubt == "unknown_lead":
        who.unknown = True
        return
    end = named.end
    if (after := words.AFTER.match(text.low, end)) is not None:
        end = after.end()
    who.parts.append(Part(start, end, named.people, named.typed, doubt=named.doubt))
    text.cover(start, end)


def _more(text: Text, roster: Roster, who: Who) -> None:
    """Others named right after a lead: "anh Khoa và chị Loan", "anh Khoa chị Loan"."""
    leads = [part for part in who.parts if not part.together]
    for part in leads[-1:]:
        end = part.end
        while (glue := words.ANOTHER.match(text.low, end)) is not None:
            named = person_at(text, roster, glue.end(), addressed=_addressed(glue), asked=True)
            if named is None or named.doubt or not named.people:
                break
            if not _addressed(glue) and not text.capital(glue.end()) and text.cased:
                break
            who.parts.append(Part(end, named.end, named.people, named.typed))
            text.cover(end, named.end)
            end = named.end


def _addressed(glue: re.Match[str]) -> bool:
    return bool(glue["address"] or glue["address2"])


def _first_verb(text: Text) -> re.Match[str] | None:
    """A verb of assigning with which the line begins; after "@an" it is what An is to do."""
    match = words.HEAD.match(text.low)
    return match if match is not None and GONE not in text.low[: match.start("verb")] else None


def _head_verb(text: Text, who: Who) -> None:
    """A verb of assigning that stands apart from the person: "giao báo cáo cho @an", "đề nghị … (@an)"."""
    leads = [part for part in who.parts if not part.together]
    if not leads:
        return
    match = _first_verb(text)
    if match is None or match["address"]:
        return
    after = text.low[match.end() : match.end() + 1]
    verb = match["verb"].split()[0]
    if after in ("", GONE, ",", ":") or (
        verb in ("giao", "assign") and not words.NOT_GIVEN.match(text.low, match.end())
    ):
        start, end = match.span("verb")
        who.verbs.append((start, end))
        text.cover(start, end)
