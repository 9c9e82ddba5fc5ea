"""Messages for channels without buttons: what could be pressed becomes a last line of what can be typed."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec

from backend.kit import clock
from backend.kit.db import Sql
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


#: What somebody calls a task, and it their tasks.
Names = Mapping[int, int | str]


async def numbers_of(person_id: int, task_ids: Sequence[int]) -> Names:
    """What a person calls these tasks when they type: their number, or the code where they have none."""
    if not task_ids:
        return {}
    sql = Sql()
    person = sql.arg(person_id)
    rows = await sql.fetch(
        f"select t.id as task_id, t.code, n.number from task t {_numbered(sql, person)} "
        f"where {sql.any_of('t.id', list(task_ids))}",
        _Named,
    )
    return _names(rows)


async def reader_at(channel: str, address: str, task_ids: Sequence[int]) -> tuple[str, Names] | None:
    """The language of whoever's chat it is, and what they call these tasks; None for a chat that is nobody's."""
    sql = Sql()
    wanted = sql.any_of("t.id", list(task_ids)) if task_ids else "1 = 0"
    rows = await sql.fetch(
        f"select p.locale, t.id as task_id, t.code, n.number from chat_link l join person p on p.id = l.person_id "
        f"left join task t on {wanted} {_numbered(sql, 'p.id')} "
        f"where l.channel = {sql.arg(channel)} and l.address = {sql.arg(address)} and l.ended_at is null",
        _Named,
    )
    return (rows[0].locale, _names(rows)) if rows else None


class _Named(msgspec.Struct):
    task_id: int | None
    code: str | None
    number: int | None
    locale: str = ""


def _numbered(sql: Sql, person: str) -> str:
    return (
        f"left join task_number n on n.task_id = t.id and n.person_id = {person} "
        f"and (n.free_at is null or n.free_at > {sql.arg(clock.now())})"
    )


def _names(rows: Sequence[_Named]) -> Names:
    return {row.task_id: row.number or row.code or "" for row in rows if row.task_id is not None}


def tasks_of(text: Text) -> list[int]:
    """The tasks that the buttons of a text are about, in their order."""
    found = (_read(button)[0] for row in text.buttons for button in row)
    return list(dict.fromkeys(task for task in found if task))


def spoken(text: Text, numbers: Names, voice: Voice) -> Text:
    """``text`` without buttons, with a last line of what can be typed instead; ``numbers`` are of :func:`numbers_of`."""
    said = _of_order(text, voice) or _of_tasks(text, numbers, voice)
    html = f"{text.html}\n\n{voice.say('bot.typed.answer', commands=' · '.join(said))}" if said else text.html
    return msgspec.structs.replace(text, html=html, buttons=())


def phrase(voice: Voice, act: str, task: int | str) -> str:
    """What is typed to do ``act`` to a task."""
    return voice.plain(f"bot.typed.{act}", task=task)


def _of_tasks(text: Text, numbers: Names, voice: Voice) -> list[str]:
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
