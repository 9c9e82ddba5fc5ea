"""The phone simulator as pages: a chat client for everybody in the office, for a demo on this machine only."""

import ipaddress
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from jinja2 import ChoiceLoader, PackageLoader
from litestar import Response, get, post
from litestar.connection import ASGIConnection
from litestar.datastructures import UploadFile
from litestar.enums import MediaType
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery
from litestar.types import ControllerRouterHandler

from backend.auth.guards import Guard, csrf_form
from backend.domain.types import Role
from backend.errors import NotFound
from backend.org.queries import PersonBrief, seats_of
from backend.web.assets import Assets
from backend.web.forms import Form, read
from backend.web.render import NEVER, AnyRequest, context, environment, go, local_address
from bot.simulator.desk import Simulator
from bot.simulator.phone import Phone
from bot.simulator.wire import Json
from bot.simulator.zalo_state import ZaloPhone

#: How long a page waits for something new, and a form without JavaScript for the bot's answer; real seconds.
_POLL_S = 8.0
_ANSWER_S = 2.0
TELEGRAM, ZALO = "telegram", "zalo"
_PICTURES = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})

assets = Assets("bot.simulator", "/simulator/static")
_environment = environment(ChoiceLoader([PackageLoader("bot.simulator"), PackageLoader("backend.web")]))
_environment.globals["simulator_asset"] = assets.url


async def _here_only(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    client = connection.client
    loopback = False
    with suppress(ValueError):
        loopback = client is not None and ipaddress.ip_address(client.host).is_loopback
    if not (loopback and connection.app.state["settings"].demo):
        raise NotFound("not_found")


#: A demo, opened on the machine it runs on. For everybody else there is no such page.
here_only = Guard("simulator", _here_only)


def simulator_routes(get_simulator: Callable[[], Simulator]) -> list[ControllerRouterHandler]:
    """The pages over the simulator that ``get_simulator`` returns, for ``create_app(routes=…)``."""

    async def started() -> Simulator:
        simulator = get_simulator()
        await simulator.ensure_started()
        return simulator

    @get("/simulator", guards=[here_only], include_in_schema=False)
    async def desk(request: AnyRequest) -> Response[str]:
        """Two phones side by side (one on a small screen): ``person`` names whose and in which app (``an``, ``an~zalo``),
        ``reply`` what is answered."""
        simulator = await started()
        people = await simulator.people()
        wanted = [_parted(key) for key in dict.fromkeys(request.query_params.getall("person", []))]
        shown = [(person, on) for handle, on in wanted for person in people if person.handle == handle][:2]
        shown = shown or [(person, TELEGRAM) for person in await _first_two(people)]
        phones = [await _data(request, simulator, person, on) for person, on in shown]
        return _page(request, "desk.html", people=people, phones=phones)

    @get("/simulator/{handle:str}/screen", guards=[here_only], include_in_schema=False)
    async def screen(request: AnyRequest, handle: FromPath[str], since: FromQuery[int] = -1) -> Response[Any]:
        """What a phone shows, as JSON or (Accept: text/html) drawn; waits a while for a version after ``since``."""
        simulator = await started()
        person, on = await _person(simulator, handle)
        await simulator.changed(on, since, _POLL_S)
        if "text/html" in request.headers.get("accept", ""):
            return _page(request, "screen.html", **await _data(request, simulator, person, on))
        return Response(simulator.screen(person, on), headers={"cache-control": NEVER})

    @get("/simulator/{handle:str}/files/{file_id:str}", guards=[here_only], include_in_schema=False)
    async def file(handle: FromPath[str], file_id: FromPath[str]) -> Response[bytes]:
        """A picture in the chat."""
        simulator = await started()
        person, on = await _person(simulator, handle)
        return (_zalo_photo if on == ZALO else _telegram_file)(simulator, person, file_id)

    @post("/simulator/{handle:str}/{what:str}", guards=[here_only, csrf_form], include_in_schema=False)
    async def act(request: AnyRequest, handle: FromPath[str], what: FromPath[str]) -> Response[Any]:
        """Something the person does on their phone: ``say``, ``press``, ``link``, ``block``, ``unblock``."""
        simulator = await started()
        (person, on), form = await _person(simulator, handle), await read(request)
        before = simulator.version(on)
        await _act(simulator, person, on, what, form)
        if not form.has("alone"):  # a form without JavaScript: the next page should already show the answer
            await simulator.changed(on, max(before + 1, simulator.version(on)), _ANSWER_S)
        return go(local_address(form.get("next"), f"/simulator?{urlencode({'person': handle})}"))

    return [desk, screen, file, act, assets.route()]


async def _first_two(people: list[PersonBrief]) -> list[PersonBrief]:
    """The topmost leader and somebody who only works, for the first look."""
    seats = await seats_of([person.id for person in people])
    places = [
        (len(seat.path), seat.rank, place)
        for place, person in enumerate(people)
        for seat in seats.get(person.id, ())
        if seat.role is Role.LEADER
    ]
    working = (person for person in people if {seat.role for seat in seats.get(person.id, ())} == {Role.OFFICER})
    return [people[place] for *_, place in sorted(places)[:1]] + list(working)[:1]


def _parted(key: str) -> tuple[str, str]:
    """Whose phone and which app on it."""
    handle, _, on = key.partition("~")
    return handle, ZALO if on == ZALO else TELEGRAM


async def _person(simulator: Simulator, key: str) -> tuple[PersonBrief, str]:
    handle, on = _parted(key)
    for person in await simulator.people():
        if person.handle == handle:
            return person, on
    raise NotFound("not_found")


async def _act(simulator: Simulator, person: PersonBrief, on: str, what: str, form: Form) -> None:
    if what == "link":
        await simulator.link(person, on)
    elif on == ZALO:
        await _do_on_zalo(simulator.zalo_phone(person), what, form)
    else:
        await _do(simulator.phone(person), what, form)


def _telegram_file(simulator: Simulator, person: PersonBrief, file_id: str) -> Response[bytes]:
    found = simulator.telegram.file(file_id)
    mine = any(message.file is found for message in simulator.phone(person).messages)
    if found is None or not mine:
        raise NotFound("not_found")
    picture = found.mime in _PICTURES
    headers = {} if picture else {"content-disposition": "attachment"}
    return Response(found.data, media_type=found.mime if picture else "application/octet-stream", headers=headers)


def _zalo_photo(simulator: Simulator, person: PersonBrief, key: str) -> Response[bytes]:
    mine = any(message.photo_url.endswith(f"/{key}") for message in simulator.zalo_phone(person).messages)
    if not mine:
        raise NotFound("not_found")
    return Response(simulator.zalo.world.photos[key], media_type="image/jpeg")


async def _data(request: AnyRequest, simulator: Simulator, person: PersonBrief, on: str) -> dict[str, Any]:
    """What the macro ``phone`` draws."""
    screen: Json = simulator.screen(person, on)
    asked = request.query_params.get("reply", "")
    known = {message["id"] for message in screen["messages"]}
    reply_to = int(asked) if asked.isdecimal() and int(asked) in known else screen["answer_to"]
    return {
        "person": person,
        "on": on,
        "key": person.handle if on == TELEGRAM else f"{person.handle}~{on}",
        "screen": screen,
        "linked": await simulator.is_linked(person, on),
        "reply_to": reply_to,
    }


async def _do(phone: Phone, what: str, form: Form) -> None:
    """Act on the phone. What the person could not do on a real one (an old button, nothing typed) does nothing."""
    reply_to = int(form.text("reply_to")) if form.text("reply_to").isdecimal() else None
    with suppress(LookupError, ValueError):
        match what:
            case "say":
                await _say(phone, form, reply_to)
            case "press":
                phone.press(int(form.text("message")), form.get("data"))
            case "block":
                phone.block()
            case "unblock":
                phone.start()
            case _:
                raise NotFound("not_found")


async def _do_on_zalo(phone: ZaloPhone, what: str, form: Form) -> None:
    """The same on Zalo, where a picture has its words and any other file comes as nothing."""
    match what:
        case "say":
            words = form.lines("text")
            for file in form.files("file"):
                if file.content_type == "image/jpeg":
                    phone.photo(await file.read(), words)
                    words = ""
                else:
                    phone.document()
            if words:
                phone.send(words)
        case "block":
            phone.block()
        case "unblock":
            phone.start()
        case _:
            raise NotFound("not_found")


async def _say(phone: Phone, form: Form, reply_to: int | None) -> None:
    """Send the chosen files with the words as the first one's caption, or the words alone."""
    words = form.lines("text")
    for file in form.files("file"):
        await _send_file(phone, file, words, reply_to)
        words = ""
    if words:
        phone.send(words, reply_to)


async def _send_file(phone: Phone, file: UploadFile, caption: str, reply_to: int | None) -> None:
    data = await file.read()
    if file.content_type == "image/jpeg":
        phone.photo(data, caption, reply_to)
    else:
        phone.document(data, file.filename, file.content_type, caption, reply_to)


def _page(request: AnyRequest, template: str, **data: Any) -> Response[str]:
    text = _environment.get_template(template).render({**context(request), **data})
    return Response(text, media_type=MediaType.HTML, headers={"cache-control": NEVER})
