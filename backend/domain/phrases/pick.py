"""Which of the moments in a line is its deadline: the marked one, else the one that stands where deadlines stand.

Dates that belong to the task ("lễ 2/9", "công văn ngày 20/11", "lịch tuần sau") stay in the title. Whenever two
readings are left, the answer is a proposal with a reason to ask.
"""

from datetime import datetime
from functools import partial

from msgspec import Struct

from backend.domain.calendar import WorkCalendar
from backend.domain.phrases import context as near
from backend.domain.phrases.candidates import Candidate, candidate, names
from backend.domain.phrases.due import Due, resolve
from backend.domain.phrases.reasons import Ask
from backend.domain.phrases.text import GONE, Text
from backend.domain.phrases.when import moments


class Picked(Struct, gc=False):
    due: Due
    span: tuple[int, int] | None
    asks: list[Ask]


def pick(text: Text, now: datetime, calendar: WorkCalendar) -> Picked:
    """The deadline of the line, worked out. ``now`` is in the calendar's zone, whole minutes."""
    found = [
        one for when in moments(text.low, text.bare, partial(names, text)) if (one := candidate(text, when)) is not None
    ]
    found = [one for i, one in enumerate(found) if not _range(text, found, i)]
    chosen, asks = _choose(found)
    if chosen is None:
        return Picked(Due(None, None, []), None, ["no_deadline", *asks])
    due = resolve(chosen.when, now, calendar)
    if asks == ["several_deadlines"] and chosen.place == "marked":
        others = {resolve(one.when, now, calendar).at for one in found if one.place == "marked"}
        asks = asks if len(others) > 1 else []
    start = _led_in(text, chosen)
    end = chosen.end + (text.low[chosen.end : chosen.end + 1] == ")" and "(" in text.low[start : chosen.end])
    return Picked(due, (start, end), [*asks, *due.asks, *_unread(text, chosen, found)])


def _led_in(text: Text, chosen: Candidate) -> int:
    """Where the words begin that lead to the deadline and say nothing of the task."""
    shift = max(0, chosen.start - near.CLOSE)
    led = near.LED_IN.search(text.low[shift : chosen.start])
    return chosen.start if led is None else shift + led.start()


def _unread(text: Text, chosen: Candidate, found: list[Candidate]) -> list[Ask]:
    before = text.low[max(0, chosen.start - near.NEAR) : chosen.start]
    # Before a marker the task ends: a number there is its own, unless it is marked as well.
    unread = near.UNREAD_MARKED if chosen.place == "marked" else near.UNREAD_BEFORE
    if unread.search(before if chosen.place == "marked" else before[-near.CLOSE :]) or (
        chosen.when.day is not None and near.UNREAD_AFTER.match(text.low, chosen.end)
    ):
        return ["unread"]
    if chosen.when.part and near.PART_BEFORE.search(before):
        return ["several_deadlines"]
    if any(one.start > chosen.end and near.ALTERNATIVE.fullmatch(text.low, chosen.end, one.start) for one in found):
        return ["several_deadlines"]
    # "trong 5 ngày kể từ ngày nhận": from when it runs is not known here.
    return ["unknown_start"] if chosen.when.amount is not None and near.STARTING.match(text.low, chosen.end) else []


def opens(text: Text, end: int) -> bool:
    """Whether the line up to ``end`` is a moment, with its marker if it has one, and nothing else."""
    low = text.low[:end]
    found = moments(low, text.bare[:end])
    if len(found) != 1 or low[found[0].end :].strip(" ,:-–"):
        return False
    before = low[: found[0].start]
    marker = near.MARKER.search(before) or near.CONNECTOR.search(before)
    return not before[: marker.start() if marker else None].strip(" *•-–(")


def marked(text: Text) -> bool:
    """Whether a deadline is marked as one, or anything stands where one would."""
    found = [one for when in moments(text.low, text.bare) if (one := candidate(text, when)) is not None]
    return bool(found)


def _choose(found: list[Candidate]) -> tuple[Candidate | None, list[Ask]]:
    by_place = {place: [one for one in found if one.place == place] for place in ("marked", "edge", "inner", "about")}
    if marked := by_place["marked"]:
        return marked[0], ["several_deadlines"] if len(marked) > 1 else []
    plain_ones = by_place["edge"] + by_place["inner"]
    if len(plain_ones) > 1:
        return (by_place["edge"] or plain_ones)[-1], ["several_deadlines"]
    if plain_ones:
        return plain_ones[0], ["inner_deadline"] if by_place["inner"] else []
    if about := by_place["about"]:
        return about[-1], ["unsure_deadline"]
    return None, []


def _range(text: Text, found: list[Candidate], i: int) -> bool:
    """Whether it is one end of "từ … đến …" or "8h đến 10h": the time something takes, not when it is due."""
    one = found[i]
    if one.place == "marked":
        return False
    after = near.UNTIL.match(text.low, one.when.end)
    if after is not None and any(other.when.start == after.end() for other in found[i + 1 :]):
        return True
    begun = near.FROM.search(text.low[max(0, one.start - near.NEAR) : one.start])
    reached = text.low[one.start : one.when.start].strip() in (
        "đến",
        "den",
        "tới",
        "toi",
        "đến ngày",
        "to",
        "until",
        "đến hết",
    )
    if begun is not None and reached and GONE not in begun[0]:
        return True
    return any(
        (tie := near.UNTIL.match(text.low, other.when.end)) is not None and tie.end() == one.when.start
        for other in found[:i]
    )
