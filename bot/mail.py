"""Mail over SMTP: one message to one person, offered once.

SMTP_URL is smtp://user:password@host:587 (STARTTLS where the server offers it; `?starttls=always` insists, `?starttls=never` does
without) or smtps://user:password@host:465. User and password are percent-encoded, and never go over an open line but to this machine.
"""

import contextlib
import re
import smtplib
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.errors import MessageError
from email.headerregistry import Address, AddressHeader
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Any, Literal
from urllib.parse import parse_qs, unquote, urlsplit

from bot import clock
from bot.errors import MailError, MailUncertain
from config.settings import is_loopback

TIMEOUT_S = 20.0
_TAKING_S = 60.0  # to look a mail through before taking it; to give up sooner makes it uncertain
_GREETING = "[127.0.0.1]"  # what we call ourselves (RFC 5321, 4.1.3): the machine's own name is nobody's business
_LEADING_DOT = re.compile(rb"(?m)^\.")
_GOING_DOWN = 421
_NOT_SIGNED_IN = (530, 534, 535, 538)  # RFC 4954: whatever was asked, it is our settings that are at fault


class Post:
    """The way to the mail server. Safe to use from several threads: each mail has a connection of its own."""

    def __init__(self, url: str, sender: str, *, timeout_s: float = TIMEOUT_S, taking_s: float = _TAKING_S) -> None:
        """sender: "规则助手 <bot@example.com>" or a bare address. taking_s: how long the last answer, to the whole mail, may take."""
        parts = urlsplit(url)
        self._is_tls = parts.scheme == "smtps"
        self._host = parts.hostname or ""
        self._port = parts.port or (465 if self._is_tls else 587)
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._starttls: Literal["auto", "always", "never"] = parse_qs(parts.query).get("starttls", ["auto"])[0]  # type: ignore[assignment]
        self._may_be_open = is_loopback(url)
        self._sender = sender
        self._timeout_s, self._taking_s = timeout_s, taking_s

    def send(self, payload: Mapping[str, Any]) -> None:
        """Offer one mail: {"to", "subject", "text", "html", "message_id"}, all words.

        Raises MailError (permanent where this mail can never be taken), and MailUncertain when the server fell silent after it had the
        mail: it may have been taken, and asking again could bring it twice.
        """
        message = compose(self._sender, payload)
        raw = _LEADING_DOT.sub(b"..", message.as_bytes(policy=SMTP)) + b".\r\n"
        with self._connected() as server:
            _must(server.mail(_address(message["From"])))
            _must(server.rcpt(_address(message["To"])), is_of_mail=True)
            _must(server.docmd("DATA"), good=354, is_of_mail=True)
            try:
                server.send(raw)
                if server.sock is not None:
                    server.sock.settimeout(max(self._timeout_s, self._taking_s))
                answer = server.getreply()
            except (OSError, smtplib.SMTPException) as error:
                raise MailUncertain(type(error).__name__) from error
            if not 200 <= answer[0] < 600:
                raise MailUncertain("no SMTP reply")
            _must(answer, is_of_mail=True)

    def check(self) -> None:
        """Connect, secure the line, sign in and name the sender, as for each mail; send none. Raises MailError."""
        with self._connected() as server:
            _must(server.mail(parseaddr(self._sender)[1]))
            _must(server.rset())

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        try:
            server = self._open()
        except (OSError, smtplib.SMTPException) as error:
            raise MailError(f"{type(error).__name__} on connecting") from error
        try:
            self._sign_in(server)
            yield server
            with contextlib.suppress(OSError, smtplib.SMTPException):
                server.putcmd("QUIT")  # its answer changes nothing
        except (OSError, smtplib.SMTPException) as error:  # before the server had the mail
            raise MailError(type(error).__name__) from error
        finally:
            server.close()

    def _open(self) -> smtplib.SMTP:
        if self._is_tls:
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self._host, self._port, local_hostname=_GREETING, timeout=self._timeout_s, context=context)
        return smtplib.SMTP(self._host, self._port, local_hostname=_GREETING, timeout=self._timeout_s)

    def _sign_in(self, server: smtplib.SMTP) -> None:
        server.ehlo_or_helo_if_needed()
        is_secret = self._is_tls
        if not self._is_tls and self._starttls != "never" and (self._starttls == "always" or server.has_extn("starttls")):
            _must(server.starttls(context=ssl.create_default_context()))
            server.ehlo_or_helo_if_needed()
            is_secret = True
        if not self._user:
            return
        if not is_secret and not self._may_be_open:
            raise MailError("no password over an open line")
        try:
            server.login(self._user, self._password)
        except UnicodeError as error:  # smtplib knows ASCII only
            raise MailError("user and password must be ASCII") from error


def compose(sender: str, payload: Mapping[str, Any]) -> EmailMessage:
    """The mail as it goes out. Raises MailError (permanent) where an address, subject or id would break its head."""
    message = EmailMessage(policy=SMTP)
    try:
        name, address = parseaddr(sender)
        message["From"] = Address(name, addr_spec=address)
        message["To"] = Address(addr_spec=_in_ascii(payload["to"]))
        message["Subject"] = payload["subject"]
        message["Date"] = format_datetime(clock.now())
        message["Message-ID"] = payload["message_id"]
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(payload["text"], cte="base64")
        message.add_alternative(payload["html"], subtype="html", cte="base64")
    except (ValueError, IndexError, LookupError, MessageError) as error:
        raise MailError("the mail cannot be written", permanent=True) from error
    return message


def _in_ascii(address: str) -> str:
    """With the domain as the name system knows it (RFC 5891). Raises ValueError for a mailbox that only SMTPUTF8 could name."""
    mailbox, _, domain = address.rpartition("@")
    if not mailbox.isascii():
        raise ValueError("not an ASCII mailbox")
    return f"{mailbox}@{domain if domain.isascii() else domain.encode('idna').decode()}"


def _address(header: AddressHeader) -> str:
    return str(header.addresses[0].addr_spec)


def _must(answer: tuple[int, bytes], good: int = 0, *, is_of_mail: bool = False) -> None:
    """Go on after 2xx (or `good`). Raises MailError.

    is_of_mail: asked about this mail, so that a 5xx is for good (RFC 5321, 4.2.1). All else is a fault of settings or of the server,
    which can be mended.
    """
    code, _ = answer
    if code == good or (not good and 200 <= code < 300):
        return
    is_of_mail = is_of_mail and 400 <= code < 600 and code not in (*_NOT_SIGNED_IN, _GOING_DOWN)
    raise MailError(f"SMTP {code}", permanent=is_of_mail and code >= 500, of_mail=is_of_mail)
