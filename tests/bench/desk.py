"""A provider's admin at the product's own server: a case in force, a draft report, and a browser's session."""

import http.client
import io
import json
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Response

from bot.actions import filings
from bot.app import App
from bot.context import Context, House
from bot.model.filing import Filing, FilingKind
from bot.store import filings as rows
from bot.store import migrate
from bot.store.database import Database
from bot.web.sessions import Session, Sessions
from config.settings import load
from tests import cast
from tests.bench import common
from tests.bench.common import Child
from tests.way_back import WANG

MP4 = b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41"
BLOCK = 8 << 20


def film(size: int) -> bytes:
    """A file of this many bytes that no other is like, and that is taken."""
    return MP4 + os.urandom(size - len(MP4))


@dataclass
class Desk:
    """One house, its server, and the cookie and token of one admin."""

    child: Child
    environment: dict[str, str]
    house: House
    cookie: str
    token: str
    database: Database

    def start_draft(self, key: str) -> str:
        """The number of a new report about a case of its own."""
        staff = {"author": self._operator("author"), "approver": self._operator("approver")}
        number = cast.issue(self.house, staff, cast.finding(facts=f"事实 {key}"), key)
        return filings.start(Context(self.house), WANG, FilingKind.REPORT, case=number).number

    def _operator(self, login: str) -> Any:
        from bot.store import operators

        with self.database.read() as connection:
            return operators.by_login(connection, login)

    def filing(self, number: str) -> Filing:
        with self.database.read() as connection:
            return rows.by_number(connection, number)

    def line(self) -> http.client.HTTPConnection:
        line = http.client.HTTPConnection("127.0.0.1", self.child.port, timeout=60)
        line.connect()
        return line

    def ask(self, line: http.client.HTTPConnection, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """(status, answer): JSON where it is, else bytes."""
        line.request(method, path, body, {"Cookie": self.cookie, "X-Form-Token": self.token, **headers})
        answer = line.getresponse()
        raw = answer.read()
        is_json = (answer.getheader("Content-Type") or "").startswith("application/json")
        return answer.status, json.loads(raw) if is_json else raw

    def begin(self, line: http.client.HTTPConnection, number: str, name: str, size: int) -> str:
        form = urlencode({"name": name, "size": size, "clause": ""})
        status, told = self.ask(
            line, "POST", f"/portal/filings/{number}/uploads", form, **{"Content-Type": "application/x-www-form-urlencoded"}
        )
        assert status == 200, (status, told)
        token: str = told["token"]
        return token

    def in_blocks(self, number: str, name: str, raw: bytes) -> tuple[int, Any]:
        """Upload as the page's script does."""
        with closing(self.line()) as line:
            token = self.begin(line, number, name, len(raw))
            view, at = memoryview(raw), 0
            while at < len(raw):
                status, told = self.ask(line, "PUT", f"/portal/uploads/{token}?offset={at}", view[at : at + BLOCK])
                if status != 200:
                    return status, told
                at = told["received"]
            return self.ask(line, "POST", f"/portal/uploads/{token}/finish")

    def by_form(self, number: str, name: str, raw: bytes) -> int:
        """Upload as a browser without a script does. Returns the status."""
        edge = "----------edge"
        quoted = name.replace("\\", "\\\\").replace('"', '\\"').replace("\r", "").replace("\n", "")
        head = (
            f'--{edge}\r\nContent-Disposition: form-data; name="token"\r\n\r\n{self.token}\r\n'
            f'--{edge}\r\nContent-Disposition: form-data; name="file:"; filename="{quoted}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        ).encode("utf-8", "surrogatepass")
        tail = f"\r\n--{edge}--\r\n".encode()
        with closing(self.line()) as line:
            line.putrequest("POST", f"/portal/filings/{number}/files")
            for field, value in (
                ("Cookie", self.cookie),
                ("Content-Type", f"multipart/form-data; boundary={edge}"),
                ("Content-Length", str(len(head) + len(raw) + len(tail))),
            ):
                line.putheader(field, value)
            line.endheaders()
            line.send(head)
            line.send(io.BytesIO(raw))
            line.send(tail)
            answer = line.getresponse()
            answer.read()
            return answer.status


@contextmanager
def opened(folder: Path, workers: int = 1, **more: str) -> Iterator[Desk]:
    """The house and its server, until the block ends."""
    port = common.free_port()
    named = {"WECOM_CORPID": cast.CORPID, "WECOM_AGENTID": str(cast.AGENTID), "WECOM_TRUSTED_DOMAIN": "true", "RULES_ENCODER": "off"}
    environment = common.bot_environment(folder, port, common.free_port(), WEB_WORKERS=str(workers), ENV_FILE=os.devnull, **named, **more)
    os.environ.update(environment)
    settings = load()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    app = App(settings)
    migrate.ensure(app.database)
    cast.write(app.house)
    sessions, session, response = Sessions(settings), Session(WANG, "oauth"), Response()
    sessions.write(response, session)
    cookie = response.headers["Set-Cookie"].partition(";")[0]
    child = common.bot("serve", environment, folder, port)
    try:
        common.wait_until_up(child, "/readyz", workers)
        yield Desk(child, environment, app.house, cookie, sessions.form_token(session), app.database)
    finally:
        child.stop()
        app.database.dispose()
