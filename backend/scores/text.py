"""An explanation in words, for the terminal: every lost point with its entry, and the sum that proves it."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from backend.kit import i18n
from backend.scores.schemas import CorrectionLine, EntryLine, Explanation, Points, ProductLine

_ZERO = Fraction(0)
_PLACES = 10_000


def render_explanation(explanation: Explanation, locale: str) -> str:
    """The whole explanation as lines of text in a language."""
    return "\n".join(_Page(explanation, locale).lines())


class _Page:
    def __init__(self, explained: Explanation, locale: str) -> None:
        self.explained = explained
        self.locale = locale

    def say(self, key: str, **params: Any) -> str:
        return i18n.t(self.locale, f"scores.{key}", **params)

    def number(self, value: Points | Fraction) -> str:
        """Up to four decimals; ``…`` says that there are more, so they are cut and not rounded."""
        exact = value.fraction if isinstance(value, Points) else value
        cut = int(exact * _PLACES)
        shown = i18n.number(self.locale, Decimal(cut) / _PLACES, places=4)
        return shown if cut == exact * _PLACES else f"{shown}…"

    def at(self, value: datetime) -> str:
        return i18n.moment(self.locale, value)

    def lines(self) -> Iterator[str]:
        yield from self._head()
        yield ""
        yield from self._results()
        yield from self._marks()
        yield from self._total()
        yield ""
        yield from self._losses()

    def _head(self) -> Iterator[str]:
        one = self.explained
        if one.subject == "unit":
            yield self.say("head_unit", name=one.name, ref=one.ref)
        else:
            yield self.say("head", name=one.name, ref=one.ref, unit=one.unit_name or "—")
        yield self.say(
            "period",
            period=one.period,
            from_on=f"{one.from_on:%d/%m/%Y}",
            until_on=f"{one.until_on:%d/%m/%Y}",
            status=self.say(f"status.{one.status}"),
            rules=one.rule_set,
            rules_name=one.rule_set_name,
        )
        yield self.say("counts", assigned=one.assigned, on_time=one.on_time, late=one.late, open=one.open)

    def _results(self) -> Iterator[str]:
        one = self.explained
        for part in one.parts:
            share = self.number(part.share.fraction * 100)
            yield self.say("part", name=self.say(f"parts.{part.name}"), share=share, points=self.number(part.points))
        if one.results is not None:
            yield self.say("results", points=self.number(one.results), most=one.results_max)
        elif one.band != "not_assessed":
            yield self.say("results_unknown")

    def _marks(self) -> Iterator[str]:
        one = self.explained
        if one.common is not None:
            yield self.say("common", points=self.number(one.common), most=one.common_max)
        else:
            yield self.say("common_missing")
        if one.common_self is not None:
            yield self.say("common_self", points=self.number(one.common_self))
        for line in one.corrections:
            yield from self._correction(line)

    def _correction(self, line: CorrectionLine) -> Iterator[str]:
        sign = "+" if line.points.fraction > 0 else ""
        yield self.say(
            "correction",
            kind=self.say(f"kind.{line.kind}"),
            points=sign + self.number(line.points),
            reason=line.reason,
            by=line.by,
            at=self.at(line.at),
            id=line.id,
        )
        if line.after_close:
            yield self.say("correction_after_close")

    def _total(self) -> Iterator[str]:
        one = self.explained
        if one.band == "not_assessed":
            yield self.say("not_assessed")
        elif one.total is None:
            missing = self.say("and_").join(self.say(f"missing.{what}") for what in one.missing)
            yield self.say("total_missing", missing=missing)
        else:
            yield self.say("total", points=self.number(one.total), band=self.say(f"band.{one.band}"))
        for reason in one.disqualified:
            yield self.say("disqualified", name=reason.name, reason=reason.reason, by=reason.by, at=self.at(reason.at))

    def _losses(self) -> Iterator[str]:
        one = self.explained
        lost = lost_points(one)
        told = [product for product in one.products if product.lost.fraction or product.entries]
        if not told and not one.parts_lost:
            if one.products:
                yield self.say("nothing_lost")
            return
        yield self.say("lost", points=self.number(lost)) if lost else self.say("nothing_lost")
        for product in told:
            yield from self._product(product)
        if one.rest is not None:
            yield self.say("rest", n=one.rest.products, points=self.number(one.rest.lost))
        for part in one.parts_lost:
            yield self.say("part_lost", name=self.say(f"parts.{part.name}"), points=self.number(part.points))
        if one.total is not None and one.common is not None:
            yield ""
            corrections = "".join(
                f"{'+' if line.points.fraction > 0 else '−'} {self.number(abs(line.points.fraction))} "
                for line in one.corrections
            )
            yield self.say(
                "check",
                common_max=one.common_max,
                common=self.number(one.common),
                lost=self.number(lost),
                corrections=corrections,
                total=self.number(one.total),
            )

    def _product(self, product: ProductLine) -> Iterator[str]:
        title = product.title or self.say("secret_title")
        key = "product" if product.lost.fraction else "product_free"
        yield self.say(key, code=product.code, title=title, points=self.number(product.lost))
        if product.completed and product.reported_at is not None:
            reported = self.say("product_reported", at=self.at(product.reported_at))
        else:
            reported = self.say("product_open")
        weight = self.number(Fraction(product.weight))
        yield self.say("product_times", due=self.at(product.due_at), reported=reported, weight=weight)
        if product.carried:
            yield self.say("product_carried")
        if product.part == "coordinator":
            yield self.say("product_coordinator")
        for entry in product.entries:
            yield from self._entry(entry)

    def _entry(self, entry: EntryLine) -> Iterator[str]:
        yield self.say(
            "entry",
            id=entry.id,
            kind=self.say(f"kind.{entry.kind}"),
            at=self.at(entry.happened_at),
            rule=self.say(f"rule.{entry.rule}"),
            version=entry.rule_version,
            points=self.number(entry.lost),
        )
        if entry.late_minutes:
            yield self.say("entry_late", minutes=entry.late_minutes)
        if entry.waiver is not None:
            waiver = entry.waiver
            yield self.say(
                "entry_waived", reason=waiver.reason, by=waiver.by, at=self.at(waiver.at), id=waiver.entry_id
            )


def lost_points(explained: Explanation) -> Fraction:
    """Points of the results lost: Σ of products, of those not listed and of a leader's parts, exactly."""
    products = sum((product.lost.fraction for product in explained.products), _ZERO)
    if explained.rest is not None:
        products += explained.rest.lost.fraction
    return products + sum((part.points.fraction for part in explained.parts_lost), _ZERO)
