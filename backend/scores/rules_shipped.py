"""The rule sets we ship: the decree's reading, and the practice of one deduction up to five days and nothing beyond."""

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from backend.domain.scoring import Disqualifier, RuleSet

DEFAULT_CODE = "nd335"

#: Reasons that override points, as the decree's forms list them; an office may list others in a set of its own.
_DISQUALIFIERS = (
    Disqualifier("disciplined", "Bị xử lý kỷ luật trong kỳ"),
    Disqualifier("corruption", "Có hành vi tham nhũng, tiêu cực đã được kết luận"),
    Disqualifier("inspection", "Để xảy ra sai phạm nghiêm trọng theo kết luận thanh tra, kiểm tra"),
)


class Shipped(msgspec.Struct, frozen=True):
    """A rule set and the day from which it may be used."""

    effective_from: date
    rules: RuleSet


#: Decree 335/2025/NĐ-CP is in force from 1 January 2026. Earlier periods of imported data are read by it as well: there
#: is no other rule set for them, so ours begin with the two-level reform.
SHIPPED = (
    Shipped(
        date(2025, 7, 1),
        RuleSet(
            code=DEFAULT_CODE,
            version=1,
            name="Nghị định 335/2025/NĐ-CP: mỗi lần chậm trừ 25 % tiến độ",
            disqualifiers=_DISQUALIFIERS,
        ),
    ),
    Shipped(
        date(2025, 7, 1),
        RuleSet(
            code="nd335-5",
            version=1,
            name="Nghị định 335/2025/NĐ-CP: chậm đến 5 ngày trừ 25 %, quá 5 ngày không tính tiến độ",
            delay_reading="first_then_zero",
            disqualifiers=_DISQUALIFIERS,
        ),
    ),
)
SHIPPED_REFS = frozenset((one.rules.code, one.rules.version) for one in SHIPPED)


def sealed(data: Mapping[str, Any], effective_from: date, unit_id: int | None) -> str:
    """SHA-256 over what a published version must never change (its data as stored), the same on every database."""
    said = {"rules": data, "from": effective_from.isoformat(), "unit": unit_id}
    return hashlib.sha256(msgspec.json.encode(said, order="sorted")).hexdigest()
