"""Reading one cell: what people type for names, phones, dates and roles, as the one form we store."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from backend.domain.types import Role
from backend.kit.i18n import LOCALES
from backend.kit.text import clean, fold
from backend.org.columns import ROLE_NAMES, loose


class Bad(ValueError):
    """The text is not such a value; ``code`` is a key of ``errors``."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


_CODE = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_HANDLE = re.compile(r"[a-z][a-z0-9._-]{0,39}")
_EMAIL = re.compile(
    r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+"
)
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]00:00(?::00)?)?")
_DMY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_PHONE_SIGNS = re.compile(r"[\s().\-–]+")
#: Day 0 of Excel's 1900 system, with its leap-year mistake already behind for every date we accept.
_EXCEL_DAY_0 = date(1899, 12, 30)
_FIRST_YEAR, _LAST_YEAR = 1950, 2150


def code(text: str) -> str:
    """A unit's code: folded, blanks as ``-``; safe in an address."""
    found = fold(text).replace(" ", "-")
    if not _CODE.fullmatch(found):
        raise Bad("import_code_bad", value=text)
    return found


def handle(text: str) -> str:
    """A handle; a leading ``@`` is how chats write it."""
    found = fold(text).removeprefix("@")
    if not _HANDLE.fullmatch(found):
        raise Bad("import_handle_bad", value=text)
    return found


def email(text: str) -> str:
    found = text.strip().lower()
    if len(found) > 254 or ".." in found or not _EMAIL.fullmatch(found):
        raise Bad("import_email_bad", value=text)
    return found


def phone(text: str) -> str:
    """E.164. A national Vietnamese number may lack its 0, which spreadsheets eat; abroad needs ``+`` or ``00``."""
    digits = _PHONE_SIGNS.sub("", text)
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    if re.fullmatch(r"84[1-9]\d{8,9}", digits):
        digits = "+" + digits
    elif re.fullmatch(r"0[1-9]\d{8,9}|[1-9]\d{8}", digits):
        digits = "+84" + digits.removeprefix("0")
    national = re.fullmatch(r"\+84(0?)([1-9]\d{8,9})", digits)
    if national:
        return "+84" + national[2]
    if digits.startswith("+84") or not re.fullmatch(r"\+[1-9]\d{7,14}", digits):
        raise Bad("import_phone_bad", value=text)
    return digits


def day(text: str) -> date:
    """ISO, dd/mm/yyyy or a spreadsheet's day number."""
    try:
        if found := _ISO.fullmatch(text):
            return _plausible(date(int(found[1]), int(found[2]), int(found[3])), text)
        if found := _DMY.fullmatch(text):
            return _plausible(date(int(found[3]), int(found[2]), int(found[1])), text)
    except ValueError:
        raise Bad("import_date_bad", value=text) from None
    if re.fullmatch(r"\d{5}", text):
        return _plausible(_EXCEL_DAY_0 + timedelta(days=int(text)), text)
    raise Bad("import_date_bad", value=text)


def _plausible(found: date, text: str) -> date:
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise Bad("import_date_bad", value=text)
    return found


def role(text: str) -> Role:
    found = ROLE_NAMES.get(loose(text))
    if found is None:
        raise Bad("import_role_bad", value=text, known=", ".join(Role))
    return found


def rank(text: str) -> int:
    if not re.fullmatch(r"[1-9]\d?", text):
        raise Bad("import_rank_bad", value=text)
    return int(text)


def locale(text: str) -> str:
    found = {"tieng viet": "vi", "english": "en", "tieng anh": "en"}.get(fold(text), fold(text))
    if found not in LOCALES:
        raise Bad("import_locale_bad", value=text, known=", ".join(LOCALES))
    return found


def person(text: str) -> str:
    """A reference to a person in the form we look it up by: handle, e-mail or phone."""
    if "@" in text.strip()[1:]:
        return email(text)
    if re.match(r"[+0-9]", text.strip()):
        return phone(text)
    return handle(text)


def limited(length: int) -> Callable[[str], str]:
    """One line of text, at most ``length`` characters."""

    def read(text: str) -> str:
        found = clean(text)
        if len(found) > length:
            raise Bad("import_too_long", value=found[:40] + "…", length=length)
        return found

    return read


#: Column kind → its reader; each raises :class:`Bad`.
READERS: dict[str, Callable[[str], Any]] = {
    "code": code,
    "name": limited(255),
    "kind": limited(32),
    "full_name": limited(120),
    "title": limited(120),
    "reason": limited(500),
    "handle": handle,
    "email": email,
    "phone": phone,
    "date": day,
    "role": role,
    "rank": rank,
    "locale": locale,
    "person": person,
}

_DEPUTY = re.compile(r"(pho|deputy|vice)\b")


def default_rank(of: Role, title: str) -> int:
    """1, or 2 for a leader whose title begins with «Phó»."""
    return 2 if of is Role.LEADER and _DEPUTY.match(fold(title)) else 1


def handle_candidates(full_name: str) -> Callable[[int], str]:
    """Handles for a Vietnamese name by try: 0 the given name (the last word), 1 with the initials of the others, then
    numbered. «Nguyễn Văn An» → an, annv, annv2, annv3 …"""
    words = [found for word in fold(full_name).split() if (found := re.sub(r"[^a-z0-9]", "", word))] or ["canbo"]
    given = words[-1] if words[-1][0].isalpha() else f"cb{words[-1]}"
    longer = (given[:24] + "".join(word[0] for word in words[:-1]))[:34]

    def candidate(number: int) -> str:
        if number == 0:
            return given[:34]
        if len(words) == 1:
            return f"{given[:34]}{number + 1}"
        return longer if number == 1 else f"{longer}{number}"

    return candidate
