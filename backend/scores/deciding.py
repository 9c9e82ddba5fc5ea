"""Whom a request or an appeal is put to, and when they hear of it."""

from backend import outbox
from backend.calendars.queries import calendar_for
from backend.domain.notices import AnyNotice
from backend.kit import clock
from backend.org.queries import on_leave
from backend.scores.keepers import Keepers
from backend.scores.lines import Lines


async def leader_over(person_id: int, unit_id: int, path: str) -> list[int]:
    """Who decides for a person in a unit: the nearest leader above who is there today, else the nearest; HR at the
    top, and where the person is the only one, the admin."""
    line = (await Lines.load()).over(person_id, unit_id)
    if not line:
        keepers = await Keepers.load()
        alone = keepers.all_hr(path) == {person_id}
        return keepers.admins(path, but={person_id}) if alone else keepers.of(path, but={person_id})
    away = await on_leave(line)
    return [next((one for one in line if one not in away), line[0])]


async def tell(notice: AnyNotice, people: list[int], key: str, path: str, topic: str = "score") -> None:
    """Say a notice to people in the next working moment of the unit at ``path``, once for each."""
    at = (await calendar_for(path)).next_working(clock.now())
    for person_id in people:
        await outbox.enqueue(notice, person_id, f"{key}:{person_id}", topic=topic, not_before=at)
