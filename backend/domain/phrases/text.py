"""A typed line made ready to be read: one lower-case letter per letter, each knowing where it stood in the original.

Vietnamese is typed with full, partial or no accents, and composed or decomposed. ``Text.low`` holds one code point a
letter whatever was typed; patterns made with :func:`vn` are written with all their accents and match every spelling
that leaves some of them out, but none that contradicts them: "han" and "hạn" are "hạn", "hàng" is not.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from msgspec import Struct

#: Takes the place of what has been recognised: no letter, no blank, no punctuation that any pattern knows.
GONE = "\x00"

_LETTER = re.compile("~([^\x00-\x7f])|[^\x00-\x7f]")
_MARK = re.compile("[\u0300-\u036f]")
_OLD_TONES = re.compile("o[àáảãạèéẻẽẹ]|u[ýỳỷỹỵ]")
_NEW_TONES: dict[str, str] = {}


class _Bases(dict[int, int]):
    """Letters to their base letter, filled as they are met; đ is d."""

    def __missing__(self, code: int) -> int:
        letter = unicodedata.normalize("NFD", chr(code))[0]
        self[code] = found = ord({"đ": "d", "Đ": "D"}.get(letter, letter))
        return found


_BASES = _Bases()


def plain(text: str) -> str:
    """Every letter without its marks; the length stays."""
    return text if text.isascii() else text.translate(_BASES)


def _spellings() -> dict[str, str]:
    """Each accented letter of Vietnamese to a class of every way to type it with fewer marks."""
    classes = {"đ": "[dđ]"}
    for base, shapes in {"a": "ăâ", "e": "ê", "i": "", "o": "ôơ", "u": "ư", "y": ""}.items():
        for shape in base + shapes:
            for tone in ("", "\u0300", "\u0301", "\u0309", "\u0303", "\u0323"):
                letter = unicodedata.normalize("NFC", shape + tone)
                if letter != base:
                    ways = {base, shape, unicodedata.normalize("NFC", base + tone), letter}
                    classes[letter] = f"[{''.join(sorted(ways))}]"
    return classes


_SPELLINGS = _spellings()
for _pair in ("oa", "oe", "uy"):
    for _tone in ("\u0300", "\u0301", "\u0309", "\u0303", "\u0323"):
        _old = unicodedata.normalize("NFC", _pair + _tone)
        _NEW_TONES[_old] = unicodedata.normalize("NFC", _pair[0] + _tone + _pair[1])


def one_way(text: str) -> str:
    """Lower-case NFC with the tone of oa, oe, uy on the first letter, whatever the typist's school taught."""
    return _OLD_TONES.sub(lambda found: _NEW_TONES[found[0]], text)


def spelt(pattern: str) -> str:
    """The source of a regular expression in which accents may be left out, except of a letter after "~"; a blank is
    any white space, " ?" none as well, and "·" exactly one (what looks behind needs a fixed width)."""
    return (
        _LETTER.sub(lambda found: found[1] or _SPELLINGS.get(found[0], found[0]), one_way(pattern))
        .replace(" ?", r"\s*")
        .replace(" ", r"\s+")
        .replace("·", r"\s")
    )


@lru_cache(maxsize=1024)
def vn(pattern: str) -> re.Pattern[str]:
    """Compiled from its accented spelling, see :func:`spelt`; a blank in it is any white space."""
    return re.compile(spelt(pattern))


def may_be(typed: str, meant: str) -> bool:
    """Whether ``typed`` is ``meant`` with none, some or all of its marks; both as in ``Text.low``."""
    if typed == meant:
        return True
    if len(typed) != len(meant):
        return False
    return all(a == b or a in _SPELLINGS.get(b, "") for a, b in zip(typed, meant, strict=True))


class Text(Struct, gc=False):
    """A line as it is read. ``at[i]`` is where letter i of ``low`` begins in ``line``; one more entry ends it.
    ``bare`` is ``low`` without any accents."""

    line: str
    low: str
    bare: str
    at: Sequence[int]
    accented: bool
    cased: bool

    def cover(self, start: int, end: int) -> None:
        """Take letters out of what is still to be read."""
        gone = GONE * (end - start)
        self.low = self.low[:start] + gone + self.low[end:]
        self.bare = self.bare[:start] + gone + self.bare[end:]

    def mentions(self, *beginnings: str) -> bool:
        """Whether any of these stands anywhere, accents aside: a cheap look before a pattern is tried."""
        for beginning in beginnings:  # noqa: SIM110 - any() costs three times as much here
            if beginning in self.bare:
                return True
        return False

    def original(self, start: int, end: int) -> str:
        return self.line[self.at[start] : self.at[end]]

    def capital(self, i: int) -> bool:
        return i < len(self.low) and self.line[self.at[i]].isupper()


def read(line: str) -> Text:
    """The line's letters; works for any string, lone surrogates included."""
    low = line.lower()
    if line.isascii():
        return Text(line, low, low, range(len(line) + 1), False, low != line != line.upper())
    at: Sequence[int] = range(len(line) + 1)
    if len(low) != len(line) or _MARK.search(low) or not unicodedata.is_normalized("NFC", low):
        low, at = _letters(line)
    low = one_way(low)
    bare = plain(low)
    return Text(line, low, bare, at, bare != low, line.lower() != line != line.upper())


def _letters(line: str) -> tuple[str, list[int]]:
    """A letter with all marks that follow it is one letter; what does not compose keeps its first code point."""
    letters: list[str] = []
    at: list[int] = []
    i = 0
    while i < len(line):
        end = i + 1
        while end < len(line) and _MARK.match(line[end]):
            end += 1
        lowered = unicodedata.normalize("NFC", line[i:end]).lower()
        letters.append(unicodedata.normalize("NFC", lowered)[:1])
        at.append(i)
        i = end
    at.append(len(line))
    return "".join(letters), at
