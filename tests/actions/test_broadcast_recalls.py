"""Taking a broadcast out of people's chats: within a day, and what could not be is said."""

import pytest
from sqlalchemy import update

from bot.actions import broadcast_work, broadcasts
from bot.context import Context
from bot.errors import UserMistake
from bot.model.texts import console_broadcasts as words
from bot.store import broadcast_sending, tables
from bot.wecom.client import Client
from tests.broadcasts import launched, of, see_through, terms
from tests.store.rows import all_of

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def few(make_settings):
    """Nobody need approve."""
    return make_settings(broadcast_approval_above=1_000_000, quiet_hours="off")


@pytest.fixture
def settings(few):
    return few


@pytest.fixture
def clock(clock):
    clock.tick(minutes=5)  # nine o'clock sharp is a minute in which everybody sends
    return clock


@pytest.fixture
def engine(make_engine):
    return make_engine(**terms())


@pytest.fixture
def run(house, engine, clock):
    return lambda: see_through(house, engine, clock)


@pytest.fixture
def client(wecom, settings, house):
    from bot.store.tokens import DatabaseTokens
    from tests.cast import AGENTID, CORPID

    made = Client(wecom.own_url, CORPID, AGENTID, settings.wecom_secret.get_secret_value(), DatabaseTokens(house.database))
    yield made
    made.close()


def test_what_was_sent_within_a_day_is_taken_back(house, cast, wecom, run, client):
    made = launched(house, cast)
    run()
    found = of(house, made.number)
    assert broadcasts.recall(Context(house), cast["approver"], made.number, found.version) == (3, 0)
    assert broadcast_work.recall(Context(house), client) == 1
    assert [one.is_recalled for one in wecom.outbox.sent.values()] == [True]
    assert [row.state for row in all_of(house.database, "broadcast_recalls")] == ["recalled"]
    now = of(house, made.number)
    with pytest.raises(UserMistake, match="撤回过"):
        broadcasts.recall(Context(house), cast["approver"], made.number, now.version)
    with pytest.raises(UserMistake, match="不能再补发"):
        broadcasts.resend(Context(house), cast["author"], made.number, now.version)


def test_after_a_day_nothing_can_be_taken_back_and_that_is_said(house, cast, run, clock):
    made = launched(house, cast)
    run()
    clock.tick(hours=25)
    with pytest.raises(UserMistake, match="24 小时"):
        broadcasts.recall(Context(house), cast["author"], made.number, of(house, made.number).version)


def test_a_recall_that_the_platform_refuses_is_told_and_one_unanswered_is_tried_again(house, cast, wecom, run, client, clock):
    made = launched(house, cast)
    run()
    broadcasts.recall(Context(house), cast["author"], made.number, of(house, made.number).version)
    wecom.set_faults(
        [{"api": "message/recall", "kind": "reset", "times": 1}, {"api": "message/recall", "kind": "errcode:40058", "times": 1}]
    )
    broadcast_work.recall(Context(house), client)
    assert [row.state for row in all_of(house.database, "broadcast_recalls")] == ["owed"]
    assert broadcast_work.recall(Context(house), client) == 0
    clock.tick(seconds=61)
    broadcast_work.recall(Context(house), client)
    assert [(row.state, row.errcode) for row in all_of(house.database, "broadcast_recalls")] == [("refused", 40058)]


def test_while_the_platform_is_away_taking_back_is_tried_until_the_day_is_over(house, cast, wecom, run, client, clock):
    made = launched(house, cast)
    run()
    broadcasts.recall(Context(house), cast["author"], made.number, of(house, made.number).version)
    wecom.set_faults([{"api": "message/recall", "kind": "reset"}])
    for _ in range(8):
        broadcast_work.recall(Context(house), client)
        clock.tick(minutes=15)
    assert [row.state for row in all_of(house.database, "broadcast_recalls")] == ["owed"]
    wecom.set_faults([])
    broadcast_work.recall(Context(house), client)
    assert [row.state for row in all_of(house.database, "broadcast_recalls")] == ["recalled"]
    assert [one.is_recalled for one in wecom.outbox.sent.values()] == [True]


def test_what_cannot_be_taken_back_any_more_while_it_waits_is_told(house, cast, wecom, run, client, clock):
    made = launched(house, cast)
    run()
    clock.tick(hours=23, minutes=50)
    broadcasts.recall(Context(house), cast["author"], made.number, of(house, made.number).version)
    wecom.set_faults([{"api": "message/recall", "kind": "errcode:45009"}])
    broadcast_work.recall(Context(house), client)
    clock.tick(minutes=15)
    assert broadcast_work.recall(Context(house), client) == 0
    assert [row.state for row in all_of(house.database, "broadcast_recalls")] == ["late"]


def test_whose_message_has_no_id_is_told_apart(house, cast, wecom, run, client):
    made = launched(house, cast)
    run()
    with house.database.write() as tx:
        tx.execute(update(tables.deliveries).where(tables.deliveries.c.userid == "WangWei").values(msgid=""))
        tx.execute(update(tables.deliveries).where(tables.deliveries.c.userid == "li.na").values(msgid="", state="uncertain"))
    assert broadcasts.recall(Context(house), cast["author"], made.number, of(house, made.number).version) == (1, 0)
    assert broadcast_work.recall(Context(house), client) == 1
    with house.database.read() as connection:
        recalls = broadcast_sending.recalls(connection, made.id)
    assert recalls == {"recalled": 1, "unknown": 2}
    assert words.recall_words(recalls) == "已撤回 1 人；可能已送出，但平台没有给消息编号，不能撤回 2 人"
