"""Whom a line can mean: an index of people by handle, name, position and unit, built once and asked by the word."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import islice

from msgspec import Struct

from backend.domain.phrases.positions import place_keys, position_keys, unit_keys
from backend.domain.phrases.text import may_be, one_way, plain

_WORDS = re.compile(r"[^\W_]+")
_LONGEST_NAME = 6
#: As many as anybody would choose from; a roster of fifty thousand has a thousand people called Hương.
MOST_CHOICES = 50

_Place = tuple[str, str]


class Somebody(Struct, frozen=True, gc=False):
    """Somebody who may be named in a line; one entry for each position they hold. ``unit`` is the unit's name,
    ``title`` the position's."""

    handle: str
    name: str
    unit: str = ""
    title: str = ""


class Found(Struct, frozen=True, gc=False):
    """People whom a run of words can mean, each once, and how many words it is. ``field``: the words say what kind of
    work it is, and nothing of a person."""

    people: Sequence[Somebody]
    words: int
    field: bool = False


def words_of(text: str) -> list[str]:
    return _WORDS.findall(one_way(text.lower()))


class Roster:
    """People by what they are called. Immutable; a question costs the number of words asked about, whatever the size."""

    def __init__(self, people: Iterable[Somebody]) -> None:
        self._handles: dict[str, Somebody] = {}
        self._folded: dict[str, list[Somebody]] = defaultdict(list)
        self._names: dict[str, dict[str, list[Somebody]]] = defaultdict(dict)
        self._places: dict[_Place, dict[str, Somebody]] = defaultdict(dict)
        self._held: dict[str, list[_Place]] = defaultdict(list)
        for one in people:
            if one.handle.lower() not in self._handles:
                self._handles[one.handle.lower()] = one
                self._folded[plain(one.handle.lower())].append(one)
                self._add_name(one)
            self._places[one.title, one.unit].setdefault(one.handle, one)
            self._held[one.handle].append((one.title, one.unit))
        self._titles: dict[str, dict[_Place, None]] = defaultdict(dict)
        self._shorter: dict[str, dict[_Place, None]] = defaultdict(dict)
        self._units: dict[str, list[_Place]] = defaultdict(list)
        self._near: dict[str, set[_Place]] = defaultdict(set)
        self._fields: set[str] = set()
        for place in self._places:
            title, unit = words_of(plain(place[0])), words_of(plain(place[1]))
            ways = position_keys(title, unit)
            self._fields |= ways.fields
            for key in ways.whole:
                self._titles[key][place] = None
            for key in ways.shorter:
                self._shorter[key][place] = None
            for key in unit_keys(unit):
                self._units[key].append(place)
            for key in place_keys(title, unit):
                self._near[key].add(place)

    def _add_name(self, one: Somebody) -> None:
        words = words_of(one.name)
        for i in range(len(words)):
            name = " ".join(words[i:])
            self._names[plain(name)].setdefault(name, []).append(one)

    def by_handle(self, handle: str) -> Somebody | None:
        """Upper case and accents in a handle do not matter, unless accents are what tells two handles apart."""
        low = handle.lower()
        if (one := self._handles.get(low)) is not None:
            return one
        folded = self._folded.get(plain(low), ())
        return folded[0] if len(folded) == 1 else None

    def in_unit(self, slug: str) -> tuple[Somebody, ...]:
        """Everybody of the unit that ``@slug/*`` names, each once; nobody if two units are called so."""
        places = self._units.get(" ".join(words_of(plain(slug.replace("_", " ")))), ())
        if len({unit for _, unit in places}) != 1:
            return ()
        members = {one.handle: one for place in places for one in self._places[place].values()}
        return tuple(one for handle, one in self._handles.items() if one.handle in members and handle)

    def by_place(self, words: Sequence[str], people: Sequence[Somebody]) -> Found | None:
        """Those of ``people`` whose unit or position the most words from the first on are, or begin."""
        folded = [plain(word) for word in words]
        for n in range(len(folded), 0, -1):
            if places := self._near.get(" ".join(folded[:n])):
                same = [one for one in people if (one.title, one.unit) in places]
                if same:
                    return Found(same, n)
        return None

    def holds(self, one: Somebody, words: Sequence[str]) -> bool:
        """Whether the person has the position that all these words are."""
        key = " ".join(map(plain, words))
        tables = [table[key] for table in (self._titles, self._shorter) if key in table]
        return any(place in table for table in tables for place in self._held[one.handle])

    def by_name(self, words: Sequence[str], exactly: bool) -> Found | None:
        """The most words from the first on that are somebody's name, whole or its last words.

        ``exactly`` = the typist uses accents, so that a name without any is a name that has none.
        """
        folded = [plain(word) for word in words[:_LONGEST_NAME]]
        for n in range(len(folded), 0, -1):
            spellings = self._names.get(" ".join(folded[:n]))
            if not spellings:
                continue
            typed = " ".join(words[:n])
            if exactly and typed in spellings:
                people = spellings[typed]
            else:
                people = [one for name, each in spellings.items() if may_be(typed, name) for one in each]
            if people:
                return Found(people, n)
        return None

    def by_position(self, words: Sequence[str]) -> Found | None:
        """The most words from the first on that are a position, whole or as it is called for short."""
        folded = [plain(word) for word in words]
        for n in range(len(folded), 0, -1):
            key = " ".join(folded[:n])
            if places := self._titles.get(key) or self._shorter.get(key):
                everyone = (one for place in places for one in self._places[place].values())
                people = {one.handle: one for one in islice(everyone, MOST_CHOICES)}
                return Found(list(people.values()), n, key in self._fields and key not in self._titles)
        return None
