"""Rule sets and their differences in words, for the terminal."""

from collections.abc import Iterator

from backend.domain.scoring import Rules
from backend.kit import i18n
from backend.scores.rules_diff import said
from backend.scores.schemas import Points
from backend.scores.schemas_rules import RuleDiff, RuleSetLine, RuleSetView


def render_line(one: RuleSetLine, locale: str) -> str:
    """One version on one line."""
    status = "in_force" if one.in_force else "shelved" if one.shipped else one.status
    return i18n.t(
        locale,
        "scores.rules.line",
        ref=one.ref,
        status=i18n.t(locale, f"scores.rules.{status}"),
        from_on=f"{one.effective_from:%d/%m/%Y}",
        place=one.unit_name or i18n.t(locale, "scores.rules.whole_office"),
        name=one.name,
    )


def render_rules(one: RuleSetView, locale: str) -> Iterator[str]:
    """A version with every rule."""
    yield render_line(one, locale)
    for name in Rules.__struct_fields__:
        yield i18n.t(locale, "scores.rules.field", name=name, value=said(getattr(one.rules, name)))


def render_diff(found: RuleDiff, locale: str) -> Iterator[str]:
    """Which rules differ, and everybody whose score does."""
    yield i18n.t(
        locale,
        "scores.rules.diff",
        before=found.before,
        after=found.after,
        period=found.period,
        changed=found.changed,
        compared=found.compared,
        bands=found.bands_changed,
    )
    for name, before, after in found.fields:
        yield i18n.t(locale, "scores.rules.differs", name=name, before=before, after=after)
    for row in found.rows:
        yield i18n.t(
            locale,
            "scores.rules.row",
            name=row.name,
            ref=row.ref,
            unit=row.unit_name,
            then=_shown(row.total_before or row.results_before),
            now=_shown(row.total_after or row.results_after),
            change=_signed(row.change),
            band_then=_band(row.band_before, locale),
            band_now=_band(row.band_after, locale),
        )


def _shown(value: Points | None) -> str:
    return value.shown if value else "–"


def _signed(value: Points) -> str:
    return f"+{value.shown}" if value.fraction > 0 else value.shown


def _band(name: str, locale: str) -> str:
    return i18n.t(locale, f"scores.band.{name}" if name else "scores.rules.no_band")
