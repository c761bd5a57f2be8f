import contextlib

import pytest
from sqlalchemy import insert

from bot.context import AlreadyStored, Context, InboundContext, TornTransaction
from bot.store.tables import leases
from tests.store.rows import all_of, received


def write(tx, name):
    tx.execute(insert(leases).values(name=name, holder="h", until=1.0))


def names(database):
    return [row.name for row in all_of(database, "leases")]


def test_inner_transactions_join_the_outermost(house, open_database):
    ctx, other = Context(house), open_database()
    with ctx.transaction() as tx:
        with ctx.transaction() as inner:
            assert inner is tx
            write(inner, "a")
        assert names(other) == []
    assert names(other) == ["a"]
    assert ctx.is_untouched


def fail(ctx, act=None):
    """Write a row, and fail in an inner block."""
    with ctx.transaction() as tx:
        write(tx, "lost")
        if act:
            ctx.after_commit(act)
        with ctx.transaction():
            raise ZeroDivisionError


def test_whatever_raises_inside_undoes_all(house, database):
    ctx = Context(house)
    with pytest.raises(ZeroDivisionError):
        fail(ctx)
    assert names(database) == []
    assert ctx.is_untouched


def test_what_waits_for_the_commit_runs_once_after_the_outermost(house, open_database):
    ctx, other, seen = Context(house), open_database(), []
    with ctx.transaction() as tx:
        with ctx.transaction():
            write(tx, "a")
            ctx.after_commit(lambda: seen.append(names(other)))
        assert seen == []
    assert seen == [["a"]]
    with ctx.transaction():
        pass
    assert len(seen) == 1


def test_what_waited_for_a_commit_that_never_came_does_not_run_with_the_next(house):
    ctx, seen = Context(house), []
    with pytest.raises(ZeroDivisionError):
        fail(ctx, lambda: seen.append("told of what never happened"))
    with ctx.transaction():
        pass
    assert seen == []


def test_a_read_inside_a_transaction_sees_its_own_writes(house):
    ctx = Context(house)
    with ctx.transaction() as tx:
        write(tx, "a")
        with ctx.read() as connection:
            assert connection is tx
    with ctx.read() as connection:
        assert connection is not tx


def test_the_engine_is_woken_after_the_commit(house, woken):
    ctx = Context(house)
    with ctx.transaction():
        ctx.wake(7)
        assert woken == []
    assert woken == [7]


def test_the_first_write_of_a_message_stores_its_row_and_nothing_is_seen_before_the_commit(house, open_database, wang):
    ctx, other = InboundContext(house, received("k", wang)), open_database()
    with ctx.transaction() as tx:
        write(tx, "a")
    with ctx.transaction() as again:
        assert again is tx
    assert (names(other), all_of(other, "inbox")) == ([], [])
    ctx.commit()
    assert names(other) == ["a"]
    assert [row.key for row in all_of(other, "inbox")] == ["k"]


def test_a_message_that_is_rolled_back_leaves_nothing_and_wakes_nobody(house, database, wang, woken):
    ctx = InboundContext(house, received("k", wang))
    with ctx.transaction() as tx:
        write(tx, "a")
        ctx.wake(1)
    ctx.roll_back()
    ctx.roll_back()
    ctx.commit()
    assert (names(database), all_of(database, "inbox"), woken) == ([], [], [])


def test_a_message_whose_handler_swallowed_an_error_inside_a_transaction_keeps_nothing_of_it(house, database, wang):
    ctx = InboundContext(house, received("k", wang))
    with contextlib.suppress(ZeroDivisionError), ctx.transaction() as tx:
        write(tx, "a")
        raise ZeroDivisionError
    with pytest.raises(TornTransaction):
        ctx.commit()
    ctx.roll_back()
    assert (names(database), all_of(database, "inbox")) == ([], [])


def test_a_message_that_another_process_stored_writes_nothing(house, make_house, open_database, wang):
    first = InboundContext(house, received("k", wang))
    with first.transaction() as tx:
        write(tx, "first")
    first.commit()
    second = InboundContext(make_house(open_database()), received("k", wang))
    with pytest.raises(AlreadyStored), second.transaction():
        pass
    second.roll_back()
    assert names(house.database) == ["first"]
