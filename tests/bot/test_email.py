"""Mail over a real socket: what is sent, and what each failure means."""

import ssl
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from backend.domain.notices import SignInLink
from backend.kit import clock as times
from backend.kit.db import Sql
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
    told = {"smtp_starttls": False, **more}
    return load({}, smtp_host="127.0.0.1", smtp_port=server.port, smtp_from="gv@ubnd.vn", **told)


async def failure(server: MailServer, **more: object) -> SendError:
    with pytest.raises(SendError) as caught:
        await EmailChannel(office(server, **more), timeout_s=0.1).send("an@phuong.vn", HELLO)
    return caught.value


@pytest.mark.one_database
async def test_a_mail_is_plain_text_with_its_links_spelled_out(db: None) -> None:
    async with mail_server() as server:
        receipt = await EmailChannel(office(server)).send("an@phuong.vn", HELLO)
        [mail] = server.mails
    assert (mail["From"], mail["To"], mail["Subject"]) == ("gv@ubnd.vn", "an@phuong.vn", "Việc mới CV26-000001")
    assert receipt.id == mail["Message-ID"]
    body = mail.get_content().replace("\r\n", "\n")
    assert body.strip() == (
        f"Việc mới CV26-000001 ({URL}/tasks/CV26-000001)\nHọp & ký\n\n"
        "Thư gửi tự động, xin đừng trả lời: không ai đọc thư trả lời."
    )


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
async def test_a_failure_by_its_answer(db: None, command: str, reply: str | None, kind: str) -> None:
    async with mail_server() as server:
        server.answers[command] = reply
        if command == "EHLO":
            server.answers["HELO"] = None
        assert (
            await failure(server, **({"smtp_user": "x", "smtp_password": "y"} if command == "EHLO" else {}))
        ).kind == kind


@pytest.mark.one_database
async def test_no_server_is_temporary_and_a_wrong_address_is_not(db: None) -> None:
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


async def test_a_mail_whose_links_cannot_be_made_is_tried_again(db: None) -> None:
    await Sql().run("alter table person rename to lost")
    try:
        async with mail_server() as server:
            assert (await failure(server)).kind == "temporary"
    finally:
        await Sql().run("alter table lost rename to person")
    assert server.mails == []


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A mail server's TLS for 127.0.0.1, and the file that whoever trusts it holds."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    trusted, secret = folder / "trusted.pem", folder / "secret.pem"
    trusted.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    secret.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trusted, secret)
    return context, trusted


@pytest.mark.one_database
async def test_starttls_hides_everything_and_without_it_nothing_is_sent(
    db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, trusted = certificate(tmp_path)
    ours = {"smtp_user": "gv", "smtp_password": "mat-khau", "smtp_starttls": True}
    async with mail_server(context) as server:
        unknown = await failure(server, **ours)
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        settings = load({}, smtp_host="127.0.0.1", smtp_port=server.port, smtp_from="gv@ubnd.vn", **ours)
        server.in_clear.clear()
        await EmailChannel(settings).send("an@phuong.vn", HELLO)
        assert (unknown.kind, len(server.mails), set(server.in_clear)) == ("temporary", 1, {"EHLO", "STARTTLS"})
    async with mail_server() as bare:
        assert (await failure(bare, **ours)).kind == "temporary"
        assert (bare.mails, "AUTH" in bare.in_clear) == ([], False)
