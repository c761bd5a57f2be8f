"""Putting things on their way, and looking at what became of them."""

import pytest

from bot.delivery import outbox
from bot.model.delivery import Priority
from bot.model.reply import Outgoing
from tests.conftest import AGENTID, CORPID
from tests.store.rows import all_of


@pytest.fixture
def put(database):
    """Put one text to these people on its way. Returns the batch's id."""

    def put(*people, content="您的应用有新的处理通知", priority=Priority.CHAT, after_id=None, agentid=AGENTID, **more):
        userids = [str(person) for person in people]
        with database.write() as tx:
            return outbox.enqueue(tx, CORPID, agentid, userids, Outgoing("text", {"content": content}), priority, after_id, **more)

    return put


@pytest.fixture
def states(database):
    return lambda: {row.userid: row.state for row in all_of(database, "deliveries")}


@pytest.fixture
def reached(wecom):
    """What reached a person, without the marks."""
    return lambda person: [one.body["content"].rpartition("\n（")[0] for one in wecom.delivered(str(person))]


@pytest.fixture
def fault(wecom):
    def fault(kind, times=1, api="message/send", **more):
        wecom.set_faults([{"api": api, "kind": kind, "times": times, **more}])

    return fault


@pytest.fixture
def calls(wecom):
    """How often an API was called."""
    return lambda api="message/send": wecom.exchanges.calls[api]
