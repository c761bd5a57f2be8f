"""kill -9 of a process that takes a file in: never a row without bytes, the draft as it was, and the phone goes on to the same end."""

import hashlib
import io
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot import clock as product_clock
from bot.actions import filings, kept_files, uploads
from bot.context import Context
from bot.errors import UserMistake
from bot.files import Files
from bot.model.filing import FilingKind
from tests.cast import finding, issue
from tests.test_file_looks import MP4
from tests.way_back import WANG, filing_of, rows_of

ROOT = Path(__file__).parents[2]
FILM = MP4 + bytes(range(256)) * 4_000
SHA256 = hashlib.sha256(FILM).hexdigest()
WORDS = "写了一半的话"
POINTS = ["stream", "files.written:1", "store.before_commit:1", "store.after_commit:1"]


@pytest.fixture
def ctx(house):
    return Context(house)


@pytest.fixture
def draft(ctx, house, cast):
    """The number of a report in which something is written."""
    filing = filings.start(ctx, WANG, FilingKind.REPORT, case=issue(house, cast, finding()))
    return filings.save(ctx, WANG, filing.number, filings.Written(version=filing.version, words=WORDS)).number


@pytest.fixture
def uploader(settings, database_url, tmp_path):
    """Begin a process that brings the film."""
    names = ("wecom_corpid", "wecom_agentid", "public_url", "data_dir", "rules_encoder")
    keys = ("wecom_secret", "wecom_token", "wecom_aes_key", "secret_key")
    known = {name.upper(): str(getattr(settings, name)) for name in names}
    known |= {name.upper(): getattr(settings, name).get_secret_value() for name in keys}
    film = tmp_path / "film"
    film.write_bytes(FILM)

    def begin(point, number, token="-"):
        program = [sys.executable, "-m", "tests.flows.uploader", database_url, point, number, token, str(film)]
        environment = {**known, "WECOM_API_BASE": "http://127.0.0.1:9", "ENV_FILE": "/dev/null", "PATH": ""}
        return subprocess.Popen(program, cwd=ROOT, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    return begin


def killed(process):
    out, _ = process.communicate(timeout=60)
    assert (process.returncode, out) == (-signal.SIGKILL, "")


def go_on(ctx, number, token):
    """What the page's script does: ask how far it has come; where nobody knows of it any more, begin anew."""
    try:
        upload = uploads.known(ctx, WANG, token)
        at = uploads.received(ctx, upload)
    except UserMistake:
        upload, at = uploads.known(ctx, WANG, uploads.begin(ctx, WANG, number, "2.9", "录屏.mp4", len(FILM))), 0
    uploads.add(ctx, upload, at, io.BytesIO(FILM[at:]))
    return uploads.finish(ctx, upload)


def assert_one_and_whole(house, ctx, number):
    filing = filing_of(house, number)
    assert (filing.words, [file.sha256 for file in filing.files]) == (WORDS, [SHA256])
    assert len(rows_of(house, "filing_files")) == 1
    with Files.of(house.settings).open(SHA256) as kept:
        assert kept.read() == FILM
    with product_clock.freeze(datetime.now(UTC)) as later:
        later.tick(days=2)
        kept_files.sweep(ctx)
    lie = [path.name for path in (house.settings.data_dir / "files").rglob("*") if path.is_file()]
    assert lie == [SHA256], "what was cut off is swept, what a row needs is not"


@pytest.mark.parametrize("point", POINTS)
def test_a_form_that_is_killed_leaves_no_row_without_bytes_and_can_be_sent_again(point, house, ctx, draft, uploader):
    killed(uploader(point, draft))
    assert kept_files.check(ctx, deep=True).missing == ()
    assert filing_of(house, draft).words == WORDS
    assert len(rows_of(house, "filing_files")) == (point == "store.after_commit:1")
    uploads.bring(ctx, WANG, draft, "2.9", "录屏.mp4", io.BytesIO(FILM))
    assert_one_and_whole(house, ctx, draft)


@pytest.mark.parametrize("point", POINTS)
def test_blocks_go_on_wherever_the_process_was_killed(point, house, ctx, draft, uploader):
    token = uploads.begin(ctx, WANG, draft, "2.9", "录屏.mp4", len(FILM))
    uploads.add(ctx, uploads.known(ctx, WANG, token), 0, io.BytesIO(FILM[:100_000]))
    film = uploader(point, draft, token)
    killed(film)
    drift = kept_files.check(ctx, deep=True)
    assert (drift.missing, drift.damaged) == ((), ())
    assert filing_of(house, draft).words == WORDS
    assert go_on(ctx, draft, token).sha256 == SHA256
    assert_one_and_whole(house, ctx, draft)


def test_processes_that_bring_the_same_bytes_at_once_keep_them_once(house, ctx, draft, cast, uploader):
    drafts = [draft]
    for key in ("two", "three"):
        number = issue(house, cast, finding(facts=f"另一件事 {key}。"), key)
        started = filings.start(ctx, WANG, FilingKind.REPORT, case=number)
        drafts.append(filings.save(ctx, WANG, started.number, filings.Written(version=started.version, words=WORDS)).number)
    everybody = [uploader("-", number) for number in (*drafts, draft)]
    for process in everybody:
        assert process.stdout.readline() == "ready\n"
    for process in everybody:
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in everybody:
        assert process.communicate(timeout=60)[0] == f"kept {SHA256}\n"
    assert [[file.sha256 for file in filing_of(house, number).files] for number in drafts] == [[SHA256]] * 3
    assert Files.of(house.settings).lengths() == {SHA256: len(FILM)}
    assert [path.name for path in (house.settings.data_dir / "files").iterdir() if path.name.startswith(".")] == []
