"""How many typed lines a second are understood on one core, with the people of an office and of a whole province.

Run it with ``python benches/bench_phrases.py``. The lines are those of the corpora in tests/domain/phrases.
"""

import sys
import tomllib
from pathlib import Path
from random import Random
from time import perf_counter, process_time

sys.path.insert(0, str(Path(__file__).parents[1]))

from backend.domain.phrases import Roster, Somebody, parse
from tests.domain.phrases_office import FOLDER, MONDAY, at, calendar, office

FAMILIES = ["Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Võ", "Đặng", "Bùi", "Đỗ"]
MIDDLES = ["Văn", "Thị", "Minh", "Thanh", "Ngọc", "Hữu", "Quốc", "Thu", "Kim", "Đức"]
GIVEN = [
    "An",
    "Bình",
    "Hương",
    "Mai",
    "Năm",
    "Tư",
    "Sáu",
    "Lan",
    "Tùng",
    "Hạnh",
    "Phúc",
    "Dũng",
    "Thảo",
    "Loan",
    "Khoa",
    "Việt",
]
TITLES = [
    "Chủ tịch",
    "Phó Chủ tịch",
    "Chánh Văn phòng",
    "Kế toán",
    "Văn thư",
    "Chuyên viên Tổng hợp",
    "Công chức Địa chính",
]
ROUNDS = 5


def province(people: int) -> list[Somebody]:
    random = Random(2026)
    return [
        Somebody(
            f"p{n}",
            f"{random.choice(FAMILIES)} {random.choice(MIDDLES)} {random.choice(GIVEN)}",
            f"UBND xã số {n // 60}",
            random.choice(TITLES),
        )
        for n in range(people)
    ]


def rate(label: str, lines: list[str], roster: Roster) -> None:
    now = at(MONDAY)
    best = float("inf")
    for _ in range(ROUNDS):
        began = process_time()
        for line in lines:
            parse(line, now, calendar, roster)
        best = min(best, process_time() - began)
    print(f"{label:<44}{len(lines) / best:>10,.0f} lines/s")


def main() -> None:
    lines = [case["say"] for file in sorted(FOLDER.glob("*.toml")) for case in tomllib.loads(file.read_text())["case"]]
    print(f"{len(lines)} lines of the corpora, best of {ROUNDS} rounds, processor time")
    rate("an office of fifty", lines, office())
    began = perf_counter()
    known = [office().by_handle(handle) for handle in ("an", "mai", "tung", "thao", "binh")]
    roster = Roster([*filter(None, known), *province(50_000)])
    print(f"{'building the index of 50,000 people':<44}{perf_counter() - began:>10.2f} s")
    rate("a province of 50,000", lines, roster)


if __name__ == "__main__":
    main()
