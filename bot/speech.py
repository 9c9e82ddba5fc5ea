"""What people say to the bot and what it answers, the same on every chat channel."""

from typing import Any, Literal

import msgspec

from bot.channel import File, Text
from bot.words import cut

#: What a channel shows on a press, at most.
TOAST_MAX = 200


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """One thing somebody did in a chat.

    ``receipt`` is the message itself; for a press, the message under which the button is. ``reply_to`` is the message
    it answers. ``private`` False = others read along. ``language`` is the phone's, for somebody we do not know.
    """

    kind: Literal["text", "press", "file", "start", "left"]
    receipt: str = ""
    text: str = ""
    data: str = ""
    press: str = ""
    reply_to: str = ""
    files: tuple[File, ...] = ()
    private: bool = True
    language: str = ""


class Mark(msgspec.Struct, frozen=True):
    """What a message of ours was about: replies to it do ``act`` to the task. ``card`` shows the task's card;
    ``assign`` asks about a line that is to become a task, ``phone`` for the end of a phone number."""

    task_id: int | None
    act: Literal["card", "about", "report", "extend", "return", "decline", "waive", "wait", "assign", "phone"]
    data: dict[str, Any] = {}


class Answer(msgspec.Struct, frozen=True):
    """One thing to do in answer: show ``toast`` on the press; say ``text`` as a new message or by editing ``edit``.

    ``mark`` is remembered with the message that was sent.
    """

    text: Text | None = None
    toast: str | None = None
    edit: str = ""
    mark: Mark | None = None


def toast(words: str) -> Answer:
    """A short line shown on the press; what is longer than a channel shows is cut."""
    return Answer(toast=cut(words, TOAST_MAX))
