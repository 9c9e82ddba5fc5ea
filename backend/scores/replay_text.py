"""A replay and a preview in words, for the terminal."""

from collections.abc import Iterator

from backend.kit import i18n
from backend.scores.replay import Replay
from backend.scores.schemas import Points, Preview


def render_replay(found: Replay, locale: str) -> Iterator[str]:
    """Every difference, then how much was compared."""
    for one in found.differences:
        yield i18n.t(locale, f"scores.replay.{one.code}", **one.params)
    parts = ", ".join(i18n.t(locale, f"scores.replay.{what}", n=n) for what, n in found.compared.items() if n)
    yield i18n.t(locale, "scores.replay.compared", n=found.total, parts=parts or "–")
    if found.differences:
        yield i18n.t(locale, "scores.replay.differences", n=len(found.differences))
    elif found.failed:
        yield i18n.t(locale, "scores.replay.nothing", tasks=found.tasks)
    else:
        yield i18n.t(locale, "scores.replay.same")


def render_preview(one: Preview, locale: str) -> Iterator[str]:
    """One person's running month."""

    def say(key: str, **params: object) -> str:
        return i18n.t(locale, f"scores.preview.{key}", **params)

    def number(value: Points | None) -> str:
        return value.shown if value else say("unknown")

    yield say("head", name=one.name, ref=one.person, period=one.period)
    yield say("now", points=number(one.results_now))
    yield say("then", points=number(one.results_then))
    if one.total_then is not None and one.band_then:
        yield say("total", points=one.total_then.shown, band=i18n.t(locale, f"scores.band.{one.band_then}"))
    yield say("open", late=one.open_late, open=one.open_then)
    for line in one.open:
        title = line.title or i18n.t(locale, "scores.secret_title")
        due = i18n.moment(locale, line.due_at)
        yield say("line", code=line.code, title=title, due=due, n=line.instances, points=line.lost.shown)
        for at in line.coming:
            yield say("coming", at=i18n.moment(locale, at))
