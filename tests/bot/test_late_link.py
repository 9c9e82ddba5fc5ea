"""Who links a chat after work was given to them gets the cards of it, not everything that was ever muted."""

import pytest

from backend.auth import linking
from backend.models import OutboxNotice, Task
from backend.tasks import service
from tests.bot.bot_room import Wall, sender_on
from tests.bot.conftest import Office, after_grace
from tests.cast import Cast
from tests.fakes import FakeClock


async def link_an(cast: Cast) -> None:
    code, _ = await linking.make_code(await cast.actor("an"))
    await linking.redeem("telegram", "7", code)


@pytest.fixture
async def given(office: Office, cast: Cast, clock: FakeClock) -> list[Task]:
    """Seven tasks of An's, who cannot be reached; one is withdrawn before anybody heard of it."""
    for number in range(7):
        await office.assign(title=f"Việc {number}")
    tasks = await Task.all().order_by("id")
    clock.at += after_grace()
    assert set(await sender_on(Wall()).drain_once()) == {"muted"}
    await service.cancel(await cast.actor("head"), tasks[-1].id, "thôi")
    await OutboxNotice.filter(kind="TaskCancelled").delete()
    return tasks


async def test_the_newest_cards_come_with_the_link(given: list[Task], cast: Cast, clock: FakeClock) -> None:
    await link_an(cast)
    wall = Wall()
    for _ in range(8):
        # Cards of one person are bundled: two minutes apart at most.
        await sender_on(wall).drain_once()
        clock.move(minutes=2)
    said = [text.plain for _, text in wall.said]
    cards = [number for number in range(7) if any(f"Việc {number}" in words for words in said)]
    assert cards == [1, 2, 3, 4, 5], "the newest five of those still open"


async def test_linking_again_says_nothing_twice(given: list[Task], cast: Cast) -> None:
    await link_an(cast)
    waiting = await OutboxNotice.filter(kind="TaskAssigned", status="pending").count()
    await link_an(cast)
    assert await OutboxNotice.filter(kind="TaskAssigned", status="pending").count() == waiting == 5
