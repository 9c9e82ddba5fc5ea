"""Messages for channels without buttons: what could be pressed becomes a last line of what can be typed."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec

from backend.kit.db import Sql
from backend.short_numbers import numbers
from bot.channel import Button, Text
from bot.words import Voice

#: What a button does, as what is typed for it (``bot.typed.…`` of the catalogues). A tap that opens is ``1?``.
_TYPED = {"report": "done", "return_major": "return_major", "approve": "approve_extension", "open": "details"} | {
    "refuse": "refuse_extension",
    "accept": "approve",
}
#: More tasks than this are not spelled out: the first one is the example.
_MOST_TASKS = 2
_LETTERS = "abcdef"
_FORM = "%Y%m%d%H%M"


async def numbers_of(person_id: int, task_ids: Sequence[int]) -> dict[int, int | str]:
    """What a person calls these tasks when they type: their number, or the code where they have none."""
    found: dict[int, int | str] = {}
    if task_ids:
        sql = Sql()
        rows = await sql.rows(f"select id, code from task where {sql.any_of('id', list(task_ids))}")
        found |= {int(row["id"]): str(row["code"]) for row in rows}
        found |= (await numbers({person_id: task_ids})).get(person_id, {})
    return found


def tasks_of(text: Text) -> list[int]:
    """The tasks that the buttons of a text are about, in their order."""
    found = (_read(button)[0] for row in text.buttons for button in row)
    return list(dict.fromkeys(task for task in found if task))


def spoken(text: Text, numbers: Mapping[int, int | str], voice: Voice) -> Text:
    """``text`` without buttons, with a last line of what can be typed instead; ``numbers`` are of :func:`numbers_of`."""
    said = _of_order(text, voice) or _of_tasks(text, numbers, voice)
    html = f"{text.html}\n\n{voice.say('bot.typed.answer', commands=' · '.join(said))}" if said else text.html
    return msgspec.structs.replace(text, html=html, buttons=())


def phrase(voice: Voice, act: str, task: int | str) -> str:
    """What is typed to do ``act`` to a task."""
    return voice.plain(f"bot.typed.{act}", task=task)


def _of_tasks(text: Text, numbers: Mapping[int, int | str], voice: Voice) -> list[str]:
    """The commands of every task, or of the first when there are many."""
    pressed = [_read(button) for row in text.buttons for button in row]
    tasks = [task for task in tasks_of(text) if task in numbers]
    opens_only = len(tasks) > 1 and all(act == "open" for _, act, _ in pressed)
    shown = tasks[:1] if opens_only or len(tasks) > _MOST_TASKS else tasks
    found = []
    for task in shown:
        acts = [(act, arg) for of, act, arg in pressed if of == task]
        both = {"accept", "approve"} <= {act for act, _ in acts}
        found += [_typed(act, arg, numbers[task], voice, both=both) for act, arg in acts]
    if len(shown) < len(tasks) and found:
        found[0] = voice.plain("bot.typed.example", command=found[0])
    return list(dict.fromkeys(found))


def _typed(act: str, arg: str, task: int | str, voice: Voice, *, both: bool) -> str:
    if act == "wait_until":
        on = datetime.strptime(arg, _FORM).replace(tzinfo=UTC).astimezone(ZoneInfo(voice.zone))
        return voice.plain("bot.typed.wait_until", task=task, on=f"{on:%d/%m/%Y}")
    if act == "accept" and both:
        return phrase(voice, "accept", task)
    return phrase(voice, _TYPED.get(act, act), task)


def _of_order(text: Text, voice: Voice) -> list[str]:
    """A line that is to become a task: yes, no, or a letter for one of the choices."""
    found = []
    for button in (button for row in text.buttons for button in row):
        on, _, act, *arg = [*button.data.split(":"), "", ""]
        if on == "a" and act in ("yes", "no"):
            found.append(voice.plain(f"bot.typed.{act}"))
        elif on == "a" and arg[0].isdecimal():
            found.append(f"{_LETTERS[int(arg[0]) % len(_LETTERS)]} = {button.label}")
    return found


def choice(words: str) -> int | None:
    """The place of the choice that a letter names."""
    place = _LETTERS.find(words.strip().lower()) if len(words.strip()) == 1 else -1
    return place if place >= 0 else None


def _read(button: Button) -> tuple[int, str, str]:
    """The task, act and argument of a button of ours; no task for any other."""
    _, task, act, arg = [*button.data.split(":", 3), "", "", ""][:4]
    return (int(task), act, arg) if task.isdecimal() and act else (0, "", "")
