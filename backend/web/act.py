"""The page behind a link in a mail: it asks once more, and its button does the one act the link is for. It signs nobody
in, and no other page opens by it."""

import html
from typing import Any

import msgspec
from litestar import get, post

from backend import delivery
from backend.auth import act_links
from backend.auth.act_links import ActLink
from backend.auth.guards import Guard, public
from backend.auth.identity import account_by
from backend.auth.middleware import Connection
from backend.auth.routes import address_of
from backend.domain.types import Actor
from backend.errors import AppError, Conflict, InvalidFields, NotFound
from backend.kit import i18n, sentences
from backend.scores.own_charges import OwnCharge, own_charges
from backend.scores.schemas_signing import RequestDraft
from backend.scores.service import ask_waiver
from backend.tasks import queries
from backend.tasks.clocks import calendar_of_task
from backend.tasks.schemas import TaskView
from backend.web.deadlines import quick_choices
from backend.web.forms import Form, Trouble, read, to_struct, trouble_of
from backend.web.render import LANGUAGE_COOKIE, NEVER, AnyRequest, Page, page, settings_of, words_of
from backend.web.task_acts import ACTS, Doing
from backend.web.words import Words

#: What a link does, as the act of the task's own page and as what must be possible for it. A waiver is asked elsewhere.
_DOES = {
    "ack": ("acknowledge", "acknowledge"),
    "working": ("acknowledge", "report"),
    "done": ("report", "report"),
    "report": ("report", "report"),
    "extend": ("ask_extension", "ask_extension"),
    "wait": ("wait", "wait"),
    "accept": ("accept", "accept"),
    "return": ("return", "return"),
    "return_major": ("return", "return"),
    "approve": ("approve_extension", "approve_extension"),
    "refuse": ("refuse_extension", "refuse_extension"),
    "nudge": ("nudge", "nudge"),
    "heed": ("heed", "heed"),
}
#: What may be typed on the page; nothing else of a form is looked at.
_FIELDS = frozenset({"text", "reason", "due", "due_on", "due_time", "due_days", "until_on", "until_time", "version"})


async def _sealed(connection: Connection, handler: object) -> None:
    """No session stands behind this form: whoever sends it knows the token in it, which no other site does."""


#: Where other forms carry the session's secret, this one carries a secret of its own. Browsers that are told to send no
#: referrer may name no origin either, so that cannot be asked for.
sealed_form = Guard("csrf_form", _sealed)


class _Opened(msgspec.Struct, frozen=True):
    """A good link: who acts, on which task as they see it now."""

    token: str
    link: ActLink
    actor: Actor
    view: TaskView


@get("/act", guards=[public])
async def ask(request: AnyRequest) -> Page:
    """A link of a mail was opened, by its reader or by a scanner: nothing is done yet."""
    try:
        opened = await _open(request, request.query_params.get("k", ""))
    except AppError as error:
        return _refused(request, error)
    return await _shown(request, opened)


@post("/act", guards=[public, sealed_form])
async def do(request: AnyRequest) -> Page:
    """Do it, as the person the mail was sent to; done before, the page says so."""
    form = await read(request)
    try:
        opened = await _open(request, form.text("k"))
    except AppError as error:
        return _refused(request, error)
    typed = Form([(name, value) for name, value in form.items if name in _FIELDS and isinstance(value, str)])
    try:
        # Pressed by a person: opening the page proves nothing, scanners do it.
        await delivery.seen_task(opened.actor.person_id, opened.view.id, "email")
        said = await _carry_out(request, opened, typed)
    except AppError as error:
        view = await queries.view(opened.actor, opened.view.id)
        trouble = _told(request, view, error)
        return await _shown(request, msgspec.structs.replace(opened, view=view), typed, trouble)
    return _answer(request, 200, done=said, code=opened.view.code, label=_label(words_of(request), opened.link.act))


async def _open(request: AnyRequest, token: str) -> _Opened:
    """Raises NotFound for a link that is not good (any more), TooMany for too many forged ones."""
    link = await act_links.read(token, address_of(request))
    account = await account_by("id", link.person_id)
    if account is not None and request.cookies.get(LANGUAGE_COOKIE, "") not in i18n.LOCALES:
        request.scope["state"]["locale"] = account.locale
    actor = await act_links.bearer(link, account)
    try:
        return _Opened(token, link, actor, await queries.view(actor, link.task_id))
    except NotFound:
        raise NotFound("act_link_unseen") from None


async def _carry_out(request: AnyRequest, opened: _Opened, form: Form) -> str:
    """Do it and return what was done, in words. Raises AppError."""
    actor, view, link, words = opened.actor, opened.view, opened.link, words_of(request)
    if link.act == "waive":
        charge = await _charge(opened)
        if charge is None or not charge.may_ask:
            raise Conflict("act_not_now")
        await ask_waiver(actor, charge.entry, _cause(form))
        return words.t("said.waiver_asked")
    if link.act in ("approve", "refuse") and not _is_asked(opened):
        # Another question that waits meanwhile has its own links.
        raise Conflict("act_not_now")
    if link.act == "return_major":
        form.items.append(("major_error", "yes"))
    act, _ = _DOES[link.act]
    calendar = await calendar_of_task(view.id)
    change = await ACTS[act](Doing(actor, view.id, form, words, calendar, settings_of(request)))
    if link.act == "working":
        return words.t("act_link.working")
    return words.t(f"said.{act if change.changed else 'already'}")


def _cause(form: Form) -> RequestDraft:
    """Raises InvalidFields that names the field of the page."""
    try:
        return to_struct({"cause": form.lines("reason")}, RequestDraft)
    except InvalidFields as error:
        raise InvalidFields(error.code, [{**issue, "where": "reason"} for issue in error.issues]) from None


async def _charge(opened: _Opened) -> OwnCharge | None:
    charges = await own_charges(opened.actor, opened.view.id)
    return next((one for one in reversed(charges) if str(one.instance) == opened.link.arg), None)


def _is_asked(opened: _Opened) -> bool:
    """Whether the question for more time that a link answers is the one that waits."""
    asked = opened.view.open_extension
    return asked is not None and str(asked.id) == opened.link.arg


def _told(request: AnyRequest, view: TaskView, error: AppError) -> Trouble:
    """What went wrong; of a secret task not even how it stands."""
    if view.secret and not isinstance(error, InvalidFields):
        error = Conflict("act_not_now")
    return trouble_of(request, error)


# The page.


async def _shown(
    request: AnyRequest, opened: _Opened, form: Form | None = None, trouble: Trouble | None = None
) -> Page:
    """The page as the task stands: with its button, or with why there is none."""
    view, act, words = opened.view, opened.link.act, words_of(request)
    not_now = await _why_not(opened, words)
    told = {} if view.secret else _about(view, act)
    return _answer(
        request,
        trouble.status if trouble else 200,
        label=_label(words, act),
        code=view.code,
        act=act,
        token="" if not_now else opened.token,
        version=view.version,
        not_now="" if trouble else not_now,
        quick=quick_choices(words, await calendar_of_task(view.id)) if act == "extend" else [],
        form=form or Form([]),
        trouble=trouble,
        **told,
    )


def _about(view: TaskView, act: str) -> dict[str, Any]:
    """What one wants to know before one presses; of a secret task its page alone tells it."""
    decides = act in ("accept", "return", "return_major")
    return {
        "task": view,
        "report": view.reports[-1] if view.reports and decides else None,
        "asked": view.open_extension if act in ("approve", "refuse") else None,
    }


async def _why_not(opened: _Opened, words: Words) -> str:
    """Why the act is not to be had, as the task stands; empty when it is."""
    view, link = opened.view, opened.link
    if link.act == "waive":
        charge = await _charge(opened)
        possible = charge is not None and charge.may_ask
    else:
        possible = _DOES[link.act][1] in view.can and (link.act not in ("approve", "refuse") or _is_asked(opened))
    if possible:
        return ""
    if not view.secret and (at := view.closed_at or view.reported_at) is not None and link.act != "waive":
        return sentences.say(words.locale, f"task_is_{view.status}", {"task": view.code, "at": at})
    if not view.secret and link.act == "ack" and (at := view.acknowledged_at) is not None:
        return i18n.t(words.locale, "bot.already.acknowledge", code=view.code, at=words.moment(at))
    return sentences.say(words.locale, "act_not_now", {})


def _refused(request: AnyRequest, error: AppError) -> Page:
    trouble = trouble_of(request, error)
    return _answer(request, trouble.status, trouble=trouble)


def _label(words: Words, act: str) -> str:
    """What the act was called in the mail."""
    return html.unescape(i18n.t(words.locale, f"bot.button.{act}")).rstrip("…")


#: What the page shows when nothing else is known.
_NOTHING: dict[str, Any] = dict.fromkeys(("label", "code", "act", "token", "not_now", "done"), "") | dict.fromkeys(
    ("task", "report", "asked")
)


def _answer(request: AnyRequest, status: int, **data: Any) -> Page:
    """The page, which knows nobody and names no address to the next one."""
    answer = page(request, "act.html", status, cache=NEVER, **{**_NOTHING, **data, "me": None})
    answer.headers["referrer-policy"] = "no-referrer"
    return answer


routes = [ask, do]
