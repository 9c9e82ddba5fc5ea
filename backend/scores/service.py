"""The front door to changing scores: every business verb, ``actor`` first where somebody acts."""

from backend.scores.appeals import announce, appeal, decide_appeal
from backend.scores.charging import charge, charge_major_error
from backend.scores.closing import close_period
from backend.scores.corrections import correct
from backend.scores.holdups import remind
from backend.scores.marking import mark
from backend.scores.periods import ensure_period
from backend.scores.requests import ask_waiver, decide_waiver
from backend.scores.rules import ensure_rules
from backend.scores.signing import pass_over, sign
from backend.scores.waiving import waive
from backend.scores.withdrawing import withdraw

__all__ = [
    "announce",
    "appeal",
    "ask_waiver",
    "charge",
    "charge_major_error",
    "close_period",
    "correct",
    "decide_appeal",
    "decide_waiver",
    "ensure_period",
    "ensure_rules",
    "mark",
    "pass_over",
    "remind",
    "sign",
    "waive",
    "withdraw",
]
