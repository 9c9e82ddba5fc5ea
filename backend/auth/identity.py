"""What people type to say who they are: work e-mail or phone at sign-in, handle, e-mail or number elsewhere."""

import re
from datetime import date

import msgspec

from backend.kit.db import Sql
from backend.kit.text import row_id

_SEPARATORS = re.compile(r"[\s.\-()]+")
_NATIONAL = re.compile(r"(?:\+?84|0|\+840)?([1-9]\d{8,9})")
_E164 = re.compile(r"\+[1-9]\d{7,14}")


class Account(msgspec.Struct):
    """What signing in needs of a person."""

    id: int
    handle: str
    full_name: str
    email: str | None
    phone: str | None
    locale: str
    password_hash: str | None
    until_on: date | None
    has_left: bool


def normal_email(text: str) -> str | None:
    """An e-mail address as it is stored and compared: trimmed, lower case; None when it is not one."""
    email = text.strip().lower()
    name, at, host = email.rpartition("@")
    fine = name and at and "." in host and len(email) <= 254 and email.isprintable() and " " not in email
    return email if fine else None


def normal_phone(text: str) -> str | None:
    """A phone number in E.164 (``+84912345678``), Vietnamese when it has no country code; None when it is not one."""
    digits = re.sub(r"^00", "+", _SEPARATORS.sub("", text))
    national = _NATIONAL.fullmatch(digits)
    if national:
        return f"+84{national[1]}"
    return digits if _E164.fullmatch(digits) else None


async def account_by(column: str, value: str | int) -> Account | None:
    """The account with this id, handle, e-mail or phone (stored form)."""
    assert column in ("id", "handle", "email", "phone")
    sql = Sql()
    found = await sql.fetch(
        "select id, handle, full_name, email, phone, locale, password_hash, until_on, left_at is not null as has_left "
        f"from person where {column} = {sql.arg(value)}",
        Account,
    )
    return found[0] if found else None


async def account_of_identifier(identifier: str) -> Account | None:
    """The account that signs in with this e-mail or phone, however it was typed."""
    if (email := normal_email(identifier)) is not None:
        return await account_by("email", email)
    if (phone := normal_phone(identifier)) is not None:
        return await account_by("phone", phone)
    return None


async def person_id_of(reference: str) -> int | None:
    """The person that a handle, e-mail or number names, or None."""
    text = reference.strip().lower().removeprefix("@")
    if not text.isprintable():
        return None
    if text.isascii() and text.isdecimal():
        found = await account_by("id", row_id(text))
    else:
        found = await account_by("email" if "@" in text else "handle", text)
    return found.id if found else None
