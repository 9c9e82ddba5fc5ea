"""The page to assign a task, to others or to oneself, whole or as a part of another task."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from litestar import Response, get, post

from backend.auth.guards import csrf_form, page_signed_in
from backend.calendars.queries import calendar_of
from backend.domain.calendar import WorkCalendar
from backend.domain.phrases import Phrase
from backend.domain.types import Actor, Role, TaskKind, Urgency
from backend.errors import AppError, Forbidden, InvalidFields
from backend.tasks import phrasing, queries, service
from backend.tasks.phrasing import Carried
from backend.tasks.schemas import Assigned, TaskDraft
from backend.web.choices import helpers_for, leads_for
from backend.web.deadlines import quick_choices, required_due
from backend.web.forms import Form, Trouble, read, to_struct, trouble_of, uploads
from backend.web.once import once
from backend.web.render import AnyRequest, Page, actor_of, go, once_token, page, settings_of, words_of
from backend.web.words import Words

#: Who may have work of their own: everybody but those who only look.
_WORKERS = (Role.LEADER, Role.OFFICER, Role.CLERK, Role.HR, Role.ADMIN)


@get("/tasks/new", guards=[page_signed_in])
async def assign_page(request: AnyRequest) -> Page:
    """The empty form; ``parent`` names the task to hand on a part of, ``leads`` somebody to begin with."""
    asked = request.query_params
    form = Form([(name, str(asked[name])) for name in ("parent", "leads", "title") if asked.get(name)])
    return await _show(request, form)


@post("/tasks/line", guards=[page_signed_in, csrf_form])
async def assign_line(request: AnyRequest) -> Response[Any]:
    """Assign what one typed line says: at once when it is certain, else in the form with what was understood."""
    actor, words, form = actor_of(request), words_of(request), await read(request)
    line = form.text("line")
    made: list[Carried] = []
    try:
        phrase = await phrasing.understand(actor, line)
        if phrase.confidence == "ask":
            return await _show(
                request, _filled(phrase, words, line), asks=[words.ask(reason) for reason in phrase.asks]
            )

        async def make() -> str:
            made.append(await phrasing.carry_out(actor, phrase))
            return _address_of(made[0])

        address = await once(actor, form, make)
    except AppError as error:
        return await _show(request, form, trouble_of(request, error))
    if not made:
        return go(address)
    if made[0].assigned is None:
        return go(address, "recurs")
    key, params = _said(actor, made[0].assigned, words)
    return go(address, key, undo=[task.code for task in made[0].assigned.tasks], **params)


def _address_of(made: Carried) -> str:
    tasks = made.assigned.tasks if made.assigned else []
    return f"/tasks/{tasks[0].code}" if len(tasks) == 1 else "/?view=assigned_by_me"


def _filled(phrase: Phrase, words: Words, line: str) -> Form:
    """The form as somebody would have filled it in who meant the line."""
    items = [("line", line), ("title", phrase.title), ("urgency", phrase.urgency), ("once", once_token())]
    items += [("leads", lead.handle) for lead in phrase.leads if lead.handle]
    items += [("coordinators", helper.handle) for helper in phrase.coordinators if helper.handle]
    unsure = next((lead for lead in phrase.leads if lead.choices), None)
    if unsure is not None:
        items.append(("leads_q", unsure.name))
    if phrase.due is not None:
        due = words.local(phrase.due)
        items += [("due", "date"), ("due_on", due.date().isoformat()), ("due_time", f"{due:%H:%M}")]
    if phrase.needs_acceptance:
        items.append(("needs_acceptance", "yes"))
    if phrase.weight != 1:
        items.append(("weight", f"{phrase.weight:f}"))
    return Form(items)


async def _show(request: AnyRequest, form: Form, trouble: Trouble | None = None, asks: Sequence[str] = ()) -> Page:
    actor, words = actor_of(request), words_of(request)
    if not actor.has(*_WORKERS):
        raise Forbidden("forbidden")
    parent = form.text("parent")
    data: dict[str, Any] = {
        "gives": _gives(actor),
        "leads": await leads_for(actor, form.text("leads_q"), form.all("leads")),
        "helpers": await helpers_for(actor, form.text("coordinators_q"), form.all("coordinators")),
        "watchers": await helpers_for(actor, form.text("watchers_q"), form.all("watchers")),
        "quick": quick_choices(words, await calendar_of(actor)),
        "kinds": [(str(kind), words.t(f"kind.{kind}")) for kind in _kinds(actor)],
        "urgencies": [(str(urgency), words.t(f"urgency.{urgency}")) for urgency in Urgency],
        "parent": await queries.view(actor, await queries.find_task(actor, parent)) if parent else None,
        "once": once_token(),
        "asks": asks,
    }
    return page(request, "assign.html", trouble.status if trouble else 200, form=form, trouble=trouble, **data)


def _gives(actor: Actor) -> bool:
    """Whether the actor gives work to others at all; everybody else only registers their own."""
    return actor.has(Role.LEADER, Role.CLERK)


def _kinds(actor: Actor) -> list[TaskKind]:
    """Kinds with the likeliest first: a clerk hands out documents."""
    if actor.has(Role.CLERK) and not actor.has(Role.LEADER):
        return sorted(TaskKind, key=lambda kind: kind is not TaskKind.DOCUMENT)
    return list(TaskKind)


@post("/tasks/new", guards=[page_signed_in, csrf_form])
async def assign(request: AnyRequest) -> Response[Any]:
    """Assign. Pressing twice assigns once; what is wrong is said beside its field, and nothing typed is lost."""
    actor, words, form = actor_of(request), words_of(request), await read(request)
    if form.has("find"):
        return await _show(request, form)
    made: list[Assigned] = []

    async def make() -> str:
        draft = _draft(actor, form, words, await calendar_of(actor), files)
        made.append(await service.assign(actor, draft))
        tasks = made[0].tasks
        return f"/tasks/{tasks[0].code}" if len(tasks) == 1 else "/?view=assigned_by_me"

    try:
        files = await uploads(settings_of(request), actor, form, "files")
        address = await once(actor, form, make)
    except AppError as error:
        return await _show(request, form, trouble_of(request, error))
    if not made:
        return go(address)
    key, params = _said(actor, made[0], words)
    return go(address, key, undo=[task.code for task in made[0].tasks], **params)


def _said(actor: Actor, made: Assigned, words: Words) -> tuple[str, dict[str, str]]:
    """The line for the next page: to whom it went, and who of them is away."""
    if made.warnings:
        away = made.warnings[0]
        until = words.day(date.fromisoformat(str(away.params["until_on"])))
        stand_in = str(away.params["substitute_name"])
        key = "assigned_away_substitute" if stand_in else "assigned_away"
        return key, {"name": away.person, "until": until, "substitute": stand_in}
    if len(made.tasks) > 1:
        return "assigned_many", {"n": str(len(made.tasks))}
    lead = made.tasks[0].lead
    return ("registered", {}) if lead.id == actor.person_id else ("assigned", {"name": lead.name})


def _draft(actor: Actor, form: Form, words: Words, calendar: WorkCalendar, files: list[int]) -> TaskDraft:
    """The draft that the form means. Raises InvalidFields."""
    leads = [lead for lead in form.all("leads") if lead]
    if not leads and _gives(actor):
        raise InvalidFields("invalid_fields", [{"where": "leads", "code": "field_lead"}])
    return to_struct(
        {
            "title": form.text("title"),
            "body": form.lines("body"),
            "leads": leads,
            "coordinators": [{"person": person} for person in form.all("coordinators")],
            "all_acknowledge": form.has("all_acknowledge"),
            "watchers": form.all("watchers"),
            "due": required_due(form, words, calendar),
            "kind": form.text("kind") or TaskKind.DIRECT,
            "source_number": form.text("source_number"),
            "source_on": form.day("source_on"),
            "urgency": form.text("urgency") or Urgency.NORMAL,
            "weight": form.text("weight").replace(",", ".") or "1",
            "needs_acceptance": form.has("needs_acceptance"),
            "secret": form.has("secret"),
            "parent": form.text("parent") or None,
            "attachments": files,
        },
        TaskDraft,
    )


routes = [assign_page, assign, assign_line]
