"""A small office as CSV text for tests of the import, and ways to import it."""

from textwrap import dedent
from typing import Any

from backend.domain.types import SYSTEM, Actor
from backend.errors import InvalidFields
from backend.org.importing import ImportResult, import_org
from backend.org.sheets import Sheets, read_files

UNITS = """\
    code,name,parent,kind,overseer
    ubnd,UBND Phường Hòa Bình,,committee,
    vp,Văn phòng,ubnd,section,ha
    mc,Bộ phận Một cửa,vp,section,
    """
PEOPLE = """\
    handle,full_name,email,phone,locale,until
    ,Lê Quốc Dũng,dung@hb.example.vn,0199 000 101,vi,
    ,Trần Thị Hà,ha@hb.example.vn,0199 000 102,vi,
    ,Nguyễn Văn An,an@hb.example.vn,0199 000 103,vi,
    ,Nguyễn Văn An,an2@hb.example.vn,0199 000 104,,
    tu,Phạm Văn Tư,tu@hb.example.vn,,en,
    """
POSITIONS = """\
    person,unit,title,role,rank,from,until
    dung,ubnd,Chủ tịch UBND,leader,,01/07/2025,
    ha,ubnd,Phó Chủ tịch UBND,leader,,01/07/2025,
    an@hb.example.vn,vp,Chánh Văn phòng,leader,1,01/07/2025,
    0199000104,vp,Chuyên viên,officer,,01/07/2025,
    tu,mc,Cán bộ tổ chức,hr,,01/07/2025,
    """
OFFICE = {"units": UNITS, "people": PEOPLE, "positions": POSITIONS}


def sheets(**tables: str) -> Sheets:
    """Sheets of CSV texts by name."""
    return read_files({f"{name}.csv": dedent(text).encode() for name, text in tables.items()})


def office(**changed: str) -> Sheets:
    """The small office with some sheets replaced; an empty text leaves a sheet out."""
    return sheets(**{name: text for name, text in {**OFFICE, **changed}.items() if text})


def with_row(table: str, row: str) -> str:
    """A table with one more row."""
    return dedent(table) + row + "\n"


async def imported(actor: Actor = SYSTEM, **changed: str) -> ImportResult:
    """Import the small office."""
    return await import_org(actor, office(**changed))


async def issues_of(sheets: Sheets, actor: Actor = SYSTEM, **options: Any) -> list[tuple[str, int, str, str]]:
    """What is wrong with a file: (sheet, row, column, code)."""
    try:
        await import_org(actor, sheets, **options)
    except InvalidFields as error:
        return [(issue["sheet"], issue["row"], issue["column"], issue["code"]) for issue in error.issues]
    return []
