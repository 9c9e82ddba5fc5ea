"""Exports: the people and units of exactly the filtered view, every lost point with its entry, as XLSX, CSV or JSON."""

import csv
import io
from collections.abc import AsyncIterator, Iterator, Sequence
from fractions import Fraction
from typing import Any, Literal

import msgspec
import xlsxwriter

from backend.auth.actors import ZONE
from backend.domain.scoring_periods import PeriodSpan
from backend.domain.types import Actor
from backend.kit import i18n
from backend.scores import access, everybody, explaining, people, reading
from backend.scores.closed import closed_period
from backend.scores.listing import paths_of, units_of
from backend.scores.people import Holders
from backend.scores.periods import read_period
from backend.scores.schemas import EntryLine, Explanation, Points, ProductLine, ScoreRow, points
from backend.scores.schemas_export import Cause, Export, LossRow, Sums

__all__ = ["Export", "Format", "gather", "name_of", "render"]

Format = Literal["xlsx", "csv", "json"]
MEDIA = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
}
_CHUNK = 500
_ZERO = Fraction(0)


async def gather(actor: Actor, period_key: str, unit: str | None = None) -> Export:
    """Everything of the table that the actor sees with this filter, all pages, by name; without titles of secret tasks
    for whoever may not read them. Raises as :func:`backend.scores.listing.table`."""
    period = read_period(period_key)
    paths = await paths_of(actor, unit)
    if paths == []:
        holders = await people.holders(period, people=[actor.person_id])
    else:
        holders = await people.holders(period, paths=paths)
        holders = await people.holders(period, people=holders)
    rows: list[tuple[str, int, ScoreRow, list[LossRow]]] = []
    async for explained in _explanations(period, holders, paths):
        seats = holders[explained.id]
        if not access.reads_titles(actor, explained.id, [seat.path for seat in seats]):
            explained = explaining.without_secrets(explained)
        row = explaining.row(explained, seats[0].title)
        rows.append((seats[0].name_folded, explained.id, row, list(_losses(explained))))
    rows.sort(key=lambda one: one[:2])
    losses = [loss for _, _, _, found in rows for loss in found]
    return Export(
        period=period.key,
        unit=unit or "",
        status="closed" if await closed_period(period.key) else "open",
        people=[row for _, _, row, _ in rows],
        units=await units_of(period, paths),
        losses=losses,
        sums=_sums([row for _, _, row, _ in rows], losses),
    )


async def _explanations(
    period: PeriodSpan, holders: Holders, paths: Sequence[str] | None
) -> AsyncIterator[Explanation]:
    names = reading.names_of(holders)
    if paths == [] or await closed_period(period.key) is not None:
        ids = list(holders)
        for start in range(0, len(ids), _CHUNK):
            chunk = {one: names[one] for one in ids[start : start + _CHUNK]}
            for found in (await reading.of_people(period, chunk)).values():
                yield found
        return
    async for book, asked in everybody.books(period, paths=paths):
        for person_id in asked:
            yield explaining.of_person(book, person_id, *names[person_id])


def _losses(one: Explanation) -> Iterator[LossRow]:
    """Every point between 100 and the total; of a total that is missing, those that are known."""
    for product in one.products:
        if not product.completed:
            yield _loss(one, "not_completed", product.lost, product)
        for entry in product.entries:
            yield _loss(one, entry.kind, entry.lost, product, entry)
    if one.rest is not None and one.rest.lost.fraction:
        yield _loss(one, "rest", one.rest.lost)
    for part in one.parts_lost:
        cause: Any = part.name
        yield _loss(one, cause, part.points)
    if one.common is not None and one.band != "not_assessed":
        yield _loss(one, "common", points(one.common_max - one.common.fraction))
    for line in one.corrections:
        yield msgspec.structs.replace(
            _loss(one, line.kind, points(-line.points.fraction)), entry=line.id, at=line.at, reason=line.reason
        )


def _loss(
    one: Explanation, cause: Cause, lost: Points, product: ProductLine | None = None, entry: EntryLine | None = None
) -> LossRow:
    return LossRow(
        ref=one.ref,
        name=one.name,
        cause=cause,
        task=product.code if product else "",
        title=product.title if product else "",
        entry=entry.id if entry else None,
        at=entry.happened_at if entry else product.due_at if product else None,
        rule=entry.rule if entry else "",
        rule_version=entry.rule_version if entry else one.rule_set,
        waived=entry is not None and entry.waiver is not None,
        reason=entry.waiver.reason if entry and entry.waiver else "",
        lost=lost,
    )


def _sums(rows: Sequence[ScoreRow], losses: Sequence[LossRow]) -> Sums:
    return Sums(
        people=len(rows),
        assigned=sum(row.assigned for row in rows),
        on_time=sum(row.on_time for row in rows),
        late=sum(row.late for row in rows),
        open=sum(row.open for row in rows),
        entries=len({loss.entry for loss in losses if loss.entry is not None}),
        lost=points(sum((loss.lost.fraction for loss in losses), _ZERO)),
    )


def name_of(found: Export) -> str:
    """The name of the file without its ending."""
    return "-".join(["scores", found.period, *([found.unit] if found.unit else [])])


def render(found: Export, format_: Format, locale: str) -> tuple[bytes, str]:
    """The file and its media type."""
    if format_ == "json":
        content = msgspec.json.encode(found)
    else:
        content = _csv(found, locale) if format_ == "csv" else _xlsx(found, locale)
    return content, MEDIA[format_]


_PEOPLE = (
    "name", "ref", "title", "unit_code", "unit_name", "total", "total_exact", "band", "reason", "results",
    "results_exact", "assigned", "on_time", "late", "open",
)  # fmt: skip
_LOSSES = (
    "name", "ref", "cause", "task", "task_title", "entry", "at", "rule", "rule_version", "waived", "reason", "lost",
    "lost_exact",
)  # fmt: skip


def _cells(row: ScoreRow, locale: str) -> list[Any]:
    return [
        row.name,
        row.ref,
        row.title,
        row.unit_code,
        row.unit_name,
        _number(row.total),
        row.total.exact if row.total else "",
        i18n.t(locale, f"scores.band.{row.band}") if row.band else "",
        i18n.t(locale, f"scores.reason.{row.reason}") if row.reason else "",
        _number(row.results),
        row.results.exact if row.results else "",
        row.assigned,
        row.on_time,
        row.late,
        row.open,
    ]


def _loss_cells(loss: LossRow, locale: str) -> list[Any]:
    return [
        loss.name,
        loss.ref,
        i18n.t(locale, f"scores.cause.{loss.cause}"),
        loss.task,
        loss.title,
        loss.entry if loss.entry is not None else "",
        f"{loss.at.astimezone(ZONE):%Y-%m-%d %H:%M}" if loss.at else "",
        i18n.t(locale, f"scores.rule.{loss.rule}") if loss.rule else "",
        loss.rule_version,
        i18n.t(locale, "scores.export.yes") if loss.waived else "",
        loss.reason,
        _number(loss.lost),
        loss.lost.exact,
    ]


def _number(value: Points | None) -> float | str:
    """For a spreadsheet's column of numbers; the exact fraction stands beside it."""
    return "" if value is None else float(value.shown)


def _heads(names: Sequence[str], locale: str) -> list[str]:
    return [i18n.t(locale, f"scores.export.{name}") for name in names]


def _total_cells(found: Export, locale: str) -> list[Any]:
    sums = found.sums
    label = i18n.t(locale, "scores.export.sum", n=sums.people)
    return [label, *[""] * 10, sums.assigned, sums.on_time, sums.late, sums.open]


def _csv(found: Export, locale: str) -> bytes:
    """The people, UTF-8 with BOM so that Excel reads the accents."""
    out = io.StringIO(newline="")
    rows = csv.writer(out)
    rows.writerow(_heads(_PEOPLE, locale))
    rows.writerows([[_harmless(cell) for cell in _cells(row, locale)] for row in found.people])
    rows.writerow(_total_cells(found, locale))
    return out.getvalue().encode("utf-8-sig")


def _harmless(cell: Any) -> Any:
    """A text that a spreadsheet would run as a formula is quoted."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _xlsx(found: Export, locale: str) -> bytes:
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        bold = book.add_format({"bold": True, "bg_color": "#DDE7F0", "border": 1, "text_wrap": True})
        people_ = [_cells(row, locale) for row in found.people]
        _sheet(book, locale, "people", _PEOPLE, [*people_, _total_cells(found, locale)], bold)
        _sheet(book, locale, "units", _PEOPLE, [_cells(row, locale) for row in found.units], bold)
        losses = [_loss_cells(loss, locale) for loss in found.losses]
        label = i18n.t(locale, "scores.export.sum", n=found.sums.entries)
        last = [label, *[""] * 10, _number(found.sums.lost), found.sums.lost.exact]
        _sheet(book, locale, "losses", _LOSSES, [*losses, last], bold)
    return out.getvalue()


def _sheet(book: Any, locale: str, name: str, heads: Sequence[str], rows: Sequence[Sequence[Any]], bold: Any) -> None:
    sheet = book.add_worksheet(i18n.t(locale, f"scores.export.{name}"))
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, len(heads) - 1, 16)
    sheet.write_row(0, 0, _heads(heads, locale), bold)
    for at, row in enumerate(rows, 1):
        sheet.write_row(at, 0, row)
    sheet.autofilter(0, 0, len(rows), len(heads) - 1)
