"""«Đang chờ đến…»: the lead names the moment from which a reminder makes sense, by a button or in words."""

from datetime import UTC, datetime, timedelta

from backend.calendars.queries import calendar_of_unit
from backend.domain.calendar import WorkCalendar
from backend.kit import clock
from backend.tasks import service
from backend.tasks.schemas import TaskView
from bot import recall
from bot.channel import Button, Rows, Text
from bot.inbound.talk import Talk
from bot.reading import moment_ahead
from bot.speech import Answer, Mark

_FORM = "%Y%m%d%H%M"
_MONDAY = 0


def question(talk: Talk, view: TaskView, calendar: WorkCalendar, on: str) -> Answer:
    """Ask until when, with the days that people mean most often."""
    words = talk.words("ask.wait", link=talk.voice.link(view.code))
    mark = Mark(view.id, "wait", {"on": on, "receipt": talk.said.receipt})
    return Answer(Text(words, _choices(talk, view, calendar)), mark=mark)


def _choices(talk: Talk, view: TaskView, calendar: WorkCalendar) -> Rows:
    """The next working day, Monday, and a week from now, each at the start of its working time."""
    today = clock.now().astimezone(calendar.zone).date()
    monday = today + timedelta(days=(_MONDAY - today.weekday()) % 7 or 7)
    days = [calendar.next_working_day(today), calendar.working_day_from(monday)]
    days.append(calendar.working_day_from(today + timedelta(days=7)))
    shown = []
    for day in sorted(set(days)):
        at = calendar.day_start(day).astimezone(UTC)
        label = talk.voice.plain("bot.button.wait_until", on=day)
        shown.append(Button(label, f"c:{view.id}:wait_until:{at.strftime(_FORM)}"))
    return tuple((button,) for button in shown)


async def asked(talk: Talk, view: TaskView, on: str) -> list[Answer]:
    """The button was pressed."""
    return [Answer(toast=""), question(talk, view, await calendar_of_unit(view.unit.id), on)]


async def chosen(talk: Talk, task_id: int, written: str) -> list[Answer]:
    """A day of the question was pressed: it is kept, and the question says so."""
    try:
        until = datetime.strptime(written, _FORM).replace(tzinfo=UTC)
    except ValueError:
        return [talk.toast("press.unknown")]
    about = await recall.about(talk.channel.name, talk.address, talk.said.receipt)
    view = (await service.wait(talk.actor, task_id, until)).task
    if about is not None and about.prompt_id is not None:
        await recall.answered(talk.channel.name, talk.address, about.prompt_id)
    said = kept(talk, view)
    toast = talk.toast("did.wait", code=view.code, at=until)
    return [toast, Answer(said, edit=talk.said.receipt), *await talk.repaint_behind(view, about)]


async def named(talk: Talk, view: TaskView) -> datetime | None:
    """The moment that was named in words; None when they were not understood."""
    return moment_ahead(talk.said.text, clock.now(), await calendar_of_unit(view.unit.id))


def kept(talk: Talk, view: TaskView) -> Text:
    """That the wait is kept, and until when."""
    return Text(talk.voice.say("bot.done.wait", link=talk.voice.link(view.code), at=view.waiting_until))
