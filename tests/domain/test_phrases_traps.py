"""Words that look like something else: each case stands for a cause, with the reading that is certain or the doubt."""

import pytest

from tests.domain.phrases_office import due, people, said

pytestmark = pytest.mark.one_database


@pytest.mark.parametrize(
    "title",
    [
        # What stands before "hạn" and is no part of the marker.
        "tổng kết nhiệm kỳ trước", "biên bản cuộc họp trước", "so với cùng kỳ năm trước", "đề án trung hạn", "gửi tiền dài hạn",
        "cấp thẻ có thời hạn", "công ty trách nhiệm hữu hạn", "rà soát hồ sơ hết hạn", "bồi dưỡng tập trung", "cơn mưa đêm qua",
        "giải ngân trước thời hạn", "gửi tiết kiệm kỳ hạn 6 tháng", "vốn trung hạn 2026-2030",
        # Signs and numbers that belong to the title.
        "xếp loại B+", "phụ cấp 0,25", "họp khu phố 3", "tập huấn đợt 2", "trả lời công văn 7/UBND-NC ngày 2/12",
        # "chi" is to spend where the line has accents.
        "chi tiền điện", "chi tết cho hộ nghèo", "chi năm triệu",
        # Words that begin like a time.
        "mai một văn hóa", "sáng kiến kinh nghiệm", "tối ưu quy trình", "đo chiều cao cột", "dời họp sang phòng B",
        "mua hàng ngày hội", "ra quân Chủ nhật xanh",
        # Spelt like a mark of the draft.
        "giấy chưa cần duyệt", "tổ chức hội thi",
    ],
)  # fmt: skip
def test_title_keeps_its_words(title: str) -> None:
    phrase = said(f"giao @an {title} hạn thứ 6")
    assert (phrase.title, phrase.confidence, phrase.recurrence, phrase.needs_acceptance) == (
        title,
        "certain",
        None,
        False,
    )
    assert people(f"giao @an {title} hạn thứ 6") == (["an"], [])


@pytest.mark.parametrize(
    ("line", "lead", "title"),
    [
        ("giao a Việt khảo sát hẻm hạn thứ 6", "viet", "khảo sát hẻm"),
        ("c Thảo in tài liệu hạn thứ 6", "thao", "in tài liệu"),
        ("Trước thứ 6 giao thủ quỹ kiểm quỹ", "mai", "kiểm quỹ"),
        ("Chiều thứ 5 phân công phó chánh văn phòng rà lịch", "loan", "rà lịch"),
        ("Sáng thứ 6 anh Tư đưa đoàn đi tỉnh", "tu", "đưa đoàn đi tỉnh"),
        ("Tùng ơi, thứ 6 cài máy in", "tung", "cài máy in"),
        ("giao bảo vệ mở cửa hội trường hạn thứ 6", "hai", "mở cửa hội trường"),
        ("giao đ/c Trần Văn Thành, Chủ tịch UBND phường tiếp dân thứ 6", "thanh", "tiếp dân"),
        ("@ an nộp sổ hạn thứ 6", "an", "nộp sổ"),
        ("1. @an nộp sổ hạn thứ 6", "an", "nộp sổ"),
        ("@an.Nộp sổ hạn thứ 6", "an", "Nộp sổ"),
        ("nộp sổ thứ 6 (@an)", "an", "nộp sổ"),
        ("@an | nộp sổ | thứ 6 | khẩn", "an", "nộp sổ"),
        ("Việc: nộp sổ\nNgười làm: @an\nThời gian: thứ 6", "an", "nộp sổ"),
        ("@dong to chuc hoi thi han thu 6", "dong", "to chuc hoi thi"),
        ("@an to check the server by Friday", "an", "check the server"),
        ("@an nộp sổ (hoàn thành trong tuần)", "an", "nộp sổ"),
        ("@an nộp sổ, xong trước thứ 6", "an", "nộp sổ"),
    ],
)
def test_people_and_titles_are_told_apart(line: str, lead: str, title: str) -> None:
    phrase = said(line)
    assert ([one.handle for one in phrase.leads], phrase.title, phrase.confidence) == ([lead], title, "certain")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("hạn thứ6", "2026-11-27T17:30"),
        ("trc 17h t6", "2026-11-27T17:00"),
        ("trong ngày mai", "2026-11-24T17:30*"),
        ("trong ngày 27/11", "2026-11-27T17:30"),
        ("hạn trong tháng 12", "2026-12-31T17:30"),
        ("hạn mới: thứ 6", "2026-11-27T17:30"),
        ("hạn 25h", "none?"),
        ("trong 48h", "2026-11-25T09:00"),
        ("đợt 2 ngày 2/12", "2026-12-02T17:30"),
        ("đến hết thứ 6", "2026-11-27T17:30"),
        ("by end of Q4", "2026-12-31T17:30"),
        ("not later than Friday noon", "2026-11-27T12:00"),
        ("mỗi sáng thứ 2", "2026-11-23T11:30"),
    ],
)
def test_more_ways_to_say_when(words: str, expected: str) -> None:
    assert due(f"@an nộp sổ {words}") == expected


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("@an.nvx nộp sổ hạn thứ 6", "unknown_lead"),
        ("giao kế hoạch vốn cho khu phố hạn thứ 6", "doubtful_lead"),
        ("giao bảo vệ đề cương hạn thứ 6", "doubtful_lead"),
        ("giao giám đốc TTPVHCC lập bảng hạn thứ 6", "doubtful_lead"),
        ("giao chi Hương làm sổ, đóng dấu hạn thứ 6", "doubtful_lead"),
        ("@an nộp sổ hạn thứ 6 hoặc thứ 7", "several_deadlines"),
        ("@an nộp sổ sáng, chiều mai", "several_deadlines"),
        ("@an lập hợp đồng thời hạn 12 tháng", "no_deadline"),
        ("@an trả hồ sơ trước hạn thứ 6", "unsure_deadline"),
        ("@an đừng gửi trước thứ 6", "unsure_deadline"),
        ("@an nhắc hạn thứ 6", "unsure_deadline"),
        ("@an họp tổ 3 tuần sau", "unsure_deadline"),
        ("@an báo cáo tiến độ đến ngày 30/11", "unsure_deadline"),
        ("@an hoãn họp đến thứ 6", "unsure_deadline"),
        ("@an soạn giấy mời họp 14h thứ 5", "unsure_deadline"),
        ("@an thống kê vi phạm trong tháng 12", "unsure_deadline"),
        ("@an ra soat ho so tre han thu 6", "unsure_deadline"),
        ("@an gui bao cao toi thu 6", "hour"),
        ("@an nộp sổ, thứ 6 tôi họp", "inner_deadline"),
        ("@an rà soát báo cáo hằng quý của các phòng hạn thứ 6", "recurrence"),
        ("@an tính lương mỗi ngày công hạn thứ 6", "recurrence"),
        ("@an fix weekly report template by Friday", "recurrence"),
        ("@an tính hệ số 1,5 cho làm thêm hạn thứ 6", "weight"),
    ],
)
def test_two_readings_are_asked_about(line: str, reason: str) -> None:
    assert reason in said(line).asks
