"""Which of the moments in a line is its deadline: the marked one, else the one that stands where deadlines stand.

Dates that belong to the task ("lễ 2/9", "công văn ngày 20/11", "lịch tuần sau") stay in the title. Whenever two
readings are left, the answer is a proposal with a reason to ask.
"""

from datetime import datetime
from fractions import Fraction
from functools import partial

from msgspec import Struct

from backend.domain.calendar import WorkCalendar
from backend.domain.phrases import context as near
from backend.domain.phrases.due import Due, resolve
from backend.domain.phrases.moment import When
from backend.domain.phrases.text import GONE, Text, plain
from backend.domain.phrases.when import moments


class Candidate(Struct, gc=False):
    """A moment where it stands: with its marker or connector, and how likely it is the deadline.

    ``place`` marked, edge (begins or ends a part of the line), inner, about (may be the time of the thing itself).
    """

    when: When
    start: int
    end: int
    place: str


class Picked(Struct, gc=False):
    due: Due
    span: tuple[int, int] | None
    asks: list[str]


def pick(text: Text, now: datetime, calendar: WorkCalendar) -> Picked:
    """The deadline of the line, worked out. ``now`` is in the calendar's zone, whole minutes."""
    found = [
        one
        for when in moments(text.low, text.bare, partial(_names, text))
        if (one := _candidate(text, when)) is not None
    ]
    found = [one for i, one in enumerate(found) if not _range(text, found, i)]
    chosen, asks = _choose(found)
    if chosen is None:
        return Picked(Due(None, None, []), None, ["no_deadline", *asks])
    due = resolve(chosen.when, now, calendar)
    if asks == ["several_deadlines"] and chosen.place == "marked":
        others = {resolve(one.when, now, calendar).at for one in found if one.place == "marked"}
        asks = asks if len(others) > 1 else []
    end = chosen.end + (text.low[chosen.end : chosen.end + 1] == ")" and "(" in text.low[chosen.start : chosen.end])
    return Picked(due, (chosen.start, end), [*asks, *due.asks, *_unread(text, chosen, found)])


def _unread(text: Text, chosen: Candidate, found: list[Candidate]) -> list[str]:
    before = text.low[max(0, chosen.start - near.NEAR) : chosen.start]
    # Before a marker the task ends: a number there is its own, unless it is marked as well.
    unread = near.UNREAD_MARKED if chosen.place == "marked" else near.UNREAD_BEFORE
    if unread.search(before if chosen.place == "marked" else before[-near.CLOSE :]) or (
        chosen.when.day is not None and near.UNREAD_AFTER.match(text.low, chosen.end)
    ):
        return ["unread"]
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
    found = [one for when in moments(text.low, text.bare) if (one := _candidate(text, when)) is not None]
    return bool(found)


def _choose(found: list[Candidate]) -> tuple[Candidate | None, list[str]]:
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


def _candidate(text: Text, when: When) -> Candidate | None:
    if when.lunar and when.day is None:
        return None
    low = text.low
    shift = max(0, when.start - near.NEAR)
    before = low[shift : when.start]
    start = when.start
    if (marker := near.MARKER.search(before)) is not None:
        return _marked(text, when, shift + marker.start(), plain(marker[0]).rstrip(" :(=-–"))
    word = ""
    if (connector := near.CONNECTOR.search(before[-near.CLOSE :])) is not None:
        word = " ".join(connector["word"].split())
        if not _misfit(when, word):
            length = connector.end() - connector.start()
            start, before = when.start - length, before[:-length]
        else:
            word = ""
    if not _plausible(text, when, word) or (_ends_in_number(when) and near.COUNTED.match(low, when.end)):
        return None
    if word == "và":
        start = when.start
    place = _place(text, when, start, before)
    return Candidate(when, start, when.end, place) if place else None


def _misfit(when: When, word: str) -> bool:
    """ "lúc" goes with hours ("trích lục cuối tháng" is something else), "in" with lengths of time ("máy in thứ 4")."""
    if word in ("lúc", "luc", "hồi", "hoi"):
        return when.minute is None and when.part is None
    return word == "in" and when.amount is None


def _names(text: Text, when: When) -> bool:
    """Whether the words before make it part of a name or a number."""
    before = text.low[max(0, when.start - near.NEAR) : when.start]
    if when.day is not None:
        if text.low[when.start].isdigit() and near.PLACES.search(before[-near.CLOSE :]) is not None:
            return True
        return near.NAMING.search(before) is not None or text.low[when.start : when.end] == "24/7"
    if text.low[when.start : when.end] == "mai":
        return near.FLOWER.search(before[-near.CLOSE :]) is not None or _capital_in_midst(text, when, before)
    if when.weekday is not None:
        return near.COUNTING.search(before[-near.CLOSE :]) is not None
    if when.minute is not None:
        return near.NETWORK.search(before[-near.CLOSE :]) is not None
    return when.span is not None and near.MONTHS_BEFORE.search(before[-near.CLOSE :]) is not None


def _capital_in_midst(text: Text, when: When, before: str) -> bool:
    """ "Mai" with a capital where no sentence begins is somebody, unless an hour or a marker stands before it."""
    return text.cased and text.capital(when.start) and near.BEFORE_TOMORROW.search(before[-near.CLOSE :]) is None


def _marked(text: Text, when: When, start: int, marker: str) -> Candidate | None:
    # "Hạn sau 3 ngày" is counted from now; "hạn sau 17h" or "sau thứ 6" says from when on, not by when.
    if marker.endswith("sau") and when.amount is None and not _lasting_hours(when):
        return None
    if not _measures(when, marker) or (when.by_letter and not marker.endswith(near.LASTING_MARKS)):
        return None
    if when.odd == "weak_date":
        when.odd = ""
    before = text.low[max(0, start - near.NEAR) : start]
    if when.amount is not None and (marker == "thoi han" or near.TERM.search(before)) and near.TERM_OF.search(before):
        return None
    if _lasts_or_stands(when, marker):
        when.odd = "unread"
    elif _another_term(when, marker, before):
        when.odd = "unsure_deadline"
    return Candidate(when, start, when.end, "marked")


def _place(text: Text, when: When, start: int, before: str) -> str:
    ends = near.TAIL.match(text.low, when.end) or near.STOP.match(text.low, when.end)
    inside_week = when.span == "week" and when.span_edge != "cuoi" and when.span_ref is None
    long = (when.span is not None and not inside_week) or (when.week is not None and when.weekday is None)
    dated = when.day is not None and when.minute is None and when.weekday is None
    by_clock = when.minute is not None and not when.names_day
    if (
        (near.ABOUT.search(before[-near.CLOSE :]) and not by_clock)
        or (long and near.ABOUT_SPAN.search(before[-near.CLOSE :]))
        or (_throughout(text, when) and near.TO_END.search(before) is None)
        or (dated and near.ABOUT_DATE.search(before[-near.CLOSE :]))
    ):
        return "about" if ends else ""
    return "edge" if ends or near.HEAD.search(before[-near.CLOSE :]) else "inner"


def _throughout(text: Text, when: When) -> bool:
    """ "trong tháng 12": as likely when it all happens as by when it is done. A week or a day is said of deadlines only."""
    return when.span not in (None, "week") and text.bare.startswith("trong", when.start)


def _plausible(text: Text, when: When, word: str) -> bool:
    """Whether it can be a deadline without a marker, given the small word before it."""
    if when.odd == "weak_date" or (when.lunar and when.day is None):
        return False
    if word in near.AFTER_IT and when.amount is None and not (word == "sau" and _lasting_hours(when)):
        return False
    if not _measures(when, plain(word)):
        return False
    bare_part = when.part and when.edge is None and when.minute is None and not when.names_day
    return not bare_part


def _ends_in_number(when: When) -> bool:
    return when.weekday is None and when.offset is None and when.week is None and when.part is None


def _lasting_hours(when: When) -> bool:
    return when.minute is not None and when.minute < 7 * 60 and not when.names_day and when.part is None


def _lasts_or_stands(when: When, word: str) -> bool:
    """ "Thời hạn 2h" may last two hours or end at two; "trước 3 ngày" may be three days before something else."""
    if when.amount is not None:
        return word.endswith("truoc") and not when.ahead
    return word.startswith(("thoi han", "khong qua")) and _lasting_hours(when)


def _another_term(when: When, marker: str, before: str) -> bool:
    """ "Hợp đồng thời hạn 12 tháng" lasts as long; "hoàn thành trước hạn thứ 6" may be done early, the term being Friday."""
    if when.amount is not None and marker.endswith("han"):
        return when.unit in ("month", "year") and ("thoi" in marker or near.TERM_OF.search(before) is not None)
    return marker.startswith(("truoc han", "truoc thoi han")) and near.HEAD.search(before) is None


def _measures(when: When, word: str) -> bool:
    """A length of time counts only where one is expected; there "2h" is a length as well."""
    if when.amount is not None:
        return when.ahead or when.unit in ("work_day", "work_hour", "work_minute") or word != ""
    if (
        word.endswith(near.LASTING)
        and when.minute is not None
        and not when.settled
        and when.part is None
        and not when.names_day
    ):
        when.amount, when.unit, when.minute = Fraction(when.minute), "minute", None
    return True


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
