"""The ways a position and a unit are called: in full, without the kind of unit, without the rank. All without accents."""

from collections.abc import Sequence
from typing import NamedTuple

#: What a unit is, as against what it is for: "Phòng Tư pháp" is asked for as "tư pháp" too.
_UNIT_KINDS = frozenset(
    [
        "phong",
        "ban",
        "to",
        "bo",
        "phan",
        "trung",
        "tam",
        "van",
        "uy",
        "nhan",
        "dan",
        "ubnd",
        "hdnd",
        "mttq",
        "so",
        "chi",
        "cuc",
        "doi",
        "khoa",
        "vien",
        "nhanh",
    ]
)
#: Ranks that say nothing about what somebody does: "Công chức Địa chính" may be typed "cán bộ địa chính".
_RANKS = ("chuyen vien", "cong chuc", "can bo", "nhan vien", "vien chuc", "tro ly")


def unit_keys(unit: Sequence[str]) -> frozenset[str]:
    return frozenset(" ".join(words) for words in (unit, _core(unit)) if words)


def _core(words: Sequence[str]) -> Sequence[str]:
    i = 0
    while i < len(words) and words[i] in _UNIT_KINDS:
        i += 1
    return words[i:]


class PositionKeys(NamedTuple):
    """Ways to say a position in full, ways that say less than the whole of it, and those of the latter that only name a
    field of work: "số hóa" for "Nhân viên Số hóa"."""

    whole: frozenset[str]
    shorter: frozenset[str]
    fields: frozenset[str]


def position_keys(title: Sequence[str], unit: Sequence[str]) -> PositionKeys:
    if not title:
        return PositionKeys(frozenset(), frozenset(), frozenset())
    said = " ".join(title)
    whole = {said}
    for place in (unit, _core(unit)):
        if place:
            whole.add(" ".join((*title, *place)))
            whole |= {
                " ".join((*title, *place[k:]))
                for k in range(1, min(len(title), len(place)) + 1)
                if title[-k:] == place[:k]
            }
    shorter = _beginnings(whole)
    fields: set[str] = set()
    for rank in _RANKS:
        if said.startswith(rank + " "):
            core = title[len(rank.split()) :]
            ways = {" ".join((other, *core)) for other in _RANKS}
            fields = _beginnings({" ".join(core)}) | {" ".join(core)}
            shorter |= ways | _beginnings(ways) | fields
    # One word is too little for a position: "trưởng", "công", "văn" begin half of all sentences.
    shorter = {key for key in shorter if " " in key} - whole
    return PositionKeys(frozenset(whole), frozenset(shorter), frozenset(fields & shorter))


def _beginnings(ways: set[str]) -> set[str]:
    return {" ".join(way.split()[:n]) for way in ways for n in range(1, len(way.split()))}


def place_keys(title: Sequence[str], unit: Sequence[str]) -> frozenset[str]:
    """What a unit and a position are called behind a name, where two words of them are enough."""
    ways = (unit, _core(unit), title, (*title, *unit), (*title, *_core(unit)))
    starts = {" ".join(way[:n]) for way in ways for n in range(2, len(way) + 1)}
    return frozenset(starts | {" ".join(_core(unit))}) - {""}
