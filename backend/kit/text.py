"""Folding text so that "huong" finds "Hương"."""

import re
import unicodedata

_SPACE = re.compile(r"\s+")


def fold(text: str) -> str:
    """Lower case without diacritics, đ as d, runs of white space as one blank; for search and loose comparison."""
    plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    kept = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return _SPACE.sub(" ", kept).strip().lower()


def clean(text: str) -> str:
    """What a person typed as one line: NFC, no control characters, single blanks, trimmed."""
    visible = "".join(letter if letter.isprintable() else " " for letter in unicodedata.normalize("NFC", text))
    return _SPACE.sub(" ", visible).strip()


def block(text: str) -> str:
    """What a person typed as several lines: NFC, no control characters but line breaks and tabs, trimmed."""
    normal = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(letter for letter in normal if letter in "\n\t" or unicodedata.category(letter) != "Cc").strip()
