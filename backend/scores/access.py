"""Whose scores an actor may see, and who may mark, waive and close."""

from collections.abc import Iterable, Sequence

from backend.domain.access import Target, leads_over, under
from backend.domain.types import Actor, Role
from backend.errors import Forbidden, NotFound
from backend.org.permissions import is_over

#: Roles that see the scores of their unit and everything below it.
READERS = (Role.LEADER, Role.HR, Role.AUDITOR)


def paths(actor: Actor) -> tuple[str, ...] | None:
    """Paths of the units whose people's scores the actor may see; None = all."""
    return None if actor.is_system else actor.paths(*READERS)


def sees(actor: Actor, unit_paths: Iterable[str]) -> bool:
    """Whether the actor may see scores of people in these units, and of the units themselves."""
    allowed = paths(actor)
    return allowed is None or any(under(path, above) for path in unit_paths for above in allowed)


def require_sight(actor: Actor, person_id: int, seats: Sequence[Target]) -> None:
    """Raises NotFound unless it is the actor themself or somebody whose scores they see."""
    if actor.person_id != person_id and not sees(actor, [seat.path for seat in seats]):
        raise NotFound("not_found")


def decides(actor: Actor, person_id: int, seats: Sequence[Target]) -> bool:
    """Whether the actor marks and waives for a person with these positions: a leader over them or HR, never oneself."""
    if actor.is_system:
        return True
    if person_id == actor.person_id:
        return False
    return over(actor, seats) or any(keeps(actor, seat.path) for seat in seats)


def over(actor: Actor, seats: Sequence[Target]) -> bool:
    """Whether the actor is a leader over a person with these positions. What somebody does besides leading a unit puts
    them under nobody there: a chair who keeps the records as well does not answer to their deputy."""
    leading = [seat.path for seat in seats if seat.role is Role.LEADER]
    return is_over(
        actor, [seat for seat in seats if seat.role is Role.LEADER or not any(under(seat.path, one) for one in leading)]
    )


def decides_for_unit(actor: Actor, path: str) -> bool:
    """Whether the actor marks a unit: a leader above it (not its own) or HR."""
    post = leads_over(actor, path[: path.rstrip("/").rindex("/") + 1])
    return actor.is_system or post is not None or keeps(actor, path)


def keeps(actor: Actor, path: str) -> bool:
    """Whether the actor is HR of the unit at ``path``."""
    return any(post.role is Role.HR and under(path, post.path) for post in actor.posts)


def reads_titles(actor: Actor, person_id: int | None, unit_paths: Iterable[str]) -> bool:
    """Whether titles of secret tasks may be shown: to the person, leaders and auditors over them, never to HR alone."""
    if actor.is_system or actor.person_id == person_id:
        return True
    allowed = actor.paths(Role.LEADER, Role.AUDITOR)
    return any(under(path, above) for path in unit_paths for above in allowed)


def require(allowed: bool) -> None:
    """Raises Forbidden."""
    if not allowed:
        raise Forbidden("forbidden")
