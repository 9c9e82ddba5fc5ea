"""Digests in words: what a day holds, how a leader's units stand, HR's week; blocks of a slot's message."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from backend.domain import notices as said
from backend.domain.notices import Digest, TaskRef
from backend.kit import i18n
from bot.channel import Button, Rows, Text
from bot.lines import press
from bot.render_score import page, period_name
from bot.words import NAME_MAX, Safe, Voice, cut

#: Tasks of one digest.
LINES = 5
#: A line of a list is short: the title whole is a tap on the code away.
_TITLE_MAX, _LEAD_MAX, _NAMES_MAX = 80, 40, 3 * NAME_MAX
_IN_A_ROW = 2


def block(
    digest: Digest, voice: Voice, *, told: Collection[int] = (), nudged: Collection[int] = (), most: int = LINES
) -> Text | None:
    """A digest as a part of a message, with ``most`` tasks at most. Tasks in ``told`` are in the message already: what
    has nothing else to say is None. Tasks in ``nudged`` were asked after since: they say so and have no button."""
    if isinstance(digest, said.MorningList):
        return _morning(digest, voice, told, most)
    if isinstance(digest, said.LeaderDigest):
        return _leader(digest, voice, told, nudged, most)
    return _weekly(digest, voice)


def alone(digest: Digest, voice: Voice) -> Text:
    """A digest that is a message of its own, because there is nothing else in the slot."""
    found = block(digest, voice)
    assert found is not None
    return found


def _morning(notice: said.MorningList, voice: Voice, told: Collection[int], most: int) -> Text | None:
    new = [task for task in notice.tasks if task.id not in told]
    more = notice.count - len(notice.tasks) + len(new)
    if not more:
        return None
    lines = [voice.say("notices.say.MorningList", on=notice.on)]
    lines += [_today(task, notice, voice) for task in new[:most]]
    return Text(_lines(*lines, _more(more - len(new[:most]), voice), _overdue(notice.overdue, voice)))


def _today(task: TaskRef, notice: said.MorningList, voice: Voice) -> str:
    """A task of the day: by when, or that it was put off until today."""
    if task.secret:
        return _secret(task, voice)
    local = _local(task.due_at, voice)
    if local.date() == notice.on:
        return voice.say("notices.digest.today", time=f"{local:%H:%M}", **_named(task, voice))
    due = i18n.short_moment(task.due_at, voice.zone)
    return voice.say("notices.digest.put_off", due=due, **_named(task, voice))


def _leader(
    notice: said.LeaderDigest, voice: Voice, told: Collection[int], nudged: Collection[int], most: int
) -> Text | None:
    new = [held for held in notice.tasks if held.task.id not in told]
    more = notice.ahead + notice.overdue - len(notice.tasks) + len(new)
    if not more:
        return None
    shown = new[:most]
    lines = [voice.say("notices.say.LeaderDigest", on=_local(notice.at, voice).date())]
    lines += [_held(held, notice, voice, held.task.id in nudged) for held in shown]
    savable = [held.task for held in shown if held.task.due_at > notice.at and held.task.id not in nudged]
    rest = _more(more - len(shown), voice)
    return Text(_lines(*lines, rest, _buckets(notice, voice)), _nudges(savable, voice))


def _held(held: said.HeldTask, notice: said.LeaderDigest, voice: Voice, is_nudged: bool) -> str:
    task = held.task
    if task.secret:
        return _secret(task, voice)
    key = "ahead" if task.due_at > notice.at else "late"
    due = i18n.short_moment(task.due_at, voice.zone)
    words = voice.say(f"notices.digest.{key}", due=due, lead=cut(held.lead, _LEAD_MAX), **_named(task, voice))
    return f"{words} <i>{voice.say('notices.digest.nudged')}</i>" if is_nudged else words


def _nudges(tasks: Sequence[TaskRef], voice: Voice) -> Rows:
    """«Nhắc» for every task that can still be saved; the message that it is under is one of several lines."""
    shown: list[Button] = []
    for task in tasks:
        if not task.secret:
            button = press(voice, task.id, "nudge", on="b")
            shown.append(Button(f"{button.label} {task.code}", button.data))
    return tuple(tuple(shown[start : start + _IN_A_ROW]) for start in range(0, len(shown), _IN_A_ROW))


def _weekly(notice: said.WeeklyDigest, voice: Voice) -> Text:
    lines = [voice.say("notices.say.WeeklyDigest", from_on=notice.from_on, until_on=notice.until_on)]
    if notice.late:
        lines.append(voice.say("notices.digest.were_late", n=notice.late, names=_officers(notice, voice)))
    if notice.waivers:
        lines.append(voice.say("notices.digest.waivers", n=notice.waivers, page=page(voice, "/requests")))
    if notice.appeals:
        lines.append(voice.say("notices.digest.appeals", n=notice.appeals, page=page(voice, "/requests")))
    if notice.unlinked:
        lines.append(voice.say("notices.digest.unlinked", n=notice.unlinked))
    return Text(_lines(*lines, _buckets(notice, voice)))


def _officers(notice: said.WeeklyDigest, voice: Voice) -> str:
    names = cut(", ".join(f"{cut(one.name, NAME_MAX)} ({one.tasks})" for one in notice.officers), _NAMES_MAX)
    rest = notice.late_officers - len(notice.officers)
    return voice.plain("notices.some.more", names=names, n=rest) if rest > 0 else names


def _buckets(notice: said.MonthNotice, voice: Voice) -> str:
    counts = (notice.done_on_time, notice.done_late, notice.open_in_time, notice.open_late)
    return voice.say(
        "notices.digest.buckets",
        period=period_name(voice, notice.period),
        assigned=sum(counts),
        done_on_time=counts[0],
        done_late=counts[1],
        open_in_time=counts[2],
        open_late=counts[3],
    )


def _secret(task: TaskRef, voice: Voice) -> str:
    return voice.say("notices.digest.secret", link=voice.link(task.code))


def _named(task: TaskRef, voice: Voice) -> dict[str, Any]:
    return {"link": voice.link(task.code), "title": Safe(voice.title(cut(task.title, _TITLE_MAX), task.urgency))}


def _more(n: int, voice: Voice) -> str:
    return voice.say("notices.digest.more", n=n) if n > 0 else ""


def _overdue(n: int, voice: Voice) -> str:
    return voice.say("notices.digest.overdue", n=n) if n else ""


def _local(at: datetime, voice: Voice) -> datetime:
    return at.astimezone(ZoneInfo(voice.zone))


def _lines(*lines: str) -> str:
    return "\n".join(line for line in lines if line)
