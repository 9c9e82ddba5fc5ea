"""The timeline and the proof of delivery of a task in words."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from backend.kit import clock, i18n
from backend.tasks.schemas import DeliveryView, EventView
from backend.web.words import Words

#: Events that a reader looks for: the colour of their dot.
_MARKS = {"late": "late-mark", "returned": "late-mark", "accepted": "good-mark", "reported": "good-mark"}
#: What people typed, in the order of showing.
_TYPED = ("reason", "note", "text")


class Happened(msgspec.Struct, frozen=True):
    """One line: what, who (empty = the engine), when, and the words that were typed."""

    title: str
    who: str
    at: datetime
    typed: str = ""
    mark: str = ""


def happened(events: Sequence[EventView], words: Words) -> list[Happened]:
    """The timeline, newest first."""
    return [_line(event, words) for event in reversed(events)]


def _line(event: EventView, words: Words) -> Happened:
    who = event.by.name if event.by.id else ""
    if who and event.on_behalf_of is not None:
        who = words.t("event.on_behalf", name=who, of=event.on_behalf_of.name)
    typed = "\n".join(str(event.data[name]) for name in _TYPED if event.data.get(name))
    return Happened(_title(event, words), who, event.at, typed, _MARKS.get(event.kind, ""))


def _title(event: EventView, words: Words) -> str:
    kind = event.kind
    if kind == "returned" and event.data.get("major_error"):
        kind = "returned_major"
    if kind == "undone":
        kind = f"undone_{event.data.get('undone', '')}"
    if kind == "late" and int(event.data.get("instance", 1)) > 1:
        kind = "late_again"
    if not i18n.has(words.locale, f"web.event.{kind}"):
        kind = "unknown"
    params = {name: str(event.data.get(name, "")) for name in ("name", "instance", "weight")}
    params["kind"] = event.kind
    for name in ("due", "until"):
        params[name] = _when(event.data.get(name), words)
    return words.t(f"event.{kind}", **params)


def _when(given: object, words: Words) -> str:
    try:
        return words.moment(datetime.fromisoformat(str(given)))
    except ValueError:
        return ""


class Told(msgspec.Struct, frozen=True):
    """One notice to one person and how far it got, in one sentence; ``kind`` colours it."""

    what: str
    name: str
    state: str
    kind: str


def told(deliveries: Sequence[DeliveryView], words: Words) -> list[Told]:
    """The proof of delivery, newest first.

    Attempts are made in real time. Where the product clock was moved (a demo) the time at which the notice was to go
    stands for it: that is when it went by that clock.
    """
    return [_told(delivery, words) for delivery in reversed(deliveries)]


def _told(delivery: DeliveryView, words: Words) -> Told:
    what = f"notice.{delivery.notice}" if i18n.has(words.locale, f"web.notice.{delivery.notice}") else "notice.unknown"
    state, kind = _state(delivery, words)
    return Told(words.t(what), delivery.to.name, state, kind)


def _state(delivery: DeliveryView, words: Words) -> tuple[str, str]:
    last = delivery.attempts[-1] if delivery.attempts else None
    if delivery.status == "sent" and last is not None:
        went_at = (
            max(delivery.not_before, delivery.created_at) if clock.offset() else last.finished_at or last.started_at
        )
        at, channel = words.when(went_at), words.t(f"channel.{last.channel}")
        repeated = any(attempt.outcome == "unknown" for attempt in delivery.attempts)
        return words.t("told.sent_twice" if repeated else "told.sent", at=at, channel=channel), "good"
    if delivery.status == "pending" and last is None:
        if delivery.not_before <= words.now:
            return words.t("told.waiting"), "info"
        return words.t("told.pending", at=words.when(delivery.not_before)), "info"
    if delivery.status in ("muted", "dead", "cancelled"):
        return words.t(f"told.{delivery.status}"), "bad" if delivery.status == "dead" else ""
    return words.t("told.trying" if last is not None else "told.sent_silently"), "wait" if last is not None else ""
