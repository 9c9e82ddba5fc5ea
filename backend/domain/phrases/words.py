"""Words that say who is meant and where a name ends: verbs of assigning, forms of address, what a task begins with."""

import re

from backend.domain.phrases.text import one_way, plain, spelt

#: Ways to call somebody by before their name or position.
ADDRESS = (
    r"(?:(?:các |những )?(?:đồng chí|đ/c|đ\.c|d/c|dc(?= )|đc(?= )|anh|chị|ông|bà|cô|chú|bác|em|cậu|b~ạn|thầy"
    r"|sếp|a\.|c\."
    r"|mr\.?|mrs\.?|ms\.?))"
)
_VERB = (
    r"(?:(?:kính )?đề nghị|yêu cầu|phân công|phân(?= cho)|(?<!bàn·)giao(?: việc| nhiệm vụ| trách nhiệm)?|nhờ"
    r"|bảo(?! cáo)|nhắc|mời"
    r"|kính gửi|gửi(?= (?:đồng chí|đ/c|anh |chị |ông |bà ))|phiền|cử|chỉ đạo|chuyển(?= cho)|assign(?: this| it"
    r"| task)?"
    r"|please ask|please|pls|ask|tell|request|remind)"
)
ASSIGN = rf"(?:{_VERB}(?:[,:]? {_VERB})*(?: việc)?(?: cho| to)?)"

#: A verb of assigning where a sentence begins, with the form of address after it.
HEAD = re.compile(
    spelt(
        rf"(?:^|(?<=[\n.;!?:,\])\x00]))[\s\-–*•>\[(\x00]*(?P<verb>{ASSIGN})(?![\w/])\s*:?\s*"
        rf"(?:(?P<address>{ADDRESS})(?!\w)\s*)?"
    )
)
#: A verb of assigning in the middle of a sentence: what follows must be a person whatever happens.
INNER = re.compile(
    spelt(
        rf"(?<![\w\x00])(?P<verb>(?<!bàn·)giao cho|phân công(?: cho)?|nhờ|(?<!bàn·)giao(?= {ADDRESS})"
        rf"|assign(?:ed)? to)"
        rf"(?!\w)\s*:?\s*(?:(?P<address>{ADDRESS})(?!\w)\s*)?"
    )
)
TO = re.compile(spelt(rf"(?<![\w\x00])(?P<verb>cho|to)\s+(?:(?P<address>{ADDRESS})(?!\w)\s*)?"))
#: The very beginning of the line or of a sentence, for a name that needs no verb.
START = re.compile(spelt(rf"[\s\-–*•>\[(\x00]*(?:(?P<address>{ADDRESS})(?![\w/])\s*)?"))
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
LEAD_BEFORE = re.compile(spelt(rf"(?<![\w@])(?:{ASSIGN}|cho|to|for|chủ trì(?: là)?|người làm)") + spelt(_BEFORE))
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
        r"|to(?= \w))"
    )
)

_STARTERS = """
áp bám ban bàn báo bảo biên bổ bố bù bình cài cải cảnh cân cấp cập cần chạy chấm chấn che chép chi chia chỉ chỉnh
cho chọn chốt chống
chủ chuẩn chụp chuyển chứng chữa công cung cử cưỡng dán dạy dẫn dịch di diễn dọn dời dùng dự dựng đánh đảm đàm đào
đăng đặt đề đến đi
điểm điền điện điều định đo đóng đón đọc đôn đổi đối đưa gắn gặp giải giám giao giới giúp giữ góp gọi gom gỡ gửi gởi
hoàn họp hỏi hỗ hủy
hướng in kê kết khai khám khảo khắc khẩn khen khoanh khôi kiểm kiến kiện ký lái làm lắp lấy lập lên liên liệt lo lọc
lưu mang mời mở mua mượn
nắm nâng nấu ngăn nghe nghiên nghiệm nhận nhắc nhập nhờ niêm nộp ôn phát phân phê phối phòng phỏng phổ phục quay
quản quán quyết rà ra rút
rửa sang sao sắp sắm soát soạn số sơ sửa sưu tạm tạo tăng tập test thanh thay tham thảo thẩm thăm theo thẻ thêm thi
thiết thí thông thống thu thuê
thực thử tiếp tiến tiêu tìm tính tổ tổng tới trang tranh trả trao trả trích triển triệu trình trông trồng trực truy
truyền tra tu tuần tuyên tuyển từ
tư tưới ủy vận vào vẽ vệ viết vá xác xem xét xếp xin xóa xuất xuống xử xây xịt yêu đẩy đốc đính đóng nạo phun san
treo tháo bốc khơi thau di
duyệt huấn đối cắm khóa khoá hòa hướng trích nghe ghi gác giục hiệp hội lãnh lấp lót luyện múc nhổ nuôi nung ra rọc
tập tắt thắp thổi thức tỉa tô trám tráng
tưởng tuyên ước uốn vay vét viện vớt bẻ bẫy bịt buộc bưng búng cày cấm cầm cắm cất câu cho chăm chặn chép chở chôn
chữa còn cuốc cứu dắt dâng dẹp dí diệt dò đắp đậy
đeo đè đền đỗ đốn đốt đục đun đùm gánh gạch gài gặt gói hái hàn hát hầm kéo kẻ kèm khâu khoan khui là lát lăn lặn
lợp luộc may mắc mổ múa nhét nhúng nối ngắt phủ pha
rải rao rang rèn rót sấy sàng tặng thả thắt thụ thui tiễn tung tuyển vác vắt ví vỗ vun xách xay xẻ xịt xới
rào phá đập lát sơn quét hút bơm cắt tỉa chặt làm bắt xua giãn phản đáp trả chuyện nhắn hẹn gia lùi dừng đình thôi
bãi hoãn nộp
prepare send write check review draft finish complete submit report update call make do organise organize fix file
plan arrange
collect compile inspect visit print sign approve attend handle process reply respond verify clean repair order buy
book schedule
translate publish post scan archive register confirm coordinate draw design build create get bring deliver to
"""
STARTERS = frozenset(one_way(word) for word in _STARTERS.split())
STARTERS_PLAIN = frozenset(plain(word) for word in STARTERS)

_GIVEN = """
ái an anh ánh ân ba bách bảo bảy bắc bằng bích bình cẩm cảnh cát chánh châu chi chiến chín chinh chung chương công
cúc cường danh dân diễm
diệp diệu doanh du dung duy duyên dũng dương đại đan đào đạo đạt đăng đình định đoàn đô đông đồng đức gia giang giàu
giáp hà hai hải hạ hạnh
hân hằng hào hảo hậu hiên hiến hiền hiển hiệp hiếu hoa hoà hòa hoan hoàn hoàng hoài hoạt hồng hợp huân huấn huệ hùng
huy huyền huỳnh hưng hương
hường hữu kha khang khanh khánh khiêm khoa khôi khuê khuyên kiên kiều kiệt kim kỳ lam lan lành lâm lập lê lệ liên
liễu linh loan long lộc lợi luân
luận lực lương lượng lưu ly lý mai mạnh mẫn mận miên minh mơ mừng mỹ my mỵ nam năm nga ngà ngân nghi nghị nghĩa
ngoan ngọc ngô nguyên nguyệt nhã
nhàn nhân nhật nhi nhiên nhu nhung như nhựt ninh nở oanh phan phát phi phong phú phúc phụng phương phượng quang quân
quế quốc quy quý quyên
quyền quyết quỳnh sa sang sáng sáu sen sinh sơn sự sương tài tâm tấn tân tết thái thám thạch thanh thành thảo thắm
thắng thăng thế thi thiên thiện
thiệp thịnh thọ thoa thơ thơm thu thuận thục thủy thùy thúy thư thương thường thức tiên tiến tín tình tính toàn toản
tố tôn trà trang trâm trân
trầm trí triết triều trinh trình trọng trúc trung trường trực tú tuấn tuệ tùng tường tuyên tuyến tuyền tuyết tư tươi
uyên út vân văn vi viên việt
vinh vĩ võ vũ vui vượng vy vỹ xuân xuyến ý yên yến
"""
GIVEN = frozenset(one_way(word) for word in _GIVEN.split())
GIVEN_PLAIN = frozenset(plain(word) for word in GIVEN)

#: Family names that begin nothing else.
SURNAMES = frozenset(
    map(
        one_way,
        [
            "nguyễn",
            "trần",
            "phạm",
            "huỳnh",
            "hoàng",
            "võ",
            "vũ",
            "bùi",
            "đặng",
            "đỗ",
            "ngô",
            "phan",
            "trịnh",
            "dương",
            "đoàn",
            "lê",
            "lý",
        ],
    )
)
SURNAMES_PLAIN = frozenset(map(plain, ["nguyễn", "trần", "phạm", "huỳnh", "võ", "bùi", "đặng"]))

_DOUBTFUL = """
kiên loan phúc tuyên luân duy lưu huấn vận tuấn bổ điều giám thẩm kiểm 
mai nay thu thảo đạt dung tết xuân chín ba hai bảy sáu năm tư đông phong khoa công đồng trình cường thắng tiến lập
hiến đăng trang phát hội tổng minh
toàn quyết hoàn thanh bình an hòa bảo chi hợp định sơn tính thông ban thành quang long trung
"""
#: Given names that also begin a sentence about something else: "Thảo báo cáo", "Mai nộp", "Thu nộp".
DOUBTFUL = frozenset(one_way(word) for word in _DOUBTFUL.split())
DOUBTFUL_PLAIN = frozenset(plain(word) for word in DOUBTFUL)

#: Words as which a position is typed for short.
SHORT_TITLES = {
    "ct": "chủ tịch", "pct": "phó chủ tịch", "cvp": "chánh văn phòng", "pcvp": "phó chánh văn phòng", "tp": "trưởng phòng",
    "ptp": "phó trưởng phòng", "bt": "bí thư", "pbt": "phó bí thư", "gđ": "giám đốc", "gd": "giám đốc", "pgđ": "phó giám đốc",
    "pgd": "phó giám đốc", "kt": "kế toán", "vt": "văn thư", "cv": "chuyên viên", "ktt": "kế toán trưởng", "tt": "tổ trưởng",
}  # fmt: skip

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
        r"|khoa học|nông nghiệp|xã hội|thương|pháp chế|tổng hợp|hộ tịch|kế hoạch|dự án|chữ thập|người cao tuổi"
        r"|khuyến học|thi đua)(?!\w)"
    )
)
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
