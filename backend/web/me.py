"""My own page: who I am here, language, sign-ins, chat, calendar, leave, and my score."""

from datetime import date
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from backend.auth import linking
from backend.auth import service as auth
from backend.auth.feeds import feed_path
from backend.auth.guards import csrf_form, page_signed_in
from backend.auth.middleware import NO_REPLAY, credential_of
from backend.auth.people import digests as digests_of
from backend.auth.people import me as account_of
from backend.auth.people import set_digests, set_preferences
from backend.auth.push import subscriptions_of
from backend.auth.schemas import DigestsPut, MePatch
from backend.channel_use import bots_of, with_room
from backend.domain.types import Actor, Role
from backend.errors import AppError, InvalidFields, NotFound
from backend.kit import state
from backend.org import absences, delegations
from backend.org.queries import LeaveBrief, seats_of
from backend.org.queries_absences import DelegationBrief
from backend.scores.queries import current_month, explain
from backend.scores.schemas import Explanation
from backend.web.choices import helpers_for
from backend.web.forms import Form, Trouble, read, trouble_of
from backend.web.me_channels import Has, not_here, order_for
from backend.web.qr import qr
from backend.web.render import NEVER, AnyRequest, Page, actor_of, go, page, settings_of, words_of

#: Answers that show a secret are not kept for a repeated request.
_SECRET: dict[str, Any] = {"opt": {NO_REPLAY: True}}


@get("/me", guards=[page_signed_in])
async def me_page(request: AnyRequest) -> Page:
    """My own page."""
    return await _show(request)


async def _show(
    request: AnyRequest, act: str = "", form: Form | None = None, trouble: Trouble | None = None, **shown: Any
) -> Page:
    """The page; with the form of ``act`` open and what was typed, or with a secret that is ``shown`` this once."""
    actor = actor_of(request)
    wanted = await digests_of(actor)
    chats = await auth.links_of(actor.person_id)
    has = Has(
        account=await account_of(actor),
        chats=chats,
        browsers=await subscriptions_of(actor.person_id),
        without=await not_here(settings_of(request), chats),
    )
    data: dict[str, Any] = {
        "account": has.account,
        "seats": (await seats_of([actor.person_id])).get(actor.person_id, []),
        "lent": [post for post in actor.posts if post.giver_id is not None],
        "sign_ins": await auth.sign_ins_of(actor, credential_of(request)),
        "score": await _score(request),
        "chats": chats,
        "push": bool(settings_of(request).push_services),
        "pushes": has.browsers,
        "order": await order_for(has, words_of(request)),
        "digests": {name: getattr(wanted, name) for name in _offered(actor)},
        "leaves": await _leaves(request),
        "delegations": await _delegations(request),
        "leads": any(post.role is Role.LEADER and post.giver_id is None for post in actor.posts),
        "helpers": (await helpers_for(actor, "")).items,
        "code": None,
        "zalo": await bots_of("zalo"),
        "sees_channels": actor.has(Role.HR, Role.ADMIN),
        "feed": None,
        **shown,
    }
    status = trouble.status if trouble else 200
    blank = Form([])
    return page(
        request, "me.html", status, cache=NEVER, open_act=act, form=form or blank, blank=blank, trouble=trouble, **data
    )


async def _score(request: AnyRequest) -> Explanation | None:
    """My score in the month that runs; None for somebody who has none (no position)."""
    try:
        return await explain(actor_of(request), actor_of(request).person_id, current_month())
    except NotFound:
        return None


async def _leaves(request: AnyRequest) -> list[LeaveBrief]:
    """My leaves that are not over."""
    actor, today = actor_of(request), words_of(request).today
    return [leave for leave in await absences.list_leaves(actor, actor.handle) if leave.until_on >= today]


async def _delegations(request: AnyRequest) -> list[DelegationBrief]:
    """Authority I lend or hold, now or later."""
    actor, today = actor_of(request), words_of(request).today
    found = await delegations.list_delegations(actor, actor.handle)
    return [lent for lent in found if lent.until_on >= today and not lent.ended]


@post("/me/chat-code", guards=[page_signed_in, csrf_form], status_code=200, **_SECRET)
async def chat_code(request: AnyRequest) -> Page:
    """Show a code that links a chat within ten minutes."""
    code, expires_at = await auth.make_code(actor_of(request))
    bot, zalo = await state.get(linking.TELEGRAM_NAME), await bots_of("zalo")
    address = f"https://t.me/{bot}?start={code}" if bot else ""
    picture = qr(address or f"/start {code}", words_of(request).t("me.chat_qr"))
    # Where nothing is known of a bot of either kind, Telegram's still may be found by its name.
    return await _show(
        request,
        code=code,
        code_until=expires_at,
        code_bot=bot,
        code_address=address,
        code_picture=picture if bot or not zalo else None,
        code_zalo=bool(zalo),
        code_zalo_bot=next((bot.name or bot.id for bot in await with_room("zalo")), ""),
    )


@post("/me/chats/{channel:str}/end", guards=[page_signed_in, csrf_form])
async def end_chat(request: AnyRequest, channel: FromPath[str]) -> Response[Any]:
    """Let go of the chat on a channel."""
    await auth.unlink(actor_of(request), channel)
    return go("/me#chat", "chat_ended")


@post("/me/channels", guards=[page_signed_in, csrf_form])
async def order_channels(request: AnyRequest) -> Response[Any]:
    """In which order I am told; an empty one is the office's."""
    form = await read(request)
    try:
        if not form.has("order"):
            raise InvalidFields("invalid_fields", [{"where": "order", "code": "empty"}])
        await set_preferences(
            actor_of(request), MePatch(channels=[name for name in form.text("order").split(",") if name])
        )
    except AppError as error:
        return await _show(request, "channels", form, trouble_of(request, error, "channels"))
    return go("/me#channels", "channels_set")


def _offered(actor: Actor) -> tuple[str, ...]:
    """The digests that the actor gets by their positions, own or lent."""
    also = (("leader_digest", Role.LEADER), ("weekly_digest", Role.HR))
    return ("morning_list", *(name for name, role in also if actor.has(role)))


@post("/me/digests", guards=[page_signed_in, csrf_form])
async def choose_digests(request: AnyRequest) -> Response[Any]:
    """Which digests I want in chat; a switch that the page does not show stays as it is."""
    actor, form = actor_of(request), await read(request)
    await set_digests(actor, DigestsPut(**{name: form.has(name) for name in _offered(actor)}))
    return go("/me#chat", "digests_set")


@post("/me/calendar", guards=[page_signed_in, csrf_form], status_code=200, **_SECRET)
async def make_calendar(request: AnyRequest) -> Page:
    """Show a new secret address of my deadlines; the last one stops working."""
    address = settings_of(request).url + feed_path(await auth.make_feed(actor_of(request)))
    return await _show(request, feed=address)


@post("/me/calendar/end", guards=[page_signed_in, csrf_form])
async def end_calendar(request: AnyRequest) -> Response[Any]:
    """Make the address worthless."""
    await auth.revoke_feed(actor_of(request))
    return go("/me#calendar", "calendar_ended")


@post("/me/sign-ins/end-others", guards=[page_signed_in, csrf_form])
async def end_others(request: AnyRequest) -> Response[Any]:
    """Sign me out everywhere else."""
    ended = await auth.end_other_sign_ins(actor_of(request), credential_of(request))
    return go("/me#sign-ins", "sign_ins_ended", n=str(ended))


@post("/me/sign-ins/{sign_in:str}/end", guards=[page_signed_in, csrf_form])
async def end_sign_in(request: AnyRequest, sign_in: FromPath[str]) -> Response[Any]:
    """Sign me out in one other place."""
    await auth.end_sign_in(actor_of(request), sign_in)
    return go("/me#sign-ins", "sign_in_ended")


def _days(form: Form) -> tuple[date, date]:
    """From and until, both given. Raises InvalidFields."""
    days = {name: form.day(name) for name in ("from_on", "until_on")}
    missing = [{"where": name, "code": "empty"} for name, on in days.items() if on is None]
    if missing or days["from_on"] is None or days["until_on"] is None:
        raise InvalidFields("invalid_fields", missing)
    return days["from_on"], days["until_on"]


@post("/me/leave", guards=[page_signed_in, csrf_form])
async def add_leave(request: AnyRequest) -> Response[Any]:
    """Enter days on which I am away."""
    actor, form = actor_of(request), await read(request)
    try:
        from_on, until_on = _days(form)
        stand_in, reason = form.text("substitute") or None, form.lines("reason")
        await absences.record_leave(actor, actor.handle, from_on, until_on, substitute=stand_in, reason=reason)
    except AppError as error:
        return await _show(request, "leave", form, trouble_of(request, error, "leave"))
    return go("/me#leave", "leave_recorded")


@post("/me/leave/{leave_id:int}/cancel", guards=[page_signed_in, csrf_form])
async def cancel_leave(request: AnyRequest, leave_id: FromPath[int]) -> Response[Any]:
    """I am there after all."""
    actor = actor_of(request)
    await absences.cancel_leave(actor, actor.handle, leave_id)
    return go("/me#leave", "leave_cancelled")


@post("/me/delegation", guards=[page_signed_in, csrf_form])
async def add_delegation(request: AnyRequest) -> Response[Any]:
    """Lend my authority to a substitute."""
    actor, form = actor_of(request), await read(request)
    try:
        from_on, until_on = _days(form)
        stand_in, unit = form.text("substitute"), form.text("unit") or None
        await delegations.delegate(
            actor, actor.handle, stand_in, from_on, until_on, unit=unit, reason=form.lines("reason")
        )
    except AppError as error:
        return await _show(request, "delegation", form, trouble_of(request, error, "delegation"))
    return go("/me#leave", "delegated")


@post("/me/delegation/{delegation_id:int}/end", guards=[page_signed_in, csrf_form])
async def end_delegation(request: AnyRequest, delegation_id: FromPath[int]) -> Response[Any]:
    """Take my authority back."""
    actor = actor_of(request)
    await delegations.end_delegation(actor, actor.handle, delegation_id)
    return go("/me#leave", "delegation_ended")


routes = [
    me_page,
    chat_code,
    end_chat,
    order_channels,
    choose_digests,
    make_calendar,
    end_calendar,
    end_others,
    end_sign_in,
    add_leave,
    cancel_leave,
    add_delegation,
    end_delegation,
]
