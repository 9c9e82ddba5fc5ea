"""Errors that a user can cause: a code, an HTTP status and data; the text is made at the edge, in their language."""

from typing import Any, ClassVar


class AppError(Exception):
    """Base of every error that is somebody's answer rather than our fault.

    ``code`` names a catalogue key ``error.<code>``; ``params`` fill its placeholders (plain JSON values only).
    """

    status: ClassVar[int] = 400

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params

    def __str__(self) -> str:
        return f"{self.code} {self.params}" if self.params else self.code


class Invalid(AppError):
    """The request is understood and cannot be carried out as it stands (400)."""


class InvalidFields(AppError):
    """Several things are wrong with the input; ``issues`` lists each as ``{"where", "code", ...params}`` (422)."""

    status = 422

    def __init__(self, code: str, issues: list[dict[str, Any]], **params: Any) -> None:
        super().__init__(code, **params)
        self.issues = issues


class NotSignedIn(AppError):
    """Nobody is signed in, or the credentials are wrong or spent (401)."""

    status = 401


class Forbidden(AppError):
    """The actor may see the thing and may not do this to it (403)."""

    status = 403


class NotFound(AppError):
    """There is no such thing, or the actor may not know that there is (404)."""

    status = 404


class Conflict(AppError):
    """The thing is in a state in which this cannot be done (409)."""

    status = 409


class Stale(AppError):
    """The actor decided on an older version (412)."""

    status = 412


class TooLarge(AppError):
    """A body or file is larger than the limit (413)."""

    status = 413


class Unsupported(AppError):
    """A file is of a kind that is not accepted (415)."""

    status = 415


class Unprocessable(AppError):
    """The body is well formed and wrong (422)."""

    status = 422


class TooMany(AppError):
    """Too many tries; ``retry_after_s`` in ``params`` says when to come back (429)."""

    status = 429
