"""What is left of a line once everything recognised is taken out: the title, word for word."""

from backend.domain.phrases.text import Text

_BEFORE_A_PIECE = " \t\r\n,;:-–—.([|•*>+&"
_AFTER_A_PIECE = " \t\r\n,;:-–—.!?)]|•*>&"
_EITHER = _BEFORE_A_PIECE + _AFTER_A_PIECE


def title_of(text: Text, pieces: list[tuple[int, int]]) -> str:
    """The line without these spans (letters of ``text.low``), without the separators around them, in single blanks."""
    left: list[str] = []
    at = 0
    ends = [*sorted(pieces), (len(text.low), len(text.low))]
    for i, (start, end) in enumerate(ends):
        if start > at:
            fragment = text.original(at, start)
            fragment = fragment.lstrip(_AFTER_A_PIECE if i else None)
            fragment = _without_end(fragment) if i < len(ends) - 1 else fragment.rstrip()
            if fragment.strip(_EITHER):
                left.append(fragment)
        at = max(at, end)
    return " ".join(" ".join(left).split())


def _without_end(fragment: str) -> str:
    """Without separators at its end; a sign of plus that is part of the last word ("C++", "A+") stays."""
    left = fragment.rstrip(_BEFORE_A_PIECE)
    rest = fragment[len(left) :]
    return left + rest[: len(rest) - len(rest.lstrip("+"))] if left else ""
