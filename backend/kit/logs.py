"""Structured logs with one request id through API, engine and bot, and no secrets in them."""

import logging
import re
import secrets
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_SECRET_KEYS = re.compile(r"token|secret|password|cookie|authorization|code_plain|link_url", re.I)
#: Chat APIs carry the token in the URL, and libraries put URLs into their own messages.
_TOKEN_IN_TEXT = re.compile(r"(?<=/bot)[^/\s]{8,}|\b\d{6,}:[A-Za-z0-9_-]{20,}|(?<=[?&]token=)[^&\s]+")


def setup(format_: str = "auto", level: str = "info") -> None:
    """Send structlog and the standard library's loggers to standard error as text or one JSON object a line."""
    text = format_ == "text" or (format_ == "auto" and sys.stderr.isatty())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _without_secrets,
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    renderer = structlog.dev.ConsoleRenderer() if text else structlog.processors.JSONRenderer(ensure_ascii=False)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # These say a line for every request, statement or tick; we write our own.
    for name in ("uvicorn.access", "aiosqlite", "tortoise", "apscheduler", "aiogram.event", "httpx", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _without_secrets(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if _SECRET_KEYS.search(key):
            event[key] = "…"
        elif isinstance(value, str):
            event[key] = _TOKEN_IN_TEXT.sub("…", value)
    return event


def get(name: str) -> structlog.stdlib.BoundLogger:
    """A logger named after the room that speaks."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def new_request_id() -> str:
    return secrets.token_hex(16)


def bind_request(request_id: str, **more: Any) -> None:
    """From here to the end of this request, tick or update every log line carries this id."""
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request_id, **more)


def request_id() -> str | None:
    """The id of the request, tick or update being served."""
    found = structlog.contextvars.get_contextvars().get("request_id")
    return str(found) if found else None
