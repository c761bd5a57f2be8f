"""Uploads that meet: several requests, admins and processes at the same file, the same bytes, the same draft, and a sweep."""

import hashlib
import io
import threading
from datetime import timedelta

import pytest

from bot.actions import filings, kept_files, uploads
from bot.context import Context
from bot.errors import NotFound, UserMistake
from bot.files import Files, OutOfStep
from bot.model.filing import FilingKind, FilingState
from tests.actions.conftest import at_once
from tests.cast import issue
from tests.test_file_looks import MP4, PNG
from tests.way_back import LI, WANG, filing_of, rows_of, written

FILM = MP4 + bytes(range(256)) * 2_000
SHA256 = hashlib.sha256(FILM).hexdigest()


@pytest.fixture
def draft(ctx, house, cast):
    """The number of an empty report."""
    return filings.start(ctx, WANG, FilingKind.REPORT, case=issue(house, cast)).number


def begun(ctx, number, more=0, address=WANG):
    return uploads.known(ctx, address, uploads.begin(ctx, address, number, "2.9", "录屏.mp4", len(FILM) + more))


def outcome(act):
    """What came of it; OutOfStep, too, as a value."""

    def run():
        try:
            return act()
        except OutOfStep as error:
            return error

    return run


def test_a_phone_that_comes_back_finds_its_last_request_still_at_it(ctx, house, draft):
    upload, is_read, may_end = begun(ctx, draft), threading.Event(), threading.Event()

    class Slow(io.BytesIO):
        def read(self, size=-1):
            if self.tell():
                is_read.set()
                may_end.wait(10)
            return super().read(10_000 if not self.tell() else size)

    first = threading.Thread(target=lambda: uploads.add(Context(house), upload, 0, Slow(FILM)))
    first.start()
    is_read.wait(10)
    for act in (
        lambda: uploads.add(ctx, upload, 0, io.BytesIO(FILM)),
        lambda: uploads.add(ctx, upload, 10_000, io.BytesIO(FILM[10_000:])),
        lambda: uploads.finish(ctx, upload),
    ):
        with pytest.raises(OutOfStep) as busy:
            act()
        assert busy.value.received == -1
    may_end.set()
    first.join()
    assert uploads.received(ctx, upload) == len(FILM)
    assert uploads.finish(ctx, upload).sha256 == SHA256


def test_the_same_block_sent_many_times_at_once_is_taken_once(ctx, house, elsewhere, draft):
    upload, half = begun(ctx, draft), len(FILM) // 2

    def sent(at, offset):
        return outcome(lambda: uploads.add(Context(at), upload, offset, io.BytesIO(FILM[offset : offset + half])))

    for offset in (0, half):
        done = at_once(*(sent(at, offset) for at in (house, elsewhere) * 3))
        assert [one for one in done if not isinstance(one, OutOfStep)] == [offset + half]
    assert uploads.finish(ctx, upload).sha256 == SHA256


def test_two_admins_who_bring_the_same_bytes_at_once_bring_one_file(ctx, house, elsewhere, draft):
    whole = [
        lambda by=by, at=at: uploads.bring(Context(at), by, draft, "2.9", "a.mp4", io.BytesIO(FILM))
        for by, at in _everybody(house, elsewhere)
    ]
    blocks = []
    for by, at in _everybody(house, elsewhere):
        upload = begun(Context(at), draft, address=by)
        uploads.add(Context(at), upload, 0, io.BytesIO(FILM))
        blocks.append(lambda at=at, upload=upload: uploads.finish(Context(at), upload))
    done = at_once(*whole, *blocks)
    assert {getattr(one, "sha256", one) for one in done} == {SHA256}
    assert len({getattr(one, "id", one) for one in done}) == 1
    assert len(rows_of(house, "filing_files")) == 1
    assert Files.of(house.settings).lengths() == {SHA256: len(FILM)}


def _everybody(house, elsewhere):
    return [(WANG, house), (LI, elsewhere)]


def test_of_two_files_for_the_last_place_one_is_refused_and_swept(ctx, house, elsewhere, draft, clock):
    most = house.settings.filing_max_files
    for number in range(most - 1):
        uploads.bring(ctx, WANG, draft, "", f"{number}.png", io.BytesIO(PNG[:-12] + bytes([number]) + PNG[-12:]))
    mine, theirs = (begun(ctx, draft, more=n, address=by) for n, by in ((0, WANG), (1, LI)))
    uploads.add(ctx, mine, 0, io.BytesIO(FILM))
    uploads.add(ctx, theirs, 0, io.BytesIO(FILM + b"x"))
    done = at_once(lambda: uploads.finish(Context(house), mine), lambda: uploads.finish(Context(elsewhere), theirs))
    assert sorted(isinstance(one, UserMistake) for one in done) == [False, True]
    assert len(filing_of(house, draft).files) == most
    clock.tick(days=2)
    kept_files.sweep(ctx)
    assert len(Files.of(house.settings).lengths()) == most
    assert kept_files.check(ctx, deep=True).missing == ()


def test_a_file_that_ends_while_its_report_is_handed_in_is_in_it_or_told_so(ctx, house, elsewhere, draft):
    uploads.bring(ctx, LI, draft, "2.9", "b.png", io.BytesIO(PNG))
    upload, form = begun(ctx, draft), written(filing_of(house, draft))
    uploads.add(ctx, upload, 0, io.BytesIO(FILM))
    kept, handed_in = at_once(lambda: uploads.finish(Context(house), upload), lambda: filings.submit(Context(elsewhere), LI, draft, form))
    filing = filing_of(house, draft)
    assert filing.state is FilingState.SUBMITTED, handed_in
    is_there = SHA256 in {file.sha256 for file in filing.files}
    assert is_there != isinstance(kept, UserMistake | NotFound)
    assert {row["round"] for row in rows_of(house, "filing_files")} == {1}, "what is with it was handed in with it"


def test_bytes_that_nobody_wanted_and_somebody_brings_again_outlive_the_sweep(ctx, house, elsewhere, draft, clock):
    for _ in range(10):
        file = uploads.bring(ctx, WANG, draft, "2.9", "a.mp4", io.BytesIO(FILM))
        filings.detach(ctx, WANG, draft, file.id)
        clock.tick(hours=25)
        at_once(
            lambda: uploads.bring(Context(house), WANG, draft, "2.9", "a.mp4", io.BytesIO(FILM)),
            lambda: kept_files.sweep(Context(elsewhere)),
        )
        assert kept_files.check(ctx, deep=True) == kept_files.Drift(missing=(), damaged=(), unknown=(), counted=1)
        (file,) = filing_of(house, draft).files
        filings.detach(ctx, WANG, draft, file.id)


def test_an_upload_that_is_still_moving_is_not_swept_from_under_it(ctx, house, draft, clock):
    upload, at = begun(ctx, draft), 0
    while at < len(FILM):
        at = uploads.add(ctx, upload, at, io.BytesIO(FILM[at : at + 200_000]))
        clock.tick(hours=20)
        Files.of(house.settings).sweep_orphans(set(), timedelta(days=1))
    assert uploads.finish(ctx, upload).sha256 == SHA256
