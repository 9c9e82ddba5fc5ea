"""An instant is the same whatever zone it was written in, on both databases."""

from backend.kit.db import Sql
from backend.models import Period
from tests.fakes import vn


async def test_instants_are_stored_and_compared_in_utc(db):
    """SQLite compares instants as text: 17:30+07:00 must not lie after 11:00+00:00 of the same day."""
    at = vn("2026-11-23 17:30")
    row = await Period.create(
        key="2026-11", kind="month", from_on=at.date(), until_on=at.date(), closed_at=vn("2026-11-20 08:00")
    )
    await Period.filter(id=row.id).update(closed_at=at)
    noon = vn("2026-11-23 18:00").astimezone(tz=None)
    assert await Period.filter(closed_at__lt=noon).count() == 1
    assert await Period.filter(closed_at=at).count() == 1
    sql = Sql()
    [found] = await sql.rows(f"select count(*) as n from period where closed_at < {sql.arg(noon)}")
    assert found["n"] == 1
    assert (await Period.get(id=row.id)).closed_at == at
