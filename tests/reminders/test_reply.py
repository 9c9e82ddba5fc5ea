"""Rule 10: the reply is here. It is a line of the lead's next slot; of short or urgent work it is said at once."""

import pytest

from backend.models import OutboxNotice, Task
from backend.tasks.service import accept, report
from tests.fakes import vn


@pytest.mark.parametrize(
    ("urgency", "in_slot", "at"), [("normal", True, "2026-11-23 13:30"), ("urgent", False, "2026-11-23 09:00")]
)
async def test_a_finished_part_is_said_to_whoever_waits_for_it(db, cast, clock, give, urgency, in_slot, at):
    whole = await Task.get(id=await give("head", by="chair", urgency=urgency, working_days=5))
    part = await give("an", working_days=3, parent=whole.code)
    clock.set("2026-11-23 09:00")
    await report(await cast.actor("an"), part, "xong")
    # The head accepts their own officer's part: they know, and hear nothing.
    await accept(await cast.actor("head"), part)
    assert not await OutboxNotice.filter(kind="SubtaskFinished").exists()

    other = await give("binh", working_days=3, parent=whole.code)
    await Task.filter(id=other).update(needs_acceptance=False)
    await report(await cast.actor("binh"), other, "xong")
    [told] = await OutboxNotice.filter(kind="SubtaskFinished")
    assert told.person_id == cast.head.id  # type: ignore[attr-defined]
    assert (told.in_slot, told.not_before) == (in_slot, vn(at))
