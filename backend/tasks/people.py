"""Turning the names in a draft into people the actor may give work to, and a task into the people who decide on it."""

import msgspec

from backend.auth.actors import today
from backend.domain.access import Target, post_to_assign
from backend.domain.types import Actor, Post, Role, TaskKind
from backend.errors import AppError, Forbidden, InvalidFields, NotFound
from backend.kit.db import Sql
from backend.kit.text import clean
from backend.models import Task
from backend.org.queries import find_person, find_unit, leader_of, reporting_line, targets_of
from backend.org.sql import in_service

UNIT_PREFIX = "unit:"


class Chosen(msgspec.Struct, frozen=True):
    """A lead and the unit they were chosen through; ``post`` is the actor's own that allows it (None = oneself)."""

    person_id: int
    name: str
    unit_id: int
    path: str
    to_unit: bool = False
    post: Post | None = None


async def resolve_lead(actor: Actor, text: str, kind: str) -> Chosen:
    """The lead named by handle, e-mail, id or ``unit:CODE``. Raises NotFound for nobody, Forbidden for somebody to whom
    the actor may give no work."""
    text = clean(text)
    if text.lower().startswith(UNIT_PREFIX):
        return await _leader(actor, text[len(UNIT_PREFIX) :], kind)
    person = await find_person(text)
    if person.id == actor.person_id:
        return _oneself(actor, person.full_name)
    for seat in await targets_of(person.id):
        post = post_to_assign(actor, seat, TaskKind(kind))
        if post is not None:
            return Chosen(person.id, person.full_name, seat.unit_id, seat.path, False, post)
    raise Forbidden("may_not_assign_to", name=person.full_name)


async def _leader(actor: Actor, code: str, kind: str) -> Chosen:
    """Whoever leads the unit today. It is the unit that answers for the work, wherever else its leader (or who stands
    in for them) holds posts."""
    unit = await find_unit(code)
    leader_id = await leader_of(unit.id)
    if leader_id is None:
        raise NotFound("unit_without_leader", unit=unit.name)
    person = await find_person(leader_id)
    if person.id == actor.person_id:
        return Chosen(person.id, person.full_name, unit.id, unit.path, True)
    post = post_to_assign(actor, Target(person.id, unit.path, Role.LEADER), TaskKind(kind))
    if post is None:
        raise Forbidden("may_not_assign_to", name=person.full_name)
    return Chosen(person.id, person.full_name, unit.id, unit.path, True, post)


def _oneself(actor: Actor, name: str) -> Chosen:
    # An auditor reads everything and changes nothing.
    own = [post for post in actor.posts if post.giver_id is None and post.role is not Role.AUDITOR]
    working = [post for post in own if post.role in (Role.LEADER, Role.OFFICER, Role.CLERK)] or own
    if not working:
        raise Forbidden("no_position")
    return Chosen(actor.person_id, name, working[0].unit_id, working[0].path)


async def resolve_all(actor: Actor, names: list[str], kind: str) -> list[Chosen]:
    """Every lead of a draft, each once. One name: its own error; several: all problems together as InvalidFields."""
    chosen: dict[int, Chosen] = {}
    issues = []
    for position, text in enumerate(names):
        try:
            found = await resolve_lead(actor, text, kind)
        except AppError as error:
            if len(names) == 1:
                raise
            issues.append({"where": f"leads.{position}", "code": error.code, "value": text, **error.params})
        else:
            chosen.setdefault(found.person_id, found)
    if issues:
        raise InvalidFields("invalid_fields", issues)
    return list(chosen.values())


async def resolve_people(names: list[str], where: str) -> list[int]:
    """Coordinators or watchers, who need only serve; all problems together as InvalidFields."""
    found: list[int] = []
    issues = []
    for position, text in enumerate(names):
        try:
            person = await find_person(clean(text))
            if not person.serves(today()):
                raise NotFound("person_not_found", ref=text)
            found.append(person.id)
        except AppError as error:
            issues.append({"where": f"{where}.{position}", "code": error.code, "value": text, **error.params})
    if issues:
        raise InvalidFields("invalid_fields", issues)
    return list(dict.fromkeys(found))


async def deciders(task: Task) -> list[int]:
    """Who is told that a decision waits: the assigner, whose authority the assigner used, and whoever holds the authority
    of either today.

    Of a task whose assigner is its lead, or has left: the leader above the lead.
    """
    given = [task.assigner_id]
    if task.on_behalf_of_id is not None:
        given.append(task.on_behalf_of_id)
    if task.assigner_id != task.lead_id and (holders := await _holders(task.assigner_id, given)) is not None:
        return list(dict.fromkeys([*given, *holders]))
    return (await reporting_line(task.lead_id, task.unit_id))[:1]


async def _holders(assigner_id: int, givers: list[int]) -> list[int] | None:
    """Who holds the delegated authority of ``givers`` today; None when the assigner serves no more."""
    sql = Sql()
    on = sql.arg(today())
    rows = await sql.rows(
        f"select 0 as place, p.id from person p where p.id = {sql.arg(assigner_id)} and {in_service(sql, today())} "
        f"union select 1, d.substitute_id from delegation d where {sql.any_of('d.giver_id', givers)} "
        f"and d.ended_at is null and d.from_on <= {on} and d.until_on >= {on} order by 1, 2"
    )
    serves = bool(rows) and not rows[0]["place"]
    return [int(row["id"]) for row in rows if row["place"]] if serves else None
