"""The front door to changing tasks: every business verb, ``actor`` first."""

from backend.tasks.acts import acknowledge, ask_extension, comment, decline, report, wait
from backend.tasks.assign import assign
from backend.tasks.cancelling import cancel
from backend.tasks.deadlines import decide_extension, move_due
from backend.tasks.decisions import accept, change_weight, confirm, remind_as, return_
from backend.tasks.heeding import heed, nudge
from backend.tasks.importing import import_tasks
from backend.tasks.reassigning import reassign
from backend.tasks.recurring import end_recurrence, make_due, pause_recurrence, recur, resume_recurrence
from backend.tasks.undoing import undo

__all__ = [
    "accept",
    "acknowledge",
    "ask_extension",
    "assign",
    "cancel",
    "change_weight",
    "comment",
    "confirm",
    "decide_extension",
    "decline",
    "end_recurrence",
    "heed",
    "import_tasks",
    "make_due",
    "move_due",
    "nudge",
    "pause_recurrence",
    "reassign",
    "recur",
    "remind_as",
    "report",
    "resume_recurrence",
    "return_",
    "undo",
    "wait",
]
