"""The front door to reading tasks: one whole, lists by role, the timeline; everything through ``visible_to(actor)``."""

from backend.tasks.coming import coming, reason
from backend.tasks.delivering import deliveries
from backend.tasks.history import timeline
from backend.tasks.lines import FROM, LINE, lines, subtasks
from backend.tasks.listing import Buckets, Counts, State, TaskFilter, View, buckets, counts, listing
from backend.tasks.numbers import Called, called, numbers_of
from backend.tasks.views import after, view
from backend.tasks.visibility import find_task, visible_to
from backend.tasks.waiting import to_acknowledge

__all__ = [
    "FROM",
    "LINE",
    "Buckets",
    "Called",
    "Counts",
    "State",
    "TaskFilter",
    "View",
    "after",
    "buckets",
    "called",
    "coming",
    "counts",
    "deliveries",
    "find_task",
    "lines",
    "listing",
    "numbers_of",
    "reason",
    "subtasks",
    "timeline",
    "to_acknowledge",
    "view",
    "visible_to",
]
