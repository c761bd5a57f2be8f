"""Files of a filing on their way to us: whole or in blocks, by whom it may be, and never a row without bytes."""

import hashlib
import io
import threading
from dataclasses import replace

import pytest

from bot.actions import cases, filings, kept_files, review_pages, uploads
from bot.context import Context
from bot.errors import NoSpace, NotFound, UserMistake
from bot.files import Files, OutOfStep
from bot.model.filing import FilingKind
from tests import cast as players
from tests.cast import finding, issue
from tests.test_file_looks import PNG
from tests.way_back import LI, WANG, ZHAO, decide, filing_of, hand_in, rows_of, written
from tests.web.visitors import depart

PICTURE = PNG[:-12] + b"\0\0\x80\0tEXt" + b"x" * 0x8000 + bytes(4) + PNG[-12:]  # a whole PNG of 32 KiB


@pytest.fixture
def draft(house, cast):
    """The number of an empty report."""
    return filings.start(Context(house), WANG, FilingKind.REPORT, case=issue(house, cast, finding())).number


@pytest.fixture
def ctx(house):
    return Context(house)


def begun(ctx, number, address=WANG, name="截图.png", size=None, clause="2.9"):
    return uploads.known(ctx, address, uploads.begin(ctx, address, number, clause, name, size or len(PICTURE)))


def send(ctx, upload, offset, raw):
    return uploads.add(ctx, upload, offset, io.BytesIO(raw))


def lying(house):
    return Files.of(house.settings).lengths()


def test_a_file_in_blocks_is_the_file(house, ctx, draft):
    upload = begun(ctx, draft)
    at = 0
    while at < len(PICTURE):
        at = send(ctx, upload, at, PICTURE[at : at + 10_000])
    kept = uploads.finish(ctx, upload)
    assert (kept.sha256, kept.bytes, kept.clause, kept.name) == (hashlib.sha256(PICTURE).hexdigest(), len(PICTURE), "2.9", "截图.png")
    assert lying(house) == {kept.sha256: len(PICTURE)}
    assert [file.id for file in filing_of(house, draft).files] == [kept.id]


def test_what_came_before_the_connection_broke_stays(ctx, draft):
    class Breaks(io.BytesIO):
        def read(self, size=-1):
            return super().read(size) or self._break_off()

        def _break_off(self):
            raise ConnectionResetError

    upload = begun(ctx, draft)
    with pytest.raises(ConnectionResetError):
        uploads.add(ctx, upload, 0, Breaks(PICTURE[:5_000]))
    assert uploads.received(ctx, upload) == 5_000
    send(ctx, upload, 5_000, PICTURE[5_000:])
    assert uploads.finish(ctx, upload).bytes == len(PICTURE)


@pytest.mark.parametrize("offset", [1, 100_000])
def test_a_block_at_the_wrong_place_changes_nothing(ctx, draft, offset):
    upload = begun(ctx, draft)
    with pytest.raises((OutOfStep, UserMistake)):
        send(ctx, upload, offset, b"x")
    assert uploads.received(ctx, upload) == 0


def test_more_than_was_announced_is_not_taken(ctx, draft):
    upload = begun(ctx, draft, size=10)
    assert send(ctx, upload, 0, bytes(50)) == 10
    assert uploads.received(ctx, upload) == 10


def test_a_file_that_is_not_all_here_is_not_kept(house, ctx, draft):
    upload = begun(ctx, draft)
    send(ctx, upload, 0, PICTURE[:100])
    with pytest.raises(OutOfStep):
        uploads.finish(ctx, upload)
    assert rows_of(house, "filing_files") == []


def test_two_that_finish_at_once_keep_one(house, ctx, draft):
    upload = begun(ctx, draft)
    send(ctx, upload, 0, PICTURE)
    outcomes = []

    def finish():
        try:
            outcomes.append(uploads.finish(Context(house), upload).sha256)
        except (OutOfStep, UserMistake) as error:
            outcomes.append(type(error).__name__)

    threads = [threading.Thread(target=finish) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(rows_of(house, "filing_files")) == 1
    assert hashlib.sha256(PICTURE).hexdigest() in outcomes


def test_somebody_elses_token_is_worth_nothing(ctx, draft):
    token = uploads.begin(ctx, WANG, draft, "", "a.png", 10)
    for stranger in (LI, ZHAO):
        with pytest.raises(NotFound):
            uploads.known(ctx, stranger, token)


@pytest.mark.parametrize("token", ["", "x", "x" * 3_000, "WyJhIl0.aaaa.bbbb"])
def test_a_token_that_is_none_is_refused(ctx, draft, token):
    with pytest.raises((NotFound, UserMistake)):
        uploads.known(ctx, WANG, token)


def test_a_token_is_good_for_a_day(ctx, draft, clock, monkeypatch):
    token = uploads.begin(ctx, WANG, draft, "", "a.png", 10)
    monkeypatch.setattr(uploads, "LASTS_S", -1)
    with pytest.raises(UserMistake, match="已过期"):
        uploads.known(ctx, WANG, token)


def test_who_left_goes_on_with_nothing(house, ctx, draft):
    token = uploads.begin(ctx, WANG, draft, "", "a.png", 10)
    depart(house, WANG)
    with pytest.raises(NotFound):
        uploads.known(ctx, WANG, token)


def test_another_providers_admin_begins_nothing(ctx, draft):
    with pytest.raises(NotFound):
        uploads.begin(ctx, ZHAO, draft, "", "a.png", 10)
    with pytest.raises(NotFound):
        uploads.bring(ctx, ZHAO, draft, "", "a.png", io.BytesIO(PNG))


@pytest.mark.parametrize(("size", "words"), [(0, "空文件"), (-1, "空文件"), (101 << 20, "超过 100 MB")])
def test_a_size_that_cannot_be_is_refused_at_once(house, ctx, draft, size, words):
    with pytest.raises(UserMistake, match=words):
        uploads.begin(ctx, WANG, draft, "", "a.png", size)
    assert not (house.settings.data_dir / "files").exists()


def test_what_is_handed_in_takes_no_more_files(house, ctx, cast):
    report = hand_in(house, issue(house, cast, finding()))
    with pytest.raises(UserMistake):
        uploads.begin(ctx, WANG, report.number, "", "a.png", 10)
    with pytest.raises(UserMistake):
        uploads.bring(ctx, WANG, report.number, "", "a.png", io.BytesIO(PNG))


def test_a_report_handed_in_meanwhile_leaves_the_file_out(house, ctx, draft):
    upload = begun(ctx, draft)
    send(ctx, upload, 0, PICTURE)
    filings.drop(ctx, LI, draft)
    with pytest.raises(UserMistake):
        uploads.finish(ctx, upload)
    assert rows_of(house, "filing_files") == []


def test_the_twenty_first_file_is_refused(house, ctx, draft):
    for number in range(20):
        picture = PNG[:-12] + b"\0\0\0\1tEXt" + bytes([number]) + bytes(4) + PNG[-12:]
        uploads.bring(ctx, WANG, draft, "", f"{number}.png", io.BytesIO(picture))
    with pytest.raises(UserMistake, match="20"):
        uploads.bring(ctx, WANG, draft, "", "more.png", io.BytesIO(PNG))
    assert len(filing_of(house, draft).files) == 20


def test_the_same_bytes_twice_are_one_file(house, ctx, draft):
    first = uploads.bring(ctx, WANG, draft, "2.9", "a.png", io.BytesIO(PNG))
    again = uploads.bring(ctx, LI, draft, "", "b.png", io.BytesIO(PNG))
    assert first == again
    assert len(lying(house)) == 1


def test_what_is_refused_leaves_nothing_behind(house, ctx, draft):
    upload = begun(ctx, draft, size=5)
    send(ctx, upload, 0, b"hello")
    with pytest.raises(UserMistake, match="截图"):
        uploads.finish(ctx, upload)
    with pytest.raises(UserMistake):
        uploads.bring(ctx, WANG, draft, "", "a.png", io.BytesIO(b"hello"))
    assert [path for path in (house.settings.data_dir / "files").rglob("*") if path.is_file()] == []


def test_a_full_disk_keeps_the_draft_and_cleans_up(house, ctx, draft, monkeypatch):
    import errno

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    upload = begun(ctx, draft)
    send(ctx, upload, 0, PICTURE)
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(NoSpace):
        uploads.bring(ctx, WANG, draft, "", "a.png", io.BytesIO(PNG))
    with pytest.raises(NoSpace):
        uploads.finish(ctx, upload)
    monkeypatch.undo()
    assert rows_of(house, "filing_files") == []
    assert [path.name for path in (house.settings.data_dir / "files").iterdir() if path.name.startswith(".incoming")] == []
    assert uploads.finish(ctx, upload).bytes == len(PICTURE), "what was here is not lost"


# The store against the rows


def test_drift_is_told_both_ways(house, ctx, draft):
    kept = uploads.bring(ctx, WANG, draft, "2.9", "a.png", io.BytesIO(PNG))
    lost = uploads.bring(ctx, WANG, draft, "", "b.png", io.BytesIO(PICTURE))
    assert kept_files.check(ctx, deep=True) == kept_files.Drift(missing=(), damaged=(), unknown=(), counted=2)
    folder = house.settings.data_dir / "files"
    (folder / lost.sha256[:2] / lost.sha256).unlink()
    orphan = Files.of(house.settings).put(io.BytesIO(b"%PDF-1.4\n%%EOF\n"), "c.pdf", max_bytes=100)
    (folder / kept.sha256[:2] / kept.sha256).write_bytes(bytes(len(PNG)))
    assert kept_files.check(ctx) == kept_files.Drift(missing=(lost.sha256,), damaged=(), unknown=(orphan.sha256,), counted=2)
    assert kept_files.check(ctx, deep=True).damaged == (kept.sha256,)


def test_orphans_and_cut_off_uploads_are_swept_and_what_rows_need_stays(house, ctx, draft, clock):
    kept = uploads.bring(ctx, WANG, draft, "2.9", "a.png", io.BytesIO(PNG))
    Files.of(house.settings).put(io.BytesIO(PICTURE), "c.png", max_bytes=1 << 20)
    send(ctx, begun(ctx, draft), 0, PICTURE[:10])
    assert kept_files.sweep(ctx) == 0
    clock.tick(days=2)
    assert kept_files.sweep(ctx) == 2
    assert list(lying(house)) == [kept.sha256]


def test_files_are_kept_as_long_as_is_said_and_their_hashes_for_ever(make_settings, make_house, database, clock):
    house = make_house(database)
    keeping = type(house)(settings=make_settings(files_keep_days=30), database=house.database, book=house.book, wake=house.wake)
    staff = players.write(keeping)
    ctx = Context(keeping)
    number = issue(keeping, staff, finding(measures=finding().measures))
    report = hand_in(keeping, number)
    decide(keeping, staff["approver"], report.number, "accept")
    clock.tick(days=40)
    assert kept_files.sweep(ctx) == 0, "the case goes on"
    cases.revoke(Context(keeping), staff["approver2"], number, "认定有误。")
    clock.tick(days=29)
    assert kept_files.sweep(ctx) == 0
    clock.tick(days=2)
    assert kept_files.sweep(ctx) == 1
    (row,) = rows_of(keeping, "filing_files")
    assert row["destroyed_at"] is not None
    assert row["sha256"]
    with pytest.raises(NotFound):
        filings.opened(ctx, WANG, report.number, row["id"])
    assert kept_files.check(ctx).missing == ()


def test_bytes_that_another_filing_still_needs_stay_when_one_lets_them_go(make_settings, make_house, database, clock):
    usual = make_house(database)
    keeping = replace(usual, settings=make_settings(files_keep_days=30))
    staff, ctx = players.write(keeping), Context(keeping)
    numbers = [issue(keeping, staff, finding(facts=f"{key}。"), key) for key in ("first", "second")]
    over, open_still = (filings.start(ctx, WANG, FilingKind.REPORT, case=number).number for number in numbers)
    gone, kept = (uploads.bring(ctx, WANG, number, "2.9", "a.png", io.BytesIO(PNG)) for number in (over, open_still))
    filings.submit(ctx, WANG, over, written(filing_of(keeping, over)))
    cases.revoke(ctx, staff["approver2"], numbers[0], "认定有误。")
    clock.tick(days=31)
    assert kept_files.sweep(ctx) == 0
    assert [row["destroyed_at"] is not None for row in rows_of(keeping, "filing_files")] == [True, False]
    with pytest.raises(NotFound):
        filings.opened(ctx, WANG, over, gone.id)
    with pytest.raises(NotFound):
        review_pages.opened(ctx, staff["approver"], over, gone.id)
    with filings.opened(ctx, WANG, open_still, kept.id)[1] as file:
        assert file.read() == PNG
    assert kept_files.check(ctx, deep=True).missing == ()
