"""The audit trail: one row for each change, written inside the change's transaction."""

from typing import Any

from backend.domain.types import Actor
from backend.kit import clock, logs, rows
from backend.models import AuditRow


async def record(
    actor: Actor,
    action: str,
    object_kind: str,
    object_id: int | None,
    *,
    on_behalf_of_id: int | None = None,
    **data: Any,
) -> None:
    """Write who did ``action`` (a fact such as ``task.assigned``) to what; ``data`` holds plain JSON values only."""
    await rows.run(recording(actor, action, object_kind, object_id, on_behalf_of_id=on_behalf_of_id, **data))


def recording(
    actor: Actor,
    action: str,
    object_kind: str,
    object_id: int | None,
    *,
    on_behalf_of_id: int | None = None,
    **data: Any,
) -> rows.Writing:
    """The statement of :func:`record`, for those who write more with it."""
    return rows.inserting(
        AuditRow,
        at=clock.now(),
        actor_id=actor.person_id,
        on_behalf_of_id=on_behalf_of_id,
        action=action,
        object_kind=object_kind,
        object_id=object_id,
        data=data,
        request_id=logs.request_id(),
    )
