"""An export of scores: the people and units of a view, and every lost point with its cause."""

from datetime import datetime
from typing import Literal

import msgspec

from backend.scores.schemas import Points, ScoreRow

Cause = Literal[
    "not_completed", "rest", "delay", "further_delay", "major_error", "common", "d", "dd", "e", "adjustment", "appeal"
]


class LossRow(msgspec.Struct, frozen=True, kw_only=True):
    """Points that somebody's total lacks (a correction upwards is negative), and why: 100 − Σ is the total, exactly."""

    ref: str
    name: str
    cause: Cause
    task: str
    title: str
    entry: int | None
    at: datetime | None
    rule: str
    rule_version: str
    waived: bool
    reason: str
    lost: Points


class Sums(msgspec.Struct, frozen=True, kw_only=True):
    """Of the people: what the table's columns come to."""

    people: int
    assigned: int
    on_time: int
    late: int
    open: int
    entries: int
    lost: Points


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """Exactly the filtered view of a period, whole."""

    period: str
    unit: str
    status: Literal["open", "closed"]
    people: list[ScoreRow]
    units: list[ScoreRow]
    losses: list[LossRow]
    sums: Sums
