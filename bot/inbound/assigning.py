"""Assigning in one message: «giao @an Báo cáo PCCC hạn 17h thứ 6»; what is not certain is asked before anybody hears."""

from datetime import datetime

import msgspec

from backend.calendars.queries import calendar_of
from backend.domain.deadlines import usual
from backend.domain.phrases import Lead, Phrase
from backend.domain.types import Urgency
from backend.errors import AppError, Conflict
from backend.kit import clock
from backend.kit.once import once
from backend.kit.text import fold
from backend.tasks import phrasing, queries
from backend.tasks.phrasing import Carried
from bot import recall, short
from bot.channel import Button, Rows, Text
from bot.inbound.errors import sentence
from bot.inbound.talk import Talk
from bot.lines import press
from bot.recall import About
from bot.speech import Answer, Mark, toast
from bot.words import NAME_MAX, TITLE_MAX, cut

#: What can be pressed under a question of ours: yes, no, one of several people, one of several deadlines.
ACTS = ("yes", "no", "who", "due")
_MOST_CHOICES = 6


class _Asked(msgspec.Struct, frozen=True):
    """What a question of ours keeps: the line as it stands, and the words behind its buttons."""

    line: str
    choices: list[str] = []


async def ordered(talk: Talk) -> list[Answer]:
    """Do what the line says if it is certain, else ask."""
    return await _weigh(talk, talk.said.text)


async def completed(talk: Talk, about: About) -> list[Answer]:
    """More words for a line that was asked about: «yes», or the piece that was missing."""
    assert about.mark is not None
    asked = msgspec.convert(about.mark.data, _Asked)
    words = fold(talk.said.text).strip(" .!")
    if words in ("co", "dung", "u", "uh", "vang", "ok", "oke", "yes", "y", "dong y", "giao", "giao di"):
        return await _agreed(talk, about, asked)
    if words in ("khong", "no", "sai", "huy"):
        return await _dropped(talk, about)
    place = short.choice(talk.said.text)
    if place is not None and place < len(asked.choices):
        return await _weigh(talk, asked.choices[place], about)
    return await _weigh(talk, f"{asked.line}\n{talk.said.text}", about)


async def pressed(talk: Talk, act: str, arg: str) -> list[Answer]:
    """A button under a question about a line."""
    about = await recall.about(talk.channel.name, talk.address, talk.said.receipt)
    if about is None or about.mark is None or about.mark.act != "assign":
        return [talk.toast("press.unknown")]
    asked = msgspec.convert(about.mark.data, _Asked)
    try:
        if act == "yes":
            return [Answer(toast=""), *await _agreed(talk, about, asked)]
        if act == "no":
            return [Answer(toast=""), *await _dropped(talk, about)]
        if not arg.isdecimal() or int(arg) >= len(asked.choices):
            return [talk.toast("press.unknown")]
        return [Answer(toast=""), *await _weigh(talk, asked.choices[int(arg)], about)]
    except AppError as error:
        return [toast(sentence(error, talk.voice.locale))]


async def _weigh(talk: Talk, line: str, about: About | None = None) -> list[Answer]:
    """Act on a certain line, ask about any other; ``about`` is the question that this line answers."""
    phrase = await phrasing.understand(talk.actor, line)
    if phrase.confidence == "certain":
        return await _carry_out(talk, phrase, about)
    if about is not None and about.prompt_id is not None:
        await recall.answered(talk.channel.name, talk.address, about.prompt_id)
    return [await _question(talk, line, phrase)]


async def _agreed(talk: Talk, about: About, asked: _Asked) -> list[Answer]:
    phrase = await phrasing.understand(talk.actor, asked.line)
    if not phrasing.is_whole(phrase):
        return [await _question(talk, asked.line, phrase)]
    return await _carry_out(talk, phrase, about)


async def _dropped(talk: Talk, about: About) -> list[Answer]:
    assert about.prompt_id is not None
    await recall.answered(talk.channel.name, talk.address, about.prompt_id)
    return [talk.say("done.drop")]


async def _carry_out(talk: Talk, phrase: Phrase, about: About | None) -> list[Answer]:
    """Assign, once: a message that is handled again, or a second yes, finds what the first one made."""
    answers: list[Answer] = []
    key = f"question:{about.prompt_id}" if about is not None else f"{talk.channel.name}:{talk.said.receipt}"

    async def make() -> str:
        if about is not None and not await recall.take(about.prompt_id or 0):
            raise Conflict("question_over")
        made = await phrasing.carry_out(talk.actor, phrase)
        answers.append(_said(talk, phrase, made))
        return " ".join(task.code for task in made.assigned.tasks) if made.assigned else ""

    codes, _ = await once(f"chat:{talk.actor.person_id}:{talk.address}", key, make)
    if not answers:
        return [await _already(talk, codes.split())]
    return answers


async def _already(talk: Talk, codes: list[str]) -> Answer:
    links = [talk.voice.link(code) for code in codes]
    for code in codes[:1]:
        # Raises NotFound for a task that the actor no longer sees.
        await queries.find_task(talk.actor, code)
    return Answer(Text(talk.voice.say("bot.assign.already") + " " + ", ".join(links)))


def _said(talk: Talk, phrase: Phrase, made: Carried) -> Answer:
    """What was done: to whom, what, by when, and how to take it back."""
    voice = talk.voice
    if made.recurrence is not None:
        head = voice.say(
            "bot.assign.recurs", names=_names(phrase.leads), every=voice.plain(f"words.{phrase.recurrence}")
        )
        return Answer(Text("\n".join([head, *_lines(talk, phrase)])))
    assert made.assigned is not None
    tasks = made.assigned.tasks
    links = ", ".join(voice.link(task.code) for task in tasks)
    head = voice.say("bot.assign.done", names=_names(phrase.leads)) + f" ({links})"
    away = [
        voice.say("bot.assign.away", name=one.person, until=datetime.fromisoformat(str(one.params["until_on"])).date())
        for one in made.assigned.warnings
    ]
    undo: Rows = ((press(voice, tasks[0].id, "undo", on="c"),),) if len(tasks) == 1 else ()
    mark = Mark(tasks[0].id, "about") if len(tasks) == 1 else None
    return Answer(Text("\n".join([head, *_lines(talk, phrase), *away]), undo), mark=mark)


async def _question(talk: Talk, line: str, phrase: Phrase) -> Answer:
    """What was understood, what is asked, and buttons for the likely answers."""
    voice = talk.voice
    lines = [voice.say("bot.assign.understood"), *_lines(talk, phrase, people=True)]
    lines += [voice.say(f"words.asks.{reason}") for reason in phrase.asks]
    rows, choices = await _choices(talk, line, phrase)
    if phrasing.is_whole(phrase):
        rows += ((_button(talk, "yes"), _button(talk, "no")),)
    else:
        rows += ((_button(talk, "no"),),)
    data = msgspec.to_builtins(_Asked(line, choices))
    return Answer(Text("\n".join(lines), rows), mark=Mark(None, "assign", data))


async def _choices(talk: Talk, line: str, phrase: Phrase) -> tuple[Rows, list[str]]:
    """A row for each line that the present one may become with one tap."""
    unsure = next((lead for lead in (*phrase.leads, *phrase.coordinators) if lead.choices), None)
    if unsure is not None:
        piece = _piece_of(line, phrase, unsure)
        people = unsure.choices[:_MOST_CHOICES] if piece else []
        lines = [f"{line[: piece[0]]}@{one.handle} {line[piece[1] :]}" for one in people] if piece else []
        labels = [", ".join(part for part in (one.name, one.title, one.unit) if part) for one in people]
        return _rows("who", labels), lines
    if phrase.due is None and phrase.leads:
        offered = await _deadlines(talk)
        return _rows("due", [label for label, _ in offered]), [f"{line} {words}" for _, words in offered]
    return (), []


def _piece_of(line: str, phrase: Phrase, unsure: Lead) -> tuple[int, int] | None:
    """Where the name that fits several people stands in the line."""
    wanted = fold(unsure.name)
    pieces = [piece for piece in phrase.spans if piece.kind in ("lead", "coordinator")]
    found = next((piece for piece in pieces if wanted in fold(line[piece.start : piece.end])), None)
    return (found.start, found.end) if found else None


async def _deadlines(talk: Talk) -> list[tuple[str, str]]:
    """Label and words of the usual deadlines that are still ahead."""
    ends = usual(clock.now(), await calendar_of(talk.actor))
    return [(talk.voice.plain("bot.assign.due", at=at), f"hạn {at:%H:%M %d/%m/%Y}") for at in ends]


def _rows(act: str, labels: list[str]) -> Rows:
    return tuple((Button(cut(label, 60), f"a:0:{act}:{place}"),) for place, label in enumerate(labels))


def _button(talk: Talk, act: str) -> Button:
    return Button(talk.voice.plain(f"bot.assign.{act}"), f"a:0:{act}")


def _lines(talk: Talk, phrase: Phrase, *, people: bool = False) -> list[str]:
    """The draft in words, a line a piece."""
    voice = talk.voice
    lines = [voice.say("bot.assign.who", names=_names(phrase.leads))] if people and phrase.leads else []
    if phrase.title:
        lines.append(voice.title(cut(phrase.title, TITLE_MAX), Urgency(phrase.urgency)))
    if phrase.due is not None:
        lines.append(voice.say("notices.card.due", at=phrase.due))
    if "day_off" in phrase.flags:
        lines.append(voice.say("bot.assign.day_off"))
    if phrase.coordinators:
        lines.append(voice.say("bot.assign.helpers", names=_names(phrase.coordinators)))
    if phrase.recurrence is not None and people:
        lines.append(voice.plain(f"words.{phrase.recurrence}"))
    if phrase.weight != 1:
        lines.append(voice.say("bot.assign.weight", weight=phrase.weight))
    if phrase.needs_acceptance:
        lines.append(voice.say("bot.assign.needs_acceptance"))
    return lines


def _names(people: list[Lead]) -> str:
    return cut(", ".join(cut(one.name, NAME_MAX) for one in people), 600)
