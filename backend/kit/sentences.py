"""Error codes as sentences of a catalogue, without a web library: for chat, command line, pages and problems alike."""

from datetime import datetime
from typing import Any

from backend.kit import clock, i18n, logs

log = logs.get("sentences")


def say(locale: str, code: str, params: dict[str, Any]) -> str:
    """The one sentence for an error code."""
    return text(locale, code, params, "detail")


def text(locale: str, code: str, params: dict[str, Any], which: str) -> str:
    """The ``title`` or ``detail`` of an error code; most codes have one text for both."""
    key = f"errors.{code}"
    if i18n.has(locale, f"{key}.{which}"):
        key = f"{key}.{which}"
    elif not i18n.has(locale, key):
        log.error("catalogue.missing", key=key, locale=locale)
        key = "errors.bad_request"
    return i18n.t(
        locale, key, **{name: _shown(locale, f"errors.{code}_{name}", value) for name, value in params.items()}
    )


def issue(locale: str, found: dict[str, Any]) -> dict[str, Any]:
    """One issue of several with its ``message``."""
    params = {name: value for name, value in found.items() if name not in ("where", "code")}
    return {**found, "message": text(locale, found["code"], params, "detail")}


def say_issue(locale: str, found: dict[str, Any]) -> str:
    """One issue as a line: where it is and what is wrong."""
    return f"{found['where']}: {issue(locale, found)['message']}"


def _shown(locale: str, key: str, value: Any) -> Any:
    """A parameter as people read it: an instant in words, a key by the text that the catalogue has for it under the
    error's code and the parameter's name (``errors.mark_missing_value.dd``)."""
    if isinstance(value, datetime):
        return i18n.moment(locale, value)
    named = f"{key}.{value}"
    return i18n.t(locale, named) if isinstance(value, str) and i18n.has(locale, named) else value


def real_seconds_until(at: datetime) -> int:
    """Whole seconds of real time until ``at``, at least 1; for Retry-After."""
    return max(1, int((at - clock.real()).total_seconds()) + 1)
