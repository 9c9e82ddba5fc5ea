"""The proof of delivery in the reader's words: what a notice was, how a try ended, and why something has not left."""

from datetime import datetime

from backend.channel_use import SPENT, WAITS
from backend.kit import clock, i18n
from backend.outbox import ONLY_WAY

#: How the stored reason of a notice that went nowhere begins, and the text under ``delivery.why`` that says so. Names of
#: channels that follow it are filled in.
_REASONS = {
    ONLY_WAY: "one_way",
    "no way left after ": "no_way_left",
    "not sent from here: ": "not_here",
    "no linked chat": "no_way",
    "the person has left": "left",
    "cannot be put into words": "unsayable",
    "given up: ": "given_up",
}
#: The tries of a worker that ended before it had an answer.
_LOST = ("the worker ended before the answer", "stopped while sending")


def what(locale: str, kind: str) -> str:
    """A kind of notice."""
    key = f"web.notice.{kind}"
    return i18n.t(locale, key if i18n.has(locale, key) else "web.notice.unknown")


def channel(locale: str, name: str) -> str:
    key = f"web.channel.{name}"
    return i18n.t(locale, key) if i18n.has(locale, key) else name


def of_attempt(locale: str, outcome: str, problem: str) -> str:
    """Why a try did not surely arrive; nothing for one that did, or is under way."""
    if outcome in ("sent", "started"):
        return ""
    if outcome == "unknown" and problem in _LOST:
        return i18n.t(locale, "delivery.attempt.lost")
    if outcome == "failed" and problem.startswith("given up: "):
        return i18n.t(locale, "delivery.attempt.given_up")
    if outcome == "failed" and problem.startswith(SPENT):
        return i18n.t(locale, "delivery.attempt.spent")
    return i18n.t(locale, f"delivery.attempt.{outcome}")


def why(
    locale: str, status: str, problem: str, not_before: datetime, ready_at: datetime, *, in_slot: bool, last: str
) -> str:
    """Why a notice is not there yet, or never will be; nothing for one that was sent. ``last``: how its last try ended."""
    if status == "sent":
        return ""
    if status == "cancelled":
        return i18n.t(locale, "delivery.why.cancelled")
    if status in ("muted", "dead"):
        return _gone_nowhere(locale, problem)
    return _waits(locale, status, problem, not_before, ready_at, in_slot, last)


def _gone_nowhere(locale: str, problem: str) -> str:
    for start, key in _REASONS.items():
        if problem.startswith(start):
            names = [channel(locale, name) for name in problem[len(start) :].split(", ")]
            return i18n.t(locale, f"delivery.why.{key}", channels=", ".join(names))
    return i18n.t(locale, "delivery.why.refused")


def _waits(
    locale: str, status: str, problem: str, not_before: datetime, ready_at: datetime, in_slot: bool, last: str
) -> str:
    if status == "sending":
        return i18n.t(locale, "delivery.why.sending")
    if not_before > clock.now():
        key = "quota" if problem == WAITS else "slot" if in_slot else "hours"
        return i18n.t(locale, f"delivery.why.{key}", at=i18n.moment(locale, not_before))
    if last == "unknown":
        return i18n.t(locale, "delivery.why.unknown")
    if ready_at > clock.real():
        return i18n.t(locale, "delivery.why.again" if last else "delivery.why.grace")
    return i18n.t(locale, "delivery.why.queued")
