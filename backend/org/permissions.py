"""Who may see and change the organisation: questions over the actor's posts and the paths of units."""

from collections.abc import Iterable

from backend.domain.access import (
    Target,
    administers,
    leads_over,
    own_posts,
    post_to_assign,
    root_of,
    rules_all,
    sees,
    trees_of,
    under,
)
from backend.domain.types import Actor, Role, TaskKind

__all__ = [
    "administers",
    "appoints",
    "is_over",
    "keeps_records",
    "root_of",
    "rules_all",
    "sees",
    "sees_absences",
    "sees_contacts",
    "trees_of",
]


def appoints(actor: Actor, path: str, role: Role) -> bool:
    """Whether the actor gives and ends positions of this role in the unit; only admins make and unmake admins."""
    if role is not Role.ADMIN:
        return administers(actor, path)
    return rules_all(actor) or any(under(path, post.path) for post in own_posts(actor, Role.ADMIN))


def keeps_records(actor: Actor, held: Iterable[Target]) -> bool:
    """Whether the actor keeps the records of a person who holds these positions, own or lent.

    Whoever can change a record can become that person (an e-mail is a way in), so it must never be a step up: every
    position has to be one the actor could give. Somebody without any belongs to those who keep everything.
    """
    held = list(held)
    return rules_all(actor) or (bool(held) and all(appoints(actor, seat.path, seat.role) for seat in held))


def is_over(actor: Actor, seats: Iterable[Target]) -> bool:
    """Whether the actor is a leader over a person with these positions: one who could give them work."""
    posts = (post_to_assign(actor, seat, TaskKind.DIRECT) for seat in seats)
    return any(post is not None and post.role is Role.LEADER for post in posts)


def sees_contacts(actor: Actor, person_id: int, seats: Iterable[Target]) -> bool:
    """Phone and e-mail: one's own, those of people one leads or whose unit's records one keeps."""
    if actor.person_id == person_id or rules_all(actor):
        return True
    return any(leads_over(actor, seat.path) is not None or administers(actor, seat.path) for seat in seats)


def sees_absences(actor: Actor, person_id: int, seats: Iterable[Target]) -> bool:
    """Leave with its reasons, and delegations: oneself, leaders over, HR, auditors."""
    seats = list(seats)
    audits = any(under(seat.path, post.path) for post in own_posts(actor, Role.AUDITOR) for seat in seats)
    return audits or sees_contacts(actor, person_id, seats)
