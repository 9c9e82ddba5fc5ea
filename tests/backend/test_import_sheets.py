"""Reading organisation files: XLSX and CSV as people really save them, and every way they are not readable."""

import io
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from backend.errors import AppError, InvalidFields
from backend.org import sheets as module
from backend.org.sheets import read_files, read_path
from backend.org.template import template_xlsx, write_template, write_template_csv


def xlsx(**tables: list[list[Any]]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        for name, rows in tables.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for at, cell in enumerate(row):
                    sheet.write(number, at, cell, *([day] if isinstance(cell, date) else []))
    return out.getvalue()


def codes(error: pytest.ExceptionInfo[InvalidFields]) -> list[tuple[str, int, str, str]]:
    return [(issue["sheet"], issue["row"], issue["column"], issue["code"]) for issue in error.value.issues]


def test_cells_of_a_spreadsheet_become_plain_text() -> None:
    data = xlsx(People=[["full_name", "phone", "until"], ["An", 199000101, date(2026, 11, 23)], ["Bê", 2.5, True]])
    [first, second] = read_files({"office.XLSX": data})["people"].rows
    assert first.cells == {"full_name": "An", "phone": "199000101", "until": "2026-11-23"}
    assert second.cells == {"full_name": "Bê", "phone": "2.5", "until": "1"}


def test_row_numbers_are_those_the_spreadsheet_shows() -> None:
    rows = [[], ["", ""], ["Mã*", "Tên đơn vị *"], ["ubnd", "UBND"], [], ["vp", "VP"]]
    assert [row.number for row in read_files({"a.xlsx": xlsx(units=rows)})["units"].rows] == [4, 6]
    text = '\n\ncode,name\nubnd,"UBND\nhai dòng"\n\nvp,VP\n'
    assert [row.number for row in read_files({"units.csv": text.encode()})["units"].rows] == [4, 6]


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_csv_as_different_programs_save_it(bom: bytes, separator: str, newline: str) -> None:
    lines = [separator.join(cells) for cells in (["Họ và tên", "Điện thoại", ""], ["Nguyễn Văn An", "0199000101", ""])]
    sheet = read_files({"people.csv": bom + newline.join(lines).encode()})["people"]
    assert sheet.rows[0].cells == {"full_name": "Nguyễn Văn An", "phone": "0199000101"}
    assert sheet.labels == {"full_name": "Họ và tên", "phone": "Điện thoại"}


@pytest.mark.parametrize("name", ["people", "People", "CÁN BỘ", "can-bo", "Nhân sự"])
def test_sheets_may_be_called_in_vietnamese(name: str) -> None:
    assert list(read_files({f"{name}.csv": b"full_name\nAn"})) == ["people"]


@pytest.mark.parametrize("header", ["Họ và tên", "HO VA TEN", "họ tên *", "Full_Name", "full name (bắt buộc)"])
def test_headers_ignore_case_accents_stars_and_brackets(header: str) -> None:
    assert read_files({"people.csv": f"{header}\nAn".encode()})["people"].rows[0].cells == {"full_name": "An"}


def test_a_decomposed_accent_is_the_same_letter() -> None:
    assert read_files({"people.csv": "Ho\u0323 va\u0300 te\u0302n\nAn".encode()})["people"].rows


def test_unknown_missing_and_double_columns_are_named() -> None:
    with pytest.raises(InvalidFields) as error:
        read_files({"units.csv": b"name,Name,Favourite colour\nx,y,z"})
    assert codes(error) == [
        ("units", 1, "Name", "import_column_twice"),
        ("units", 1, "Favourite colour", "import_column_unknown"),
        ("units", 1, "code", "import_column_missing"),
    ]


def test_an_unknown_sheet_with_content_is_named_and_an_empty_one_ignored() -> None:
    good = [["code", "name"], ["ubnd", "UBND"]]
    assert list(read_files({"a.xlsx": xlsx(units=good, Sheet2=[[]])})) == ["units"]
    with pytest.raises(InvalidFields) as error:
        read_files({"a.xlsx": xlsx(units=good, peeple=[["full_name"]])})
    assert codes(error) == [("peeple", 1, "", "import_sheet_unknown")]


def test_the_same_sheet_twice_is_refused() -> None:
    with pytest.raises(InvalidFields) as error:
        read_files({"people.csv": b"full_name\nAn", "Can bo.csv": b"full_name\nAn"})
    assert codes(error) == [("people", 1, "", "import_sheet_twice")]


def test_tasks_beside_the_office_are_left_to_their_own_import() -> None:
    assert list(read_files({"units.csv": b"code,name\na,A", "tasks.csv": b"anything\nat all"})) == ["units"]


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({}, "import_file_kind"),
        ({"office.pdf": b"%PDF"}, "import_file_kind"),
        ({"a.xlsx": b"", "b.xlsx": b""}, "import_file_kind"),
        ({"office.xlsx": b"not a zip"}, "import_not_xlsx"),
        ({"office.xlsx": b"PK\x05\x06" + b"\0" * 18}, "import_not_xlsx"),
        ({"people.csv": "Họ và tên\nAn".encode("utf-16")}, "import_not_utf8"),
        ({"people.csv": b'full_name\n"An'}, "import_not_csv"),
        ({"people.csv": b""}, "import_empty"),
        ({"tasks.csv": b"x"}, "import_empty"),
    ],
)
def test_what_cannot_be_read_is_said_so(files: dict[str, bytes], code: str) -> None:
    with pytest.raises(AppError) as error:
        read_files(files)
    assert error.value.code == code


def test_too_large_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ROWS", 2)
    for files in ({"people.csv": b"full_name\na\nb"}, {"a.xlsx": xlsx(people=[["full_name"], ["a"], ["b"]])}):
        with pytest.raises(AppError, match="import_too_many_rows"):
            read_files(files)
    monkeypatch.setattr(module, "MAX_BYTES", 5)
    with pytest.raises(AppError, match="import_too_large"):
        read_files({"people.csv": b"full_name\na"})


def test_a_spreadsheet_that_unpacks_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = xlsx(people=[["full_name"], ["a" * 30000]] + [["x"]] * 5000)
    monkeypatch.setattr(module, "MAX_BYTES", len(data))
    with pytest.raises(AppError, match="import_too_large"):
        read_files({"a.xlsx": data})


def test_paths_may_be_a_file_or_a_folder(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("full_name\nAn", encoding="utf-8")
    (tmp_path / "units.csv").write_text("code,name\na,A", encoding="utf-8")
    (tmp_path / "readme.txt").write_text("not ours", encoding="utf-8")
    assert set(read_path(tmp_path)) == {"people", "units"}
    assert set(read_path(tmp_path / "people.csv")) == {"people"}


def test_a_path_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(AppError, match="import_no_file"):
        read_path(tmp_path / "gone.xlsx")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(AppError, match="import_unreadable"):
        read_path(tmp_path / "loop")


@pytest.mark.parametrize("locale", ["vi", "en"])
def test_the_template_is_read_back(tmp_path: Path, locale: str) -> None:
    book = read_files({"template.xlsx": template_xlsx(locale)})
    files = read_path(write_template_csv(tmp_path / "csv", locale)[0].parent)
    assert set(book) == set(files) == {"units", "people", "positions", "leaves", "delegations"}
    assert [row.cells["full_name"] for row in book["people"].rows] == ["Nguyễn Văn An", "Trần Thị Thu Hà", "Lê Văn An"]
    for name in ("units", "people"):
        assert [row.cells for row in book[name].rows] == [row.cells for row in files[name].rows]


def test_the_template_is_written_where_asked(tmp_path: Path) -> None:
    assert write_template(tmp_path / "office.xlsx") == [tmp_path / "office.xlsx"]
    assert set(read_path(tmp_path / "office.xlsx")) == set(read_path(write_template(tmp_path / "folder")[0].parent))


def test_the_template_offers_the_roles_in_a_drop_down() -> None:
    with zipfile.ZipFile(io.BytesIO(template_xlsx("vi"))) as packed:
        sheet = packed.read("xl/worksheets/sheet3.xml").decode()
        notes = packed.read("xl/comments1.xml").decode()
    assert 'type="list"' in sheet
    assert "lãnh đạo,chuyên viên,văn thư,tổ chức cán bộ,quản trị,thanh tra" in sheet
    assert "Bắt buộc." in notes
