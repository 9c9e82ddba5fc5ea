"""What the replay's checks hand on: how much was compared, and what differs."""

import msgspec


class Difference(msgspec.Struct, frozen=True):
    """Something that is not as it must be. ``code`` is a key under ``scores.replay`` in the catalogue."""

    code: str
    params: dict[str, str | int]


class Found(msgspec.Struct, frozen=True):
    """One step of the replay: ``compared`` things of a kind (``tasks``, ``entries``, ``results`` …)."""

    what: str
    compared: int
    differences: list[Difference]
