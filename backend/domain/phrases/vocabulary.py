"""Lists of words that tell names from work: what a task begins with, given names, family names, short titles."""

from backend.domain.phrases.text import one_way, plain

_ENGLISH = """
add analyse analyze answer approve archive arrange assess attend audit book brief bring build buy calculate call chair
change check circulate clean clear close collate collect compile complete confirm consolidate contact coordinate count
cover create deliver design digitise digitize distribute draft draw edit ensure estimate evaluate examine explain file
find finish fix follow forward gather get give handle help host inspect install investigate invite issue join lead
look maintain make manage measure meet monitor move notify open order organise organize pay phone pick plan post
prepare print process produce proofread provide publish reconcile record register remove renew repair replace reply
report reset respond restore return review revise run scan schedule see send settle share sign sort start stop store
submit summarise summarize supervise survey take test train transfer translate turn type update upgrade upload verify
visit welcome work write
"""
#: What a task in English begins with.
ENGLISH = _ENGLISH.split()

_STARTERS = """
áp bám ban bàn báo bảo biên bổ bố bù bình cài cải cảnh cân cấp cập cần chạy chấm chấn che chép chi chia chỉ chỉnh cho
chọn chốt chống chủ chuẩn chụp chuyển chứng chữa công cung cử cưỡng dán dạy dẫn dịch di diễn dọn dời dùng dự dựng đánh
đảm đàm đào đăng đặt đề đến đi điểm điền điện điều định đo đóng đón đọc đôn đổi đối đưa gắn gặp giải giám giao giới
giúp giữ góp gọi gom gỡ gửi gởi hoàn họp hỏi hỗ hủy hướng in kê kết khai khám khảo khắc khẩn khen khoanh khôi kiểm
kiến kiện ký lái làm lắp lấy lập lên liên liệt lo lọc lưu mang mời mở mua mượn nắm nâng nấu ngăn nghe nghiên nghiệm
nhận nhắc nhập nhờ niêm nộp ôn phát phân phê phối phòng phỏng phổ phục quay quản quán quyết rà ra rút rửa sang sao sắp
sắm soát soạn số sơ sửa sưu tạm tạo tăng tập test thanh thay tham thảo thẩm thăm theo thẻ thêm thi thiết thí thông
thống thu thuê thực thử tiếp tiến tiêu tìm tính tổ tổng tới trang tranh trả trao trích triển triệu trình trông trồng
trực truy truyền tra tu tuần tuyên tuyển từ tư tưới ủy vận vào vẽ vệ viết vá xác xem xét xếp xin xóa xuất xuống xử xây
xịt yêu đẩy đốc đính nạo phun san treo tháo bốc khơi thau duyệt huấn cắm khóa khoá hòa ghi gác giục hiệp hội lãnh lấp
lót luyện múc nhổ nuôi nung rọc tắt thắp thổi thức tỉa tô trám tráng tưởng ước uốn vay vét viện vớt bẻ bẫy bịt buộc
bưng búng cày cấm cầm cất câu chăm chặn chở chôn còn cuốc cứu dắt dâng dẹp dí diệt dò đắp đậy đeo đè đền đỗ đốn đốt
đục đun đùm gánh gạch gài gặt gói hái hàn hát hầm kéo kẻ kèm khâu khoan khui là lát lăn lặn lợp luộc may mắc mổ múa
nhét nhúng nối ngắt phủ pha rải rao rang rèn rót sấy sàng tặng thả thắt thụ thui tiễn tung vác vắt ví vỗ vun xách xay
xẻ xới rào phá đập sơn quét hút bơm cắt chặt bắt xua giãn phản đáp chuyện nhắn hẹn gia lùi dừng đình thôi bãi hoãn
"""
#: What a task begins with.
STARTERS = frozenset(one_way(word) for word in _STARTERS.split()) | frozenset(ENGLISH)
STARTERS_PLAIN = frozenset(plain(word) for word in STARTERS)

_GIVEN = """
ái an anh ánh ân ba bách bảo bảy bắc bằng bích bình cẩm cảnh cát chánh châu chi chiến chín chinh chung chương công cúc
cường danh dân diễm diệp diệu doanh du dung duy duyên dũng dương đại đan đào đạo đạt đăng đình định đoàn đô đông đồng
đức gia giang giàu giáp hà hai hải hạ hạnh hân hằng hào hảo hậu hiên hiến hiền hiển hiệp hiếu hoa hoà hòa hoan hoàn
hoàng hoài hoạt hồng hợp huân huấn huệ hùng huy huyền huỳnh hưng hương hường hữu kha khang khanh khánh khiêm khoa khôi
khuê khuyên kiên kiều kiệt kim kỳ lam lan lành lâm lập lê lệ liên liễu linh loan long lộc lợi luân luận lực lương
lượng lưu ly lý mai mạnh mẫn mận miên minh mơ mừng mỹ my mỵ nam năm nga ngà ngân nghi nghị nghĩa ngoan ngọc ngô nguyên
nguyệt nhã nhàn nhân nhật nhi nhiên nhu nhung như nhựt ninh nở oanh phan phát phi phong phú phúc phụng phương phượng
quang quân quế quốc quy quý quyên quyền quyết quỳnh sa sang sáng sáu sen sinh sơn sự sương tài tâm tấn tân tết thái
thám thạch thanh thành thảo thắm thắng thăng thế thi thiên thiện thiệp thịnh thọ thoa thơ thơm thu thuận thục thủy
thùy thúy thư thương thường thức tiên tiến tín tình tính toàn toản tố tôn trà trang trâm trân trầm trí triết triều
trinh trình trọng trúc trung trường trực tú tuấn tuệ tùng tường tuyên tuyến tuyền tuyết tư tươi uyên út vân văn vi
viên việt vinh vĩ võ vũ vui vượng vy vỹ xuân xuyến ý yên yến
"""
GIVEN = frozenset(one_way(word) for word in _GIVEN.split())
GIVEN_PLAIN = frozenset(plain(word) for word in GIVEN)

_SURNAMES = "nguyễn trần phạm huỳnh hoàng võ vũ bùi đặng đỗ ngô phan trịnh dương đoàn lê lý"
_SURNAMES_PLAIN = "nguyen tran pham huynh vo bui dang"
#: Family names that begin nothing else.
SURNAMES = frozenset(one_way(word) for word in _SURNAMES.split())
SURNAMES_PLAIN = frozenset(_SURNAMES_PLAIN.split())

_DOUBTFUL = """
kiên loan phúc tuyên luân duy lưu huấn vận tuấn bổ điều giám thẩm kiểm mai nay thu thảo đạt dung tết xuân chín ba hai
bảy sáu năm tư đông phong khoa công đồng trình cường thắng tiến lập hiến đăng trang phát hội tổng minh toàn quyết hoàn
thanh bình an hòa bảo chi hợp định sơn tính thông ban thành quang long trung
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


_VERBAL_TITLES = """
bao ve, bien tap, cap duong, danh may, dieu duong, giam sat, huong dan, kiem soat, kiem tra, lai xe, nau an,
phien dich, phuc vu, quan tri, thanh tra, thi hanh, tiep tan, tong hop, truc ban, tuyen truyen, van dong
"""
#: Positions that say what somebody does: "giao bảo vệ đề cương" gives a thesis to be defended, to nobody.
VERBAL_TITLES = frozenset(title.strip() for title in _VERBAL_TITLES.split(","))
_THINGS = """
an biên bàn báo bổ chương chỉ công dự giải giấy họp hồ hội hợp khu kiến kế liên luận môi phòng phương quy quyền số thi
thông thể trang trường trật tuyển tài tư tổ tổng văn điều điểm đăng đề định đối
"""
#: Work that is a thing as well: after a verb it may be what is worked on.
THINGS = frozenset(one_way(word) for word in _THINGS.split())
THINGS_PLAIN = frozenset(plain(word) for word in THINGS)
#: A field of work that begins so is as likely the work itself: "xây dựng", "kế hoạch", "trả kết quả".
WORK_FIRST = STARTERS_PLAIN - {"tu"} | {"ke", "giao", "lao", "dao"}
