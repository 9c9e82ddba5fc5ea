"""By whose calendar the times of an imported row are read: that of its lead's unit, before anybody was looked up."""

from collections.abc import Iterable, Sequence

import msgspec

from backend.auth.actors import today
from backend.calendars.queries import OFFICE, calendars
from backend.domain.calendar import WorkCalendar
from backend.domain.types import Actor
from backend.kit.db import Sql
from backend.org.sql import in_force
from backend.tasks.people import UNIT_PREFIX

_CHUNK = 500


class _Row(msgspec.Struct):
    name: str
    path: str


async def clocks_of(actor: Actor, leads: Iterable[str]) -> tuple[WorkCalendar, dict[str, WorkCalendar]]:
    """The calendar for rows in general, the importer's own unit's, and those of leads as they are written; a lead who is
    nobody is left out, the row says so later."""
    written = sorted({lead for lead in leads if lead})
    meant = {lead: lead.lower().removeprefix(UNIT_PREFIX).removeprefix("@").strip() for lead in written}
    paths: dict[str, str] = {}
    names = sorted(set(meant.values()))
    for start in range(0, len(names), _CHUNK):
        paths |= await _paths(names[start : start + _CHUNK])
    picture = await calendars()
    own = [post.path for post in actor.posts if post.giver_id is None]
    found = {lead: picture.of(paths[name]) for lead, name in meant.items() if name in paths}
    return picture.of(own[0] if own else OFFICE), found


async def _paths(names: Sequence[str]) -> dict[str, str]:
    """Unit code, handle or e-mail → path; of somebody with several posts the first."""
    sql = Sql()
    wanted = sql.args(names)
    serving = (
        f"from position s join unit u on u.id = s.unit_id join person p on p.id = s.person_id "
        f"where {in_force(sql, today())} and"
    )
    rows = await sql.fetch(
        f"select u.code as name, u.path from unit u where u.code in {wanted} "
        f"union all select p.handle, min(u.path) {serving} p.handle in {wanted} group by p.handle "
        f"union all select p.email, min(u.path) {serving} p.email in {wanted} group by p.email",
        _Row,
    )
    return {row.name: row.path for row in rows}
