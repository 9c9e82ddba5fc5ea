"""The timeline and the proof of delivery of a task in words."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from backend.kit import clock, i18n
from backend.tasks.schemas import AttemptView, DeliveryView, EventView
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
    """One notice to one person and how far it got, in one sentence; ``kind`` colours it. ``tries``: each try, when there
    is more to tell than the sentence does."""

    what: str
    name: str
    state: str
    kind: str
    tries: list[str] = []


def told(deliveries: Sequence[DeliveryView], words: Words) -> list[Told]:
    """The proof of delivery, in the order given.

    Attempts are made in real time. Where the product clock was moved (a demo) the time at which the notice was to go
    stands for it: that is when it went by that clock.
    """
    return [_told(delivery, words) for delivery in deliveries]


def _told(delivery: DeliveryView, words: Words) -> Told:
    what = words.t("told.second", what=delivery.what) if delivery.second else delivery.what
    state, kind = _state(delivery, words)
    simple = len(delivery.attempts) <= 1 and all(attempt.outcome == "sent" for attempt in delivery.attempts)
    tries = [] if simple else [_try(attempt, words) for attempt in delivery.attempts]
    return Told(what, delivery.to.name, state, kind, tries)


def _try(attempt: AttemptView, words: Words) -> str:
    at, channel = words.when(attempt.started_at + clock.offset()), words.t(f"channel.{attempt.channel}")
    return words.t("told.try", at=at, channel=channel, how=attempt.problem or words.t(f"told.how.{attempt.outcome}"))


def _state(delivery: DeliveryView, words: Words) -> tuple[str, str]:
    last = delivery.attempts[-1] if delivery.attempts else None
    if delivery.status == "sent" and last is not None:
        return _sent(delivery, last, words), "good"
    if delivery.status == "sent":
        return words.t("told.sent_silently"), ""
    if delivery.status in ("muted", "dead", "cancelled"):
        return words.t("told.not_sent", why=delivery.problem), "bad" if delivery.status == "dead" else ""
    return words.t("told.waits", why=delivery.problem), "wait" if last is not None else "info"


def _sent(delivery: DeliveryView, last: AttemptView, words: Words) -> str:
    moved = bool(clock.offset())
    went_at = max(delivery.not_before, delivery.created_at) if moved else last.finished_at or last.started_at
    repeated = any(attempt.outcome == "unknown" for attempt in delivery.attempts)
    said = words.t(
        "told.sent_twice" if repeated else "told.sent",
        at=words.when(went_at),
        channel=words.t(f"channel.{last.channel}"),
    )
    if delivery.seen_at is None:
        return said
    read = words.t("told.read") if moved else words.t("told.read_at", at=words.when(delivery.seen_at))
    return f"{said}, {read}"
