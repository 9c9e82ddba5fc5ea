"""The field trial and the replay of a month in words."""

from collections.abc import Callable

from backend.domain.trial import Effect
from backend.kit import i18n
from backend.kit.i18n import t
from backend.tasks.replaying import Column, Simulation
from backend.tasks.trial import EffectView

_COUNTS: tuple[tuple[str, Callable[[Column], float]], ...] = (
    ("messages", lambda column: column.messages),
    ("lines", lambda column: column.lines),
    ("words", lambda column: column.words),
    ("leader_lines", lambda column: column.leader_lines),
    ("tasks", lambda column: column.tasks),
    ("per_task", lambda column: column.per_task),
    ("most_a_day", lambda column: column.most_a_day),
)
_GAP = "  "


def render_effect(view: EffectView, where: str) -> list[str]:
    """The month of the trial: both groups, and what their difference says or that it says nothing yet."""
    if not view.tasks:
        return [t(where, "reminding.effect.no_tasks")]
    counts = {"month": view.month, "entered": view.entered, "open": view.open, "left_out": view.left_out}
    if view.failed:
        return [t(where, "reminding.effect.nothing", **counts)]
    effect = view.effect
    return [
        t(where, "reminding.effect.compared", n=view.compared, **counts),
        *_arm(where, "arm_held", effect.held_late, effect.held_all),
        *_arm(where, "arm_said", effect.said_late, effect.said_all),
        _verdict(effect, where),
    ]


def _arm(where: str, key: str, late: int, n: int) -> list[str]:
    share = i18n.number(where, 100 * late / n, 1) if n else "–"
    return [t(where, f"reminding.effect.{key}", **{"late": late, "all": n, "share": share})]


def _verdict(effect: Effect, where: str) -> str:
    if effect.difference is None:
        why = t(where, "reminding.effect.arm_none")
        return t(where, "reminding.effect.needed", why=why, n=effect.needed)
    worse = effect.tells and effect.difference < 0
    ends = (-effect.high, -effect.low) if worse else (effect.low, effect.high)
    said = {
        "points": _points(where, abs(effect.difference) if effect.tells else effect.difference),
        "low": _points(where, ends[0]),
        "high": _points(where, ends[1]),
    }
    if effect.tells:
        return t(where, f"reminding.effect.{'harms' if worse else 'helps'}", **said)
    why = t(where, "reminding.effect.difference", **said)
    if effect.needed:
        return t(where, "reminding.effect.needed", why=why, n=effect.needed)
    return t(where, "reminding.effect.too_small", why=why)


def _points(where: str, share: float) -> str:
    # `+ 0.0`: no «-0».
    return i18n.number(where, round(100 * share, 1) + 0.0, 1)


def render_simulation(found: Simulation, where: str) -> list[str]:
    """What was said, side by side with what the presets in force and the one asked about would have said."""
    if not found.any_tasks:
        return [t(where, "reminding.replay.no_tasks")]
    if found.failed:
        return [t(where, "reminding.replay.nothing", month=found.month)]
    now = ", ".join(t(where, f"reminding.replay.{name}") for name in found.presets_now)
    rows = [
        [
            "",
            t(where, "reminding.replay.happened"),
            t(where, "reminding.replay.present", preset=now),
            t(where, "reminding.replay.asked", preset=t(where, f"reminding.replay.{found.preset}")),
        ]
    ]
    for name, count in _COUNTS:
        values = [i18n.number(where, count(column), 1) for column in (found.happened, found.present, found.asked)]
        rows.append([t(where, f"reminding.replay.{name}"), *values])
    expected = "?" if found.expected is None else i18n.number(where, found.expected, 1)
    late = t(where, "reminding.replay.late", n=found.decided)
    rows.append([late, str(found.late), str(found.late), f"~{expected}"])
    head = t(where, "reminding.replay.head", month=found.month, tasks=found.tasks, people=found.people)
    return [head, *_table(rows), *_basis(found, where), t(where, "reminding.replay.today")]


def _table(rows: list[list[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        _GAP.join([first.ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(rest, widths[1:], strict=True))])
        for first, *rest in rows
    ]


def _basis(found: Simulation, where: str) -> list[str]:
    """On what the estimate rests."""
    worth = found.worth
    if found.chance is None or found.saved is None or found.lost is None or found.expected is None:
        return [t(where, "reminding.replay.no_estimate", lines=worth.lines, quiet=worth.quiet)]
    numbers = {"late": found.expected, "saved": found.saved, "lost": found.lost}
    shown = {name: i18n.number(where, value, 1) for name, value in numbers.items()}
    chance = _points(where, found.chance)
    estimate = t(where, "reminding.replay.estimate", was=found.late, **shown)
    if found.source == "trial":
        return [estimate, t(where, "reminding.replay.from_trial", chance=chance, lines=worth.lines)]
    followed, reported = worth.followed / worth.lines, worth.reported / worth.quiet
    shares = {"followed": _points(where, followed), "reported": _points(where, reported)}
    return [estimate, t(where, "reminding.replay.from_lines", chance=chance, lines=worth.lines, **shares)]
