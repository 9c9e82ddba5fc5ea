"""A loopback mail server for tests: keeps what it was given and answers as it is told."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import Message
from email.policy import default


class MailServer:
    """``answers`` overrides the reply to a command; None hangs up without one. With ``tls`` it offers STARTTLS;
    ``in_clear`` are the commands that anybody on the way could read."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.port = 0
        self.answers: dict[str, str | None] = {}
        self.mails: list[Message] = []
        self.in_clear: list[str] = []
        self._tls = tls

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._talk(reader, writer)
        except (ConnectionError, ssl.SSLError):
            pass  # the other side wants no more of it
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 test\r\n")
        while line := (await reader.readline()).decode().strip():
            command = line.split(maxsplit=1)[0].upper()
            if writer.get_extra_info("ssl_object") is None:
                self.in_clear.append(command)
            reply = await self._reply(command, reader, writer)
            if reply is None:
                break
            writer.write(f"{reply}\r\n".encode())
            if command == "STARTTLS" and self._tls is not None:
                await writer.start_tls(self._tls)
            if command == "QUIT":
                break

    async def _reply(self, command: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str | None:
        if command == "DATA":
            writer.write(b"354 go on\r\n")
            data = await reader.readuntil(b"\r\n.\r\n")
            reply = self.answers.get("DATA", "250 taken")
            if reply is None or reply.startswith("250"):
                self.mails.append(message_from_bytes(data[:-5], policy=default))
            return reply
        usual = {"QUIT": "221 bye"}
        if self._tls is not None:
            usual |= {
                "EHLO": "250-test\r\n250-AUTH PLAIN\r\n250 STARTTLS",
                "STARTTLS": "220 go on",
                "AUTH": "235 welcome",
            }
        return self.answers.get(command, usual.get(command, "250 ok"))


@asynccontextmanager
async def mail_server(tls: ssl.SSLContext | None = None) -> AsyncIterator[MailServer]:
    made = MailServer(tls)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    async with server:
        yield made
