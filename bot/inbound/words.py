"""Typed commands that are about no one task: lists, everything acknowledged, taking back, leave, help."""

from contextlib import suppress
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from backend import delivery
from backend.auth.actors import today
from backend.domain.types import Role, Status
from backend.errors import AppError
from backend.kit.paging import Page
from backend.org.absences import record_leave
from backend.tasks import queries, service
from backend.tasks.schemas import TaskLine, TaskView
from bot import cards, recall
from bot.channel import Text
from bot.inbound.talk import Talk
from bot.reading import leave
from bot.speech import Answer
from bot.words import TITLE_MAX, Safe, cut

#: Tasks named by «nhận hết»; the others are counted.
_MOST_NAMED = 15


async def listed(talk: Talk) -> list[Answer]:
    """«việc»: what waits for this person, nearest deadline first."""
    return [await _list(talk, queries.TaskFilter(view=queries.View.TO_HANDLE))]


async def today_(talk: Talk) -> list[Answer]:
    """«việc hôm nay»: what waits and is due by the end of the day."""
    on = today() + timedelta(days=1)
    midnight = datetime.combine(on, time(), ZoneInfo(talk.voice.zone))
    return [await _list(talk, queries.TaskFilter(view=queries.View.TO_HANDLE, due_before=midnight), of="_today")]


async def late(talk: Talk) -> list[Answer]:
    """«trễ»: open tasks past their deadline, a leader's whole unit or one's own, each to be asked after by a tap."""
    leads = talk.actor.has(Role.LEADER)
    view = queries.View.ALL if leads else queries.View.ASSIGNED_TO_ME
    wanted = queries.TaskFilter(view=view, state=queries.State.OPEN, late=True)
    return [await _list(talk, wanted, of="_late", nudges=leads)]


async def _list(talk: Talk, wanted: queries.TaskFilter, *, of: str = "", nudges: bool = False) -> Answer:
    page: Page[TaskLine] = await queries.listing(talk.actor, wanted, None, cards.LIST_MAX)
    numbers = await queries.numbers_of(talk.actor.person_id, [line.id for line in page.items])
    me = talk.actor.person_id
    waited_for = (Status.ASSIGNED, Status.ACKNOWLEDGED)
    asks = {
        line.id
        for line in page.items
        if nudges and line.lead_id != me and not line.secret and line.status in waited_for
    }
    return Answer(cards.listing(page, numbers, talk.voice, of=of, reader=me if of else 0, asks=asks))


async def all_acknowledged(talk: Talk) -> list[Answer]:
    """«nhận hết»: whatever waits for this person's acknowledgement has it, and is named."""
    done: list[TaskView] = []
    for task_id in await queries.to_acknowledge(talk.actor):
        with suppress(AppError):  # somebody closed or took it while this was read: it waits no more
            done.append((await service.acknowledge(talk.actor, task_id)).task)
            await delivery.seen_task(talk.actor.person_id, task_id, talk.channel.name)
    if not done:
        return [talk.say("short.acked_none")]
    lines = [talk.voice.say("bot.short.acked", n=len(done)), *(_named(talk, view) for view in done[:_MOST_NAMED])]
    if len(done) > _MOST_NAMED:
        lines.append(talk.voice.say("bot.short.acked_more", n=len(done) - _MOST_NAMED))
    return [Answer(Text("\n".join(lines)))]


def _named(talk: Talk, view: TaskView) -> str:
    mark = f"{view.number}." if view.number else "•"
    if view.secret:
        return talk.voice.say("bot.list.secret", number=mark, link=talk.voice.link(view.code))
    title = Safe(talk.voice.title(cut(view.title, TITLE_MAX // 3), view.urgency))
    return talk.voice.say("bot.list.line", number=mark, link=talk.voice.link(view.code), title=title, due=view.due_at)


async def helped(talk: Talk) -> list[Answer]:
    """«giúp»: what can be said here."""
    files = Safe(talk.words("help.files"))
    return [talk.say("help.linked", name=talk.actor.name, url=talk.voice.url, files=files)]


async def undone(talk: Talk, task_id: int | None) -> list[Answer]:
    """«hoàn tác»: of the task named, or the last thing done."""
    if task_id is None:
        task_id = await recall.last_done_by(talk.actor.person_id)
    if task_id is None:
        return [talk.say("undo_nothing")]
    change = await service.undo(talk.actor, task_id)
    return [talk.say("done.undo", link=talk.voice.link(change.task.code)), talk.card(change.task)]


async def away(talk: Talk, rest: str) -> list[Answer]:
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


async def dropped(talk: Talk) -> list[Answer]:
    """«thôi»: the bot's question needs no answer."""
    waiting = await recall.open_question(talk.channel.name, talk.address)
    if waiting is None or waiting.prompt_id is None:
        return [talk.say("nothing_to_drop")]
    await recall.answered(talk.channel.name, talk.address, waiting.prompt_id)
    return [talk.say("done.drop")]
