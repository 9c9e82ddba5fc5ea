"""What an assigner should know of a lead: leave moves no due time, but they hear of it and of the substitute."""

from datetime import datetime

from backend.auth.actors import ZONE
from backend.org.queries import open_leave_between, person_brief
from backend.tasks.people import Chosen
from backend.tasks.schemas import Warning_


async def warnings_of(chosen: Chosen, now: datetime, due_at: datetime) -> list[Warning_]:
    """Leave of the lead between now and the due time, with the substitute who may be asked instead."""
    leave = await open_leave_between(chosen.person_id, now.astimezone(ZONE).date(), due_at.astimezone(ZONE).date())
    if leave is None:
        return []
    found = await person_brief([leave.substitute_id]) if leave.substitute_id else {}
    substitute = found.get(leave.substitute_id or 0)
    return [
        Warning_(
            "lead_on_leave",
            chosen.name,
            {
                "from_on": leave.from_on.isoformat(),
                "until_on": leave.until_on.isoformat(),
                "substitute": substitute.handle if substitute else "",
                "substitute_name": substitute.name if substitute else "",
            },
        )
    ]
