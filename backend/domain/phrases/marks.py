"""The small words of a line: how urgent, how heavy, whether it is to be accepted, whether it comes again."""

import re
from decimal import Decimal, InvalidOperation

from msgspec import Struct

from backend.domain.phrases.reasons import Ask
from backend.domain.phrases.text import Text, plain, vn

_RECURRENCE = {
    "ngay": "daily", "tuan": "weekly", "thang": "monthly", "quy": "quarterly", "day": "daily", "week": "weekly",
    "month": "monthly", "quarter": "quarterly",
}  # fmt: skip
_EVERY = vn(
    r"(?<![\w@])(?:(?:hằng|hàng|mỗi|every|each) (?P<unit>ngày(?! (?:mùng |mồng )?[0-9]{1,2}(?![\w:]))|tuần|tháng"
    r"|(?:quý|quí)(?! (?:khách|vị|ông|bà|công ty|đơn vị|cơ quan|hiếm|báu|giá))|day|week|month|quarter)(?: (?:một|1) lần)?"
    r"|(?P<word>daily|weekly|monthly|quarterly)"
    r"|(?P<part>mỗi|h~ằng|every)(?= (?:sáng|trưa|chiều|tối|morning|afternoon|evening)(?!\w)(?! (?:thứ|t[2-7]|chủ|cn)))"
    r"|(?P<month>mỗi|h~ằng)(?= ngày (?:mùng |mồng )?[0-9])"
    r"|(?P<days>mỗi|h~ằng|every)(?= (?:(?:sáng|trưa|chiều|tối|cuối ngày|đầu giờ) )?(?:thứ ?[2-7]"
    r"|thứ (?:hai|ba|tư|năm|sáu|bảy)|t[2-7]|chủ nhật|cn"
    r"|monday|tuesday|wednesday|thursday|friday|saturday|sunday)(?!\w)))(?!\w)"
)
_BY_DAY = (("days", "weekly"), ("part", "daily"), ("month", "monthly"))
#: "mua hàng ngày Tết", "khách hàng tháng 10": goods and customers, not every day.
_GOODS_BEFORE = vn(
    r"(?<!\w)(?:mua|bán|nhập|xuất|giao|nhà|ngân|khách|cửa|mặt|đơn|xếp|sắp|đặt|kho|gian|bốc|kiểm|chở|quầy)\s+$"
)
#: "mỗi tuần 2 lần" is more often than weekly, "hàng tháng 10" the goods of October.
#: "han moi thu 6" without accents is a new term.
_NEW_BEFORE = vn(r"(?<!\w)(?:han|lich|ngay|gio)\s+$")
_COUNT_AFTER = vn(
    r" (?:[0-9]{1,2}|hai|ba|bốn|năm|vài|nhiều) (?:lần|buổi)(?!\w)|(?<=tháng)·[0-9]{1,2}(?![\w:/])|(?<=tuần)·[0-9]{1,2}(?![\w:/])"
)
#: "weekly report" comes every week; a "weekly report template" may be mended once.
_WHOLE_ENGLISH = vn(
    r" (?:(?:on|by|before|at|every|until|from|due)(?!\w)|[0-9])"
    r"|(?: [a-z]+)?(?: (?:reports?|updates?|summary|summaries|checks?|backups?|returns?|briefs?|logs?))?"
    r"(?=\s*(?:$|[,;.:!)\n\x00]|(?:on|by|before|at|every|until|due|within|in)(?!\w)))"
)
_OF_THEM = vn(r" của(?!\w)")
_THING_BEFORE = vn(
    r"(?<!\w)(?:biểu mẫu|mẫu (?:báo cáo|biểu|phiếu|đơn|sổ)|quy chế|quy định|quy trình|chế độ|m~ức|đề cương|phần mềm|tiêu chí)"
    r"(?: [^\W_]+){0,4} $"
)
_MONEY_BEFORE = vn(r"(?:(?<!\w)(?:đồng|đ|vnđ|vnd|triệu|tỷ|nghìn|ngàn)|[0-9]đ)\s*(?:/\s*)?$")

_URGENCY = vn(
    r"(?<![\w@])(?:(?P<express>hỏa tốc(?! hành))|(?P<very>thượng khẩn|very urgent)"
    r"|(?P<urgent>(?:(?:rất|cực|siêu|cực kỳ) )?(?:khẩn cấp(?=\s*(?:$|[:!\]),.\n]))|khẩn(?! (?:trương|cấp|thiết"
    r"|cầu|khoản|nài|hoang))"
    r"|gấp(?! (?:đôi|rút|[0-9]|hai |ba |bội|nhiều|mấy|rưỡi|khúc|giấy|lại|gáp)))|urgent|asap))(?!\w)"
)
_NOT_URGENT = vn(
    r"(?:không|chưa|chẳng|đừng|độ|mức(?: độ)?|tình trạng|tình huống|tình thế|trường hợp|công văn|văn bản|điện"
    r"|công điện"
    r"|thư|đường dây|cuộc họp|họp|việc|quá|not|non|phát|chuyển)\s*$"
)
_NOUN_OF_URGENCY = vn(
    r"(?:công văn|văn bản|điện|công điện|thư|tình huống|trường hợp|tình trạng|mức(?: độ)?|độ|phát|chuyển|họp)\s*$"
)
_CRISIS = vn(r"(?<!\w)khẩn cấp(?!\w)")
_LABEL = vn(r"(?:^|[\n.,;(\[\x00])\s*(?:việc|nhiệm vụ|độ|mức độ|mức)?\s*$")

_WEIGHT = vn(
    r"(?<![\w@])(?:trọng số|hệ số(?: quy đổi)?|weight)(?: là"
    r"| of)?\s*[:=]?\s*(?P<n>[0-9]{1,3}(?:[.,][0-9]{1,3})?)(?![\w%/]|[.,][0-9])"
)

_ACCEPTANCE = vn(
    r"(?<![\w@])(?:(?:và )?(?:cần|phải|chờ)(?: (?:tôi|anh|chị|em|sếp|lãnh đạo|người giao|được|có))*"
    r" (?:duyệt|phê duyệt|nghiệm thu|duyệt lại|duyệt kết quả|nghiệm thu kết quả)"
    r"|(?:needs?|requires?|requiring|with) (?:my )?(?:acceptance|approval)|needs? to be (?:accepted"
    r"|approved))(?!\w)"
)
_NOUN_BEFORE = vn(
    r"(?:(?:các|những|số|loại|danh sách|danh mục|mọi|bao nhiêu|còn|đang) (?:[^\W_]+ ){0,3}|(?<!\w)(?:hồ sơ"
    r"|danh sách|đơn|đang|khoản|mục)\s*"
    r"|(?<!\w)(?:documents?|requests?|files?|that)\s*)$"
)
_NOT_NEEDED = vn(r"(?<!\w)(?:không|chưa|chẳng|khỏi|đừng|ko|k|hông|chả|not|no|doesn't|don't|without)\s+$")
_ENDS = vn(
    r"\s*(?:[!.]*\s*$|[,;:.!)\]\n\x00]|(?:nhé|nha|ạ|nhe|hạn|trước|chậm|muộn nhất|không quá|deadline|dl|due|by"
    r"|before|trong|lúc|vào|xong|gấp"
    r"|khẩn|hỏa tốc|thượng khẩn|trọng số|hệ số|cần duyệt|sáng|trưa|chiều|tối|hôm nay|mai|thứ ?[2-7]|t[2-7]|cn"
    r"|ngày [0-9]|[0-9]{1,2}(?:h|g|:|/)[0-9]*"
    r"|(?:cuối|đầu) (?:giờ|tuần|ngày|tháng))(?!\w))"
)
_BEGINS = vn(r"(?:^|[,;:.!(\[\n\x00])\s*$")


class Marks(Struct, gc=False):
    recurrence: str | None = None
    urgency: str = "normal"
    weight: Decimal = Decimal(1)
    needs_acceptance: bool = False
    asks: list[Ask] = []
    pieces: list[tuple[str, int, int]] = []


def find(text: Text) -> Marks:
    """Everything of the kind in the line, taken out of ``text.low``."""
    marks = Marks()
    if text.mentions("hang", "moi", "every", "each", "ly"):
        _recurrence(text, marks)
    if text.mentions("khan", "gap", "toc", "urgent", "asap"):
        _urgency(text, marks)
    if text.mentions("trong s", "trong  s", "he so", "he  so", "weight"):
        _weight(text, marks)
    if text.mentions("duyet", "nghiem thu", "accept", "approv"):
        _acceptance(text, marks)
    return marks


def _take(text: Text, marks: Marks, kind: str, start: int, end: int) -> None:
    marks.pieces.append((kind, start, end))
    text.cover(start, end)


def _recurrence(text: Text, marks: Marks) -> None:
    for match in _EVERY.finditer(text.low):
        if _MONEY_BEFORE.search(text.low[max(0, match.start() - 12) : match.start()]):
            continue
        if _GOODS_BEFORE.search(text.low[max(0, match.start() - 12) : match.start()]) and match[0][1] != "ằ":
            continue
        if match[0].startswith("moi") and _NEW_BEFORE.search(text.low[max(0, match.start() - 8) : match.start()]):
            continue
        if _COUNT_AFTER.match(text.low, match.end()) is not None or _part_of_work(text, match):
            marks.asks.append("recurrence")
            continue
        if match["word"] and not _WHOLE_ENGLISH.match(text.low, match.end()):
            marks.asks.append("recurrence")
            continue
        word = match["word"] or next((how for name, how in _BY_DAY if match[name]), "")
        found = {"daily": "daily", "weekly": "weekly", "monthly": "monthly", "quarterly": "quarterly"}.get(word)
        found = found or _RECURRENCE[plain(match["unit"]).replace("qui", "quy")]
        if marks.recurrence not in (None, found):
            marks.asks.append("several_recurrences")
            continue
        marks.recurrence = found
        start = match.start()
        if (edge := _EDGE_BEFORE.search(text.low, max(0, start - 8), start)) is not None and match["unit"]:
            # "cuối mỗi tháng" is "cuối tháng" as well: the words change places, and only the rest is taken out.
            _swap(text, marks, edge.end(), match)
        else:
            _take(text, marks, "recurrence", start, match.end())


def _part_of_work(text: Text, match: re.Match[str]) -> bool:
    """Whether it may belong to a thing: "mẫu báo cáo hằng tháng", "báo cáo hằng quý của các phòng", "mỗi quý 5 triệu"."""
    if not match["unit"] or _EDGE_BEFORE.search(text.low, max(0, match.start() - 8), match.start()):
        return False
    inside = not _ENDS.match(text.low, match.end())
    each = inside and match[0][0] in "me" and not _BEGINS.search(text.low[max(0, match.start() - 4) : match.start()])
    before = text.low[max(0, match.start() - 40) : match.start()]
    return each or _OF_THEM.match(text.low, match.end()) is not None or _THING_BEFORE.search(before) is not None


_EDGE_BEFORE = vn(r"(?<!\w)(?:cuối|đầu|giữa)\s+$")


def _swap(text: Text, marks: Marks, start: int, match: re.Match[str]) -> None:
    unit = match["unit"]
    text.low = text.low[:start] + unit + text.low[start + len(unit) :]
    text.bare = text.bare[:start] + plain(unit) + text.bare[start + len(unit) :]
    _take(text, marks, "recurrence", start + len(unit), match.end())


def _urgency(text: Text, marks: Marks) -> None:
    order = {"normal": 0, "urgent": 1, "very_urgent": 2, "express": 3}
    for match in _URGENCY.finditer(text.low):
        start, end = match.span()
        before = text.low[max(0, start - 20) : start]
        level = {"express": "express", "very": "very_urgent", "urgent": "urgent"}[match.lastgroup or "urgent"]
        bare = match[0].isascii() and plain(match[0].split()[-1]) in ("gap", "khan")
        if bare and (text.accented or not _ENDS.match(text.low, end)):
            # "gap" without accents is "gặp" as well, unless nothing follows that one could meet.
            continue
        if _NOT_URGENT.search(before) and not (_LABEL.search(before) and _ENDS.match(text.low, end)):
            if _NOUN_OF_URGENCY.search(before):
                marks.asks.append("urgency")
            continue
        if order[level] > order[marks.urgency]:
            marks.urgency = level
        label = _LABEL.search(before)
        if label is not None and label[0].strip(" \n.,;([\x00"):
            start -= len(label[0]) - (len(label[0]) - len(label[0].lstrip(" \n.,;([\x00")))
        _take(text, marks, "urgency", start, end)
    if _CRISIS.search(text.low) is not None:
        marks.asks.append("urgency")


def _weight(text: Text, marks: Marks) -> None:
    match = _WEIGHT.search(text.low)
    if match is None:
        return
    try:
        weight = Decimal(match["n"].replace(",", "."))
    except InvalidOperation:  # pragma: no cover - the pattern lets only numbers through
        return
    inside = not _ENDS.match(text.low, match.end()) and not _BEGINS.search(
        text.low[max(0, match.start() - 9) : match.start()]
    )
    if weight <= 0 or inside:
        marks.asks.append("weight")
        return
    marks.weight = weight
    _take(text, marks, "weight", match.start(), match.end())


def _acceptance(text: Text, marks: Marks) -> None:
    match = _ACCEPTANCE.search(text.low)
    if match is None:
        return
    start, end = match.span()
    before = text.low[max(0, start - 16) : start]
    if _NOT_NEEDED.search(before):
        return
    if _NOUN_BEFORE.search(before):
        marks.asks.append("acceptance")
        return
    if not _ENDS.match(text.low, end) and not _BEGINS.search(before):
        marks.asks.append("acceptance")
        return
    marks.needs_acceptance = True
    _take(text, marks, "needs_acceptance", start, end)
