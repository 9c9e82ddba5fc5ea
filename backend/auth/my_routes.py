"""/api/me: a person's own account over HTTP."""

from datetime import timedelta
from typing import Any

from litestar import Request, delete, get, patch, post, put
from litestar.params import FromPath, JSONBody

from backend import delivery
from backend.auth import api_tokens, feeds, linking, passwords, people, push, sessions
from backend.auth.api_tokens import ApiTokenView, NewApiToken
from backend.auth.guards import account, csrf_of, identified, signed_in
from backend.auth.middleware import credential_of
from backend.auth.push import PushBrowser
from backend.auth.push_keys import push_keys
from backend.auth.routes import GUESSED, NO_STORE, SECRET
from backend.auth.schemas import (
    ApiTokenDraft,
    ChatView,
    CodeView,
    DigestsPut,
    DigestsView,
    Ended,
    FeedView,
    MePatch,
    MeView,
    PasswordChange,
    PushDraft,
    PushSeen,
    PushView,
)
from backend.auth.sessions import SignInView
from backend.errors import NotFound
from backend.kit.http import PathId
from backend.kit.openapi import problems

AnyRequest = Request[Any, Any, Any]


@get("/api/me", guards=[identified], cache_control=NO_STORE)
async def me(request: AnyRequest) -> MeView:
    """Who is signed in."""
    return await people.me(request.user)


@patch("/api/me", guards=[account], cache_control=NO_STORE)
async def set_preferences(request: AnyRequest, data: JSONBody[MePatch]) -> MeView:
    """Set one's language and the order of channels."""
    await people.set_preferences(request.user, data)
    return await people.me(request.user)


@post("/api/me/password", status_code=204, guards=[account], **GUESSED)
async def change_password(request: AnyRequest, data: JSONBody[PasswordChange]) -> None:
    """Choose a new password; every other sign-in ends."""
    await passwords.change_password(request.user, data.old, data.new, keep=credential_of(request))


@get("/api/me/sessions", guards=[account], cache_control=NO_STORE)
async def sign_ins(request: AnyRequest) -> list[SignInView]:
    """Where one is signed in: browsers and API clients."""
    return await sessions.sign_ins_of(request.user, credential_of(request))


@delete("/api/me/sessions", status_code=200, guards=[account])
async def end_others(request: AnyRequest) -> Ended:
    """End every sign-in but the one in use."""
    return Ended(await sessions.end_other_sign_ins(request.user, credential_of(request)))


@delete("/api/me/sessions/{sign_in:str}", status_code=204, guards=[account])
async def end_sign_in(request: AnyRequest, sign_in: FromPath[str]) -> None:
    """End one sign-in."""
    await sessions.end_sign_in(request.user, sign_in)


@get("/api/me/tokens", guards=[signed_in], cache_control=NO_STORE)
async def tokens(request: AnyRequest) -> list[ApiTokenView]:
    """One's own API tokens."""
    return await api_tokens.list_of(request.user)


@post("/api/me/tokens", status_code=201, guards=[signed_in], **SECRET)
async def make_token(request: AnyRequest, data: JSONBody[ApiTokenDraft]) -> NewApiToken:
    """Make an API token that acts as oneself within scopes; it is shown this once."""
    lasts = timedelta(days=data.lasts_days) if data.lasts_days else None
    return await api_tokens.make(request.user, data.name, data.scopes, lasts=lasts)


@delete("/api/me/tokens/{token_id:int}", status_code=204, guards=[signed_in])
async def revoke_token(request: AnyRequest, token_id: PathId) -> None:
    """Revoke one of one's own API tokens."""
    await api_tokens.revoke(request.user, token_id)


@get("/api/me/chat-links", guards=[signed_in], cache_control=NO_STORE)
async def chat_links(request: AnyRequest) -> list[ChatView]:
    """Chats linked to one's account."""
    return [ChatView(link.channel, link.linked_at) for link in await linking.links_of(request.user.person_id)]


@post("/api/me/chat-links/code", status_code=201, guards=[signed_in], **SECRET)
async def make_chat_code(request: AnyRequest) -> CodeView:
    """A code to type into a chat within 10 minutes to link it; the last one stops working."""
    code, expires_at = await linking.make_code(request.user)
    return CodeView(code, expires_at)


@delete("/api/me/chat-links/{channel:str}", status_code=204, guards=[signed_in])
async def unlink_chat(request: AnyRequest, channel: FromPath[str]) -> None:
    """Let go of the chat on a channel."""
    if channel not in linking.CHANNELS or not await linking.unlink(request.user, channel):
        raise NotFound("not_found")


@get("/api/me/push", guards=[signed_in], cache_control=NO_STORE, responses=problems(404))
async def pushes(request: AnyRequest) -> PushView:
    """The key to subscribe a browser with, and the browsers that take one's notifications."""
    if not request.app.state.settings.push_services:
        raise NotFound("push_off")
    browsers = await push.subscriptions_of(request.user.person_id)
    return PushView((await push_keys()).public, csrf_of(request), browsers)


@post("/api/me/push", status_code=201, guards=[signed_in], responses=problems(404))
async def subscribe(request: AnyRequest, data: JSONBody[PushDraft]) -> PushBrowser:
    """Have a browser take one's notifications, and nobody else's; sending it again changes nothing."""
    return await push.subscribe(
        request.user,
        data.endpoint,
        data.p256dh,
        data.auth,
        request.headers.get("user-agent", ""),
        hosts=request.app.state.settings.push_services,
    )


@delete("/api/me/push/{browser_id:int}", status_code=204, guards=[signed_in])
async def unsubscribe(request: AnyRequest, browser_id: PathId) -> None:
    """Have a browser take one's notifications no more."""
    if not await push.unsubscribe(request.user, browser_id):
        raise NotFound("not_found")


@post("/api/me/push/seen", status_code=204, guards=[signed_in])
async def push_seen(request: AnyRequest, data: JSONBody[PushSeen]) -> None:
    """Note that one tapped a notification of one's own: the proof of delivery says when it was first read. Another's, or
    one that was noted before, changes nothing."""
    await delivery.seen_push(request.user.person_id, data.message)


@get("/api/me/digests", guards=[signed_in], cache_control=NO_STORE)
async def digests(request: AnyRequest) -> DigestsView:
    """Which digests one wants in chat."""
    return await people.digests(request.user)


@put("/api/me/digests", guards=[signed_in], cache_control=NO_STORE)
async def set_digests(request: AnyRequest, data: JSONBody[DigestsPut]) -> DigestsView:
    """Switch digests on or off."""
    return await people.set_digests(request.user, data)


@post("/api/me/calendar-link", status_code=201, guards=[signed_in], **SECRET)
async def make_calendar_link(request: AnyRequest) -> FeedView:
    """A secret address of one's deadlines for a calendar program; the last one stops working."""
    return FeedView(request.app.state.settings.url + feeds.feed_path(await feeds.make_feed(request.user)))


@delete("/api/me/calendar-link", status_code=204, guards=[signed_in], responses=problems(404))
async def revoke_calendar_link(request: AnyRequest) -> None:
    """Make the address worthless."""
    if not await feeds.revoke_feed(request.user):
        raise NotFound("not_found")


routes = [
    me,
    set_preferences,
    change_password,
    sign_ins,
    end_others,
    end_sign_in,
    tokens,
    make_token,
    revoke_token,
    chat_links,
    make_chat_code,
    unlink_chat,
    pushes,
    subscribe,
    unsubscribe,
    push_seen,
    digests,
    set_digests,
    make_calendar_link,
    revoke_calendar_link,
]
