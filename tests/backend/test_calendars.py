"""A unit's own calendar: who may change it, what a change says and refuses, how it is inherited and seen by everybody."""

import asyncio
import sys
from datetime import date
from typing import Any

import pytest

from backend.auth.actors import actor_of
from backend.calendars import queries, service, views
from backend.calendars.queries import OFFICE, calendar_for, calendar_of_unit, calendars
from backend.calendars.schemas import (
    OFFICE_CODE,
    AddVersionDraft,
    CalendarDraft,
    ConfirmDraft,
    DayOffDraft,
    DaysDraft,
    MakeUpDayDraft,
    VersionDraft,
    YearDraft,
)
from backend.errors import AppError, Forbidden, InvalidFields, NotFound, Stale, Unprocessable
from backend.kit.db import transaction
from backend.models import AuditRow, Calendar
from backend.settings import Settings
from tests.cast import Cast
from tests.fakes import FakeClock, vn

pytestmark = pytest.mark.usefixtures("db")

SATURDAYS = ["07:30-11:30 13:30-17:30"] * 5 + ["07:30-11:30", ""]
TYPHOON = DayOffDraft(date(2026, 11, 26), "Nghỉ tránh bão", "05/CĐ-UBND")


def days(*off: DayOffDraft, made_up: list[MakeUpDayDraft] | None = None, reason: str = "") -> DaysDraft:
    return DaysDraft(days_off=list(off), make_up_days=made_up or [], reason=reason)


async def works(cast: Cast, unit: str, on: str) -> bool:
    calendar = await calendar_of_unit(cast.units[unit].id)
    return calendar.is_working_day(date.fromisoformat(on))


async def test_a_day_off_of_one_section_is_nobody_elses(cast: Cast) -> None:
    kept = await service.set_days(await cast.actor("hr"), "tuphap", days(TYPHOON))
    assert (kept.version, kept.changed) == (1, True)
    assert not await works(cast, "tuphap", "2026-11-26")
    assert await works(cast, "diachinh", "2026-11-26")
    assert await works(cast, "ubnd", "2026-11-26")
    calendar = await calendar_for(cast.units["tuphap"].path)
    why = calendar.why_off(date(2026, 11, 26))
    assert why is not None
    assert (why.name, why.decision) == ("Nghỉ tránh bão", "05/CĐ-UBND")


async def test_a_word_is_inherited_down_the_tree_and_a_unit_below_may_contradict_it(cast: Cast) -> None:
    hr = await cast.actor("hr")
    await service.set_days(hr, "ubnd", days(TYPHOON))
    assert not await works(cast, "tuphap", "2026-11-26")
    assert await works(cast, "other", "2026-11-26")
    await service.remove_day(hr, "tuphap", date(2026, 11, 26))
    assert await works(cast, "tuphap", "2026-11-26")
    assert not await works(cast, "diachinh", "2026-11-26")
    year = await views.year_view(hr, "tuphap", 2026)
    [day] = [day for day in year.days if day.on == date(2026, 11, 26)]
    assert (day.kind, day.own, day.said_by) == ("ordinary", True, "tuphap")
    with pytest.raises(NotFound, match="calendar_day_ordinary"):
        await service.remove_day(hr, "diachinh", date(2026, 11, 25))
    # Taking back one's own contradiction inherits again.
    await service.remove_day(hr, "tuphap", date(2026, 11, 26))
    assert not await works(cast, "tuphap", "2026-11-26")


async def test_a_make_up_day_of_the_table_can_be_taken_back(cast: Cast, clock: FakeClock) -> None:
    clock.set("2026-01-05 08:00")
    await service.remove_day(await cast.actor("hr"), "tuphap", date(2026, 1, 10))
    assert not await works(cast, "tuphap", "2026-01-10")
    assert await works(cast, "ubnd", "2026-01-10")


async def test_the_offices_word_reaches_every_tree_and_only_the_top_admin_says_it(cast: Cast) -> None:
    with pytest.raises(Forbidden):
        await service.set_days(await cast.actor("hr"), OFFICE_CODE, days(TYPHOON))
    await service.set_days(await cast.actor("admin"), OFFICE_CODE, days(TYPHOON))
    assert not await works(cast, "other", "2026-11-26")
    assert not await works(cast, "tuphap", "2026-11-26")
    assert not (await calendar_for(OFFICE)).is_working_day(date(2026, 11, 26))
    assert (await Calendar.get()).unit_id is None  # type: ignore[attr-defined]
    view = await views.calendar_view(await cast.actor("an"), OFFICE_CODE)
    assert view.own is not None
    assert (view.version, view.may_change) == (1, False)


@pytest.mark.parametrize("handle", ["an", "head", "chair", "auditor", "clerk"])
async def test_only_hr_and_admins_change_calendars(cast: Cast, handle: str) -> None:
    with pytest.raises(Forbidden):
        await service.set_days(await cast.actor(handle), "tuphap", days(TYPHOON))
    assert await Calendar.all().count() == 0
    assert (await views.calendar_view(await cast.actor(handle), "tuphap")).may_change is False


async def test_another_tree_does_not_exist(cast: Cast) -> None:
    for act in (
        lambda actor: service.set_days(actor, "tuphap", days(TYPHOON)),
        lambda actor: views.calendar_view(actor, "tuphap"),
        lambda actor: views.year_view(actor, "no-such-unit", 2026),
    ):
        with pytest.raises(NotFound, match="unit_not_found"):
            await act(await cast.actor("stranger"))


async def test_hours_from_a_date_leave_the_days_before_it_alone(cast: Cast) -> None:
    hr = await cast.actor("hr")
    await service.add_version(hr, "tuphap", AddVersionDraft(effective_from=date(2026, 12, 1), hours=SATURDAYS))
    assert not await works(cast, "tuphap", "2026-11-28")
    assert await works(cast, "tuphap", "2026-12-05")
    calendar = await calendar_of_unit(cast.units["tuphap"].id)
    assert calendar.day_end(date(2026, 12, 5)) == vn("2026-12-05 11:30")
    assert len(calendar.data.versions) == 2
    again = AddVersionDraft(effective_from=date(2026, 12, 1), hours=["8h-12h, 13h30 – 17h"] * 5 + ["", ""])
    await service.add_version(hr, "tuphap", again)
    calendar = await calendar_of_unit(cast.units["tuphap"].id)
    assert calendar.day_start(date(2026, 12, 1)) == vn("2026-12-01 08:00")
    assert not calendar.is_working_day(date(2026, 12, 5))
    assert len(calendar.data.versions) == 2


async def test_what_is_past_changes_only_with_a_reason(cast: Cast) -> None:
    hr = await cast.actor("hr")
    last_week = DayOffDraft(date(2026, 11, 18), "Nghỉ tránh bão")
    with pytest.raises(Unprocessable, match="calendar_past_needs_reason"):
        await service.set_days(hr, "tuphap", days(last_week))
    with pytest.raises(Unprocessable, match="calendar_past_needs_reason"):
        await service.add_version(hr, "tuphap", AddVersionDraft(effective_from=date(2026, 11, 2), hours=SATURDAYS))
    with pytest.raises(Unprocessable, match="calendar_past_needs_reason"):
        await service.replace(hr, "tuphap", CalendarDraft(zone="Europe/Paris"))
    await service.set_days(hr, "tuphap", days(last_week, reason="Công điện đến muộn"))
    assert not await works(cast, "tuphap", "2026-11-18")
    row = await AuditRow.get(action="calendar.days_set")
    assert (row.data["unit"], row.data["reason"]) == ("tuphap", "Công điện đến muộn")
    # Naming a day of the past better changes nothing that was counted.
    await service.set_days(hr, "tuphap", days(DayOffDraft(date(2026, 11, 18), "Nghỉ bão", "05/CĐ")))


async def test_confirming_gives_a_day_its_number_and_moves_nothing(cast: Cast) -> None:
    hr = await cast.actor("hr")
    on = date(2027, 2, 8)
    before = await views.year_view(hr, "ubnd", 2027)
    assert before.unconfirmed == len(before.days)
    kept = await service.confirm_day(hr, "ubnd", on, ConfirmDraft(decision="123/VPCP"))
    year = await views.year_view(hr, "ubnd", 2027)
    [day] = [day for day in year.days if day.on == on]
    assert (day.status, day.decision, day.own) == ("confirmed", "123/VPCP", True)
    assert year.unconfirmed == before.unconfirmed - 1
    again = await service.confirm_day(hr, "ubnd", on, ConfirmDraft())
    assert (again.changed, again.version) == (False, kept.version)
    with pytest.raises(NotFound, match="calendar_day_ordinary"):
        await service.confirm_day(hr, "ubnd", date(2027, 3, 1), ConfirmDraft())


async def test_a_year_set_at_once_is_the_whole_year(cast: Cast) -> None:
    hr = await cast.actor("hr")
    tet = [DayOffDraft(date(2027, 2, day), f"Tết {day}", "99/TB") for day in (5, 6, 7, 8, 9, 10, 11)]
    made_up = [MakeUpDayDraft(date(2027, 2, 20), 3, "Làm bù cho thứ Năm 11/2/2027", "99/TB")]
    await service.set_year(hr, "ubnd", 2027, YearDraft(days_off=tet, make_up_days=made_up))
    year = await views.year_view(hr, "ubnd", 2027)
    assert {day.on for day in year.days if day.kind == "off"} == {day.on for day in tet}
    assert await works(cast, "tuphap", "2027-02-04")  # the table's own, no longer off
    assert await works(cast, "tuphap", "2027-02-20")
    assert not await works(cast, "tuphap", "2027-02-11")
    assert not await works(cast, "ubnd", "2026-11-24")  # other years are as they were
    with pytest.raises(Unprocessable, match="calendar_other_year"):
        await service.set_year(hr, "ubnd", 2028, YearDraft(days_off=tet))


async def test_a_year_said_as_it_is_inherited_stays_inherited(cast: Cast) -> None:
    hr = await cast.actor("hr")
    inherited = (await views.year_view(hr, "ubnd", 2027)).days
    draft = YearDraft(days_off=[DayOffDraft(day.on, day.name, day.decision, day.status) for day in inherited])
    kept = await service.set_year(hr, "ubnd", 2027, draft)
    assert kept.changed is False
    # A section below takes an ordinary day back no second time.
    await service.set_year(hr, "ubnd", 2028, YearDraft(days_off=[DayOffDraft(date(2028, 1, 3), "Nghỉ bù")]))
    await service.remove_day(hr, "ubnd", date(2027, 11, 24))
    await service.set_year(hr, "tuphap", 2027, YearDraft(days_off=draft.days_off[:1]))
    assert await works(cast, "tuphap", "2027-11-24")
    assert await works(cast, "tuphap", "2027-09-02")


async def test_a_calendar_that_is_cleared_inherits_again_and_its_version_goes_on(cast: Cast) -> None:
    hr = await cast.actor("hr")
    await service.set_days(hr, "tuphap", days(TYPHOON))
    kept = await service.clear(hr, "tuphap")
    assert kept.version == 2
    assert await works(cast, "tuphap", "2026-11-26")
    view = await views.calendar_view(hr, "tuphap")
    assert (view.own, view.version) == (None, 2)
    assert (await service.clear(hr, "tuphap")).changed is False
    assert [row.action for row in await AuditRow.filter(object_kind="calendar").order_by("id")] == [
        "calendar.days_set",
        "calendar.cleared",
    ]


async def test_a_change_decided_on_an_older_version_is_refused(cast: Cast) -> None:
    hr = await cast.actor("hr")
    await service.set_days(hr, "tuphap", days(TYPHOON), version=0)
    with pytest.raises(Stale, match="calendar_stale"):
        await service.clear(hr, "tuphap", version=0)
    await service.clear(hr, "tuphap", version=1)


DAY = date(2026, 12, 1)
OFF = DayOffDraft(DAY, "Nghỉ")


@pytest.mark.parametrize(
    ("draft", "code"),
    [
        (CalendarDraft(zone="Asia/Hanoi"), "calendar_zone_unknown"),
        (CalendarDraft(zone="../etc/passwd"), "calendar_zone_unknown"),
        (CalendarDraft(days_off=[OFF, OFF]), "calendar_day_twice"),
        (CalendarDraft(days_off=[OFF], make_up_days=[MakeUpDayDraft(DAY, 1, "Làm bù")]), "calendar_day_twice"),
        (CalendarDraft(days_off=[DayOffDraft(DAY, "  ")]), "empty"),
        (CalendarDraft(days_off=[DayOffDraft(date(2206, 12, 1), "Nghỉ")]), "calendar_year_bad"),
        (CalendarDraft(versions=[VersionDraft(DAY, [""] * 7)]), "calendar_no_working_time"),
        (CalendarDraft(versions=[VersionDraft(DAY, ["07:30-11:30 11:00-17:00"] * 7)]), "calendar_shifts_overlap"),
        (CalendarDraft(versions=[VersionDraft(DAY, ["17:00-08:00"] * 7)]), "calendar_hours_bad"),
        (CalendarDraft(versions=[VersionDraft(DAY, ["sáng"] * 7)]), "calendar_hours_bad"),
        (CalendarDraft(versions=[VersionDraft(DAY, SATURDAYS)] * 2), "calendar_version_twice"),
    ],
)
async def test_what_is_no_calendar_is_refused_with_its_reason(cast: Cast, draft: CalendarDraft, code: str) -> None:
    with pytest.raises(AppError) as refused:
        await service.replace(await cast.actor("admin"), "ubnd", draft)
    codes = [issue["code"] for issue in getattr(refused.value, "issues", [])] or [refused.value.code]
    assert codes == [code]
    assert isinstance(refused.value, InvalidFields | Unprocessable)
    assert await Calendar.all().count() == 0


async def test_a_change_that_is_rolled_back_was_never_heard_of(cast: Cast) -> None:
    """What was built of it may stay in the process: nobody finds it by its token again."""
    hr = await cast.actor("hr")

    async def changed_and_taken_back() -> None:
        async with transaction():
            await service.set_days(hr, "tuphap", days(TYPHOON))
            assert not await works(cast, "tuphap", "2026-11-26")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await changed_and_taken_back()
    assert await works(cast, "tuphap", "2026-11-26")
    await service.set_days(hr, "tuphap", days(DayOffDraft(date(2026, 11, 27), "Nghỉ")))
    assert await works(cast, "tuphap", "2026-11-26")
    assert not await works(cast, "tuphap", "2026-11-27")


async def test_a_picture_costs_one_query_and_the_same_calendar_is_built_once(cast: Cast) -> None:
    await service.set_days(await cast.actor("hr"), "ubnd", days(TYPHOON))
    first, second = await calendars(), await calendars()
    path = cast.units["tuphap"].path
    assert first.of(path) is second.of(cast.units["diachinh"].path)
    assert first.of(cast.units["other"].path) is queries.default_calendar()


async def test_another_processs_change_is_seen_by_the_next_question(
    cast: Cast, settings: Settings, clock: FakeClock
) -> None:
    assert await works(cast, "tuphap", "2026-11-26")
    program = f"""
import asyncio, datetime
from backend.auth.actors import actor_of
from backend.calendars import service
from backend.calendars.schemas import DayOffDraft, DaysDraft
from backend.kit import clock, db
clock.use(lambda: datetime.datetime(2026, 11, 23, 1, tzinfo=datetime.UTC))
async def main():
    async with db.opened({settings.database!r}, 2):
        draft = DaysDraft(days_off=[DayOffDraft(datetime.date(2026, 11, 26), "Nghỉ tránh bão")])
        await service.set_days(await actor_of({cast.hr.id}), "tuphap", draft)
asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program)
    assert await process.wait() == 0
    assert not await works(cast, "tuphap", "2026-11-26")


async def test_two_first_words_of_one_unit_at_the_same_moment_are_one_row(cast: Cast) -> None:
    hr = await cast.actor("hr")
    drafts = [days(DayOffDraft(date(2026, 12, day), "Nghỉ")) for day in (1, 2, 3, 4)]
    kept = await asyncio.gather(*(service.set_days(hr, "tuphap", draft) for draft in drafts))
    assert sorted(one.version for one in kept) == [1, 2, 3, 4]
    row = await Calendar.get()
    assert len(row.data["days_off"]) == 4
    assert row.version == 4


async def test_the_views_of_somebody_with_several_posts_or_none(cast: Cast) -> None:
    views_of: Any = await views.my_calendars(await actor_of(cast.an.id))
    assert [view.unit for view in views_of] == ["tuphap"]
    hours = views_of[0].hours
    assert hours.hours[0] == "07:30-11:30 13:30-17:30"
    year = await views.year_view(await cast.actor("an"), "tuphap", 2026)
    assert year.working_minutes == year.working_days * 480
    assert year.working_days == 261 - 14 + 2
    with pytest.raises(Unprocessable, match="calendar_year_bad"):
        await views.year_view(await cast.actor("an"), "tuphap", 1789)
