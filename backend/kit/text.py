"""What people type: folded so that "huong" finds "Hương", cleaned, read as a number."""

import re
import unicodedata

#: Beyond the id of any row, and still a 64-bit number.
MAX_ID = 2**63 - 1
#: The marks of Latin letters, dropped in one go; whatever other script there is goes letter by letter.
_MARKS = re.compile("[\u0300-\u034e\u0350-\u036f]+")


def fold(text: str) -> str:
    """Lower case without diacritics, đ as d, runs of white space as one blank; for search and loose comparison."""
    if not text.isascii():
        text = _MARKS.sub("", unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D")))
    if not text.isascii():
        text = "".join(letter for letter in text if not unicodedata.combining(letter))
    return " ".join(text.split()).lower()


def clean(text: str) -> str:
    """What a person typed as one line: NFC, no control characters, single blanks, trimmed."""
    normal = unicodedata.normalize("NFC", text)
    if not normal.isprintable():
        normal = "".join(letter if letter.isprintable() else " " for letter in normal)
    return " ".join(normal.split())


def block(text: str) -> str:
    """What a person typed as several lines: NFC, no control characters but line breaks and tabs, trimmed."""
    normal = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(letter for letter in normal if letter in "\n\t" or unicodedata.category(letter) != "Cc").strip()


def row_id(digits: str) -> int:
    """The id that decimal digits name; for more than any row can have, one that no row has. However many there are:
    Python refuses to read thousands, and a database to be asked for more than 64 bits."""
    return min(int(digits[:20]), MAX_ID)
