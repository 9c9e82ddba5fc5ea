"""Typed commands, in Vietnamese with and without accents and in English."""

import re
from collections.abc import Awaitable, Callable

from backend.auth.actors import today
from backend.kit.text import fold
from backend.org.absences import record_leave
from backend.tasks import queries, service
from bot import cards, recall
from bot.inbound import scores
from bot.inbound.talk import Talk
from bot.reading import leave
from bot.recall import About
from bot.speech import Answer

Command = Callable[[Talk, str, About | None], Awaitable[list[Answer]]]

_CODE = re.compile(r"[a-z]{1,6}\d{2}-\d{1,9}", re.I)


async def listed(talk: Talk, rest: str, about: About | None) -> list[Answer]:
    """«việc»: what waits for this person, nearest deadline first."""
    page = await queries.listing(talk.actor, queries.TaskFilter(view=queries.View.TO_HANDLE), None, cards.LIST_MAX)
    return [Answer(cards.listing(page, talk.voice))]


async def helped(talk: Talk, rest: str, about: About | None) -> list[Answer]:
    """«giúp»: what can be said here."""
    return [talk.say("help.linked", name=talk.actor.name, url=talk.voice.url)]


async def undone(talk: Talk, rest: str, about: About | None) -> list[Answer]:
    """«hoàn tác [CODE]»: of the message it replies to, the task named, or the last thing done."""
    if found := _CODE.search(rest):
        task_id: int | None = await queries.find_task(talk.actor, found[0])
    else:
        task_id = (about.task_id if about else None) or await recall.last_done_by(talk.actor.person_id)
    if task_id is None:
        return [talk.say("undo_nothing")]
    change = await service.undo(talk.actor, task_id)
    return [talk.say("done.undo", link=talk.voice.link(change.task.code)), talk.card(change.task)]


async def away(talk: Talk, rest: str, about: About | None) -> list[Answer]:
    """«nghỉ 12/10-14/10 [@người thay] [lý do]»."""
    wish = leave(rest, today())
    if wish is None:
        return [talk.say("leave_how")]
    made = await record_leave(
        talk.actor,
        talk.actor.handle,
        wish.from_on,
        wish.until_on,
        substitute=wish.substitute or None,
        reason=wish.reason,
    )
    key = "done.leave_substitute" if made.substitute_id else "done.leave"
    return [talk.say(key, from_on=made.from_on, until_on=made.until_on, name=made.substitute_name)]


async def dropped(talk: Talk, rest: str, about: About | None) -> list[Answer]:
    """«thôi»: the bot's question needs no answer."""
    waiting = await recall.open_question(talk.channel.name, talk.address)
    if waiting is None or waiting.prompt_id is None:
        return [talk.say("nothing_to_drop")]
    await recall.answered(talk.channel.name, talk.address, waiting.prompt_id)
    return [talk.say("done.drop")]


#: Words (folded) that may have more after them, and those that must stand alone.
_OPEN: dict[str, Command] = {"nghi": away, "leave": away, "hoan tac": undone, "undo": undone}
_ALONE: dict[str, Command] = {
    "viec": listed,
    "viec cua toi": listed,
    "tasks": listed,
    "my tasks": listed,
    "giup": helped,
    "tro giup": helped,
    "help": helped,
    "thoi": dropped,
    "cancel": dropped,
}
_SLASH = {"hoantac": "hoan tac", "trogiup": "giup", "start": "giup"}


def command(text: str) -> tuple[Command, str] | None:
    """The command that a text is, with what follows it; None when it is none."""
    tokens = text.split()
    if not tokens:
        return None
    if tokens[0].startswith("/"):
        name = fold(tokens[0][1:].partition("@")[0])
        tokens = [*_SLASH.get(name, name).split(), *tokens[1:]]
    if scores.is_asked(" ".join(tokens)):
        return scores.scored, " ".join(tokens)
    whole = fold(" ".join(tokens)).rstrip(" .!?")
    if whole in _ALONE:
        return _ALONE[whole], ""
    for count in (2, 1):
        if found := _OPEN.get(fold(" ".join(tokens[:count]))):
            return found, " ".join(tokens[count:])
    return None
