"""How firmly a task is reminded: its own preset, or that of the nearest unit above that has one; slots likewise."""

from collections.abc import Sequence
from functools import lru_cache

import msgspec

from backend.domain.reminding_policy import FIRM, GENTLE, NORMAL, Policy
from backend.kit.db import Sql

PRESETS: dict[str, Policy] = {policy.name: policy for policy in (GENTLE, NORMAL, FIRM)}


class Said(msgspec.Struct, frozen=True):
    """What a unit says itself; None = nothing, what stands above it counts."""

    path: str
    preset: str | None = None
    slots: tuple[int, ...] | None = None


class Firmness:
    """A picture of what every unit says; asking it costs no query."""

    def __init__(self, said: Sequence[Said]) -> None:
        self._said = {one.path: one for one in said}

    def of(self, path: str, own: str | None = None) -> Policy:
        """The policy for a task of the unit at ``path``; ``own`` is the task's preset, if it has one."""
        line = [self._said[above] for above in _upward(path) if above in self._said] if self._said else []
        preset = own or next((one.preset for one in line if one.preset), NORMAL.name)
        return at_slots(preset, next((one.slots for one in line if one.slots), NORMAL.slots))

    def said(self, path: str) -> Said:
        """What the unit says itself."""
        return self._said.get(path, Said(path))


class _Row(msgspec.Struct):
    path: str
    remind_preset: str | None
    slots: str | None


#: Which units say something themselves.
OPINIONATED = "(remind_preset is not null or remind_slots is not null)"
#: Where nobody says anything.
_SILENT = Firmness([])


async def firmness() -> Firmness:
    """What the units say now."""
    return _picture(
        await Sql().fetch(
            f"select path, remind_preset, cast(remind_slots as text) as slots from unit where {OPINIONATED}", _Row
        )
    )


async def policy_of(unit_id: int, own: str | None, *, spoken: bool = True) -> Policy:
    """The policy for one task. ``spoken``: some unit above it may say something; otherwise nothing is read."""
    if not spoken:
        return _SILENT.of("", own)
    sql = Sql()
    rows = await sql.fetch(
        "select a.path, a.remind_preset, cast(a.remind_slots as text) as slots from unit u join unit a "
        "on (a.remind_preset is not null or a.remind_slots is not null) "
        f"and a.path = substr(u.path, 1, length(a.path)) where u.id = {sql.arg(unit_id)}",
        _Row,
    )
    longest = max((row.path for row in rows), key=len, default="")
    return _picture(rows).of(longest, own)


def _picture(rows: Sequence[_Row]) -> Firmness:
    return Firmness([Said(row.path, row.remind_preset, _slots(row.slots)) for row in rows])


def _slots(text: str | None) -> tuple[int, ...] | None:
    return msgspec.json.decode(text, type=tuple[int, ...]) if text and text != "null" else None


def _upward(path: str) -> list[str]:
    """``/1/5/`` → ``/1/5/``, ``/1/``."""
    return [path[: end + 1] for end in range(len(path) - 1, 0, -1) if path[end] == "/"]


@lru_cache(maxsize=256)
def at_slots(preset: str, slots: tuple[int, ...]) -> Policy:
    """A preset at a unit's own hours: those are not part of how firm it is."""
    return msgspec.structs.replace(PRESETS.get(preset, NORMAL), slots=slots)
