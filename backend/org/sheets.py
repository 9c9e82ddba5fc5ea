"""Reading an organisation file, XLSX or CSV, into rows of text that remember where they stood."""

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path, PurePath
from typing import Any

import msgspec
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from backend.errors import Invalid, InvalidFields, TooLarge, Unsupported
from backend.kit.text import clean
from backend.org.columns import FOREIGN, SHEETS, column_names, loose, sheet_names

#: An office file is text: 200,000 rows of it stay below this; anything larger is a mistake or an attack.
MAX_BYTES = 64 * 1024 * 1024
MAX_ROWS = 200_000


class Row(msgspec.Struct, frozen=True):
    """One row: its number as the spreadsheet shows it, and its cells as trimmed text by column key."""

    number: int
    cells: dict[str, str]


class Sheet(msgspec.Struct, frozen=True):
    """One sheet: ``labels`` maps the column keys that are present to the headers as the file writes them."""

    name: str
    labels: dict[str, str]
    rows: list[Row]


Sheets = dict[str, Sheet]


class Issue(msgspec.Struct, frozen=True):
    """Something wrong at one place of the file; ``code`` is a key of ``errors``, ``params`` fill its text."""

    sheet: str
    row: int
    column: str
    code: str
    params: dict[str, Any] = {}

    def plain(self) -> dict[str, Any]:
        """As an issue of :class:`backend.errors.InvalidFields`."""
        return {
            "where": f"{self.sheet}:{self.row}:{self.column}",
            "code": self.code,
            "sheet": self.sheet,
            "row": self.row,
            "column": self.column,
            **self.params,
        }


def refuse(issues: Sequence[Issue]) -> None:
    """Raise InvalidFields with every issue in the order of the file, if there is any."""
    if issues:
        order = {name: number for number, name in enumerate(SHEETS)}
        ordered = sorted(issues, key=lambda issue: (order.get(issue.sheet, 99), issue.sheet, issue.row))
        raise InvalidFields("import_refused", [issue.plain() for issue in ordered], n=len(issues))


def read_path(path: Path) -> Sheets:
    """The sheets of an XLSX file, of a folder of CSV files, or of one CSV file named after its sheet."""
    return read_files(files_at(path))


def files_at(path: Path) -> dict[str, bytes]:
    """A file, or the CSV files of a folder, by name. Raises Invalid when they cannot be read."""
    try:
        if path.is_dir():
            found = sorted(file for file in path.iterdir() if file.suffix.lower() == ".csv")
            return {file.name: file.read_bytes() for file in found}
        return {path.name: path.read_bytes()}
    except FileNotFoundError:
        raise Invalid("import_no_file", path=str(path)) from None
    except OSError as error:
        raise Invalid("import_unreadable", path=str(path), problem=error.strerror or str(error)) from None


def read_files(files: Mapping[str, bytes]) -> Sheets:
    """The sheets of one XLSX file or of several CSV files, by file name. Raises AppError when they are not that."""
    return _understand(tables(files))


def tables(files: Mapping[str, bytes]) -> list[tuple[str, list[list[str]]]]:
    """Title and cells of every sheet of one XLSX file, or of several CSV files. Raises AppError when they are not that."""
    if sum(len(data) for data in files.values()) > MAX_BYTES:
        raise TooLarge("import_too_large", megabytes=MAX_BYTES // (1024 * 1024))
    workbooks = [name for name in files if PurePath(name).suffix.lower() in (".xlsx", ".xlsm")]
    if workbooks and len(files) == 1:
        return _workbook(files[workbooks[0]])
    if not files or any(PurePath(name).suffix.lower() != ".csv" for name in files):
        raise Unsupported("import_file_kind", name=", ".join(files))
    return [(PurePath(name).stem, _csv(name, data)) for name, data in files.items()]


def _workbook(data: bytes) -> list[tuple[str, list[list[str]]]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(entry.file_size for entry in packed.infolist()) > MAX_BYTES * 4:
                raise TooLarge("import_too_large", megabytes=MAX_BYTES // (1024 * 1024))
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        return [(name, _cells(book.get_sheet_by_name(name))) for name in book.sheet_names]
    except (CalamineError, zipfile.BadZipFile, ValueError) as error:
        raise Unsupported("import_not_xlsx") from error


def _cells(sheet: CalamineSheet) -> list[list[str]]:
    if sheet.total_height > MAX_ROWS:
        raise TooLarge("import_too_many_rows", rows=MAX_ROWS)
    return [[_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]


def _csv(name: str, data: bytes) -> list[list[str]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unsupported("import_not_utf8", name=name, line=data[: error.start].count(b"\n") + 1) from None
    head = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    try:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        return [[clean(cell) for cell in row] for row in rows]
    except csv.Error as error:
        raise Unsupported("import_not_csv", name=name, problem=str(error)) from None


def _text(cell: Any) -> str:
    """A cell as text: dates in ISO, whole numbers without a point."""
    match cell:
        case bool():
            return "1" if cell else "0"
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime() if cell.time() == time():
            return cell.date().isoformat()
        case datetime() | date():
            return cell.isoformat()
        case _:
            return clean(str(cell))


def _understand(tables: Iterable[tuple[str, list[list[str]]]]) -> Sheets:
    """Recognise sheets and headers. Raises InvalidFields for unknown or missing ones, Invalid when none is ours."""
    sheets: Sheets = {}
    issues: list[Issue] = []
    for title, table in tables:
        name = sheet_names().get(loose(title))
        if name is None:
            if loose(title) not in FOREIGN and any(any(row) for row in table):
                issues.append(Issue(title, 1, "", "import_sheet_unknown", {"known": ", ".join(SHEETS)}))
        elif name in sheets:
            issues.append(Issue(name, 1, "", "import_sheet_twice"))
        elif sheet := _sheet(name, table, issues):
            sheets[name] = sheet
    refuse(issues)
    if not sheets:
        raise Invalid("import_empty", known=", ".join(SHEETS))
    return sheets


def _sheet(name: str, table: list[list[str]], issues: list[Issue]) -> Sheet | None:
    """A sheet with its header understood; None when it is quite empty."""
    start = next((number for number, row in enumerate(table) if any(row)), None)
    if start is None:
        return None
    if len(table) > MAX_ROWS:
        raise TooLarge("import_too_many_rows", rows=MAX_ROWS)
    keys = _header(name, table[start], start + 1, issues)
    rows = [
        Row(number, {key: row[at] if at < len(row) else "" for at, key in keys.items()})
        for number, row in enumerate(table[start + 1 :], start + 2)
        if any(row)
    ]
    return Sheet(name, {key: table[start][at].replace("*", "").strip() for at, key in keys.items()}, rows)


def _header(name: str, header: list[str], number: int, issues: list[Issue]) -> dict[int, str]:
    """Column number → key; whatever is unknown, twice or missing becomes an issue."""
    known = column_names(name)
    keys: dict[int, str] = {}
    for at, label in enumerate(header):
        key = known.get(loose(label))
        if key is None and label:
            params = {"known": ", ".join(column.key for column in SHEETS[name].columns)}
            issues.append(Issue(name, number, label, "import_column_unknown", params))
        elif key in keys.values():
            issues.append(Issue(name, number, label, "import_column_twice"))
        elif key is not None:
            keys[at] = key
    for key in SHEETS[name].required:
        if key not in keys.values():
            issues.append(Issue(name, number, key, "import_column_missing"))
    return keys
