"""A person by name or position at one place of a line, with the doubt there is about where the name ends."""

import re
from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from backend.domain.phrases import vocabulary as known
from backend.domain.phrases.people import Found, Roster, Somebody
from backend.domain.phrases.reasons import Doubt
from backend.domain.phrases.text import Text, plain
from backend.domain.phrases.words import COMPOUND, ORGANISATION

_WORD = re.compile(r"[^\W_]+")
_GAP = re.compile(r"[^\S\n]*(?:[–\-/&][^\S\n]*)?")
_UNIT_GAP = re.compile(r"\s*(?:[,(–\-]|ở|o|bên|ben|của|cua|thuộc|thuoc)?\s*")
_AT_MOST = 12


class Named(Struct, gc=False):
    """Everyone it can be, where it ends, the words as typed, and why it may be somebody or something else."""

    people: Sequence[Somebody]
    end: int
    typed: str
    doubt: Doubt = ""


class _Run(Struct, gc=False):
    """Words that follow each other with nothing but blanks and dashes between."""

    words: list[str]
    starts: list[int]
    ends: list[int]


def _run(low: str, start: int) -> _Run:
    run = _Run([], [], [])
    at = start
    while len(run.words) < _AT_MOST and (word := _WORD.match(low, at)) is not None:
        run.words.append(word[0])
        run.starts.append(word.start())
        run.ends.append(word.end())
        gap = _GAP.match(low, word.end())
        assert gap is not None
        at = gap.end()
    return run


def person_at(
    text: Text,
    roster: Roster,
    start: int,
    addressed: bool = False,
    asked: bool = False,
    head: bool = False,
) -> Named | None:
    """Whoever is named from ``start`` on; None if these words name nobody.

    ``addressed`` = after "anh", "đồng chí" and the like; ``asked`` = after a verb of assigning; ``head`` = where the
    line begins, with no verb before.
    """
    run = _run(text.low, start)
    if not run.words:
        return None
    name = roster.by_name(run.words, text.accented)
    position, used = _position(run, roster)
    if position is not None and (name is None or used > name.words):
        return _positioned(text, roster, run, position, used, addressed, addressed or asked)
    if name is None:
        unknown = addressed and asked
        return Named((), run.ends[0], "", "unknown_lead") if unknown else None
    people, end = _narrowed(text, roster, name, run.ends[name.words - 1])
    typed = text.original(start, run.ends[name.words - 1])
    if end != run.ends[name.words - 1] and (more := ORGANISATION.match(text.low, end)) and not _is_work(text, more):
        return Named(people, end, typed, "doubtful_lead")
    doubt = "" if end != run.ends[name.words - 1] else _name_doubt(text, run, name.words, addressed, asked, head)
    if doubt == "nobody":
        return None
    return Named(people, end, typed, doubt)


def _position(run: _Run, roster: Roster) -> tuple[Found | None, int]:
    """A position, written out or with its first word shortened; how many typed words it is."""
    found = roster.by_position(run.words)
    longer = known.SHORT_TITLES.get(run.words[0])
    if longer is None:
        return found, found.words if found else 0
    spelt_out = longer.split()
    other = roster.by_position([*spelt_out, *run.words[1:]])
    if other is not None and other.words >= len(spelt_out):
        return other, other.words - len(spelt_out) + 1
    return found, found.words if found else 0


def _positioned(
    text: Text, roster: Roster, run: _Run, found: Found, used: int, addressed: bool, expected: bool
) -> Named | None:
    people, end = found.people, run.ends[used - 1]
    typed = text.original(run.starts[0], end)
    rest = _run(text.low, _skip(text.low, end))
    name = roster.by_name(rest.words, text.accented) if rest.words else None
    if name is not None:
        same = [one for one in name.people if roster.holds(one, _title_words(run, used))]
        if same and not (rest.words[0] in known.STARTERS and name.words == 1 and not text.capital(rest.starts[0])):
            return Named(
                tuple(same), rest.ends[name.words - 1], text.original(run.starts[0], rest.ends[name.words - 1])
            )
    if rest.words and _in(rest.words[0], known.SURNAMES, known.SURNAMES_PLAIN) and _capital(text, rest.starts[0]):
        return Named((), end, typed, "unknown_lead") if expected else None
    # A word more may be the rest of another position: "chủ tịch" is not "chủ tịch hội nông dân".
    if (more := ORGANISATION.match(text.low, end)) is not None and not _is_work(text, more):
        return Named((), end, typed, "unknown_lead") if expected else None
    if rest.words and text.cased and _letters_of_a_unit(text, rest):
        return Named(people, end, typed, "doubtful_lead")
    return Named(people, end, typed, "" if addressed else _verbal(run, found, used, rest))


def _letters_of_a_unit(text: Text, rest: _Run) -> bool:
    """ "giám đốc TTPVHCC": capitals behind a position are likelier its unit than the work."""
    word = text.original(rest.starts[0], rest.ends[0])
    return len(word) > 2 and word.isupper() and len(rest.words) > 1 and not text.capital(rest.starts[1])


def _is_work(text: Text, more: re.Match[str]) -> bool:
    """ "Phó Chánh Văn phòng tổng hợp ý kiến": in small letters it is what to do, not part of a position."""
    return bool(more["work"]) and text.cased and not text.capital(more.start("work"))


def _verbal(run: _Run, found: Found, used: int, rest: _Run) -> Doubt:
    """A position that is work as well is somebody only where a verb follows: "giao bảo vệ kiểm tra cửa", "giao địa chính
    đo đất"; "giao trả kết quả hồ sơ" and "giao kế hoạch thu" may give nothing but the work."""
    verbal = plain(" ".join(run.words[:used])) in known.VERBAL_TITLES
    if not verbal and not found.field:
        return ""
    work = found.field and plain(run.words[0]) in known.WORK_FIRST
    follows = rest.words[0] if rest.words else ""
    verb = follows in known.STARTERS - known.THINGS or follows in known.STARTERS_PLAIN - known.THINGS_PLAIN
    return "" if verb and not work else "doubtful_lead"


def _title_words(run: _Run, used: int) -> list[str]:
    longer = known.SHORT_TITLES.get(run.words[0], run.words[0])
    return [*longer.split(), *run.words[1:used]]


def _capital(text: Text, at: int) -> bool:
    return text.capital(at) or not text.cased


def _skip(low: str, end: int) -> int:
    while end < len(low) and low[end] in " ,:-–":
        end += 1
    return end


def _narrowed(text: Text, roster: Roster, name: Found, end: int) -> tuple[Sequence[Somebody], int]:
    """Several of one name, told apart by the unit or the position that follows: "chị Hương phòng Văn hóa"; one, with
    the position behind the name: "Lê Thị Dung, Phó Chủ tịch"."""
    gap = _UNIT_GAP.match(text.low, end)
    assert gap is not None
    rest = _run(text.low, gap.end())
    found = roster.by_place(rest.words, name.people) if rest.words else None
    if found is not None and len(found.people) == 1 and (found.words > 1 or len(name.people) > 1):
        after = rest.ends[found.words - 1]
        return found.people, after + (text.low[after : after + 1] == ")")
    return name.people, end


def starts_work(text: Text, run: _Run, i: int) -> bool:
    """Whether word ``i`` is one that says what to do."""
    word = run.words[i]
    return word in known.STARTERS or (word == plain(word) and word in known.STARTERS_PLAIN)


def _in(word: str, words: frozenset[str], folded: frozenset[str]) -> bool:
    return word in words or (word == plain(word) and word in folded)


def _name_doubt(text: Text, run: _Run, n: int, addressed: bool, asked: bool, head: bool) -> Doubt | Literal["nobody"]:
    capital = text.cased and text.capital(run.starts[0])
    if n == 1 and not addressed and COMPOUND.match(text.low, run.starts[0]) is not None:
        return "nobody"
    more = n < len(run.words)
    if more and run.words[n] in ("ơi", "oi"):
        return ""
    verb = more and starts_work(text, run, n)
    if more and _in(run.words[n], known.GIVEN, known.GIVEN_PLAIN):
        # "giao Lan Anh …" when only a Lan is known: the name goes on.
        then_work = n + 1 < len(run.words) and starts_work(text, run, n + 1)
        goes_on = text.capital(run.starts[n]) if text.cased else not verb and then_work
        if goes_on and (capital or not text.cased):
            return "unknown_lead"
    if head and not addressed:
        return _head_doubt(text, run, n, capital, verb)
    if not addressed and not capital and more and not verb:
        return "doubtful_lead" if asked else "nobody"
    return ""


def _head_doubt(text: Text, run: _Run, n: int, capital: bool, verb: bool) -> Doubt | Literal["nobody"]:
    """A name at the beginning without a verb before it: "Hương, …", "Hương: …", "Nguyễn Văn An làm …"."""
    after = text.low[run.ends[n - 1] :].lstrip(" ")[:1]
    pause = after in (",", ":", "-", "–")
    doubtful = n == 1 and (not text.accented or _in(run.words[0], known.DOUBTFUL, known.DOUBTFUL_PLAIN))
    if n > 1 and (capital or pause or verb):
        return ""
    if after == ":" or (pause and run.words[0] != "mai"):
        return ""
    if not (verb or pause):
        return "nobody"
    return "doubtful_lead" if doubtful or not capital else ""
