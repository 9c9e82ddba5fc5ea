"""Numbers as they are typed or said in Vietnamese and English: "3", "1,5", "mười bảy", "nửa", "two"."""

from fractions import Fraction
from functools import lru_cache

from backend.domain.phrases.text import may_be, one_way

_DIGITS = {"một": 1, "hai": 2, "ba": 3, "bốn": 4, "năm": 5, "sáu": 6, "bảy": 7, "tám": 8, "chín": 9}
_AFTER_TEN = _DIGITS | {"mốt": 1, "tư": 4, "lăm": 5, "nhăm": 5, "bẩy": 7}
_ENGLISH: dict[str, int | Fraction] = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "half": Fraction(1, 2),
}  # fmt: skip


def _names() -> dict[str, Fraction]:
    names = {name: Fraction(value) for name, value in _DIGITS.items()} | {"mười": Fraction(10), "nửa": Fraction(1, 2)}
    names |= {"bẩy": Fraction(7), "tư": Fraction(4)}
    for name, value in _AFTER_TEN.items():
        names.setdefault(f"mười {name}", Fraction(10 + value))
        for tens, many in list(_DIGITS.items())[1:]:
            names[f"{tens} mươi {name}"] = Fraction(10 * many + value)
            names[f"{tens} {name}"] = Fraction(10 * many + value)
    for tens, many in list(_DIGITS.items())[1:]:
        names[f"{tens} mươi"] = Fraction(10 * many)
    return {one_way(name): value for name, value in names.items()}


_NAMES = _names()
_DIGIT = r"một|hai|ba|bốn|năm|sáu|bảy|bẩy|tám|chín"
_LAST = rf"(?:{_DIGIT}|mốt|tư|lăm|nhăm)"
#: A number in words, as the source of a pattern for ``text.vn``.
SAID = rf"(?:mười(?: {_LAST})?|(?:{_DIGIT}) mươi(?: {_LAST})?|{_DIGIT}|nửa)"
ENGLISH = r"(?:one|two|three|four|five|six|seven|eight|nine|ten|half an?|an?)"


@lru_cache(maxsize=4096)
def number(text: str) -> int | Fraction | None:
    """The number that a text matched by these patterns says; None if it is none."""
    if text.isascii() and text.isdigit():
        return int(text)
    said = " ".join(text.split())
    if said[:1].isascii() and said[:1].isdigit():
        try:
            return Fraction(said.replace(",", "."))
        except ValueError:
            return None
    if said.startswith("half"):
        return Fraction(1, 2)
    if said in _ENGLISH:
        return _ENGLISH[said]
    found = next((value for name, value in _NAMES.items() if may_be(said, name)), None)
    return int(found) if found is not None and found.denominator == 1 else found
