"""The words of the grammar: which say which act, and which say nothing beside a command."""

from typing import Literal

from backend.kit.text import fold

Act = Literal[
    "ack", "working", "done", "wait", "extend", "return", "return_major", "refuse", "refuse_extension", "approve",
    "accept", "approve_extension", "nudge", "heed", "waive", "comment", "details", "undo", "list", "today", "late",
    "ack_all", "score", "assign", "leave", "help", "drop", "unsure", "unknown",
]  # fmt: skip

#: After the task's number, and nothing after them but politeness.
_PLAIN: dict[Act, str] = {
    "ack": "nhận, đã nhận, nhận việc, tiếp nhận, đã tiếp nhận, ack, acknowledge, acknowledged, received, ok, oke, okay",
    "working": "đang làm, đang thực hiện, working, working on it",
    "done": "finished, completed, complete, báo cáo",
    "approve": "duyệt, phê duyệt, đồng ý, approve, approved",
    "accept": "duyệt báo cáo, accept, accepted, accept report, approve report",
    "approve_extension": "duyệt gia hạn, đồng ý gia hạn, cho gia hạn, approve extension, grant extension",
    "nudge": "nhắc, nhắc việc, nudge, remind",
    "heed": "đã nắm, tôi đã nắm, heed, i know of it",
    "undo": "hoàn tác, undo",
    "details": "chi tiết, xem, mở, details, show, open",
}
#: After the task's number, and what is said follows.
_SAYING: dict[Act, str] = {
    "done": "xong, đã xong, làm xong, đã làm xong, hoàn thành, đã hoàn thành, hoàn tất, báo cáo xong, done",
    "wait": "chờ, đang chờ, chờ đến, wait, waiting, wait for",
    "extend": "gia hạn, xin gia hạn, xin thêm, extend, extend by",
    "return": "trả lại, return",
    "return_major": "trả lại lỗi nặng, return major",
    "refuse": "từ chối, refuse, decline, reject",
    "refuse_extension": "từ chối gia hạn, không gia hạn, refuse extension",
    "waive": "khách quan, xin khách quan, waive",
    "comment": "ghi chú, comment",
}
#: A whole message or line.
_ALONE: dict[Act, str] = {
    "list": "việc, việc của tôi, danh sách việc, tasks, my tasks",
    "today": "việc hôm nay, hôm nay, tasks today, today",
    "late": "trễ, trễ hạn, quá hạn, việc trễ, việc trễ hạn, việc quá hạn, việc nào trễ, late, late tasks, overdue, "
    "what is late, what's late",
    "ack_all": "nhận hết, nhận tất cả, nhận hết việc, ack all, acknowledge all",
    "help": "giúp, trợ giúp, help",
    "drop": "thôi, hủy, huỷ, cancel",
    "undo": "hoàn tác, undo",
}
#: Without a number: the message replied to says of which task, or the bot asks.
_BARE: dict[Act, str] = {
    "ack": "nhận, đã nhận, ack, acknowledge",
    "approve": "duyệt, phê duyệt, approve",
    "done": "xong, đã xong, done",
    "nudge": "nhắc, nudge",
}


def _by_form(table: dict[Act, str]) -> dict[str, Act]:
    """Every way to type a form, with its marks or with none at all, with its act."""
    found: dict[str, Act] = {}
    for act, forms in table.items():
        for form in forms.split(", "):
            found[form] = act
            found.setdefault(fold(form), act)
    return found


PLAIN = _by_form(_PLAIN)
SAYING = _by_form(_SAYING)
ALONE = _by_form(_ALONE)
BARE = _by_form(_BARE)

#: Commands of the menu, as words.
SLASH = {"hoantac": "hoan tac", "trogiup": "giup", "start": "giup", "homnay": "viec hom nay", "nhanhet": "nhan het"}
#: Words (folded) that change nothing after a command.
POLITE = frozenset(
    ("a", "roi", "nhe", "nha", "nhi", "ok", "viec", "nay", "em", "anh", "chi", "sep", "bac", "cam", "on", "da", "vang",
     "duoc", "thanks", "thank", "you", "please", "sir")
)  # fmt: skip
#: The same where a number stands before: «nhận 1 việc» is not about task 1.
POLITE_LAST = frozenset({"a", "nhe", "nha", "please"})
#: What follows «xong» (folded) when not everything is done, or somebody asks.
NOT_DONE = ("chua", "mot nua", "nua", "mot phan", "phan", "duoc", "gan", "khoang", "tam", "half", "partly", "part",
            "not", "yet", "when", "khi nao", "bao gio", "truoc", "vao", "thi", "trong", "mai", "ngay mai", "sang mai",
            "hom nay", "chieu", "toi nay", "thu", "tuan", "cuoi", "by", "before", "until", "on", "tomorrow", "today",
            "next")  # fmt: skip
