"""Patterns that say who is meant and where a name ends: verbs of assigning, forms of address, words beside a name."""

import re

from backend.domain.phrases.text import spelt
from backend.domain.phrases.vocabulary import ENGLISH

#: Ways to call somebody by before their name or position.
ADDRESS = (
    r"(?:(?:các |những )?(?:đồng chí|đ/c|đ\.c|d/c|dc(?= )|đc(?= )|anh|chị|ông|bà|cô|chú|bác|em|cậu|b~ạn|thầy"
    r"|sếp|a\.|c\."
    r"|mr\.?|mrs\.?|ms\.?))"
)
_VERB = (
    r"(?:(?:kính )?đề nghị|yêu cầu|phân công|phân(?= cho)|(?<!bàn·)giao(?: việc| nhiệm vụ| trách nhiệm)?|nhờ"
    r"|bảo(?! (?:cáo|vệ|đảm|trì|dưỡng|hành|quản|tồn|hiểm|lưu|mật|trợ|lãnh|toàn|hộ|tàng)(?!\w))|nhắc|mời"
    r"|kính gửi|gửi(?= (?:đồng chí|đ/c|anh |chị |ông |bà ))|phiền|cử|chỉ đạo|chuyển(?= cho)|assign(?: this| it"
    r"| task)?(?: to)?"
    r"|please ask|please|pls|ask|tell|request|remind)"
)
ASSIGN = rf"(?:{_VERB}(?:[,:]? {_VERB})*(?: việc)?(?: cho)?)"
#: A form of address cut down to its letter; only right before a name.
_LETTER = r"[ace](?= [^\W0-9_])"
#: Forms of address that without their accents are other words ("chi" is to spend).
BARE_ADDRESS = frozenset(["chi", "ong", "ba", "co", "chu", "bac", "cau", "thay", "sep", "ban", "dong"])

#: A verb of assigning where a sentence begins, with the form of address after it.
HEAD = re.compile(
    spelt(
        rf"(?:^|(?<=[\n.;!?:,\])\x00]))[\s\-–*•>\[(\x00]*(?P<verb>{ASSIGN})(?![\w/])\s*:?\s*"
        rf"(?:(?P<address>{ADDRESS}|{_LETTER})(?!\w)\s*)?"
    )
)
#: The same anywhere, for a line that opens with its deadline: "Thứ 6 giao …", "Sáng mai anh Tư …".
LATER = re.compile(
    spelt(
        rf"(?<![\w\x00])(?:(?P<verb>{ASSIGN})(?![\w/])\s*:?\s*(?:(?P<address>{ADDRESS}|{_LETTER})(?!\w)\s*)?"
        rf"|(?P<called>{ADDRESS})(?!\w)\s*)"
    )
)
#: A verb of assigning in the middle of a sentence: what follows must be a person whatever happens.
INNER = re.compile(
    spelt(
        rf"(?<![\w\x00])(?P<verb>(?<!bàn·)giao cho|phân công(?: cho)?|nhờ|(?<!bàn·)giao(?= (?:{ADDRESS}|{_LETTER})(?!\w))"
        rf"|assign(?:ed)? to)"
        rf"(?!\w)\s*:?\s*(?:(?P<address>{ADDRESS}|{_LETTER})(?!\w)\s*)?"
    )
)
TO = re.compile(spelt(rf"(?<![\w\x00])(?P<verb>cho|to)\s+(?:(?P<address>{ADDRESS})(?!\w)\s*)?"))
#: The very beginning of the line or of a sentence, for a name that needs no verb.
START = re.compile(spelt(rf"[\s\-–*•>\[(\x00]*(?:(?P<address>{ADDRESS}|{_LETTER})(?![\w/])\s*)?"))
PLUS = re.compile(spelt(rf"(?P<with>\+)\s*(?:(?P<address>{ADDRESS})(?![\w/])\s*)?"))
TOGETHER = re.compile(
    spelt(
        r"(?<![\w\x00])(?P<with>(?:và |có )?phối hợp(?: thực hiện)?(?: cùng với| cùng| với)?"
        r"|cùng phối hợp(?: với)?|c/c"
        rf"|cc(?= )|in coordination with)\s*:?\s*(?:(?P<address>{ADDRESS})(?![\w/])\s*)?"
    )
)

#: What may stand right before an @.
_BEFORE = rf"(?:\s*[:(\[]?\s*(?:{ADDRESS}\s*)?)$"
EACH_BEFORE = re.compile(
    spelt(
        r"(?<![\w@])(?:giao |phân công |yêu cầu |đề nghị |assign )?(?:cho |to )?(?:mỗi|từng"
        r"|each(?: of)?)(?: người| đồng chí)?"
    )
    + spelt(_BEFORE)
)
WITH_BEFORE = re.compile(
    r"(?:\+|"
    + spelt(
        r"(?<![\w@])(?:(?:và |có |cùng |đơn vị )?phối hợp(?: thực hiện)?(?: cùng với| cùng| với)?|cùng với|cùng"
        r"|với|c/c|cc|with"
        r"|together with|in coordination with)"
    )
    + r")"
    + spelt(_BEFORE)
)
LEAD_BEFORE = re.compile(
    spelt(
        rf"(?<![\w@])(?:{ASSIGN}|cho|to|for|chủ trì(?: là)?|người (?:làm|thực hiện|phụ trách|nhận)|phụ trách|thực hiện)"
    )
    + spelt(_BEFORE)
)
ADDRESS_BEFORE = re.compile(spelt(rf"(?<![\w@]){ADDRESS}\s*$"))
#: What may stand between two people of one list.
LIST_GLUE = re.compile(spelt(rf"\s*(?:,|;|&|\+|và(?= )|and(?= ))?\s*(?:{ADDRESS}\s*)?"))
ANOTHER = re.compile(
    spelt(
        rf"\s*(?:(?:,|;|&|và(?= )|and(?= ))\s*(?:(?P<address>{ADDRESS})(?!\w)\s*)?"
        rf"|(?P<address2>{ADDRESS})(?!\w)\s+)"
    )
)
#: Said of the lead right after them, and nothing of the task.
AFTER = re.compile(
    spelt(
        r"\s*[)\]]?\s*(?:~ơi(?!\w)|oi(?= )|(?:,\s*)?(?:làm )?(?:chủ trì|phụ trách)(?=\s*(?:[,;:.+\n\x00]"
        r"|và phối hợp|phối hợp|$))"
        rf"|to(?= (?:{'|'.join(ENGLISH)})(?!\w)))"
    )
)

#: "giao" here is no verb of assigning: "giao ban", "giao thông", "giao đất".
NOT_GIVEN = re.compile(
    spelt(
        r"\s*(?:ban|thông|dịch|lưu|nhận|đất|thừa|khoán|mùa|rừng|tiếp|hữu|thoa|diện|hàng|nộp|kết|quyền"
        r"|chỉ tiêu)(?!\w)"
    )
)

#: After a position, these words go on naming it: "chủ tịch hội nông dân" is another chair.
ORGANISATION = re.compile(
    spelt(
        r"\s*(?:[–\-]\s*)?(?:phòng (?!chống|ngừa|cháy)|ban(?! hành)|hội(?! ý)|đoàn|ubnd|hđnd|mttq|ủy ban"
        r"|mặt trận|xã|phường|tỉnh|thành phố|quận|huyện|trung tâm|trường|trạm"
        r"|tổ(?! chức)|khu|tư pháp|kinh tế|văn hóa|văn phòng|nội vụ|tài chính|tài nguyên|y tế|giáo dục|công an"
        r"|công đoàn|công thương|thanh niên|thanh tra|phụ nữ|nông|cựu"
        r"|địa chính|môi trường|lao động|dân|tôn giáo|quân|hành chính|đảng|chi bộ|đội(?! (?:chiếu|trừ|thoại))"
        r"|thuế|kho bạc|bảo hiểm|ngân hàng|điện lực|đô thị|hạ tầng|sở|bộ|cục|chi cục|công nghệ"
        r"|khoa học|nông nghiệp|xã hội|thương|pháp chế|(?P<work>tổng hợp)|hộ tịch|kế hoạch|dự án|chữ thập|người cao tuổi"
        r"|khuyến học|thi đua|xây dựng(?= (?:kiểm|rà|xác|đo|xử|thẩm|phối|báo cáo)))(?!\w)"
    )
)
#: What a message calls its parts by: "Việc: …", "Nội dung: …".
LABEL = re.compile(
    spelt(
        r"(?:^|(?<=[\n\x00,;.]))[\s\-–*•]*(?P<label>(?:công việc|việc|nội dung(?: công việc)?|nhiệm vụ|task|what)\s*:)(?!:)"
    )
)
#: The number of an entry, which is no part of it.
ENTRY = re.compile(r"(?:^|\n)\s*(?P<no>[0-9]{1,2}\s*[.)])\s*$")
#: A beginning that could go on with the person or the verb before it.
STARTS_LIKE_MORE = re.compile(spelt(rf"(?:và|and|to|làm|chủ trì|phụ trách|phối hợp|cùng|với|with|{ADDRESS})(?!\w)"))
#: Two words that are one thing, though the first may be a name: "Công an", "an toàn".
COMPOUND = re.compile(
    spelt(
        r"(?:công (?:an|tác|chức|đoàn|văn|trình|khai|bố|ty|nghệ)|an (?:toàn|ninh|sinh|ủi)|thanh (?:tra|niên"
        r"|toán|lý|quyết)|trung (?:tâm|ương|thu|học)"
        r"|phong (?:trào|tỏa|tục)|khoa học|hải quan|hội (?:đồng|nghị|trường|thảo)|mai (?:táng|sau|mối)"
        r"|thu (?:hồi|thuế|gom|chi|nhập|hút|đông)"
        r"|xuân (?:hè|thu)|đông (?:xuân|đúc)|năm (?:học|nay|sau|tới|trước|[0-9])|tư (?:pháp|vấn|liệu|nhân"
        r"|tưởng)|ba (?:công khai|bên)|hai (?:bên|chiều)"
        r"|bình (?:đẳng|quân|chọn|ổn)|trang (?:trí|bị|thiết bị|web)|hòa giải|minh bạch|long trọng|quang cảnh"
        r"|tâm lý|hoa (?:quả|màu)|linh hoạt"
        r"|phương (?:án|tiện|hướng|pháp)|thành (?:phố|lập|viên|tích)|tiến (?:độ|hành)|chiến (?:dịch|lược)"
        r"|toàn (?:bộ|dân|thể)|thông (?:tin|báo)"
        r"|hướng dẫn|sơn sửa|việt nam|nam nữ|hương (?:ước|khói)|dung lượng|đạt chuẩn|giang sơn|lan tỏa"
        r"|hiếu học|tết (?:nguyên đán|trung thu))(?!\w)"
    )
)
#: After a number that may be a name.
QUANTITY = re.compile(
    spelt(r" (?:triệu|tỷ|tỉ|nghìn|ngàn|trăm|mươi|đồng|tháng|ngày|tuần|năm|người|hộ|suất|phần|lần)(?!\w)")
)
