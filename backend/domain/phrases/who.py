"""Who is meant: @handles, names and positions where somebody to do the work is expected, never anywhere else."""

import re
from collections.abc import Iterator
from itertools import chain

from backend.domain.phrases import words
from backend.domain.phrases.handles import Part, Who, find_handles
from backend.domain.phrases.named import Named, person_at
from backend.domain.phrases.people import Roster
from backend.domain.phrases.pick import opens
from backend.domain.phrases.text import GONE, Text

#: How far into a line a deadline that opens it may reach.
_OPENING = 72


def find(text: Text, roster: Roster) -> Who:
    """Everybody in the line, taken out of ``text.low``."""
    who = Who([], [])
    if "@" in text.low:
        find_handles(text, roster, who)
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
    if ":" in text.low and (match := words.LABEL.search(text.low)) is not None:
        who.verbs.append(match.span("label"))
        text.cover(*match.span("label"))
    return who


def _together(text: Text, roster: Roster, who: Who) -> None:
    """ "phối hợp với chị Hương", "+ anh Nam": coordinators by name."""
    for match in words.PLUS.finditer(text.low) if "+" in text.low else ():
        _coordinator(text, roster, who, match)
    for match in words.TOGETHER.finditer(text.low) if text.mentions("phoi", "cc", "c/c", "coord") else ():
        _coordinator(text, roster, who, match)


def _called(text: Text, match: re.Match[str], group: str = "address") -> tuple[int, bool]:
    """Where the name begins that a pattern has led to, and whether a form of address stands before it. In a line typed
    with accents "chi" is no "chị"; a letter is one only before a capital or after a verb of assigning."""
    typed = match[group]
    if not typed:
        return match.end(), False
    bare = text.accented and typed.split()[-1] in words.BARE_ADDRESS
    letter = len(typed) == 1 and not match.groupdict().get("verb") and not text.capital(match.end())
    return (match.start(group), False) if bare or letter else (match.end(), True)


def _coordinator(text: Text, roster: Roster, who: Who, match: re.Match[str]) -> None:
    start, addressed = _called(text, match)
    named = person_at(text, roster, start, addressed=addressed)
    if named is None or named.doubt:
        return
    part = Part(match.start(), named.end, named.people, named.typed, together=True)
    who.parts.append(part)
    text.cover(part.start, part.end)


def _named(text: Text, roster: Roster, who: Who) -> None:
    """The lead by name or position: after a verb of assigning, else at the beginning of the line."""
    for match in chain(words.HEAD.finditer(text.low), _later(text), words.INNER.finditer(text.low)):
        named = _after(text, roster, match)
        if named is not None:
            _take(text, who, match.start("verb") if match["verb"] else match.start(), named)
            return
    head = words.HEAD.match(text.low)
    if head is not None and head["verb"].split()[0] in ("giao", "phân", "phan", "assign"):
        for match in words.TO.finditer(text.low, head.end("verb")):
            if match["verb"] == "to" and not head["verb"].startswith("assign"):
                continue
            start, addressed = _called(text, match)
            named = person_at(text, roster, start, addressed=addressed, asked=True)
            if named is not None and not named.doubt:
                _take(text, who, match.start(), named)
                return
        who.unknown = bool(head["address"]) and _called(text, head)[1]
    match_ = words.START.match(text.low)
    assert match_ is not None
    start, addressed = _called(text, match_)
    named = person_at(text, roster, start, addressed=addressed, head=True)
    if named is not None:
        _take(text, who, match_.start("address") if addressed else start, named)


def _later(text: Text) -> Iterator[re.Match[str]]:
    """Whoever is named after a deadline with which the line opens; no comma needs to stand between."""
    for match in words.LATER.finditer(text.low, 1, _OPENING):
        if opens(text, match.start()):
            yield match
            return


def _after(text: Text, roster: Roster, match: re.Match[str]) -> Named | None:
    """Whoever follows a verb of assigning. Without accents "chi" begins "chỉ huy trưởng" as well as "chị Hương"."""
    group = "address" if match["verb"] else "called"
    start, addressed = _called(text, match, group)
    named = person_at(text, roster, start, addressed=addressed, asked=True)
    if group == "called":
        return named if addressed and named is not None and named.people else None
    if match["address"] and len(match["address"]) == 1 and (named is None or not named.people):
        return None
    if match["address"] and not addressed:
        # "giao chi Hương" in a line with accents: most likely a slip, and asked about.
        named = person_at(text, roster, match.end(), addressed=True, asked=True) if text.capital(match.end()) else None
        return Named(named.people, named.end, named.typed, named.doubt or "doubtful_lead") if named else None
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
            start, addressed = _called(text, glue, "address2" if glue["address2"] else "address")
            named = person_at(text, roster, start, addressed=addressed, asked=True)
            if named is None or named.doubt or not named.people or (glue["address2"] and not addressed):
                break
            if glue["address2"] and _no_person(text, start, named):
                break
            if not addressed and not text.capital(glue.end()) and text.cased:
                break
            who.parts.append(Part(end, named.end, named.people, named.typed))
            text.cover(end, named.end)
            end = named.end


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


def _no_person(text: Text, start: int, named: Named) -> bool:
    """Whether the name is part of another word, or a number: "chi mai tang phi", "chi ba trieu" without accents."""
    return words.COMPOUND.match(text.low, start) is not None or words.QUANTITY.match(text.low, named.end) is not None
