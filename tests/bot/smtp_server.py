"""A loopback mail server for tests: keeps what it was given and answers as it is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import Message
from email.policy import default


class MailServer:
    """``answers`` overrides the reply to a command; None hangs up without one."""

    def __init__(self) -> None:
        self.port = 0
        self.answers: dict[str, str | None] = {}
        self.mails: list[Message] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 test\r\n")
        while line := (await reader.readline()).decode().strip():
            command = line.split(maxsplit=1)[0].upper()
            if command == "DATA":
                writer.write(b"354 go on\r\n")
                data = await reader.readuntil(b"\r\n.\r\n")
                reply = self.answers.get("DATA", "250 taken")
                if reply is None or reply.startswith("250"):
                    self.mails.append(message_from_bytes(data[:-5], policy=default))
            else:
                reply = self.answers.get(command, "221 bye" if command == "QUIT" else "250 ok")
            if reply is None:
                break
            writer.write(f"{reply}\r\n".encode())
            if command == "QUIT":
                break
        writer.close()


@asynccontextmanager
async def mail_server() -> AsyncIterator[MailServer]:
    made = MailServer()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    async with server:
        yield made
