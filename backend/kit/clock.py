"""The two times: domain time, which a demo may move forward, and real time, which nothing moves.

Domain time decides what is due, late or working. Sessions, tokens, leases and back-off use real time.
The offset between them lives in the database (table ``setting``) so that server, engine and command line agree;
only a demo or a test ever sets it.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

OFFSET_KEY = "clock.offset_s"

_offset = timedelta()


def _machine() -> datetime:
    return datetime.now(UTC)


_source: Callable[[], datetime] = _machine


def now() -> datetime:
    """Domain time, UTC."""
    return _source() + _offset


def real() -> datetime:
    """Real time, UTC."""
    return _source()


def offset() -> timedelta:
    """How far domain time runs ahead of real time."""
    return _offset


def set_offset(value: timedelta) -> None:
    """Move this process's domain time; :func:`backend.kit.state.move_clock` does it for every process."""
    global _offset
    _offset = value


def use(source: Callable[[], datetime] | None) -> None:
    """Take real time from ``source`` instead of the machine (a test's fake clock); None = the machine again."""
    global _source
    _source = source or _machine
