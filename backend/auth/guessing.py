"""What a guesser tries first: passwords made of common words, runs of keys and the person's own name or number."""

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from backend.kit.text import fold

#: This many letters and digits must remain once everything easy to guess is taken out.
MUST_REMAIN = 6

_NOT_LETTERS = re.compile(r"[^a-z0-9]+")
_RUNS = ("01234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn")
_SHORTEST_RUN = 4
_YEAR = re.compile(r"(?:19|20)\d\d")
_REPEATED = re.compile(r"(..+?)\1+|(.)\2\2+")


@cache
def common() -> frozenset[str]:
    """Words of the most used passwords, folded."""
    lines = (files("backend.auth") / "common_words.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def letters(text: str) -> str:
    """Lower-case letters and digits without accents: what a guesser varies the least."""
    return _NOT_LETTERS.sub("", fold(text))


def pieces(*texts: str) -> frozenset[str]:
    """The parts of somebody's names and numbers that they might build a password from."""
    found: set[str] = set()
    for text in texts:
        whole = letters(text)
        found |= {whole, *_NOT_LETTERS.split(fold(text))}
        if whole.isdecimal() and len(whole) > 9:
            # +84912345678 is dialled as 0912345678.
            found |= {whole[-9:], f"0{whole[-9:]}"}
    return frozenset(piece for piece in found if len(piece) >= 3)


def is_made_of(password: str, easy: Iterable[str]) -> bool:
    """Whether little is left of the password without these pieces, years, runs of keys and repetitions."""
    rest = letters(password)
    if not rest:
        # Nothing but signs or a script we do not fold: judged by variety alone.
        return len(set(password)) < MUST_REMAIN
    for piece in sorted(easy, key=len, reverse=True):
        rest = rest.replace(piece, " ")
    rest = _YEAR.sub(" ", _without_runs(rest))
    rest = _REPEATED.sub(r"\1\2", rest)
    return len(rest.replace(" ", "")) < MUST_REMAIN


def _without_runs(text: str) -> str:
    """Runs of neighbouring keys or letters, forwards and backwards, taken out."""
    for run in _RUNS:
        for line in (run, run[::-1]):
            for length in range(len(line), _SHORTEST_RUN - 1, -1):
                for start in range(len(line) - length + 1):
                    text = text.replace(line[start : start + length], " ")
    return text
