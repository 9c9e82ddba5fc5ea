"""One cell of an organisation file: every way people write a phone, a date, a role, and what is refused."""

from datetime import date

import pytest

from backend.domain.types import Role
from backend.org import values
from backend.org.values import Bad


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("0199 000 101", "+84199000101"),
        ("0199.000.101", "+84199000101"),
        ("+84 199 000 101", "+84199000101"),
        ("84199000101", "+84199000101"),
        ("0084 199000101", "+84199000101"),
        ("+84 0199 000 101", "+84199000101"),
        ("199000101", "+84199000101"),  # a spreadsheet ate the 0
        ("(024) 3825-1234", "+842438251234"),
        ("+44 20 7946 0018", "+442079460018"),
    ],
)
def test_phones_become_e164(text: str, stored: str) -> None:
    assert values.phone(text) == stored


@pytest.mark.parametrize("text", ["12345", "0199000", "+84 12", "abc", "0000000000", "+0123456789", "+84199000101999"])
def test_what_is_no_phone_is_refused(text: str) -> None:
    with pytest.raises(Bad) as error:
        values.phone(text)
    assert (error.value.code, error.value.params["value"]) == ("import_phone_bad", text)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-11-23", date(2026, 11, 23)),
        ("2026-11-23 00:00:00", date(2026, 11, 23)),
        ("23/11/2026", date(2026, 11, 23)),
        ("1/7/2025", date(2025, 7, 1)),
        ("01.07.2025", date(2025, 7, 1)),
        ("01-07-2025", date(2025, 7, 1)),
        ("45839", date(2025, 7, 1)),
    ],
)
def test_dates_in_every_usual_form(text: str, day: date) -> None:
    assert values.day(text) == day


@pytest.mark.parametrize(
    "text", ["31/02/2026", "11/23/2026", "2026", "mai", "01/07/25", "01/07/1825", "99999", "2026-11-23T08:00:00"]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(Bad, match="import_date_bad"):
        values.day(text)


def test_emails_are_lower_case() -> None:
    assert values.email("  An.Nguyen@HoaBinh.example.VN ") == "an.nguyen@hoabinh.example.vn"


@pytest.mark.parametrize(
    "text",
    ["an", "an@", "@vn", "an@vn", "a n@x.vn", "an@x..vn", "an@-x.vn", "ân@x.vn", "a@" + "x" * 250 + ".vn"],
)
def test_what_is_no_email_is_refused(text: str) -> None:
    with pytest.raises(Bad, match="import_email_bad"):
        values.email(text)


@pytest.mark.parametrize(
    ("text", "role"),
    [("leader", Role.LEADER), ("Lãnh đạo", Role.LEADER), ("CHUYÊN VIÊN", Role.OFFICER), ("Văn thư", Role.CLERK),
     ("tổ chức cán bộ", Role.HR), ("Quản trị", Role.ADMIN), ("Thanh tra", Role.AUDITOR)],
)  # fmt: skip
def test_roles_in_both_languages(text: str, role: Role) -> None:
    assert values.role(text) is role


def test_an_unknown_role_names_the_known_ones() -> None:
    with pytest.raises(Bad) as error:
        values.role("boss")
    assert error.value.code == "import_role_bad"
    assert "leader" in error.value.params["known"]


@pytest.mark.parametrize("text", ["0", "100", "-1", "x", "1.5"])
def test_ranks_are_small_numbers(text: str) -> None:
    assert values.rank("2") == 2
    with pytest.raises(Bad, match="import_rank_bad"):
        values.rank(text)


def test_codes_are_folded_and_safe_in_an_address() -> None:
    assert values.code("VP HĐND") == "vp-hdnd"
    for text in ("a/b", "-x", "é!", "x" * 65):
        with pytest.raises(Bad, match="import_code_bad"):
            values.code(text)


def test_handles_begin_with_a_letter() -> None:
    assert values.handle("@An") == "an"
    for text in ("1an", "a b", "a" * 41):
        with pytest.raises(Bad, match="import_handle_bad"):
            values.handle(text)


def test_languages() -> None:
    assert [values.locale(text) for text in ("VI", "English", "Tiếng Việt")] == ["vi", "en", "vi"]
    with pytest.raises(Bad, match="import_locale_bad"):
        values.locale("fr")


def test_a_person_is_meant_by_handle_email_or_phone() -> None:
    assert [values.person(text) for text in ("An", "@an", "AN@x.vn", "0199 000 101")] == [
        "an",
        "an",
        "an@x.vn",
        "+84199000101",
    ]


def test_long_text_is_refused_and_white_space_tidied() -> None:
    read = values.limited(10)
    assert read("  a \u00a0 b ") == "a b"
    with pytest.raises(Bad, match="import_too_long"):
        read("x" * 11)


@pytest.mark.parametrize(
    ("role", "title", "rank"),
    [
        (Role.LEADER, "Chủ tịch UBND", 1),
        (Role.LEADER, "Phó Chủ tịch UBND", 2),
        (Role.LEADER, "PHÓ TRƯỞNG PHÒNG", 2),
        (Role.LEADER, "Phòng trưởng", 1),
        (Role.LEADER, "Deputy Chair", 2),
        (Role.OFFICER, "Phó ban", 1),
    ],
)
def test_the_rank_follows_the_title(role: Role, title: str, rank: int) -> None:
    assert values.default_rank(role, title) == rank


@pytest.mark.parametrize(
    ("name", "handles"),
    [
        ("Nguyễn Văn An", ["an", "annv", "annv2", "annv3"]),
        ("Đỗ Thị Ánh Tuyết", ["tuyet", "tuyetdta", "tuyetdta2", "tuyetdta3"]),
        ("Năm", ["nam", "nam2", "nam3", "nam4"]),
        ("李 娜", ["canbo", "canbo2", "canbo3", "canbo4"]),
        ("Văn Bảy 7", ["cb7", "cb7vb", "cb7vb2", "cb7vb3"]),
    ],
)
def test_handles_come_from_the_given_name(name: str, handles: list[str]) -> None:
    candidate = values.handle_candidates(name)
    assert [candidate(number) for number in range(4)] == handles
