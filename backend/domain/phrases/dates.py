"""Dates as they are written: 30/11, ngày 30 tháng 11, mùng 5, Nov 30; whether they exist is seen later."""

import re

from backend.domain.phrases.moment import When
from backend.domain.phrases.numbers import number
from backend.domain.phrases.patterns import MONTHS
from backend.domain.phrases.text import plain


def short_date(m: re.Match[str]) -> When | None:
    day, month, year = int(m["dt_d"]), int(m["dt_m"]), m["dt_y"]
    if not 1 <= day <= 31 or not 1 <= month <= 12:
        return None
    weak = m["dt_sep"] != "/" and not year and not m["dt_ngay"]
    return When(day=day, month=month, year=_year(year), odd="weak_date" if weak else "")


def _year(text: str | None) -> int | None:
    if not text:
        return None
    value = int(text)
    return value + 2000 if value < 100 else value


def iso_date(m: re.Match[str]) -> When | None:
    if not 1 <= int(m["is_m"]) <= 12 or not 1 <= int(m["is_d"]) <= 31:
        return None
    return When(day=int(m["is_d"]), month=int(m["is_m"]), year=int(m["is_y"]))


def long_date(m: re.Match[str]) -> When | None:
    day = number(m["ld_d"])
    when = When(day=int(day or 0), year=_year(m["ld_y"]))
    if plain(m["ld_m"]) in ("gieng", "chap"):
        when.month, when.lunar = (1 if plain(m["ld_m"])[0] == "g" else 12), True
    else:
        when.month = int(number(m["ld_m"]) or 0)
    if not 1 <= (when.day or 0) <= 31 or not 1 <= when.month <= 12:
        return None
    if m["ld_yref"]:
        when.year = -1 - which(m["ld_yref"])
    return when


def day_of_month(m: re.Match[str]) -> When | None:
    day = number(m["dm_d"] or m["dm_d2"])
    if day is None or not 1 <= day <= 31:
        return None
    when = When(day=int(day))
    if m["dm_ref"]:
        when.month_ref = which(m["dm_ref"])
    return when


def full_moon(m: re.Match[str]) -> When:
    return When(day=15 if plain(m["tet_"]).startswith("ram") else 1, lunar=True)


def lunar(m: re.Match[str]) -> When:
    return When(lunar=True)


def english_date(m: re.Match[str]) -> When | None:
    day = int(m["ed_d"] or m["ed_d2"] or m["ed_d3"])
    if not 1 <= day <= 31:
        return None
    name = m["ed_m"] or m["ed_m2"]
    return When(day=day, month=MONTHS[name[:3]] if name else None, year=_year(m["ed_y"]))


def which(text: str) -> int:
    word = plain(text).split()[-1]
    if word in ("nay", "this"):
        return 0
    return -1 if word in ("truoc", "qua", "last", "roi") else 1
