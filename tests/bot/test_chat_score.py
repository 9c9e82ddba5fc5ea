"""«điểm»: one's own score with its trace, in the words people use, and never anybody else's."""

import pytest

from backend.kit.text import fold
from backend.models import LedgerEntry, OutboxNotice, Person, Task
from backend.tasks import service
from backend.tasks.schemas import DueDraft
from bot.inbound.scores import is_asked
from reminders import penalise
from tests.bot.conftest import Office
from tests.fakes import FakeClock, vn


@pytest.fixture
async def late(office: Office, clock: FakeClock) -> str:
    """A task of An's, late by one delay and then done; its code."""
    task = await office.assign(title="Báo cáo <lũ>", due=DueDraft(at=vn("2026-11-23 16:00")))
    clock.set("2026-11-25 09:00")
    await penalise.tick()
    await service.report(await office.cast.actor("an"), task.id, "Xong")
    await service.accept(await office.cast.actor("head"), task.id)
    await OutboxNotice.all().update(status="sent")
    return task.code


@pytest.mark.parametrize("words", ["điểm", "diem", "/diem", "Điểm của tôi?", "điểm 11/2026", "điểm tháng 11", "score"])
async def test_ones_own_score_with_what_it_lost_and_why(office: Office, late: str, words: str) -> None:
    phone = await office.phone("an")
    phone.send(words)
    await office.turn()
    said = phone.last.text
    assert "tháng 11/2026" in said
    assert "1 sản phẩm: 0 đúng hạn, 1 trễ, 0 chưa xong" in said
    assert f"{late} Báo cáo <lũ>: −5,83" in said
    assert "trễ hạn 16:00 thứ Hai 23/11/2026: −5,83" in said
    assert "còn thiếu điểm tiêu chí chung" in said
    assert "/scores/an/2026-11" in said


@pytest.mark.parametrize("words", ["điểm quý 4", "điểm quý IV/2026", "diem 2026-Q4", "score q4"])
async def test_a_quarter(office: Office, late: str, words: str) -> None:
    phone = await office.phone("an")
    phone.send(words)
    await office.turn()
    assert "quý IV/2026" in phone.last.text
    assert late in phone.last.text


async def test_a_month_that_has_not_come_this_year_is_last_years(office: Office) -> None:
    phone = await office.phone("an")
    phone.send("điểm 12")
    phone.send("điểm 13")
    await office.turn()
    first, second = [message.text for message in phone.received[-2:]]
    assert "tháng 12/2025" in first
    assert "chưa xếp loại" in first
    assert "không phải một kỳ" in second


@pytest.mark.parametrize("words", ["điểm @an", "điểm của An", "diem cua @an", "score @an", "score of an"])
async def test_nobody_elses_not_even_for_their_leader(office: Office, late: str, words: str) -> None:
    for handle in ("binh", "head", "hr"):
        phone = await office.phone(handle)
        phone.send(words)
        await office.turn()
        assert late not in phone.last.text
        assert "chỉ nói điểm của chính anh/chị" in phone.last.text
    stranger = await office.phone("stranger")
    stranger.send("điểm")
    await office.turn()
    assert late not in stranger.last.text
    assert "chưa xếp loại" in stranger.last.text


@pytest.mark.parametrize("words", ["điểm danh xong rồi", "điểm nóng ở khu phố 3", "scoreboard", "diem 10 diem"])
def test_words_that_only_begin_like_it_ask_for_nothing(words: str) -> None:
    assert not is_asked(fold(words))


async def test_a_secret_task_is_named_by_its_code_alone(office: Office, late: str) -> None:
    await Task.filter(code=late).update(secret=True)
    phone = await office.phone("an")
    phone.send("điểm")
    await office.turn()
    assert f"{late} (mật): −5,83" in phone.last.text
    assert "lũ" not in phone.last.text


async def test_in_english(office: Office, late: str) -> None:
    await Person.filter(id=office.cast.an.id).update(locale="en")
    phone = await office.phone("an")
    phone.send("my score")
    phone.send("score @binh")
    await office.turn()
    mine, others = [message.text for message in phone.received[-2:]]
    assert "1 product: 0 on time, 1 late, 0 open." in mine
    assert "-5.83" in mine
    assert "only tell you your own score" in others


async def test_many_losses_are_counted_and_not_all_named(office: Office, clock: FakeClock) -> None:
    for number in range(10):
        await office.assign(title=f"Việc số {number} " + "dài " * 90, due=DueDraft(at=vn("2026-11-23 16:00")))
    clock.set("2026-11-25 09:00")
    await penalise.tick()
    assert await LedgerEntry.filter(scope="officer").count() == 10
    await OutboxNotice.all().update(status="sent")
    phone = await office.phone("an")
    phone.send("điểm")
    await office.turn()
    assert phone.last.text.count("chưa hoàn thành trong kỳ") == 8
    assert "… và 2 việc khác bị trừ." in phone.last.text
