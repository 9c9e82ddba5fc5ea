"""The form notices share: a sentence with the task's link, its title, further lines, and buttons."""

import html
from functools import cache
from typing import Any

from backend.domain.notices import AnyNotice, TaskRef
from backend.kit import i18n
from bot.channel import Button, Rows
from bot.words import NAME_MAX, REASON_MAX, TEXT_MAX, Voice, cut

_LIMITS = {"text": TEXT_MAX, "reason": REASON_MAX, "problem": REASON_MAX, "title": REASON_MAX, "url": TEXT_MAX}
_JOINED_MAX = 600


def press(voice: Voice, task_id: int, act: str, label: str = "", *, on: str = "n", arg: int | str = "") -> Button:
    """A button that does ``act`` to a task; ``on`` is ``t`` on a card (edited whole), ``n`` on any other notice."""
    data = f"{on}:{task_id}:{act}" + (f":{arg}" if arg != "" else "")
    return Button(_label(voice.locale, label or act), data)


@cache
def _label(locale: str, name: str) -> str:
    """What a button says: the same for everybody who reads the language."""
    return html.unescape(i18n.t(locale, f"bot.button.{name}"))


def buttons(voice: Voice, task_id: int, *rows: str, on: str = "n") -> Rows:
    """Rows of buttons from act names separated by blanks."""
    to = f"{on}:{task_id}:"
    return tuple([tuple([Button(label, to + act) for act, label in row]) for row in _named(voice.locale, rows)])


@cache
def _named(locale: str, rows: tuple[str, ...]) -> list[list[tuple[str, str]]]:
    """Acts in rows, each with what its button says."""
    return [[(act, _label(locale, act)) for act in row.split()] for row in rows if row]


def task_lines(voice: Voice, key: str, task: TaskRef, *more: str, **params: Any) -> str:
    """The usual form: a sentence with the task's link, its title, then further lines that are not empty."""
    head = voice.say(key, link=voice.link(task.code), due=task.due_at, **params)
    return "\n".join(line for line in (head, voice.title(task.title, task.urgency), *more) if line)


def fields(notice: AnyNotice) -> dict[str, Any]:
    """The notice's own fields as parameters of its text, what people wrote cut to size."""
    values: dict[str, Any] = {}
    for name in notice.__struct_fields__:
        value = getattr(notice, name)
        if isinstance(value, tuple):
            value = cut(", ".join(value), _JOINED_MAX)
        elif isinstance(value, str):
            value = cut(value, _LIMITS.get(name, NAME_MAX))
        values[name] = value
    values.pop("task", None)
    return values


def line(voice: Voice, name: str, text: str) -> str:
    return voice.say(f"notices.line.{name}", text=text) if text else ""
