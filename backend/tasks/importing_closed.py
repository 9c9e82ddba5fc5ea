"""An imported row may not cost anything in a period that is closed: what was sealed stays as it was sealed."""

from backend.auth.actors import ZONE
from backend.domain.scoring_periods import month_of
from backend.errors import Conflict
from backend.kit import clock
from backend.models import LedgerEntry, Period, Task
from backend.scores.periods import CLOSED, keys_around


async def require_open(task: Task) -> None:
    """Raises Conflict when what was charged for an imported task counts in a closed month or quarter: the one in which
    it was finished. What is still open counts where it will be done; what cost nothing is only history.

    Call it in the import's transaction: it waits for a closing that is under way, and that one for the import.
    """
    if not await LedgerEntry.filter(task_id=task.id).exists():
        return
    month = month_of(task.reported_at or task.closed_at or clock.now(), ZONE)
    for period in await Period.filter(key__in=keys_around(month)).select_for_update().order_by("id"):
        if period.status == CLOSED:
            raise Conflict("import_period_closed", period=period.key)
