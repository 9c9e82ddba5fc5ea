"""The ORM opened again and again: what it works out for each kind of database is worked out once in a process."""

from copy import copy
from typing import Any

from tortoise.apps import Apps

#: Of a model's description, what depends on the kind of database.
_OWN = (
    "basequery",
    "basequery_all_fields",
    "basetable",
    "db_complex_fields",
    "db_default_fields",
    "db_native_fields",
    "filters",
)
_work_out = Apps._build_initial_querysets
#: By kind of database and model.
_known: dict[tuple[type, type], dict[str, Any]] = {}


def _build_initial_querysets(apps: Apps) -> None:
    """As Tortoise has it, where this kind has not been open yet with these models; opening one took 20 ms."""
    models = [model for app in apps.apps.values() for model in app.values()]
    keys = [(type(model._meta.db), model) for model in models]
    if not all(key in _known for key in keys):
        _work_out(apps)
        for key, model in zip(keys, models, strict=True):
            _known[key] = {name: copy(getattr(model._meta, name)) for name in _OWN}
    for key, model in zip(keys, models, strict=True):
        for name, value in _known[key].items():
            setattr(model._meta, name, copy(value))


def install() -> None:
    """From now on, in this process."""
    Apps._build_initial_querysets = _build_initial_querysets  # type: ignore[method-assign]
