"""One line as a draft: each sentence of the specification, word by word."""

from decimal import Decimal

import pytest

from tests.domain.phrases_office import due, people, said

pytestmark = pytest.mark.one_database

MONDAY = "2026-11-23T09:00"
FRIDAY_EVENING = "2026-11-27T18:30"


@pytest.mark.parametrize(
    ("words", "now", "expected"),
    [
        # A day without an hour = the end of its last shift.
        ("hôm nay", MONDAY, "2026-11-23T17:30"),
        ("mai", MONDAY, "2026-11-24T17:30*"),
        ("mốt", MONDAY, "2026-11-25T17:30"),
        ("ngày kia", MONDAY, "2026-11-25T17:30"),
        # Parts of the day: the end of that shift, its start with đầu giờ; noon 12:00, evening 20:00.
        ("sáng thứ 5", MONDAY, "2026-11-26T11:30"),
        ("chiều thứ 5", MONDAY, "2026-11-26T17:30"),
        ("đầu giờ sáng thứ 5", MONDAY, "2026-11-26T07:30"),
        ("đầu giờ chiều thứ 5", MONDAY, "2026-11-26T13:30"),
        ("trưa thứ 5", MONDAY, "2026-11-26T12:00"),
        ("tối thứ 5", MONDAY, "2026-11-26T20:00"),
        ("cuối giờ", MONDAY, "2026-11-23T17:30"),
        ("cuối ngày thứ 5", MONDAY, "2026-11-26T17:30"),
        # With an hour they only settle morning or afternoon; 1 to 6 alone is the afternoon.
        ("3h chiều", MONDAY, "2026-11-23T15:00"),
        ("3h", MONDAY, "2026-11-23T15:00"),
        ("5 giờ sáng thứ 5", MONDAY, "2026-11-26T05:00"),
        ("8g30 t5", MONDAY, "2026-11-26T08:30"),
        ("17h30 t5", MONDAY, "2026-11-26T17:30"),
        ("5pm t5", MONDAY, "2026-11-26T17:00"),
        ("3h ch t5", MONDAY, "2026-11-26T15:00"),
        ("8h sg t5", MONDAY, "2026-11-26T08:00"),
        ("7 giờ tối t5", MONDAY, "2026-11-26T19:00"),
        ("mười bảy giờ ba mươi thứ năm", MONDAY, "2026-11-26T17:30"),
        ("17h sáng mai", MONDAY, "2026-11-24T17:00*?"),
        # Weekdays: the coming one, today if it is still ahead; tuần sau = the next Monday to Sunday week.
        ("thứ 6", MONDAY, "2026-11-27T17:30"),
        ("thứ hai", MONDAY, "2026-11-23T17:30"),
        ("7h thứ hai", MONDAY, "2026-11-30T07:00"),
        ("thứ 6", FRIDAY_EVENING, "2026-12-04T17:30"),
        ("thứ 6 tuần sau", MONDAY, "2026-12-04T17:30"),
        ("thứ sáu tuần sau", FRIDAY_EVENING, "2026-12-04T17:30"),
        ("cn", MONDAY, "2026-11-29T17:30*"),
        ("T7", MONDAY, "2026-11-28T17:30*"),
        ("thứ 6 tuần này", FRIDAY_EVENING, "2026-12-04T17:30?"),
        # Weeks, months, quarters, years.
        ("tuần này", MONDAY, "2026-11-27T17:30"),
        ("tuần sau", MONDAY, "2026-12-04T17:30"),
        ("cuối tuần", MONDAY, "2026-11-27T17:30"),
        ("cuối tuần", FRIDAY_EVENING, "2026-12-04T17:30"),
        ("tuần này", FRIDAY_EVENING, "2026-12-04T17:30?"),
        ("đầu tuần sau", MONDAY, "2026-11-30T17:30"),
        ("giữa tuần sau", MONDAY, "2026-12-02T17:30"),
        ("cuối tháng", MONDAY, "2026-11-30T17:30"),
        ("đầu tháng", MONDAY, "2026-12-01T17:30"),
        ("giữa tháng", MONDAY, "2026-12-15T17:30"),
        ("cuối quý", MONDAY, "2026-12-31T17:30"),
        ("đầu quý", MONDAY, "2027-01-04T17:30"),
        ("cuối năm", MONDAY, "2026-12-31T17:30"),
        ("đầu năm", MONDAY, "2027-01-04T17:30"),
        ("cuối quý IV/2026", MONDAY, "2026-12-31T17:30"),
        ("cuối tháng 12 năm nay", MONDAY, "2026-12-31T17:30"),
        ("giữa năm", MONDAY, "2027-07-15T17:30?"),
        ("tuần sau", "2026-02-10T09:00", "none?"),
        ("cuối tháng này", "2026-11-30T18:00", "2026-12-31T17:30?"),
        # Dates.
        ("30/11", MONDAY, "2026-11-30T17:30"),
        ("30/11/2026", MONDAY, "2026-11-30T17:30"),
        ("30.11.2026", MONDAY, "2026-11-30T17:30"),
        ("2026-11-30", MONDAY, "2026-11-30T17:30"),
        ("ngày 30 tháng 11", MONDAY, "2026-11-30T17:30"),
        ("ngày ba mươi tháng mười một", MONDAY, "2026-11-30T17:30"),
        ("ngày 30 tháng 11 năm 2026", MONDAY, "2026-11-30T17:30"),
        ("mùng 5", MONDAY, "2026-12-05T17:30*"),
        ("ngày 20", MONDAY, "2026-12-20T17:30*"),
        ("ngày 5 tháng sau", MONDAY, "2026-12-05T17:30*"),
        ("15/10", MONDAY, "2027-10-15T17:30?"),
        ("ngày 15 tháng 10", MONDAY, "2027-10-15T17:30?"),
        ("15/10/2025", MONDAY, "none?"),
        ("31/11", MONDAY, "2026-11-30T17:30?"),
        ("mùng 5 âm lịch", MONDAY, "none?"),
        ("rằm tháng giêng", MONDAY, "none?"),
        ("thứ 6 ngày 27/11", MONDAY, "2026-11-27T17:30"),
        ("thứ 6 ngày 28/11", MONDAY, "2026-11-28T17:30*?"),
        # Spans of time from now.
        ("2 giờ nữa", MONDAY, "2026-11-23T11:00"),
        ("30 phút nữa", MONDAY, "2026-11-23T09:30"),
        ("nửa tiếng nữa", MONDAY, "2026-11-23T09:30"),
        ("1 tiếng rưỡi nữa", MONDAY, "2026-11-23T10:30"),
        ("trong 48h", MONDAY, "2026-11-25T09:00"),
        ("sau 2h", MONDAY, "2026-11-23T11:00"),
        ("3 ngày nữa", MONDAY, "2026-11-26T17:30"),
        ("5 ngày nữa", MONDAY, "2026-11-28T17:30*"),
        ("trong 3 ngày làm việc", MONDAY, "2026-11-27T17:30"),
        ("trong 8 giờ làm việc", MONDAY, "2026-11-25T09:00"),
        ("1 tuần nữa", MONDAY, "2026-11-30T17:30"),
        ("sau 1 tháng", MONDAY, "2026-12-23T17:30"),
        ("1 tháng nữa", "2027-01-31T09:00", "2027-02-28T17:30*"),
        ("hạn trong 2h", MONDAY, "2026-11-23T11:00"),
        ("thời hạn 2h", MONDAY, "2026-11-23T14:00?"),
        ("trước 3 ngày", MONDAY, "2026-11-26T17:30?"),
        ("ngày mai (24/11)", MONDAY, "2026-11-24T17:30*"),
        ("ngày mai (25/11)", MONDAY, "2026-11-24T17:30*?"),
        ("trong 5 ngày kể từ ngày nhận", MONDAY, "2026-11-28T17:30*?"),
        ("nửa tháng nữa", MONDAY, "2026-12-08T17:30?"),
        # What is past is never chosen silently.
        ("8h", MONDAY, "2026-11-24T08:00*?"),
        ("sáng nay", "2026-11-25T11:45", "2026-11-26T11:30?"),
        ("hôm nay", FRIDAY_EVENING, "2026-11-28T17:30*?"),
        ("tối nay", FRIDAY_EVENING, "2026-11-27T20:00"),
    ],
)
def test_deadline(words: str, now: str, expected: str) -> None:
    assert due(f"@an nộp sổ {words}", now) == expected
    if "?" not in expected and not words.startswith(("trong", "sau", "hạn")):
        assert due(f"@an nộp sổ, hạn {words}", now) == expected
        assert due(f"@an nộp sổ trước {words}", now) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("tomorrow", "2026-11-24T17:30*"),
        ("by Friday 5pm", "2026-11-27T17:00"),
        ("this Friday", "2026-11-27T17:30"),
        ("by next Friday", "2026-12-04T17:30"),
        ("next week", "2026-12-04T17:30"),
        ("by end of month", "2026-11-30T17:30"),
        ("before the end of the year", "2026-12-31T17:30"),
        ("in 3 working days", "2026-11-27T17:30"),
        ("within 2 hours", "2026-11-23T11:00"),
        ("in a week", "2026-11-30T17:30"),
        ("by EOD", "2026-11-23T17:30"),
        ("by Nov 30", "2026-11-30T17:30"),
        ("on 30 November 2026 at 9am", "2026-11-30T09:00"),
        ("tonight", "2026-11-23T20:00"),
        ("before noon", "2026-11-23T12:00"),
        ("the day after tomorrow", "2026-11-25T17:30"),
    ],
)
def test_deadline_in_english(words: str, expected: str) -> None:
    assert due(f"@an review the draft {words}") == expected
    assert said(f"@an review the draft {words}").title == "review the draft"


@pytest.mark.parametrize(
    ("line", "leads", "coordinators"),
    [
        ("giao @an rà soát", ["an"], []),
        ("giao cho @AN.NV: rà soát", ["an.nv"], []),
        ("@an +@mai rà soát", ["an"], ["mai"]),
        ("@an rà soát cc @mai", ["an"], ["mai"]),
        ("@an with @mai review", ["an"], ["mai"]),
        ("@an phối hợp với @mai, @tung rà soát", ["an"], ["mai", "tung"]),
        ("mỗi @an @mai nộp bản kê khai", ["an", "mai"], []),
        ("@cong-an-phuong/* họp", ["long", "son", "phong"], []),
        ("giao Tùng kiểm tra máy chủ", ["tung"], []),
        ("giao đ/c Nguyễn Thị Mai rà soát", ["mai"], []),
        ("nhờ anh Năm kiểm tra cống", ["nam"], []),
        ("giao anh Hai gác cổng", ["hai"], []),
        ("Tùng, kiểm tra máy chủ", ["tung"], []),
        ("chị Thảo in tài liệu", ["thao"], []),
        ("giao chánh văn phòng chuẩn bị hội trường", ["binh"], []),
        ("giao cvp chuẩn bị hội trường", ["binh"], []),
        ("giao kế toán lập dự toán", ["ngoc"], []),
        ("giao chủ tịch hội phụ nữ báo cáo", ["chau"], []),
        ("giao chủ tịch hội nông dân báo cáo", [], []),
        ("giao chị Hương phòng văn hóa xã hội làm báo cáo", ["huong.tt"], []),
        ("giao đồng chí Lê Thị Dung, Phó Chủ tịch chủ trì họp", ["dung"], []),
        ("giao Lan Anh làm báo cáo", [], []),
        ("giao anh Bách làm báo cáo", [], []),
        ("@nobody làm báo cáo", [], []),
        ("@an gửi chị Mai hồ sơ", ["an"], []),
        ("Kiên quyết xử lý", ["kien"], []),
        ("nhờ Công an phường kiểm tra", [], []),
        ("giao anh Khoa và chị Loan làm kế hoạch", ["khoa", "loan"], []),
        ("giao anh Khoa, phối hợp chị Loan làm kế hoạch", ["khoa"], ["loan"]),
        ("Báo cáo về ông Phạm Đăng Khoa", [], []),
        ("assign @an to prepare", ["an"], []),
        ("ask Tùng to check the server", ["tung"], []),
    ],
)
def test_people(line: str, leads: list[str], coordinators: list[str]) -> None:
    assert people(f"{line} hạn thứ 6") == (leads, coordinators)


@pytest.mark.parametrize("line", ["@an @mai nộp", "giao anh Khoa và chị Loan nộp", "@an, @mai và @tung nộp"])
def test_several_people_without_saying_how_are_asked_about(line: str) -> None:
    assert "several_leads" in said(f"{line} hạn thứ 6").asks


def test_homonyms_give_choices_with_unit_and_position() -> None:
    phrase = said("giao chị Hương làm báo cáo hạn thứ 6")
    [lead] = phrase.leads
    assert (lead.handle, lead.name, phrase.confidence) == (None, "Hương", "ask")
    assert [(one.handle, one.title) for one in lead.choices] == [
        ("huong", "Chuyên viên Môi trường"),
        ("huong.tt", "Chuyên viên Lao động"),
    ]


@pytest.mark.parametrize(
    ("line", "urgency", "title"),
    [
        ("@an báo cáo gấp hạn mai", "urgent", "báo cáo"),
        ("KHẨN: @an báo cáo hạn mai", "urgent", "báo cáo"),
        ("@an báo cáo hạn mai, thượng khẩn", "very_urgent", "báo cáo"),
        ("hỏa tốc @an báo cáo hạn mai", "express", "báo cáo"),
        ("hoả tốc @an báo cáo hạn mai", "express", "báo cáo"),
        ("@an khẩn trương báo cáo hạn mai", "normal", "khẩn trương báo cáo"),
        ("@an tăng gấp đôi số ca hạn mai", "normal", "tăng gấp đôi số ca"),
        ("@an gap dan khu pho han mai", "normal", "gap dan khu pho"),
        ("@an report by tomorrow, urgent", "urgent", "report"),
    ],
)
def test_urgency(line: str, urgency: str, title: str) -> None:
    phrase = said(line)
    assert (phrase.urgency, phrase.title, phrase.confidence) == (urgency, title, "certain")


def test_weight_acceptance_and_recurrence() -> None:
    phrase = said("@an lập đề án trọng số 1,5 hạn ngày 25 hằng tháng (cần duyệt)")
    assert (phrase.weight, phrase.needs_acceptance, phrase.recurrence) == (Decimal("1.5"), True, "monthly")
    assert (phrase.title, phrase.confidence) == ("lập đề án", "certain")
    assert said("@an báo cáo hàng ngày lúc 17h").recurrence == "daily"
    assert said("@an báo cáo mỗi thứ 6").recurrence == "weekly"
    assert said("@an báo cáo cuối mỗi quý").recurrence == "quarterly"
    assert said("@an báo cáo hằng năm hạn 30/11").recurrence is None
    assert said("@an rà soát các hồ sơ cần duyệt hạn mai").asks == ["acceptance"]


@pytest.mark.parametrize(
    "title",
    [
        "Báo cáo quý 3", "Kế hoạch năm 2026", "Triển khai Nghị quyết 18", "Trả lời công văn 123/UBND-VP ngày 20/11",
        "Quyết định 15/10", "Rà khoản 2 điều 5", "Họp tổ 3", "Sơn phòng 5", "Dọn đường 30/4", "Tổ chức lễ 2/9",
        "Tháng thanh niên",
        "Sắp xếp theo thứ tự", "Chuẩn bị ngày hội", "Họp lần cuối cùng", "Chấm 5 ngày công", "Gọi 0912 345 678", "Chi 3 triệu",
        "Đạt 95% chỉ tiêu", "Báo cáo 6 tháng cuối năm", "Chuẩn bị kỳ họp thứ 5", "Văn bản số 12/2026/NĐ-CP",
        "Trực đường dây 24/7",
        "Gửi an@ubnd.gov.vn", "Mua hoa mai", "Phủ sóng 5G", "Lập lịch tuần sau", "Trực từ thứ 2 đến thứ 6", "Trực T2-CN",
        "Thăm bà Mai",
    ],
)  # fmt: skip
def test_hard_negatives_stay_in_the_title(title: str) -> None:
    phrase = said(f"@an {title}, hạn 17h 1/12")
    assert (phrase.title, due(f"@an {title}, hạn 17h 1/12"), phrase.confidence) == (
        title,
        "2026-12-01T17:00",
        "certain",
    )
    assert said(f"@an {title}").confidence == "ask"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("@an rà soát", "no_deadline"),
        ("rà soát hạn mai", "no_lead"),
        ("@ai rà soát hạn mai", "unknown_lead"),
        ("@an hạn mai", "no_title"),
        ("@an nộp hạn thứ 5, hạn thứ 6", "several_deadlines"),
        ("@an họp thứ 5, nộp thứ 6", "several_deadlines"),
        ("@an chuẩn bị phòng chiều mai cho đoàn", "inner_deadline"),
        ("@an lập lịch tuần sau", "unsure_deadline"),
        ("@an nộp ngày 25, 26", "unread"),
        ("@an nộp trước 1630 thứ 5", "unread"),
        ("@an xử lý công văn khẩn hạn mai", "urgency"),
        ("Mai nộp báo cáo hạn thứ 6", "doubtful_lead"),
        ("", "no_title"),
    ],
)
def test_doubt_is_asked_about(line: str, reason: str) -> None:
    phrase = said(line)
    assert reason in phrase.asks
    assert phrase.confidence == "ask"


def test_spans_are_code_points_of_the_line_as_typed() -> None:
    line = "👍 giao @an Báo cáo PCCC ha\u0323n 17h thứ 6"
    phrase = said(line)
    assert [(one.kind, line[one.start : one.end]) for one in phrase.spans] == [
        ("lead", "giao @an"),
        ("due", "ha\u0323n 17h thứ 6"),
    ]
    assert phrase.title == "👍 Báo cáo PCCC"


def test_marked_deadline_wins_over_another_moment() -> None:
    phrase = said("@an chuẩn bị họp 9h sáng thứ 5, hạn chiều thứ 4")
    assert (phrase.title, phrase.confidence) == ("chuẩn bị họp 9h sáng thứ 5", "certain")
    assert due("@an chuẩn bị họp 9h sáng thứ 5, hạn chiều thứ 4") == "2026-11-25T17:30"
