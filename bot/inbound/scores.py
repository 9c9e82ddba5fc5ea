"""«điểm»: one's own score with what it lost and why; never anybody else's."""

import re
from datetime import date
from decimal import Decimal

from backend.auth.actors import today
from backend.kit.text import fold
from backend.scores import queries
from backend.scores.explaining import without_secrets
from backend.scores.schemas import Explanation, Points, ProductLine
from bot.channel import Text
from bot.inbound.talk import Talk
from bot.recall import About
from bot.render_score import page, period_name
from bot.speech import Answer
from bot.words import REASON_MAX, TITLE_MAX, Voice, cut

#: Products named in one answer; the rest is on the page.
_MOST = 8
_TITLE = 120
_QUARTERS = {"i": "1", "ii": "2", "iii": "3", "iv": "4"}

_OWN = re.compile(
    r"(?:my score|scores?|diem(?: cua toi| so)?)"
    r"(?: (?:(?:thang|month) ?)?(?P<month>\d{1,2})(?:[/-](?P<month_year>20\d\d))?"
    r"| (?P<year>20\d\d)-(?P<of_year>\d{1,2}|q[1-4])"
    r"| (?:quy|quarter|q) ?(?P<quarter>[1-4]|i{1,3}|iv)(?:[/-](?P<quarter_year>20\d\d))?)?"
)
_OTHERS = re.compile(r"(?:scores?|diem)(?: cua| of)? ?@.+|(?:diem cua|score of) .+")


def is_asked(text: str) -> bool:
    """Whether a text asks for a score, one's own or another's; anything else that begins like it («điểm danh») does
    not."""
    words = _words(text)
    return bool(_OWN.fullmatch(words) or _OTHERS.fullmatch(words))


def _words(text: str) -> str:
    return " ".join(fold(text).rstrip(" .!?").removeprefix("/").split())


async def scored(talk: Talk, rest: str, about: About | None) -> list[Answer]:
    """The score of a period, as of now while it runs. Raises Invalid for a month that is none."""
    found = _OWN.fullmatch(_words(rest))
    if found is None:
        return [talk.say("score.own_only")]
    period = _period(found, today())
    explained = without_secrets(await queries.explain(talk.actor, talk.actor.person_id, period))
    return [Answer(Text(shown(explained, talk.voice)))]


def _period(found: re.Match[str], on: date) -> str:
    """The period that was meant: without a year the last one that has begun."""
    if month := found["month"]:
        year = found["month_year"] or (on.year if int(month) <= on.month else on.year - 1)
        return f"{year}-{int(month):02}"
    if quarter := found["quarter"]:
        number = int(_QUARTERS.get(quarter, quarter))
        year = found["quarter_year"] or (on.year if number <= (on.month + 2) // 3 else on.year - 1)
        return f"{year}-Q{number}"
    if year := found["year"]:
        part = found["of_year"]
        return f"{year}-{part.upper() if part.startswith('q') else f'{int(part):02}'}"
    return f"{on:%Y-%m}"


def shown(one: Explanation, voice: Voice) -> str:
    """A score in a few lines: the total or why there is none, what was lost by what, corrections, where to see all."""
    lines = [
        voice.say(
            "bot.score.head", period=period_name(voice, one.period), status=voice.plain(f"scores.status.{one.status}")
        ),
        _total(one, voice),
        voice.say("bot.score.buckets", n=one.assigned, on_time=one.on_time, late=one.late, open=one.open),
    ]
    if one.results is not None:
        lines.append(voice.say("bot.score.results", points=_number(one.results), most=one.results_max))
    costly = sorted((line for line in one.products if line.lost.fraction), key=lambda line: -line.lost.fraction)
    lines += [_product(line, voice) for line in costly[:_MOST]]
    if len(costly) > _MOST:
        lines.append(voice.say("bot.score.more", n=len(costly) - _MOST))
    for correction in one.corrections:
        kind, reason = voice.plain(f"scores.kind.{correction.kind}"), cut(correction.reason, REASON_MAX // 4)
        lines.append(voice.say("bot.score.correction", kind=kind, points=_number(correction.points), reason=reason))
    lines.append(voice.say("bot.score.page", page=page(voice, f"/scores/{one.ref}/{one.period}")))
    return "\n".join(lines)


def _number(value: Points) -> Decimal:
    return round(Decimal(value.shown), 2)


def _total(one: Explanation, voice: Voice) -> str:
    if one.total is not None:
        return voice.say("bot.score.total", points=_number(one.total), band=voice.plain(f"scores.band.{one.band}"))
    if one.band == "not_assessed":
        return voice.say("bot.score.not_assessed")
    missing = ", ".join(voice.plain(f"scores.missing.{what}") for what in one.missing)
    return voice.say("bot.score.partial", missing=missing)


def _product(line: ProductLine, voice: Voice) -> str:
    title = cut(line.title, min(_TITLE, TITLE_MAX)) if line.title else voice.plain("scores.secret_title")
    head = voice.say("bot.score.product", link=voice.link(line.code), title=title, points=_number(line.lost))
    if not line.completed:
        return f"{head}\n   {voice.say('bot.score.not_completed')}"
    entries = [
        voice.say(
            "bot.score.entry",
            kind=voice.plain(f"scores.kind.{entry.kind}"),
            at=entry.happened_at,
            points=_number(entry.lost),
            rule=voice.plain(f"scores.rule.{entry.rule}"),
        )
        for entry in line.entries
        if entry.lost.fraction
    ]
    return "\n   ".join([head, *entries[:3]])
