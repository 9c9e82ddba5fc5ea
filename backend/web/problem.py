"""A problem as a page: what happened, in the reader's language, and the way on."""

from typing import Any

from litestar import Response

from backend.kit import sentences
from backend.kit.problems import Problem
from backend.web.render import NEVER, AnyRequest, locale_of, page

#: Statuses with a heading of their own.
_HEADINGS = {401: "sign_in", 403: "forbidden", 404: "not_found", 413: "too_large", 429: "too_many"}


def problem_page(request: AnyRequest, problem: Problem) -> Response[Any]:
    """A problem as a page."""
    heading = _HEADINGS.get(problem.status, "ours" if problem.status >= 500 else "rest")
    # The common handler reads Accept-Language; somebody not signed in may have chosen another language here.
    detail = sentences.say(locale_of(request), problem.code, problem.params)
    fields = [str(issue["message"]) for issue in problem.issues if issue.get("message")]
    return page(
        request,
        "problem.html",
        problem.status,
        cache=NEVER,
        problem=problem,
        heading=heading,
        detail=detail,
        fields=fields,
    )
