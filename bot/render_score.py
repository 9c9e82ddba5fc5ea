"""Notices about scores: sign-off, closed periods, appeals, requests to waive."""

import html

from backend.domain import notices as said
from bot.channel import Text
from bot.lines import buttons, line, task_lines
from bot.words import NAME_MAX, REASON_MAX, Safe, Voice, cut

_QUARTERS = ("I", "II", "III", "IV")


def period_name(voice: Voice, key: str) -> str:
    """«tháng 10/2026», «quý IV/2026»."""
    year, _, rest = key.partition("-")
    if rest.startswith("Q"):
        return voice.plain("notices.period.quarter", n=_QUARTERS[int(rest[1:]) - 1], year=year)
    return voice.plain("notices.period.month", n=str(int(rest)), year=year)


def page(voice: Voice, path: str) -> Safe:
    """The address of one of our pages, as a link."""
    address = html.escape(f"{voice.url}{path}")
    return Safe(f'<a href="{address}">{address}</a>')


def sign_off(notice: said.SignOffDue, voice: Voice) -> Text:
    key = "notices.say.SignOffDue"
    if notice.escalated:
        key += "_escalated"
    else:
        key += ("_self" if notice.step == "self" else "") + ("_overdue" if notice.overdue else "")
    names, rest = cut(", ".join(notice.names), NAME_MAX * 3), notice.count - len(notice.names)
    words = {
        "period": period_name(voice, notice.period),
        "until": notice.until,
        "page": page(voice, f"/periods/{notice.period}"),
    }
    if key in ("notices.say.SignOffDue_self", "notices.say.SignOffDue_self_overdue"):
        return Text(voice.say(key, **words))
    words["step"] = voice.plain(f"notices.step.{notice.step}")
    words["names"] = voice.plain("notices.some.more", names=names, n=rest) if rest > 0 else names
    if notice.escalated:
        words["holder"] = cut(notice.holder, NAME_MAX)
    return Text(voice.say(key, **words))


def score_closed(notice: said.ScoreClosed, voice: Voice) -> Text:
    words = {
        "period": period_name(voice, notice.period),
        "until_on": notice.until_on,
        "page": page(voice, f"/scores/{notice.handle}/{notice.period}"),
    }
    if notice.total is None:
        return Text(voice.say("notices.say.ScoreClosed_none", **words))
    band = voice.plain(f"scores.band.{notice.band}")
    return Text(voice.say("notices.say.ScoreClosed", total=notice.total, band=band, **words))


def appeal_made(notice: said.AppealMade, voice: Voice) -> Text:
    words = voice.say(
        "notices.say.AppealMade",
        by=cut(notice.by, NAME_MAX),
        period=period_name(voice, notice.period),
        page=page(voice, "/requests"),
    )
    return Text(f"{words}\n{line(voice, 'reason', cut(notice.text, REASON_MAX))}")


def appeal_decided(notice: said.AppealDecided, voice: Voice) -> Text:
    words = {
        "by": cut(notice.by, NAME_MAX),
        "period": period_name(voice, notice.period),
        "page": page(voice, f"/scores/{notice.handle}/{notice.period}"),
    }
    if notice.points is None:
        head = voice.say("notices.say.AppealDecided_rejected", **words)
    else:
        head = voice.say("notices.say.AppealDecided_accepted", points=notice.points, **words)
    return Text(f"{head}\n{line(voice, 'reason', cut(notice.reason, REASON_MAX))}")


def waiver_asked(notice: said.WaiverAsked, voice: Voice) -> Text:
    return Text(
        task_lines(
            voice,
            "notices.say.WaiverAsked",
            notice.task,
            line(voice, "reason", cut(notice.reason, REASON_MAX)),
            by=cut(notice.by, NAME_MAX),
            page=page(voice, "/requests"),
        ),
        buttons(voice, notice.task.id, "details"),
    )
