"""The value of a scoring rule as people read it: choices by their words, lists one after the other."""

from collections.abc import Callable
from typing import Any

import msgspec

from backend.web.words import Words

#: Rules that are a choice, with what can be chosen.
CHOICES: dict[str, tuple[str, ...]] = {
    "delay_reading": ("each", "first_then_zero", "once"),
    "placing": ("due_or_report", "due"),
    "coordinators": ("shares", "lead_only"),
    "reassigned_late": ("stays", "leaves"),
    "cancelled_late": ("leaves", "stays"),
    "outstanding_band": ("excellent", "good", "fulfilled"),
}

#: Rules that hold or do not.
SWITCHES = ("carry_open", "keep_photo_position")


def choice(words: Words, name: str, value: str) -> str:
    """One of the values of a rule that is a choice."""
    return words.t(f"band.{value}") if name.endswith("_band") else words.t(f"rules.{name}_{value}")


def in_words(words: Words, name: str, said: str) -> str:
    """``said``: the rule's value as :func:`backend.scores.rules_diff.said` gives it, text or JSON."""
    if name in CHOICES:
        return choice(words, name, said)
    listed = _LISTED.get(name)
    return said if listed is None else listed(words, msgspec.json.decode(said))


def _yes(words: Words, value: Any) -> str:
    return words.t("rules.yes") if value else words.t("rules.no")


def _weights(words: Words, value: Any) -> str:
    pairs = [words.t("rules.weight_of", kind=words.t(f"kind.{kind}"), n=weight) for kind, weight in value.items()]
    return "; ".join(pairs) or words.t("rules.no_weights")


def _bands(words: Words, value: Any) -> str:
    return "; ".join(words.t("rules.band_from", band=words.t(f"band.{name}"), least=least) for name, least in value)


def _disqualifiers(words: Words, value: Any) -> str:
    lines = [
        words.t("rules.disqualifier", name=one["name"], band=words.t(f"band.{one.get('band', 'failed')}"))
        for one in value
    ]
    return "; ".join(lines) or words.t("rules.no_disqualifiers")


_LISTED: dict[str, Callable[[Words, Any], str]] = {
    **dict.fromkeys(SWITCHES, _yes),
    "weights": _weights,
    "bands": _bands,
    "disqualifiers": _disqualifiers,
}
