"""Who may do what, as pure questions over posts and facts; and properties that hold for anybody whatever."""

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from backend.domain.access import (
    Target,
    TaskFacts,
    decides,
    lent_by,
    may,
    may_change_calendar,
    may_see,
    post_to_assign,
    sees,
    superior,
)
from backend.domain.lifecycle import Act
from backend.domain.types import SYSTEM, Actor, Part, Post, Role, TaskKind

pytestmark = pytest.mark.one_database

WARD, SECTION, TEAM, OTHER = "/1/", "/1/2/", "/1/2/5/", "/9/"


def actor(person_id: int, *posts: Post) -> Actor:
    return Actor(person_id, f"p{person_id}", "x", posts=posts)


def post(path: str, role: Role = Role.LEADER, rank: int = 1, giver: int | None = None) -> Post:
    return Post(1, int(path.strip("/").split("/")[-1]), path, role, rank, giver_id=giver)


CHAIR = actor(1, post(WARD))
VICE = actor(2, post(WARD, rank=2))
HEAD = actor(3, post(SECTION))
OFFICER = actor(4, post(SECTION, Role.OFFICER))
STRANGER = actor(99, post(OTHER))


@pytest.mark.parametrize(
    ("who", "target", "kind", "allowed"),
    [
        (CHAIR, Target(3, SECTION, Role.LEADER), TaskKind.DIRECT, True),
        (CHAIR, Target(4, SECTION, Role.OFFICER), TaskKind.DIRECT, True),
        (CHAIR, Target(2, WARD, Role.LEADER, 2), TaskKind.DIRECT, True),
        (VICE, Target(1, WARD, Role.LEADER, 1), TaskKind.DIRECT, False),
        (VICE, Target(7, WARD, Role.LEADER, 2), TaskKind.DIRECT, False),
        (VICE, Target(3, SECTION, Role.LEADER), TaskKind.DIRECT, True),
        (HEAD, Target(4, SECTION, Role.OFFICER), TaskKind.DIRECT, True),
        (HEAD, Target(5, TEAM, Role.OFFICER), TaskKind.DIRECT, True),
        (HEAD, Target(1, WARD, Role.LEADER), TaskKind.DIRECT, False),
        (OFFICER, Target(5, SECTION, Role.OFFICER), TaskKind.DIRECT, False),
        (STRANGER, Target(4, SECTION, Role.OFFICER), TaskKind.DIRECT, False),
        (actor(6, post(WARD, Role.CLERK)), Target(3, SECTION, Role.LEADER), TaskKind.DOCUMENT, True),
        (actor(6, post(WARD, Role.CLERK)), Target(3, SECTION, Role.LEADER), TaskKind.DIRECT, False),
        (actor(6, post(WARD, Role.HR)), Target(3, SECTION, Role.LEADER), TaskKind.DOCUMENT, False),
    ],
)
def test_who_may_give_work_to_whom(who: Actor, target: Target, kind: TaskKind, allowed: bool) -> None:
    assert (post_to_assign(who, target, kind) is not None) == allowed


def test_own_authority_before_lent() -> None:
    both = actor(2, post(WARD, rank=2), post(SECTION, giver=3))
    found = post_to_assign(both, Target(4, SECTION, Role.OFFICER), TaskKind.DIRECT)
    assert found is not None
    assert found.giver_id is None
    only = post_to_assign(actor(4, post(SECTION, giver=3)), Target(5, SECTION, Role.OFFICER), TaskKind.DIRECT)
    assert only is not None
    assert only.giver_id == 3


TASK = TaskFacts(assigner_id=3, lead_id=4, path=SECTION)


def test_seeing() -> None:
    for who in (CHAIR, VICE, HEAD, OFFICER, SYSTEM, actor(7, post(WARD, Role.AUDITOR)), actor(8, post(WARD, Role.HR))):
        assert may_see(who, TASK), who
    for who in (STRANGER, actor(5, post(SECTION, Role.OFFICER)), actor(6, post(WARD, Role.ADMIN))):
        assert not may_see(who, TASK), who
    secret = msgspec.structs.replace(TASK, secret=True)
    assert not may_see(actor(8, post(WARD, Role.HR)), secret)
    assert may_see(actor(7, post(WARD, Role.AUDITOR)), secret)
    for part in Part:
        assert may_see(STRANGER, msgspec.structs.replace(TASK, parts=((99, part),)))
    assert may_see(STRANGER, msgspec.structs.replace(TASK, parent_people=(99,)))
    assert may_see(STRANGER, msgspec.structs.replace(TASK, on_behalf_of_id=99))


def test_nobody_decides_on_their_own_work_but_what_they_gave_themselves() -> None:
    assert not decides(OFFICER, TASK)
    own = TaskFacts(assigner_id=4, lead_id=4, path=SECTION, self_registered=True)
    assert decides(OFFICER, own)
    confirmed = msgspec.structs.replace(own, self_registered=False)
    assert not decides(OFFICER, confirmed)
    assert not decides(actor(5, post(SECTION, Role.OFFICER), post(SECTION, Role.OFFICER, giver=4)), confirmed)
    assert decides(HEAD, confirmed)


def test_deputy_is_not_above_the_chief() -> None:
    of_chief = TaskFacts(assigner_id=50, lead_id=1, path=WARD, lead_rank=1)
    assert superior(VICE, of_chief) is None
    assert superior(actor(60, post(WARD)), of_chief) is None, "nor is another chief of the same unit"
    of_deputy = TaskFacts(assigner_id=50, lead_id=2, path=WARD, lead_rank=2)
    assert superior(CHAIR, of_deputy) is not None
    assert superior(VICE, of_deputy) is None, "nor anybody above themselves"


def test_weight_is_the_assigners_word() -> None:
    assert may(HEAD, Act.CHANGE_WEIGHT, TASK)
    assert not may(CHAIR, Act.CHANGE_WEIGHT, TASK)
    assert may(actor(5, post(SECTION, giver=3)), Act.CHANGE_WEIGHT, TASK)
    registered = TaskFacts(assigner_id=4, lead_id=4, path=SECTION)
    assert may(HEAD, Act.CHANGE_WEIGHT, registered)
    assert not may(OFFICER, Act.CHANGE_WEIGHT, registered)


def test_auditor_speaks_only_where_they_have_a_part() -> None:
    auditor = actor(7, post(WARD, Role.AUDITOR))
    assert not may(auditor, Act.COMMENT, TASK)
    assert may(auditor, Act.COMMENT, msgspec.structs.replace(TASK, parts=((7, Part.WATCHER),)))


def test_lent_authority_is_named() -> None:
    holder = actor(5, post(SECTION, Role.OFFICER), post(SECTION, giver=3))
    assert lent_by(holder, Act.ACCEPT, TASK) == 3
    assert lent_by(CHAIR, Act.ACCEPT, TASK) is None
    assert lent_by(actor(2, post(WARD, rank=2), post(SECTION, giver=3)), Act.ACCEPT, TASK) == 3, (
        "in the assigner's stead"
    )
    assert lent_by(actor(2, post(WARD, rank=2), post(WARD, giver=1)), Act.ACCEPT, TASK) is None, "in one's own right"
    assert lent_by(actor(4, post(SECTION, giver=3)), Act.REPORT, TASK) is None


paths = st.sampled_from([WARD, SECTION, TEAM, OTHER])
ids = st.integers(1, 6)
posts = st.builds(
    Post,
    position_id=ids,
    unit_id=ids,
    path=paths,
    role=st.sampled_from(Role),
    rank=st.integers(1, 3),
    giver_id=st.none() | ids,
)
actors = st.builds(
    Actor, person_id=ids, handle=st.just("x"), name=st.just("x"), posts=st.lists(posts, max_size=3).map(tuple)
)
tasks = st.builds(
    TaskFacts,
    assigner_id=ids,
    lead_id=ids,
    path=paths,
    secret=st.booleans(),
    on_behalf_of_id=st.none() | ids,
    parts=st.lists(st.tuples(ids, st.sampled_from([Part.COORDINATOR, Part.WATCHER])), max_size=2).map(tuple),
    parent_people=st.lists(ids, max_size=2).map(tuple),
    self_registered=st.booleans(),
    lead_rank=st.none() | st.integers(1, 3),
)
DECIDED = [Act.ACCEPT, Act.RETURN, Act.APPROVE_EXTENSION, Act.REFUSE_EXTENSION, Act.REASSIGN, Act.CANCEL]


@given(actors, tasks)
def test_whoever_decides_also_sees(who: Actor, task: TaskFacts) -> None:
    """Property: no right without sight, but for who holds the assigner's authority over no unit (and so sees nothing)."""
    assume(all(post.giver_id is None for post in who.posts))
    for act in set(Act) - {Act.COMMENT}:
        if may(who, act, task):
            assert may_see(who, task), act


@given(actors, tasks, st.sampled_from(DECIDED))
def test_lead_decides_only_what_is_their_own(who: Actor, task: TaskFacts, act: Act) -> None:
    if who.person_id == task.lead_id and may(who, act, task):
        assert task.self_registered
        assert task.assigner_id == task.lead_id


@given(actors, tasks, st.sampled_from(Act))
def test_lent_authority_was_lent(who: Actor, task: TaskFacts, act: Act) -> None:
    assume(may_see(who, task) and may(who, act, task))
    giver = lent_by(who, act, task)
    assert giver is None or giver in {post.giver_id for post in who.posts}
    if not any(post.giver_id for post in who.posts):
        assert giver is None


@given(actors, tasks)
def test_posts_elsewhere_change_nothing(who: Actor, task: TaskFacts) -> None:
    """Property: somebody whose posts all lie in another tree and who has no part in the task sees nothing of it."""
    elsewhere = msgspec.structs.replace(
        who, person_id=99, posts=tuple(msgspec.structs.replace(post, path="/77/") for post in who.posts)
    )
    assert not may_see(elsewhere, task)


HR_OF_SECTION = actor(20, post(SECTION, Role.HR))
HR_OF_WARD = actor(21, post(WARD, Role.HR))
ADMIN_OF_WARD = actor(22, post(WARD, Role.ADMIN))
ADMIN_OF_SECTION = actor(23, post(SECTION, Role.ADMIN))
LENT_HR = actor(24, post(WARD, Role.HR, giver=21))


@pytest.mark.parametrize(
    ("who", "path", "allowed"),
    [
        (HR_OF_SECTION, SECTION, True),
        (HR_OF_SECTION, TEAM, True),
        (HR_OF_SECTION, WARD, False),
        (HR_OF_WARD, TEAM, True),
        (HR_OF_WARD, None, False),
        (ADMIN_OF_SECTION, TEAM, True),
        (ADMIN_OF_SECTION, None, False),
        (ADMIN_OF_WARD, None, True),
        (ADMIN_OF_WARD, OTHER, True),
        (SYSTEM, None, True),
        (LENT_HR, SECTION, False),
        (CHAIR, SECTION, False),
        (OFFICER, SECTION, False),
        (STRANGER, SECTION, False),
    ],
)
def test_calendars_are_changed_by_hr_and_admins_of_the_unit(who: Actor, path: str | None, allowed: bool) -> None:
    assert may_change_calendar(who, path) is allowed


def test_a_calendar_exists_for_its_own_tree() -> None:
    assert sees(OFFICER, WARD)
    assert sees(ADMIN_OF_WARD, OTHER)
    assert not sees(OFFICER, OTHER)
    assert not sees(actor(30), WARD)
