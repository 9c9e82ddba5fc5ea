"""From a matched part of a moment to what it says: one function a way of writing it. None = it says nothing after all."""

import re
from collections.abc import Callable
from fractions import Fraction

from backend.domain.phrases.dates import (
    day_of_month,
    english_date,
    full_moon,
    iso_date,
    long_date,
    lunar,
    short_date,
    which,
)
from backend.domain.phrases.moment import When
from backend.domain.phrases.numbers import number
from backend.domain.phrases.patterns import HOURS_OF_PART, WEEKDAYS
from backend.domain.phrases.text import plain


def _clock(m: re.Match[str]) -> When | None:
    hour, minute = number(m["ck_h"]), m["ck_m"] or m["ck_m2"] or m["ck_min"]
    minutes = 0 if not minute else number(minute)
    if hour is not None and hour > 24 and minute is None and not m["ck_half"] and not m["ck_less"]:
        return When(amount=hour, unit="hour", by_letter=True)
    if hour is None or minutes is None or hour > 24 or minutes > 59 or (hour == 24 and minutes):
        return None
    total = int(hour * 60 + minutes)
    if m["ck_half"]:
        total += 30
    if m["ck_less"]:
        total -= int(number(m["ck_less"]) or 0)
    when = When(minute=total)
    if half := m["ck_ap"]:
        return _half(when, half[0])
    return when


def _half(when: When, half: str) -> When | None:
    assert when.minute is not None
    if when.minute >= 13 * 60 or when.minute < 60:
        when.odd = "" if half == "p" and when.minute >= 12 * 60 else "hour"
    elif half == "p" and when.minute < 12 * 60:
        when.minute += 12 * 60
    elif half == "a" and when.minute >= 12 * 60:
        when.minute -= 12 * 60
    when.settled = True
    return when


def _english_clock(m: re.Match[str]) -> When | None:
    hour, minute = int(m["en_h"]), int(m["en_m"] or 0)
    return _half(When(minute=hour * 60 + minute), m["en_ap"][0]) if hour <= 24 and minute <= 59 else None


def _noon(m: re.Match[str]) -> When:
    return When(part="trua") if m["noon_"] != "midnight" else When(minute=24 * 60, settled=True)


def _part(m: re.Match[str]) -> When:
    when = When(part=HOURS_OF_PART[plain(m["pt_name"])])
    if edge := m["pt_edge"]:
        when.edge = "dau" if plain(edge)[0] == "d" else "cuoi"
    if m["pt_now"]:
        when.offset = 0
    return when


def _edge(m: re.Match[str]) -> When:
    start = plain(m["eg"])[0] == "d"
    return When(part="", edge="dau" if start else "cuoi")


def _today(m: re.Match[str]) -> When:
    return When(offset=0)


def _tonight(m: re.Match[str]) -> When:
    return When(offset=0, part={"this morning": "sang", "this afternoon": "chieu"}.get(" ".join(m[0].split()), "toi"))


def _tomorrow(m: re.Match[str]) -> When:
    return When(offset=1)


def _after(m: re.Match[str]) -> When:
    return When(offset=2)


def _weekday(m: re.Match[str]) -> When:
    name = plain(m["wd_no"] or m["wd_t"] or m["wd_sun"] or m["wd_en"])
    when = When(weekday=WEEKDAYS[name[:3] if m["wd_en"] else name])
    mod = " ".join(plain(m["wd_mod"] or m["wd_enmod"] or "").split())
    if mod in ("sau", "ke tiep"):
        when.odd = "which_week"
        when.week = 1
    elif mod == "next":
        when.week = 1
    elif mod == "last":
        when.week = -1
    return when


def _week(m: re.Match[str]) -> When:
    when = When(week=which(m["wk_ref"] or m["wk_en"]))
    if edge := m["wk_edge"]:
        return When(span="week", span_edge=_span_edge(edge), span_ref=when.week)
    return when


def _span_edge(text: str) -> str:
    word = plain(text)
    if word[0] in "ds" or word.startswith("beg"):
        return "dau"
    return "giua" if word[0] in "gm" else "cuoi"


def _weekend(m: re.Match[str]) -> When:
    return When(span="week", span_edge=_span_edge(m["we_edge"]))


def _span(m: re.Match[str]) -> When | None:
    when = When(
        span={"th": "month", "qu": "quarter", "na": "year"}[plain(m["sp_unit"])[:2]], span_edge=_span_edge(m["sp_edge"])
    )
    if ref := m["sp_ref"]:
        when.span_ref = which(ref)
    if name := m["sp_no"]:
        value = _month_name(name) if when.span == "month" else _roman(name)
        if when.span == "year":
            when.year = value if value and value >= 1000 else None
            return when if when.year else _without(when)
        when.span_no = value
        if value is None or not 1 <= value <= (12 if when.span == "month" else 4):
            when.odd = "number"
    if plain(m["sp_edge"]) == "trong" and when.span == "year" and not m["sp_ref"] and not m["sp_no"]:
        return None
    if year := m["sp_year"]:
        when.year = int(year)
    if year_ref := m["sp_yref"]:
        when.year = -1 - which(year_ref)
    return when


def _without(when: When) -> When:
    when.odd = "number"
    return when


def _month_name(text: str) -> int | None:
    if plain(text) in ("gieng", "chap"):
        return None
    return int(number(text) or 0) or None


def _roman(text: str) -> int | None:
    return {"i": 1, "ii": 2, "iii": 3, "iv": 4}.get(text) or int(number(text) or 0) or None


def _english_span(m: re.Match[str]) -> When:
    when = When(span=m["es_unit"], span_edge=_span_edge(m["es_edge"]))
    if m["es_no"]:
        when.span, when.span_no = "quarter", int(m["es_no"])
    if when.span == "day":
        return When(part="", edge=when.span_edge)
    if ref := m["es_ref"]:
        when.span_ref = 1 if ref == "next" else 0
    return when


def _short_span(m: re.Match[str]) -> When:
    last = m[0][-1] if m[0].startswith("eo") else ""
    unit = m["ss"] or {"w": "week", "m": "month", "q": "quarter", "y": "year"}.get(last)
    return When(part="", edge="cuoi") if unit is None else When(span=unit, span_edge="cuoi")


_UNITS = {
    "p": "minute", "m": "minute", "g": "hour", "h": "hour", "t": "hour", "n": "day", "d": "day",
}  # fmt: skip


def _amount(m: re.Match[str]) -> When | None:
    text = m["am_n"] or m["am_n2"]
    value = number(text)
    if value is None or value <= 0:
        return None
    word = plain(m["am_u"] or m["am_u2"])
    unit = _unit(word)
    if m["am_half"]:
        value += Fraction(1, 2)
    if m["am_work"] or m["am_bus"] or (m["am_ago"] and plain(m["am_ago"]).split()[0] in ("lam", "hanh")):
        unit = {"day": "work_day", "hour": "work_hour", "minute": "work_minute"}.get(unit, unit)
    return When(amount=value, unit=unit, ahead=bool(m["am_ahead"] or m["am_ago"]))


def _unit(word: str) -> str:
    for start, unit in (
        ("tuan", "week"), ("week", "week"), ("thang", "month"), ("month", "month"), ("nam", "year"), ("year", "year"),
        ("min", "minute"), ("quy", "quarter"), ("buoi", "half_day"),
    ):  # fmt: skip
        if word.startswith(start):
            return unit
    return _UNITS[word[0]]


READERS: dict[str, Callable[[re.Match[str]], When | None]] = {
    "clock": _clock,
    "en_clock": _english_clock,
    "noon": _noon,
    "part": _part,
    "edge": _edge,
    "today": _today,
    "tonight": _tonight,
    "tomorrow": _tomorrow,
    "after": _after,
    "weekday": _weekday,
    "week": _week,
    "weekend": _weekend,
    "span": _span,
    "en_span": _english_span,
    "short_span": _short_span,
    "date": short_date,
    "iso": iso_date,
    "long_date": long_date,
    "day_of_month": day_of_month,
    "tet": full_moon,
    "lunar": lunar,
    "en_date": english_date,
    "amount": _amount,
}
