"""The front door to changing scores: every business verb, ``actor`` first where somebody acts."""

from backend.scores.charging import charge, charge_major_error
from backend.scores.closing import close_period
from backend.scores.corrections import correct
from backend.scores.marking import mark
from backend.scores.periods import ensure_period
from backend.scores.rules import ensure_rules
from backend.scores.waiving import waive

__all__ = ["charge", "charge_major_error", "close_period", "correct", "ensure_period", "ensure_rules", "mark", "waive"]
