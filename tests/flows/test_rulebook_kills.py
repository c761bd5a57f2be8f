"""kill -9 anywhere while a version of the rules is made ready or comes into force: the next worker ends it, once."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bot.actions import audit, heads, packaged
from bot.bookshelf import Bookshelf
from bot.files import Files
from bot.model.rulebook import RuleState
from bot.store import rulebooks, trail
from rules.documents import latest
from tests.rulebooks import DATED, approved, confirmed, read

ROOT = Path(__file__).parents[2]
# Of making ready: claim, progress, the last one with all that was made. Of coming into force: one transaction.
FIT = ["rulebooks.claimed:1", "rulebooks.fitted:1", "trail.written:1"]
FIT += [f"store.{when}_commit:{n}" for when in ("before", "after") for n in (1, 2)]
PUBLISH = ["rulebooks.published:1", "trail.written:1", "store.before_commit:1", "store.after_commit:1"]


@pytest.fixture
def kill(settings, database_url):
    """Run the publisher; the point must have killed it, and who came after must have ended well."""

    def kill(point):
        names = ("wecom_corpid", "wecom_agentid", "wecom_api_base", "public_url", "data_dir", "rules_encoder")
        known = {name.upper(): getattr(settings, name) for name in names}
        secrets = ("wecom_secret", "wecom_token", "wecom_aes_key", "secret_key")
        known |= {name.upper(): getattr(settings, name).get_secret_value() for name in secrets}
        environment = {name: str(value) for name, value in {**known, "ENV_FILE": "/dev/null", "PATH": ""}.items()}
        program = [sys.executable, "-m", "tests.flows.publisher", database_url, point]
        done = subprocess.run(program, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=True)
        lines = [line.split() for line in done.stdout.splitlines()]
        assert lines == [["died", point, str(int(signal.SIGKILL))], ["finished", "fit", "0"], ["finished", "publish", "0"]], done.stderr

    return kill


def told(house, action):
    with house.database.snapshot() as snapshot:
        return sum(event.action == action for event in trail.read(snapshot, "house"))


def is_whole(house):
    return audit.examine(house.database, heads.folder(house.settings), (), opened=Files.of(house.settings).open).problems == []


@pytest.mark.parametrize("point", FIT)
def test_a_model_is_made_once_wherever_its_worker_dies(kill, house, cast, point):
    packaged.take_in(house.database)
    known = confirmed(house, cast)
    kill(f"fit/{point}")
    ready = read(house)
    assert (ready.state, ready.tested) == (RuleState.READY, known.content)
    assert told(house, "rules_made_ready") == 1
    with house.database.read() as connection:
        assert rulebooks.model(connection, known.id)
    assert is_whole(house)


@pytest.mark.parametrize("point", PUBLISH)
def test_a_version_comes_into_force_once_wherever_the_worker_dies(kill, house, cast, point):
    approved(house, cast, effective_on="2026-03-05")
    with house.database.read() as connection:
        before = rulebooks.generation(connection)
    kill(f"publish/{point}")
    assert read(house).state is RuleState.IN_FORCE
    assert read(house, latest().version).state is RuleState.SUPERSEDED
    assert told(house, "rules_in_force") == 1
    with house.database.read() as connection:
        assert rulebooks.generation(connection) == before + 1
    shelf = Bookshelf(house.database, "off")
    shelf.open()
    assert shelf.book.version == DATED
    assert is_whole(house)
