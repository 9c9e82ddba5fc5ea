"""The page of one task: everything about it, and a form for each thing this reader may do to it."""

from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from backend.auth.guards import page_signed_in
from backend.calendars.queries import calendar_of_unit
from backend.domain.types import Actor
from backend.errors import Forbidden
from backend.scores import own_charges
from backend.tasks import queries
from backend.tasks.schemas import ComingView, DeliveryView, TaskView
from backend.web.choices import Choices, leads_for
from backend.web.deadlines import quick_choices
from backend.web.forms import Form, Trouble
from backend.web.reminding import presets
from backend.web.render import AnyRequest, Page, actor_of, go, page, words_of
from backend.web.timeline import happened, told
from backend.web.words import Words

#: Reminders that the page lists; the API has all of them.
_COMING_SHOWN = 5

#: Acts done by one press, in the order of their buttons.
ONE_PRESS = ("acknowledge", "accept", "approve_extension", "confirm", "nudge", "heed", "undo")
#: Acts that ask for words or a time, in the order of their forms.
WITH_WORDS = (
    "report",
    "return",
    "refuse_extension",
    "ask_extension",
    "wait",
    "reassign",
    "move_due",
    "remind_as",
    "decline",
    "cancel",
)


@get("/tasks/{code:str}", guards=[page_signed_in])
async def task_page(request: AnyRequest, code: FromPath[str]) -> Page:
    """One task."""
    return await show_task(request, code)


@get("/tasks/{code:str}/{act:str}", guards=[page_signed_in])
async def act_page(code: FromPath[str], act: FromPath[str]) -> Response[Any]:
    """The address that a form is sent to, opened or reloaded: the task itself."""
    return go(f"/tasks/{code}")


async def show_task(
    request: AnyRequest, code: str, act: str = "", form: Form | None = None, trouble: Trouble | None = None
) -> Page:
    """The page; with the form of ``act`` open, what was typed into it, and why it could not be carried out."""
    actor, words = actor_of(request), words_of(request)
    task = await queries.view(actor, await queries.find_task(actor, code))
    calendar = await calendar_of_unit(task.unit.id)
    data: dict[str, Any] = {
        "task": task,
        "events": happened(await queries.timeline(actor, task.id), words),
        "told": told(await _deliveries(actor, task, words), words),
        "coming": await _coming(actor, task, words),
        "one_press": [act for act in ONE_PRESS if act in task.can],
        "with_words": [act for act in WITH_WORDS if act in task.can],
        "quick": quick_choices(words, calendar),
        "presets": presets(words, "reminding.as_unit"),
        "leads": await _leads(actor, task, form),
        "charges": await own_charges.own_charges(actor, task.id),
        "demo_task": task.code,
    }
    status = trouble.status if trouble else 200
    blank = Form([])
    return page(request, "task.html", status, form=form or blank, blank=blank, trouble=trouble, open_act=act, **data)


async def _leads(actor: Actor, task: TaskView, form: Form | None) -> Choices | None:
    if "reassign" not in task.can:
        return None
    chosen = form.all("lead") if form else []
    return await leads_for(actor, form.text("lead_q") if form else "", chosen)


async def _coming(actor: Actor, task: TaskView, words: Words) -> list[tuple[ComingView, str]]:
    """The next reminders with their reasons, for those who may ask for them; nothing for others."""
    try:
        found = await queries.coming(actor, task.id)
    except Forbidden:
        return []
    return [(one, queries.reason(words.locale, one)) for one in found[:_COMING_SHOWN]]


async def _deliveries(actor: Actor, task: TaskView, words: Words) -> list[DeliveryView]:
    """The newest of the proof of delivery; the API has all of it."""
    return (await queries.deliveries(actor, task.id, locale=words.locale, newest=True)).items


routes = [task_page, act_page]
