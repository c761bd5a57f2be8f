"""Processes that upload, and die of it: `python -m tests.flows.uploader URL POINT NUMBER TOKEN FILE`

TOKEN: of an upload that was begun, "-" for a file that is brought whole. POINT: where to die; "stream" in the middle of what comes in;
"-" nowhere: it says `ready`, waits for a line, and brings the file. Told in the end: `kept SHA256`.
"""

import io
import os
import signal
import sys
from pathlib import Path

import rules
from bot import failpoint
from bot.actions import uploads
from bot.context import Context, House
from bot.store.database import Database
from config.settings import load
from tests.flows.victim import tell
from tests.way_back import WANG


class _Ends(io.BytesIO):
    """What a client sends when the process that reads it dies half way."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell():
            os.kill(os.getpid(), signal.SIGKILL)
        return super().read(len(self.getbuffer()) // 2)


def bring(url: str, point: str, number: str, token: str, raw: bytes) -> str:
    """The whole way of a file. Returns its hash."""
    house = House(settings=load(), database=Database(url), book=lambda: rules.load(encoder="off"), wake=lambda _: None)
    ctx, kind = Context(house), _Ends if point == "stream" else io.BytesIO
    if point == "-":
        tell("ready")
        sys.stdin.readline()
    else:
        failpoint.arm(point)
    if token == "-":
        return uploads.bring(ctx, WANG, number, "2.9", "录屏.mp4", kind(raw)).sha256
    upload = uploads.known(ctx, WANG, token)
    offset = uploads.received(ctx, upload)
    uploads.add(ctx, upload, offset, kind(raw[offset:]))
    return uploads.finish(ctx, upload).sha256


if __name__ == "__main__":
    url, point, number, token, film = sys.argv[1:]
    tell("kept", bring(url, point, number, token, Path(film).read_bytes()))
