"""Questions others ask the organisation: who is who, who leads, whom one answers to, who is away."""

from datetime import date

import pytest

from backend.domain.types import SYSTEM, Role
from backend.errors import NotFound
from backend.kit import clock
from backend.models import Delegation, Leave, Person, Position, Unit
from backend.org import queries
from backend.org.service import record_leave
from tests.cast import Cast

TODAY = date(2026, 11, 23)


async def _leave(
    cast: Cast, who: str, *, substitute: str | None = None, until: date = TODAY, start: date = TODAY
) -> None:
    person = cast.people[substitute].id if substitute else None
    await Leave.create(
        person_id=cast.people[who].id, substitute_id=person, from_on=start, until_on=until, recorded_by_id=0,
        recorded_at="2026-11-01T00:00:00+00:00",
    )  # fmt: skip


async def _delegate(cast: Cast, giver: str, to: str, *, ended: str | None = None) -> None:
    position = await Position.get(person_id=cast.people[giver].id, role="leader")
    await Delegation.create(
        position_id=position.id, giver_id=cast.people[giver].id, substitute_id=cast.people[to].id, from_on=TODAY,
        until_on=TODAY, recorded_by_id=0, recorded_at="2026-11-01T00:00:00+00:00", ended_at=ended,
    )  # fmt: skip


async def test_a_person_is_found_by_handle_email_phone_or_id(db: None, cast: Cast) -> None:
    an = cast.people["an"].id
    for ref in ("an", "AN", " @an ", "an@phuong.example.vn", "+84900000008", "0900000008", str(an), an):
        assert (await queries.find_person(ref)).id == an
    for ref in ("nobody", "x@y.vn", "0900000099", "01", "999999", "9" * 40, ""):
        with pytest.raises(NotFound):
            await queries.find_person(ref)


async def test_units_are_found_by_code(db: None, cast: Cast) -> None:
    unit = await queries.find_unit(" TuPhap ")
    assert (unit.name, unit.parent_id, unit.overseer_id) == ("Phòng Tư pháp", cast.units["ubnd"].id, cast.vice.id)
    assert (await queries.unit_by_id(unit.id)) == unit
    with pytest.raises(NotFound):
        await queries.find_unit("nowhere")
    with pytest.raises(NotFound):
        await queries.unit_by_id(0)


async def test_briefs_name_people_with_their_first_position(db: None, cast: Cast) -> None:
    bare = await Person.create(
        handle="bare", full_name="Không Chức", name_folded="khong chuc", created_at="2026-01-01T00:00:00+00:00"
    )
    briefs = await queries.person_brief([cast.head.id, bare.id, 0])
    assert briefs[cast.head.id] == queries.PersonBrief(
        cast.head.id, "head", "Hoàng Minh Tuấn", "vi", "Trưởng phòng Tư pháp", "Phòng Tư pháp"
    )
    assert (briefs[bare.id].title, briefs[bare.id].unit_name) == ("", "")
    assert set(briefs) == {cast.head.id, bare.id}
    assert await queries.person_brief([]) == {}


async def test_targets_are_the_positions_in_force_of_whoever_serves(db: None, cast: Cast) -> None:
    await Position.create(
        person_id=cast.an.id, unit_id=cast.units["diachinh"].id, title="Cũ", title_folded="cu", role="officer",
        from_on=date(2024, 1, 1), until_on=date(2026, 11, 22),
    )  # fmt: skip
    await Position.create(
        person_id=cast.an.id, unit_id=cast.units["ubnd"].id, title="Trợ lý", title_folded="tro ly", role="leader",
        rank=3, from_on=TODAY, until_on=TODAY,
    )  # fmt: skip
    targets = await queries.targets_of(cast.an.id)
    assert [(seat.unit_code, seat.role, seat.rank) for seat in targets] == [
        ("ubnd", Role.LEADER, 3),
        ("tuphap", Role.OFFICER, 1),
    ]
    assert targets[1].path == cast.units["tuphap"].path
    await Unit.filter(code="tuphap").update(closed_on=TODAY)
    assert [seat.unit_code for seat in await queries.targets_of(cast.an.id)] == ["ubnd"]
    await Person.filter(id=cast.an.id).update(until_on=date(2026, 11, 22))
    assert await queries.targets_of(cast.an.id) == []


async def test_the_chief_leads_then_delegate_substitute_and_next_rank(db: None, cast: Cast) -> None:
    ubnd = cast.units["ubnd"].id
    assert await queries.leader_of(ubnd) == cast.chair.id
    await _leave(cast, "chair", substitute="head")
    assert await queries.leader_of(ubnd) == cast.head.id
    await _delegate(cast, "chair", "head2")
    assert await queries.leader_of(ubnd) == cast.head2.id
    await _leave(cast, "head2")
    await _leave(cast, "head")
    assert await queries.leader_of(ubnd) == cast.vice.id
    await _leave(cast, "vice")
    assert await queries.leader_of(ubnd) == cast.chair.id
    assert await queries.leader_of(ubnd, date(2026, 11, 24)) == cast.chair.id


async def test_ended_delegations_and_people_who_left_do_not_lead(db: None, cast: Cast) -> None:
    await _leave(cast, "chair", substitute="head")
    await _delegate(cast, "chair", "head2", ended="2026-11-22T00:00:00+00:00")
    await Person.filter(id=cast.head.id).update(until_on=date(2026, 11, 1))
    assert await queries.leader_of(cast.units["ubnd"].id) == cast.vice.id
    await Person.filter(id=cast.chair.id).update(until_on=date(2026, 11, 1))
    assert await queries.leader_of(cast.units["ubnd"].id) == cast.vice.id


async def test_a_unit_without_leaders_has_none(db: None, cast: Cast) -> None:
    await Position.filter(person_id=cast.head.id).update(until_on=date(2026, 11, 22))
    assert await queries.leader_of(cast.units["tuphap"].id) is None
    assert await queries.heads_of([cast.units["tuphap"].id, cast.units["ubnd"].id]) == {
        cast.units["ubnd"].id: cast.chair.id
    }


async def test_the_reporting_line_passes_head_overseer_and_chief(db: None, cast: Cast) -> None:
    tuphap, diachinh, ubnd = (cast.units[code].id for code in ("tuphap", "diachinh", "ubnd"))
    assert await queries.reporting_line(cast.an.id, tuphap) == [cast.head.id, cast.vice.id, cast.chair.id]
    assert await queries.reporting_line(cast.head.id, tuphap) == [cast.vice.id, cast.chair.id]
    assert await queries.reporting_line(cast.cuong.id, diachinh) == [cast.head2.id, cast.chair.id]
    assert await queries.reporting_line(cast.vice.id, ubnd) == [cast.chair.id]
    assert await queries.reporting_line(cast.chair.id, ubnd) == []
    assert await queries.reporting_line(cast.an.id, 0) == []


async def test_an_overseer_who_no_longer_leads_above_is_skipped(db: None, cast: Cast) -> None:
    tuphap = cast.units["tuphap"].id
    await Position.filter(person_id=cast.vice.id).update(until_on=date(2026, 11, 22))
    assert await queries.reporting_line(cast.an.id, tuphap) == [cast.head.id, cast.chair.id]
    await Unit.filter(id=tuphap).update(overseer_id=cast.chair.id)
    assert await queries.reporting_line(cast.an.id, tuphap) == [cast.head.id, cast.chair.id]


async def test_a_line_through_three_levels(db: None, cast: Cast) -> None:
    to = await Unit.create(
        code="to1",
        name="Tổ 1",
        name_folded="to 1",
        parent_id=cast.units["tuphap"].id,
        overseer_id=cast.head.id,
        path="",
    )
    await Unit.filter(id=to.id).update(path=f"{cast.units['tuphap'].path}{to.id}/")
    assert await queries.reporting_line(cast.binh.id, to.id) == [cast.head.id, cast.vice.id, cast.chair.id]
    assert await queries.leader_over(cast.binh.id, [to.id]) == cast.head.id
    assert await queries.leader_over(cast.chair.id, [cast.units["ubnd"].id]) is None


async def test_who_is_away_and_until_when(db: None, cast: Cast) -> None:
    await _leave(cast, "an", substitute="binh", until=date(2026, 11, 25))
    await _leave(cast, "an", start=date(2026, 11, 26), until=date(2026, 11, 27))
    await _leave(cast, "an", start=date(2026, 11, 30), until=date(2026, 12, 1))
    away = await queries.on_leave([cast.an.id, cast.binh.id], TODAY)
    assert {person: (leave.until_on, leave.substitute_name) for person, leave in away.items()} == {
        cast.an.id: (date(2026, 11, 25), "Nguyễn Thị Bình")
    }
    assert await queries.on_leave([]) == {}
    assert await queries.leave_until(cast.an.id, TODAY) == date(2026, 11, 27)
    assert await queries.leave_until(cast.an.id, date(2026, 11, 28)) is None
    assert await queries.leave_until(cast.an.id, date(2026, 12, 1)) == date(2026, 12, 1)
    assert await queries.leave_until(cast.binh.id) is None
    picture = await queries.absences([cast.an.id, cast.binh.id], TODAY)
    assert {picture.now(cast.an.id)} == set(away.values())
    assert (picture.last_day(cast.an.id), picture.last_day(cast.binh.id)) == (date(2026, 11, 27), None)
    assert picture.now(cast.binh.id) is None
    between = await queries.absences([cast.an.id], date(2026, 11, 28))
    assert (between.now(cast.an.id), between.last_day(cast.an.id)) == (None, None)
    found = await queries.open_leave_between(cast.an.id, date(2026, 11, 28), date(2026, 12, 31))
    assert found is not None
    assert found.from_on == date(2026, 11, 30)
    assert await queries.open_leave_between(cast.an.id, date(2026, 12, 2), date(2026, 12, 31)) is None
    await Leave.all().update(cancelled_at=clock.now())
    assert await queries.on_leave([cast.an.id], TODAY) == {}


async def test_people_are_searched_without_accents_within_units(db: None, cast: Cast) -> None:
    ubnd = [cast.units["ubnd"].path]

    async def found(q: str, paths: list[str] = ubnd) -> list[str]:
        return [person.handle for person in await queries.search_people(q, paths)]

    assert await found("nguyen") == ["binh", "an"]
    assert await found("Nguyễn VĂN an") == ["an"]
    assert await found("@binh") == ["binh"]
    assert (await found("an"))[0] == "an"
    assert await found("stranger") == []
    assert await found("tu", [cast.units["tuphap"].path]) == ["head"]
    assert await found("%") == []
    assert await found("_") == []
    assert await found("\\") == []
    assert len(await found("")) == 11
    assert await found("an", []) == []
    assert len(await queries.search_people("", ubnd, limit=3)) == 3
    assert (await queries.search_people("hung cuong", ubnd))[0].unit_name == "Phòng Địa chính"


async def test_an_exact_given_name_comes_before_parts_of_names(db: None, cast: Cast) -> None:
    await Person.filter(id=cast.cuong.id).update(handle="cuongdh")
    people = await queries.search_people("cuong", [cast.units["ubnd"].path])
    assert people[0].name == "Đặng Hùng Cường"


async def test_leave_entered_by_the_system_counts(db: None, cast: Cast) -> None:
    await record_leave(SYSTEM, "an", TODAY, TODAY)
    assert set(await queries.on_leave([cast.an.id])) == {cast.an.id}
