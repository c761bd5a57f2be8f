"""The store of files, from the shell: against the records both ways, and swept."""

import io
from datetime import UTC, datetime

import pytest

from bot import clock as product_clock
from bot.actions import filings, uploads
from bot.context import Context
from bot.files import Files
from bot.model.filing import FilingKind
from bot.model.texts import kept_files as texts
from tests.cast import issue
from tests.test_file_looks import JPG, PDF, PNG
from tests.way_back import WANG, hand_in, rows_of


@pytest.fixture
def brought(house, cast):
    """Three files of one draft."""
    ctx = Context(house)
    number = filings.start(ctx, WANG, FilingKind.REPORT, case=issue(house, cast)).number
    named = {"图.png": PNG, "图.jpg": JPG, "文.pdf": PDF}
    return [uploads.bring(ctx, WANG, number, "", name, io.BytesIO(raw)) for name, raw in named.items()]


def path_of(house, sha256):
    return house.settings.data_dir / "files" / sha256[:2] / sha256


def test_all_in_order_is_said_and_is_no_failure(bot, brought):
    for words in ((), ("--deep",)):
        done = bot("files", "check", *words)
        assert (done.status, done.err) == (0, "")
        assert "3" in done.out
        assert done.out.splitlines()[-1] == texts.SOUND


def test_a_row_without_bytes_fails_and_is_named_by_its_hash_alone(bot, house, brought):
    path_of(house, brought[0].sha256).unlink()
    done = bot("files", "check")
    assert done.status == 1
    assert brought[0].sha256 in done.out
    assert brought[1].sha256 not in done.out
    assert "图.png" not in done.out


def test_bytes_that_are_shorter_fail_at_once_and_others_when_read(bot, house, brought):
    short, other = path_of(house, brought[0].sha256), path_of(house, brought[2].sha256)
    short.write_bytes(PNG[:-1])
    other.write_bytes(bytes(len(PDF)))
    quick, deep = bot("files", "check"), bot("files", "check", "--deep")
    assert (quick.status, deep.status) == (1, 1)
    assert [one.sha256 in quick.out for one in brought] == [True, False, False]
    assert [one.sha256 in deep.out for one in brought] == [True, False, True]


def test_bytes_without_a_row_are_listed_and_are_no_failure(bot, house, brought):
    orphan = Files.of(house.settings).put(io.BytesIO(PNG + b"x"), "a.png", max_bytes=1_000)
    done = bot("files", "check")
    assert (done.status, orphan.sha256 in done.out) == (0, True)


def test_sweeping_takes_what_no_row_wants_once_it_is_a_day_old(bot, house, brought):
    orphan = Files.of(house.settings).put(io.BytesIO(PNG + b"x"), "a.png", max_bytes=1_000)
    with product_clock.freeze(datetime(2026, 3, 4, 1, tzinfo=UTC)):
        done = bot("files", "sweep")
    assert (done.status, "1" in done.out) == (0, True)
    assert not path_of(house, orphan.sha256).exists()
    assert all(path_of(house, one.sha256).exists() for one in brought)
    assert bot("files", "check", "--deep").status == 0


def test_files_are_kept_for_ever_where_nothing_is_said(bot, house, cast):
    report = hand_in(house, issue(house, cast))
    with product_clock.freeze(datetime(2046, 3, 2, 1, tzinfo=UTC)):
        assert bot("files", "sweep").status == 0
    assert path_of(house, report.files[0].sha256).exists()
    assert [row["destroyed_at"] for row in rows_of(house, "filing_files")] == [None]


def test_nothing_kept_yet_is_no_fault(bot, house, cast):
    assert bot("files", "check", "--deep").status == 0
    assert bot("files", "sweep").status == 0
