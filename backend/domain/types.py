"""The words shared by every rule: roles, states, who acts."""

from enum import StrEnum

import msgspec


class Role(StrEnum):
    """What a position lets its holder do (domain.md §1)."""

    LEADER = "leader"
    OFFICER = "officer"
    CLERK = "clerk"
    HR = "hr"
    ADMIN = "admin"
    AUDITOR = "auditor"


class Urgency(StrEnum):
    NORMAL = "normal"
    URGENT = "urgent"
    VERY_URGENT = "very_urgent"
    EXPRESS = "express"


class TaskKind(StrEnum):
    DIRECT = "direct"
    DOCUMENT = "document"
    MEETING = "meeting"
    DOSSIER_STEP = "dossier_step"
    CITIZEN_REPORT = "citizen_report"


class Status(StrEnum):
    """Where a task stands in its life (domain.md §2)."""

    ASSIGNED = "assigned"
    ACKNOWLEDGED = "acknowledged"
    REPORTED = "reported"
    DECLINED = "declined"
    DONE = "done"
    CANCELLED = "cancelled"

    @property
    def is_open(self) -> bool:
        return self not in (Status.DONE, Status.CANCELLED)


class Part(StrEnum):
    """The part a person has in a task."""

    LEAD = "lead"
    COORDINATOR = "coordinator"
    WATCHER = "watcher"


class Post(msgspec.Struct, frozen=True):
    """One position that an actor may use now: their own, or one lent to them by a delegation.

    ``path`` is the unit's path from the root, ``/1/4/``: a unit lies under another when its path starts with the
    other's. ``rank`` orders leaders of one unit, 1 the chief. ``giver_id`` is whose authority it is when lent.
    """

    position_id: int
    unit_id: int
    path: str
    role: Role
    rank: int = 1
    title: str = ""
    giver_id: int | None = None
    delegation_id: int | None = None


class Actor(msgspec.Struct, frozen=True):
    """Who acts, with everything that permissions need. ``scopes`` None = not limited (a person at a page or
    in chat)."""

    person_id: int
    handle: str
    name: str
    locale: str = "vi"
    posts: tuple[Post, ...] = ()
    scopes: frozenset[str] | None = None
    must_change_password: bool = False

    @property
    def is_system(self) -> bool:
        return self.person_id == 0

    def has(self, *roles: Role) -> bool:
        return any(post.role in roles for post in self.posts)

    def paths(self, *roles: Role) -> tuple[str, ...]:
        """Paths of the units in which the actor has one of these roles."""
        return tuple(sorted({post.path for post in self.posts if post.role in roles}))


#: Who acts when the engine does.
SYSTEM = Actor(person_id=0, handle="system", name="giaoviec")
