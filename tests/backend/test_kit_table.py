"""Rows sent along with a statement come out as they went in, however many there are and whatever they share."""

from datetime import datetime

import pytest

from backend.kit.db import Sql, convert
from tests.fakes import vn

COLUMNS = {"id": "bigint", "name": "text", "at": "timestamptz", "left_on": "timestamptz"}
AT = vn("2026-11-23 08:00")

Row = tuple[int, str, datetime | None, datetime | None]


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [(1, "An", AT, None)],
        [(1, "An", AT, None), (2, "Bình", None, None)],
        [(7, "An", AT, None)] * 3,
        [(7, "two\x00parts", None, None), (7, "two\x00parts", AT, None)],
    ],
    ids=["none", "one", "something shared", "all the same", "a character that no database keeps here"],
)
async def test_rows_sent_along(db, rows: list[Row]):
    sql = Sql()
    table = sql.table("sent", COLUMNS, rows)
    found = await sql.rows(f"select {', '.join(f'sent.{name}' for name in COLUMNS)} from {table} where true")
    wanted = [(number, name.replace("\x00", "\ufffd"), at, left) for number, name, at, left in rows]
    # In whatever order, as ever without order by.
    assert sorted((convert(tuple(row.values()), Row) for row in found), key=str) == sorted(wanted, key=str)
