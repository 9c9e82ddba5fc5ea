"""Who may do what: questions over the tree of units, positions, roles and delegations (domain.md §1, §2)."""

import msgspec

from backend.domain.lifecycle import Act
from backend.domain.types import Actor, Part, Post, Role, TaskKind


class Target(msgspec.Struct, frozen=True):
    """A person to whom work may go, as one of their positions: where it is and what it is."""

    person_id: int
    path: str
    role: Role
    rank: int = 1


class TaskFacts(msgspec.Struct, frozen=True):
    """What permissions need to know of a task. ``path`` is that of the unit it is charged to."""

    assigner_id: int
    lead_id: int
    path: str
    secret: bool = False
    on_behalf_of_id: int | None = None
    parts: tuple[tuple[int, Part], ...] = ()
    #: Lead and assigner of the parent task, of which this is a sub-task.
    parent_people: tuple[int, ...] = ()
    #: Registered by its lead and not yet confirmed: still the lead's own to change.
    self_registered: bool = False
    #: The lead's rank among the leaders of the unit at ``path``; None when the lead is not one of them.
    lead_rank: int | None = None


def under(path: str, other: str) -> bool:
    """Whether a unit at ``path`` is the one at ``other`` or lies below it."""
    return path.startswith(other)


def root_of(path: str) -> str:
    """The path of the root above a unit: ``/1/`` of ``/1/4/9/``."""
    return f"/{path.split('/')[1]}/"


def rules_all(actor: Actor) -> bool:
    """Whether the actor keeps the whole installation: an admin in a unit at the top, or the system itself."""
    at_top = (post for post in own_posts(actor, Role.ADMIN) if post.path == root_of(post.path))
    return actor.is_system or any(at_top)


def own_posts(actor: Actor, *roles: Role) -> list[Post]:
    """The actor's own positions with one of these roles: the authority of HR, admins and auditors is never lent."""
    return [post for post in actor.posts if post.giver_id is None and post.role in roles]


def trees_of(actor: Actor) -> tuple[str, ...] | None:
    """Roots of the trees that the actor may look at; None = all."""
    if rules_all(actor):
        return None
    return tuple(sorted({root_of(post.path) for post in actor.posts}))


def sees(actor: Actor, path: str) -> bool:
    """Whether the unit at ``path``, its people and its calendar exist for the actor."""
    trees = trees_of(actor)
    return trees is None or root_of(path) in trees


def administers(actor: Actor, path: str) -> bool:
    """Whether the actor keeps the records of the unit at ``path``: HR or admin at or above it."""
    return rules_all(actor) or any(under(path, post.path) for post in own_posts(actor, Role.HR, Role.ADMIN))


def may_change_calendar(actor: Actor, path: str | None) -> bool:
    """Whether the actor may change the calendar of the unit at ``path``, and with it of everything below that has no
    word of its own; None = the whole office's, which is for those who keep the whole installation."""
    return rules_all(actor) if path is None else administers(actor, path)


def post_to_assign(actor: Actor, target: Target, kind: TaskKind) -> Post | None:
    """The position through which ``actor`` may give work to ``target``, own ones before lent ones; None = may not.

    A leader assigns into their unit and below; inside the very same unit not to a leader of the same or a higher rank.
    A clerk assigns documents within their unit.
    """
    for post in sorted(actor.posts, key=lambda post: (post.giver_id is not None, -len(post.path))):
        if not under(target.path, post.path):
            continue
        if post.role is Role.LEADER and _outranks(post, target) and target.person_id != actor.person_id:
            return post
        if post.role is Role.CLERK and kind is TaskKind.DOCUMENT:
            return post
    return None


def _outranks(post: Post, target: Target) -> bool:
    same_unit = target.path == post.path
    return not (same_unit and target.role is Role.LEADER and target.rank <= post.rank)


def leads_over(actor: Actor, path: str) -> Post | None:
    """The actor's leader position over the unit at ``path``, own before lent, nearest first."""
    posts = [post for post in actor.posts if post.role is Role.LEADER and under(path, post.path)]
    return min(posts, key=lambda post: (post.giver_id is not None, -len(post.path)), default=None)


def may_see(actor: Actor, task: TaskFacts) -> bool:
    """Whether the task exists for this actor. The same rule as SQL: ``backend.tasks.queries.visible_to``."""
    if actor.is_system or _is_party(actor.person_id, task) or leads_over(actor, task.path):
        return True
    if any(post.role is Role.AUDITOR and under(task.path, post.path) for post in actor.posts):
        return True
    return not task.secret and any(post.role is Role.HR and under(task.path, post.path) for post in actor.posts)


def _is_party(person_id: int, task: TaskFacts) -> bool:
    people = {task.assigner_id, task.lead_id, task.on_behalf_of_id, *task.parent_people}
    return person_id in people or any(person_id == holder for holder, _ in task.parts)


def superior(actor: Actor, task: TaskFacts) -> Post | None:
    """The actor's leader position above the task's lead, own before lent, nearest first: a deputy is not above the chief
    of the same unit, nor anybody above themselves."""
    if actor.person_id == task.lead_id:
        return None
    posts = [
        post
        for post in actor.posts
        if post.role is Role.LEADER
        and under(task.path, post.path)
        and not (post.path == task.path and task.lead_rank is not None and task.lead_rank <= post.rank)
    ]
    return min(posts, key=lambda post: (post.giver_id is not None, -len(post.path)), default=None)


def decides(actor: Actor, task: TaskFacts) -> bool:
    """Whether the actor takes the assigner's decisions: the assigner, whose authority was lent, or a leader above the
    lead who is not the lead (an assigner may be away, retired or moved)."""
    if actor.person_id == task.lead_id:
        return task.self_registered and actor.person_id == task.assigner_id
    stands_for_assigner = task.assigner_id != task.lead_id and _stands_for_assigner(actor, task)
    return actor.is_system or stands_for_assigner or superior(actor, task) is not None


def _stands_for_assigner(actor: Actor, task: TaskFacts) -> bool:
    """The assigner, whose authority the assigner used, or who holds the assigner's authority now."""
    if actor.person_id in (task.assigner_id, task.on_behalf_of_id):
        return True
    return any(post.giver_id == task.assigner_id for post in actor.posts)


_BY_LEAD = frozenset({Act.DECLINE, Act.REPORT, Act.ASK_EXTENSION, Act.WAIT})
_BY_ASSIGNER = frozenset(
    {
        Act.ACCEPT,
        Act.RETURN,
        Act.CANCEL,
        Act.REASSIGN,
        Act.APPROVE_EXTENSION,
        Act.REFUSE_EXTENSION,
        Act.MOVE_DUE,
        Act.REMIND_AS,
    }
)
#: Acts that are somebody's decision about the lead's work.
_DECIDED = _BY_ASSIGNER | {Act.CONFIRM, Act.CHANGE_WEIGHT}


def may(actor: Actor, act: Act, task: TaskFacts) -> bool:
    """Whether the actor may do ``act`` to a task they can see; whether its state allows it is the lifecycle's."""
    if act in _BY_LEAD:
        # Nobody declines, or asks for more time, what they gave themselves: they cancel it or move its due time.
        own = task.self_registered and act in (Act.DECLINE, Act.ASK_EXTENSION)
        return actor.person_id == task.lead_id and not own
    if act is Act.ACKNOWLEDGE:
        coordinators = {holder for holder, part in task.parts if part is Part.COORDINATOR}
        return actor.person_id == task.lead_id or actor.person_id in coordinators
    if act is Act.CONFIRM:
        return superior(actor, task) is not None
    if act is Act.CHANGE_WEIGHT:
        # A product's worth is its assigner's word; of a task somebody registered for themselves, their leader's.
        if task.assigner_id == task.lead_id and not task.self_registered:
            return superior(actor, task) is not None
        return _stands_for_assigner(actor, task) and decides(actor, task)
    if act in _BY_ASSIGNER:
        return decides(actor, task)
    if act is Act.COMMENT:
        return not actor.has(Role.AUDITOR) or _is_party(actor.person_id, task)
    return may_see(actor, task)


def lent_by(actor: Actor, act: Act, task: TaskFacts) -> int | None:
    """Whose lent authority stands behind this act of the actor, who may do it; None = their own right alone.

    Whoever holds the assigner's authority decides in the assigner's stead, whatever else they may do themselves.
    """
    decides_for_another = act in _DECIDED and actor.person_id not in (task.assigner_id, task.on_behalf_of_id)
    if decides_for_another and any(post.giver_id == task.assigner_id for post in actor.posts):
        return task.assigner_id
    givers = [None, *dict.fromkeys(post.giver_id for post in actor.posts if post.giver_id is not None)]
    for giver in givers:
        posts = tuple(post for post in actor.posts if post.giver_id in (None, giver))
        alone = msgspec.structs.replace(actor, posts=posts)
        if may_see(alone, task) and may(alone, act, task):
            return giver
    return None
