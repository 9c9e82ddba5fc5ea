"""One tap in a mail: the links under a notice, the page that asks once more, each act, and every link that is no good."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from msgspec.structs import replace

from backend.auth import act_links
from backend.auth.act_links import ACTS
from backend.kit import clock as times
from backend.kit import i18n
from backend.models import AuditRow, DeliveryAttempt, Person, Task, WaiverRequest
from backend.settings import Settings
from backend.tasks import queries, service
from backend.tasks.schemas import DueDraft, TaskDraft, TaskView
from backend.web.act import _DOES
from bot.email.channel import EmailChannel
from bot.sender import Sender
from reminders import penalise
from tests.backend.web_browser import Browser, text_of
from tests.bot.smtp_server import MailServer, mail_server
from tests.cast import Cast
from tests.fakes import FakeClock, vn

_LINK = re.compile(r"^(.+): http://127\.0\.0\.1:8000(/act\?k=\S+)$", re.M)


class Post:
    """The office's mail, as it lies in people's boxes."""

    def __init__(self, app: Any, cast: Cast, server: MailServer, sender: Sender, clock: FakeClock) -> None:
        self.app, self.cast, self.server, self.sender, self.clock = app, cast, server, sender, clock

    async def assign(self, by: str = "head", to: str = "an", **more: Any) -> TaskView:
        values: dict[str, Any] = {"title": "Báo cáo PCCC quý IV", "due": DueDraft(minutes=960), "leads": [to], **more}
        made = await service.assign(await self.cast.actor(by), TaskDraft(**values))
        return made.tasks[0]

    async def see(self, task: TaskView, by: str = "an") -> TaskView:
        return await queries.view(await self.cast.actor(by), task.id)

    async def deliver(self) -> None:
        self.clock.move(seconds=30)
        await self.sender.drain_once()

    async def links(self, to: str = "an") -> dict[str, str]:
        """The links of the last mail to somebody, by what stands before them."""
        await self.deliver()
        address = f"{to}@phuong.example.vn"
        mail = [mail for mail in self.server.mails if mail["To"] == address][-1]
        return dict(_LINK.findall(mail.get_content().replace("\r\n", "\n")))

    async def made(self, act: str, task: TaskView, by: str = "an", arg: str = "") -> str:
        """A link of an act that no notice of the test has."""
        person = self.cast.people[by]
        [path] = await act_links.act_paths(person.id, person.email, [(task.id, act, arg)])
        return path


@pytest.fixture
async def post(app: Any, cast: Cast, settings: Settings, clock: FakeClock) -> AsyncIterator[Post]:
    async with mail_server() as server:
        sender = Sender(settings.url)
        told = {"smtp_port": server.port, "smtp_host": "127.0.0.1", "smtp_starttls": False, "smtp_from": "gv@ubnd.vn"}
        sender.open(EmailChannel(replace(settings, **told)))
        yield Post(app, cast, server, sender, clock)


@asynccontextmanager
async def opened(post: Post, path: str, status: int = 200) -> AsyncIterator[Browser]:
    """The page behind a link, in a browser that nobody is signed in to."""
    async with Browser(post.app) as browser:
        await browser.get(path, status)
        yield browser


async def confirmed(post: Post, path: str, status: int = 200, **typed: str) -> str:
    """Open a link and press its button; what the page says then."""
    async with opened(post, path) as browser:
        return text_of(await browser.post("/act", typed, status))


def test_every_act_of_a_link_has_a_page_and_a_name() -> None:
    assert set(_DOES) | {"waive"} == ACTS
    assert all(i18n.has(locale, f"bot.button.{act}") for locale in i18n.LOCALES for act in ACTS)


async def test_a_card_by_mail_is_acknowledged_with_two_taps(post: Post) -> None:
    task = await post.assign()
    links = await post.links()
    assert list(links) == ["Đã nhận", "Báo cáo xong", "Xin gia hạn"]
    async with opened(post, links["Đã nhận"]) as browser:
        said = text_of(browser.page)
        assert "Báo cáo PCCC quý IV" in said
        assert task.code in said
        # Scanners open links too: neither done nor read.
        assert (await post.see(task)).acknowledged_at is None
        assert (await DeliveryAttempt.get(outcome="sent")).seen_at is None
        answer = await browser.client.get(links["Đã nhận"])
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert "Đã nhận việc." in text_of(await browser.post("/act", {}, 200))
        assert (await post.see(task)).acknowledged_at is not None
        assert (await DeliveryAttempt.filter(channel="email").order_by("id").first()).seen_at is not None
        assert "Đã nhận việc" not in text_of(await browser.get(links["Đã nhận"]))
        assert f"Việc {task.code} đã được nhận lúc" in text_of(browser.page)
        token = links["Đã nhận"].partition("=")[2]
        again = await browser.client.post("/act", data={"k": token})
        assert (again.status_code, "Việc này đã như vậy từ trước." in again.text) == (200, True)
        # Nothing else opens by it.
        assert (await browser.get(f"/tasks/{task.code}", 303)).startswith("/sign-in")
        assert (
            await browser.client.get(f"/api/tasks/{task.code}", headers={"authorization": f"Bearer {token}"})
        ).status_code == 401


async def test_a_report_by_mail_is_returned_and_accepted_by_mail(post: Post) -> None:
    task = await post.assign()
    report = (await post.links())["Báo cáo xong"]
    assert "Đã báo cáo." in await confirmed(post, report, text="Đã gửi Sở")
    assert (await post.see(task)).reports[-1].text == "Đã gửi Sở"
    assert "đã được báo cáo lúc" in await confirmed_text(post, report)
    links = await post.links("head")
    assert {"Duyệt", "Trả lại", "Trả lại, lỗi nghiêm trọng"} <= set(links)
    async with opened(post, links["Trả lại"]) as browser:
        assert "Đã gửi Sở" in text_of(browser.page)
        assert 'role="alert"' in await browser.post("/act", {"reason": " "}, 422)
        assert "Đã trả lại." in text_of(await browser.post("/act", {"reason": "Thiếu số liệu"}, 200))
    assert (await post.see(task)).status == "acknowledged"
    accept = links["Duyệt"]
    assert "không còn chờ thao tác ấy" in await confirmed_text(post, accept)
    assert "Báo cáo xong" in await post.links()
    await confirmed(post, await post.made("done", task))
    assert "Đã duyệt." in await confirmed(post, accept)
    assert f"Việc {task.code} đã đóng lúc" in await confirmed_text(post, accept)
    async with Browser(post.app) as browser:
        late = await browser.client.post("/act", data={"k": links["Trả lại"].partition("=")[2], "reason": "nữa"})
    assert (late.status_code, f"Việc {task.code} đã đóng lúc" in text_of(late.text)) == (409, True)


async def confirmed_text(post: Post, path: str) -> str:
    """The page behind a link that has no button (any more)."""
    async with opened(post, path) as browser:
        assert 'action="/act"' not in browser.page
        return text_of(browser.page)


async def test_a_serious_fault_is_returned_as_one(post: Post) -> None:
    task = await post.assign()
    await service.report(await post.cast.actor("an"), task.id, "Xong")
    page = await confirmed(post, (await post.links("head"))["Trả lại, lỗi nghiêm trọng"], reason="Sai số")
    assert "Đã trả lại." in page
    assert (await post.see(task)).reports[-1].major_error


async def test_more_time_is_asked_and_decided_by_mail(post: Post) -> None:
    task = await post.assign()
    extend = (await post.links())["Xin gia hạn"]
    async with opened(post, extend) as browser:
        assert 'role="alert"' in await browser.post("/act", {"reason": "Chờ tỉnh"}, 422)
        typed = {"due": "date", "due_on": "2026-11-30", "reason": "Chờ tỉnh"}
        assert "Đã gửi đề nghị gia hạn." in text_of(await browser.post("/act", typed, 200))
    links = await post.links("head")
    async with opened(post, links["Từ chối"]) as browser:
        assert "Chờ tỉnh" in text_of(browser.page)
        assert "Đã từ chối gia hạn." in text_of(await browser.post("/act", {"reason": "Không"}, 200))
    # The same question cannot be decided again, and its links decide no other one.
    assert (await post.see(task)).open_extension is None
    typed = {"due": "date", "due_on": "2026-12-01", "reason": "Vẫn chờ"}
    await confirmed(post, await post.made("extend", task), **typed)
    assert "không còn chờ thao tác ấy" in await confirmed_text(post, links["Đồng ý"])
    async with Browser(post.app) as browser:
        late = await browser.client.post("/act", data={"k": links["Đồng ý"].partition("=")[2]})
    assert late.status_code == 409
    assert "Đã đồng ý gia hạn." in await confirmed(post, (await post.links("head"))["Đồng ý"])
    assert (await post.see(task)).due_at.astimezone(times.now().tzinfo).date().isoformat() == "2026-12-01"


async def test_working_waiting_and_nudging(post: Post) -> None:
    task = await post.assign()
    await post.deliver()
    assert "đang làm việc này" in await confirmed(post, await post.made("working", task))
    assert (await post.see(task)).status == "acknowledged"
    async with opened(post, await post.made("wait", task)) as browser:
        assert 'role="alert"' in await browser.post("/act", {"until_on": ""}, 422)
        await browser.post("/act", {"until_on": "2026-11-25"}, 200)
    assert (await post.see(task)).waiting_until is not None
    assert "Đã nhắc." in await confirmed(post, await post.made("nudge", task, "head"))
    links = await post.links()
    assert {"Đang làm", "Đã xong"} <= set(links)
    assert "không còn chờ thao tác ấy" in await confirmed_text(post, await post.made("nudge", task, "an"))
    assert "Đã báo cáo." in await confirmed(post, links["Đã xong"])


async def test_a_leader_has_heard_of_a_silence(post: Post) -> None:
    task = await post.assign()
    await service.acknowledge(await post.cast.actor("an"), task.id)
    vice = post.cast.vice.id
    await Task.all().update(leader_told_at=times.now(), answer_line=[vice], answer_at=times.now())
    heed = await post.made("heed", task, "head")
    assert "không báo lên cấp trên nữa" in await confirmed(post, heed)
    assert "không còn chờ thao tác ấy" in await confirmed_text(post, heed)


async def test_a_delay_is_excused_by_mail_once(post: Post) -> None:
    await post.assign(due=DueDraft(at=vn("2026-11-23 16:00")))
    post.clock.set("2026-11-24 09:00")
    await penalise.tick()
    post.clock.set("2026-11-25 08:00")
    waive = (await post.links())["Xin xác nhận khách quan"]
    async with opened(post, waive) as browser:
        assert 'role="alert"' in await browser.post("/act", {"reason": ""}, 422)
        assert "Đã gửi đề nghị." in text_of(await browser.post("/act", {"reason": "Lũ cuốn đường"}, 200))
    made = await WaiverRequest.get()
    assert (made.cause, made.person_id) == ("Lũ cuốn đường", post.cast.an.id)
    assert "không còn chờ thao tác ấy" in await confirmed_text(post, waive)


async def test_a_delay_without_a_charge_cannot_be_waived(post: Post) -> None:
    task = await post.assign()
    path = await post.made("waive", task, arg="1")
    assert "không còn chờ thao tác ấy" in await confirmed_text(post, path)
    async with Browser(post.app) as browser:
        answer = await browser.client.post("/act", data={"k": path.partition("=")[2], "reason": "Mất điện"})
    assert answer.status_code == 409


@pytest.mark.parametrize("locale", ["vi", "en"])
async def test_a_link_that_is_no_good_says_why_in_the_readers_language(post: Post, locale: str) -> None:
    cast = post.cast
    await Person.filter(id=cast.an.id).update(locale=locale)
    task = await post.assign()
    name = i18n.t(locale, "bot.button.ack")
    link = (await post.links())[name]

    async def refused(path: str) -> None:
        async with Browser(post.app, locale) as browser:
            page = await browser.get(path, 404)
            token = path.partition("=")[2]
            posted = await browser.client.post("/act", data={"k": token})
            assert posted.status_code == 404
            assert "Báo cáo PCCC" not in page + posted.text
            pages.append(text_of(page))

    pages: list[str] = []
    for forged in (link[:-1], link.replace(".ack.", ".report."), "/act?k=", "/act", "/act?k=é.é", "/act?k=......."):
        await refused(forged)
        assert i18n.t(locale, "errors.act_link_bad") in pages[-1]
    # The reader's language is the person's, whatever the browser prefers.
    async with Browser(post.app, "vi" if locale == "en" else "en") as browser:
        assert f'<html lang="{locale}"' in await browser.get(link)
        browser.client.cookies.set("giaoviec_language", "vi" if locale == "en" else "en")
        assert f'<html lang="{locale}"' not in await browser.get(link)
    await Person.filter(id=cast.an.id).update(email="an.moi@phuong.example.vn")
    await refused(link)
    assert i18n.t(locale, "errors.act_link_moved") in pages[-1]
    await Person.filter(id=cast.an.id).update(email="an@phuong.example.vn", left_at=times.now())
    await refused(link)
    assert i18n.t(locale, "errors.act_link_left") in pages[-1]
    await Person.filter(id=cast.an.id).update(left_at=None)
    stranger = await post.made("ack", task, "stranger")
    await refused(stranger)
    post.clock.move(days=8)
    await refused(link)
    assert i18n.t(locale, "errors.act_link_over") in pages[-1]
    assert (await post.see(task)).acknowledged_at is None


async def test_guessing_is_paused_and_good_links_go_on(post: Post) -> None:
    await post.assign()
    link = (await post.links())["Đã nhận"]
    async with Browser(post.app) as browser:
        seen = [(await browser.client.get("/act?k=1.2.ack...x")).status_code for _ in range(55)]
        assert (seen[0], seen[-1]) == (404, 429)
        await browser.get(link)


async def test_another_site_and_somebody_elses_session_change_nothing(post: Post) -> None:
    """The token is what counts: no session is used, and no session's secret is asked for."""
    task = await post.assign()
    token = (await post.links())["Đã nhận"].partition("=")[2]
    async with Browser(post.app) as browser:
        await browser.sign_in(post.cast, "head")
        page = await browser.get(f"/act?k={token}")
        assert "Hoàng Minh Tuấn" not in page.partition("<main")[0]
        answer = await browser.client.post("/act", data={"k": token}, headers={"origin": "null"})
        assert answer.status_code == 200
    done = await AuditRow.get(action="task.acknowledged", object_id=task.id)
    assert done.actor_id == post.cast.an.id


async def test_a_secret_task_shows_its_code_and_the_act(post: Post) -> None:
    task = await post.assign(title="Đơn tố cáo ông Bình", body="Nội dung kín", secret=True)
    links = await post.links()
    assert list(links) == ["Đã nhận"]
    [mail] = [mail for mail in post.server.mails if mail["To"] == "an@phuong.example.vn"]
    assert task.code in mail["Subject"]
    async with opened(post, links["Đã nhận"]) as browser:
        pages = [browser.page, await browser.post("/act", {}, 200), await browser.get(links["Đã nhận"])]
    report = await post.made("report", task)
    pages.append(await confirmed(post, report, text="Kết quả kín"))
    pages.append(await confirmed_text(post, report))
    for act in ("accept", "return", "approve", "heed"):
        async with opened(post, await post.made(act, task, "head", "7")) as browser:
            pages.append(browser.page)
            if act == "approve":
                posted = await browser.client.post(
                    "/act", data={"k": (await post.made(act, task, "head", "7")).partition("=")[2]}
                )
                pages.append(posted.text)
    for page in pages:
        said = text_of(page)
        assert task.code in said
        assert [word for word in ("tố cáo", "Bình", "kín", "Hạn:", "lúc") if word in said] == []
