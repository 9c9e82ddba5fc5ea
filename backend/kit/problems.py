"""Every error as one RFC 9457 problem in the reader's language; as a page when a browser asked for one."""

from collections.abc import Callable
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.status_codes import HTTP_500_INTERNAL_SERVER_ERROR

from backend.kit import i18n, logs, sentences

log = logs.get("problems")

MEDIA_TYPE = "application/problem+json"

#: HTTP errors that Litestar itself raises, by status → catalogue code.
_BY_STATUS = {
    400: "bad_request",
    401: "not_signed_in",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    429: "too_many",
}


class Problem(msgspec.Struct, omit_defaults=True):
    """The body of an error answer (RFC 9457); ``code`` and ``params`` are for programs, the rest for people."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str = ""
    params: dict[str, Any] = {}
    issues: list[dict[str, Any]] = []


Page = Callable[[Request[Any, Any, Any], Problem], Response[Any]]


def locale_of(request: Request[Any, Any, Any]) -> str:
    """The reader's language: their own when signed in (state ``locale``), else Accept-Language."""
    chosen = request.scope.get("state", {}).get("locale")
    return str(chosen) if chosen else i18n.pick(request.headers.get("accept-language"))


def handler(page: Page) -> Callable[[Request[Any, Any, Any], Exception], Response[Any]]:
    """The one exception handler of the application; ``page`` renders a problem for somebody with a browser."""

    def handle(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        problem, headers = describe(error, locale_of(request))
        if problem.status >= HTTP_500_INTERNAL_SERVER_ERROR:
            # What we say ourselves (not ready) needs no traceback, and a probe asks every few seconds.
            fault = error if problem.code == "internal" else None
            log.error("request.failed", path=request.url.path, code=problem.code, exc_info=fault)
        if _wants_page(request):
            answer = page(request, problem)
            answer.headers.update(headers)
            return answer
        return Response(problem, status_code=problem.status, media_type=MEDIA_TYPE, headers=headers)

    return handle


def _wants_page(request: Request[Any, Any, Any]) -> bool:
    path = request.url.path
    return not path.startswith(("/api/", "/health", "/hooks", "/metrics")) and "text/html" in request.headers.get(
        "accept", ""
    )


def describe(error: Exception, locale: str) -> tuple[Problem, dict[str, str]]:
    """What to say of ``error`` in ``locale``, and the headers that go with it."""
    headers: dict[str, str] = {}
    issues: list[dict[str, Any]] = []
    params: dict[str, Any] = {}
    # AppError is recognised by its shape: the kit knows nothing of the business, not even its errors.
    code = getattr(error, "code", None)
    status = getattr(error, "status", None)
    if isinstance(code, str) and isinstance(status, int):
        params = dict(getattr(error, "params", {}))
        issues = [sentences.issue(locale, issue) for issue in getattr(error, "issues", [])]
    elif isinstance(error, ValidationException) and _only_in_path(error):
        code, status = "not_found", 404
    elif isinstance(error, ValidationException):
        code, status = "invalid_fields", 422
        issues = [
            {"where": str(item.get("key") or item.get("source") or ""), "message": str(item.get("message", ""))}
            for item in (error.extra if isinstance(error.extra, list) else [])
            if isinstance(item, dict)
        ] or [{"where": "body", "message": error.detail}]
    elif isinstance(error, HTTPException):
        status = error.status_code
        code = _BY_STATUS.get(status, "internal" if status >= 500 else "bad_request")
        headers = dict(error.headers or {})
    else:
        code, status = "internal", HTTP_500_INTERNAL_SERVER_ERROR
    if "retry_after_s" in params:
        headers["retry-after"] = str(params["retry_after_s"])
    problem = Problem(
        type=f"urn:giaoviec:problem:{code}",
        title=sentences.text(locale, code, params, "title"),
        status=status,
        detail=sentences.text(locale, code, params, "detail"),
        code=code,
        request_id=logs.request_id() or "",
        params=params,
        issues=issues,
    )
    return problem, headers


def _only_in_path(error: ValidationException) -> bool:
    """Whether nothing is wrong but the address: it names something that cannot be there (an id beyond all ids)."""
    items = error.extra if isinstance(error.extra, list) else []
    return bool(items) and all(isinstance(item, dict) and item.get("source") == "path" for item in items)
