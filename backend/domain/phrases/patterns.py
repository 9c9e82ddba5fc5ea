"""The spellings of a moment's parts, as one pattern that is tried at the beginning of every word."""

import re

from backend.domain.phrases.numbers import ENGLISH, SAID
from backend.domain.phrases.text import spelt

HOURS_OF_PART = {
    "sang": "sang", "sg": "sang", "trua": "trua", "chieu": "chieu", "ch": "chieu", "toi": "toi", "dem": "dem",
    "morning": "sang", "afternoon": "chieu", "evening": "toi", "night": "dem", "lunchtime": "trua",
}  # fmt: skip

_VIETNAMESE_DAYS = ("2 hai", "3 ba", "4 tu", "5 nam", "6 sau", "7 bay")
WEEKDAYS = {name: i for i, names in enumerate(_VIETNAMESE_DAYS) for name in names.split()}
WEEKDAYS |= {f"t{i + 2}": i for i in range(6)} | {"chu nhat": 6, "chua nhat": 6, "cn": 6}
WEEKDAYS |= {name: i for i, name in enumerate(["mon", "tue", "wed", "thu", "fri", "sat", "sun"])}
MONTHS = {
    name: i
    for i, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)
}

_MONTH_NAMES = (
    "january|february|march|april|june|july|august|september|october|november|december|"
    "jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec"
)
_DAY_NAMES = "monday|tuesday|wednesday|thursday|friday|saturday|sunday|tues|tue|wed|thurs|thur|fri"
_REF = r"(?:này|nay|sau|tới|kế tiếp|trước|qua|vừa rồi|rồi)"
_AND_MINUTES = r"(?=\s*(?:$|[,.;)\n]|phút|sáng|trưa|chiều|tối|ngày|thứ|t[2-7]|mai(?!\w)|hôm|chủ nhật|cn(?!\w)))"
_SMALL = rf"(?!(?:sau|nửa)(?!\w))(?:{SAID})"

#: In order of trying: the longer reading of the same words comes first.
_ATOMS = {
    "iso": r"(?P<is_y>20[0-9]{2})-(?P<is_m>[0-9]{2})-(?P<is_d>[0-9]{2})",
    "date": (
        r"(?:(?P<dt_ngay>ngày|hôm|mùng|mồng) ?)?(?P<dt_d>[0-9]{1,2})\s?(?P<dt_sep>[/.\-])\s?(?P<dt_m>[0-9]{1,2})"
        r"(?:\s?(?P=dt_sep)\s?(?P<dt_y>[0-9]{4}|[0-9]{2}))?"
    ),
    "long_date": (
        rf"(?:(?:ngày|hôm|mùng|mồng)(?: mùng| mồng)? ?)?(?P<ld_d>[0-9]{{1,2}}|{SAID}) (?:tháng|th\.?) ?"
        rf"(?P<ld_m>[0-9]{{1,2}}|giêng|chạp|{_SMALL})"
        r"(?:(?:,? năm |\s?/\s?)(?P<ld_y>[0-9]{4})| (?P<ld_yref>năm (?:này|nay|sau|tới)))?"
    ),
    "day_of_month": (
        rf"(?:(?:ngày|hôm) (?P<dm_d>[0-9]{{1,2}}|(?:mười|hai mươi|ba mươi)(?: {SAID}| mốt| lăm| tư)?)"
        rf"|(?:ngày )?(?:mùng|mồng) ?(?P<dm_d2>[0-9]{{1,2}}|{SAID}))"
        rf"(?: (?P<dm_ref>tháng {_REF}|này|tới))?"
    ),
    "tet": rf"(?P<tet_>(?:ngày )?rằm(?: tháng (?:giêng|chạp|[0-9]{{1,2}}|{_SMALL}))?)",
    "amount": (
        rf"(?:(?P<am_n>[0-9]{{1,4}}(?:[.,][0-9]{{1,2}})?|{SAID}|{ENGLISH})[\s\-]*"
        r"(?:(?P<am_bus>working|business|work) )?"
        r"(?P<am_u>ngày(?! (?:mai|mốt|kia|hôm|[0-9]{1,2}(?:[/.\-]| tháng)))"
        r"|tuần|tháng|năm|quý|buổi|phút|ph|p|tiếng(?: đồng hồ)?|minutes?|mins?|hours?|days?|weeks?"
        r"|months?|years?)"
        r"(?P<am_half> rưỡi)?(?P<am_work> làm việc| hành chính)?"
        r"(?P<am_ahead> nữa| tới| sau(?! (?:khi|đó|ngày|tết))| from now)?"
        rf"|(?P<am_n2>[0-9]{{1,4}}(?:[.,][0-9]{{1,2}})?|{SAID})\s*(?P<am_u2>giờ|h|g|phút|ph|p|')"
        r"(?: rưỡi)?(?P<am_ago> làm việc(?: nữa)?| hành chính(?: nữa)?| đồng hồ nữa| nữa| rưỡi nữa))"
    ),
    "clock": (
        rf"(?:(?P<ck_h>[0-9]{{1,2}}|{SAID}(?= giờ))(?:\s*(?:giờ|h|g)"
        rf"(?:(?P<ck_m>[0-9]{{2}})|\s+(?P<ck_m2>[0-9]{{1,2}}(?= ?phút)|[0-9]{{2}}{_AND_MINUTES}|{SAID}(?= phút)"
        rf"|(?:mười|(?:hai|ba|bốn|năm) mươi)(?: {SAID})?)|(?P<ck_half> ?rưỡi)"
        r"| kém (?P<ck_less>[0-9]{1,2}|mười(?: lăm)?|năm))?(?: ?phút|p|')?"
        r"|:(?P<ck_min>[0-9]{2})(?:\s?(?P<ck_ap>[ap])m)?))"
    ),
    "en_clock": r"(?P<en_h>[0-9]{1,2})(?:[:.](?P<en_m>[0-9]{2}))?\s?(?P<en_ap>[ap])\.?m(?:\.(?!\w))?",
    "noon": r"(?P<noon_>noon|midday|midnight)",
    "part": (
        r"(?:(?P<pt_edge>đầu|cuối|hết)(?: giờ| buổi)? )?(?:buổi )?"
        r"(?P<pt_name>sáng(?! (?:kiến|tạo|lập|suốt|chế|tác|tỏ|sủa|đèn|giá|lạng|tai|mắt|dạ))|trưa"
        r"|chiều(?! (?:cao|dài|rộng|sâu|ngang|dọc|hướng|chuộng|lòng|theo))"
        r"|tối(?! (?:ưu|thiểu|đa|cao|hậu|mật|giản|tân|hảo|nghĩa|kiến))|đêm|sg|ch|morning|afternoon|evening|lunchtime)"
        r"(?P<pt_now> nay| hôm nay)?"
    ),
    "edge": (
        r"(?P<eg>đầu|cuối|hết)(?: (?:giờ|buổi)(?: làm việc| hành chính)?| ngày(?: làm việc)?(?! ?[0-9])"
        r"|(?= ngày ?[0-9]))"
    ),
    "today": r"(?:ngày )?hôm nay|bữa nay|hnay|trong ngày(?! (?:mai|mốt|kia|hôm|mùng|mồng|thứ|chủ|[0-9]))|today|ngày nay(?= hạn)",
    "tonight": r"tonight|this (?:morning|afternoon|evening)",
    "tomorrow": r"(?<!nay·)(?:ngày )?mai(?! (?:táng|một|mối|phục|rùa|vàng|kiểng|tứ quý|danh|sau|hậu))|tomorrow|tmrw?",
    "after": r"ngày (?:mốt|kia)|m~ốt|(?<=sáng·)(?:mốt|kia)|(?<=chiều·)(?:mốt|kia)|(?:the )?day after tomorrow",
    "weekday": (
        rf"(?:(?:ngày )?thứ ?(?P<wd_no>[2-7]|hai|ba|tư|năm|sáu|bảy|bẩy)|(?P<wd_t>t[2-7])|(?P<wd_sun>chủ nhật|chúa nhật|cn))"
        r"(?! (?:xanh|đỏ|hồng|vàng|đen|sạch|tình nguyện|văn minh|nhân ái|yêu thương)(?!\w))"
        r"(?: (?P<wd_mod>này|tới(?: đây)?|kế tiếp|sau(?! (?:khi|đó|[0-9]))))?"
        rf"|(?:(?P<wd_enmod>this|next|last|coming) )?(?P<wd_en>{_DAY_NAMES}|(?:(?<=by·)|(?<=on·)|(?<=before·)"
        rf"|(?<=next·)"
        r"|(?<=this·))(?:mon|sat|sun))"
    ),
    "week": (
        rf"(?:(?P<wk_edge>cuối|đầu|giữa|hết|trong) )?tuần (?P<wk_ref>{_REF})|(?P<wk_en>this|next) week"
    ),
    "weekend": r"(?:ngày )?(?P<we_edge>cuối|đầu|giữa|hết|trong) tuần",
    "span": (
        r"(?:ngày )?(?P<sp_edge>cuối|đầu|giữa|hết|trong) (?:(?P<sp_unit>tháng|quý|quí|năm)(?! (?:học|ngân sách|tài chính)))"
        rf"(?: (?:(?P<sp_ref>{_REF})|(?P<sp_no>(?<=năm·)20[0-9]{{2}}|(?<!năm·)(?:giêng|chạp|[0-9]{{1,2}}|iv"
        rf"|i{{1,3}}|{_SMALL}))))?"
        r"(?:(?: năm |\s?/\s?)(?P<sp_year>20[0-9]{2})| (?P<sp_yref>năm (?:này|nay|sau|tới)))?"
    ),
    "en_span": (
        r"(?P<es_edge>end|start|beginning|middle)(?: of)?(?: the)?(?: (?P<es_ref>this|next))? "
        r"(?P<es_unit>day|week|month|quarter|year|q(?P<es_no>[1-4])(?!\w))"
    ),
    "short_span": r"eo[dwmqy]|cob|eob|close of business|(?:(?<=by·)|(?<=before·))(?P<ss>week|month|quarter|year)[ \-]?end",
    "en_date": (
        rf"(?:(?P<ed_m>{_MONTH_NAMES}|(?:(?<=by·)|(?<=on·)|(?<=before·))may)\.? (?P<ed_d>[0-9]{{1,2}})(?:st|nd"
        rf"|rd|th)?"
        rf"|(?P<ed_d2>[0-9]{{1,2}})(?:st|nd|rd|th)? (?:of )?(?P<ed_m2>{_MONTH_NAMES}"
        rf"|may))(?:,? (?P<ed_y>20[0-9]{{2}}))?"
        r"|the (?P<ed_d3>[0-9]{1,2})(?:st|nd|rd|th)"
    ),
    "lunar": r"(?P<ln>âm lịch|âm|âl|al|tết)",
}  # fmt: skip

_NUMBERS = "mot hai ba bon nam sau bay tam chin muoi nua"
_PARTS = "sang trua chieu toi dem sg ch morning afternoon evening lunchtime"
_DAYS = f"{_DAY_NAMES} mon sat sun".replace("|", " ")
#: The words, without accents, that each part can begin with; "0" is any digit.
_HEADS = {
    "iso": "0",
    "date": "0 ngay hom mung mong",
    "long_date": f"0 ngay hom mung mong {_NUMBERS}",
    "day_of_month": "ngay hom mung mong",
    "tet": "ngay ram",
    "amount": f"0 {_NUMBERS} one two three four five six seven eight nine ten half a an",
    "clock": f"0 {_NUMBERS}",
    "en_clock": "0",
    "noon": "noon midday midnight",
    "part": f"dau cuoi het buoi {_PARTS}",
    "edge": "dau cuoi het",
    "today": "ngay hom bua hnay trong today",
    "tonight": "tonight this",
    "tomorrow": "ngay mai tomorrow tmr tmrw",
    "after": "ngay mot kia the day",
    "weekday": f"ngay thu thu2 thu3 thu4 thu5 thu6 thu7 t2 t3 t4 t5 t6 t7 chu chua cn this next last coming {_DAYS}",
    "week": "cuoi dau giua het trong tuan this next",
    "weekend": "ngay cuoi dau giua het trong",
    "span": "ngay cuoi dau giua het trong",
    "en_span": "end start beginning middle",
    "short_span": "eod eow eom eoq eoy cob eob close week month quarter year",
    "en_date": f"0 the may {_MONTH_NAMES}".replace("|", " "),
    "lunar": "am al tet",
}  # fmt: skip


def _pattern(head: str) -> re.Pattern[str]:
    ways = (f"(?P<{name}>{spelt(atom)})" for name, atom in _ATOMS.items() if head in _HEADS[name].split())
    return re.compile(
        r"(?<![\w@/+\-%\x00])(?<![0-9][.,:])(?:" + "|".join(ways) + r")(?![\w%@]|[/\-–][\w]"
        r"|[.,:][0-9])"
    )


def _by_head() -> dict[str, re.Pattern[str]]:
    made: dict[tuple[str, ...], re.Pattern[str]] = {}
    heads: dict[str, re.Pattern[str]] = {}
    for head in sorted({head for each in _HEADS.values() for head in each.split()}):
        names = tuple(name for name in _ATOMS if head in _HEADS[name].split())
        if names not in made:
            made[names] = _pattern(head)
        heads[head] = made[names]
    return heads


#: For each word that can begin a part of a moment, the pattern of the parts it can begin.
BY_HEAD = _by_head()
WORD = re.compile(r"[^\W_]+")

#: What may stand between two parts of one moment.
GLUE = re.compile(
    spelt(r"[\s,(\x00]*(?:(?:vào lúc|vào|lúc|hồi|của|at|on|of|in the|the|ngày|hôm|-|–|tức(?: là)?)[\s,(]*)?")
)
