"""Signing in and out over HTTP, and what HR and admins do for other people's accounts."""

from datetime import timedelta
from typing import Any

from litestar import Request, Response, delete, get, post
from litestar.datastructures import CacheControlHeader
from litestar.params import FromPath, JSONBody

from backend.auth import api_tokens, link_sheets, linking, links, refresh_tokens, sessions
from backend.auth.api_tokens import ApiTokenView, NewApiToken
from backend.auth.cookies import no_session_cookie
from backend.auth.guards import account, has_role, public
from backend.auth.identity import person_id_of
from backend.auth.middleware import NO_REPLAY, credential_of
from backend.auth.refresh_tokens import TokenPair
from backend.auth.schemas import (
    ApiTokenDraft,
    ChatSheetRequest,
    CodeView,
    Credentials,
    LinkRequest,
    LinkUse,
    LinkView,
    RefreshRequest,
    ResetRequest,
)
from backend.auth.signing_in import sign_in
from backend.domain.types import Role
from backend.errors import NotFound
from backend.kit.http import PathId
from backend.kit.openapi import problems

AnyRequest = Request[Any, Any, Any]

NO_STORE = CacheControlHeader(no_store=True)
#: Of routes that take or answer with a secret.
SECRET: dict[str, Any] = {"opt": {NO_REPLAY: True}, "cache_control": NO_STORE}
#: Of those where a secret can be guessed.
GUESSED: dict[str, Any] = {**SECRET, "responses": problems(401, 429)}


def address_of(request: AnyRequest) -> str:
    """The network address that guesses are counted by (the server resolves trusted proxies before us)."""
    return request.client.host if request.client is not None else "-"


@post("/api/auth/token", status_code=200, guards=[public], **GUESSED)
async def token(request: AnyRequest, data: JSONBody[Credentials]) -> TokenPair:
    """Sign an API client in by work e-mail or phone and password."""
    actor = await sign_in(data.identifier, data.password, address_of(request))
    return await refresh_tokens.open_tokens(actor.person_id)


@post("/api/auth/refresh", status_code=200, guards=[public], responses=problems(401), **SECRET)
async def refresh(data: JSONBody[RefreshRequest]) -> TokenPair:
    """Exchange a refresh token for a new pair; each works once, and using one again ends the sign-in."""
    return await refresh_tokens.refresh(data.refresh_token)


@post("/api/auth/links/use", status_code=200, guards=[public], **GUESSED)
async def use_link(data: JSONBody[LinkUse]) -> TokenPair:
    """Sign an API client in by a one-time link's token; a password must be chosen next."""
    return await links.use_link_for_tokens(data.token)


@post("/api/auth/reset", status_code=202, guards=[public], responses=problems(429), **SECRET)
async def reset(request: AnyRequest, data: JSONBody[ResetRequest]) -> None:
    """Have a sign-in link sent to a work e-mail; the answer is the same whether an account has it."""
    await links.ask_reset(data.email, request.app.state.settings.url, address_of(request))


@post("/api/auth/sign-out", status_code=204, guards=[account])
async def sign_out(request: AnyRequest) -> Response[None]:
    """End the sign-in in use."""
    await sessions.sign_out(request.user, credential_of(request))
    answer: Response[None] = Response(None, status_code=204)
    if request.auth == "session":
        answer.set_cookie(no_session_cookie(request.app.state.settings))
    return answer


async def _person(reference: str) -> int:
    person_id = await person_id_of(reference)
    if person_id is None:
        raise NotFound("not_found")
    return person_id


@post("/api/people/{person:str}/sign-in-links", status_code=201, guards=[has_role(Role.HR, Role.ADMIN)], **SECRET)
async def make_sign_in_link(request: AnyRequest, person: FromPath[str], data: JSONBody[LinkRequest]) -> LinkView:
    """Issue a one-time sign-in link, good for 7 days, to a person under one's HR or admin position."""
    person_id, url = await _person(person), request.app.state.settings.url
    if data.by == "email":
        return LinkView(expires_at=await links.send_link(request.user, person_id, url))
    link = await links.issue_link(request.user, person_id)
    return LinkView(expires_at=link.expires_at, url=url + link.path)


@post("/api/people/{person:str}/chat-links/code", status_code=201, guards=[has_role(Role.HR, Role.ADMIN)], **SECRET)
async def make_chat_code(request: AnyRequest, person: FromPath[str]) -> CodeView:
    """A code with which a person under one's HR or admin position links their chat."""
    code, expires_at = await linking.make_code(request.user, await _person(person))
    return CodeView(code, expires_at)


@post("/api/people/chat-links/sheet", status_code=201, guards=[has_role(Role.HR, Role.ADMIN)], **SECRET)
async def make_chat_sheet(request: AnyRequest, data: JSONBody[ChatSheetRequest]) -> link_sheets.Sheet:
    """Codes to print for people under one's HR or admin position, good once within 7 days; the bot asks whoever brings
    one for the last 4 digits of the person's phone. Codes made before stop working."""
    if data.people:
        return await link_sheets.for_people(request.user, data.people)
    return await link_sheets.for_unlinked(request.user, data.unit)


@get("/api/people/{person:str}/tokens", guards=[has_role(Role.ADMIN)], cache_control=NO_STORE)
async def tokens_of_person(request: AnyRequest, person: FromPath[str]) -> list[ApiTokenView]:
    """API tokens of a person (an integration's account) under one's admin position."""
    return await api_tokens.list_of(request.user, await _person(person))


@post("/api/people/{person:str}/tokens", status_code=201, guards=[has_role(Role.ADMIN)], **SECRET)
async def make_token_for_person(
    request: AnyRequest, person: FromPath[str], data: JSONBody[ApiTokenDraft]
) -> NewApiToken:
    """Make an API token that acts as a person under one's admin position; it is shown this once."""
    lasts = timedelta(days=data.lasts_days) if data.lasts_days else None
    return await api_tokens.make(request.user, data.name, data.scopes, person_id=await _person(person), lasts=lasts)


@delete("/api/people/{person:str}/tokens/{token_id:int}", status_code=204, guards=[has_role(Role.ADMIN)])
async def revoke_token_of_person(request: AnyRequest, person: FromPath[str], token_id: PathId) -> None:
    """Revoke such a token."""
    await api_tokens.revoke(request.user, token_id, await _person(person))


routes = [
    token,
    refresh,
    use_link,
    reset,
    sign_out,
    make_sign_in_link,
    make_chat_code,
    make_chat_sheet,
    tokens_of_person,
    make_token_for_person,
    revoke_token_of_person,
]
