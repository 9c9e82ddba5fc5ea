"""Why a draft is asked about: every reason can come up, has words in both languages, and there is no other."""

import tomllib

import pytest
from hypothesis import given

from backend.domain.phrases import ASKS, parse
from backend.kit import i18n
from tests.domain.phrases_office import FOLDER, MONDAY, at, calendar, office, said
from tests.domain.test_phrases_laws import lines

pytestmark = pytest.mark.one_database

#: A line for each reason.
LINES = {
    "no_lead": "rà soát hạn mai",
    "unknown_lead": "@ai rà soát hạn mai",
    "doubtful_lead": "Mai nộp báo cáo hạn thứ 6",
    "homonym": "giao chị Hương làm báo cáo hạn thứ 6",
    "several_leads": "@an @mai nộp sổ hạn thứ 6",
    "no_title": "@an hạn mai",
    "no_deadline": "@an rà soát",
    "several_deadlines": "@an nộp hạn thứ 5, hạn thứ 6",
    "inner_deadline": "@an chuẩn bị phòng chiều mai cho đoàn",
    "unsure_deadline": "@an lập lịch tuần sau",
    "unread": "@an nộp trước 1630 thứ 5",
    "unknown_start": "@an nộp trong 5 ngày kể từ ngày nhận",
    "past": "@an nộp sổ 8h",
    "next_year": "@an nộp sổ hạn 15/10",
    "weekday_differs": "@an nộp sổ thứ 6 ngày 28/11",
    "which_week": "@an nộp sổ thứ 6 sau",
    "hour": "@an nộp sổ 17h sáng mai",
    "number": "@an nộp sổ cuối tháng 13",
    "middle": "@an nộp sổ giữa năm",
    "part_of_day": "@an nộp sổ nửa tháng nữa",
    "lunar": "@an nộp sổ mùng 5 âm lịch",
    "no_such_day": "@an nộp sổ hạn 31/11",
    "no_working_day": "@an nộp sổ 9999 năm nữa",
    "too_far": "@an nộp sổ hạn 30/11/2062",
    "urgency": "@an xử lý công văn khẩn hạn mai",
    "acceptance": "@an rà soát các hồ sơ cần duyệt hạn mai",
    "weight": "@an làm đề án, trọng số 0, hạn mai",
    "recurrence": "@an sửa mẫu báo cáo hằng tháng hạn mai",
    "several_recurrences": "@an báo cáo hằng ngày, hằng tuần hạn mai",
}


def test_each_reason_has_a_line() -> None:
    assert tuple(LINES) == ASKS


@pytest.mark.parametrize("reason", ASKS)
def test_reason_comes_up(reason: str) -> None:
    assert reason in said(LINES[reason]).asks


@pytest.mark.parametrize("locale", ["vi", "en"])
def test_reason_has_words(locale: str) -> None:
    worded = {key.removeprefix("words.asks.") for key in i18n.catalogue(locale) if key.startswith("words.asks.")}
    assert worded - {"unsure"} == set(ASKS)
    assert all(i18n.t(locale, f"words.asks.{reason}").endswith("?") for reason in ASKS)


def test_no_other_reason_in_the_corpora() -> None:
    for file in sorted(FOLDER.glob("*.toml")):
        for case in tomllib.loads(file.read_text(encoding="utf-8"))["case"]:
            assert set(parse(case["say"], at(case.get("now", MONDAY)), calendar, office()).asks) <= set(ASKS)


@given(lines)
def test_no_other_reason_in_any_line(line: str) -> None:
    assert set(said(line).asks) <= set(ASKS)
