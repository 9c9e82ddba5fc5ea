"""What is answered when a report begins to be said in a chat; one whose task is due this moment is handed in at once."""

import html
from collections.abc import Sequence

from backend.kit import clock
from backend.tasks.schemas import TaskView
from bot.channel import Text
from bot.collected import BEFORE_DUE, Collected
from bot.inbound import evidence, handing_in
from bot.inbound.talk import Talk
from bot.speech import Answer, Mark


async def begun(talk: Talk, view: TaskView, held: Collected, problems: Sequence[str] = ()) -> list[Answer]:
    """That the report ``held`` on a task has begun, with what was not taken of its files (``problems``)."""
    if clock.now() < view.due_at <= clock.now() + BEFORE_DUE:
        return [*told(problems), *await handing_in.handed_in(talk, held)]
    words = talk.voice.say("bot.collect.began", what=evidence.named(talk, held.kinds), link=talk.voice.link(view.code))
    return [mixed(problems, words, Mark(view.id, "about"))]


def told(problems: Sequence[str]) -> list[Answer]:
    """What was not taken; nothing when everything was."""
    return [plainly("\n".join(problems))] if problems else []


def mixed(problems: Sequence[str], words: str, mark: Mark | None = None) -> Answer:
    """What was not taken, and what was (HTML), as one message: some channels count them."""
    escaped = [html.escape(problem, quote=False) for problem in problems]
    return Answer(Text("\n".join([*escaped, words])), mark=mark)


def plainly(words: str) -> Answer:
    """Words that know no HTML, as a message."""
    return Answer(Text(html.escape(words, quote=False)))
