"""Turns a template and its data into an answer: language, signed-in person, product clock, a word on what was done."""

import base64
import binascii
import secrets
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import msgspec
from jinja2 import BaseLoader, Environment, PackageLoader, StrictUndefined
from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.enums import MediaType

from backend.auth.guards import CSRF_FIELD, csrf_of
from backend.domain.types import Actor
from backend.kit import clock, i18n, problems
from backend.settings import Settings
from backend.web.assets import Assets
from backend.web.words import Words, initials, short_name

Page = Response[str]
AnyRequest = Request[Any, Any, Any]

assets = Assets("backend.web", "/static")

LANGUAGE_COOKIE = "giaoviec_language"
_SAID_COOKIE = "giaoviec_said"
#: Personal pages are kept by nobody but the browser, which asks before it shows them again …
PRIVATE = "private, no-cache"
#: … and what must not stay even there: secrets shown once, other people's scores.
NEVER = "no-store"


def once_token() -> str:
    """A fresh number for a form that makes something (see :mod:`backend.web.once`)."""
    return secrets.token_urlsafe(9)


class Said(msgspec.Struct, frozen=True):
    """A line shown once on the next page: a key under ``web.said`` and what fills it; ``undo`` names the tasks (codes)
    whose last act can be taken back by the button beside it."""

    key: str
    params: dict[str, str] = {}
    undo: tuple[str, ...] = ()


def environment(loader: BaseLoader) -> Environment:
    """A template environment with everything that our macros use; a name that is not there is a fault, not a blank."""
    made = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters.update(initials=initials, short_name=short_name, decimal=Decimal)
    made.globals.update(asset=assets.url, csrf_field=CSRF_FIELD)
    return made


_environment = environment(PackageLoader("backend.web", "templates"))


def locale_of(request: AnyRequest) -> str:
    """The reader's own language when signed in, else what they chose here, else what their browser prefers."""
    if request.scope.get("state", {}).get("locale"):
        return problems.locale_of(request)
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    return chosen if chosen in i18n.LOCALES else problems.locale_of(request)


def settings_of(request: AnyRequest) -> Settings:
    settings: Settings = request.app.state["settings"]
    return settings


def actor_of(request: AnyRequest) -> Actor:
    """Who is signed in, on a page whose guard has seen to it."""
    actor: Actor = request.user
    return actor


def words_of(request: AnyRequest) -> Words:
    return Words(locale_of(request), settings_of(request).zone, clock.now())


def here(request: AnyRequest) -> str:
    """The page that the reader looks at, as an address to come back to: of a form, the page that it stands on."""
    if request.method == "GET":
        return f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
    came_from = urlsplit(request.headers.get("referer", ""))
    if came_from.netloc != request.headers.get("host"):
        return "/"
    return local_address(f"{came_from.path}?{came_from.query}" if came_from.query else came_from.path)


def context(request: AnyRequest) -> dict[str, Any]:
    """What every template sees."""
    words = words_of(request)
    return {
        "w": words,
        "t": words.t,
        "new_once": once_token,
        "locale": words.locale,
        "me": request.scope.get("user"),
        "csrf": csrf_of(request),
        "demo": settings_of(request).demo,
        "path": request.url.path,
        "here": here(request),
        "said": None,
        "form": {},
        "trouble": None,
    }


def html(request: AnyRequest, template: str, /, **data: Any) -> str:
    """``template`` with the common context and ``data``."""
    return _environment.get_template(template).render({**context(request), **data})


def page(request: AnyRequest, template: str, /, status: int = 200, *, cache: str = PRIVATE, **data: Any) -> Page:
    """The answer of ``template`` with the common context and ``data``."""
    said = _said(request)
    text = html(request, template, said=said, **data)
    answer = Response(text, status_code=status, media_type=MediaType.HTML, headers={"cache-control": cache})
    answer.headers["content-language"] = locale_of(request)
    if said is not None:
        answer.delete_cookie(_SAID_COOKIE)
    return answer


def go(address: str, say: str = "", *, undo: Sequence[str] = (), **params: str) -> Response[Any]:
    """See Other, after a change was made; ``say`` names a line of the catalogue (``web.said.…``) for the next page."""
    headers = {"location": address, "cache-control": NEVER}
    answer: Response[Any] = Response("", status_code=303, media_type=MediaType.TEXT, headers=headers)
    if say:
        kept = base64.urlsafe_b64encode(msgspec.json.encode(Said(say, params, tuple(undo)))).decode().rstrip("=")
        answer.set_cookie(Cookie(key=_SAID_COOKIE, value=kept, max_age=60, path="/", httponly=True, samesite="lax"))
    return answer


def _said(request: AnyRequest) -> Said | None:
    kept = request.cookies.get(_SAID_COOKIE)
    if not kept:
        return None
    try:
        found = msgspec.json.decode(base64.urlsafe_b64decode(kept + "=" * (-len(kept) % 4)), type=Said)
        i18n.t(locale_of(request), f"web.said.{found.key}", **found.params)
    except (binascii.Error, ValueError, KeyError, msgspec.MsgspecError):
        return None
    return found


def local_address(given: str | None, otherwise: str = "/") -> str:
    """``given`` when it is an address on this site (a path), else ``otherwise``: nobody is sent away by a link."""
    if not given or not given.startswith("/") or given.startswith(("//", "/\\")) or not given.isprintable():
        return otherwise
    return given
