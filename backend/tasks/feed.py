"""A person's open tasks as an iCalendar feed that calendar programs fetch by a secret address."""

import hashlib
from datetime import datetime, timedelta

import msgspec
from icalendar import Calendar, Event, Todo

from backend.domain.types import Status
from backend.kit import i18n
from backend.kit.db import Sql

#: The event on the calendar ends when the task is due.
SHOWN_FOR = timedelta(minutes=30)
#: Nobody reads a calendar with more; the soonest due come first.
MOST = 500


class _Due(msgspec.Struct):
    id: int
    code: str
    title: str
    secret: bool
    status: Status
    urgency: str
    due_at: datetime
    assigned_at: datetime
    version: int
    assigner: str
    changed_at: datetime


async def feed(person_id: int, locale: str, url: str, as_todos: bool = False) -> bytes:
    """The open tasks that a person leads, as events that end at the due time (or as to-dos). A secret task shows its
    code only. ``url`` is where the product is."""
    sql = Sql()
    rows = await sql.fetch(
        "select t.id, t.code, t.title, t.secret, t.status, t.urgency, t.due_at, t.assigned_at, t.version, "
        "a.full_name as assigner, (select max(e.at) from task_event e where e.task_id = t.id) as changed_at "
        f"from task t join person a on a.id = t.assigner_id where t.lead_id = {sql.arg(person_id)} "
        f"and t.status in ('assigned', 'acknowledged') order by t.due_at, t.id limit {sql.arg(MOST)}",
        _Due,
    )
    calendar = Calendar()
    calendar.add("prodid", "-//giaoviec//tasks//")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", i18n.t(locale, "tasks.feed.name"))
    calendar.add("refresh-interval", timedelta(minutes=30), parameters={"VALUE": "DURATION"})
    for row in rows:
        calendar.add_component(_todo(row, locale, url) if as_todos else _event(row, locale, url))
    return bytes(calendar.to_ical())


def tag(body: bytes) -> str:
    """The entity tag of a feed."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def _event(row: _Due, locale: str, url: str) -> Event:
    event = Event()
    _common(event, row, locale, url)
    event.add("dtstart", row.due_at - SHOWN_FOR)
    event.add("dtend", row.due_at)
    event.add("transp", "TRANSPARENT")
    return event


def _todo(row: _Due, locale: str, url: str) -> Todo:
    todo = Todo()
    _common(todo, row, locale, url)
    todo.add("dtstart", row.assigned_at)
    todo.add("due", row.due_at)
    todo.add("status", "NEEDS-ACTION" if row.status is Status.ASSIGNED else "IN-PROCESS")
    return todo


def _common(item: Event | Todo, row: _Due, locale: str, url: str) -> None:
    item.add("uid", f"{row.code}@giaoviec")
    item.add("dtstamp", row.changed_at)
    item.add("sequence", row.version)
    title = row.code if row.secret else f"{row.code} {row.title}"
    item.add("summary", i18n.t(locale, "tasks.feed.summary", title=title))
    if not row.secret:
        item.add("description", i18n.t(locale, "tasks.feed.description", assigner=row.assigner))
    item.add("url", f"{url}/tasks/{row.code}")
    item.add("priority", 5 if row.urgency == "normal" else 1)
    item.add("class", "PRIVATE")
