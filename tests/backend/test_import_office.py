"""Importing an office: what is created and changed, that a second time changes nothing, and what leaves the file."""

from datetime import date
from typing import Any

import pytest

from backend.auth.actors import actor_of
from backend.domain.types import SYSTEM, Role
from backend.errors import Forbidden
from backend.kit import clock as kit_clock
from backend.kit.db import Sql
from backend.models import AuditRow, Delegation, Leave, OutboxNotice, Person, Position, Unit
from backend.org.importing import import_org
from backend.org.permissions import root_of
from backend.org.queries import find_person, find_unit, targets_of
from backend.org.service import cancel_leave, template_xlsx
from backend.org.sheets import read_files
from tests.backend.org_office import PEOPLE, POSITIONS, UNITS, imported, office, sheets, with_row
from tests.cast import Cast

LEAVES = """\
    person,from,until,substitute,reason
    an,23/11/2026,25/11/2026,annv,nghỉ phép năm
    """
DELEGATIONS = """\
    person,unit,substitute,from,until,reason
    dung,,ha,24/11/2026,30/11/2026,QĐ 15/QĐ-UBND
    """


async def test_an_office_is_created_with_tree_handles_and_positions(db: None) -> None:
    result = await imported()
    assert (result.created, result.changed, result.unchanged, result.closed) == (13, 0, 0, 0)
    root, vp, mc = [await find_unit(code) for code in ("ubnd", "vp", "mc")]
    assert (root.path, vp.path, mc.path) == (f"/{root.id}/", f"/{root.id}/{vp.id}/", f"/{root.id}/{vp.id}/{mc.id}/")
    assert vp.overseer_id == (await find_person("ha")).id
    assert vp.parent_id == root.id
    names = await Sql().rows("select handle, full_name, name_folded, phone, locale from person order by id")
    assert [row["handle"] for row in names] == ["dung", "ha", "an", "annv", "tu"]
    assert dict(names[3]) == {
        "handle": "annv",
        "full_name": "Nguyễn Văn An",
        "name_folded": "nguyen van an",
        "phone": "+84199000104",
        "locale": "vi",
    }
    assert (await find_person("tu")).locale == "en"
    [seat] = await targets_of((await find_person("ha")).id)
    assert (seat.unit_code, seat.title, seat.role, seat.rank, seat.from_on) == (
        "ubnd",
        "Phó Chủ tịch UBND",
        Role.LEADER,
        2,
        date(2025, 7, 1),
    )
    person = await Person.get(handle="an")
    assert (person.password_hash, person.must_change_password, person.channels) == (None, True, [])
    assert (await actor_of(person.id)).posts[0].path == vp.path


async def _everything() -> list[Any]:
    return [await model.all().order_by("id").values() for model in (Unit, Person, Position, Leave, Delegation)]


async def test_a_second_import_changes_no_row(db: None) -> None:
    tables = {"leaves": LEAVES, "delegations": DELEGATIONS}
    first = await imported(**tables)
    before = await _everything()
    audited = await AuditRow.all().count()
    second = await imported(**tables)
    assert (second.created, second.changed, second.unchanged) == (0, 0, first.created)
    assert second.rows == []
    assert [
        await model.all().order_by("id").values() for model in (Unit, Person, Position, Leave, Delegation)
    ] == before
    assert await AuditRow.all().count() == audited
    assert await OutboxNotice.all().count() == 2


async def test_a_second_import_changes_nothing_months_later(db: None, clock: Any) -> None:
    tables = {"leaves": LEAVES, "delegations": DELEGATIONS}
    await imported(**tables)
    clock.set("2027-06-01 08:00")
    result = await imported(**tables)
    assert (result.created, result.changed) == (0, 0)


@pytest.mark.parametrize("locale", ["vi", "en"])
async def test_the_template_with_its_examples_is_an_office(db: None, locale: str) -> None:
    template = read_files({"template.xlsx": template_xlsx(locale)})
    assert (await import_org(SYSTEM, template)).created == 8
    again = await import_org(SYSTEM, template)
    assert (again.created, again.changed, again.unchanged) == (0, 0, 8)
    assert [seat.rank for seat in await targets_of((await find_person("ha")).id)] == [2]


async def test_a_dry_run_says_everything_and_writes_nothing(db: None) -> None:
    result = await import_org(SYSTEM, office(), dry_run=True)
    assert (result.dry_run, result.created) == (True, 13)
    assert {(row.sheet, row.row, row.what) for row in result.rows} >= {
        ("units", 2, "created"),
        ("positions", 6, "created"),
    }
    assert [await model.all().count() for model in (Unit, Person, Position, AuditRow)] == [0, 0, 0, 0]


async def test_changes_are_named_field_by_field(db: None) -> None:
    await imported()
    result = await imported(
        people=PEOPLE.replace("0199 000 102", "0199 000 999").replace("Trần Thị Hà", "Trần Thị Thu Hà"),
        units=UNITS.replace("Văn phòng,", "Văn phòng HĐND và UBND,"),
        positions=POSITIONS.replace("Chuyên viên,officer,,01/07/2025,", "Chuyên viên,officer,,01/07/2025,31/12/2026"),
    )
    assert (result.created, result.changed, result.unchanged) == (0, 3, 10)
    changes = {row.sheet: (row.row, row.ref, row.changes) for row in result.rows}
    assert changes["people"] == (
        3,
        "ha",
        {"full_name": ("Trần Thị Hà", "Trần Thị Thu Hà"), "phone": ("+84199000102", "+84199000999")},
    )
    assert changes["units"][2] == {"name": ("Văn phòng", "Văn phòng HĐND và UBND")}
    assert changes["positions"][2] == {"until": (None, "2026-12-31")}
    assert (await find_person("0199 000 999")).full_name == "Trần Thị Thu Hà"


async def test_empty_cells_and_absent_columns_erase_nothing(db: None) -> None:
    await imported()
    result = await imported(
        people="handle,full_name,email,phone,locale\ndung,Lê Quốc Dũng,,,\nha,Trần Thị Hà,,,\nan,Nguyễn Văn An,,,\n"
        "annv,Nguyễn Văn An,,,\ntu,Phạm Văn Tư,,,\n",
        units="code,name\nubnd,UBND Phường Hòa Bình\nvp,Văn phòng\nmc,Bộ phận Một cửa\n",
        positions="",
    )
    assert (result.created, result.changed) == (0, 0)


async def test_people_are_known_by_handle_then_email_then_phone(db: None) -> None:
    await imported()
    ids = {row["handle"]: row["id"] for row in await Person.all().values("handle", "id")}
    result = await imported(
        people="""\
        handle,full_name,email,phone
        dung,Lê Quốc Dũng,moi@hb.example.vn,0199 000 201
        ,Trần Thị Hà,ha@hb.example.vn,0199 000 202
        ,Nguyễn Văn Ân,,0199 000 103
        """,
        positions="",
    )
    assert (result.created, result.changed) == (0, 3)
    assert (await Person.get(id=ids["dung"])).email == "moi@hb.example.vn"
    assert (await Person.get(id=ids["ha"])).phone == "+84199000202"
    person = await Person.get(id=ids["an"])
    assert (person.full_name, person.handle) == ("Nguyễn Văn Ân", "an")


async def test_people_without_any_address_are_known_by_name(db: None) -> None:
    people = "full_name\nBùi Thị Xuân\nNguyễn Văn Năm\nNguyễn Văn Năm\n"
    first = await import_org(SYSTEM, sheets(people=people))
    assert [row.ref for row in first.rows] == ["xuan", "nam", "namnv"]
    second = await import_org(SYSTEM, sheets(people=people))
    assert (second.created, second.unchanged) == (0, 3)
    later = await import_org(SYSTEM, sheets(people="full_name,email\nBùi Thị Xuân,xuan@hb.example.vn\n"))
    assert (later.created, later.changed) == (0, 1)


async def test_a_namesake_with_an_address_is_somebody_else(db: None) -> None:
    await import_org(SYSTEM, sheets(people="full_name,email\nNguyễn Thị Mai,mai@hb.example.vn\n"))
    result = await import_org(SYSTEM, sheets(people="full_name,phone\nNguyễn Thị Mai,0199000777\n"))
    assert [(row.what, row.ref) for row in result.rows] == [("created", "maint")]


async def test_two_people_may_swap_addresses_and_handles(db: None) -> None:
    people = "handle,full_name,email,phone\n{0},Lê Ba,{1},{2}\n{3},Lê Tư,{4},{5}\n"
    one, two = ("ba", "ba@x.example.vn", "+84199000301"), ("tu", "tu@x.example.vn", "+84199000302")
    await import_org(SYSTEM, sheets(people=people.format(*one, *two)))
    result = await import_org(SYSTEM, sheets(people=people.format("ba", *two[1:], "tu", *one[1:])))
    assert result.changed == 2
    assert (await find_person("ba")).email == "tu@x.example.vn"
    renamed = "handle,full_name,email\ntu,Lê Ba,tu@x.example.vn\nba,Lê Tư,ba@x.example.vn\n"
    await import_org(SYSTEM, sheets(people=renamed))
    assert (await find_person("ba")).email == "ba@x.example.vn"


async def test_a_handle_can_be_renamed_by_email(db: None) -> None:
    await imported()
    result = await imported(people=PEOPLE.replace(",Lê Quốc Dũng", "quocdung,Lê Quốc Dũng"), positions="")
    assert [(row.ref, row.changes) for row in result.rows] == [("quocdung", {"handle": ("dung", "quocdung")})]


async def test_moving_a_unit_moves_the_paths_below_it(db: None) -> None:
    await imported()
    units = with_row(UNITS, "kt,Phòng Kinh tế,ubnd,section,")
    await imported(units=units)
    await imported(units=units.replace("vp,Văn phòng,ubnd", "vp,Văn phòng,kt"))
    root, kt, vp, mc = [await find_unit(code) for code in ("ubnd", "kt", "vp", "mc")]
    assert vp.path == f"/{root.id}/{kt.id}/{vp.id}/"
    assert mc.path == f"{vp.path}{mc.id}/"
    assert root_of(mc.path) == root.path


async def test_a_position_that_moved_its_dates_or_title_is_the_same_position(db: None) -> None:
    await imported()
    ids = {row["id"] for row in await Position.all().values("id")}
    moved = POSITIONS.replace("Chuyên viên,officer,,01/07/2025", "Chuyên viên,officer,,15/07/2025")
    assert [row.changes.keys() for row in (await imported(positions=moved)).rows] == [{"from"}]
    retitled = moved.replace("Chuyên viên,", "Chuyên viên chính,")
    assert [row.changes.keys() for row in (await imported(positions=retitled)).rows] == [{"title"}]
    assert {row["id"] for row in await Position.all().values("id")} == ids
    result = await imported(positions=POSITIONS.replace("Chuyên viên,", "Chuyên viên cao cấp,"))
    # Neither the first day nor the title of the old one: a new position, and the old one is missing.
    assert [(row.what, row.ref) for row in result.rows] == [("created", "annv @ vp")]
    assert [one.ref for one in result.missing] == ["annv @ vp"]


async def test_a_promotion_keeps_the_history(db: None) -> None:
    await imported()
    promoted = with_row(
        POSITIONS.replace("Chuyên viên,officer,,01/07/2025,", "Chuyên viên,officer,,01/07/2025,30/11/2026"),
        "annv,mc,Phó Trưởng bộ phận,leader,,01/12/2026,",
    )
    result = await imported(positions=promoted)
    assert (result.created, result.changed) == (1, 1)
    assert (await Position.get(title="Phó Trưởng bộ phận")).rank == 2


async def test_a_rank_set_by_hrs_hand_stays_until_the_title_changes(db: None) -> None:
    await imported()
    await Position.filter(title="Chủ tịch UBND").update(rank=3)
    assert (await imported()).changed == 0
    result = await imported(positions=POSITIONS.replace("dung,ubnd,Chủ tịch", "dung,ubnd,Quyền Chủ tịch"))
    assert result.rows[0].changes["rank"] == (3, 1)


async def test_the_missing_are_listed_and_left_alone(db: None) -> None:
    await imported()
    people = PEOPLE.replace("tu,Phạm Văn Tư,tu@hb.example.vn,,en,", "")
    result = await imported(people=people, positions=POSITIONS.replace("tu,mc,Cán bộ tổ chức,hr,,01/07/2025,", ""))
    assert [(one.kind, one.ref, one.name, one.closed) for one in result.missing] == [
        ("person", "tu", "Phạm Văn Tư", False)
    ]
    assert (await find_person("tu")).until_on is None


async def test_the_missing_are_closed_when_asked_and_come_back_with_the_file(db: None) -> None:
    await imported()
    units = UNITS.replace("mc,Bộ phận Một cửa,vp,section,", "")
    people = PEOPLE.replace("tu,Phạm Văn Tư,tu@hb.example.vn,,en,", "")
    positions = POSITIONS.replace("tu,mc,Cán bộ tổ chức,hr,,01/07/2025,", "").replace(
        "0199000104,vp,Chuyên viên,officer,,01/07/2025,", ""
    )
    result = await import_org(SYSTEM, office(units=units, people=people, positions=positions), close_missing=True)
    assert {(one.kind, one.ref, one.closed) for one in result.missing} == {
        ("person", "tu", True),
        ("position", "annv @ vp", True),
        ("unit", "mc", True),
    }
    assert result.closed == 4  # tu, tu's position, annv's position, mc
    gone = await Person.get(handle="tu")
    assert gone.until_on == date(2026, 11, 22)
    assert gone.left_at is not None
    assert await targets_of(gone.id) == []
    assert await targets_of((await find_person("annv")).id) == []
    assert (await find_unit("mc")).closed_on == date(2026, 11, 23)
    again = await import_org(SYSTEM, office(units=units, people=people, positions=positions), close_missing=True)
    assert (again.closed, again.missing) == (0, [])

    back = await imported()
    assert {(row.sheet, row.ref) for row in back.rows} == {
        ("units", "mc"),
        ("people", "tu"),
        ("positions", "tu @ mc"),
        ("positions", "annv @ vp"),
    }
    person = await Person.get(handle="tu")
    assert (person.until_on, person.left_at) == (None, None)
    assert [seat.unit_code for seat in await targets_of(person.id)] == ["mc"]


async def test_a_unit_with_people_or_open_units_is_listed_and_not_closed(db: None) -> None:
    await imported()
    file = office(units=UNITS.replace("vp,Văn phòng,ubnd,section,ha", "").replace(",vp,section", ",ubnd,section"))
    result = await import_org(SYSTEM, file, close_missing=True)
    assert [(one.kind, one.ref, one.closed) for one in result.missing] == [("unit", "vp", False)]
    assert (await find_unit("vp")).closed_on is None


async def test_one_office_never_closes_another(db: None) -> None:
    await imported()
    other = {
        "units": "code,name\nxa,UBND Xã Bên\n",
        "people": "handle,full_name\nhai,Lê Thị Hai\n",
        "positions": "person,unit,title,role,from\nhai,xa,Chủ tịch,leader,01/07/2025\n",
    }
    result = await import_org(SYSTEM, sheets(**other), close_missing=True)
    assert (result.created, result.closed, result.missing) == (3, 0, [])


async def test_closing_never_closes_whoever_imports(db: None) -> None:
    await imported()
    hr = await actor_of((await find_person("tu")).id)
    await Position.filter(person_id=hr.person_id).update(role="admin", unit_id=(await find_unit("ubnd")).id)
    admin = await actor_of(hr.person_id)
    file = office(
        people=PEOPLE.replace("tu,Phạm Văn Tư,tu@hb.example.vn,,en,", ""),
        positions=POSITIONS.replace("tu,mc,Cán bộ tổ chức,hr,,01/07/2025,", ""),
    )
    result = await import_org(admin, file, close_missing=True)
    assert [(one.ref, one.closed) for one in result.missing] == [("tu", False)]


async def test_leave_and_delegations_come_with_the_file(db: None) -> None:
    result = await imported(leaves=LEAVES, delegations=DELEGATIONS)
    assert result.created == 15
    leave = await Leave.get().prefetch_related("person", "substitute")
    assert (leave.person.handle, leave.substitute.handle, leave.from_on, leave.until_on) == (
        "an",
        "annv",
        date(2026, 11, 23),
        date(2026, 11, 25),
    )
    lent = await Delegation.get().prefetch_related("giver", "substitute", "position")
    assert (lent.giver.handle, lent.substitute.handle, lent.reason) == ("dung", "ha", "QĐ 15/QĐ-UBND")
    notices = await OutboxNotice.all().order_by("id").prefetch_related("person")
    assert [(notice.kind, notice.person.handle, notice.payload["authority"]) for notice in notices] == [
        ("SubstituteNamed", "annv", False),
        ("SubstituteNamed", "ha", True),
    ]
    changed = await imported(leaves=LEAVES.replace("25/11/2026", "26/11/2026"), delegations=DELEGATIONS)
    assert [row.changes for row in changed.rows] == [{"until": ("2026-11-25", "2026-11-26")}]
    renamed = await imported(leaves=LEAVES.replace("25/11/2026,annv", "26/11/2026,ha"))
    assert renamed.changed == 1
    assert await OutboxNotice.filter(kind="SubstituteNamed").count() == 3


async def test_what_was_taken_back_since_stays_taken_back(db: None) -> None:
    await imported(leaves=LEAVES, delegations=DELEGATIONS)
    await cancel_leave(SYSTEM, "an", (await Leave.get()).id)
    await Delegation.all().update(ended_at=kit_clock.now())
    result = await imported(leaves=LEAVES, delegations=DELEGATIONS)
    assert (result.created, result.changed) == (0, 0)
    longer = await imported(leaves=LEAVES.replace("25/11", "26/11"), delegations=DELEGATIONS.replace("30/11", "01/12"))
    assert longer.created == 2


async def test_past_leave_is_recorded_without_telling_anybody(db: None) -> None:
    await imported(leaves=LEAVES.replace("/11/2026", "/10/2026"))
    assert await OutboxNotice.all().count() == 0


async def test_what_gives_authority_or_changes_is_audited_by_name(db: None) -> None:
    await imported()
    rows = await AuditRow.all().order_by("id")
    assert [(row.action, row.data.get("person")) for row in rows] == [
        ("position.created", "dung"),
        ("position.created", "ha"),
        ("position.created", "an"),
        ("position.created", "tu"),
        ("org.imported", None),
    ]
    assert rows[-1].data == {"unit.created": 3, "person.created": 5, "position.created": 5}
    assert (rows[3].actor_id, rows[3].data["role"]) == (0, "hr")


async def test_only_hr_and_admins_import(db: None, cast: Cast) -> None:
    for handle in ("chair", "an", "clerk", "auditor", "stranger"):
        with pytest.raises(Forbidden):
            await import_org(await cast.actor(handle), office())


async def test_hr_imports_into_their_own_tree_and_admins_anything(db: None, cast: Cast) -> None:
    await import_org(
        await cast.actor("hr"),
        sheets(
            units="code,name,parent\nhtkt,Phòng Kinh tế,ubnd\n",
            people="full_name\nLê Thị Bảy\n",
            positions="person,unit,title,role,from\nbay,htkt,Chuyên viên,officer,01/07/2025\n",
        ),
    )
    assert (await find_unit("htkt")).path.startswith(cast.units["ubnd"].path)
    await import_org(await cast.actor("admin"), sheets(units="code,name\nxa,UBND Xã Mới\n"))
    assert (await find_unit("xa")).parent_id is None
