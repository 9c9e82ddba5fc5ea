"""Rule sets on the wire: drafts, versions, and what one would change beside another."""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from backend.domain.scoring import Band, Rules
from backend.scores.schemas import Points

Code = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]


class RuleDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule set as HR writes it: in force from a day for a unit (code) and everything below it, without one for the
    whole office. ``rules`` holds what differs from the decree's default; shares are texts such as ``1/4``."""

    code: Code
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    effective_from: date
    unit: str | None = None
    rules: Rules = msgspec.field(default_factory=Rules)


class RuleSetLine(msgspec.Struct, frozen=True, kw_only=True):
    """A version in a list. ``in_force`` = it rules its place today; a shipped set that is not chosen never does."""

    ref: str
    code: str
    version: int
    name: str
    effective_from: date
    unit_code: str
    unit_name: str
    status: Literal["draft", "published"]
    shipped: bool
    in_force: bool
    published_at: datetime | None
    published_by: str


class RuleSetView(RuleSetLine, frozen=True, kw_only=True):
    """A whole version. ``revision`` counts the changes of a draft; ``can`` says what this reader may do here."""

    revision: int
    rules: Rules
    can: list[str]


class DiffRow(msgspec.Struct, frozen=True, kw_only=True):
    """One person's period by two rule sets. A total is None while marks are missing or there is nothing to assess;
    ``change`` is of the totals, or of the points of results while a total is missing."""

    ref: str
    name: str
    unit_code: str
    unit_name: str
    total_before: Points | None
    total_after: Points | None
    results_before: Points | None
    results_after: Points | None
    band_before: Band | Literal[""]
    band_after: Band | Literal[""]
    change: Points


class RuleDiff(msgspec.Struct, frozen=True, kw_only=True):
    """What a period would be by ``after`` instead of ``before``: everybody who differs, the hardest hit first.

    ``fields``: which rules differ, each as it was and as it is. ``compared`` people were worked out by both.
    """

    before: str
    after: str
    period: str
    compared: int
    changed: int
    bands_changed: int
    fields: list[tuple[str, str, str]]
    rows: list[DiffRow]


class Published(msgspec.Struct, frozen=True):
    """The version that is in force from now on."""

    ref: str
    published_at: datetime


class DisqualifyDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reason that the rule set lists, for a person (handle) or a unit (code), with what it rests on."""

    code: Code
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
    person: str | None = None
    unit: str | None = None


class LiftDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a reason no longer stands."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]


class Entered(msgspec.Struct, frozen=True):
    """The id of what was entered."""

    id: int
