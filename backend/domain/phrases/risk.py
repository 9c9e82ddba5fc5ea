"""Whether a title would be read as more than a title if it stood in a line by itself."""

from backend.domain.phrases import marks as marking
from backend.domain.phrases import words
from backend.domain.phrases.pick import marked
from backend.domain.phrases.text import GONE, read


def may_be_read(title: str) -> bool:
    text = read(title)
    if "@" in title or "+" in title or "::" in title or GONE in title or "\n" in title:
        return True
    if any(pattern.search(text.low) for pattern in (words.HEAD, words.INNER, words.TOGETHER, words.LABEL)):
        return True
    # What a line has at its ends is trimmed, and what stands beside a name may belong to it.
    if not (title[0].isalnum() and title[-1].isalnum()) or words.STARTS_LIKE_MORE.match(text.low):
        return True
    marks = marking.find(text)
    return bool(marks.pieces or marks.asks or marked(text))
