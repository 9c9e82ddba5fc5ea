"""``giaoviec parse``: one line for a person, for a program, and a whole file of them."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from backend.__main__ import cli
from tests.domain.phrases_office import FOLDER

pytestmark = pytest.mark.one_database

PEOPLE = ["--people", str(FOLDER / "people.csv")]
NOW = ["--now", "2026-11-23T09:00"]


def test_json_is_what_the_documentation_says() -> None:
    answer = CliRunner().invoke(
        cli, ["parse", *NOW, *PEOPLE, "--json", "giao @an Báo cáo PCCC hạn 17h thứ 6, hệ số 1,5"]
    )
    assert answer.exit_code == 0
    assert json.loads(answer.output) == {
        "leads": [{"handle": "an", "name": "Nguyễn Văn An", "choices": []}],
        "coordinators": [],
        "title": "Báo cáo PCCC",
        "due": "2026-11-27T17:00:00+07:00",
        "rule": "instant",
        "recurrence": None,
        "urgency": "normal",
        "weight": 1.5,
        "needs_acceptance": False,
        "confidence": "certain",
        "asks": [],
        "flags": [],
        "spans": [
            {"kind": "lead", "start": 0, "end": 8},
            {"kind": "due", "start": 22, "end": 35},
            {"kind": "weight", "start": 37, "end": 46},
        ],
    }


def test_batch_answers_every_line_whatever_it_is() -> None:
    lines = "giao @an rà soát hạn mai\n\n\udcff🎉\n".encode(errors="surrogateescape")
    answer = CliRunner().invoke(cli, ["parse", *NOW, *PEOPLE, "--batch"], input=lines)
    assert answer.exit_code == 0
    first, blank, odd = map(json.loads, answer.output.splitlines())
    assert (first["due"], first["flags"], first["confidence"]) == ("2026-11-24T17:30:00+07:00", ["day_off"], "certain")
    assert (blank["confidence"], blank["leads"], blank["title"]) == ("ask", [], "")
    assert odd["confidence"] == "ask"


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("vi_VN.UTF-8", ["Giao: Hương (?)", "Hạn: 17:30 thứ Ba 24/11/2026 (ngày nghỉ)",
          "Độ khẩn: khẩn", "? Có nhiều người khớp"]),
        ("en_US.UTF-8", ["For: Hương (?)", "Due: 17:30 Tuesday 24/11/2026 (a day off)",
          "Urgency: urgent", "? Several people"]),
    ],
)  # fmt: skip
def test_people_read_it_in_their_language(monkeypatch: pytest.MonkeyPatch, language: str, says: list[str]) -> None:
    monkeypatch.setenv("LANG", language)
    answer = CliRunner().invoke(cli, ["parse", *NOW, *PEOPLE, "giao chị Hương rà soát hạn mai gấp"])
    assert answer.exit_code == 0
    for text in says:
        assert text in answer.output
    assert "  - @huong.tt Trương Thu Hương (Chuyên viên Lao động, Phòng Văn hóa – Xã hội)" in answer.output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([*PEOPLE], "--batch"),
        ([*PEOPLE, "--batch", "x"], "--batch"),
        ([*PEOPLE, "--now", "mai", "x"], "--now"),
        (["--people", "no-such.csv", "x"], "no-such.csv"),
    ],
)
def test_mistakes_are_one_clear_line(arguments: list[str], says: str) -> None:
    answer = CliRunner().invoke(cli, ["parse", *arguments])
    assert answer.exit_code == 1
    assert says in answer.output
    assert answer.output.count("\n") == 1


def test_people_without_the_columns_are_refused(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    answer = CliRunner().invoke(cli, ["parse", "--people", str(tmp_path / "people.csv"), "x"])
    assert answer.exit_code == 1
    assert "handle,name,unit,title" in answer.output


def test_people_of_the_database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sqlite_template: Path) -> None:
    shutil.copy(sqlite_template, tmp_path / "giaoviec.db")
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    runner = CliRunner()
    made = runner.invoke(
        cli, ["init", "--name", "Trần Văn Bình", "--email", "binh@ubnd.example", "--office", "Phường Một"]
    )
    assert made.exit_code == 0, made.output
    answer = runner.invoke(cli, ["parse", *NOW, "--json", "giao anh Bình rà soát hạn thứ 6"])
    assert answer.exit_code == 0, answer.output
    [lead] = json.loads(answer.output)["leads"]
    assert lead["name"] == "Trần Văn Bình"
