"""A task as one person sees it in chat: the card with its buttons, the details, and the list of what waits for them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from backend.domain.notices import TaskRef
from backend.domain.types import Part, Status
from backend.errors import NotFound, NotSignedIn
from backend.kit import i18n
from backend.kit.paging import Page
from bot.channel import Button, Rows, Text
from bot.lines import press
from bot.render import flagged
from bot.words import NAME_MAX, TEXT_MAX, Safe, Voice, cut

if TYPE_CHECKING:
    from backend.tasks.schemas import TaskLine, TaskView

#: Lines of a list; the rest is on the page.
LIST_MAX = 8

_LIST_TITLE_MAX = 120
_SECRET_ACTS = frozenset({"ack"})

#: Buttons of a card, row by row, each with the act the reader must be able to do (empty: always there).
_ROWS = (
    (("ack", "acknowledge"), ("report", "report")),
    (("accept", "accept"), ("return", "return")),
    (("return_major", "return"),),
    (("approve", "approve_extension"), ("refuse", "refuse_extension")),
    (("extend", "ask_extension"), ("nudge", "nudge"), ("undo", "undo"), ("details", "")),
)


async def current(person_id: int, task: TaskRef, voice: Voice) -> Text:
    """The card as it is true now; for somebody who may no longer see the task only that."""
    try:
        return card(await _seen_by(person_id, task.id), person_id, voice)
    except (NotFound, NotSignedIn):
        return Text(voice.say("notices.card.gone", code=task.code))


async def _seen_by(person_id: int, task_id: int) -> "TaskView":
    # The features bring the web library with them; a sender that only loads has no need of it.
    from backend.auth.actors import actor_of
    from backend.tasks import queries

    return await queries.view(await actor_of(person_id), task_id)


async def as_of_now(person_id: int, text: Text, task: TaskRef, voice: Voice, maybe_sent: bool) -> Text:
    """A card that leaves only now, when its task may have moved on; ``text`` when the task cannot be seen any more."""
    try:
        view = await _seen_by(person_id, task.id)
    except (NotFound, NotSignedIn):
        return text
    shown = card(view, person_id, voice)
    return flagged(shown, voice) if maybe_sent else shown


def card(view: "TaskView", person_id: int, voice: Voice) -> Text:
    """A task in a few lines with what this person may do to it now."""
    if view.secret:
        return Text(voice.say("notices.card.secret", link=voice.link(view.code)), rows(view, voice))
    lines = [
        voice.say(f"notices.card.{_head(view, person_id)}", link=voice.link(view.code)),
        voice.title(view.title, view.urgency),
        *_people(view, person_id, voice),
        voice.say("notices.card.due", at=view.due_at),
        *state_lines(view, voice),
        *([voice.say("notices.card.number", number=view.number)] if view.number else []),
    ]
    return Text("\n".join(lines), rows(view, voice))


def details(view: "TaskView", person_id: int, voice: Voice) -> Text:
    """The card with the task's text and its last report."""
    shown = card(view, person_id, voice)
    if view.secret:
        return shown
    more = []
    if view.source_number:
        more.append(voice.say("notices.card.source", number=cut(view.source_number, NAME_MAX)))
    if view.body:
        more.append(voice.say("notices.card.body", text=cut(view.body, TEXT_MAX)))
    if view.reports and view.reports[-1].decision != "withdrawn":
        report = view.reports[-1]
        if report.text:
            more.append(voice.say("notices.card.report", text=cut(report.text, TEXT_MAX // 4)))
        if report.files:
            more.append(voice.say("notices.line.files", n=len(report.files)))
    return Text("\n".join([shown.html, *more]), rows(view, voice, on="d"))


def state_lines(view: "TaskView", voice: Voice) -> list[str]:
    """Where the task stands, in one to three lines."""
    at: datetime | None = {
        Status.ACKNOWLEDGED: view.acknowledged_at,
        Status.REPORTED: view.reported_at,
        Status.DONE: view.closed_at,
        Status.CANCELLED: view.closed_at,
    }.get(view.status)
    lines = [voice.say(f"notices.card.state_{view.status}", at=at)]
    if view.open_extension is not None:
        lines.append(voice.say("notices.card.extension", at=view.open_extension.due_asked))
    if view.late and view.status.is_open:
        lines.append(voice.say("notices.card.late"))
    return lines


def _head(view: "TaskView", person_id: int) -> str:
    if view.status is Status.ASSIGNED:
        if view.lead.id == person_id:
            return f"new_{Part.LEAD}"
        for part in view.parts:
            if part.person.id == person_id:
                return f"new_{part.part}"
    return "head"


def _people(view: "TaskView", person_id: int, voice: Voice) -> list[str]:
    """Who gave it (unless the reader did) and who leads it (unless the reader does)."""
    lines = []
    assigner = cut(view.assigner.name, NAME_MAX)
    if view.on_behalf_of is not None:
        lines.append(voice.say("notices.card.behalf", name=assigner, giver=cut(view.on_behalf_of.name, NAME_MAX)))
    elif view.assigner.id != person_id:
        lines.append(voice.say("notices.card.by", name=assigner))
    if view.lead.id != person_id:
        lines.append(voice.say("notices.card.lead", name=cut(view.lead.name, NAME_MAX)))
    return lines


def rows(view: "TaskView", voice: Voice, *, on: str = "t") -> Rows:
    """The buttons of what the reader may do now; of a secret task only acknowledging."""
    shown = []
    for row in _ROWS:
        acts = [act for act, needed in row if (not needed or needed in view.can)]
        if view.secret:
            acts = [act for act in acts if act in _SECRET_ACTS]
        if acts:
            shown.append(tuple(press(voice, view.id, act, on=on, arg=_arg(view, act)) for act in acts))
    return tuple(shown)


def _arg(view: "TaskView", act: str) -> int | str:
    """Deciding names the very question it answers, so that a press on an old message decides nothing else."""
    return view.open_extension.id if act in ("approve", "refuse") and view.open_extension else ""


def listing(
    page: Page["TaskLine"],
    numbers: Mapping[int, int],
    voice: Voice,
    *,
    of: str = "",
    reader: int = 0,
    asks: Collection[int] = (),
) -> Text:
    """Some tasks by the reader's ``numbers``, nearest deadline first, with a button to open each; ``of`` names the list
    (empty: what waits), tasks led by others than the ``reader`` say by whom, those in ``asks`` can be asked after."""
    if not page.items:
        return Text(voice.say(f"bot.list.empty{of}"))
    lines = [_list_line(numbers.get(line.id), line, voice, reader) for line in page.items]
    more = [voice.say("bot.list.more", url=Safe(f"{voice.url}/"))] if page.next else []
    known = next((numbers[line.id] for line in page.items if line.id in numbers), None)
    how = [voice.say("bot.list.how", number=known)] if known else []
    html = "\n".join([voice.say(f"bot.list.head{of}", n=len(page.items)), *lines, *more, *how])
    named = {line.id: str(numbers.get(line.id, line.code)) for line in page.items}
    shown = [Button(named[line.id], f"t:{line.id}:open") for line in page.items]
    asked = [press(voice, line.id, "nudge", on="l") for line in page.items if line.id in asks]
    nudges = [Button(f"{button.label} {named[int(button.data.split(':')[1])]}", button.data) for button in asked]
    return Text(html, (*_rows_of(shown, 4), *_rows_of(nudges, 3)))


def _rows_of(shown: Sequence[Button], width: int) -> Rows:
    return tuple(tuple(shown[start : start + width]) for start in range(0, len(shown), width))


def _list_line(number: int | None, line: "TaskLine", voice: Voice, reader: int) -> str:
    due = i18n.short_moment(line.due_at, voice.zone)
    mark = f"{number}." if number else "•"
    if line.secret:
        return voice.say("bot.list.secret", number=mark, link=voice.link(line.code))
    title = Safe(voice.title(cut(line.title, _LIST_TITLE_MAX), line.urgency))
    key = "bot.list.late" if line.late and line.status.is_open else "bot.list.line"
    words = voice.say(key, number=mark, link=voice.link(line.code), title=title, due=due)
    if reader in (0, line.lead_id):
        return words
    return voice.say("bot.list.whose", line=Safe(words), name=cut(line.lead_name, NAME_MAX))
