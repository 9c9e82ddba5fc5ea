"""Statements that are run together, and what each of them touched, the same on both databases."""

import pytest

from backend.kit import rows
from backend.kit.db import IntegrityError, transaction
from backend.models import Unit


def unit(code: str) -> rows.Writing:
    return rows.inserting(Unit, code=code, name=code, name_folded=code, kind="office", path=f"/{code}/")


async def names() -> dict[str, str]:
    return dict(await Unit.all().order_by("code").values_list("code", "name"))


async def test_statements_run_together_each_say_what_they_touched(db):
    assert await rows.together(unit("a"), unit("b")) == [1, 1]
    counts = await rows.together(
        rows.updating(Unit, {"name": "Văn phòng"}, code="a"), rows.updating(Unit, {"name": "x"}, code="c"), unit("d")
    )
    assert counts == [1, 0, 1]
    assert await names() == {"a": "Văn phòng", "b": "b", "d": "d"}


async def test_one_that_is_refused_takes_the_others_with_it(db):
    assert await rows.run(unit("a")) == 1
    with pytest.raises(IntegrityError):
        async with transaction():
            await rows.together(unit("b"), unit("a"))
    assert await names() == {"a": "a"}
