"""Several notices of one slot as one message: numbered, each with its own buttons."""

from collections.abc import Sequence

import msgspec

from backend.domain.notices import AnyNotice, TaskNotice
from bot.channel import Button, Rows, Text
from bot.render import flagged, render
from bot.words import Safe, Voice

#: So many are told in full, and not more than fit into one message of a chat; what comes after them is named.
IN_FULL = 10
_LETTERS_MAX = 3500
#: What stays off the buttons of a line: it is on the task's page, a tap on its code away.
_LEFT_OUT = ("details", "extend")
_IN_A_ROW = 2


def together(notices: Sequence[AnyNotice], voice: Voice, *, maybe_sent: bool = False) -> Text:
    """One message of everything that a slot has for somebody; a single notice looks as it always does."""
    if len(notices) == 1:
        return render(notices[0], voice, maybe_sent=maybe_sent)
    text = compose([render(notice, voice) for notice in notices[:IN_FULL]], notices, voice)
    return flagged(text, voice) if maybe_sent else text


def compose(told: Sequence[Text], notices: Sequence[AnyNotice], voice: Voice) -> Text:
    """The message of these notices, of which the first have been put into words."""
    while len(told) > 1 and sum(len(text.plain) for text in told) > _LETTERS_MAX:
        told = told[:-1]
    blocks = [voice.say("notices.slot.head", n=len(notices))]
    blocks += [f"<b>{number}.</b> {text.html}" for number, text in enumerate(told, 1)]
    rest = [voice.link(notice.task.code) for notice in notices[len(told) :] if isinstance(notice, TaskNotice)]
    if rest:
        blocks.append(voice.say("notices.slot.rest", n=len(rest), codes=Safe(", ".join(rest))))
    rows = [row for number, text in enumerate(told, 1) for row in _numbered(number, text.buttons)]
    return Text("\n\n".join(blocks), tuple(rows))


def _numbered(number: int, rows: Rows) -> Rows:
    """The buttons of one line, with its number; pressed, they come back as ``b:…``."""
    found: list[Button] = []
    for button in (button for row in rows for button in row):
        data = button.data.partition(":")[2]
        if data.split(":")[1] not in _LEFT_OUT:
            found.append(msgspec.structs.replace(button, label=f"{number} · {button.label}", data=f"b:{data}"))
    return tuple(tuple(found[start : start + _IN_A_ROW]) for start in range(0, len(found), _IN_A_ROW))
