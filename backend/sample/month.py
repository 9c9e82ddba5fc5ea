"""What leaders and HR of the sample office entered, read from ``month.toml``: marks, a waiver, corrections, a leave."""

from decimal import Decimal

import msgspec

from backend.sample import sample_folder


class Marks(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one person entered: marks by handle (``units``: by code), 0-30 for ``common``, 0-100 for ``dd`` and ``e``."""

    by: str
    common: dict[str, Decimal] = {}
    dd: dict[str, Decimal] = {}
    e: dict[str, Decimal] = {}
    units: dict[str, Decimal] = {}


class Waiver(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The objective cause of a task's first delay; ``task`` is its external id."""

    by: str
    task: str
    reason: str


class Points(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An adjustment, in points of the 100."""

    by: str
    person: str
    points: Decimal
    reason: str


class Appeal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An appeal by ``person`` that ``by`` accepted, with the points of the 100 that it gave."""

    person: str
    text: str
    by: str
    points: Decimal
    reason: str


class Absence(msgspec.Struct, frozen=True, rename={"from_": "from"}, forbid_unknown_fields=True):
    """Days off, both included, as relative times."""

    person: str
    from_: str
    until: str
    substitute: str
    reason: str


class SampleMonth(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file. ``appeal`` is decided after the month was closed, the other corrections before."""

    marks: list[Marks]
    self_marks: dict[str, Decimal]
    waiver: Waiver
    adjustment: Points
    appeal: Appeal
    leave: Absence


def read_sample_month() -> SampleMonth:
    """Raises msgspec.ValidationError when the shipped file is not one."""
    return msgspec.toml.decode((sample_folder() / "month.toml").read_bytes(), type=SampleMonth)
