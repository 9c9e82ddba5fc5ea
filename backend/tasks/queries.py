"""The front door to reading tasks: one whole, lists by role, the timeline; everything through ``visible_to(actor)``."""

from backend.tasks.coming import coming, reason
from backend.tasks.history import deliveries, timeline
from backend.tasks.lines import FROM, LINE, lines, subtasks
from backend.tasks.listing import Buckets, Counts, State, TaskFilter, View, buckets, counts, listing
from backend.tasks.views import view
from backend.tasks.visibility import find_task, visible_to

__all__ = [
    "FROM",
    "LINE",
    "Buckets",
    "Counts",
    "State",
    "TaskFilter",
    "View",
    "buckets",
    "coming",
    "counts",
    "deliveries",
    "find_task",
    "lines",
    "listing",
    "reason",
    "subtasks",
    "timeline",
    "view",
    "visible_to",
]
