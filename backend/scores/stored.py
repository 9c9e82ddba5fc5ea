"""A closed result as it is kept: the explanation, with products that lost nothing as short rows (most of them are)."""

from datetime import datetime
from fractions import Fraction
from typing import Any, Literal

import msgspec

from backend.scores.schemas import Explanation, ProductLine, points

_FREE = points(Fraction(0))


class Plain(msgspec.Struct, frozen=True, array_like=True):
    """A completed product without an instance; ``at`` is its place among all products."""

    at: int
    task_id: int
    code: str
    title: str
    secret: bool
    kind: str
    part: Literal["lead", "coordinator"]
    weight: str
    due_at: datetime
    reported_at: datetime | None
    carried: bool
    late: bool


class _Kept(Explanation, frozen=True, kw_only=True):
    plain: list[Plain] = []


def pack(found: Explanation) -> bytes:
    """An explanation as JSON with sorted keys, the same on every database."""
    told: list[ProductLine] = []
    plain: list[Plain] = []
    for at, line in enumerate(found.products):
        if line.completed and not line.entries:
            plain.append(
                Plain(
                    at,
                    line.task_id,
                    line.code,
                    line.title,
                    line.secret,
                    line.kind,
                    line.part,
                    line.weight,
                    line.due_at,
                    line.reported_at,
                    line.carried,
                    line.late,
                )
            )
        else:
            told.append(line)
    values = {name: getattr(found, name) for name in Explanation.__struct_fields__}
    return msgspec.json.encode(_Kept(**{**values, "products": told}, plain=plain), order="sorted")


def unpack(data: Any) -> Explanation:
    """What was packed: text, or plain values from a driver that decodes JSON."""
    kept = msgspec.json.decode(data, type=_Kept) if isinstance(data, str) else msgspec.convert(data, _Kept)
    values = {name: getattr(kept, name) for name in Explanation.__struct_fields__}
    products = list(kept.products)
    for one in kept.plain:
        products.insert(one.at, _line(one))
    return Explanation(**{**values, "products": products})


def _line(one: Plain) -> ProductLine:
    return ProductLine(
        one.task_id,
        one.code,
        one.title,
        one.secret,
        one.kind,
        one.part,
        one.weight,
        one.due_at,
        one.reported_at,
        True,
        one.carried,
        one.late,
        _FREE,
        [],
    )
