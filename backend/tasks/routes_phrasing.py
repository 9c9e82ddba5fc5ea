"""One typed line over HTTP: what it would assign, and assigning it."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, post
from litestar.params import JSONBody

from backend.auth.guards import scope
from backend.domain.phrases import Phrase, Piece, Recurring, Rule
from backend.domain.types import Urgency
from backend.tasks import phrasing


class LineBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line as people type or dictate it: ``giao @an Báo cáo PCCC hạn 17h thứ 6``."""

    text: Annotated[str, msgspec.Meta(max_length=phrasing.MOST_LETTERS)]


class ChoiceView(msgspec.Struct, frozen=True):
    """Somebody it may be."""

    handle: str
    name: str
    unit: str
    title: str


class NamedView(msgspec.Struct, frozen=True):
    """A person of the line; ``choices`` when several fit, then ``handle`` is null and ``name`` is as typed."""

    handle: str | None
    name: str
    choices: list[ChoiceView]


class LineView(msgspec.Struct, frozen=True, kw_only=True):
    """What the line means. ``confidence`` ``ask``: ``asks`` says what is to be asked before anybody acts, ``due`` is then
    the proposal. ``spans`` are the recognised pieces in code points of the text. ``flags`` knows ``day_off``."""

    leads: list[NamedView]
    coordinators: list[NamedView]
    title: str
    due: datetime | None
    rule: Rule | None
    recurrence: Recurring | None
    urgency: Urgency
    weight: float
    needs_acceptance: bool
    confidence: Literal["certain", "ask"]
    asks: list[str]
    flags: list[str]
    spans: list[Piece]


@post("/api/tasks/parse", guards=[scope("tasks:read")], tags=["tasks"], summary="Understand a line", status_code=200)
async def parse_line(request: Request[Any, Any, Any], data: JSONBody[LineBody]) -> Response[LineView]:
    """Read one line as a draft of a task, with the reader's people and working time; changes nothing."""
    return Response(view_of(await phrasing.understand(request.user, data.text)))


def view_of(phrase: Phrase) -> LineView:
    """A phrase on the wire."""
    return msgspec.convert(
        msgspec.structs.asdict(phrase) | {"weight": float(phrase.weight)}, LineView, from_attributes=True
    )


routes = [parse_line]
