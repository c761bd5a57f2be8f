"""Files that join what is handed in, through the database: once each, only so many, and never taken off the record."""

import pytest

from bot.actions import filings
from bot.context import Context
from bot.errors import NotFound, UserMistake
from bot.model.filing import FilingKind, FilingState
from tests.actions.conftest import at_once
from tests.cast import issue
from tests.way_back import (
    LI,
    WANG,
    decide,
    filing_of,
    hand_in,
    keep,
    rows_of,
    written,
)

REPORTS = FilingKind.REPORT


def test_the_same_bytes_are_one_file_and_a_file_taken_off_comes_back(ctx, house, cast):
    filing = filings.start(ctx, WANG, REPORTS, case=issue(house, cast))
    one, after = filings.attach(ctx, WANG, filing.number, "2.9", "a.png", keep(house))
    assert one is not None
    assert filings.attach(ctx, LI, filing.number, "2.9", "b.png", keep(house)) == (None, after)
    assert filings.detach(ctx, LI, filing.number, one.id).files == ()
    with pytest.raises(NotFound):
        filings.detach(ctx, LI, filing.number, one.id)
    assert filings.attach(ctx, LI, filing.number, "", "b.png", keep(house))[0] is not None


def test_a_file_that_was_handed_in_stays_on_record_when_it_is_taken_off(ctx, house, cast):
    filing = hand_in(house, issue(house, cast))
    decide(house, cast["approver"], filing.number, "send_back", reasons="请换一张。")
    old = filing.files[0]
    assert filings.detach(ctx, WANG, filing.number, old.id).files == ()
    found, stream = filings.opened(ctx, WANG, filing.number, old.id)
    with stream:
        assert (found.sha256, found.round) == (old.sha256, 1)
    assert [row["removed_at"] is not None for row in rows_of(house, "filing_files")] == [True]


def test_there_are_only_so_many_files_and_two_at_once_do_not_make_one_more(house, elsewhere, cast, ctx):
    most = house.settings.filing_max_files
    filing = filings.start(ctx, WANG, REPORTS, case=issue(house, cast))
    kept = [keep(house, bytes([n])) for n in range(most + 1)]
    for n, stored in enumerate(kept[: most - 1]):
        filings.attach(ctx, WANG, filing.number, "", f"{n}.png", stored)
    done = at_once(
        lambda: filings.attach(Context(house), WANG, filing.number, "", "x.png", kept[-2]),
        lambda: filings.attach(Context(elsewhere), LI, filing.number, "", "y.png", kept[-1]),
    )
    assert sorted(isinstance(one, UserMistake) for one in done) == [False, True]
    assert len(filing_of(house, filing.number).files) == most
    assert filings.attach(ctx, WANG, filing.number, "", "again.png", kept[0])[0] is None, "what is there already is no further file"


def test_files_come_and_go_without_making_an_open_form_stale(ctx, house, cast):
    filing = filings.start(ctx, WANG, REPORTS, case=issue(house, cast))
    filings.attach(ctx, LI, filing.number, "2.9", "a.png", keep(house))
    assert filings.submit(ctx, WANG, filing.number, written(filing)).state is FilingState.SUBMITTED
