"""The product clock of a demo: buttons that move it forward, to see in a minute what takes a week."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
from litestar import Response, post

from backend.auth.guards import csrf_form, public
from backend.calendars.queries import calendar_of
from backend.domain.calendar import WorkCalendar
from backend.domain.reminding_policy import NORMAL
from backend.domain.reminding_slots import slots_of
from backend.domain.types import SYSTEM, Actor, Status
from backend.errors import NotFound
from backend.kit import clock
from backend.kit.db import Sql
from backend.kit.state import move_clock
from backend.tasks.queries import visible_to
from backend.web.forms import Form, read
from backend.web.render import AnyRequest, go, local_address, settings_of, words_of

#: Name in the application's state of what runs after the clock was moved (the engine's ticks), so that nobody waits.
AFTER_MOVE = "after_clock_move"
_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)


@post("/demo/clock", guards=[public, csrf_form])
async def set_clock(request: AnyRequest) -> Response[Any]:
    """Move the product clock: ``to`` an hour on, the next slot of reminders, or just past the next deadline.

    With ``task`` (a code) it is that task's deadline if it lies ahead, else the next one the reader can see.
    """
    if not settings_of(request).demo:
        raise NotFound("not_found")
    form = await read(request)
    until = await _target(request.scope.get("user"), form)
    address = local_address(form.get("next"))
    if until is None:
        return go(address, "clock_no_deadline")
    await move_clock(max(until - clock.now(), timedelta()))
    after: Callable[[], Awaitable[object]] | None = request.app.state.get(AFTER_MOVE)
    if after is not None:
        await after()
    return go(address, "clock_moved", now=words_of(request).moment(clock.now()))


async def _target(actor: Actor | None, form: Form) -> datetime | None:
    now = clock.now()
    if form.text("to") == "slot":
        return next_slot(now, await calendar_of(actor or SYSTEM))
    if form.text("to") == "deadline":
        due_at = await _next_deadline(actor, form.text("task"), now)
        return due_at + _MINUTE if due_at is not None else None
    return now + _HOUR


def next_slot(now: datetime, calendar: WorkCalendar) -> datetime:
    """The first slot of reminders after ``now``."""
    return slots_of(calendar, NORMAL.slots).first(now.replace(second=0, microsecond=0) + _MINUTE)


class _Due(msgspec.Struct):
    due_at: datetime


async def _next_deadline(actor: Actor | None, code: str, now: datetime) -> datetime | None:
    """The next deadline of an open task that the reader can see; the named task's own comes first."""
    if actor is None:
        return None
    sql = Sql()
    running = sql.args((str(Status.ASSIGNED), str(Status.ACKNOWLEDGED)))
    rows = await sql.fetch(
        f"select t.due_at from task t join unit u on u.id = t.unit_id where t.status in {running} "
        f"and t.due_at > {sql.arg(now)} and {visible_to(actor, sql)} "
        f"order by case when t.code = {sql.arg(code)} then 0 else 1 end, t.due_at limit 1",
        _Due,
    )
    return rows[0].due_at if rows else None


routes = [set_clock]
