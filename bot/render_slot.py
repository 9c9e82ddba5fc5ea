"""Several notices of one slot as one message: numbered, each with its own buttons; below them the digests."""

from collections.abc import Collection, Mapping, Sequence

import msgspec

from backend.domain.notices import AnyNotice, Digest, TaskNotice
from bot import render_digest
from bot.channel import Button, Rows, Text
from bot.render import flagged, render
from bot.words import Safe, Voice

#: So many are told in full, and not more than fit into one message of a chat; what comes after them is named.
IN_FULL = 10
_LETTERS_MAX = 3500
#: What stays off the buttons of a line: it is on the task's page, a tap on its code away.
_LEFT_OUT = ("details", "extend")
_IN_A_ROW = 3


def together(
    notices: Sequence[AnyNotice], voice: Voice, numbers: Mapping[int, int], *, maybe_sent: bool = False
) -> Text:
    """One message of everything that a slot has for somebody; a single notice looks as it always does. ``numbers`` are
    those by which the reader calls the tasks."""
    if len(notices) == 1:
        only = notices[0]
        text = render_digest.alone(only, voice, numbers) if isinstance(only, Digest) else render(only, voice)
        return flagged(text, voice) if maybe_sent else text
    lines = [notice for notice in notices if is_line(notice)]
    text = compose([render(notice, voice) for notice in lines[:IN_FULL]], notices, voice, numbers)
    return flagged(text, voice) if maybe_sent else text


def is_line(notice: AnyNotice) -> bool:
    """Whether a notice is a numbered line of the message, not a digest below them."""
    return not isinstance(notice, Digest)


def tasks_of(notices: Sequence[AnyNotice]) -> list[int]:
    """The tasks of lines and digests: those whose numbers a message of them shows."""
    found: list[int] = []
    for notice in notices:
        if isinstance(notice, TaskNotice):
            found.append(notice.task.id)
        elif isinstance(notice, Digest):
            found += render_digest.tasks_of(notice)
    return found


def compose(
    told: Sequence[Text],
    notices: Sequence[AnyNotice],
    voice: Voice,
    numbers: Mapping[int, int],
    nudged: Collection[int] = (),
) -> Text:
    """The message of these notices, of whose lines the first have been put into words. A digest leaves out the tasks
    that the lines speak of, and is shortened before a line is; ``nudged`` tasks were asked after since.

    A line begins with the reader's own number of its task (``numbers``), because that is what they type to answer it;
    a task for which they have none is called by its code.
    """
    lines = [notice for notice in notices if is_line(notice)]
    below = _below(told, lines, [notice for notice in notices if isinstance(notice, Digest)], voice, numbers, nudged)
    while len(told) > 1 and not _fit(told, below):
        told = told[:-1]
    blocks = [voice.say("notices.slot.head", n=len(lines))] if lines else []
    names = _names(lines[: len(told)], numbers)
    blocks += [
        f"<b>{name}.</b> {text.html}" if name.isdecimal() else f"• {text.html}"
        for name, text in zip(names, told, strict=True)
    ]
    rest = [voice.link(notice.task.code) for notice in lines[len(told) :] if isinstance(notice, TaskNotice)]
    if rest:
        blocks.append(voice.say("notices.slot.rest", n=len(rest), codes=Safe(", ".join(rest))))
    blocks += [text.html for text in below]
    rows = [row for name, text in zip(names, told, strict=True) for row in _numbered(name, text.buttons)]
    return Text("\n\n".join(blocks), (*rows, *(row for text in below for row in text.buttons)))


def _names(lines: Sequence[AnyNotice], numbers: Mapping[int, int]) -> list[str]:
    """What the reader calls the tasks of these lines."""
    tasks = [notice.task if isinstance(notice, TaskNotice) else None for notice in lines]
    return [str(numbers.get(task.id, task.code)) if task else "" for task in tasks]


def _below(
    told: Sequence[Text],
    lines: Sequence[AnyNotice],
    digests: Sequence[Digest],
    voice: Voice,
    numbers: Mapping[int, int],
    nudged: Collection[int],
) -> list[Text]:
    """What the digests still have to say, with as many of their tasks as there is room for."""
    here = {notice.task.id for notice in lines if isinstance(notice, TaskNotice)}
    for most in range(render_digest.LINES, -1, -1):
        found = [
            render_digest.block(one, voice, numbers=numbers, told=here, nudged=nudged, most=most) for one in digests
        ]
        below = [text for text in found if text is not None]
        if _fit(told, below):
            break
    return below


def _fit(told: Sequence[Text], below: Sequence[Text]) -> bool:
    """Whether these are one message. The words alone count, which are never longer than their HTML."""
    texts = (*told, *below)
    return (
        sum(len(text.html) for text in texts) <= _LETTERS_MAX or sum(len(text.plain) for text in texts) <= _LETTERS_MAX
    )


def _numbered(name: str, rows: Rows) -> Rows:
    """The buttons of one line, with its task's number; pressed, they come back as ``b:…``."""
    found: list[Button] = []
    for button in (button for row in rows for button in row):
        data = button.data.partition(":")[2]
        if data.split(":")[1] not in _LEFT_OUT:
            found.append(msgspec.structs.replace(button, label=f"{name} · {button.label}", data=f"b:{data}"))
    return tuple(tuple(found[start : start + _IN_A_ROW]) for start in range(0, len(found), _IN_A_ROW))
