"""Notices that time causes: reminders, unanswered silence, lateness."""

from backend.domain import notices as said
from backend.kit import i18n
from bot.channel import Text
from bot.lines import buttons, fields, press, task_lines
from bot.words import NAME_MAX, Voice, cut


def due_soon(notice: said.TaskDueSoon, voice: Voice) -> Text:
    """A reminder says why it comes; a reason the catalogue does not know is left out, the reminder still goes."""
    return Text(
        task_lines(voice, "notices.say.TaskDueSoon", notice.task, _why(notice, voice), _record(notice, voice)),
        buttons(voice, notice.task.id, "working done wait", "extend details"),
    )


def _why(notice: said.TaskDueSoon, voice: Voice) -> str:
    key = f"notices.why.{notice.why}"
    if not i18n.has(voice.locale, key):
        return ""
    try:
        words = voice.say(key, **{name: _short(value) for name, value in notice.params.items()})
    except (KeyError, IndexError):
        return ""
    return "" if "{" in words else words


def _record(notice: said.TaskDueSoon, voice: Voice) -> str:
    """The reader's own counts behind the risk (rule 9); nothing for whoever has none yet."""
    late, still = notice.params.get("late"), notice.params.get("still")
    return voice.say("notices.why.record", late=late, still=still) if still else ""


def _short(value: int | str) -> int | str:
    return cut(value, NAME_MAX) if isinstance(value, str) else value


def overdue(notice: said.TaskOverdue, voice: Voice) -> Text:
    return Text(
        task_lines(voice, "notices.say.TaskOverdue", notice.task, n=notice.days),
        buttons(voice, notice.task.id, "working done wait"),
    )


def at_risk(notice: said.TaskAtRisk, voice: Voice) -> Text:
    own = fields(notice)
    known = voice.say("notices.line.record", late=notice.late, still=notice.still) if notice.still else ""
    skipped = voice.say("notices.line.skipped", names=own["skipped"]) if notice.skipped else ""
    words = task_lines(
        voice,
        "notices.say.TaskAtRisk",
        notice.task,
        known,
        skipped,
        lead=own["lead"],
        n=notice.times,
        gone=notice.gone,
    )
    return Text(words, buttons(voice, notice.task.id, "heed nudge", "details"))


def unacknowledged(notice: said.TaskUnacknowledged, voice: Voice) -> Text:
    return Text(
        task_lines(voice, "notices.say.TaskUnacknowledged", notice.task, limit=voice.minutes(notice.limit_minutes)),
        buttons(voice, notice.task.id, "ack details"),
    )


def silent(notice: said.TaskSilent, voice: Voice) -> Text:
    own = fields(notice)
    skipped = voice.say("notices.line.skipped", names=own["skipped"]) if notice.skipped else ""
    return Text(
        task_lines(voice, "notices.say.TaskSilent", notice.task, skipped, lead=own["lead"]),
        buttons(voice, notice.task.id, "heed nudge", "details"),
    )


def decision_due(notice: said.DecisionDue, voice: Voice) -> Text:
    waiting = voice.minutes(notice.waiting_minutes)
    return Text(
        task_lines(voice, "notices.say.DecisionDue", notice.task, lead=cut(notice.lead, NAME_MAX), waiting=waiting),
        buttons(voice, notice.task.id, "accept return", "details"),
    )


def late(notice: said.TaskLate, voice: Voice) -> Text:
    return Text(
        task_lines(
            voice,
            "notices.say.TaskLate",
            notice.task,
            voice.say("notices.line.cost", cost=notice.cost),
            voice.say("notices.line.waiver"),
            instance=notice.instance,
            late=voice.minutes(notice.late_minutes),
        ),
        (
            *buttons(voice, notice.task.id, "working done"),
            (press(voice, notice.task.id, "waive", arg=notice.instance),),
            *buttons(voice, notice.task.id, "details"),
        ),
    )
