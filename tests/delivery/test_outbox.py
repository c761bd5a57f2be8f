import pytest

from bot.delivery.outbox import cancel, enqueue, enqueue_many, resend
from bot.model.delivery import Priority
from bot.model.reply import Outgoing
from bot.wecom.cards import BadPayload
from tests.conftest import AGENTID, CORPID
from tests.store.rows import all_of


def put(database, outgoing, touser=("WangWei",), corpid="ww1", agentid=7, **more):
    with database.write() as tx:
        return enqueue(tx, corpid, agentid, touser, outgoing, Priority.CHAT, **more)


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


def test_many_people_are_as_many_batches_as_the_platform_wants(database):
    people = [f"u{n}" for n in range(2_500)]
    with database.write() as tx:
        batch_ids = enqueue_many(tx, "ww1", 7, people, Outgoing("text", {"content": "您好"}), Priority.BULK)
    rows = all_of(database, "deliveries")
    assert [row.userid for row in rows] == people
    assert [sum(row.batch_id == batch_id for row in rows) for batch_id in batch_ids] == [1_000, 1_000, 500]


def test_a_card_for_many_has_a_task_id_of_its_own_in_each_batch(database):
    card = Outgoing("template_card", {"card_type": "text_notice", "task_id": "case-7"})
    with database.write() as tx:
        enqueue_many(tx, "ww1", 7, [f"u{n}" for n in range(2_001)], card, Priority.BULK)
    task_ids = [batch.payload["template_card"]["task_id"] for batch in all_of(database, "batches")]
    assert task_ids == ["case-7", "case-7@2", "case-7@3"]


# Taking back, and sending again

APP = {"corpid": CORPID, "agentid": AGENTID}


@pytest.fixture
def sent(wecom, database, make_engine):
    """A text to one who gets it, one who is refused, one whose answer is lost and one who was taken back. Returns the batches."""
    wecom.refuse("li.na")
    batch_ids = [
        put(database, Outgoing("text", {"content": "通知"}), people, **APP) for people in (["WangWei", "li.na"], ["chenmo"], ["ZhaoMin"])
    ]
    with database.write() as tx:
        assert cancel(tx, batch_ids[2:]) == 1
    engine = make_engine()
    engine.work(batch_id=batch_ids[0])
    wecom.set_faults([{"api": "message/send", "kind": "reset", "times": 1}])
    engine.work(batch_id=batch_ids[1])
    return batch_ids


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("include_uncertain", [False, True])
def test_only_those_who_were_missed_get_it_again(database, sent, include_uncertain):
    with database.write() as tx:
        new_ids = resend(tx, sent, include_uncertain=include_uncertain)
    queued = [row.userid for row in all_of(database, "deliveries") if row.batch_id in new_ids]
    assert queued == ["li.na", *(["chenmo"] if include_uncertain else []), "ZhaoMin"]


@pytest.mark.usefixtures("clock")
def test_what_is_sent_again_is_a_message_of_its_own(wecom, database, sent, make_engine):
    wecom.refuse("li.na", refused=False)
    with database.write() as tx:
        resend(tx, sent)
    make_engine().work()
    (old,) = wecom.delivered("WangWei")
    (new,) = wecom.delivered("li.na")
    assert old.body["content"] != new.body["content"]
    assert old.body["content"].rpartition("\n")[0] == new.body["content"].rpartition("\n")[0] == "通知"


def test_a_card_that_is_sent_again_has_a_new_task_id_with_the_old_one_before_it(database):
    batch_id = put(database, Outgoing("template_card", {"card_type": "text_notice", "task_id": "case-7@2"}))
    with database.write() as tx:
        cancel(tx, [batch_id])
        resend(tx, [batch_id])
    old, new = (batch.payload["template_card"]["task_id"] for batch in all_of(database, "batches"))
    assert old == "case-7@2"
    assert new.startswith("case-7@")
    assert new != old


def test_nobody_missed_is_nothing_to_send(database):
    batch_id = put(database, Outgoing("text", {"content": "您好"}))
    with database.write() as tx:
        assert resend(tx, [batch_id]) == []
