"""My work: the tabs of what waits for me, what I gave, what I do and what I follow, grouped by when it is due."""

from itertools import groupby
from urllib.parse import urlencode

import msgspec
from litestar import get

from backend.auth.guards import page_signed_in
from backend.domain.types import Actor, Role, Status
from backend.tasks import queries
from backend.tasks.calendar_proposals import count_proposals
from backend.tasks.queries import Counts, State, TaskFilter, View
from backend.tasks.schemas import TaskLine
from backend.web.render import AnyRequest, Page, actor_of, page, words_of
from backend.web.words import Words

_PAGE_SIZE = 50
_TABS = (View.TO_HANDLE, View.ASSIGNED_BY_ME, View.ASSIGNED_TO_ME, View.WATCHING)
#: Who sees more than their own tabs show.
_OVERSEERS = (Role.LEADER, Role.HR, Role.AUDITOR)
#: The choices within a tab: name → state, late.
_SHOWN: dict[str, tuple[State | None, bool | None]] = {
    "open": (State.OPEN, None),
    "late": (State.OPEN, True),
    "closed": (State.CLOSED, None),
}


class Tab(msgspec.Struct, frozen=True):
    """A tab with its number of open tasks, None where nobody counts."""

    view: str
    count: int | None
    current: bool


class Group(msgspec.Struct, frozen=True):
    """Lines under one heading, ``web.group.<name>``."""

    name: str
    lines: list[TaskLine]


@get("/", guards=[page_signed_in])
async def my_work(request: AnyRequest) -> Page:
    """One tab: ``view``, ``show`` (open, late, closed), ``q``, ``after``."""
    actor = actor_of(request)
    asked = request.query_params
    view = _view(asked.get("view"), actor)
    show = asked.get("show") if asked.get("show") in _SHOWN else "open"
    if view is View.TO_HANDLE:
        show = "open"
    q = (asked.get("q") or "").strip()[:200]
    state, late = _SHOWN[show or "open"]
    wanted = TaskFilter(view=view, state=None if view is View.TO_HANDLE else state, late=late, q=q)
    found = await queries.listing(actor, wanted, asked.get("after"), _PAGE_SIZE)
    kept = {"view": view, "show": show or "open", "q": q}
    return page(
        request,
        "work.html",
        tabs=_tabs(actor, await queries.counts(actor), view),
        view=view,
        show=show,
        q=q,
        groups=_groups(found.items, words_of(request), actor, decisions_first=view is View.TO_HANDLE),
        more=_address(kept, found.next) if found.next else None,
        first=_address(kept) if asked.get("after") else None,
        acts_of=acts_of,
        proposals=await count_proposals(actor),
    )


def _view(given: str | None, actor: Actor) -> View:
    allowed = (*_TABS, View.ALL) if actor.has(*_OVERSEERS) else _TABS
    return next((view for view in allowed if view == given), View.TO_HANDLE)


def _tabs(actor: Actor, counts: Counts, current: View) -> list[Tab]:
    numbers = (counts.to_handle, counts.assigned_by_me, counts.assigned_to_me, counts.watching)
    tabs = [Tab(view, number, view is current) for view, number in zip(_TABS, numbers, strict=True)]
    return [*tabs, Tab(View.ALL, None, current is View.ALL)] if actor.has(*_OVERSEERS) else tabs


def _groups(lines: list[TaskLine], words: Words, actor: Actor, *, decisions_first: bool) -> list[Group]:
    """Lines as they come, under headings. What waits for the actor's decision stands before their own work."""
    ahead = 0
    if decisions_first:
        ahead = next((place for place, line in enumerate(lines) if line.lead_id == actor.person_id), len(lines))
    groups = [Group("decide", lines[:ahead])] if ahead else []
    for name, members in groupby(lines[ahead:], lambda line: words.group(line.due_at, line.status.is_open)):
        groups.append(Group(name, list(members)))
    return groups


def _address(kept: dict[str, str], after: str = "") -> str:
    query = {name: value for name, value in {**kept, "after": after}.items() if value and value != "open"}
    return f"/?{urlencode(query)}"


def acts_of(line: TaskLine, me: int) -> list[str]:
    """What a line's menu offers; whether it is really allowed, the task's own rules say when it is pressed."""
    if line.lead_id == me and line.status is Status.ASSIGNED:
        return ["acknowledge"]
    if line.assigner_id != me or line.lead_id == me:
        return []
    if line.status is Status.REPORTED:
        return ["accept"]
    return ["nudge"] if line.status in (Status.ASSIGNED, Status.ACKNOWLEDGED) else []


routes = [my_work]
