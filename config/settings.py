"""Every setting, read once from the environment and `.env`, frozen.

`load()` names every missing or bad variable at once. Secrets are SecretStr: they print as stars.
"""

import base64
import os
import re
import secrets
import time
from datetime import time as time_of_day
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import BadSetting

_TOKEN = re.compile(r"[0-9A-Za-z]{1,32}")
_AES_KEY = re.compile(r"[0-9A-Za-z]{43}")
_LADDER = re.compile(r"(?:(?:reminder|mail)@\d{1,4}h,)*manual@\d{1,4}h")
_QUIET = re.compile(r"(?P<begins>([01]\d|2[0-3]):[0-5]\d)-(?P<ends>([01]\d|2[0-3]):[0-5]\d)")
_SENDER = re.compile(r"(?:[^<>\r\n\"]{1,60} )?<[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+")
_STARTTLS = ("auto", "always", "never")
_BIND = re.compile(r"(?P<host>[0-9A-Za-z.\-]+|\[[0-9a-fA-F:]+\]):(?P<port>\d{1,5})")


def _token(value: SecretStr) -> SecretStr:
    if not _TOKEN.fullmatch(value.get_secret_value()):
        raise ValueError("must be 1 to 32 letters or digits, as shown in the app's 接收消息 page")
    return value


def _aes_key(value: SecretStr) -> SecretStr:
    if not _AES_KEY.fullmatch(value.get_secret_value()):
        raise ValueError("must be exactly 43 letters or digits (EncodingAESKey)")
    return value


def _bind(value: str) -> str:
    match = _BIND.fullmatch(value)
    if not match or not 0 < int(match["port"]) < 65536:
        raise ValueError("must be host:port, for example 127.0.0.1:8000")
    return value


def _ladder(value: str) -> str:
    if not _LADDER.fullmatch(value.replace(" ", "")):
        raise ValueError("must be steps such as reminder@24h,mail@48h,manual@72h, the last one manual")
    hours = [int(number) for number in re.findall(r"@(\d+)h", value)]
    if hours != sorted(hours):
        raise ValueError("must have its steps in the order of their hours")
    return value


def _quiet(value: str) -> str:
    if value != "off" and not _QUIET.fullmatch(value):
        raise ValueError("must be HH:MM-HH:MM, for example 22:00-08:00, or off")
    return value


def _http_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an address that begins with http:// or https://")
    return value.rstrip("/")


def _optional_http_url(value: str) -> str:
    return _http_url(value) if value else value


def _smtp_url(value: str) -> str:
    if not value:
        return value
    try:
        parts = urlsplit(value)
        is_right = parts.scheme in ("smtp", "smtps") and bool(parts.hostname) and parts.port != 0 and parts.path in ("", "/")
    except ValueError:  # its words hold part of what may be a password that was not percent-encoded
        is_right = False
    if not is_right or parts.fragment or parts.query not in ("", *(f"starttls={how}" for how in _STARTTLS)):
        raise ValueError(
            "must look like smtp://user:password@host:587 (with ?starttls=always or never where wanted) or smtps://…:465; "
            "in user and password percent-encode what is not a letter or digit"
        )
    return value


def _secret_key(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value()) < 32:
        raise ValueError("must have at least 32 characters; make one with: python -c 'import secrets; print(secrets.token_urlsafe(48))'")
    return value


def _audit_key(value: SecretStr) -> SecretStr:
    try:
        seed = base64.b64decode(value.get_secret_value(), validate=True)
    except ValueError:
        seed = b""
    if len(seed) != 32:
        raise ValueError("must be 32 bytes in base64; make one with: python -m bot audit key")
    return value


Token = Annotated[SecretStr, AfterValidator(_token)]
AesKey = Annotated[SecretStr, AfterValidator(_aes_key)]
Bind = Annotated[str, AfterValidator(_bind)]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
UrlWithPassword = Annotated[str, Field(repr=False)]


def split_bind(bind: str) -> tuple[str, int]:
    """(host, port) of a checked `host:port`."""
    host, _, port = bind.rpartition(":")
    return host.strip("[]"), int(port)


def is_loopback(url: str) -> bool:
    """True when the address can only be this machine: the sandbox, never the vendor."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Settings(BaseSettings):
    """All settings; names are those of the environment in lower case. `.env.example` explains each."""

    # hide_input_in_errors: a traceback would show the refused value, and that may be a secret with one letter wrong.
    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True)

    wecom_corpid: Annotated[str, Field(pattern=r"^[0-9A-Za-z_\-]{1,64}$")]
    wecom_agentid: Annotated[int, Field(ge=0)]
    wecom_secret: SecretStr
    wecom_token: Token
    wecom_aes_key: AesKey
    wecom_token_old: Token | None = None
    wecom_aes_key_old: AesKey | None = None
    wecom_suite_id: str | None = None
    wecom_api_base: HttpUrl = "https://qyapi.weixin.qq.com"
    wecom_oauth_base: HttpUrl = "https://open.weixin.qq.com"

    secret_key: Annotated[SecretStr, AfterValidator(_secret_key)]
    public_url: HttpUrl
    trusted_proxies: Annotated[int, Field(ge=0, le=10)] = 0

    data_dir: Path = Path("data")
    database_url: UrlWithPassword = ""
    queue_url: UrlWithPassword = ""
    files_url: UrlWithPassword = ""
    evidence_max_bytes: Annotated[int, Field(ge=1024, le=1 << 30)] = 20 << 20
    smtp_url: Annotated[UrlWithPassword, AfterValidator(_smtp_url)] = ""
    mail_from: str = ""
    audit_key: Annotated[SecretStr, AfterValidator(_audit_key)] | None = None

    bind: Bind = "127.0.0.1:8000"
    console_bind: Bind | None = None
    console_url: Annotated[str, AfterValidator(_optional_http_url)] = ""
    console_wecom: bool = False
    wecom_login_base: HttpUrl = "https://login.work.weixin.qq.com"
    sandbox_bind: Bind = "127.0.0.1:8001"
    web_workers: Annotated[int, Field(ge=1, le=64)] = 2
    web_threads: Annotated[int, Field(ge=1, le=256)] = 32

    callback_max_bytes: Annotated[int, Field(ge=1024, le=64 << 20)] = 1 << 20
    callback_stale_s: Annotated[int, Field(ge=10, le=86400)] = 300
    sender_limit_per_minute: Annotated[int, Field(ge=1)] = 20
    wecom_account_ceiling: Annotated[int, Field(ge=1)] | None = None
    quiet_hours: Annotated[str, AfterValidator(_quiet)] = "22:00-08:00"
    broadcast_approval_above: Annotated[int, Field(ge=0)] = 100
    broadcast_fail_share: Annotated[float, Field(gt=0, le=1)] = 0.2
    broadcast_fail_least: Annotated[int, Field(ge=1)] = 20
    inbox_keep_days: Annotated[int, Field(ge=1)] = 90

    wecom_trusted_domain: bool = False
    notice_ladder: Annotated[str, AfterValidator(_ladder)] = "reminder@24h,mail@48h,manual@72h"
    notice_mail: Annotated[str, Field(pattern="^(always|fallback|never)$")] = "fallback"
    last_call_days: Annotated[int, Field(ge=1, le=60)] = 2
    review_days: Annotated[int, Field(ge=1, le=60)] = 5
    claim_hours: Annotated[int, Field(ge=1, le=72)] = 4
    human_days: Annotated[int, Field(ge=1, le=30)] = 1
    file_max_bytes: Annotated[int, Field(ge=1, le=1 << 30)] = 100 << 20
    filing_max_files: Annotated[int, Field(ge=1, le=100)] = 20
    files_keep_days: Annotated[int, Field(ge=30)] | None = None

    rules_encoder: Annotated[str, Field(pattern="^(auto|off)$")] = "auto"
    log_level: Annotated[str, Field(pattern="^(DEBUG|INFO|WARNING|ERROR)$")] = "INFO"

    clock_rate: Annotated[float, Field(gt=0, le=100_000)] = 1.0
    clock_origin: Annotated[float, Field(default_factory=time.time)]
    failpoint: str = ""

    @model_validator(mode="after")
    def _pairs_and_test_switches(self) -> Self:
        problems = []
        if (self.wecom_token_old is None) != (self.wecom_aes_key_old is None):
            problems.append("WECOM_TOKEN_OLD and WECOM_AES_KEY_OLD: set both while rotating, or neither")
        if self.smtp_url and not _SENDER.fullmatch(self.mail_from):
            problems.append("MAIL_FROM: with SMTP_URL it must be an address such as bot@example.com or 规则助手 <bot@example.com>")
        if not is_loopback(self.wecom_api_base):
            if self.clock_rate != 1.0:
                problems.append("CLOCK_RATE: works against the sandbox only (WECOM_API_BASE is not this machine)")
            if self.failpoint:
                problems.append("FAILPOINT: works against the sandbox only (WECOM_API_BASE is not this machine)")
        if problems:
            raise ValueError("\n".join(problems))
        return self

    @property
    def database(self) -> str:
        """SQLAlchemy URL; an SQLite file in the data folder unless set. `postgresql://` means the psycopg 3 driver."""
        url = self.database_url or f"sqlite:///{self.data_dir.resolve() / 'bot.db'}"
        return re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url)

    @property
    def has_own_console(self) -> bool:
        """Whether the console listens elsewhere than the callback."""
        return self.console_bind not in (None, self.bind)

    @property
    def console(self) -> str:
        """The address of the console's pages, without a slash at its end."""
        own = f"http://{self.console_bind}" if self.has_own_console else self.public_url
        return f"{self.console_url or own}/console"

    @property
    def quiet(self) -> tuple[time_of_day, time_of_day] | None:
        """From when to when, in China, nothing is sent that can wait. None: never."""
        match = _QUIET.fullmatch(self.quiet_hours)
        return match and (time_of_day.fromisoformat(match["begins"]), time_of_day.fromisoformat(match["ends"]))

    @property
    def queue(self) -> str:
        """Where Huey keeps its tasks: sqlite:///…, postgresql://… or redis://…"""
        return self.queue_url or f"sqlite:///{self.data_dir.resolve() / 'queue.db'}"


def load(**overrides: object) -> Settings:
    """Settings from the environment and `.env` (or the file that ENV_FILE names). Raises BadSetting with one line for each bad variable."""
    try:
        return Settings(**{"_env_file": os.environ.get("ENV_FILE", ".env"), **overrides})  # type: ignore[arg-type]
    except ValidationError as error:
        raise BadSetting([line for problem in error.errors() for line in _lines(**problem)]) from error


def _lines(*, loc: tuple[int | str, ...], msg: str, type: str, **_: object) -> list[str]:  # noqa: A002  pydantic's names
    message = msg.removeprefix("Value error, ")
    if not loc:  # of several variables at once
        return message.splitlines()
    name = str(loc[0]).upper()
    return [f"{name}: is not set" if type == "missing" else f"{name}: {message}"]


def new_secret() -> str:
    """A fresh value good for SECRET_KEY."""
    return secrets.token_urlsafe(48)
