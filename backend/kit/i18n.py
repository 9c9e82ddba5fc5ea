"""Catalogues in two languages: keys to text, plurals and dates by Babel.

A catalogue is the folder ``backend/locales/<locale>/`` of TOML files; a file's name is the first part of every key in
it (``errors.toml`` + ``not_found`` = ``errors.not_found``). A value is text with ``{named}`` placeholders, or a table
of plural forms (``one``, ``other``) chosen by the parameter ``n``.
"""

import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.numbers import format_decimal

LOCALES = ("vi", "en")
DEFAULT = "vi"

_WEEKDAYS = {
    "vi": ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}


@cache
def catalogue(locale: str) -> Mapping[str, str | Mapping[str, str]]:
    """Every key of a language, flattened with dots. Raises KeyError for a language that is not shipped."""
    if locale not in LOCALES:
        raise KeyError(locale)
    found: dict[str, str | Mapping[str, str]] = {}
    for file in sorted((files("backend") / "locales" / locale).iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            _flatten(file.name.removesuffix(".toml"), tomllib.loads(file.read_text(encoding="utf-8")), found)
    return found


def _flatten(prefix: str, table: Mapping[str, Any], into: dict[str, str | Mapping[str, str]]) -> None:
    for key, value in table.items():
        name = f"{prefix}.{key}"
        if isinstance(value, dict) and "other" not in value:
            _flatten(name, value, into)
        else:
            into[name] = value


def t(locale: str, key: str, /, **params: Any) -> str:
    """The text of ``key`` with its placeholders filled. Raises KeyError for an unknown key: a fault of ours."""
    text = catalogue(locale)[key]
    if not isinstance(text, str):
        text = text.get(_plural(locale)(params["n"])) or text["other"]
    return text.format_map(params) if params else text


def has(locale: str, key: str) -> bool:
    return key in catalogue(locale)


@cache
def _plural(locale: str) -> Any:
    return Locale.parse(locale).plural_form


def pick(accept_language: str | None, default: str = DEFAULT) -> str:
    """The best of our languages for an Accept-Language header (RFC 9110 §12.5.4)."""
    best, weight = default, 0.0
    for part in (accept_language or "").split(","):
        tag, _, rest = part.strip().partition(";")
        try:
            q = float(rest.strip().removeprefix("q=")) if rest else 1.0
        except ValueError:
            continue
        name = tag.strip().lower().partition("-")[0]
        if name in LOCALES and q > weight:
            best, weight = name, q
    return best


def day(locale: str, on: date) -> str:
    """A date in words: «thứ Sáu 27/11/2026», «Friday 27/11/2026»."""
    return f"{_WEEKDAYS[locale][on.weekday()]} {on:%d/%m/%Y}"


def moment(locale: str, at: datetime, zone: str = "Asia/Ho_Chi_Minh") -> str:
    """An instant in words, local: «17:00 thứ Sáu 27/11/2026», «17:00 Friday 27/11/2026»."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%H:%M} {day(locale, local.date())}"


def short_moment(at: datetime, zone: str = "Asia/Ho_Chi_Minh") -> str:
    """An instant where space is short: «27/11 17:00»."""
    return f"{at.astimezone(ZoneInfo(zone)):%d/%m %H:%M}"


def number(locale: str, value: Decimal | int | float, places: int = 2) -> str:
    """A number as the language writes it, rounded half-even for display only."""
    return str(format_decimal(value, format="#,##0." + "#" * places, locale=locale))


def utc(at: datetime) -> datetime:
    return at.astimezone(UTC)
