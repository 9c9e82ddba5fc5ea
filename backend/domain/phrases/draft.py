"""What a line comes to: the draft, its people, and the pieces of the line that said so."""

from datetime import datetime
from decimal import Decimal
from typing import Literal

from msgspec import Struct

Rule = Literal["instant", "minutes", "working_days", "calendar_days"]
Recurring = Literal["daily", "weekly", "monthly", "quarterly"]
Level = Literal["normal", "urgent", "very_urgent", "express"]


class Choice(Struct, frozen=True, gc=False):
    """Somebody it may be, with what tells them from the others."""

    handle: str
    name: str
    unit: str = ""
    title: str = ""


class Lead(Struct, gc=False):
    """A person of the line. ``choices`` only when several people fit; then ``handle`` is None and ``name`` as typed."""

    handle: str | None
    name: str
    choices: list[Choice] = []


class Piece(Struct, gc=False):
    """What was recognised where: [start, end) in code points of the line as it was typed. ``kind`` is lead,
    coordinator, due, recurrence, urgency, weight, needs_acceptance or verb."""

    kind: str
    start: int
    end: int


class Phrase(Struct, gc=False):
    """A draft. ``due`` is in the calendar's zone; ``rule`` says how it was counted (``calendar_days``: so many days from
    now, staying on a day off); ``flags`` knows "day_off"; ``asks`` says why ``confidence`` is "ask", and is empty when
    it is "certain"."""

    leads: list[Lead] = []
    coordinators: list[Lead] = []
    title: str = ""
    due: datetime | None = None
    rule: Rule | None = None
    recurrence: Recurring | None = None
    urgency: Level = "normal"
    weight: Decimal = Decimal(1)
    needs_acceptance: bool = False
    confidence: Literal["certain", "ask"] = "certain"
    asks: list[str] = []
    flags: list[str] = []
    spans: list[Piece] = []
