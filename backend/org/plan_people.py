"""The people of a file: who is who, their handles, and that no address belongs to two."""

from collections import defaultdict
from datetime import date

from msgspec import UNSET

from backend.kit.text import fold
from backend.org.draft import DraftPerson
from backend.org.plan import Plan
from backend.org.rules import PersonLine
from backend.org.values import handle_candidates

_SHEET = "people"
_KEYS = ("handle", "email", "phone")


def lay_people(plan: Plan) -> None:
    """Match every line to a person or make one, take over its cells, and index everybody for references."""
    lines = plan.office.people or []
    matched = _match(plan, _without_doubles(plan, lines))
    new: list[tuple[PersonLine, DraftPerson]] = []
    for line, person in matched:
        if person is None:
            person = DraftPerson(handle=line.handle or "", full_name=line.full_name)
            new.append((line, person))
        person.touch(line.row)
        _take(person, line, plan.today)
    _name(plan, [person for _, person in new])
    plan.draft.people.extend(person for _, person in new)
    _index(plan)


def _without_doubles(plan: Plan, lines: list[PersonLine]) -> list[PersonLine]:
    """Lines whose handle, e-mail and phone stand nowhere before them in the file."""
    seen: dict[tuple[str, str], int] = {}
    kept: list[PersonLine] = []
    for line in lines:
        keys = [(key, value) for key in _KEYS if (value := getattr(line, key))]
        doubles = [(key, value) for key, value in keys if (key, value) in seen]
        for key, value in doubles:
            plan.issue(_SHEET, line.row, key, "import_duplicate", value=value, other=seen[key, value])
        if not doubles:
            seen.update(dict.fromkeys(keys, line.row))
            kept.append(line)
    return kept


def _match(plan: Plan, lines: list[PersonLine]) -> list[tuple[PersonLine, DraftPerson | None]]:
    """Every line with the stored person it speaks of: by handle, else e-mail, else phone, else the name alone."""
    stored = {(key, value): person for person in plan.draft.people for key in _KEYS if (value := getattr(person, key))}
    found: list[tuple[PersonLine, DraftPerson | None]] = []
    rows: dict[int, int] = {}
    for line in lines:
        keys = [(key, value) for key in _KEYS if (value := getattr(line, key))]
        person = next((stored[key] for key in keys if key in stored), None)
        if person is not None and id(person) in rows:
            plan.issue(_SHEET, line.row, "full_name", "import_same_person", value=person.handle, other=rows[id(person)])
            continue
        if person is not None:
            rows[id(person)] = line.row
        found.append((line, person))
    return _match_names(plan, found, set(rows))


def _match_names(
    plan: Plan, found: list[tuple[PersonLine, DraftPerson | None]], taken: set[int]
) -> list[tuple[PersonLine, DraftPerson | None]]:
    """Lines without any match may still be people known by name alone, when one side has neither e-mail nor phone.

    Namesakes are told apart by their order, as long as the file has as many of them as the office.
    """
    nameless: defaultdict[str, list[PersonLine]] = defaultdict(list)
    for line, person in found:
        if person is None and not line.handle:
            nameless[fold(line.full_name)].append(line)
    if not nameless:
        return found
    known: defaultdict[str, list[DraftPerson]] = defaultdict(list)
    for person in plan.draft.people:
        if id(person) not in taken and (name := fold(person.full_name)) in nameless:
            known[name].append(person)
    pairs: dict[int, DraftPerson] = {}
    for name, lines in nameless.items():
        bare = not any(line.email or line.phone for line in lines)
        people = [person for person in known[name] if bare or not (person.email or person.phone)]
        if people and len(people) != len(lines):
            for line in lines:
                plan.issue(_SHEET, line.row, "full_name", "import_person_ambiguous", value=line.full_name)
        pairs.update({line.row: person for line, person in zip(lines, people, strict=False)})
    return [(line, person or pairs.get(line.row)) for line, person in found]


def _take(person: DraftPerson, line: PersonLine, today: date) -> None:
    """Take over the line's cells. An empty cell erases nothing but ``until``: without an end, service goes on."""
    person.full_name = line.full_name
    person.handle = line.handle or person.handle
    person.email = line.email or person.email
    person.phone = line.phone or person.phone
    person.locale = line.locale or person.locale
    if line.until is not UNSET:
        person.until_on = line.until
    elif not person.active(today):
        person.until_on = None


def _name(plan: Plan, people: list[DraftPerson]) -> None:
    """Give a handle to everybody new who has none, in the order of the file."""
    taken = {person.handle for person in (*plan.draft.people, *people)}
    # Namesakes go on counting where the one before stopped, or thousands of them would count for ever.
    tried: dict[str, int] = {}
    for person in people:
        if not person.handle:
            candidate = handle_candidates(person.full_name)
            number = 0 if candidate(0) not in taken else max(1, tried.get(candidate(1), 0))
            while candidate(number) in taken:
                number += 1
            tried[candidate(1)] = max(number, 1)
            person.handle = candidate(number)
            taken.add(person.handle)


def _index(plan: Plan) -> None:
    """Everybody by handle, e-mail and phone; a value that two people would have is reported at the file's row."""
    refs = plan.refs
    for person in sorted(plan.draft.people, key=lambda person: person.row):
        for key in _KEYS:
            value = getattr(person, key)
            if value and (owner := refs.setdefault(value, person)) is not person:
                plan.issue(_SHEET, person.row, key, f"import_{key}_taken", value=value, owner=_shown(plan, owner))


def _shown(plan: Plan, owner: DraftPerson) -> str:
    """Whose it is, unless the importer may not know of them."""
    strange = [post for post in plan.draft.positions_of[id(owner)] if not plan.scope.covers(post.unit)]
    return owner.full_name if owner.row or not strange else "…"
