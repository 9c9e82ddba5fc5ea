"""Rule sets of scoring: which there are, a draft as a form, what it would change, publishing it for good."""

from datetime import date
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from backend.auth.guards import csrf_form, page_has_role, page_signed_in
from backend.domain.scoring import Disqualifier, Rules
from backend.domain.types import Actor, Role, TaskKind
from backend.errors import AppError, InvalidFields
from backend.org.queries_units import units_under
from backend.scores import access, rules_diff, rules_editing, rules_reading
from backend.scores.periods import current_month
from backend.scores.rules_diff import said
from backend.scores.schemas_rules import RuleDraft, RuleSetView
from backend.web.forms import Form, Trouble, read, to_struct, trouble_of
from backend.web.render import NEVER, AnyRequest, Page, actor_of, go, page, words_of
from backend.web.rule_words import CHOICES, SWITCHES, choice, in_words
from backend.web.scores import period_choices

_KEEPERS = [page_has_role(Role.HR), csrf_form]
#: Rules that are one line of text, in the order of the form.
_TEXTS = (
    "common_max", "results_max", "error_share", "delay_share", "floor", "units_failed_share", "excellent_cap",
    "excellent_cap_outstanding",
)  # fmt: skip
_BANDS = ("excellent", "good", "fulfilled")
_KINDS = tuple(str(kind) for kind in TaskKind)
#: So many people of a difference are listed on the page; the rest is in the API and on the command line.
_MOST = 300


@get("/rules", guards=[page_signed_in])
async def rules_page(request: AnyRequest) -> Page:
    """Every version, and for HR the form that begins a draft from one of them."""
    return await _list(request)


async def _list(request: AnyRequest, form: Form | None = None, trouble: Trouble | None = None) -> Page:
    actor, words = actor_of(request), words_of(request)
    sets = await rules_reading.listing(actor)
    return page(
        request,
        "rules.html",
        trouble.status if trouble else 200,
        cache=NEVER,
        sets=sets,
        places=await _places(actor, words.t("rules.whole_office")) if actor.has(Role.HR) else [],
        froms=[(one.ref, f"{one.ref} · {one.name}") for one in sets],
        next_month=_next_month(words.today),
        form=form or Form([]),
        trouble=trouble,
    )


async def _places(actor: Actor, whole: str) -> list[tuple[str, str]]:
    """Where the actor may publish."""
    units = [unit for unit in await units_under(access.paths(actor)) if access.keeps(actor, unit.path)]
    office = [("", whole)] if await rules_reading.keeps(actor, None) else []
    return [*office, *((unit.code, unit.name) for unit in units if unit.closed_on is None)]


def _next_month(today: date) -> date:
    return date(today.year + today.month // 12, today.month % 12 + 1, 1)


@post("/rules", guards=_KEEPERS)
async def begin(request: AnyRequest) -> Response[Any]:
    """A draft with the rules of another version, to be changed."""
    form, actor = await read(request), actor_of(request)
    try:
        given = {
            "code": form.text("code"),
            "name": form.text("name"),
            "effective_from": form.day("effective_from") or words_of(request).today,
            "unit": form.text("unit") or None,
        }
        template = await rules_reading.show(actor, form.text("from"))
        draft = to_struct({**given, "rules": {}}, RuleDraft)
        made = await rules_editing.draft(actor, _with(draft, template.rules))
    except AppError as error:
        return await _list(request, form, trouble_of(request, error))
    return go(f"/rules/{made.ref}", "rules_drafted")


def _with(draft: RuleDraft, rules: Rules) -> RuleDraft:
    return RuleDraft(draft.code, draft.name, draft.effective_from, draft.unit, rules)


@get("/rules/{ref:str}", guards=[page_signed_in])
async def one(request: AnyRequest, ref: FromPath[str]) -> Page:
    """One version: a form while it is a draft of the reader's, else what it says; with ``against`` and ``period`` also
    what it would change."""
    return await _show(request, ref)


async def _show(request: AnyRequest, ref: str, form: Form | None = None, trouble: Trouble | None = None) -> Page:
    actor, words, asked = actor_of(request), words_of(request), request.query_params
    found = await rules_reading.show(actor, ref)
    period = asked.get("period") or current_month()
    against = asked.get("against")
    difference = await rules_diff.diff(actor, against, ref, period) if against else None
    others = [one for one in await rules_reading.listing(actor) if one.ref != found.ref]
    return page(
        request,
        "rule_set.html",
        trouble.status if trouble else 200,
        cache=NEVER,
        rule_set=found,
        fields=form or _typed(found),
        texts=_TEXTS,
        switches=SWITCHES,
        choices={name: [(value, choice(words, name, value)) for value in values] for name, values in CHOICES.items()},
        bands=_BANDS,
        kinds=_KINDS,
        lines=[(name, in_words(words, name, said(getattr(found.rules, name)))) for name in Rules.__struct_fields__],
        places=await _places(actor, words.t("rules.whole_office")) if found.can else [],
        others=[(one.ref, f"{one.ref} · {one.name}") for one in others],
        may_compare=bool(others) and access.paths(actor) != (),
        difference=difference,
        fields_changed=[
            (name, in_words(words, name, before), in_words(words, name, after))
            for name, before, after in (difference.fields if difference else [])
        ],
        shown=difference.rows[:_MOST] if difference else [],
        against=against or "",
        period=period,
        periods=period_choices(period, words),
        trouble=trouble,
    )


def _typed(found: RuleSetView) -> Form:
    """The draft as its own form."""
    rules = found.rules
    items: list[tuple[str, Any]] = [
        ("name", found.name),
        ("effective_from", found.effective_from.isoformat()),
        ("unit", found.unit_code),
        *((name, str(getattr(rules, name))) for name in (*_TEXTS, *CHOICES)),
        *((f"weight_{kind}", rules.weights.get(kind, "1")) for kind in _KINDS),
        *((f"band_{name}", least) for name, least in rules.bands),
        ("disqualifiers", "\n".join(f"{one.code} | {one.name} | {one.band}" for one in rules.disqualifiers)),
    ]
    return Form([*items, *((name, "yes") for name in SWITCHES if getattr(rules, name))])


@post("/rules/{ref:str}", guards=_KEEPERS)
async def save(request: AnyRequest, ref: FromPath[str]) -> Response[Any]:
    """What was typed into the draft; ``do`` = ``publish`` publishes it as it was saved, ``withdraw`` throws it away."""
    form, actor = await read(request), actor_of(request)
    try:
        match form.text("do"):
            case "publish":
                await rules_editing.publish(actor, ref, form.version())
                return go(f"/rules/{ref}", "rules_published")
            case "withdraw":
                await rules_editing.withdraw(actor, ref, form.version())
                return go("/rules", "rules_withdrawn")
        await rules_editing.change(actor, ref, _draft(form, ref), form.version())
    except AppError as error:
        if form.text("do"):
            return await _show(request, ref, None, trouble_of(request, error))
        return await _show(request, ref, form, trouble_of(request, error))
    return go(f"/rules/{ref}", "rules_saved")


def _draft(form: Form, ref: str) -> RuleDraft:
    """The draft that the form means. Raises InvalidFields naming what cannot be read."""
    rules = {
        **{name: form.text(name) for name in (*_TEXTS, *CHOICES)},
        "common_max": form.number("common_max") or 0,
        "results_max": form.number("results_max") or 0,
        **{name: form.has(name) for name in SWITCHES},
        "weights": {kind: text for kind in _KINDS if (text := form.text(f"weight_{kind}")) not in ("", "1")},
        "bands": [[name, form.text(f"band_{name}")] for name in _BANDS],
    }
    draft = to_struct(
        {
            "code": ref.partition("@")[0],
            "name": form.text("name"),
            "effective_from": form.day("effective_from"),
            "unit": form.text("unit") or None,
        },
        RuleDraft,
    )
    known = to_struct({**rules, "disqualifiers": _listed(form)}, Rules)
    return _with(draft, known)


def _listed(form: Form) -> list[dict[str, str]]:
    """Disqualifiers, one on a line: ``code | name | band``; without a band, failed."""
    found = []
    for line in form.lines("disqualifiers").splitlines():
        if not line.strip():
            continue
        parts = [part.strip() for part in line.split("|")]
        if len(parts) not in (2, 3):
            raise InvalidFields("invalid_fields", [{"where": "disqualifiers", "code": "field_wrong"}])
        found.append(dict(zip(Disqualifier.__struct_fields__, parts, strict=False)))
    return found


routes = [rules_page, begin, one, save]
