"""Reading the typed fields of API drafts by the very rules of a file's cells."""

from typing import Any

from backend.errors import InvalidFields
from backend.org.values import READERS, Bad

#: Fields that cannot be empty.
_REQUIRED = frozenset({"full_name", "title", "name", "code", "locale"})


def read_fields(values: dict[str, Any]) -> dict[str, Any]:
    """Fields named after kinds of cells (``email``, ``title`` …) in the one form we store; empty text is None.

    Raises InvalidFields with everything that is wrong. A ``handle`` may be None (make one) and not empty.
    """
    read: dict[str, Any] = {}
    issues: list[dict[str, Any]] = []
    for name, value in values.items():
        text = value.strip() if isinstance(value, str) else ""
        read[name] = None
        if not text:
            if name in _REQUIRED or (name == "handle" and value is not None):
                issues.append({"where": name, "code": "import_required"})
            continue
        try:
            read[name] = READERS[name](text)
        except Bad as bad:
            issues.append({"where": name, "code": bad.code, **bad.params})
    if issues:
        raise InvalidFields("invalid_fields", issues)
    return read
