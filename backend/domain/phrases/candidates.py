"""Whether a moment of the line may be its deadline: by the marker or small word before it, and by where it stands.

Whatever is part of a name, a number, an event or a length of time is none, or is one to be asked about.
"""

from fractions import Fraction

from msgspec import Struct

from backend.domain.phrases import context as near
from backend.domain.phrases.moment import When
from backend.domain.phrases.text import Text, plain

#: Words that parts of the day turn into when one mark is left out.
_NO_PART = {"toi": "tôi", "dem": "đem"}


class Candidate(Struct, gc=False):
    """A moment where it stands: with its marker or connector, and how likely it is the deadline.

    ``place`` marked, edge (begins or ends a part of the line), inner, about (may be the time of the thing itself).
    """

    when: When
    start: int
    end: int
    place: str


def candidate(text: Text, when: When) -> Candidate | None:
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
    if when.amount is not None and when.unit in ("day", "week", "month", "year") and near.COUNTING.search(before):
        # "họp tổ 3 tuần sau": in three weeks, or group 3 next week.
        when.odd = when.odd or "unsure_deadline"
    place = _place(text, when, start, before)
    if place and plain(word).startswith(near.REACHING) and near.AS_OF.search(before):
        place = "about"
    return Candidate(when, start, when.end, place) if place else None


def _misfit(when: When, word: str) -> bool:
    """ "lúc" goes with hours ("trích lục cuối tháng" is something else), "in" with lengths of time ("máy in thứ 4")."""
    if word == "nội":
        return when.span != "week" and when.week is None and when.offset is None
    if word in ("lúc", "luc", "hồi", "hoi"):
        return when.minute is None and when.part is None
    return word == "in" and when.amount is None


def names(text: Text, when: When) -> bool:
    """Whether the words before make it part of a name or a number."""
    before = text.low[max(0, when.start - near.NEAR) : when.start]
    if when.day is not None:
        if text.low[when.start].isdigit() and near.PLACES.search(before[-near.CLOSE :]) is not None:
            return True
        return near.NAMING.search(before) is not None or text.low[when.start : when.end] == "24/7"
    if text.low[when.start : when.end] == "mai":
        return near.FLOWER.search(before[-near.CLOSE :]) is not None or _capital_in_midst(text, when, before)
    if when.part in _NO_PART and _is_another(text, when, before):
        return True
    if when.part == "sang" and text.accented and text.low.startswith("sang", when.start):
        # In a line typed with accents it is the verb, unless an hour or "mai" makes it the morning.
        return near.MORNING_BEFORE.search(before) is None and near.MORNING_AFTER.match(text.low, when.end) is None
    if when.weekday is not None:
        return near.COUNTING.search(before[-near.CLOSE :]) is not None
    if when.minute is not None:
        return near.NETWORK.search(before[-near.CLOSE :]) is not None
    return when.span is not None and near.MONTHS_BEFORE.search(before[-near.CLOSE :]) is not None


def _is_another(text: Text, when: When, before: str) -> bool:
    """ "tôi" is no "tối", "đem" no "đêm"; without accents they are times only beside an hour or a day, or at the end."""
    assert when.part is not None
    if text.low.startswith(_NO_PART[when.part], when.start):
        return True
    if (
        text.accented
        or not text.low.startswith(when.part, when.start)
        or near.MORNING_BEFORE.search(before) is not None
    ):
        return False
    return near.EVENING_AFTER.match(text.low, when.end) is None


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
        or near.ABOUT_EVENT.search(before)
        or (dated and near.ABOUT_DATE.search(before[-near.CLOSE :]))
    ):
        return "about" if ends else ""
    if ends:
        return "edge"
    head = near.HEAD.search(before[-near.CLOSE :])
    # Behind a comma it may begin a sentence of its own: "…, thứ 6 tôi họp".
    return "edge" if head is not None and not any(map(str.isalnum, text.low[: start - len(head[0])])) else "inner"


def _until(text: Text, when: When) -> bool:
    """ "toi thu 6" without accents: Friday evening, or until Friday."""
    return text.low.startswith("toi ", when.start) and when.minute is None and when.offset is None


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
    if when.part == "toi" and not text.accented and _until(text, when):
        when.odd = "hour"
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
    if near.TERM_OBJECT.search(before) if marker.startswith("han") else near.FORBIDDEN.search(before):
        return True
    if marker.startswith("han") and before.isascii() and near.TERM_UNSURE.search(before):
        return True
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
