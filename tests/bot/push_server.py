"""A push service on the loopback over real HTTPS, and browsers that subscribe with it: it checks the signature of every
push as the real ones do, and each browser decrypts what it got with its own private key."""

import asyncio
import base64
import ipaddress
import json
import os
import ssl
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from itertools import count
from typing import Any

import http_ece
import jwt
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from backend.kit import clock

#: What a push service takes: with what encryption adds.
LARGEST = 4096
HANG = 0


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class FakeBrowser:
    """A browser that subscribed with the office's key. ``answer`` is what the service says to the next pushes: a status,
    or :data:`HANG`; ``retry_after`` goes with it."""

    def __init__(self, service: str, number: int, key: str) -> None:
        self.key = key
        self.path = f"/push/{number}-{'x' * 40}"
        self.endpoint = service + self.path
        self._private, self._auth = ec.generate_private_key(ec.SECP256R1()), os.urandom(16)
        self.p256dh = b64(self._private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))
        self.auth = b64(self._auth)
        self.answer, self.retry_after = 201, ""
        self.tried = 0
        self.shown: list[dict[str, Any]] = []

    def decrypt(self, body: bytes) -> bytes:
        return bytes(http_ece.decrypt(body, private_key=self._private, auth_secret=self._auth, version="aes128gcm"))


class PushServer:
    """The service. ``problems`` is what a real one would have refused, and why."""

    def __init__(self) -> None:
        self.host = ""
        self.browsers: dict[str, FakeBrowser] = {}
        self.problems: list[str] = []
        self._numbers = count(1)
        self._over = asyncio.Event()

    @property
    def url(self) -> str:
        return f"https://{self.host}"

    def browser(self, key: str) -> FakeBrowser:
        """Somebody allows notifications: a subscription for whoever holds ``key``."""
        made = FakeBrowser(self.url, next(self._numbers), key)
        self.browsers[made.path] = made
        return made

    async def handle(self, request: web.Request) -> web.Response:
        browser = self.browsers.get(request.path)
        body = await request.read()
        if browser is None:
            return web.Response(status=404)
        browser.tried += 1
        if browser.answer == HANG:
            await self._over.wait()
        if browser.answer >= 300:
            headers = {"retry-after": browser.retry_after} if browser.retry_after else {}
            if browser.answer == 307:
                headers["location"] = f"{self.url}/elsewhere"
            return web.Response(status=browser.answer, headers=headers)
        if problem := self._wrong(request, browser, body):
            self.problems.append(problem)
            return web.Response(status=403, text=problem)
        browser.shown.append(json.loads(browser.decrypt(body)))
        return web.Response(status=201, headers={"location": f"{self.url}/message/{browser.tried}"})

    def _wrong(self, request: web.Request, browser: FakeBrowser, body: bytes) -> str:
        headers = request.headers
        if headers.get("content-encoding") != "aes128gcm" or not headers.get("ttl", "").isdecimal():
            return "content-encoding or TTL"
        if len(body) > LARGEST:
            return f"too large: {len(body)}"
        scheme, _, given = headers.get("authorization", "").partition(" ")
        parts = dict(part.strip().split("=", 1) for part in given.split(","))
        if scheme != "vapid" or parts.get("k") != browser.key:
            return "not the key that the browser subscribed with"
        return self._unsigned(parts["t"], browser.key)

    def _unsigned(self, token: str, key: str) -> str:
        """What RFC 8292 §2 asks of the token."""
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unb64(key))
        # The clock of the world is the test's.
        unchecked = {"verify_exp": False, "verify_aud": False}
        try:
            claims = jwt.decode(token, point, algorithms=["ES256"], options=unchecked)
        except jwt.InvalidTokenError as error:
            return f"signature: {error}"
        if claims["aud"] != self.url:
            return f"aud: {claims['aud']}"
        if not 0 < claims["exp"] - clock.real().timestamp() <= 24 * 3600:
            return f"exp: {claims['exp']}"
        return "" if str(claims.get("sub", "")).startswith(("mailto:", "https:")) else "sub"

    def let_go(self) -> None:
        """Whoever hangs is answered."""
        self._over.set()


@cache
def _certificate() -> tuple[bytes, bytes]:
    """A certificate of 127.0.0.1, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "push service")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return made.public_bytes(Encoding.PEM), secret


@cache
def trusting() -> ssl.SSLContext:
    """For a client that takes the service for a real one."""
    return ssl.create_default_context(cadata=_certificate()[0].decode())


@cache
def _serving() -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"".join(_certificate()))
        file.flush()
        made.load_cert_chain(file.name)
    return made


@asynccontextmanager
async def push_server() -> AsyncIterator[PushServer]:
    """The service while the block lasts. Fails the test when it would have refused a push that was meant well."""
    made = PushServer()
    app = web.Application()
    app.router.add_post("/{path:.*}", made.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=_serving())
        await site.start()
        made.host = f"127.0.0.1:{runner.addresses[0][1]}"
        yield made
        assert made.problems == []
    finally:
        made.let_go()
        await runner.cleanup()
