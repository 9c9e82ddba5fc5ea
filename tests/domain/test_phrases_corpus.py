"""The corpora beside this file: at least 99 % exactly as written, and nothing that is wrong and sure of itself.

GIAOVIEC_CORPUS=dev limits it to one file by its name.
"""

import os
import tomllib
from typing import Any

import pytest

from backend.domain.phrases import Phrase, parse
from tests.domain.phrases_office import FOLDER, MONDAY, at, calendar, office

pytestmark = pytest.mark.one_database

FILES = [file for file in sorted(FOLDER.glob("*.toml")) if os.environ.get("GIAOVIEC_CORPUS", file.stem) == file.stem]
OMITTED: dict[str, Any] = {
    "coordinators": [], "due": None, "confidence": "certain", "urgency": "normal", "weight": 1.0, "needs_acceptance": False,
    "recurrence": None, "flags": [],
}  # fmt: skip


def understood(phrase: Phrase) -> dict[str, Any]:
    return {
        "leads": [lead.handle for lead in phrase.leads if lead.handle],
        "coordinators": [lead.handle for lead in phrase.coordinators if lead.handle],
        "title": phrase.title,
        "due": phrase.due.strftime("%Y-%m-%dT%H:%M") if phrase.due else None,
        "confidence": phrase.confidence,
        "urgency": phrase.urgency,
        "weight": float(phrase.weight),
        "needs_acceptance": phrase.needs_acceptance,
        "recurrence": phrase.recurrence,
        "flags": phrase.flags,
    }


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_corpus(file: Any) -> None:
    cases = tomllib.loads(file.read_text(encoding="utf-8"))["case"]
    wrong, sure = [], 0
    for case in cases:
        expected = OMITTED | {name: value for name, value in case.items() if name not in ("say", "now", "why")}
        expected["weight"] = float(expected["weight"])
        got = understood(parse(case["say"], at(case.get("now", MONDAY)), calendar, office()))
        if different := {name: (value, got[name]) for name, value in expected.items() if got[name] != value}:
            sure += got["confidence"] == "certain"
            wrong.append(f"{case['say']!r} {case.get('now', '')}\n    {different}")
    report = "\n".join(["expected, got:", *wrong])
    assert sure == 0, report
    assert len(wrong) <= len(cases) / 100, report
