"""A real SMTP server on this machine, which says what a test wants it to say."""

import email
import email.policy
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP


class Kept:
    """What the server took; `answers` tells it what to say instead, by command, or to "die" with the mail in hand."""

    def __init__(self):
        self.mails = []
        self.answers = {}

    async def handle_MAIL(self, _server, _session, envelope, address, options):  # noqa: N802  aiosmtpd's names
        envelope.mail_from = address
        return self.answers.get("MAIL", "250 OK")

    async def handle_RCPT(self, _server, _session, envelope, address, options):  # noqa: N802
        envelope.rcpt_tos.append(address)
        return self.answers.get("RCPT", "250 OK")

    async def handle_DATA(self, server, _session, envelope):  # noqa: N802
        if self.answers.get("DATA") == "die":
            server.transport.abort()
            return "250 never said"
        self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return self.answers.get("DATA", "250 OK")


class _Controller(Controller):
    def __init__(self, handler, port, ssl_context=None, **options):
        self.options = options
        super().__init__(handler, hostname="127.0.0.1", port=port, ssl_context=ssl_context)

    def factory(self):
        return SMTP(self.handler, **self.options)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def servers() -> Iterator[Any]:
    """A function that starts a server with options of aiosmtpd and returns (what it kept, its port); all are stopped at the end."""
    with ExitStack() as running:

        def start(**options: Any) -> tuple[Kept, int]:
            kept, port = Kept(), free_port()
            controller = _Controller(kept, port, **options)
            controller.start()
            running.callback(controller.stop)
            return kept, port

        yield start
