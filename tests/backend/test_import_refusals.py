"""Bad rows of an organisation file: each is named by sheet, row, column and reason, and one refuses the whole file."""

import re
from importlib.resources import files

import pytest

from backend.domain.types import SYSTEM
from backend.errors import InvalidFields
from backend.kit import i18n
from backend.kit.problems import describe
from backend.models import Person, Position, Unit
from backend.org.importing import import_org
from tests.backend.org_office import PEOPLE, POSITIONS, UNITS, imported, issues_of, office, sheets, with_row
from tests.cast import Cast

LEAVES = "person,from,until,substitute,reason\n"
DELEGATIONS = "person,unit,substitute,from,until,reason\n"


async def test_every_bad_row_is_reported_and_nothing_is_written(db: None) -> None:
    found = await issues_of(
        office(
            units=with_row(with_row(UNITS, "kt,,ubnd,,"), "kt2,KT,nowhere,,"),
            people=with_row(PEOPLE, ",Lê Ba,not-an-email,12,fr,31/02/2026"),
            positions=with_row(
                with_row(POSITIONS, "nobody,vp,Chuyên viên,officer,,01/07/2025,"), "tu,vp,,boss,x,never,"
            ),
        )
    )
    assert found == [
        ("units", 5, "name", "import_required"),
        ("units", 6, "parent", "import_unit_unknown"),
        ("people", 7, "email", "import_email_bad"),
        ("people", 7, "phone", "import_phone_bad"),
        ("people", 7, "locale", "import_locale_bad"),
        ("people", 7, "until", "import_date_bad"),
        ("positions", 7, "person", "import_person_unknown"),
        ("positions", 8, "title", "import_required"),
        ("positions", 8, "role", "import_role_bad"),
        ("positions", 8, "rank", "import_rank_bad"),
        ("positions", 8, "from", "import_date_bad"),
    ]
    assert [await model.all().count() for model in (Unit, Person, Position)] == [0, 0, 0]


async def test_a_dry_run_refuses_too(db: None) -> None:
    assert await issues_of(office(units=with_row(UNITS, "x,,ubnd,,")), dry_run=True)


async def test_issues_carry_the_files_own_headers_and_texts_in_both_languages(db: None) -> None:
    file = sheets(people="Họ và tên,Điện thoại\n,0199000101\nLê Ba,12\n")
    with pytest.raises(InvalidFields) as error:
        await import_org(SYSTEM, file)
    vi, _ = describe(error.value, "vi")
    en, _ = describe(error.value, "en")
    assert vi.detail == "Có 2 chỗ sai trong tệp; chưa nhập gì."
    assert en.detail == "2 places in the file are wrong; nothing was imported."
    assert vi.issues[1] == {
        "where": "people:3:Điện thoại",
        "code": "import_phone_bad",
        "sheet": "people",
        "row": 3,
        "column": "Điện thoại",
        "value": "12",
        "message": "“12” không phải số điện thoại.",
    }
    assert en.issues[0]["message"] == "This must not be empty."


def test_every_reason_has_a_text_in_both_languages() -> None:

    found: set[str] = set()
    for file in files("backend.org").iterdir():
        if file.name.endswith(".py"):
            found |= set(re.findall(r'"(import_[a-z0-9_]+[a-z])"', file.read_text(encoding="utf-8")))
    found -= {"import_org", "import_path"}
    found |= {f"import_{key}_taken" for key in ("handle", "email", "phone")}
    found |= {f"{key}_taken" for key in ("handle", "email", "phone")}
    for locale in i18n.LOCALES:
        assert {code for code in found if not i18n.has(locale, f"errors.{code}")} == set()


async def test_duplicates_name_the_row_before(db: None) -> None:
    assert await issues_of(
        office(
            units=with_row(UNITS, "VP,Văn phòng khác,ubnd,,"),
            people=with_row(PEOPLE, "tu,Lê Tư,AN@hb.example.vn,+84199000101,,"),
            positions=with_row(POSITIONS, "0199000101,ubnd,chủ tịch ubnd,leader,,2025-07-01,"),
        )
    ) == [
        ("units", 5, "code", "import_duplicate"),
        ("people", 7, "handle", "import_duplicate"),
        ("people", 7, "email", "import_duplicate"),
        ("people", 7, "phone", "import_duplicate"),
        ("positions", 7, "person", "import_duplicate"),
    ]


async def test_two_rows_for_one_person_are_refused(db: None) -> None:
    await imported()
    people = "handle,full_name,email\ntu,Phạm Văn Tư,\n,Phạm Văn Tư,tu@hb.example.vn\n"
    assert await issues_of(sheets(people=people)) == [("people", 3, "full_name", "import_same_person")]


async def test_addresses_and_handles_of_others_are_refused(db: None) -> None:
    await imported()
    people = "handle,full_name,email,phone\ndung,Lê Quốc Dũng,ha@hb.example.vn,0199000103\n"
    assert await issues_of(sheets(people=people)) == [
        ("people", 2, "email", "import_email_taken"),
        ("people", 2, "phone", "import_phone_taken"),
    ]


async def test_namesakes_that_cannot_be_told_apart_are_refused(db: None) -> None:
    await import_org(SYSTEM, sheets(people="full_name\nLê Ba\nLê Ba\n"))
    assert await issues_of(sheets(people="full_name\nLê Ba\n")) == [
        ("people", 2, "full_name", "import_person_ambiguous")
    ]


async def test_a_circle_of_units_is_refused(db: None) -> None:
    units = "code,name,parent\na,A,c\nb,B,a\nc,C,b\nd,D,a\n"
    assert await issues_of(sheets(units=units)) == [("units", row, "parent", "import_unit_cycle") for row in (2, 3, 4)]
    assert await issues_of(sheets(units="code,name,parent\na,A,a\n")) == [("units", 2, "parent", "import_unit_cycle")]


async def test_a_circle_through_what_is_stored_is_refused(db: None) -> None:
    await imported()
    units = "code,name,parent\nubnd,UBND,mc\n"
    assert await issues_of(sheets(units=units)) == [("units", 2, "parent", "import_unit_cycle")]


async def test_too_deep_a_tree_is_refused(db: None) -> None:
    units = "code,name,parent\n" + "".join(f"u{n},U,{f'u{n - 1}' if n else ''}\n" for n in range(13))
    assert await issues_of(sheets(units=units)) == [("units", 14, "parent", "import_unit_too_deep")]


async def test_closed_units_take_nobody(db: None) -> None:
    await imported()
    await Unit.filter(code="mc").update(closed_on="2026-11-01")
    assert await issues_of(office(units="code,name,parent\nx,X,mc\n")) == [
        ("units", 2, "parent", "import_unit_closed"),
        ("positions", 6, "unit", "import_unit_closed"),
    ]


async def test_dates_must_be_in_order(db: None) -> None:
    assert await issues_of(
        office(positions=with_row(POSITIONS, "tu,vp,Chuyên viên,officer,,01/07/2025,30/06/2025"))
    ) == [("positions", 7, "until", "import_until_before_from")]


async def test_nobody_gets_a_position_after_they_left(db: None) -> None:
    people = PEOPLE.replace("tu@hb.example.vn,,en,", "tu@hb.example.vn,,en,30/06/2025")
    assert await issues_of(office(people=people)) == [("positions", 6, "from", "import_person_left")]


async def test_a_row_that_is_bad_is_not_reported_again_where_it_is_referred_to(db: None) -> None:
    assert await issues_of(office(people=PEOPLE.replace(",0199 000 104,,", ",12,,").replace("0199 000 102", "x"))) == [
        ("people", 3, "phone", "import_phone_bad"),
        ("people", 5, "phone", "import_phone_bad"),
        ("positions", 5, "person", "import_person_unknown"),
    ]


async def test_a_unit_has_one_chief_at_a_time(db: None) -> None:
    two = with_row(POSITIONS, "tu,vp,Chánh Văn phòng,leader,,01/01/2026,")
    assert await issues_of(office(positions=two)) == [("positions", 7, "person", "import_two_chiefs")]
    deputy = with_row(POSITIONS, "tu,vp,Phó Chánh Văn phòng,leader,,01/01/2026,")
    assert await issues_of(office(positions=deputy), dry_run=True) == []
    after = with_row(
        POSITIONS.replace("leader,1,01/07/2025,", "leader,1,01/07/2025,31/12/2025"), "tu,vp,Chánh,leader,,01/01/2026,"
    )
    assert await issues_of(office(positions=after), dry_run=True) == []
    ended = PEOPLE.replace("0199 000 103,vi,", "0199 000 103,vi,31/12/2025")
    assert await issues_of(office(people=ended, positions=two), dry_run=True) == []


async def test_a_chief_who_is_missing_from_the_file_still_counts_until_closed(db: None) -> None:
    await imported()
    positions = POSITIONS.replace("an@hb.example.vn,vp", "tu,vp")
    assert await issues_of(office(positions=positions)) == [("positions", 4, "person", "import_two_chiefs")]
    assert await issues_of(office(positions=positions), close_missing=True) == []


async def test_one_person_may_hold_two_chief_positions_in_a_unit(db: None) -> None:
    both = with_row(POSITIONS, "dung,ubnd,Bí thư Đảng ủy,leader,1,01/08/2025,")
    assert await issues_of(office(positions=both)) == []


async def test_who_oversees_a_unit_leads_above_it(db: None) -> None:
    for overseer in ("an", "annv", "tu"):
        units = UNITS.replace("section,ha", f"section,{overseer}")
        assert await issues_of(office(units=units)) == [("units", 3, "overseer", "import_overseer_not_above")]
    units = UNITS.replace("section,ha", "section,nobody")
    assert await issues_of(office(units=units)) == [("units", 3, "overseer", "import_person_unknown")]


IMPOSSIBLE_LEAVE = [
    ("an,23/11/2026,22/11/2026,,", "until", "import_until_before_from"),
    ("an,23/11/2026,25/11/2026,an,", "substitute", "substitute_is_self"),
    ("an,23/11/2026,25/11/2026,nobody,", "substitute", "import_person_unknown"),
    ("nobody,23/11/2026,25/11/2026,,", "person", "import_person_unknown"),
    ("an,23/11/2026,25/11/2028,,", "until", "absence_too_long"),
    ("an,14/11/2026,30/11/2026,,", "from", "leave_overlaps"),
    ("an,23/11/2026,25/11/2026,hai,", "substitute", "substitute_elsewhere"),
    ("an,23/11/2026,25/11/2026,ba,", "substitute", "substitute_gone"),
    ("ba,23/11/2026,25/11/2026,,", "from", "import_person_left"),
]


async def test_leave_must_be_possible(db: None) -> None:
    await imported(leaves=LEAVES + "an,10/11/2026,15/11/2026,,\n")
    people = with_row(with_row(PEOPLE, "hai,Lê Thị Hai,,,,"), "ba,Lê Ba,,,,20/11/2026")
    positions = with_row(POSITIONS, "ba,vp,Chuyên viên,officer,,01/07/2025,")
    for row, column, code in IMPOSSIBLE_LEAVE:
        file = office(people=people, positions=positions, leaves=LEAVES + row)
        assert await issues_of(file) == [("leaves", 2, column, code)], row


IMPOSSIBLE_DELEGATIONS = [
    ("dung,,ha,30/11/2026,24/11/2026,QĐ", "until", "import_until_before_from"),
    ("dung,,ha,24/11/2026,30/11/2026,", "reason", "import_required"),
    ("dung,,dung,24/11/2026,30/11/2026,QĐ", "substitute", "substitute_is_self"),
    ("annv,,ha,24/11/2026,30/11/2026,QĐ", "person", "delegation_no_position"),
    ("dung,vp,ha,24/11/2026,30/11/2026,QĐ", "person", "delegation_no_position"),
    ("dung,no,ha,24/11/2026,30/11/2026,QĐ", "unit", "import_unit_unknown"),
    ("an,,ha,24/11/2026,30/11/2026,QĐ", "unit", "delegation_which_unit"),
    ("dung,,ha,24/11/2026,30/11/2029,QĐ", "until", "absence_too_long"),
    ("dung,,tu,10/11/2026,30/11/2026,QĐ", "from", "delegation_overlaps"),
    ("nobody,,ha,24/11/2026,30/11/2026,QĐ", "person", "import_person_unknown"),
]


async def test_a_delegation_must_be_possible(db: None) -> None:
    await imported(delegations=DELEGATIONS + "dung,,ha,01/11/2026,12/11/2026,QĐ 1\n")
    positions = with_row(POSITIONS, "an,mc,Trưởng bộ phận,leader,,01/07/2025,")
    for row, column, code in IMPOSSIBLE_DELEGATIONS:
        file = office(positions=positions, delegations=DELEGATIONS + row)
        assert await issues_of(file) == [("delegations", 2, column, code)], row


BEYOND_HR = [
    ({"units": "code,name\nxa,Xã mới\n"}, ("units", 2, "code", "import_outside")),
    ({"units": "code,name\nother,Đổi tên\n"}, ("units", 2, "code", "import_outside")),
    ({"units": "code,name,parent\ntuphap,Phòng Tư pháp,other\n"}, ("units", 2, "code", "import_outside")),
    ({"people": "handle,full_name\nstranger,Đổi Tên\n"}, ("people", 2, "full_name", "import_outside")),
    (
        {"people": "handle,full_name,email\nadmin,Đỗ Quản Trị,x@x.vn\n"},
        ("people", 2, "full_name", "import_needs_admin"),
    ),
    (
        {"positions": "person,unit,title,role,from\nan,ubnd,Quản trị,admin,01/07/2025\n"},
        ("positions", 2, "role", "import_needs_admin"),
    ),
    (
        {"positions": "person,unit,title,role,from\nan,other,CV,officer,01/07/2025\n"},
        ("positions", 2, "unit", "import_outside"),
    ),
    (
        {"positions": "person,unit,title,role,from\nstranger,tuphap,CV,officer,01/07/2025\n"},
        ("positions", 2, "person", "import_outside"),
    ),
    ({"leaves": "person,from,until\nstranger,23/11/2026,24/11/2026\n"}, ("leaves", 2, "person", "import_outside")),
]


async def test_hr_touches_only_their_own_and_never_admins(db: None, cast: Cast) -> None:
    hr, admin = await cast.actor("hr"), await cast.actor("admin")
    for tables, expected in BEYOND_HR:
        assert await issues_of(sheets(**tables), hr) == [expected]
        assert await issues_of(sheets(**tables), admin, dry_run=True) == []


async def test_hr_does_not_delegate_for_strangers(db: None, cast: Cast) -> None:
    await import_org(SYSTEM, sheets(positions="person,unit,title,role,from\nstranger,other,Phó CT,leader,01/07/2025\n"))
    file = sheets(delegations=DELEGATIONS + "otherchair,,stranger,24/11/2026,30/11/2026,QĐ\n")
    assert await issues_of(file, await cast.actor("hr")) == [("delegations", 2, "person", "import_outside")]


async def test_hr_does_not_learn_who_owns_a_strangers_address(db: None, cast: Cast) -> None:
    file = sheets(
        people="handle,full_name,email\nmoi,Lê Mới,stranger@phuong.example.vn\n"
        "an,Nguyễn Văn An,otherchair@phuong.example.vn\n"
    )
    with pytest.raises(InvalidFields) as error:
        await import_org(await cast.actor("hr"), file)
    assert "Tư Văn Khác" not in str(error.value.issues)
    assert {issue["code"] for issue in error.value.issues} == {"import_outside", "import_email_taken"}


async def test_hr_closes_no_admin_by_leaving_them_out(db: None, cast: Cast) -> None:
    file = sheets(
        people="handle,full_name\nchair,Lê Quốc Dũng\nhr,Vũ Thị Lan\n",
        positions="person,unit,title,role,from\nchair,ubnd,Chủ tịch UBND,leader,01/07/2025\n"
        "hr,ubnd,Cán bộ tổ chức,hr,01/07/2025\n",
    )
    result = await import_org(await cast.actor("hr"), file, close_missing=True)
    closed = {one.ref: one.closed for one in result.missing if one.kind == "person"}
    assert closed["admin"] is False
    assert closed["an"] is True
    assert "stranger" not in closed
