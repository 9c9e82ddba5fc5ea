"""The empty organisation file that people fill in: XLSX with notes and a drop-down, or CSV."""

import csv
import io
from datetime import date
from pathlib import Path
from typing import Any

import xlsxwriter

from backend.domain.types import Role
from backend.kit import i18n
from backend.org.columns import SHEETS, Column, SheetSpec

#: Rows of the table to which the drop-down and formats reach.
_ROWS = 5000
#: Example rows, cells in the order of the sheet's columns; ``{…}`` are texts of the catalogue.
_EXAMPLES: dict[str, tuple[tuple[str, ...], ...]] = {
    "units": (
        ("ubnd", "{unit_root}", "", "committee", ""),
        ("vp", "{unit_office}", "ubnd", "section", "ha"),
    ),
    "people": (
        ("", "Nguyễn Văn An", "an@xa.example.vn", "0199 000 001", "vi", ""),
        ("", "Trần Thị Thu Hà", "ha@xa.example.vn", "0199 000 002", "vi", ""),
        ("", "Lê Văn An", "levanan@xa.example.vn", "0199 000 003", "vi", ""),
    ),
    "positions": (
        ("an", "ubnd", "{title_chief}", "{leader}", "1", "01/07/2025", ""),
        ("ha@xa.example.vn", "ubnd", "{title_deputy}", "{leader}", "2", "01/07/2025", ""),
        ("0199 000 003", "vp", "{title_officer}", "{officer}", "", "01/07/2025", ""),
    ),
    "leaves": (),
    "delegations": (),
}


def template_xlsx(locale: str = i18n.DEFAULT) -> bytes:
    """An XLSX file with every sheet, its headers (``*`` = required) with notes, example rows, a drop-down for roles."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        looks = {
            "head": book.add_format({"bold": True, "bg_color": "#DDE7F0", "border": 1, "text_wrap": True}),
            "must": book.add_format({"bold": True, "bg_color": "#F6DDB8", "border": 1, "text_wrap": True}),
            "date": book.add_format({"num_format": "dd/mm/yyyy", "align": "left"}),
            # Codes and phones must stay text: a spreadsheet would eat the leading 0.
            "text": book.add_format({"num_format": "@"}),
        }
        for spec in SHEETS.values():
            _sheet(book.add_worksheet(_title(locale, spec)), spec, locale, looks)
    return out.getvalue()


def write_template_csv(folder: Path, locale: str = i18n.DEFAULT) -> list[Path]:
    """The same as one CSV file a sheet (UTF-8 with BOM, so that Excel reads the accents); returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for spec in SHEETS.values():
        path = folder / f"{spec.name}.csv"
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            rows = csv.writer(file)
            rows.writerow([header(locale, spec.name, column) for column in spec.columns])
            rows.writerows(_examples(locale, spec.name))
        written.append(path)
    return written


def write_template(path: Path, locale: str = i18n.DEFAULT) -> list[Path]:
    """The template as an XLSX file when ``path`` is called so, else as a folder of CSV files; returns what was written."""
    if path.suffix.lower() != ".xlsx":
        return write_template_csv(path, locale)
    path.write_bytes(template_xlsx(locale))
    return [path]


def header(locale: str, sheet: str, column: Column) -> str:
    """A column's header, with ``*`` when it must be filled."""
    return i18n.t(locale, f"org.columns.{sheet}.{column.key}") + ("*" if column.required else "")


def role_name(locale: str, role: Role) -> str:
    """A role as the language writes it; the import reads it back."""
    return i18n.t(locale, f"org.roles.{role.value}")


def _title(locale: str, spec: SheetSpec) -> str:
    return i18n.t(locale, f"org.sheets.{spec.name}")


def _examples(locale: str, sheet: str) -> list[list[str]]:
    words: dict[str, str] = {role.value: role_name(locale, role) for role in Role}
    for name in ("unit_root", "unit_office", "title_chief", "title_deputy", "title_officer"):
        words[name] = i18n.t(locale, f"org.examples.{name}")
    return [[cell.format_map(words) for cell in row] for row in _EXAMPLES[sheet]]


def _sheet(sheet: Any, spec: SheetSpec, locale: str, looks: dict[str, Any]) -> None:
    sheet.freeze_panes(1, 0)
    for at, column in enumerate(spec.columns):
        sheet.set_column(
            at, at, 28 if column.kind in ("name", "full_name", "title", "reason") else 18, _look(column, looks)
        )
        sheet.write_string(0, at, header(locale, spec.name, column), looks["must" if column.required else "head"])
        sheet.write_comment(
            0, at, i18n.t(locale, f"org.notes.{spec.name}.{column.key}"), {"x_scale": 2, "y_scale": 1.4}
        )
        if column.kind == "role":
            _drop_down(sheet, at, [role_name(locale, role) for role in Role])
    for number, row in enumerate(_examples(locale, spec.name), 1):
        for at, cell in enumerate(row):
            _write(sheet, number, at, cell, spec.columns[at], looks)


def _look(column: Column, looks: dict[str, Any]) -> Any:
    return looks["date"] if column.kind == "date" else looks["text"]


def _write(sheet: Any, row: int, at: int, cell: str, column: Column, looks: dict[str, Any]) -> None:
    if column.kind == "date" and cell:
        day, month, year = (int(part) for part in cell.split("/"))
        sheet.write_datetime(row, at, date(year, month, day), looks["date"])
    elif cell:
        sheet.write_string(row, at, cell, looks["text"])


def _drop_down(sheet: Any, at: int, names: list[str]) -> None:
    sheet.data_validation(1, at, _ROWS, at, {"validate": "list", "source": names})
