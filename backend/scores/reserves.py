"""Who decides where nobody else may: the admin stands in for an only HR who would decide on themselves, or on what they
marked themselves, with no leader above.

An office that has no HR at all has nobody to stand in for: its page of the period says so, and naming HR mends it.
"""

from collections.abc import Sequence

import msgspec

from backend.domain.access import own_posts, under
from backend.domain.types import Actor, Role
from backend.scores.keepers import Keepers
from backend.scores.lines import Lines
from backend.scores.people import Holder


def last_resort(keepers: Keepers, lines: Lines, seats: Sequence[Holder], marker: Sequence[Holder] = ()) -> list[int]:
    """The admins who decide about a person with these positions when neither HR nor a leader above can; empty when one
    of those can. ``marker``: positions of whoever gave the mark that is appealed against."""
    if not seats:
        return []
    path, but = seats[0].path, {one[0].person_id for one in (seats, marker) if one}
    hr = keepers.all_hr(path)
    if not hr or not hr <= but or leaders_above(lines, seats, marker):
        return []
    return keepers.admins(path, but=but)


def leaders_above(lines: Lines, seats: Sequence[Holder], marker: Sequence[Holder] = ()) -> list[int]:
    """The leaders over a person, nearest first; of an appeal only those who are over the marker as well."""
    line = lines.over(seats[0].person_id, seats[0].unit_id)
    if not marker:
        return line
    above = lines.over(marker[0].person_id, marker[0].unit_id)
    return [one for one in line if one in above]


def as_keeper(actor: Actor, path: str, admins: Sequence[int]) -> Actor:
    """The actor as HR of the unit at ``path`` when they are one of the admins who stand in, else as they are."""
    if actor.person_id not in admins:
        return actor
    posts = [post for post in own_posts(actor, Role.ADMIN) if under(path, post.path)]
    lent = tuple(msgspec.structs.replace(post, role=Role.HR) for post in posts)
    return msgspec.structs.replace(actor, posts=(*actor.posts, *lent))


async def stand_in(actor: Actor, seats: Sequence[Holder], marker: Sequence[Holder] = ()) -> Actor:
    """The actor with the right to decide about a person that is theirs as the last one there is."""
    if actor.is_system or not seats or not own_posts(actor, Role.ADMIN):
        return actor
    admins = last_resort(await Keepers.load(), await Lines.load(), seats, marker)
    return as_keeper(actor, seats[0].path, admins)


async def subjects(actor: Actor) -> set[int]:
    """Those about whom the actor may have to decide as the last one there is, signing or on an appeal: the only HR with
    at most one leader above, and the chief whom only that HR can have marked."""
    posts = own_posts(actor, Role.ADMIN)
    if actor.is_system or not posts:
        return set()
    keepers, lines = await Keepers.load(), await Lines.load()
    found: set[int] = set()
    for person_id, path in keepers.only_ones():
        unit = next((unit for unit in lines.units if unit.path == path), None)
        if unit is None or not any(under(path, post.path) for post in posts):
            continue
        if len(lines.over(person_id, unit.id)) <= 1:
            found |= {person_id, *lines.top(unit.id)}
    return found - {actor.person_id}
