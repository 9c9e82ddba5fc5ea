"""Lists by role: what is in each view, filters, search, keyset pages, counts and buckets."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as examples
from hypothesis import strategies as st

from backend.errors import Invalid, NotFound
from backend.kit.paging import BadCursor, cursor
from backend.models import Task
from backend.tasks import queries, service
from backend.tasks.queries import Buckets, State, TaskFilter, View
from backend.tasks.schemas import CoordinatorDraft, DueDraft
from tests.backend.given import at, draft, given, reported
from tests.cast import Cast
from tests.fakes import FakeClock

pytestmark = pytest.mark.usefixtures("db")


async def codes(cast: Cast, who: str, **filters: object) -> list[str]:
    """Last digits of the codes in a list, in order."""
    page = await queries.listing(await cast.actor(who), TaskFilter(**filters))  # type: ignore[arg-type]
    return [line.code[-2:] for line in page.items]


async def test_each_view_holds_its_part(cast: Cast) -> None:
    await given(cast, coordinators=[CoordinatorDraft("binh")], watchers=["cuong"])  # 01
    await service.assign(await cast.actor("an"), draft())  # 02, an's own
    await given(cast, "chair", "head")  # 03
    assert await codes(cast, "head", view=View.ASSIGNED_BY_ME) == ["01"]
    assert await codes(cast, "head", view=View.ASSIGNED_TO_ME) == ["03"]
    assert await codes(cast, "an", view=View.ASSIGNED_TO_ME) == ["01", "02"]
    assert await codes(cast, "an", view=View.ASSIGNED_BY_ME) == []
    assert await codes(cast, "binh", view=View.WATCHING) == ["01"]
    assert await codes(cast, "cuong", view=View.WATCHING) == ["01"]
    assert await codes(cast, "head") == ["01", "02", "03"]
    assert await codes(cast, "cuong") == ["01"]


async def test_to_handle_puts_decisions_before_ones_own_work(cast: Cast, clock: FakeClock) -> None:
    head, an = await cast.actor("head"), await cast.actor("an")
    await given(cast, "chair", "head", due=DueDraft(at=at("2026-11-25 09:00")))  # 01: head's own work, due first
    await reported(cast)  # 02
    declined = await given(cast)  # 03
    await service.decline(an, declined.id, "x")
    asked = await given(cast)  # 04
    await service.ask_extension(an, asked.id, DueDraft(working_days=9), "x")
    silent = await given(cast)  # 05: nobody has said a word and the assigner was told
    await Task.filter(id=silent.id).update(answer_step=2)
    await given(cast)  # 06: still within its limit
    await service.assign(an, draft(due=DueDraft(at=at("2026-12-01 09:00"))))  # 07: to be confirmed
    assert await codes(cast, "head", view=View.TO_HANDLE) == ["02", "03", "04", "05", "07", "01"]
    assert await codes(cast, "an", view=View.TO_HANDLE) == ["04", "05", "06", "07"]
    clock.set("2026-11-30 08:00")
    assert "06" in await codes(cast, "head", view=View.TO_HANDLE), "overdue and never acknowledged"
    await service.confirm(head, (await queries.find_task(head, "CV26-000007")))
    assert "07" not in await codes(cast, "head", view=View.TO_HANDLE)


async def test_required_acknowledgement_waits_for_the_coordinator(cast: Cast) -> None:
    task = await given(cast, coordinators=[CoordinatorDraft("binh")], all_acknowledge=True)
    assert await codes(cast, "binh", view=View.TO_HANDLE) == ["01"]
    await service.acknowledge(await cast.actor("binh"), task.id)
    assert await codes(cast, "binh", view=View.TO_HANDLE) == []


async def test_own_task_of_a_section_head_is_confirmed_above(cast: Cast) -> None:
    await service.assign(await cast.actor("head"), draft())
    assert await codes(cast, "chair", view=View.TO_HANDLE) == ["01"]
    assert await codes(cast, "head", view=View.TO_HANDLE) == ["01"], "as work to do, not to confirm"
    assert await codes(cast, "head2", view=View.TO_HANDLE) == []


async def test_filters(cast: Cast, clock: FakeClock) -> None:
    await given(cast, title="Đề án Hương ước", source_number="125/QĐ-UBND")  # 01
    await given(cast, "head2", "cuong", title="Cấp giấy 100%")  # 02
    await reported(cast, needs_acceptance=False, due=DueDraft(at=at("2026-11-25 17:00")))  # 03
    assert await codes(cast, "chair", state=State.OPEN) == ["01", "02"]
    assert await codes(cast, "chair", state=State.CLOSED) == ["03"]
    assert await codes(cast, "chair", state=State.ASSIGNED) == ["01", "02"]
    assert await codes(cast, "chair", unit="diachinh") == ["02"]
    assert await codes(cast, "chair", unit="ubnd") == ["03", "01", "02"]
    assert await codes(cast, "chair", due_before=at("2026-11-26 00:00")) == ["03"]
    assert await codes(cast, "chair", q="huong uoc") == ["01"]
    assert await codes(cast, "chair", q="HƯƠNG an") == ["01"], "words of title and lead, with and without accents"
    assert await codes(cast, "chair", q="125/qd") == ["01"]
    assert await codes(cast, "chair", q="cv26-000002") == ["02"]
    assert await codes(cast, "chair", q="0%") == ["02"]
    assert await codes(cast, "chair", q="_") == []
    assert await codes(cast, "chair", q="\u0000") == ["03", "01", "02"], "nothing is left to look for"
    clock.set("2026-11-30 08:00")
    assert await codes(cast, "chair", late=True) == ["01", "02"]
    assert await codes(cast, "chair", late=False) == ["03"]


async def test_bad_filters_are_refused(cast: Cast) -> None:
    actor = await cast.actor("head")
    for bad in (
        "x",
        "é",
        "e30",
        cursor(1),
        cursor(1, "2026-11-27T17:00:00", 2),
        cursor(1, at("2026-11-27 17:00"), 2**70),
    ):
        with pytest.raises(BadCursor) as caught:
            await queries.listing(actor, TaskFilter(), bad)
        assert caught.value.code == "bad_cursor"
    with pytest.raises(Invalid):
        await queries.listing(actor, TaskFilter(due_before=at("2026-11-27 17:00").replace(tzinfo=None)))
    with pytest.raises(NotFound):
        await queries.listing(actor, TaskFilter(unit="nowhere"))


async def test_pages_neither_lose_nor_repeat_while_tasks_appear(cast: Cast) -> None:
    head = await cast.actor("head")
    days = ["2026-11-25", "2026-11-26", "2026-11-26", "2026-11-26", "2026-11-27", "2026-11-30", "2026-12-01"]
    before = [await given(cast, due=DueDraft(at=at(f"{day} 09:00"))) for day in days]
    for view in (View.ASSIGNED_BY_ME, View.ALL):
        seen: list[int] = []
        after = None
        for _ in range(40):
            page = await queries.listing(head, TaskFilter(view=view), after, 2)
            assert len(page.items) <= 2
            seen += [line.id for line in page.items]
            # One task appears before the cursor and one behind it, between any two pages.
            for day in ("2026-11-25", "2026-12-02"):
                await given(cast, due=DueDraft(at=at(f"{day} 08:00")))
            if page.next is None:
                break
            after = page.next
        assert len(seen) == len(set(seen))
        assert [task_id for task_id in seen if task_id in {task.id for task in before}] == [task.id for task in before]


async def test_pages_of_to_handle_cross_from_deciding_to_doing(cast: Cast) -> None:
    for day in ("2026-12-01", "2026-11-26", "2026-11-26"):
        await reported(cast, due=DueDraft(at=at(f"{day} 09:00")))
    for day in ("2026-11-30", "2026-11-25"):
        await given(cast, "chair", "head", due=DueDraft(at=at(f"{day} 09:00")))
    head = await cast.actor("head")
    seen, after = [], None
    while True:
        page = await queries.listing(head, TaskFilter(view=View.TO_HANDLE), after, 1)
        seen += [line.code[-1] for line in page.items]
        if page.next is None:
            break
        after = page.next
    assert seen == ["2", "3", "1", "5", "4"]


async def test_counts_and_buckets_sum_to_assigned(cast: Cast, clock: FakeClock) -> None:
    head, an = await cast.actor("head"), await cast.actor("an")
    soon = DueDraft(at=at("2026-11-25 09:00"))
    await reported(cast, needs_acceptance=False)  # done on time
    late = await given(cast, due=soon, needs_acceptance=False)
    await given(cast, due=soon)  # open late
    await given(cast)  # open in time
    gone = await given(cast)
    await service.cancel(head, gone.id, "x")
    clock.set("2026-11-25 10:00")
    await service.report(an, late.id)  # done late
    counts = await queries.counts(head)
    assert counts.given == Buckets(done_on_time=1, done_late=1, open_in_time=1, open_late=1)
    assert counts.given.assigned == 4
    assert (counts.assigned_by_me, counts.assigned_to_me, counts.watching) == (2, 0, 0)
    assert counts.to_handle == 1, "the silent one past its due time"
    mine = await queries.counts(an)
    assert (mine.mine, mine.to_handle) == (counts.given, 2)
    assert await queries.buckets(await cast.actor("stranger"), TaskFilter()) == Buckets()


@pytest.mark.one_database
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@examples(st.lists(st.integers(0, 5), min_size=1, max_size=30), st.integers(1, 7))
async def test_any_page_size_gives_the_whole_list_in_order(cast: Cast, hours: list[int], size: int) -> None:
    """Property: whatever the due times (many equal) and the page size, the pages joined are the sorted list."""
    await Task.all().delete()
    for number, hour in enumerate(hours):
        await Task.create(
            code=f"P{number}",
            title="x",
            lead_id=cast.an.id,
            assigner_id=cast.head.id,
            unit_id=cast.units["tuphap"].id,
            assigned_at=at("2026-11-23 08:00"),
            due_at=at(f"2026-11-25 0{hour}:00"),
            answer_from_at=at("2026-11-23 08:00"),
        )
    actor = await cast.actor("an")
    seen, after = [], None
    while True:
        page = await queries.listing(actor, TaskFilter(view=View.ASSIGNED_TO_ME), after, size)
        seen += [(line.due_at, line.id) for line in page.items]
        if page.next is None:
            break
        after = page.next
    assert seen == sorted(seen)
    assert len(seen) == len(hours)
