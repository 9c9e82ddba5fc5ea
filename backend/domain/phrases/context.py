"""What stands before and after a moment and tells a deadline from a date that belongs to the task."""

from backend.domain.phrases.text import vn

#: How many letters before a moment are looked at for a marker or a name, and for a single word.
NEAR, CLOSE = 40, 22
THEN = (
    r"(?:[\s:(]*(?:là|vào|lúc|đến|tới|hết|trong(?: vòng)?|sau|trước|ngày|xử lý|nộp|hoàn thành|khoảng|the|on|at"
    r"|is|by))*"
)
#: "trung hạn", "gia hạn", "có thời hạn": what stands before "hạn" makes it another word.
_NO_TERM = (
    r"(?:(?<!gia·)|(?<=đánh·gia·)|(?<=báo·gia·)|(?<=định·gia·)|(?<=tham·gia·))(?<!qu~á·)(?<!tr~ễ·)(?<!~đ~úng·)(?<!hết·)"
    r"(?<!gi~ới·)(?<!vô·)(?<!nhiệm·hữu·)(?<!hết·niên·)(?<!mãn·)(?<!~đ~áo·)(?<!t~ới·)(?<!~đ~ến·)(?<!gửi·kỳ·)(?<!có·kỳ·)"
    r"(?<!có·thời·)(?<!không·thời·)(?<!vô·thời·)(?<!hết·thời·)(?<!qu~á·thời·)"
) + "".join(
    f"(?<!{what}·{long}·)"
    for long in ("trung", "dài", "ngắn")
    for what in ("công", "tư", "hoạch", "vốn", "vay", "tiêu", "lược", "nợ", "dụng", "tạo", "huấn", "khóa", "lớp")
)
#: "tuần trước", "học kỳ trước" are times gone by, when "hạn" follows.
_PERIODS = ("năm", "tuần", "tháng", "quý", "kỳ", "ngày", "khóa", "đợt", "buổi", "phiên", "vụ", "mùa", "họp", "đoạn")
_GONE_BY = "".join(f"(?<!{noun}·)" for noun in _PERIODS)
#: With these words before them, whatever follows.
_COMPARED = "".join(
    f"(?<!{word}·{noun}·)" for word in ("kỳ", "với", "của", "như") for noun in ("năm", "quý", "tháng", "tuần", "kỳ")
)
_BEFORE = (
    rf"(?=trước)(?<!hôm·)(?<!bữa·)(?<!lần·){_COMPARED}(?:trước(?! (?:thời )?hạn)(?: khi| thời điểm)?|{_GONE_BY}trước)"
    r"|(?:chậm|muộn|trễ)(?: nhất| lắm)|không (?:quá|muộn hơn|trễ hơn|chậm hơn)|deadline|dl|tr[ck]|due(?: date)?"
    r"|thời (?:gian|điểm)(?: hoàn thành| nộp| gửi| trình)?(?=\s*:)"
    r"|by|before|no later than|not later than"
)
_MARKS = rf"(?:(?:{_BEFORE})(?:\s*[:=\-–])?[\s:(]*)"
_TERM = (
    # What is looked for comes first, and then what must not stand before it: most words are neither.
    rf"(?=(?:trong )?(?:thời )?hạn){_NO_TERM}(?:(?:trong )?{_NO_TERM}thời )?hạn"
    r"(?: chót| mới| cuối cùng| cuối| xử lý| nộp| hoàn thành| xong| thực hiện| báo cáo| gửi)*(?:\s*[:=\-–])?[\s:(]*"
)
MARKER = vn(rf"(?<![\w@])(?=[bcdhkmnt])(?:{_MARKS}*{_TERM}{_MARKS}*|{_MARKS}+)(?<![^\s:(=\-–]){THEN}[\s:(]*$")
CONNECTOR = vn(
    r"(?<![\w@])(?P<word>(?:nội |ngay )?trong(?: vòng| khoảng)?|đúng|khoảng|vào(?: lúc| hồi)?|lúc|hồi|cho đến(?: hết)?|đến"
    r"(?: hết)?|tới(?: hết)?|sang|within|until|till|"
    r"in|on|at|n~ội|sau(?: khoảng)?|from|since|after|kể từ|bắt đầu từ|t~ừ|tu|và)\s*(?:the |ngày |khoảng )?$"
)
AFTER_IT = {"sau", "from", "since", "after", "kể từ", "ke tu", "bắt đầu từ", "bat dau tu", "từ", "tu"}
#: Markers after which "48h" is a length of time; after others an hour beyond the day is a slip.
LASTING_MARKS = ("trong", "trong vong", "trong khoang", "within", "in", "sau", "sau khoang", "thoi han", "khong qua")
LASTING = ("trong", "trong vong", "trong khoang", "within", "in", "sau", "sau khoang")
#: Verbs a term is the object of: "nhắc hạn thứ 6" reminds of it.
TERM_OBJECT = vn(r"(?<!\w)(?:nh~ắc|h~ỏi|d~ời|l~ùi|kéo dài|gi~ãn)\s$")
#: "đừng gửi trước thứ 6" is no deadline.
FORBIDDEN = vn(
    r"(?<!\w)(?:đừng|chớ|không (?:được|nên)|don't|do not|never|(?:không|chưa) (?:nộp|gửi|trả|phát hành|họp|ký|cấp|nhận|mở"
    r"|đóng|công bố|thanh toán))(?: [^\W_]+){0,3}\s$"
)
#: Without accents, late or overdue as likely as bamboo or a gift: "ho so tre han", "ho so qua han".
TERM_UNSURE = vn(
    r"(?<!\w)(?:tre|(?<!hom·)(?<!tang·)(?<!trao·)(?<!ket·)(?<!hieu·)(?<!vua·)(?<!thong·)qua|den|toi|(?:tra|nop|quyet) dung)\s$"
)
TERM = vn(r"(?<!định·)(?<!đầu·)(?<!cuối·)kỳ\s$")
#: What a term is the term of, when it is no term of the work: "hợp đồng thời hạn 12 tháng".
TERM_OF = vn(
    r"(?<!\w)(?:hợp đồng|giấy phép|giấy chứng nhận|thẻ|vay|thuê|mượn|bảo hành|lưu trữ|bảo quản|kỷ luật|tạm trú"
    r"|tạm vắng|thi công|kỳ|ký quỹ|tạm giữ|đình chỉ)\s(?:[^,;.\n]*\s)?$"
)
#: Before a date, it says which thing is meant, never by when to do it.
NAMING = vn(
    r"(?<!\w)(?:(?:công văn|văn bản|quyết định|nghị quyết|nghị định|thông tư|chỉ thị|thông báo|tờ trình"
    r"|hợp đồng|biên bản|giấy mời|công điện"
    r"|[0-9]+/[^\s,;]*[a-z][^\s,;]*(?: (?:của|ban hành|ký|đề)[^,;]{0,24})?"
    r"|giấy phép|luật|kết luận|đơn|phiếu|hóa đơn|chứng từ|qđ|nq"
    r"|nđ)(?: số)?(?: [^\s,;]*[0-9/][^\s,;]*)?(?: (?:của|ban hành|ký|đề)[^,;]{0,24})?"
    r"|(?<!công·)(?<!bệnh·)(?<!tư·)(?<!cá·)(?<!nạn·)(?<!hôn·)nhân"
    r"|lễ|dịp|kỷ niệm|mừng|chào mừng|sinh|đợt|kỳ|phiên|chiến thắng|chiến dịch|cách mạng|quốc khánh|ngày hội|tết"
    r"|ngày lễ|tháng|quý|tỷ lệ|tỉ lệ|tiến độ|đạt|theo|ký|ban hành|diễn ra|xảy ra|phát sinh|tính đến|số liệu đến"
    r"|anniversary|liên hoan|hội thao|hội chợ|hội diễn|chào|mít tinh|cuộc thi|phong trào|tỷ số)(?: ngày)?\s*$"
)
#: Before a bare 30/4, it is part of an address or a number; "ngày 30/4" is a day there too.
PLACES = vn(
    r"(?<!\w)(?:(?<!hồ·)(?<!co·)số|đường|phố|hẻm|quảng trường|cầu|chợ|khu phố|khu|tổ|ấp|thôn|điều|khoản|mục|nhà|tầng"
    r"|tòa|lô|no\.?|trường|bài|trang|quốc lộ|thửa|căn|xe)\s*$"
)
#: Before a weekday or an hour, it counts or names: "lần thứ 2", "bên thứ ba", "mạng 5G".
COUNTING = vn(
    r"(?<!\w)(?:lần|khóa|kỳ họp|kỳ|phiên|phiên họp|đợt|bên|người|vòng|nhiệm kỳ|con|vị trí|hạng|chương trình"
    r"|chuyên mục|mục|khoản|điều"
    r"|nhà|tầng|tòa|tổ|ca|khu|khu phố|lô|theo|đại hội|hội nghị|quý|phòng|lớp|trường)\s*$"
)
NETWORK = vn(r"(?<!\w)(?:mạng|sóng|công nghệ|sim|di động|viễn thông|trực|khung giờ|ca)\s*$")
#: Before a moment, it may be the time of what the task is about.
ABOUT = vn(
    r"(?<!\w)(?:sớm nhất|(?<!tr~ễ·)(?<!l~ỡ·)(?<!~đ~úng·)hẹn(?: trả)?|kịp(?: [^\W_]+){0,2}|về|(?<!một·)của|for the|for|of|about"
    r"|regarding"
    r"|(?:hết|qu~á|~đ~áo|t~ới|~đ~ến) hạn(?: vào)?"
    r"|(?<!giao·)cho(?: (?:cuộc họp|buổi họp|phiên họp|hội nghị|buổi lễ|lễ|sự kiện)[^,;]{0,16})?)(?: ngày)?\s*$"
)
ABOUT_DATE = vn(
    r"(?<!\w)(?:cuộc họp|phiên họp|hội nghị|buổi họp|buổi lễ|sự kiện|họp|kỳ họp|hội thảo|giao ban"
    r"|meeting)(?: vào)?(?: ngày)?\s*$"
)
#: Before a moment: a notice, an invitation or papers of a meeting, which takes place then.
ABOUT_EVENT = vn(
    r"(?<!\w)(?:giấy mời|thư mời|thông báo|công văn|tài liệu|nội dung|biên bản|chương trình|kịch bản|băng rôn)"
    r"(?: [^\W_]+){0,4} (?:họp|hội nghị|cuộc họp|phiên họp|buổi lễ|lễ|giao ban|hội thảo|tập huấn|tiếp xúc cử tri"
    r"|tiếp dân|đối thoại|mít tinh|đại hội|sơ kết|tổng kết)(?: [^\W_]+){0,2}(?: vào| lúc| vào lúc)*\s*$"
    r"|(?<!\w)(?:ngày|lễ|dịp) (?:thành lập|truyền thống|quốc tế|nhà giáo|phụ nữ|thầy thuốc|báo chí|môi trường|pháp luật"
    r"|dân số|gia đình|doanh nhân|thương binh|giải phóng|chuyển đổi số|toàn dân)[^,;]{0,24}$"
    rf"|(?<!\w){_NO_TERM}(?:thời )?hạn(?! (?:hán|chế|mức|điền|ngạch))(?: [^\W_]+){{1,4}}\s*$"
)
#: "số liệu đến 30/11" are the figures as of that day; "dời họp sang thứ 6" says when the meeting is.
AS_OF = vn(
    r"(?<!\w)(?:(?:số liệu|tiến độ|kết quả|tình hình|lũy kế|giải ngân)(?: [^\W_]+){0,6}|tính|phát sinh|thu chi)\s*$"
    r"|(?<!\w)(?:dời|hoãn|lùi|chuyển|đổi|rời|kéo dài|gia hạn)(?!\w)[^,;]{0,24}$"
)
REACHING = ("den", "toi", "cho den", "sang", "qua")
ABOUT_SPAN = vn(
    r"(?<!\w)(?:lịch|lịch (?:làm việc|công tác|trực|họp|tiếp dân|tuần)|kế hoạch|chương trình(?: công tác)?"
    r"|nhiệm vụ|phương hướng|công tác|tổng kết|sơ kết"
    r"|schedule|plan)\s*$"
)
COUNTED = vn(
    r"\s*(?:triệu|tỷ|tỉ|đồng|nghìn|ngàn|người|hộ|khoản|số(?! liệu)|diện tích|dân số"
    r"|công(?! an| văn| chức| khai| bố)|lần|bộ(?! phận)|cái|bản|trang(?! trí| bị| web)|suất|%|ha(?!\w)|km|m2|kg"
    r"|phần(?! mềm))"
    r"(?!\w)"
)
TAIL = vn(
    r"[\s,.;:!?)\]\"'…\x00]*(?:(?:nhé|nha|nhe|nghen|nghe|ạ|với nhé|giúp (?:anh|chị|em|tôi|mình)|giúp|please|pls"
    r"|thanks|thank you)[\s,.;!)\x00]*)*$"
)
STOP = vn(r"\s*[,;\n)\]\x00.|]|\s+(?:-|–|—)\s|\s*[(\[]\x00")
#: What is to be over "in December" is not "reports in December".
TO_END = vn(r"(?<!\w)(?:hoàn thành|hoàn tất|kết thúc|dứt điểm|xong|làm xong|giải quyết xong|finish|complete)(?!\w)")
HEAD = vn(r"(?:^|[,;:\n(\[\x00.!|>])[\s\-–]*$")
#: A clock or a marker that could not be read, right beside the deadline that was.
UNREAD_BEFORE = vn(
    r"(?:(?<![0-9.,])[0-2]?[0-9][.,][0-5][0-9]|(?<!\w)(?:hạn|trước|chậm nhất|muộn nhất|deadline|by"
    r"|before)(?: lúc| ngày)?\s*:?\s*[0-9][^\s]*)\s*$"
)
UNREAD_MARKED = vn(rf"(?<!\w)(?:{_TERM}|{_BEFORE})(?:lúc |ngày )?\s*[0-9][^\s]*\s*$")
UNREAD_AFTER = vn(r"\s*(?:,|và|hoặc|hay|-|–|đến|tới)\s*(?:ngày )?[0-9]{1,2}(?![\w.,])(?! [^\W_])")
#: Between a deadline and another that may stand instead of it.
ALTERNATIVE = vn(r"\s*(?:,|/|;|-|–)?\s*(?:(?:và|hoặc|hay|or|and)(?: là)?\s*)?")
STARTING = vn(
    r"\s*,?\s*(?:kể từ|tính từ|từ ngày|từ khi|từ lúc|sau khi|trước khi|so với|after (?!\w+day)|from (?!now)"
    r"|of receiving)"
)
FLOWER = vn(
    r"(?<!\w)(?:hoa|cây|cành|chậu|vườn|nhành|gốc|bà|chị|cô|em|bạn|bé|ông|anh|chú|bác|thị|văn|ngọc|thanh|tuyết"
    r"|xuân|phương|hồng|quỳnh|hoàng|sương|khóm|chợ|rượu|họ)\s*$"
)
BEFORE_TOMORROW = vn(
    r"(?:^|[\n.,;:!?(\x00]|[0-9]\s*(?:h|g|giờ|p|phút)?|(?<!\w)(?:hạn|trước|nhất|sáng|trưa|chiều|tối|sg|ch|ngày"
    r"|đến|vào|lúc|giờ|am|pm))\s*$"
)
MONTHS_BEFORE = vn(r"(?:[0-9]|một|hai|ba|sáu|chín) (?:tháng|tuần|quý|ngày)\s*$")
#: Between the two ends of the time something takes.
UNTIL = vn(r"\s*(?:đến|tới|-|–|to|until)\s*(?:ngày )?")
FROM = vn(r"(?<!\w)(?:t~ừ|tu|from)\s[^,;\n]{1,40}$")
MORNING_BEFORE = vn(r"[0-9]\s*(?:h|g|giờ|am)?\s*$")
MORNING_AFTER = vn(r" (?:mai|nay|mốt|hôm)(?!\w)")
EVENING_AFTER = vn(r"\s*(?:$|[,.;:!?)\n\x00]|(?:nay|mai|mốt|hôm|thứ|t[2-7]|cn|chủ|ngày|[0-9])(?!\w))|\s+t?[0-9]")
#: What belongs to the deadline in brackets or behind a comma: "(hoàn thành trong tuần)", ", xong trước thứ 6".
LED_IN = vn(
    r"(?:[,;.]\s*(?:(?:phải|cần|làm) )?(?:hoàn thành|hoàn tất|xong)"
    r"|[(\[]\s*(?:(?:phải|cần|làm) )?(?:hoàn thành|hoàn tất|xong|nộp|trình|gửi|trả|báo cáo))\s*:?\s*$"
)
#: Another part of the day right before: "sáng, chiều mai".
PART_BEFORE = vn(r"(?<!\w)(?:sáng|trưa|chiều|tối|mai|nay|mốt)\s*(?:,|/|-|và|hoặc|hay)\s*$")
