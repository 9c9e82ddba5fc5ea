"""What every command of a linked person has at hand, and the ways an answer is put together."""

import html

import msgspec

from backend.domain.notices import TaskNotice
from backend.domain.types import Actor, Status
from backend.kit import i18n, sentences
from backend.settings import Settings
from backend.tasks import queries
from backend.tasks.schemas import TaskView
from bot import cards, recall
from bot.channel import ChatChannel, Rows, Text
from bot.lines import press
from bot.render import render
from bot.render_slot import IN_FULL, compose, is_line, tasks_of
from bot.speech import Answer, Incoming, Mark, toast
from bot.words import Voice

#: What must be possible for a button of a notice to stay under it (nothing: it always stays).
_NEEDS = {
    "ack": "acknowledge",
    "working": "report",
    "done": "report",
    "report": "report",
    "extend": "ask_extension",
    "accept": "accept",
    "return": "return",
    "return_major": "return",
    "approve": "approve_extension",
    "refuse": "refuse_extension",
    "nudge": "nudge",
    "heed": "heed",
    "wait": "wait",
}


class Talk(msgspec.Struct, frozen=True):
    """One person speaking in one chat."""

    channel: ChatChannel
    address: str
    said: Incoming
    actor: Actor
    voice: Voice
    settings: Settings

    def say(self, key: str, **params: object) -> Answer:
        """A plain sentence of the catalogue as a new message."""
        return Answer(Text(self.words(key, **params)))

    def words(self, key: str, **params: object) -> str:
        """A text of the catalogue, as HTML. Where nothing can be pressed or replied to, one that has words of its own for
        that (``…_typed``) says what can be typed."""
        typed = f"bot.{key}_typed"
        own = not self.channel.buttons and i18n.has(self.voice.locale, typed)
        return self.voice.say(typed if own else f"bot.{key}", **params)

    def toast(self, key: str, **params: object) -> Answer:
        return toast(self.voice.plain(f"bot.{key}", **params))

    async def view(self, task_id: int) -> TaskView:
        """The task as this person sees it. Raises NotFound."""
        return await queries.view(self.actor, task_id)

    def card(self, view: TaskView) -> Answer:
        """The task's card as a new message; replies to it report the task."""
        return Answer(cards.card(view, self.actor.person_id, self.voice), mark=Mark(view.id, "card"))

    def ask(self, view: TaskView, act: str, **data: object) -> Answer:
        """A question whose answer does ``act``."""
        words = self.words(f"ask.{act}", link=self.voice.link(view.code), due=view.due_at)
        text = Text(words, ask=self.voice.plain(f"bot.ask.{act}_hint"))
        return Answer(text, mark=Mark(view.id, "return" if act.startswith("return") else act, data))  # type: ignore[arg-type]

    def aloud(self, view: TaskView, words: str) -> Answer:
        """What a typed command is answered with: the words of the same press, and the way back."""
        undo: Rows = ((press(self.voice, view.id, "undo", on="c"),),) if "undo" in view.can else ()
        return Answer(Text(html.escape(words, quote=False), undo), mark=Mark(view.id, "about"))

    async def repaint(self, view: TaskView, on: str, receipt: str) -> list[Answer]:
        """Make the message a button was pressed on tell the truth: a card whole, a notice with a line about now. A list
        stays as it is."""
        if not receipt or on == "l":
            return []
        if on == "n":
            text = await self._with_state(view, receipt)
        elif on == "b":
            text = await self._slot_now(view, receipt)
        elif on == "d":
            text = cards.details(view, self.actor.person_id, self.voice)
        else:
            text = cards.card(view, self.actor.person_id, self.voice)
        return [Answer(text, edit=receipt)]

    async def repaint_behind(self, view: TaskView, about: recall.About | None) -> list[Answer]:
        """Make the message whose button led to a question tell the truth."""
        data = about.mark.data if about is not None and about.mark is not None else {}
        return await self.repaint(view, str(data.get("on", "")), str(data.get("receipt", "")))

    async def _with_state(self, view: TaskView, receipt: str) -> Text:
        about = await recall.about(self.channel.name, self.address, receipt)
        if about is None or not isinstance(about.notice, TaskNotice) or view.secret:
            return cards.card(view, self.actor.person_id, self.voice)
        said = render(about.notice, self.voice)
        state = " ".join(cards.state_lines(view, self.voice))
        return Text(f"{said.html}\n\n<i>{state}</i>", self._still(view, said.buttons))

    async def _slot_now(self, pressed: TaskView, receipt: str) -> Text:
        """A message of several lines as it is now: what was answered says so and needs no buttons."""
        lines = await recall.lines(self.channel.name, self.address, receipt)
        notices = [line.notice for line in lines]
        told = []
        numbered = [(line, notice) for line, notice in zip(lines, notices, strict=True) if is_line(notice)]
        for line, notice in numbered[:IN_FULL]:
            said = render(notice, self.voice)
            if isinstance(notice, TaskNotice) and (line.is_answered or notice.task.id == pressed.id):
                view = pressed if notice.task.id == pressed.id else await self.view(notice.task.id)
                state = "" if view.secret else f"\n<i>{' '.join(cards.state_lines(view, self.voice))}</i>"
                said = Text(f"{said.html}{state}")
            told.append(said)
        numbers = await queries.numbers_of(self.actor.person_id, tasks_of(notices))
        return compose(told, notices, self.voice, numbers, await recall.nudged(lines))

    def _still(self, view: TaskView, shown: Rows) -> Rows:
        """The buttons of a notice that can still be used, and the way back from what was just done."""
        rows = [tuple(button for button in row if _usable(view, button.data)) for row in shown]
        if "undo" in view.can:
            rows.append((press(self.voice, view.id, "undo"),))
        return tuple(row for row in rows if row)

    def already(self, view: TaskView, act: str) -> str:
        """The truth for somebody who asked for what is already so."""
        if view.status in (Status.DONE, Status.CANCELLED, Status.REPORTED) and (act != "accept" or not view.closed_at):
            at = view.closed_at or view.reported_at
            return sentences.say(self.voice.locale, f"task_is_{view.status}", {"task": view.code, "at": at})
        at = view.acknowledged_at if act == "acknowledge" else view.closed_at
        return self.voice.plain(f"bot.already.{act}", code=view.code, at=at)


def _usable(view: TaskView, data: str) -> bool:
    _, _, act, *arg = data.split(":")
    if act in ("approve", "refuse") and (view.open_extension is None or str(view.open_extension.id) != arg[0]):
        return False
    return act not in _NEEDS or _NEEDS[act] in view.can
