"""Who may see and change the organisation: questions over the actor's posts and the paths of units."""

from collections.abc import Iterable

from backend.domain.access import Target, leads_over, post_to_assign, under
from backend.domain.types import Actor, Post, Role, TaskKind


def root_of(path: str) -> str:
    """The path of the root above a unit: ``/1/`` of ``/1/4/9/``."""
    return f"/{path.split('/')[1]}/"


def rules_all(actor: Actor) -> bool:
    """Whether the actor keeps the whole installation: an admin in a unit at the top, or the system itself."""
    at_top = (post for post in _own(actor, Role.ADMIN) if post.path == root_of(post.path))
    return actor.is_system or any(at_top)


def _own(actor: Actor, *roles: Role) -> list[Post]:
    return [post for post in actor.posts if post.giver_id is None and post.role in roles]


def trees_of(actor: Actor) -> tuple[str, ...] | None:
    """Roots of the trees that the actor may look at; None = all."""
    if rules_all(actor):
        return None
    return tuple(sorted({root_of(post.path) for post in actor.posts}))


def sees(actor: Actor, path: str) -> bool:
    """Whether units and people at ``path`` exist for the actor."""
    trees = trees_of(actor)
    return trees is None or root_of(path) in trees


def administers(actor: Actor, path: str) -> bool:
    """Whether the actor keeps the records of the unit at ``path``: HR or admin at or above it."""
    return rules_all(actor) or any(under(path, post.path) for post in _own(actor, Role.HR, Role.ADMIN))


def appoints(actor: Actor, path: str, role: Role) -> bool:
    """Whether the actor gives and ends positions of this role in the unit; only admins make and unmake admins."""
    if role is not Role.ADMIN:
        return administers(actor, path)
    return rules_all(actor) or any(under(path, post.path) for post in _own(actor, Role.ADMIN))


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
    audits = any(under(seat.path, post.path) for post in _own(actor, Role.AUDITOR) for seat in seats)
    return audits or sees_contacts(actor, person_id, seats)
