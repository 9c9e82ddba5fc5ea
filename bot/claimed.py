"""A notice that a worker holds, with the lines that go in the same message."""

from datetime import datetime
from typing import Any

import msgspec

from backend.domain.notices import AnyNotice
from bot import attempts

#: What a row says that nobody holds.
FREE = "lease_owner = '', lease_until = null"


class Claimed(msgspec.Struct, frozen=True):
    """A notice that is ours for as long as the lease runs."""

    id: int
    kind: str
    payload: Any
    person_id: int
    task_id: int | None
    not_before: datetime
    ready_at: datetime
    attempts: int
    maybe_sent: bool
    in_slot: bool = False
    urgent: bool = False
    #: It is the second message of urgent work: the first is this notice.
    twin_of_id: int | None = None
    #: The further lines of a slot that go in the same message.
    more: "tuple[Claimed, ...]" = ()
    #: Those of its notices that go to a second channel as well, if there is one (``has_other``): known when it leaves.
    twins: tuple[int, ...] = ()
    has_other: bool = False

    @property
    def all(self) -> "tuple[Claimed, ...]":
        """Everything that one message says, top to bottom."""
        return (self, *self.more)

    @property
    def ids(self) -> list[int]:
        return [line.id for line in self.all]

    @property
    def notices(self) -> list[AnyNotice]:
        """What is to be said. Raises msgspec.ValidationError when a row does not hold a notice we know."""
        return [attempts.read_notice(line.payload) for line in self.all]
