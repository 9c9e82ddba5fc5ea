"""What could be pressed as what can be typed, for channels that have no buttons."""

import pytest

from bot import cards, short
from bot.channel import Button, Text
from bot.inbound import grammar
from bot.lines import buttons, press
from bot.words import Voice
from tests.bot.conftest import Office

pytestmark = pytest.mark.usefixtures("clock")

VI, EN = Voice("vi", "http://127.0.0.1:8000"), Voice("en", "http://127.0.0.1:8000")

ACTS = (
    "ack", "working", "done", "wait", "extend", "waive", "approve", "accept", "return", "return_major",
    "approve_extension", "refuse_extension", "refuse", "nudge", "heed", "comment", "undo", "details",
)  # fmt: skip


def last(text: Text) -> str:
    assert text.buttons == ()
    return text.plain.rsplit("\n", 1)[-1]


def test_a_card_ends_with_what_can_be_typed() -> None:
    said = Text("Việc mới", buttons(VI, 7, "ack report", "extend details", on="t"))
    assert last(short.spoken(said, {7: 3}, VI)) == "Trả lời: 3 nhận · 3 xong … · 3 gia hạn 2 ngày … · 3?"
    said = Text("New", buttons(EN, 7, "ack report", "extend details", on="t"))
    assert last(short.spoken(said, {7: 3}, EN)) == "Answer: 3 ack · 3 done … · 3 extend 2 days … · 3?"


def test_who_has_no_number_types_the_code() -> None:
    said = Text("Nhắc", buttons(VI, 7, "nudge"))
    assert last(short.spoken(said, {7: "CV26-000123"}, VI)) == "Trả lời: CV26-000123 nhắc"


def test_a_decision_that_may_mean_two_things_is_spelled_out() -> None:
    rows = (
        (press(VI, 7, "accept"), press(VI, 7, "return")),
        (press(VI, 7, "approve", arg=5), press(VI, 7, "refuse", arg=5)),
    )
    assert last(short.spoken(Text("x", rows), {7: 1}, VI)) == (
        "Trả lời: 1 duyệt báo cáo · 1 trả lại … · 1 duyệt gia hạn · 1 từ chối gia hạn …"
    )


def test_days_to_wait_for_are_written_out() -> None:
    rows = ((Button("Đến thứ Năm", "c:7:wait_until:202612030030"),),)
    assert last(short.spoken(Text("x", rows), {7: 1}, VI)) == "Trả lời: 1 chờ đến 03/12/2026"


def test_of_many_tasks_the_first_is_the_example() -> None:
    rows = tuple(row for task in (7, 8, 9) for row in buttons(VI, task, "working done", on="b"))
    assert last(short.spoken(Text("x", rows), {7: 4, 8: 5, 9: 6}, VI)) == "Trả lời: ví dụ 4 đang làm · 4 xong …"


def test_choices_of_an_order_have_letters() -> None:
    rows = ((Button("An, Tư pháp", "a:0:who:0"),), (Button("An, Địa chính", "a:0:who:1"),), (Button("Thôi", "a:0:no"),))
    assert last(short.spoken(Text("x", rows), {}, VI)) == "Trả lời: a = An, Tư pháp · b = An, Địa chính · thôi"
    assert [short.choice(word) for word in ("a", " B ", "g", "ab", "")] == [0, 1, None, None, None]


def test_a_text_without_buttons_stays_as_it_is() -> None:
    assert short.spoken(Text("Đã giao"), {}, VI) == Text("Đã giao")


def test_what_is_offered_is_understood() -> None:
    for voice in (VI, EN):
        for act in ACTS:
            typed = short.phrase(voice, act, 3)
            [command] = grammar.parse(typed)
            assert (command.act, command.task) == (act, "3"), typed
            [command] = grammar.parse(short.phrase(voice, act, "CV26-000123"))
            assert (command.act, command.task) == (act, "CV26-000123")


async def test_numbers_are_the_readers_own_and_codes_for_others(office: Office) -> None:
    await office.assign(to="binh", by="head")
    task = await office.assign(to="an", by="head")
    an, head, chair = (office.cast.people[name].id for name in ("an", "head", "chair"))
    assert await short.numbers_of(an, [task.id]) == {task.id: 1}
    assert await short.numbers_of(head, [task.id]) == {task.id: 2}
    assert await short.numbers_of(chair, [task.id]) == {task.id: task.code}
    assert await short.numbers_of(an, []) == {}
    card = cards.card(await office.see(task), an, VI)
    assert "Số việc khi nhắn tin: 1" in card.plain
    assert short.tasks_of(card) == [task.id]
