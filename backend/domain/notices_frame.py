"""What every notice is: something said to a person, often about a task."""

from datetime import datetime

import msgspec

from backend.domain.types import Urgency


class TaskRef(msgspec.Struct, frozen=True):
    """What a notice says of its task, as it was when it was said."""

    id: int
    code: str
    title: str
    due_at: datetime
    urgency: Urgency = Urgency.NORMAL
    secret: bool = False


class Notice(msgspec.Struct, frozen=True, tag_field="kind"):
    """Base of all notices; the tag is the class name."""

    @property
    def kind(self) -> str:
        return type(self).__name__


class TaskNotice(Notice, frozen=True):
    task: TaskRef
