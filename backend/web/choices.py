"""Whom a form offers: the people and units an actor may give work to, and the colleagues who may help."""

from collections.abc import Iterable, Sequence

import msgspec

from backend.domain.access import post_to_assign
from backend.domain.types import Actor, Role, TaskKind
from backend.kit.text import fold
from backend.org.permissions import root_of
from backend.org.queries import PersonBrief, Seat, heads_of, search_people, seats_of
from backend.org.queries_units import UnitRow, units_under

#: As many as a page shows at once; beyond that one searches.
MOST = 200

#: Groups that are not units: the catalogue's ``web.pick.<name>``.
ONESELF, UNITS, CHOSEN = "@me", "@units", "@chosen"

#: What work may be given as: anything by a leader, documents by a clerk.
_KINDS = (TaskKind.DIRECT, TaskKind.DOCUMENT)


class Choice(msgspec.Struct, frozen=True):
    """Somebody to tick. ``value`` goes into the draft; ``search`` is what typing is compared with."""

    value: str
    name: str
    note: str
    search: str
    group: str


class Choices(msgspec.Struct, frozen=True):
    """A list in the order of the page; ``whole`` when nobody was left out, so that the browser may filter it alone."""

    items: list[Choice]
    whole: bool

    @property
    def groups(self) -> list[tuple[str, list[Choice]]]:
        found: dict[str, list[Choice]] = {}
        for choice in self.items:
            found.setdefault(choice.group, []).append(choice)
        return list(found.items())


async def leads_for(actor: Actor, q: str, chosen: Sequence[str] = ()) -> Choices:
    """People and units the actor may give work to that match ``q``, the actor, and those already ``chosen`` whatever
    ``q`` is. Nobody when the actor gives no work at all."""
    paths = actor.paths(Role.LEADER, Role.CLERK)
    if not paths:
        return Choices([], True)
    found, whole = await _search(q, paths, chosen)
    seats = await seats_of([person.id for person in found])
    people: list[tuple[str, Choice]] = []
    allowed: set[int] = set()
    for person in found:
        seat = next((seat for seat in seats.get(person.id, ()) if _may_give(actor, seat)), None)
        if seat is not None:
            allowed.add(person.id)
            people.append((seat.path, _choice(person, seat.title, seat.unit_name)))
    people.sort(key=lambda pair: pair[0])
    oneself = Choice(actor.handle, actor.name, "", fold(f"{actor.name} {actor.handle}"), ONESELF)
    items = [oneself, *(choice for _, choice in people)]
    if actor.has(Role.LEADER):
        items += await _units(actor, q, allowed, chosen)
    return Choices(_chosen_first(items, chosen), whole)


async def helpers_for(actor: Actor, q: str, chosen: Sequence[str] = ()) -> Choices:
    """Colleagues of the actor's own trees that match ``q``."""
    found, whole = await _search(q, sorted({root_of(post.path) for post in actor.posts}), chosen)
    items = [_choice(person, person.title, person.unit_name) for person in found if person.id != actor.person_id]
    return Choices(_chosen_first(sorted(items, key=lambda choice: choice.group), chosen), whole)


def _chosen_first(items: list[Choice], chosen: Sequence[str]) -> list[Choice]:
    """Whoever is ticked already stands on top, so that a long list does not hide them."""
    ticked = [msgspec.structs.replace(item, group=CHOSEN) for item in items if item.value in chosen]
    return ticked + [item for item in items if item.value not in chosen]


async def _search(q: str, paths: Sequence[str], chosen: Iterable[str]) -> tuple[list[PersonBrief], bool]:
    found = {person.id: person for person in await search_people(q, paths, MOST + 1)}
    whole = len(found) <= MOST and not q.strip()
    kept = list(found.values())[:MOST]
    for handle in chosen:
        if not any(person.handle == handle for person in kept) and not handle.startswith("unit:"):
            kept += [person for person in await search_people(handle, paths, 5) if person.handle == handle]
    return kept, whole


def _may_give(actor: Actor, seat: Seat) -> bool:
    return seat.person_id != actor.person_id and any(post_to_assign(actor, seat, kind) for kind in _KINDS)


def _choice(person: PersonBrief, title: str, unit: str) -> Choice:
    return Choice(person.handle, person.name, title, fold(f"{person.name} {person.handle} {title} {unit}"), unit)


async def _units(actor: Actor, q: str, allowed: set[int], chosen: Sequence[str]) -> list[Choice]:
    """Units whose chief is among those whom the actor may give work to: the work goes to whoever leads them."""
    units = [unit for unit in await units_under(actor.paths(Role.LEADER)) if unit.closed_on is None]
    heads = await heads_of([unit.id for unit in units])
    wanted = fold(q).split()
    return [
        Choice(f"unit:{unit.code}", unit.name, "", fold(f"{unit.name} {unit.code}"), UNITS)
        for unit in units
        if heads.get(unit.id) in allowed and (_matches(unit, wanted) or f"unit:{unit.code}" in chosen)
    ]


def _matches(unit: UnitRow, wanted: Sequence[str]) -> bool:
    return all(word in fold(f"{unit.name} {unit.code}") for word in wanted)
