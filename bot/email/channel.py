"""Plain-text mail over SMTP with the standard library, in a thread so that the loop never waits."""

import asyncio
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import make_msgid

from backend.kit.db import OperationalError
from backend.settings import Settings
from bot.channel import Receipt, SendError, Text
from bot.email import links
from bot.words import Voice

_TIMEOUT_S = 20.0
_SUBJECT_MAX = 120


class EmailChannel:
    """One SMTP server. Mail cannot be edited and replies to it are not read; what could be pressed becomes links, each
    to a page that asks once more and does it."""

    name = "email"
    edits = False
    buttons = False

    def __init__(self, settings: Settings, *, timeout_s: float = _TIMEOUT_S) -> None:
        self._settings, self._timeout_s = settings, timeout_s
        self._voice = Voice(settings.locale, settings.url, settings.zone)

    async def send(self, address: str, text: Text, *, reply_to: Receipt | None = None) -> Receipt:
        try:
            body = await links.body(address, text, self._voice)
        except (OperationalError, OSError) as error:
            raise SendError("temporary", f"the links of a mail: {type(error).__name__}") from error
        message = self._message(address, text, body)
        await asyncio.to_thread(self._deliver, message, address)
        # A header is more than a text, and a driver may not take it for one.
        return Receipt(str(message["Message-ID"]))

    async def edit(self, address: str, receipt: Receipt, text: Text) -> None:
        raise SendError("message", "mail cannot be edited")

    async def close(self) -> None:
        """Nothing is kept open between mails."""

    def _message(self, address: str, text: Text, body: str) -> EmailMessage:
        sender = self._settings.smtp_from or self._settings.smtp_user
        message = EmailMessage()
        try:
            message["From"], message["To"] = sender, address
        except ValueError as error:
            raise SendError("address", f"not a mail address: {error}") from None
        # Links are spelled out in the body only: a one-time link must not stand in a subject.
        first = text.plain.split("\n", 1)[0].split(" (http", 1)[0]
        message["Subject"] = " ".join(first.split())[:_SUBJECT_MAX]
        message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2] or None)
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(body)
        return message

    def _deliver(self, message: EmailMessage, address: str) -> None:
        """Until the text is on its way every failure is clean; from there to the server's answer it is unknown."""
        try:
            server = self._open()
        except smtplib.SMTPAuthenticationError as error:
            raise SendError("temporary", f"signing in to the mail server: {error.smtp_code}") from None
        except (OSError, smtplib.SMTPException) as error:
            raise SendError("temporary", f"mail server: {type(error).__name__}: {error}") from None
        try:
            server.send_message(message, to_addrs=[address])
        except smtplib.SMTPRecipientsRefused as error:
            code, words = next(iter(error.recipients.values()))
            raise SendError("address" if code >= 500 else "temporary", f"{code} {_text(words)}") from None
        except smtplib.SMTPResponseException as error:
            kind = "message" if error.smtp_code >= 500 else "temporary"
            raise SendError(kind, f"{error.smtp_code} {_text(error.smtp_error)}") from None  # type: ignore[arg-type]
        except smtplib.SMTPNotSupportedError as error:
            raise SendError("message", str(error)) from None
        except (OSError, smtplib.SMTPException) as error:
            raise SendError("unknown", f"{type(error).__name__}: {error}") from None
        finally:
            _hang_up(server)

    def _open(self) -> smtplib.SMTP:
        settings = self._settings
        if settings.smtp_port == 465:
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                settings.smtp_host, settings.smtp_port, timeout=self._timeout_s, context=ssl.create_default_context()
            )
        else:
            server = smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=self._timeout_s)
        try:
            if settings.smtp_starttls and settings.smtp_port != 465:
                server.starttls(context=ssl.create_default_context())
            if settings.smtp_user:
                server.login(settings.smtp_user, settings.smtp_password)
        except BaseException:
            server.close()
            raise
        return server


def _hang_up(server: smtplib.SMTP) -> None:
    """A server that is already gone needs no good-bye."""
    try:
        server.quit()
    except (OSError, smtplib.SMTPException):
        server.close()


def _text(words: bytes | str) -> str:
    return words.decode(errors="replace") if isinstance(words, bytes) else words
