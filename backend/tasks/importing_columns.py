"""The contract of a task file: its columns, what people may call them, and reading its table."""

from collections.abc import Mapping, Sequence
from functools import cache

import msgspec

from backend.errors import Invalid, TooLarge
from backend.kit import i18n
from backend.kit.text import clean
from backend.org.columns import loose
from backend.org.sheets import MAX_ROWS, Issue, tables

SHEET = "tasks"
_SHEET_NAMES = frozenset({"tasks", "cong viec", "nhiem vu", "viec"})


class Column(msgspec.Struct, frozen=True):
    """One column; ``names`` are accepted headers beside the key, folded."""

    key: str
    names: tuple[str, ...]
    required: bool = False


COLUMNS = (
    Column("external_id", ("ma ngoai", "ma viec", "ma so"), required=True),
    Column("parent", ("viec goc", "thuoc viec")),
    Column("title", ("ten viec", "cong viec", "nhiem vu", "trich yeu"), required=True),
    Column("body", ("noi dung", "mo ta", "chi tiet")),
    Column("kind", ("loai", "loai viec", "nguon giao")),
    Column("source_number", ("so van ban", "so ky hieu", "van ban")),
    Column("source_date", ("ngay van ban",)),
    Column("urgency", ("do khan", "muc do khan")),
    Column("weight", ("trong so", "he so quy doi")),
    Column("secret", ("mat", "viec mat")),
    Column("needs_acceptance", ("can duyet", "phai duyet")),
    Column("assigner", ("nguoi giao", "lanh dao giao"), required=True),
    Column("lead", ("chu tri", "nguoi chu tri", "don vi chu tri"), required=True),
    Column("coordinators", ("phoi hop", "nguoi phoi hop")),
    Column("watchers", ("theo doi", "nguoi theo doi")),
    Column("assigned", ("giao luc", "ngay giao")),
    Column("due", ("han", "han hoan thanh", "thoi han"), required=True),
    Column("acknowledged", ("nhan luc", "ngay nhan")),
    Column("reported", ("bao cao luc", "ngay bao cao", "hoan thanh luc")),
    Column("report_text", ("noi dung bao cao", "ket qua")),
    Column("decision", ("quyet dinh", "ket luan")),
    Column("decided", ("quyet dinh luc", "ngay quyet dinh", "ngay duyet")),
    Column("return_reason", ("ly do tra lai",)),
    Column("major_error", ("loi lon", "loi nghiem trong")),
    Column("second_reported", ("bao cao lai luc", "ngay bao cao lai")),
    Column("second_report_text", ("noi dung bao cao lai",)),
    Column("second_decision", ("quyet dinh lan hai",)),
    Column("second_decided", ("quyet dinh lan hai luc", "ngay quyet dinh lan hai")),
    Column("extension_asked", ("xin gia han luc", "ngay xin gia han")),
    Column("extension_until", ("xin gia han den", "gia han den")),
    Column("extension_reason", ("ly do gia han",)),
    Column("extension_decision", ("quyet dinh gia han",)),
    Column("extension_decided", ("quyet dinh gia han luc", "ngay quyet dinh gia han")),
    Column("declined", ("khong nhan luc", "ngay tu choi")),
    Column("decline_reason", ("ly do khong nhan", "ly do tu choi")),
    Column("cancelled", ("huy luc", "ngay huy")),
    Column("cancel_reason", ("ly do huy",)),
    Column("waived", ("mien tru luc", "ngay mien tru")),
    Column("waived_by", ("nguoi mien tru", "nguoi xac nhan")),
    Column("waive_reason", ("ly do mien tru", "nguyen nhan khach quan")),
)
REQUIRED = tuple(column.key for column in COLUMNS if column.required)


class Line(msgspec.Struct, frozen=True):
    """One row: its number as a spreadsheet shows it, its cells by column key."""

    number: int
    cells: dict[str, str]


class Table(msgspec.Struct, frozen=True):
    """A whole file. ``labels``: column key → header as the file writes it, for messages."""

    labels: dict[str, str]
    lines: list[Line]

    def issue(self, line: int, key: str, code: str, **params: object) -> Issue:
        return Issue(SHEET, line, self.labels.get(key, key), code, params)


@cache
def _known() -> dict[str, str]:
    """Accepted header (loose) → column key: the key, its other names, and what the template calls it."""
    return {
        loose(name): column.key
        for column in COLUMNS
        for name in (column.key, *column.names, *(label(locale, column.key) for locale in i18n.LOCALES))
    }


def label(locale: str, key: str) -> str:
    """What the template calls a column."""
    return i18n.t(locale, f"tasks.import.columns.{key}")


def read_files(files: Mapping[str, bytes], issues: list[Issue]) -> Table:
    """The tasks of an XLSX file (sheet ``tasks``, or its only one) or of a CSV file. Raises AppError when it is neither."""
    found = tables(files)
    chosen = [cells for title, cells in found if loose(title) in _SHEET_NAMES] or [cells for _, cells in found[:1]]
    rows = chosen[0]
    start = next((number for number, row in enumerate(rows) if any(row)), None)
    if start is None:
        raise Invalid("import_empty", known=SHEET)
    if len(rows) > MAX_ROWS:
        raise TooLarge("import_too_many_rows", rows=MAX_ROWS)
    keys = _header(rows[start], start + 1, issues)
    lines = [
        Line(number, {key: row[at] if at < len(row) else "" for at, key in keys.items()})
        for number, row in enumerate(rows[start + 1 :], start + 2)
        if any(row)
    ]
    return Table({key: rows[start][at].replace("*", "").strip() for at, key in keys.items()}, lines)


def read_rows(rows: Sequence[Mapping[str, str]], issues: list[Issue]) -> Table:
    """Rows that are mappings already; they are numbered as those of a file with one header."""
    labels = list(dict.fromkeys(label for row in rows for label in row))
    keys = _header(labels, 1, issues)
    lines = [
        Line(number, {key: clean(row.get(labels[at]) or "") for at, key in keys.items()})
        for number, row in enumerate(rows, 2)
    ]
    return Table({key: labels[at] for at, key in keys.items()}, lines)


def _header(header: Sequence[str], number: int, issues: list[Issue]) -> dict[int, str]:
    """Column number → key; whatever is unknown, twice or missing becomes an issue."""
    keys: dict[int, str] = {}
    for at, label in enumerate(header):
        key = _known().get(loose(label))
        if key is None and label:
            known = ", ".join(column.key for column in COLUMNS)
            issues.append(Issue(SHEET, number, label, "import_column_unknown", {"known": known}))
        elif key in keys.values():
            issues.append(Issue(SHEET, number, label, "import_column_twice"))
        elif key is not None:
            keys[at] = key
    issues += [Issue(SHEET, number, key, "import_column_missing") for key in REQUIRED if key not in keys.values()]
    return keys
