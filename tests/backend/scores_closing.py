"""Closing a month in tests that are about something else: every mark entered, every step signed, then closed by HR."""

from decimal import Decimal

from backend.scores.schemas import MarkDraft
from backend.scores.service import close_period, mark
from tests.backend.scores_office import PERIOD, Office, sign_all

LEADERS = ("head", "head2", "vice", "chair")


async def marked(office: Office, period: str = PERIOD) -> None:
    """Every mark that closing asks for, entered by HR (by the chair for HR's own)."""
    for person in office.cast.people:
        if person not in ("stranger", "otherchair"):
            await office.mark(person, "28", by="chair" if person == "hr" else "hr", period=period)
    for leader in LEADERS:
        for what in ("d", "dd", "e"):
            await office.mark(leader, "90", what, period=period)
    for unit in ("tuphap", "diachinh", "ubnd"):
        await mark(await office.cast.actor("hr"), period, MarkDraft(what="common", value=Decimal(29), unit=unit))


async def closed(office: Office, period: str = PERIOD) -> str:
    """Marked, signed and closed; returns the seal. The clock stands after the period."""
    await marked(office, period)
    await sign_all(period, "28")
    return await close_period(await office.cast.actor("hr"), period)
