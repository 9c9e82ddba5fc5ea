"""The commands ``due`` and ``calendar``: golden cases, lines that are no questions, differences, proposals, applying."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from backend.__main__ import cli
from backend.calendars.default import DEFAULT_DATA
from backend.calendars.files import BadFile, as_json_text, as_toml, read
from backend.calendars.proposing import differences, proposal
from backend.cli.working_time import Units, _answered
from tests.backend.test_calendars_api import GOLDEN
from tests.sources import ROOT

pytestmark = pytest.mark.one_database

ENGLISH = {"LANG": "en_GB.UTF-8"}


def told(
    *words: str, given: str | bytes | None = None, exit_code: int = 0, env: dict[str, str] | None = None
) -> Result:
    result = CliRunner().invoke(cli, list(words), input=given, env={"LANG": "vi_VN.UTF-8", **(env or {})})
    assert result.exit_code == exit_code, (result.output, result.exception)
    return result


def options(question: dict[str, Any]) -> list[str]:
    """A question as the command's options."""
    if "between" in question:
        start, end = question["between"]
        return ["--from", start, "--to", end]
    words = [f"--{name}={question[name]}" for name in ("from", "minutes", "days", "rule") if name in question]
    return [*words, *(f"--pause={start}..{end}" for start, end in question.get("pauses", ()))]


@pytest.mark.parametrize("case", GOLDEN)
def test_the_golden_cases(case: str) -> None:
    question, answer = GOLDEN[case]
    assert list(json.loads(told("due", *options(question), "--json").stdout).values()) == [answer]


def test_the_golden_cases_line_by_line() -> None:
    lines = "\n".join(json.dumps(question) for question, _ in GOLDEN.values())
    answers = [json.loads(line) for line in told("due", "--batch", given=lines).stdout.splitlines()]
    assert [list(answer.values()) for answer in answers] == [[answer] for _, answer in GOLDEN.values()]


def test_a_bad_line_gives_an_error_and_the_rest_goes_on() -> None:
    good = b'{"between": ["2026-03-06T17:00", "2026-03-09T08:00"]}'
    bad = [b"", b"null", b"[]", b"{", b"\xff\xfe", b'{"from": 5}', b'{"from": "x", "minutes": 1}', b"[" * 100_000]
    lines = b"\n".join(line for pair in zip(bad, [good] * len(bad), strict=True) for line in pair)
    answers = [json.loads(line) for line in told("due", "--batch", given=lines).stdout_bytes.splitlines()]
    assert [list(answer) for answer in answers] == [["error"], ["minutes"]] * len(bad)


@given(st.binary(max_size=200))
def test_no_line_whatever_stops_the_rest(line: bytes) -> None:
    answer = _answered(line, Units(), None)
    assert isinstance(answer, dict)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "from": st.one_of(st.datetimes().map(str), st.text(max_size=20)),
            "minutes": st.integers(),
            "days": st.integers(),
            "rule": st.sampled_from(["working", "calendar"]),
            "between": st.tuples(st.datetimes().map(str), st.datetimes().map(str)),
            "pauses": st.lists(st.tuples(st.datetimes().map(str), st.none() | st.datetimes().map(str)), max_size=3),
            "explain": st.booleans(),
        },
    )
)
def test_every_well_formed_question_has_an_answer_or_a_reason(question: dict[str, Any]) -> None:
    answer = _answered(json.dumps(question).encode(), Units(), None)
    assert answer


def test_answers_come_line_by_line_without_waiting_for_the_end() -> None:
    """A document system keeps the command open and waits for each answer."""
    program = [sys.executable, "-m", "backend", "due", "--batch"]
    with subprocess.Popen(program, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(3):
            process.stdin.write('{"from": "2026-02-13T16:30", "minutes": 480}\n')
            process.stdin.flush()
            assert json.loads(process.stdout.readline()) == {"due": "2026-02-23T16:30:00+07:00"}
        process.stdin.close()
        assert process.wait(10) == 0


def test_counting_loads_neither_the_web_nor_the_database_library() -> None:
    program = (
        "import sys; from click.testing import CliRunner; from backend.__main__ import cli; "
        "CliRunner().invoke(cli, ['due', '--from', '2026-02-13T16:30', '--minutes', '480']); "
        "print([name for name in ('litestar', 'tortoise', 'asyncpg', 'holidays') if name in sys.modules])"
    )
    loaded = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"


def test_for_people_it_says_the_moment_in_words_and_why() -> None:
    words = ("due", "--from", "2026-02-13T16:30", "--minutes", "480")
    assert told(*words).stdout == "16:30 thứ Hai 23/02/2026\n"
    assert told(*words, env=ENGLISH).stdout == "16:30 Monday 23/02/2026\n"
    lines = told(*words, "--explain", env=ENGLISH).stdout.splitlines()
    assert lines[1] == "+ 13/02/2026 16:30 - 13/02/2026 17:30    60 minutes  working time"
    assert any("day off: Tết Nguyên đán (mùng 1) (no number yet)" in line for line in lines)
    days = told("due", "--from", "2026-02-12T09:00", "--days", "3", "--rule", "calendar", "--explain").stdout
    assert "+ 13/02/2026 00:00 – 16/02/2026 00:00        3 ngày  ngày lịch" in days
    assert told("due", "--from", "2026-03-06T17:00", "--to", "2026-03-09T08:00").stdout == "60 phút làm việc\n"


def test_what_cannot_be_counted_ends_with_one_clear_line(tmp_path: Path) -> None:
    assert "“x” không phải thời điểm" in told("due", "--from", "x", "--minutes", "1", exit_code=1).stderr
    assert "exactly one way" in told("due", "--from", "2026-03-02T08:00", exit_code=1, env=ENGLISH).stderr
    told("due", "--from", "2026-03-02T08:00", "--minutes", "many", exit_code=2)
    open_pause = ("due", "--from", "2026-03-02T08:00", "--minutes", "60", "--pause", "2026-03-02T08:30..")
    assert "đang tạm dừng" in told(*open_pause, exit_code=1).stderr
    nowhere = {"VAR_DIR": str(tmp_path / "var")}
    unit = told("due", "--from", "2026-03-02T08:00", "--minutes", "1", "--unit", "tuphap", exit_code=1, env=nowhere)
    assert "chưa sẵn sàng" in unit.stderr
    line = json.dumps({"from": "2026-03-02T08:00", "minutes": 1, "unit": "tuphap"})
    lines = told("due", "--batch", given=f'{line}\n{{"from": "2026-03-02T08:00", "minutes": 1}}', env=nowhere).stdout
    assert [list(json.loads(one)) for one in lines.splitlines()] == [["error"], ["due"]]


def test_the_difference_from_the_library_names_the_swaps_it_misses() -> None:
    lines = told("calendar", "diff", "--year", "2026").stdout.splitlines()
    assert [line[:10] for line in lines] == ["2026-01-02", "2026-01-10"]
    assert all("12729/VPCP-KGVX" in line for line in lines)
    assert "2025-02-01" in told("calendar", "diff", "--year", "2025", env=ENGLISH).stdout
    assert "giống nhau" in told("calendar", "diff", "--year", "2027").stdout
    told("calendar", "diff", "--year", "1500", exit_code=1)


@pytest.mark.parametrize("year", [2026, 2027, 2028])
def test_a_proposal_is_unconfirmed_and_invents_no_number(year: int) -> None:
    text = told("calendar", "propose", "--year", str(year)).stdout
    assert "decision" not in text
    assert text.count('status = "unconfirmed"') == text.count("[[")
    draft = proposal(year)
    assert {(day.decision, day.status) for day in (*draft.days_off, *draft.make_up_days)} == {("", "unconfirmed")}


@pytest.mark.parametrize("year", [2026, 2028])
@pytest.mark.parametrize(("suffix", "write"), [(".toml", as_toml), (".json", as_json_text)])
def test_what_is_proposed_can_be_read_again(tmp_path: Path, year: int, suffix: str, write: Any) -> None:
    file = tmp_path / f"year{suffix}"
    file.write_text(write(year, proposal(year)), encoding="utf-8")
    assert read(file) == {year: proposal(year)}
    printed = told("calendar", "propose", "--year", str(year), *(["--json"] if suffix == ".json" else [])).stdout
    file.write_text(printed, encoding="utf-8")
    assert read(file) == {year: proposal(year)}
    file.write_text("days_off = 5" if suffix == ".toml" else '{"days_off": 5}', encoding="utf-8")
    with pytest.raises(BadFile):
        read(file)


def test_the_library_knows_the_make_up_day_of_a_swap_it_knows() -> None:
    assert [(day.on.isoformat(), day.like_weekday) for day in proposal(2026).make_up_days] == [("2026-08-22", 0)]
    assert [one.on.isoformat() for one in differences(DEFAULT_DATA, 2026)] == ["2026-01-02", "2026-01-10"]


def test_showing_the_table_needs_no_database() -> None:
    shown = told("calendar", "show", "--year", "2026").stdout
    assert "2026-01-10  làm bù    Làm bù cho thứ Sáu 2/1/2026 (12729/VPCP-KGVX), như thứ Sáu" in shown
    assert "249 ngày làm việc, 0 ngày chưa xác nhận" in shown
    assert "(no number yet, unconfirmed)" in told("calendar", "show", "--year", "2027", env=ENGLISH).stdout
    told("calendar", "show", "--year", "1500", exit_code=1)


def test_an_office_looks_at_a_proposal_applies_it_and_counts_by_it(tmp_path: Path) -> None:
    env = {"VAR_DIR": str(tmp_path / "var"), "LANG": "vi"}
    told("init", "--name=Quản Trị", "--email=qt@phuong.example.vn", "--office=UBND Phường", env=env)
    file = tmp_path / "2028.toml"
    file.write_text(told("calendar", "propose", "--year", "2028").stdout, encoding="utf-8")
    ask = ("due", "--from", "2028-01-31T16:30", "--minutes", "120", "--json")
    tet = ("due", "--from", "2028-01-21T16:30", "--minutes", "120", "--json")
    dry = told("calendar", "apply", str(file), "--dry-run", env=env).stdout
    assert "sẽ đặt 16 ngày" in dry
    assert "0 hạn" in dry
    assert json.loads(told(*tet, "--unit", "@office", env=env).stdout) == {"due": "2028-01-24T08:30:00+07:00"}
    assert "đã đặt 16 ngày" in told("calendar", "apply", str(file), env=env).stdout
    assert "đã có đúng như vậy" in told("calendar", "apply", str(file), env=env).stdout
    assert json.loads(told(*tet, "--unit", "@office", env=env).stdout) == {"due": "2028-01-31T08:30:00+07:00"}
    assert json.loads(told(*tet, env=env).stdout) == {"due": "2028-01-24T08:30:00+07:00"}  # the table without it
    assert json.loads(told(*ask, "--unit", "@office", env=env).stdout) == {"due": "2028-02-01T08:30:00+07:00"}
    lines = '{"from": "2028-01-21T16:30", "minutes": 120, "unit": "@office"}\n{"minutes": 1, "unit": "nope"}\n'
    first, second = told("due", "--batch", given=lines, env=env).stdout.splitlines()
    assert json.loads(first) == {"due": "2028-01-31T08:30:00+07:00"}
    assert "nope" in json.loads(second)["error"]
    assert "16 ngày chưa xác nhận" in told("calendar", "show", "--year", "2028", "--unit", "@office", env=env).stdout
    assert "giống nhau" in told("calendar", "diff", "--year", "2028", "--unit", "@office", env=env).stdout
    empty = tmp_path / "empty.toml"
    empty.write_text("", encoding="utf-8")
    assert "không có ngày nào" in told("calendar", "apply", str(empty), env=env, exit_code=1).stderr
    empty.write_text("???", encoding="utf-8")
    assert "empty.toml" in told("calendar", "apply", str(empty), env=env, exit_code=1).stderr
    told("calendar", "apply", str(tmp_path / "none.toml"), env=env, exit_code=1)
    past = tmp_path / "past.toml"
    past.write_text('[[days_off]]\non = 2020-01-01\nname = "Tết"\n', encoding="utf-8")
    assert "xin ghi lý do" in told("calendar", "apply", str(past), env=env, exit_code=1).stderr
    told("calendar", "apply", str(past), "--reason", "Bổ sung dữ liệu cũ", env=env)
