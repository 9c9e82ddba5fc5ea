"""Digests in words: what a day holds, how a leader's units stand, HR's week; blocks of a slot's message."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
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

#: Digests that name tasks.
WITH_TASKS = frozenset({said.MorningList.__name__, said.LeaderDigest.__name__})

#: By which numbers a reader calls their tasks.
Numbers = Mapping[int, int]
_NO_NUMBERS: Numbers = MappingProxyType({})


def tasks_of(digest: Digest) -> list[int]:
    """The tasks that a digest names."""
    if isinstance(digest, said.MorningList):
        return [task.id for task in digest.tasks]
    return [held.task.id for held in digest.tasks] if isinstance(digest, said.LeaderDigest) else []


def block(
    digest: Digest,
    voice: Voice,
    *,
    numbers: Numbers = _NO_NUMBERS,
    told: Collection[int] = (),
    nudged: Collection[int] = (),
    most: int = LINES,
) -> Text | None:
    """A digest as a part of a message, with ``most`` tasks at most, each by the reader's number for it if there is one:
    that is what they type. Tasks in ``told`` are in the message already: what has nothing else to say is None. Tasks in
    ``nudged`` were asked after since: they say so and have no button."""
    if isinstance(digest, said.MorningList):
        return _morning(digest, voice, numbers, told, most)
    if isinstance(digest, said.LeaderDigest):
        return _leader(digest, voice, numbers, told, nudged, most)
    return _weekly(digest, voice)


def alone(digest: Digest, voice: Voice, numbers: Numbers = _NO_NUMBERS) -> Text:
    """A digest that is a message of its own, because there is nothing else in the slot."""
    found = block(digest, voice, numbers=numbers)
    assert found is not None
    return found


def _morning(notice: said.MorningList, voice: Voice, numbers: Numbers, told: Collection[int], most: int) -> Text | None:
    new = [task for task in notice.tasks if task.id not in told]
    more = notice.count - len(notice.tasks) + len(new)
    if not more:
        return None
    lines = [voice.say("notices.say.MorningList", on=notice.on)]
    lines += [_today(task, notice, voice, numbers) for task in new[:most]]
    return Text(_lines(*lines, _more(more - len(new[:most]), voice), _overdue(notice.overdue, voice)))


def _today(task: TaskRef, notice: said.MorningList, voice: Voice, numbers: Numbers) -> str:
    """A task of the day: by when, or that it was put off until today."""
    if task.secret:
        return _secret(task, voice, numbers)
    local = _local(task.due_at, voice)
    if local.date() == notice.on:
        return voice.say("notices.digest.today", time=f"{local:%H:%M}", **_named(task, voice, numbers))
    due = i18n.short_moment(task.due_at, voice.zone)
    return voice.say("notices.digest.put_off", due=due, **_named(task, voice, numbers))


def _leader(
    notice: said.LeaderDigest,
    voice: Voice,
    numbers: Numbers,
    told: Collection[int],
    nudged: Collection[int],
    most: int,
) -> Text | None:
    new = [held for held in notice.tasks if held.task.id not in told]
    more = notice.ahead + notice.overdue - len(notice.tasks) + len(new)
    if not more:
        return None
    shown = new[:most]
    lines = [voice.say("notices.say.LeaderDigest", on=_local(notice.at, voice).date())]
    lines += [_held(held, notice, voice, numbers, held.task.id in nudged) for held in shown]
    savable = [held.task for held in shown if held.task.due_at > notice.at and held.task.id not in nudged]
    rest = _more(more - len(shown), voice)
    return Text(_lines(*lines, rest, _buckets(notice, voice)), _nudges(savable, voice, numbers))


def _held(held: said.HeldTask, notice: said.LeaderDigest, voice: Voice, numbers: Numbers, is_nudged: bool) -> str:
    task = held.task
    if task.secret:
        return _secret(task, voice, numbers)
    key = "ahead" if task.due_at > notice.at else "late"
    due = i18n.short_moment(task.due_at, voice.zone)
    named = _named(task, voice, numbers)
    words = voice.say(f"notices.digest.{key}", due=due, lead=cut(held.lead, _LEAD_MAX), **named)
    return f"{words} <i>{voice.say('notices.digest.nudged')}</i>" if is_nudged else words


def _nudges(tasks: Sequence[TaskRef], voice: Voice, numbers: Numbers) -> Rows:
    """«Nhắc» for every task that can still be saved; the message that it is under is one of several lines."""
    shown: list[Button] = []
    for task in tasks:
        if not task.secret:
            button = press(voice, task.id, "nudge", on="b")
            shown.append(Button(f"{button.label} {numbers.get(task.id, task.code)}", button.data))
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
        lines.append(_unlinked(notice, voice))
    return Text(_lines(*lines, _buckets(notice, voice)))


def _unlinked(notice: said.WeeklyDigest, voice: Voice) -> str:
    """Who has no chat, and how bad that is: one whom nothing reaches hears of no task at all."""
    counts = {name: getattr(notice, name) for name in ("unreached", "only_mail", "only_push")}
    parts = [voice.plain(f"notices.digest.{name}", n=n) for name, n in counts.items() if n]
    if not parts:  # written by an older release
        return voice.say("notices.digest.unlinked", n=notice.unlinked)
    return voice.say("notices.digest.no_chat", n=notice.unlinked, parts="; ".join(parts), page=page(voice, "/people"))


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


def _secret(task: TaskRef, voice: Voice, numbers: Numbers) -> str:
    return voice.say("notices.digest.secret", mark=_mark(task, numbers), link=voice.link(task.code))


def _named(task: TaskRef, voice: Voice, numbers: Numbers) -> dict[str, Any]:
    title = Safe(voice.title(cut(task.title, _TITLE_MAX), task.urgency))
    return {"mark": _mark(task, numbers), "link": voice.link(task.code), "title": title}


def _mark(task: TaskRef, numbers: Numbers) -> str:
    """What stands before a line: the number by which the reader may answer it."""
    return f"{numbers[task.id]}." if task.id in numbers else "-"


def _more(n: int, voice: Voice) -> str:
    return voice.say("notices.digest.more", n=n) if n > 0 else ""


def _overdue(n: int, voice: Voice) -> str:
    return voice.say("notices.digest.overdue", n=n) if n else ""


def _local(at: datetime, voice: Voice) -> datetime:
    return at.astimezone(ZoneInfo(voice.zone))


def _lines(*lines: str) -> str:
    return "\n".join(line for line in lines if line)
