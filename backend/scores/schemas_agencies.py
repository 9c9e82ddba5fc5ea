"""Units on the wire: beside each other, and where too many people are excellent."""

from typing import Literal

import msgspec

from backend.scores.schemas import Points, ScoreRow

Group = Literal["all", "leaders", "officers"]


class AgencyRow(ScoreRow, frozen=True, kw_only=True):
    """A unit with everything led in it and below. The four buckets sum to ``assigned``: ``on_time``, ``late`` (both
    done), and ``open``, all of it past its due time (what is not yet due belongs to no period). ``rank`` is among the
    ``ranked`` units of its kind that have a total; ``on_time_share`` is done on time ÷ assigned."""

    kind: str
    depth: int
    rank: int | None
    ranked: int | None
    open_late: int
    on_time_share: Points | None
    disqualified: list[str]
    rule_set: str


class AgencyTable(msgspec.Struct, frozen=True, kw_only=True):
    """The units of a period, parents before children."""

    period: str
    status: Literal["open", "closed"]
    units: list[AgencyRow]


class CapRow(msgspec.Struct, frozen=True, kw_only=True):
    """Excellent beside good in a unit with everything below it, of all or of a group of like work. ``cap`` is a share
    of ``good``; ``outstanding`` = the unit itself earned the higher one."""

    unit_code: str
    unit_name: str
    group: Group
    assessed: int
    excellent: int
    good: int
    cap: str
    outstanding: bool
    exceeded: bool


class CapTable(msgspec.Struct, frozen=True):
    """The caps of a period and how many of them are exceeded."""

    period: str
    rows: list[CapRow]
    warnings: int
