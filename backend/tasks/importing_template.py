"""The empty task file that people fill in: XLSX with notes, drop-downs and example rows."""

import io
from typing import Any

import xlsxwriter

from backend.kit import i18n
from backend.tasks.importing_columns import COLUMNS, SHEET, label

#: Rows of the table to which the drop-downs reach.
_ROWS = 5000
_EXAMPLES: tuple[dict[str, str], ...] = (
    {
        "external_id": "VB-2026-0125",
        "title": "{title_document}",
        "kind": "document",
        "source_number": "125/KH-UBND",
        "source_date": "20/11/2026",
        "urgency": "normal",
        "assigner": "dung",
        "lead": "unit:van-phong",
        "coordinators": "an, binh",
        "needs_acceptance": "x",
        "weight": "1",
        "assigned": "23/11/2026 08:30",
        "due": "27/11/2026 17:00",
    },
    {
        "external_id": "KL-2026-0031",
        "title": "{title_done}",
        "kind": "meeting",
        "assigner": "dung",
        "lead": "an",
        "assigned": "02/11/2026 08:00",
        "due": "06/11/2026 17:30",
        "acknowledged": "02/11/2026 09:15",
        "reported": "05/11/2026 16:00",
        "report_text": "{report_done}",
        "decision": "accept",
        "decided": "06/11/2026 08:00",
    },
)
_LISTS = {
    "kind": ["direct", "document", "meeting", "dossier_step", "citizen_report"],
    "urgency": ["normal", "urgent", "very_urgent", "express"],
    "needs_acceptance": ["x", "0"],
    "secret": ["x", "0"],
    "decision": ["accept", "return"],
    "major_error": ["x", "0"],
    "second_decision": ["accept"],
    "extension_decision": ["approved", "refused"],
}
_WIDE = frozenset({"title", "body", "report_text", "second_report_text", "return_reason"})


def template_xlsx(locale: str = i18n.DEFAULT) -> bytes:
    """An XLSX file with one sheet: headers (``*`` = required) with notes, two example rows, drop-downs."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        head = book.add_format({"bold": True, "bg_color": "#DDE7F0", "border": 1, "text_wrap": True})
        must = book.add_format({"bold": True, "bg_color": "#F6DDB8", "border": 1, "text_wrap": True})
        # Codes and dates stay text, as they are typed: a spreadsheet would rewrite them.
        text = book.add_format({"num_format": "@"})
        sheet = book.add_worksheet(SHEET)
        sheet.freeze_panes(1, 0)
        for at, column in enumerate(COLUMNS):
            sheet.set_column(at, at, 40 if column.key in _WIDE else 18, text)
            sheet.write_string(0, at, header(locale, column.key, column.required), must if column.required else head)
            note = i18n.t(locale, f"tasks.import.notes.{column.key}")
            sheet.write_comment(0, at, note, {"x_scale": 2, "y_scale": 1.4})
            if column.key in _LISTS:
                sheet.data_validation(1, at, _ROWS, at, {"validate": "list", "source": _LISTS[column.key]})
        for number, row in enumerate(_examples(locale), 1):
            for at, column in enumerate(COLUMNS):
                if cell := row.get(column.key):
                    sheet.write_string(number, at, cell, text)
    return out.getvalue()


def header(locale: str, key: str, required: bool) -> str:
    """A column's header, with ``*`` when it must be filled."""
    return label(locale, key) + ("*" if required else "")


def _examples(locale: str) -> list[dict[str, str]]:
    words: dict[str, Any] = {
        name: i18n.t(locale, f"tasks.import.examples.{name}")
        for name in ("title_document", "title_done", "report_done")
    }
    return [{key: cell.format_map(words) for key, cell in row.items()} for row in _EXAMPLES]
