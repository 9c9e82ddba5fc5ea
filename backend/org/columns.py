"""The contract of an organisation file: its sheets, their columns, and what people may call them."""

import re
from functools import cache

import msgspec

from backend.domain.types import Role
from backend.kit.text import fold


class Column(msgspec.Struct, frozen=True):
    """One column. ``kind`` names the reader in :mod:`backend.org.values`; ``names`` are accepted headers, folded."""

    key: str
    kind: str
    names: tuple[str, ...]
    required: bool = False


class SheetSpec(msgspec.Struct, frozen=True):
    name: str
    names: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(column.key for column in self.columns if column.required)


_UNITS = SheetSpec(
    "units",
    ("don vi", "co quan", "unit"),
    (
        Column("code", "code", ("ma", "ma don vi", "unit code"), required=True),
        Column("name", "name", ("ten", "ten don vi", "unit name"), required=True),
        Column("parent", "code", ("don vi cha", "ma don vi cha", "truc thuoc", "parent unit", "parent code")),
        Column("kind", "kind", ("loai", "loai don vi", "type")),
        Column("overseer", "person", ("phu trach", "nguoi phu trach", "lanh dao phu trach", "overseen by")),
    ),
)
_PEOPLE = SheetSpec(
    "people",
    ("can bo", "nhan su", "nguoi", "danh sach can bo", "person", "persons", "staff"),
    (
        Column("handle", "handle", ("ten ngan", "ten goi", "bi danh", "tai khoan", "ten dang nhap", "short name")),
        Column("full_name", "full_name", ("ho va ten", "ho ten", "full name", "name"), required=True),
        Column("email", "email", ("e-mail", "thu dien tu", "email cong vu", "dia chi email", "work e-mail", "mail")),
        Column("phone", "phone", ("dien thoai", "so dien thoai", "di dong", "sdt", "phone number", "mobile")),
        Column("locale", "locale", ("ngon ngu", "language")),
        Column("until", "date", ("den ngay", "lam den", "ngay nghi viec", "ngay nghi huu", "until date", "to", "end")),
    ),
)
_POSITIONS = SheetSpec(
    "positions",
    ("chuc vu", "vi tri", "position", "posts"),
    (
        Column("person", "person", ("can bo", "nguoi", "nguoi giu chuc vu", "nguoi giu"), required=True),
        Column("unit", "code", ("don vi", "ma don vi", "unit code"), required=True),
        Column("title", "title", ("chuc vu", "chuc danh", "ten chuc vu"), required=True),
        Column("role", "role", ("vai tro", "quyen"), required=True),
        Column("rank", "rank", ("thu bac", "thu tu", "hang", "cap")),
        Column("from", "date", ("tu ngay", "ngay bat dau", "from date", "start"), required=True),
        Column("until", "date", ("den ngay", "ngay ket thuc", "until date", "to", "end")),
    ),
)
_LEAVES = SheetSpec(
    "leaves",
    ("nghi phep", "nghi", "ngay nghi", "leave"),
    (
        Column("person", "person", ("can bo", "nguoi", "nguoi nghi"), required=True),
        Column("from", "date", ("tu ngay", "from date", "start"), required=True),
        Column("until", "date", ("den ngay", "until date", "to", "end"), required=True),
        Column("substitute", "person", ("nguoi thay", "nguoi thay the", "thay the")),
        Column("reason", "reason", ("ly do",)),
    ),
)
_DELEGATIONS = SheetSpec(
    "delegations",
    ("uy quyen", "delegation"),
    (
        Column("person", "person", ("can bo", "nguoi", "nguoi uy quyen", "lanh dao", "giver"), required=True),
        Column("unit", "code", ("don vi", "ma don vi", "unit code")),
        Column(
            "substitute", "person", ("nguoi duoc uy quyen", "nguoi nhan", "nguoi thay", "nguoi thay the"), required=True
        ),
        Column("from", "date", ("tu ngay", "from date", "start"), required=True),
        Column("until", "date", ("den ngay", "until date", "to", "end"), required=True),
        Column("reason", "reason", ("ly do", "so quyet dinh"), required=True),
    ),
)

SHEETS = {spec.name: spec for spec in (_UNITS, _PEOPLE, _POSITIONS, _LEAVES, _DELEGATIONS)}

#: Sheets that may lie beside ours and belong to another import.
FOREIGN = frozenset({"tasks", "cong viec"})

#: What people write for a role, folded; the English value itself always works.
ROLE_NAMES: dict[str, Role] = {
    **{role.value: role for role in Role},
    "lanh dao": Role.LEADER,
    "chuyen vien": Role.OFFICER,
    "can bo": Role.OFFICER,
    "cong chuc": Role.OFFICER,
    "van thu": Role.CLERK,
    "mot cua": Role.CLERK,
    "to chuc": Role.HR,
    "to chuc can bo": Role.HR,
    "nhan su": Role.HR,
    "quan tri": Role.ADMIN,
    "quan tri he thong": Role.ADMIN,
    "thanh tra": Role.AUDITOR,
    "kiem tra": Role.AUDITOR,
    "giam sat": Role.AUDITOR,
}

_SEPARATORS = re.compile(r"[\s_\-–/]+")


def loose(text: str) -> str:
    """A header or sheet name as we compare it: no accents, case, ``*``, brackets' content or separators' kind."""
    return _SEPARATORS.sub(" ", fold(re.sub(r"\(.*?\)|\*", " ", text))).strip()


@cache
def sheet_names() -> dict[str, str]:
    """Accepted sheet name (loose) → our name."""
    return {loose(name): spec.name for spec in SHEETS.values() for name in (spec.name, *spec.names)}


@cache
def column_names(sheet: str) -> dict[str, str]:
    """Accepted header (loose) → column key of ``sheet``."""
    return {loose(name): column.key for column in SHEETS[sheet].columns for name in (column.key, *column.names)}
