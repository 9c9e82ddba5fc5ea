"""What a person may do today: positions and lent authority by date, closed units, service that has ended."""

from datetime import date

import pytest

from backend.auth.actors import actor_of, today
from backend.domain.types import Role
from backend.errors import NotSignedIn
from backend.models import Delegation, Person, Position, Unit
from tests.cast import Cast
from tests.fakes import FakeClock

pytestmark = pytest.mark.usefixtures("db")


async def _lend(cast: Cast, giver: str, substitute: str, from_on: str, until_on: str, clock: FakeClock) -> Delegation:
    position = await Position.get(person_id=cast.people[giver].id)
    return await Delegation.create(
        position=position,
        giver=cast.people[giver],
        substitute=cast.people[substitute],
        from_on=date.fromisoformat(from_on),
        until_on=date.fromisoformat(until_on),
        recorded_by_id=cast.people[giver].id,
        recorded_at=clock(),
    )


async def test_actor_carries_name_language_and_own_posts(cast: Cast) -> None:
    actor = await cast.actor("vice")
    assert (actor.handle, actor.name, actor.locale, actor.scopes) == ("vice", "Trần Thị Hoa", "vi", None)
    [post] = actor.posts
    unit = await Unit.get(code="ubnd")
    assert (post.unit_id, post.path, post.role, post.rank) == (unit.id, f"/{unit.id}/", Role.LEADER, 2)
    assert (post.title, post.giver_id, post.delegation_id) == ("Phó Chủ tịch UBND", None, None)


async def test_positions_count_from_their_first_to_their_last_day_in_vietnam(cast: Cast, clock: FakeClock) -> None:
    await Position.filter(person_id=cast.an.id).update(from_on=date(2026, 11, 24), until_on=date(2026, 11, 25))
    held = []
    for moment in ("2026-11-23 23:59", "2026-11-24 00:00", "2026-11-25 23:59", "2026-11-26 00:00"):
        clock.set(moment)
        held.append(len((await cast.actor("an")).posts))
    assert held == [0, 1, 1, 0]
    # Midnight in Vietnam is 17:00 UTC of the day before.
    clock.set("2026-11-24 00:30")
    assert (clock().date(), today()) == (date(2026, 11, 23), date(2026, 11, 24))


async def test_lent_authority_appears_and_disappears_by_date(cast: Cast, clock: FakeClock) -> None:
    lent = await _lend(cast, "chair", "vice", "2026-11-24", "2026-11-25", clock)
    chairs = await Position.get(person_id=cast.chair.id)
    posts = {}
    for day in (23, 24, 25, 26):
        clock.set(f"2026-11-{day} 08:00")
        posts[day] = [post for post in (await cast.actor("vice")).posts if post.giver_id is not None]
    assert [len(found) for found in posts.values()] == [0, 1, 1, 0]
    [post] = posts[24]
    assert (post.giver_id, post.delegation_id, post.position_id) == (cast.chair.id, lent.id, chairs.id)
    assert (post.role, post.rank, post.title) == (Role.LEADER, 1, "Chủ tịch UBND")


async def test_lent_authority_ends_with_whatever_it_hangs_on(cast: Cast, clock: FakeClock) -> None:
    lent = await _lend(cast, "head", "an", "2026-11-20", "2026-11-30", clock)

    async def holds() -> bool:
        return (await cast.actor("an")).has(Role.LEADER)

    assert await holds()
    # Own posts come before lent ones.
    assert [post.giver_id for post in (await cast.actor("an")).posts] == [None, cast.head.id]
    for table, row, change in (
        (Delegation, lent.id, {"ended_at": clock()}),
        (Position, lent.position_id, {"until_on": date(2026, 11, 22)}),
        (Position, lent.position_id, {"role": "hr"}),
        (Position, lent.position_id, {"person_id": cast.binh.id}),
        (Unit, cast.units["tuphap"].id, {"closed_on": date(2026, 11, 23)}),
        (Person, cast.head.id, {"until_on": date(2026, 11, 22)}),
        (Person, cast.head.id, {"left_at": clock()}),
    ):
        before = {name: (await table.filter(id=row).values(name))[0][name] for name in change}
        await table.filter(id=row).update(**change)
        assert not await holds(), change
        await table.filter(id=row).update(**before)
        assert await holds(), change


async def test_closed_units_give_no_posts_from_the_day_they_close(cast: Cast, clock: FakeClock) -> None:
    await Unit.filter(id=cast.units["tuphap"].id).update(closed_on=date(2026, 11, 24))
    assert (await cast.actor("an")).posts
    clock.set("2026-11-24 08:00")
    assert (await cast.actor("an")).posts == ()


async def test_last_day_in_service_counts_and_the_next_does_not(cast: Cast, clock: FakeClock) -> None:
    await Person.filter(id=cast.an.id).update(until_on=date(2026, 11, 23))
    clock.set("2026-11-23 23:59")
    assert (await cast.actor("an")).person_id == cast.an.id
    clock.set("2026-11-24 00:00")
    with pytest.raises(NotSignedIn):
        await cast.actor("an")


async def test_nobody_is_not_an_actor(cast: Cast) -> None:
    with pytest.raises(NotSignedIn):
        await actor_of(999_999)
    with pytest.raises(NotSignedIn):
        await actor_of(0)
