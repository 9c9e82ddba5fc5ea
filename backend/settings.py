"""One frozen tree of settings, read once from the environment; a bad value stops the start with its name."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec

Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]

#: The push services of the browsers that people use.
PUSH_HOSTS = "fcm.googleapis.com,updates.push.services.mozilla.com,*.push.apple.com,*.notify.windows.com"
_PUSH_HOST = re.compile(r"(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:[0-9]{1,5})?")


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every knob. The environment name is the field's name in capitals, with ``GIAOVIEC_`` in front accepted too.

    ``NAME_FILE`` holds the path of a file with the value (for secrets mounted by the platform). Durations are seconds.
    """

    host: str = "127.0.0.1"
    port: Port = 8000
    public_url: str = ""  #: what people type; https makes cookies Secure. Empty: http://HOST:PORT
    trusted_proxies: str = "127.0.0.1,::1"  #: whose X-Forwarded-For and -Proto are believed; * = anybody's
    var_dir: str = "var"  #: embedded database, files, logs of the demo
    database_url: str = ""  #: sqlite:///path or postgres://...; empty: sqlite in VAR_DIR
    database_pool: Annotated[int, msgspec.Meta(ge=2, le=100)] = 10
    secret_key: str = ""  #: signs JWTs; empty: made once and kept in the database
    locale: Literal["vi", "en"] = "vi"  #: of somebody we do not know yet
    zone: str = "Asia/Ho_Chi_Minh"
    log_format: Literal["auto", "json", "text"] = "auto"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    telegram_token: str = ""
    telegram_api: str = "https://api.telegram.org"
    telegram_webhook_secret: str = ""  #: set: updates come by webhook (several replicas); empty: one poller
    zalo_token: str = ""  #: ID:SECRET of a bot; several with commas between them, officers are spread over them
    zalo_api: str = "https://bot-api.zaloplatforms.com"
    zalo_webhook_secret: str = ""  #: set: messages come by webhook; empty: polling, for development
    zalo_monthly: Annotated[int, msgspec.Meta(ge=0)] = 3000  #: messages a bot may send and hear in a month; 0: no limit
    zalo_users: Annotated[int, msgspec.Meta(ge=0)] = 50  #: people who may be linked to one bot; 0: no limit
    lease_s: Annotated[float, msgspec.Meta(gt=0, le=3600)] = (
        60  #: after so long a silent sender's notices go to another
    )
    smtp_host: str = ""
    smtp_port: Port = 587
    smtp_user: str = ""
    smtp_password: str = ""
    smtp_from: str = ""
    smtp_starttls: bool = True
    push_hosts: str = PUSH_HOSTS  #: push services of browsers that we speak to; empty: no web push
    heartbeat_url: str = ""  #: fetched after every running check that found nothing wrong; empty: none
    metrics_token: str = ""  #: set: /metrics wants it as a bearer token; empty: only loopback may read
    max_upload_mb: Annotated[int, msgspec.Meta(ge=1, le=200)] = 20
    demo: bool = (
        False  #: sample office, movable clock, phone simulator. Never from the environment: only `demo` sets it
    )

    @property
    def var(self) -> Path:
        return Path(self.var_dir)

    @property
    def database(self) -> str:
        """The database URL in force."""
        return self.database_url or f"sqlite:///{(self.var / 'giaoviec.db').absolute()}"

    @property
    def files_dir(self) -> Path:
        return self.var / "files"

    @property
    def url(self) -> str:
        """The address that links in messages start with, without a trailing slash."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def zalo_tokens(self) -> tuple[str, ...]:
        """The tokens of the Zalo bots, each ID:SECRET."""
        return tuple(token for token in (part.strip() for part in self.zalo_token.split(",")) if token)

    @property
    def push_services(self) -> tuple[str, ...]:
        """Hosts of push services: a name, ``*.`` in front for all below it, ``:port`` behind when it is not 443."""
        return tuple(host for host in (part.strip().lower() for part in self.push_hosts.split(",")) if host)

    @property
    def secure_cookies(self) -> bool:
        return urlsplit(self.url).scheme == "https"


class BadSettings(Exception):
    """The environment holds a value that cannot be used; the message names it."""


def load(environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """Read settings from ``environ`` (default: the process's); ``overrides`` win. Raises :class:`BadSettings`."""
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    for name in Settings.__struct_fields__:
        if name == "demo":
            continue
        found = _lookup(environ, name.upper())
        if found is not None and found != "":
            values[name] = found
    try:
        settings = msgspec.convert({**values, **overrides}, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise BadSettings(str(error)) from None
    _check(settings)
    return settings


def _lookup(environ: Mapping[str, str], name: str) -> str | None:
    for key in (f"GIAOVIEC_{name}", name):
        if key in environ:
            return environ[key].strip()
        if f"{key}_FILE" in environ:
            path = Path(environ[f"{key}_FILE"])
            try:
                return path.read_text(encoding="utf-8").strip()
            except OSError as error:
                raise BadSettings(f"{key}_FILE: {error.strerror or error}: {path}") from None
    return None


def _check(settings: Settings) -> None:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    if not settings.database.startswith(("sqlite:///", "postgres://", "postgresql://")):
        raise BadSettings("DATABASE_URL: expected sqlite:///PATH or postgres://USER:PASSWORD@HOST/NAME")
    if settings.public_url and urlsplit(settings.public_url).scheme not in ("http", "https"):
        raise BadSettings("PUBLIC_URL: expected http://... or https://...")
    if settings.heartbeat_url and not _is_web_address(settings.heartbeat_url):
        raise BadSettings("HEARTBEAT_URL: expected http://... or https://...")
    if settings.secret_key and len(settings.secret_key) < 32:
        raise BadSettings("SECRET_KEY: expected at least 32 characters")
    _check_zalo(settings)
    if wrong := [host for host in settings.push_services if not _PUSH_HOST.fullmatch(host)]:
        raise BadSettings(f"PUSH_HOSTS: not a host: {wrong[0]}")
    try:
        ZoneInfo(settings.zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise BadSettings(f"ZONE: no such time zone: {settings.zone}") from None


def _check_zalo(settings: Settings) -> None:
    bots = [token.partition(":") for token in settings.zalo_tokens]
    # The value is a secret: the message does not repeat it.
    if any(not id_.isalnum() or len(id_) > 40 or not rest for id_, _, rest in bots):
        raise BadSettings("ZALO_TOKEN: expected ID:SECRET, several with commas between them")
    if len({id_ for id_, _, _ in bots}) < len(bots):
        raise BadSettings("ZALO_TOKEN: the same bot twice")
    if settings.zalo_webhook_secret and not 8 <= len(settings.zalo_webhook_secret) <= 256:
        raise BadSettings("ZALO_WEBHOOK_SECRET: expected 8 to 256 characters")


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False
