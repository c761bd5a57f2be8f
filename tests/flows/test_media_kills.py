"""kill -9 of a worker between a picture in chat and the draft that it joins: it joins once, and its sender is told once."""

import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import clock as product_clock
from bot.actions import chat_media, filings
from bot.context import Context
from bot.files import Files
from bot.model.filing import FilingKind
from bot.store.tokens import DatabaseTokens
from bot.wecom.client import Client
from tests.cast import AGENTID, CORPID, finding, issue
from tests.platform import message_of
from tests.store.rows import all_of
from tests.way_back import WANG

ROOT = Path(__file__).parents[2]
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63000100000500010d0a2db40000000049454e44ae426082"
)
# Of one fetch: claimed and committed, the bytes in the store, all written but not committed; and its two commits, before and after.
POINTS = [
    "chat_media.claimed:1",
    "files.written:1",
    "chat_media.stored:1",
    "chat_media.attached:1",
    *(f"store.{when}_commit:{n}" for n in (1, 2) for when in ("before", "after")),
]


@pytest.mark.parametrize("point", POINTS)
def test_a_picture_joins_once_wherever_the_worker_is_killed(point, settings, database_url, house, cast, wecom, post, run_worker, wang):
    now = datetime.now(UTC)
    with product_clock.freeze(now - timedelta(seconds=1)):
        report = filings.start(Context(house), WANG, FilingKind.REPORT, case=issue(house, cast, finding())).number
        medium = wecom.media.add("image", "a.png", PNG)
        assert post(message_of(wang, "image", MediaId=medium.media_id)).status == 200
        secret = settings.wecom_secret.get_secret_value()
        client = Client(wecom.own_url, CORPID, AGENTID, secret, DatabaseTokens(house.database))
        client.user_get("WangWei")  # a token is there: no commit of its own in the child
    kill(settings, database_url, wecom, point)
    with product_clock.freeze(now + timedelta(minutes=30)):
        chat_media.run(Context(house), client)
        run_worker()
        (file,) = filings.shown(Context(house), WANG, report).files
    client.close()
    with Files.of(house.settings).open(file.sha256) as kept:
        assert kept.read() == PNG
    assert [row.state for row in all_of(house.database, "media_fetches")] == ["joined"]
    told = [one.body["content"] for one in wecom.delivered("WangWei") if one.body["msgtype"] == "text"]
    assert len([words for words in told if "已加入" in words]) == 1


def kill(settings, database_url, wecom, point):
    """Let a worker do the job; it must have died at the point."""
    names = ("wecom_corpid", "wecom_agentid", "public_url", "data_dir")
    secrets = ("wecom_secret", "wecom_token", "wecom_aes_key", "secret_key")
    known = {name.upper(): str(getattr(settings, name)) for name in names}
    known |= {name.upper(): getattr(settings, name).get_secret_value() for name in secrets}
    environment = {**known, "WECOM_API_BASE": wecom.own_url, "ENV_FILE": "/dev/null", "PATH": ""}
    program = [sys.executable, "-m", "tests.flows.fetcher", database_url, point]
    done = subprocess.run(program, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.split() == ["died", point, str(int(signal.SIGKILL))], done.stderr
