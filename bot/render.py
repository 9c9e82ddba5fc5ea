"""Notice and language → text with buttons. Pure; a secret task shows its code and a link, nothing else."""

import html
from collections.abc import Callable
from typing import Any

import msgspec

from backend.domain import notices as said
from backend.domain.notices import AnyNotice, TaskNotice
from backend.domain.types import Part
from backend.kit import i18n
from bot import render_digest, render_score, render_time
from bot.channel import Rows, Text
from bot.lines import buttons, fields, line, press, task_lines
from bot.words import NAME_MAX, REASON_MAX, Safe, Voice, cut

#: An answer is no longer than a message, with room for what is said of it.
_ANSWER_MAX = 3_600


def render(notice: AnyNotice, voice: Voice, *, maybe_sent: bool = False) -> Text:
    """What a notice says in the voice's language. ``maybe_sent``: it says that it may be a repeat."""
    if isinstance(notice, TaskNotice) and notice.task.secret:
        words = voice.say(f"notices.secret.{notice.kind}", link=voice.link(notice.task.code))
        text = Text(words, _secret(notice, voice))
    else:
        text = _OWN.get(type(notice), _usual)(notice, voice)
    return flagged(text, voice) if maybe_sent else text


def flagged(text: Text, voice: Voice) -> Text:
    """The same text, saying that it may be a repeat."""
    return msgspec.structs.replace(text, html=f"{text.html}\n\n<i>{voice.say('notices.maybe_sent')}</i>")


#: What can be pressed under a notice that has the usual form.
_PRESSES = {
    said.TaskReassigned: "",
    said.TaskCancelled: "",
    said.TaskReturned: "report details",
    said.TaskNudged: "working done",
    said.TaskDueNow: "working done wait",
}


def _usual(notice: Any, voice: Voice) -> Text:
    own = fields(notice)
    key = f"notices.say.{notice.kind}"
    if not isinstance(notice, TaskNotice):
        return Text(voice.say(key, **own))
    more = [line(voice, name, own[name]) for name in ("text", "reason") if name in own]
    rows = _PRESSES.get(type(notice), "details")
    return Text(task_lines(voice, key, notice.task, *more, **own), buttons(voice, notice.task.id, rows))


def _assigned(notice: said.TaskAssigned, voice: Voice) -> Text:
    by = cut(notice.by, NAME_MAX)
    if notice.on_behalf_of:
        by_line = voice.say("notices.card.behalf", name=by, giver=cut(notice.on_behalf_of, NAME_MAX))
    else:
        by_line = voice.say("notices.card.by", name=by)
    due = voice.say("notices.card.due", at=notice.task.due_at)
    part = Part(notice.part)
    return Text(
        task_lines(voice, f"notices.card.new_{part}", notice.task, by_line, due),
        buttons(voice, notice.task.id, *CARD_ROWS[part], on="t"),
    )


#: The buttons of a new card by the reader's part.
CARD_ROWS = {
    Part.LEAD: ("ack report", "extend details"),
    Part.COORDINATOR: ("ack details",),
    Part.WATCHER: ("details",),
}


def _reported(notice: said.TaskReported, voice: Voice) -> Text:
    own = fields(notice)
    key = "notices.say.TaskReported" + ("_done" if notice.done else "")
    files = voice.say("notices.line.files", n=notice.files) if notice.files else ""
    rows = ("details",) if notice.done else ("accept return", "return_major details")
    return Text(
        task_lines(voice, key, notice.task, line(voice, "text", own["text"]), files, by=own["by"]),
        buttons(voice, notice.task.id, *rows),
    )


def _returned(notice: said.TaskReturned, voice: Voice) -> Text:
    text = _usual(notice, voice)
    if notice.major_error:
        text = msgspec.structs.replace(text, html=f"{text.html}\n{voice.say('notices.line.major_error')}")
    return text


def _extension_asked(notice: said.ExtensionAsked, voice: Voice) -> Text:
    task, text = notice.task, _usual(notice, voice)
    decide = tuple(press(voice, task.id, act, arg=notice.extension_id) for act in ("approve", "refuse"))
    return msgspec.structs.replace(text, buttons=(decide, *text.buttons))


def _undone(notice: said.TaskUndone, voice: Voice) -> Text:
    own = {"by": cut(notice.by, NAME_MAX)}
    rows = () if notice.what == "assigned" else ("details",)
    return Text(
        task_lines(voice, f"notices.say.TaskUndone_{notice.what}", notice.task, **own),
        buttons(voice, notice.task.id, *rows),
    )


def _recurrence_failed(notice: said.RecurrenceFailed, voice: Voice) -> Text:
    """``problem`` is an error code when the service failed with one, else words."""
    problem = notice.problem
    if i18n.has(voice.locale, f"errors.{problem}") and "{" not in (known := voice.plain(f"errors.{problem}")):
        problem = known
    title = cut(notice.title, REASON_MAX)
    return Text(voice.say("notices.say.RecurrenceFailed", title=title, problem=cut(problem, REASON_MAX)))


def _substitute(notice: said.SubstituteNamed, voice: Voice) -> Text:
    text = _usual(notice, voice)
    if notice.authority:
        text = Text(f"{text.html}\n{voice.say('notices.line.authority')}")
    return text


def _calendar(notice: said.CalendarMovesDeadlines, voice: Voice) -> Text:
    place = cut(notice.place, NAME_MAX) or voice.plain("calendars.office_within")
    words = voice.say("calendars.proposals_link")
    link = Safe(f'<a href="{html.escape(voice.url)}/calendars/proposals">{words}</a>')
    return Text(voice.say("notices.say.CalendarMovesDeadlines", n=notice.count, place=place, link=link))


def _person_left(notice: said.PersonLeft, voice: Voice) -> Text:
    own = fields(notice)
    return Text(voice.say("notices.say.PersonLeft", n=len(notice.codes), **own))


def _chat_linked(notice: said.ChatLinked, voice: Voice) -> Text:
    return Text(voice.say("notices.say.ChatLinked", channel=channel_name(voice, notice.channel)))


def _chat_lost(notice: said.ChatLost, voice: Voice) -> Text:
    if notice.reason == "taken_over":
        return _chat_taken(notice, voice)
    if notice.reason == "replaced":
        channel = channel_name(voice, notice.channel)
        return Text(voice.say("notices.say.ChatLost_replaced", channel=channel, page=_page(voice, "me")))
    known = i18n.has(voice.locale, f"notices.lost.{notice.reason}")
    why = voice.say(f"notices.lost.{notice.reason if known else 'refused'}")
    own = {"channel": channel_name(voice, notice.channel), "why": why}
    if notice.person:
        page, name = _page(voice, "people"), cut(notice.person, NAME_MAX)
        return Text(voice.say("notices.say.ChatLost_hr", person=name, page=page, **own))
    return Text(voice.say("notices.say.ChatLost", page=_page(voice, "me"), **own))


def _answer_moved(notice: said.AnswerMoved, voice: Voice) -> Text:
    """Our own words again; what is longer than they can be is said without its form."""
    answer = notice.html
    if len(answer) > _ANSWER_MAX:
        answer = html.escape(cut(Text(answer).plain, _ANSWER_MAX), quote=False)
    moved = voice.say("notices.say.AnswerMoved", channel=channel_name(voice, notice.channel))
    return Text(f"{answer}\n\n<i>{moved}</i>")


def _chat_taken(notice: said.ChatLost, voice: Voice) -> Text:
    channel = channel_name(voice, notice.channel)
    if not notice.person:
        return Text(voice.say("notices.say.ChatLost_taken", channel=channel, page=_page(voice, "me")))
    person, new_owner = cut(notice.person, NAME_MAX), cut(notice.new_owner, NAME_MAX)
    own = {"channel": channel, "person": person, "new_owner": new_owner, "page": _page(voice, "people")}
    return Text(voice.say("notices.say.ChatLost_taken_hr", **own))


def _page(voice: Voice, path: str) -> Safe:
    address = html.escape(f"{voice.url}/{path}")
    return Safe(f'<a href="{address}">{address}</a>')


def channel_name(voice: Voice, channel: str) -> str:
    """How people call a channel."""
    return voice.say(f"bot.channel.{channel}") if i18n.has(voice.locale, f"bot.channel.{channel}") else channel


def _sign_in(notice: said.SignInLink, voice: Voice) -> Text:
    address = html.escape(notice.url)
    words = voice.say("notices.say.SignInLink", until=notice.until)
    return Text(f'{words}\n<a href="{address}">{address}</a>')


_OWN: dict[type, Callable[[Any, Voice], Text]] = {
    said.TaskAssigned: _assigned,
    said.TaskReported: _reported,
    said.TaskReturned: _returned,
    said.ExtensionAsked: _extension_asked,
    said.TaskUndone: _undone,
    said.TaskDueSoon: render_time.due_soon,
    said.TaskOverdue: render_time.overdue,
    said.TaskAtRisk: render_time.at_risk,
    said.TaskUnacknowledged: render_time.unacknowledged,
    said.TaskSilent: render_time.silent,
    said.DecisionDue: render_time.decision_due,
    said.TaskLate: render_time.late,
    said.WaiverAsked: render_score.waiver_asked,
    said.SignOffDue: render_score.sign_off,
    said.ScoreClosed: render_score.score_closed,
    said.AppealMade: render_score.appeal_made,
    said.AppealDecided: render_score.appeal_decided,
    said.RecurrenceFailed: _recurrence_failed,
    said.CalendarMovesDeadlines: _calendar,
    said.SubstituteNamed: _substitute,
    said.PersonLeft: _person_left,
    said.ChatLinked: _chat_linked,
    said.ChatLost: _chat_lost,
    said.AnswerMoved: _answer_moved,
    said.SignInLink: _sign_in,
    said.MorningList: render_digest.alone,
    said.LeaderDigest: render_digest.alone,
    said.WeeklyDigest: render_digest.alone,
}


def _secret(notice: TaskNotice, voice: Voice) -> Rows:
    """Only a tap that says nothing: acknowledging. Everything else about a secret task happens on its page."""
    if isinstance(notice, said.TaskUnacknowledged):
        return buttons(voice, notice.task.id, "ack")
    if isinstance(notice, said.TaskAssigned) and notice.part != Part.WATCHER:
        return buttons(voice, notice.task.id, "ack", on="t")
    return ()
