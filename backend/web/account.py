"""Pages of getting in: signing in and out, one-time links, choosing a password, asking for a link, language."""

from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post

from backend.auth import service as auth
from backend.auth.cookies import no_session_cookie, session_cookie
from backend.auth.guards import PasswordChangeNeeded, SignInNeeded, csrf_form, page_account, public
from backend.auth.identity import account_by
from backend.auth.middleware import credential_of
from backend.auth.passwords import SHORTEST
from backend.auth.people import set_preferences
from backend.auth.routes import address_of
from backend.auth.schemas import MePatch
from backend.auth.sessions import NewSession
from backend.errors import AppError, NotSignedIn, Unprocessable
from backend.kit import i18n
from backend.web.forms import read, trouble_of
from backend.web.render import (
    LANGUAGE_COOKIE,
    NEVER,
    AnyRequest,
    Page,
    actor_of,
    go,
    here,
    local_address,
    page,
    settings_of,
)

_LANGUAGE_LASTS_S = 400 * 24 * 3600


def sign_in_first(request: AnyRequest, error: SignInNeeded) -> Response[Any]:
    """Answer to a page that wants somebody signed in: the way to the form, and back afterwards."""
    back = local_address(error.next) if request.method == "GET" else here(request)
    return go("/sign-in" if back == "/" else f"/sign-in?{urlencode({'next': back})}")


def password_first(request: AnyRequest, error: PasswordChangeNeeded) -> Response[Any]:
    """Answer to every page while a password of one's own is missing."""
    return go("/password")


@get("/sign-in", guards=[public])
async def sign_in_page(request: AnyRequest) -> Response[Any]:
    """The form; somebody signed in goes on."""
    next_ = local_address(request.query_params.get("next"))
    if request.scope.get("user") is not None:
        return go(next_)
    return _sign_in(request, next_)


def _sign_in(request: AnyRequest, next_: str, **more: Any) -> Response[Any]:
    return page(request, "sign_in.html", cache=NEVER, next=next_, **more)


@post("/sign-in", guards=[public, csrf_form])
async def sign_in(request: AnyRequest) -> Response[Any]:
    """Sign in with work e-mail or phone and password."""
    form = await read(request)
    next_ = local_address(form.get("next"))
    try:
        actor = await auth.sign_in(form.text("account"), form.get("password"), address_of(request))
        opened = await auth.open_session(actor.person_id, request.headers.get("user-agent", ""))
    except AppError as error:
        trouble = trouble_of(request, error)
        return _sign_in(request, next_, status=trouble.status, form=form, trouble=trouble)
    return _let_in(request, opened, "/password" if actor.must_change_password else next_)


def _let_in(request: AnyRequest, opened: NewSession, address: str) -> Response[Any]:
    answer = go(address)
    answer.set_cookie(session_cookie(settings_of(request), opened))
    return answer


@post("/sign-out", guards=[page_account, csrf_form])
async def sign_out(request: AnyRequest) -> Response[Any]:
    """End this sign-in. The browser forgets what it kept of us: the next person at it must not see it."""
    await auth.sign_out(actor_of(request), credential_of(request))
    answer = go("/sign-in", "signed_out")
    answer.set_cookie(no_session_cookie(settings_of(request)))
    answer.headers["clear-site-data"] = '"cache", "storage"'
    return answer


@get("/link", guards=[public])
async def link_page(request: AnyRequest) -> Page:
    """A one-time link was opened: a button uses it, because previews of messages open links too."""
    return page(request, "link.html", cache=NEVER, token=request.query_params.get("token", ""))


@post("/link", guards=[public, csrf_form])
async def use_link(request: AnyRequest) -> Response[Any]:
    """Use the link: signed in, and a password is chosen next."""
    form = await read(request)
    try:
        opened = await auth.use_link(form.text("token"), request.headers.get("user-agent", ""))
    except NotSignedIn as error:
        trouble = trouble_of(request, error)
        return page(request, "link.html", trouble.status, cache=NEVER, token="", trouble=trouble)
    return _let_in(request, opened, "/password")


@get("/password", guards=[page_account])
async def password_page(request: AnyRequest) -> Page:
    """The form to choose a password."""
    return await _password(request)


async def _password(request: AnyRequest, **more: Any) -> Page:
    account = await account_by("id", actor_of(request).person_id)
    has_one = account is not None and account.password_hash is not None
    return page(request, "password.html", cache=NEVER, has_one=has_one, account=account, shortest=SHORTEST, **more)


@post("/password", guards=[page_account, csrf_form])
async def change_password(request: AnyRequest) -> Response[Any]:
    """Choose a new password, typed twice; every other sign-in ends."""
    form = await read(request)
    try:
        if form.get("new") != form.get("again"):
            raise Unprocessable("passwords_differ")
        old = form.get("old") if form.has("old") else None
        await auth.change_password(actor_of(request), old, form.get("new"), keep=credential_of(request))
    except AppError as error:
        trouble = trouble_of(request, error)
        return await _password(request, status=trouble.status, trouble=trouble)
    return go("/", "password_changed")


@get("/forgot", guards=[public])
async def forgot_page(request: AnyRequest) -> Page:
    """The form to ask for a sign-in link by e-mail."""
    return page(request, "forgot.html", cache=NEVER, sent=False)


@post("/forgot", guards=[public, csrf_form])
async def forgot(request: AnyRequest) -> Page:
    """Send the link; the answer is the same whether an account has this e-mail."""
    form = await read(request)
    try:
        await auth.ask_reset(form.text("email"), settings_of(request).url, address_of(request))
    except AppError as error:
        trouble = trouble_of(request, error)
        return page(request, "forgot.html", trouble.status, cache=NEVER, sent=False, form=form, trouble=trouble)
    return page(request, "forgot.html", cache=NEVER, sent=True, form=form)


@post("/language", guards=[public, csrf_form])
async def language(request: AnyRequest) -> Response[Any]:
    """Read in another language: in this browser, and everywhere for somebody signed in."""
    form = await read(request)
    locale = form.get("locale")
    answer = go(local_address(form.get("next")))
    if locale not in i18n.LOCALES:
        return answer
    if request.scope.get("user") is not None:
        await set_preferences(actor_of(request), MePatch(locale="en" if locale == "en" else "vi"))
    secure = settings_of(request).secure_cookies
    answer.set_cookie(
        key=LANGUAGE_COOKIE, value=locale, max_age=_LANGUAGE_LASTS_S, httponly=True, samesite="lax", secure=secure
    )
    return answer


routes = [
    sign_in_page,
    sign_in,
    sign_out,
    link_page,
    use_link,
    password_page,
    change_password,
    forgot_page,
    forgot,
    language,
]
