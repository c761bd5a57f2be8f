import pytest

from bot.delivery.outbox import enqueue
from bot.model.delivery import Priority
from bot.model.reply import Outgoing
from bot.wecom.cards import BadPayload
from tests.store.rows import all_of


def put(database, outgoing, touser=("WangWei",), **more):
    with database.write() as tx:
        return enqueue(tx, "ww1", 7, touser, outgoing, Priority.CHAT, **more)


def test_a_payload_is_frozen_with_the_longest_duplicate_check(database):
    put(database, Outgoing("text", {"content": "您好"}))
    (batch,) = all_of(database, "batches")
    assert batch.payload["enable_duplicate_check"] == 1
    assert batch.payload["duplicate_check_interval"] == 14_400
    assert "touser" not in batch.payload


@pytest.mark.parametrize("msgtype", ["text", "markdown"])
def test_no_two_messages_are_the_same_to_the_platform(database, msgtype):
    for _ in range(3):
        put(database, Outgoing(msgtype, {"content": "同样的话"}))
    contents = [batch.payload[msgtype]["content"] for batch in all_of(database, "batches")]
    assert len(set(contents)) == 3
    assert all(content.startswith("同样的话\n") for content in contents)


def test_a_card_keeps_its_task_id_or_gets_one(database):
    put(database, Outgoing("template_card", {"card_type": "text_notice", "task_id": "case-7"}))
    put(database, Outgoing("template_card", {"card_type": "text_notice"}))
    first, second = (batch.payload["template_card"]["task_id"] for batch in all_of(database, "batches"))
    assert first == "case-7"
    assert second not in ("", first)


@pytest.mark.parametrize("touser", [[], ["a"] * 2, ["a|b"], ["@all"], [""], [f"u{n}" for n in range(1_001)]])
def test_a_batch_reaches_people_who_are_named_and_nobody_else(database, touser):
    with pytest.raises(BadPayload):
        put(database, Outgoing("text", {"content": "您好"}), touser)
    assert all_of(database, "batches") == all_of(database, "deliveries") == []


def test_a_thousand_people_are_one_batch(database):
    put(database, Outgoing("text", {"content": "您好"}), [f"u{n}" for n in range(1_000)])
    assert len(all_of(database, "deliveries")) == 1_000


def test_a_text_that_the_platform_would_cut_is_refused_where_it_is_written(database):
    with pytest.raises(BadPayload):
        put(database, Outgoing("text", {"content": "条" * 682}))
