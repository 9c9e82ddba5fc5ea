"""Where content lives: a small protocol, today a folder of files named by their hash."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from backend.kit import clock

_CHUNK = 256 * 1024


class Storage(Protocol):
    """Content-addressed storage. Content never changes under its hash, so writing it twice is harmless."""

    def write(self, data: bytes) -> str:
        """Keep ``data`` and return its SHA-256 in hex."""

    def read(self, sha256: str) -> Iterator[bytes]:
        """The content in pieces. Raises FileNotFoundError."""

    def has(self, sha256: str) -> bool:
        """Whether the content is there, whole."""

    def forget(self, sha256: str, untouched_for: timedelta) -> bool:
        """Delete content that nobody has written for so long (real time); False when it is not there, or is newer."""


class LocalStorage:
    """Files under ``root``, spread over 256 folders; a file appears only when it is whole (written aside, renamed)."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, sha256: str) -> Path:
        return self.root / sha256[:2] / sha256

    def write(self, data: bytes) -> str:
        sha256 = hashlib.sha256(data).hexdigest()
        path = self.path(sha256)
        with suppress(FileNotFoundError):
            os.utime(path)  # it is wanted once more: whoever forgets old content sees that
            return sha256
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, aside = tempfile.mkstemp(dir=path.parent, prefix=".part-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(aside, path)
        except BaseException:
            Path(aside).unlink(missing_ok=True)
            raise
        return sha256

    def read(self, sha256: str) -> Iterator[bytes]:
        with self.path(sha256).open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk

    def has(self, sha256: str) -> bool:
        return self.path(sha256).is_file()

    def forget(self, sha256: str, untouched_for: timedelta) -> bool:
        path = self.path(sha256)
        aside = path.with_name(f".old-{sha256}")
        try:
            os.replace(path, aside)  # from here on whoever wants it writes it anew
            if clock.real().timestamp() - aside.stat().st_mtime < untouched_for.total_seconds():
                os.replace(aside, path)
                return False
            aside.unlink()
        except FileNotFoundError:
            return False
        return True
