"""Deadlines counted over HTTP: one question or many, the same words as the command ``giaoviec due``."""

from typing import Any

import msgspec
from litestar import Request, post
from litestar.params import JSONBody

from backend.auth.guards import scope
from backend.calendars.answering import Calendar, answered, refused
from backend.calendars.counting import Answer, Question
from backend.errors import AppError, Unprocessable
from backend.kit.problems import locale_of

AnyRequest = Request[Any, Any, Any]

#: Questions in one request.
_MOST = 1000


class Refused(msgspec.Struct, frozen=True):
    """Why one of many questions has no answer."""

    error: str
    code: str


@post(
    "/api/calendars/due",
    guards=[scope("calendars:read")],
    tags=["calendars"],
    summary="Count a deadline",
    status_code=200,
)
async def due(request: AnyRequest, data: JSONBody[Question | list[Question]]) -> Answer | list[Answer | Refused]:
    """When `minutes` of working time or `days` have passed since `from`, or the working `minutes` `between` two times.

    Times without a zone are on the calendar's wall clock; answers are in its zone. `unit` names whose calendar (default:
    that of the reader's own unit). Of several questions a wrong one is answered with `error`, the rest goes on.
    """
    calendar, locale = await Calendar.of(request.user), locale_of(request)
    if isinstance(data, Question):
        return answered(data, await calendar.find(data.unit), locale)
    if len(data) > _MOST:
        raise Unprocessable("count_too_many", most=_MOST)
    found: list[Answer | Refused] = []
    for question in data:
        try:
            found.append(answered(question, await calendar.find(question.unit), locale))
        except AppError as error:
            found.append(Refused(refused(error, locale), error.code))
    return found


routes = [due]
