"""What is typed as commands: a table of utterances, and that what merely looks like one is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.kit.text import fold
from bot.inbound.grammar import Command, parse

pytestmark = pytest.mark.one_database

#: text → act, task, rest
CERTAIN: dict[str, tuple[str, str, str]] = {
    # acknowledging
    "1 nhận": ("ack", "1", ""),
    "1 nhan": ("ack", "1", ""),
    "1 NHẬN": ("ack", "1", ""),
    "1. nhận": ("ack", "1", ""),
    "1) nhận": ("ack", "1", ""),
    "1/ nhận": ("ack", "1", ""),
    "1: nhận": ("ack", "1", ""),
    "1 - nhận": ("ack", "1", ""),
    "1, nhận": ("ack", "1", ""),
    "1nhận": ("ack", "1", ""),
    "#1 nhan": ("ack", "1", ""),
    "# 1 nhận": ("ack", "1", ""),
    "số 1 nhận": ("ack", "1", ""),
    "so 1 nhan": ("ack", "1", ""),
    "việc 1 nhận": ("ack", "1", ""),
    "việc số 12 đã nhận": ("ack", "12", ""),
    "  1   nhận  ": ("ack", "1", ""),
    "1 nhận.": ("ack", "1", ""),
    "1 nhận!": ("ack", "1", ""),
    "1 nhận ạ": ("ack", "1", ""),
    "1 nhận rồi ạ": ("ack", "1", ""),
    "1 nhận việc nhé": ("ack", "1", ""),
    "1 tiếp nhận": ("ack", "1", ""),
    "dạ 1 nhận ạ": ("ack", "1", ""),
    "Vâng, 1 nhận": ("ack", "1", ""),
    "- 1 nhận": ("ack", "1", ""),
    "01 nhận": ("ack", "1", ""),
    "1 ok": ("ack", "1", ""),
    "1 OK em": ("ack", "1", ""),
    "1 ack": ("ack", "1", ""),
    "1 acknowledge please": ("ack", "1", ""),
    "task 1 ack": ("ack", "1", ""),
    "no. 1 received": ("ack", "1", ""),
    "nhận 1": ("ack", "1", ""),
    "nhận 1 ạ": ("ack", "1", ""),
    "ok 2": ("ack", "2", ""),
    "nhận": ("ack", "", ""),
    "đã nhận ạ": ("ack", "", ""),
    "ack": ("ack", "", ""),
    "CV26-000123 nhận": ("ack", "CV26-000123", ""),
    "cv26-000123: nhan": ("ack", "CV26-000123", ""),
    "việc CV26-000123 nhận": ("ack", "CV26-000123", ""),
    "1 đang làm": ("working", "1", ""),
    "1 dang lam": ("working", "1", ""),
    "1 working": ("working", "1", ""),
    # done
    "1 xong": ("done", "1", ""),
    "1 xong.": ("done", "1", ""),
    "1 xong rồi ạ": ("done", "1", ""),
    "1 xong đã nộp báo cáo số 15": ("done", "1", "đã nộp báo cáo số 15"),
    "1:xong đã nộp, 12 cơ sở; đủ hồ sơ": ("done", "1", "đã nộp, 12 cơ sở; đủ hồ sơ"),
    "1 xong: đã nộp": ("done", "1", "đã nộp"),
    "1 xong - đã nộp": ("done", "1", "đã nộp"),
    "1xong đã nộp": ("done", "1", "đã nộp"),
    "#3 da xong da gui": ("done", "3", "da gui"),
    "3 hoàn thành đúng hạn": ("done", "3", "đúng hạn"),
    "3 hoàn tất": ("done", "3", ""),
    "3 báo cáo xong đã gửi": ("done", "3", "đã gửi"),
    "3 báo cáo": ("done", "3", ""),
    "1 done sent to the province": ("done", "1", "sent to the province"),
    "1 done.": ("done", "1", ""),
    "1 finished": ("done", "1", ""),
    "CV26-000123 xong đã nộp": ("done", "CV26-000123", "đã nộp"),
    "xong": ("done", "", ""),
    "xong rồi ạ": ("done", "", ""),
    "done": ("done", "", ""),
    # waiting
    "1 chờ đến thứ 6": ("wait", "1", "thứ 6"),
    "1 cho den thu 6": ("wait", "1", "thu 6"),
    "1 chờ 14h ngày 27/11": ("wait", "1", "14h ngày 27/11"),
    "1 đang chờ 3 ngày": ("wait", "1", "3 ngày"),
    "1 chờ": ("wait", "1", ""),
    "1 wait until friday": ("wait", "1", "until friday"),
    "1 wait": ("wait", "1", ""),
    # more time
    "1 gia hạn 2 ngày chờ số liệu": ("extend", "1", "2 ngày chờ số liệu"),
    "1 gia han 2 ngay cho so lieu": ("extend", "1", "2 ngay cho so lieu"),
    "1 xin gia hạn đến 27/11 vì họp": ("extend", "1", "đến 27/11 vì họp"),
    "1 xin thêm 2 ngày vì họp": ("extend", "1", "2 ngày vì họp"),
    "1 gia hạn": ("extend", "1", ""),
    "1 extend 2 days waiting for data": ("extend", "1", "2 days waiting for data"),
    "1 extend by 2 days data": ("extend", "1", "2 days data"),
    # giving back, refusing
    "1 trả lại thiếu phụ lục": ("return", "1", "thiếu phụ lục"),
    "1 tra lai thieu phu luc": ("return", "1", "thieu phu luc"),
    "1 trả lại": ("return", "1", ""),
    "1 return annex missing": ("return", "1", "annex missing"),
    "1 trả lại lỗi nặng: sai số liệu": ("return_major", "1", "sai số liệu"),
    "1 return major wrong figures": ("return_major", "1", "wrong figures"),
    "1 từ chối không đúng chức năng": ("refuse", "1", "không đúng chức năng"),
    "1 tu choi": ("refuse", "1", ""),
    "1 decline not ours": ("refuse", "1", "not ours"),
    "1 từ chối gia hạn đủ thời gian": ("refuse_extension", "1", "đủ thời gian"),
    "1 refuse extension": ("refuse_extension", "1", ""),
    # deciding
    "1 duyệt": ("approve", "1", ""),
    "1 duyet": ("approve", "1", ""),
    "1 đồng ý": ("approve", "1", ""),
    "1 dong y nhe": ("approve", "1", ""),
    "1 approve": ("approve", "1", ""),
    "duyệt 4": ("approve", "4", ""),
    "duyệt": ("approve", "", ""),
    "1 duyệt báo cáo": ("accept", "1", ""),
    "1 accept": ("accept", "1", ""),
    "1 duyệt gia hạn": ("approve_extension", "1", ""),
    "1 dong y gia han": ("approve_extension", "1", ""),
    "1 approve extension": ("approve_extension", "1", ""),
    # asking after, knowing, words
    "nhắc 3": ("nudge", "3", ""),
    "nhac 3": ("nudge", "3", ""),
    "nhắc 3 nhé": ("nudge", "3", ""),
    "3 nhắc": ("nudge", "3", ""),
    "nudge 3": ("nudge", "3", ""),
    "remind 3": ("nudge", "3", ""),
    "nhắc CV26-000123": ("nudge", "CV26-000123", ""),
    "3 đã nắm": ("heed", "3", ""),
    "3 heed": ("heed", "3", ""),
    "1 khách quan mất điện": ("waive", "1", "mất điện"),
    "1 waive power cut": ("waive", "1", "power cut"),
    "1 ghi chú đang gọi tỉnh": ("comment", "1", "đang gọi tỉnh"),
    "1 comment calling the province": ("comment", "1", "calling the province"),
    # looking
    "1": ("details", "1", ""),
    "#12": ("details", "12", ""),
    "số 3": ("details", "3", ""),
    "1?": ("details", "1", "?"),
    "1 ?": ("details", "1", "?"),
    "số 1?": ("details", "1", "?"),
    "CV26-000123?": ("details", "CV26-000123", "?"),
    "CV26-000123": ("details", "CV26-000123", ""),
    "1 chi tiết": ("details", "1", ""),
    "xem 1": ("details", "1", ""),
    "show 1": ("details", "1", ""),
    # taking back
    "hoàn tác": ("undo", "", ""),
    "hoan tac": ("undo", "", ""),
    "/hoantac": ("undo", "", ""),
    "undo": ("undo", "", ""),
    "hoàn tác nhé": ("undo", "", ""),
    "hoàn tác 2": ("undo", "2", ""),
    "hoàn tác việc CV26-000123": ("undo", "CV26-000123", ""),
    "2 hoàn tác": ("undo", "2", ""),
    "undo 2": ("undo", "2", ""),
    # about no one task
    "việc": ("list", "", ""),
    "VIỆC?": ("list", "", ""),
    "viec": ("list", "", ""),
    "/viec@giaoviec_bot": ("list", "", ""),
    "việc của tôi": ("list", "", ""),
    "tasks": ("list", "", ""),
    "việc hôm nay": ("today", "", ""),
    "viec hom nay": ("today", "", ""),
    "tasks today": ("today", "", ""),
    "trễ": ("late", "", ""),
    "tre": ("late", "", ""),
    "việc nào trễ?": ("late", "", ""),
    "late": ("late", "", ""),
    "what is late?": ("late", "", ""),
    "nhận hết": ("ack_all", "", ""),
    "nhan het": ("ack_all", "", ""),
    "Nhận tất cả.": ("ack_all", "", ""),
    "ack all": ("ack_all", "", ""),
    "điểm": ("score", "", "điểm"),
    "score 10/2026": ("score", "", "score 10/2026"),
    "giúp": ("help", "", ""),
    "help": ("help", "", ""),
    "thôi": ("drop", "", ""),
    "cancel": ("drop", "", ""),
    "nghỉ 12/10-14/10 @binh": ("leave", "", "12/10-14/10 @binh"),
    "giao @an Báo cáo hạn thứ 6": ("assign", "", "giao @an Báo cáo hạn thứ 6"),
    "assign @an report by friday": ("assign", "", "assign @an report by friday"),
    "@an báo cáo; gửi sở": ("assign", "", "@an báo cáo; gửi sở"),
}

#: text → the act that may have been meant, and of which task
DOUBTFUL: dict[str, tuple[str, str]] = {
    "2 nhận được văn bản": ("ack", "2"),
    "1 nhận?": ("ack", "1"),
    "1 nhắn": ("ack", "1"),
    "1 nhân": ("ack", "1"),
    "1 duyêt": ("approve", "1"),
    "1 em nhận rồi ạ": ("ack", "1"),
    "2 em đã xong": ("done", "2"),
    "1 ok mai em nộp": ("ack", "1"),
    "1 nhận, 2 nhận": ("ack", "1"),
    "1,2 nhận": ("ack", ""),
    "1 và 2 nhận": ("ack", ""),
    "1 2 3 xong": ("done", ""),
    "1 xong chưa?": ("done", "1"),
    "1 xong chua": ("done", "1"),
    "1 xong?": ("done", "1"),
    "1 xong rồi à?": ("done", "1"),
    "1 xong 50%": ("done", "1"),
    "1 xong một nửa": ("done", "1"),
    "1 xong phần đầu": ("done", "1"),
    "1 xong trước thứ 6": ("done", "1"),
    "1 xong vào mai": ("done", "1"),
    "1 done by friday": ("done", "1"),
    "1 done?": ("done", "1"),
    "3 báo cáo và 2 phụ lục": ("done", "3"),
    "2 completed forms": ("done", "2"),
    "xong 1": ("done", "1"),
    "hoàn tác cái đó": ("undo", ""),
    "3 nhắc lại": ("nudge", "3"),
    "2 đồng ý với anh": ("approve", "2"),
}

NOTHING = (
    "2 ngày nữa em nộp", "2 ngày chờ văn bản của tỉnh", "30 phút họp thêm", "27/11 17:00 chờ số liệu", "17h nhận",
    "20/11 nhận", "1.5 nhận", "3 người", "việc 3 người", "1 việc chưa xong", "nhận 1 việc", "nhận 2 văn bản",
    "xong 1 phần", "2 trường hợp", "2 cho thứ 6", "1 cho anh Tuấn", "1 chưa xong", "1 không nhận", "12345 nhận",
    "chào anh", "em nộp rồi", "đã nộp báo cáo số 15", "trời hôm nay đẹp", "có", "ok", "thứ 6", "14h ngày 27/11",
    "nhắc anh Tuấn", "duyệt giúp em", "CV26-000123 là việc gì thế", "24/7", "2026-11-27", "1 tuần nghỉ", "điểm danh",
    "what?", "3 days", "2 people are sick", "1 more day please", "", "   ", "?", "...", "1 2 3", "@", "١ nhận",
    "nhân hết", "1 x", "tối nay 1 xong", "giao", "Chào anh\n1 nhận",
)  # fmt: skip


@pytest.mark.parametrize("text", CERTAIN)
def test_what_is_certain(text: str) -> None:
    act, task, rest = CERTAIN[text]
    assert [(one.act, one.task, one.rest) for one in parse(text)] == [(act, task, rest)]


@pytest.mark.parametrize("text", DOUBTFUL)
def test_what_may_be_meant_is_asked_about(text: str) -> None:
    act, task = DOUBTFUL[text]
    assert parse(text) == [Command("unsure", task, act, listed=False)]


@pytest.mark.parametrize("text", NOTHING)
def test_what_merely_looks_like_a_command_is_none(text: str) -> None:
    assert [one.act for one in parse(text)] in ([], ["assign"] if text in ("@", "giao") else [])


def test_the_table_is_large() -> None:
    assert len(CERTAIN) + len(DOUBTFUL) + len(NOTHING) >= 150


def acts(text: str) -> list[tuple[str, str, str]]:
    return [(one.act, one.task, one.rest) for one in parse(text)]


def test_several_commands_a_line_each_or_between_semicolons() -> None:
    wanted = [("ack", "1", ""), ("done", "2", "đã nộp"), ("return", "3", "thiếu"), ("details", "4", "?")]
    assert acts("1 nhận\n2 xong đã nộp\n3 trả lại thiếu\n4?") == wanted
    assert acts("1 nhận; 2 xong đã nộp ;3 trả lại thiếu;4?") == wanted
    assert acts("1. nhận\r\n2. xong đã nộp\r\n\r\n3. trả lại thiếu\r\n4?") == wanted


def test_free_text_goes_on_until_a_whole_command() -> None:
    assert acts("3 xong gồm:\n- 12 cơ sở, 2 ngày\n5 hồ sơ; 7 biên bản\n12\n4 nhận") == [
        ("done", "3", "gồm:\n- 12 cơ sở, 2 ngày\n5 hồ sơ; 7 biên bản\n12"),
        ("ack", "4", ""),
    ]


def test_the_lines_of_a_list_in_a_report_are_no_commands() -> None:
    text = "3 xong các việc:\n1. xong hồ sơ\n2) nhận giấy tờ\n3/ duyệt"
    assert acts(text) == [("done", "3", text.removeprefix("3 xong "))]
    assert [one.task for one in parse("1. xong hồ sơ\n2. xong giấy tờ")] == ["1", "2"]


@pytest.mark.parametrize(
    "line", ["giao lại cho chị Hoa", "nghỉ em xin về", "xong", "nhận", "2 nhận được giấy", "@binh"]
)
def test_a_line_of_a_report_that_might_be_a_command_stays_text(line: str) -> None:
    assert acts(f"1 xong đã nộp\n{line}") == [("done", "1", f"đã nộp\n{line}")]


def test_a_line_that_says_nothing_is_told_and_thanks_are_not() -> None:
    assert acts("1 nhận\nem cảm ơn") == [("ack", "1", "")]
    assert acts("1 nhận\nhọp lúc mấy giờ") == [("ack", "1", ""), ("unknown", "", "họp lúc mấy giờ")]


def test_orders_are_told_apart_and_a_reply_assigns_nothing() -> None:
    text = "giao @an A hạn thứ 6\ngiao @binh B hạn thứ 6"
    assert [one.rest for one in parse(text)] == text.split("\n")
    assert [one.act for one in parse("giao @an các việc:\n1. nhận hồ sơ\n2. trả kết quả")] == ["assign"]
    assert parse("giao cho chị Hoa rồi", replying=True) == []


@given(st.sampled_from(sorted(CERTAIN)), st.sampled_from(["", " ", ".", "!", "\n"]), st.booleans())
def test_case_blanks_and_marks_change_nothing(text: str, end: str, upper: bool) -> None:
    act, task, rest = CERTAIN[text]
    if not rest and act != "details":
        [found] = parse(f" {text.upper() if upper else text}{end}")
        assert (found.act, found.task) == (act, task)


@given(st.sampled_from(sorted(CERTAIN)))
def test_without_marks_it_is_the_same(text: str) -> None:
    act, task, rest = CERTAIN[text]
    [found] = parse(fold(text))
    assert (found.act, found.task, fold(found.rest)) == (act, task.upper(), fold(rest))


@given(st.text(max_size=60))
def test_nothing_breaks_it(text: str) -> None:
    for command in parse(text):
        assert command.task == "" or command.task in text.upper() or command.task.isdecimal()


@given(
    st.lists(st.sampled_from(["1 nhận", "2 xong", "ngày", "3", "\n", ";", " ", "xong", "gia hạn 2 ngày", "?", "4."]))
)
def test_no_task_that_was_not_written(parts: list[str]) -> None:
    text = "".join(parts)
    for command in parse(text):
        assert command.task in text
