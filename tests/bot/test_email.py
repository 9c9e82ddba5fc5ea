"""Mail over a real socket: what is sent, and what each failure means."""

import pytest

from backend.domain.notices import SignInLink
from backend.kit import clock as times
from backend.models import DeliveryAttempt
from backend.settings import Settings, load
from bot.channel import Button, Receipt, SendError, Text
from bot.email.channel import EmailChannel
from tests.bot.bot_room import URL, put, sender_on
from tests.bot.smtp_server import MailServer, mail_server
from tests.cast import Cast

HELLO = Text(
    f'Việc mới <a href="{URL}/tasks/CV26-000001">CV26-000001</a>\n<b>Họp &amp; ký</b>',
    ((Button("Đã nhận", "t:1:ack"),),),
)


def office(server: MailServer, **more: object) -> Settings:
    return load({}, smtp_host="127.0.0.1", smtp_port=server.port, smtp_starttls=False, smtp_from="gv@ubnd.vn", **more)


async def failure(server: MailServer, **more: object) -> SendError:
    with pytest.raises(SendError) as caught:
        await EmailChannel(office(server, **more), timeout_s=0.1).send("an@phuong.vn", HELLO)
    return caught.value


@pytest.mark.one_database
async def test_a_mail_is_plain_text_with_its_links_spelled_out() -> None:
    async with mail_server() as server:
        receipt = await EmailChannel(office(server)).send("an@phuong.vn", HELLO)
        [mail] = server.mails
    assert (mail["From"], mail["To"], mail["Subject"]) == ("gv@ubnd.vn", "an@phuong.vn", "Việc mới CV26-000001")
    assert receipt.id == mail["Message-ID"]
    body = mail.get_content().replace("\r\n", "\n")
    assert body.strip() == f"Việc mới CV26-000001 ({URL}/tasks/CV26-000001)\nHọp & ký"


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("command", "reply", "kind"),
    [
        ("RCPT", "550 no such mailbox", "address"),
        ("RCPT", "450 try later", "temporary"),
        ("MAIL", "451 busy", "temporary"),
        ("DATA", "554 rejected as spam", "message"),
        ("DATA", "452 disk full", "temporary"),
        ("DATA", None, "unknown"),
        ("EHLO", None, "temporary"),
    ],
)
async def test_a_failure_by_its_answer(command: str, reply: str | None, kind: str) -> None:
    async with mail_server() as server:
        server.answers[command] = reply
        if command == "EHLO":
            server.answers["HELO"] = None
        assert (
            await failure(server, **({"smtp_user": "x", "smtp_password": "y"} if command == "EHLO" else {}))
        ).kind == kind


@pytest.mark.one_database
async def test_no_server_is_temporary_and_a_wrong_address_is_not() -> None:
    async with mail_server() as server:
        pass
    assert (await failure(server)).kind == "temporary"
    async with mail_server() as server:
        with pytest.raises(SendError) as caught:
            await EmailChannel(office(server)).send("an@phuong.vn\r\nBcc: x@y", HELLO)
    assert caught.value.kind == "address"


@pytest.mark.one_database
async def test_mail_is_not_edited() -> None:
    with pytest.raises(SendError):
        await EmailChannel(load({}, smtp_host="127.0.0.1")).edit("an@phuong.vn", Receipt("1"), HELLO)


async def test_a_sign_in_link_arrives_and_its_secret_is_in_no_subject(db: None, cast: Cast) -> None:
    notice = SignInLink(url=f"{URL}/links/very-secret", until=times.real())
    notice_id = await put(notice, cast.an)
    async with mail_server() as server:
        sender = sender_on(EmailChannel(office(server)))
        assert await sender.drain_once() == {"sent": 1}
        [mail] = server.mails
    assert "very-secret" in mail.get_content()
    assert "very-secret" not in mail["Subject"]
    assert (await DeliveryAttempt.get(notice_id=notice_id)).address == "an@phuong.example.vn"
