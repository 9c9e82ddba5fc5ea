"""What people typed, as it is stored: cleaned, and refused when nothing or nonsense is left of it."""

from decimal import Decimal

from backend.errors import InvalidFields
from backend.kit.text import block, clean

MAX_WEIGHT = Decimal(1000)
_STEP = Decimal("0.001")


def title(text: str) -> str:
    """One line that says something. Raises InvalidFields."""
    return _required(clean(text), "title")


def said(text: str, where: str) -> str:
    """Several lines that say something (a reason, a comment). Raises InvalidFields naming ``where``."""
    return _required(block(text), where)


def _required(text: str, where: str) -> str:
    if not text:
        raise InvalidFields("invalid_fields", [{"where": where, "code": "empty"}])
    return text


def weight(value: Decimal) -> Decimal:
    """A weight above 0, at most 1,000, with at most three decimals. Raises InvalidFields."""
    if not value.is_finite() or not 0 < value <= MAX_WEIGHT or value != value.quantize(_STEP):
        raise InvalidFields("invalid_fields", [{"where": "weight", "code": "weight_bad"}])
    return value


def shares(values: list[Decimal], of: Decimal) -> list[Decimal]:
    """Coordinators' shares of a weight: each at least 0 with at most three decimals, together not more than it."""
    if any(not value.is_finite() or not 0 <= value <= MAX_WEIGHT or value != value.quantize(_STEP) for value in values):
        raise InvalidFields("invalid_fields", [{"where": "coordinators", "code": "share_bad"}])
    if sum(values) > of:
        raise InvalidFields(
            "invalid_fields", [{"where": "coordinators", "code": "shares_exceed_weight", "weight": plain(of)}]
        )
    return values


def plain(value: Decimal) -> str:
    """A decimal without the zeros that nobody typed: ``1``, ``2.5``."""
    return f"{value.normalize():f}"


def trimmed(value: Decimal) -> Decimal:
    """The same number without the zeros that the table pads it with."""
    return Decimal(plain(value))
