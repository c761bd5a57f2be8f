import pytest

from bot.actions import cases, undelivered
from bot.context import Context
from bot.store import operator_tasks
from bot.store.tables import batches, deliveries
from tests.cast import issue


@pytest.fixture
def revoked(house, cast):
    """The number of a case that was taken back: its notice is on its way to everybody."""
    number = issue(house, cast)
    cases.revoke(Context(house), cast["approver2"], number, "认定有误。")
    return number


def settle(house, state):
    with house.database.write() as tx:
        tx.execute(deliveries.update().where(deliveries.c.state == "queued").values(state=state))
        tx.execute(batches.update().values(state="done"))


def tasks(house):
    with house.database.read() as connection:
        return [(task.kind, task.key) for task in operator_tasks.opened(connection)]


def test_what_is_still_on_its_way_is_left_alone(house, revoked):
    assert undelivered.look_after(Context(house)) == 0
    assert tasks(house) == []


def test_what_somebody_got_is_left_alone(house, revoked):
    settle(house, "accepted")
    assert undelivered.look_after(Context(house)) == 0


def test_what_may_have_arrived_is_left_to_an_operator_who_resends(house, revoked):
    settle(house, "uncertain")
    assert undelivered.look_after(Context(house)) == 0


def test_what_came_back_from_everybody_is_to_be_served_by_hand_once(house, revoked):
    settle(house, "rejected")
    assert undelivered.look_after(Context(house)) == 1
    assert undelivered.look_after(Context(house)) == 0
    assert tasks(house) == [("serve_outcome", f"serve:{revoked}-2")]


def test_a_mail_is_tried_first_where_one_can_be_sent(make_settings, make_house, database, clock):
    from tests import cast as players

    house = make_house(database)
    mailing = type(house)(
        settings=make_settings(smtp_url="smtp://127.0.0.1:9", mail_from="a@example.com"),
        database=house.database,
        book=house.book,
        wake=house.wake,
    )
    staff = players.write(mailing)
    number = issue(mailing, staff)
    cases.revoke(Context(mailing), staff["approver2"], number, "认定有误。")
    settle(mailing, "rejected")
    assert undelivered.look_after(Context(mailing)) == 1
    assert tasks(mailing) == []
    with mailing.database.read() as connection:
        assert connection.execute(deliveries.select().where(deliveries.c.state == "queued")).one().channel == "mail"
    settle(mailing, "rejected")
    assert undelivered.look_after(Context(mailing)) == 1
    assert tasks(mailing) == [("serve_outcome", f"serve:{number}-2")]
