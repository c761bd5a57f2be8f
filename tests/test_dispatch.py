"""What becomes of one message: stored with its effects and its reply, in one commit."""

from datetime import UTC, datetime

import pytest

from bot import clock as product_clock
from bot.dispatch import Dispatcher, Route
from bot.errors import BadCallback, Unavailable, UserMistake
from bot.model.inbound import EnterAgent, Image, Inbound, SuitePush, TemplateCardEvent, Text
from bot.model.reply import NOTHING, Outgoing, Reply
from bot.model.texts import common
from bot.store.database import Database
from tests.messages import echo, handle, probe, text, with_effect
from tests.platform import Person
from tests.store.rows import all_of


@pytest.fixture
def dispatch(house):
    """A dispatcher with one route to this handler."""
    return lambda handler: probe(house, handler)


def test_a_message_is_stored_with_its_reply_when_it_is_answered(dispatch, open_database, clock, wang):
    assert handle(dispatch(echo), text(wang, key="k")) == "听到：为什么掉榜"
    (row,) = all_of(open_database(), "inbox")
    assert (row.key, row.corpid, row.agentid, row.userid, row.kind) == ("k", wang.corpid, wang.agentid, "WangWei", "text")
    assert (row.state, row.outcome, row.reply, row.reply_state) == ("handled", "probe", "听到：为什么掉榜", "passive")
    assert row.fields == {"content": "为什么掉榜"}
    assert row.arrived_at == row.handled_at == product_clock.now()


def test_effects_outgoing_rows_and_reply_are_one_commit(dispatch, open_database, wang, woken):
    assert handle(dispatch(with_effect), text(wang, key="k")) == "记下了"
    other = open_database()
    (batch,), (delivery,), (row,) = all_of(other, "batches"), all_of(other, "deliveries"), all_of(other, "inbox")
    assert [row.name for row in all_of(other, "leases")] == ["effect of k"]
    assert (delivery.userid, delivery.state, delivery.batch_id) == ("WangWei", "queued", batch.id)
    assert batch.payload["text"]["content"].startswith("后续\n")
    assert (row.reply, row.reply_state) == ("记下了", "passive")
    assert woken == [batch.id]


def test_later_parts_wait_for_each_other(dispatch, database, wang):
    parts = tuple(Outgoing("text", {"content": f"第{n}段"}) for n in range(3))
    handle(dispatch(lambda *_: Reply("开头", parts)), text(wang))
    batches = all_of(database, "batches")
    assert [batch.after_id for batch in batches] == [None, batches[0].id, batches[1].id]


def test_identical_texts_sent_twice_are_told_apart_by_their_mark(dispatch, database, wang):
    dispatcher = dispatch(lambda *_: Reply("", (Outgoing("text", {"content": "同样的话"}),)))
    handle(dispatcher, text(wang))
    handle(dispatcher, text(wang))
    assert len({batch.payload["text"]["content"] for batch in all_of(database, "batches")}) == 2


def test_two_texts_of_one_person_are_two_messages(dispatch, database, clock, wang):
    dispatcher = dispatch(with_effect)
    for key in ("first 是", "second 是"):
        assert handle(dispatcher, text(wang, "是", key)) == "记下了"
    assert len(all_of(database, "inbox")) == len(all_of(database, "leases")) == 2


def test_the_same_userid_in_two_corps_is_two_people(dispatch, database, wang):
    dispatcher = dispatch(echo)
    handle(dispatcher, text(Person("ww_a", 1, "zhangsan")))
    handle(dispatcher, text(Person("ww_b", 1, "zhangsan")))
    assert {(row.corpid, row.userid) for row in all_of(database, "inbox")} == {("ww_a", "zhangsan"), ("ww_b", "zhangsan")}


@pytest.mark.parametrize("age_s", [301, -301, 86_400])
def test_a_message_from_another_time_is_refused_and_leaves_nothing(dispatch, database, clock, wang, age_s):
    dispatcher = dispatch(with_effect)
    with pytest.raises(BadCallback) as refused:
        handle(dispatcher, text(wang, created_s=int(product_clock.timestamp()) - age_s))
    assert (refused.value.reason, refused.value.status) == ("stale", 403)
    assert all_of(database, "inbox") == all_of(database, "leases") == []


def test_a_message_at_the_edge_of_its_time_is_taken(dispatch, clock, wang):
    assert handle(dispatch(echo), text(wang, created_s=int(product_clock.timestamp()) - 300))


def test_a_known_key_is_answered_however_old_it_is(dispatch, clock, wang):
    dispatcher, message = dispatch(echo), text(wang)
    first = handle(dispatcher, message)
    clock.tick(hours=5)
    assert handle(dispatcher, message) == first


def failing(message, ctx):
    with_effect(message, ctx)
    ctx.wake(99)
    raise ZeroDivisionError("王伟说：机密")


def test_a_handler_that_fails_is_undone_and_its_message_kept_as_failed(dispatch, open_database, wang, woken, logged):
    dispatcher, message = dispatch(failing), text(wang, "机密")
    assert handle(dispatcher, message) == common.FAILED
    other = open_database()
    (row,) = all_of(other, "inbox")
    assert (row.state, row.outcome, row.reply, row.fields) == ("failed", "probe", common.FAILED, {"content": "机密"})
    assert all_of(other, "leases") == all_of(other, "batches") == woken == []
    (line,) = [line for line in logged if line["log_level"] == "error"]
    assert (line["event"], line["error"], line["route"]) == ("handler_failed", "ZeroDivisionError", "probe")
    assert "test_dispatch.py" in line["at"]
    assert "机密" not in str(logged)
    assert "WangWei" not in str(logged)
    assert handle(dispatcher, message) == common.FAILED, "a repeat gets the same words"
    assert len(all_of(other, "inbox")) == 1


def test_the_next_message_after_a_failed_one_is_handled(dispatch, wang):
    dispatcher = dispatch(lambda message, ctx: failing(message, ctx) if message.content == "坏" else with_effect(message, ctx))
    handle(dispatcher, text(wang, "坏"))
    assert handle(dispatcher, text(wang, "好")) == "记下了"


def test_a_failing_handler_says_nothing_to_an_event(dispatch, database, wang):
    event = EnterAgent(
        corpid=wang.corpid, agentid=1, userid=wang.userid, created_s=int(product_clock.timestamp()), key="k", event="enter_agent"
    )
    assert handle(dispatch(lambda *_: 1 / 0), event) == ""
    assert [row.state for row in all_of(database, "inbox")] == ["failed"]


def mistaken(message, ctx):
    with_effect(message, ctx)
    raise UserMistake("请先选择应用。" + "很长" * 1_000)


def test_a_mistake_of_the_person_is_undone_and_told_in_words_that_fit(dispatch, database, wang, logged):
    reply = handle(dispatch(mistaken), text(wang))
    assert reply.startswith("请先选择应用。")
    assert len(reply.encode()) <= 2048
    (row,) = all_of(database, "inbox")
    assert (row.state, row.outcome, row.reply) == ("handled", "probe mistake", reply)
    assert all_of(database, "leases") == all_of(database, "batches") == logged == []


def test_a_mistake_in_a_press_is_told_by_a_message_for_it_takes_no_passive_reply(dispatch, database, wang):
    press = TemplateCardEvent(
        corpid=wang.corpid,
        agentid=wang.agentid,
        userid=wang.userid,
        created_s=int(product_clock.timestamp()),
        key="press",
        event="template_card_event",
        event_key="begin",
        task_id="t",
        card_type="button_interaction",
        response_code="c",
    )
    dispatcher = dispatch(mistaken)
    assert handle(dispatcher, press) == handle(dispatcher, press) == ""
    (row,) = all_of(database, "inbox")
    assert (row.state, row.outcome, row.reply) == ("handled", "probe mistake", "")
    told = [batch.payload["text"]["content"] for batch in all_of(database, "batches")]
    assert "".join(told).startswith("请先选择应用。")
    assert all(len(part.encode()) <= 2048 for part in told)
    assert all_of(database, "leases") == []


def test_what_nobody_pressed_is_told_to_nobody(dispatch, database, wang):
    press = TemplateCardEvent(
        corpid=wang.corpid,
        agentid=wang.agentid,
        userid="",
        created_s=int(product_clock.timestamp()),
        key="press",
        event="template_card_event",
        event_key="begin",
        task_id="t",
        card_type="button_interaction",
        response_code="c",
    )
    assert handle(dispatch(lambda *_: Reply(later=(Outgoing("text", {"content": "后续"}),))), press) == ""
    assert [row.state for row in all_of(database, "inbox")] == ["handled"]
    assert all_of(database, "batches") == []


def test_what_a_handler_found_goes_on_the_row(dispatch, database, wang):
    def handler(message, ctx):
        ctx.outcome = "4.2" + "x" * 100
        return NOTHING

    handle(dispatch(handler), text(wang))
    (row,) = all_of(database, "inbox")
    assert row.outcome == ("probe 4.2" + "x" * 100)[:64]


def test_an_action_that_waits_for_the_commit_runs_although_the_handler_wrote_nothing(dispatch, open_database, wang):
    other, seen = open_database(), []

    def handler(message, ctx):
        ctx.after_commit(lambda: seen.append(len(all_of(other, "inbox"))))
        return Reply("好")

    handle(dispatch(handler), text(wang))
    assert seen == [1]


def test_a_database_that_is_away_is_told_so_and_nothing_is_answered(make_house, wang):
    gone = Database("postgresql+psycopg://nobody@127.0.0.1:9/none")
    dispatcher = probe(make_house(gone), echo)
    with pytest.raises(Unavailable):
        handle(dispatcher, text(wang))


def test_a_database_that_goes_away_inside_the_handler_leaves_the_message_to_a_repeat(dispatch, database, wang):
    def handler(message, ctx):
        with ctx.transaction():
            raise Unavailable("connection lost")

    dispatcher, message = dispatch(handler), text(wang)
    with pytest.raises(Unavailable):
        handle(dispatcher, message)
    assert all_of(database, "inbox") == []


def test_the_first_matching_route_takes_the_message(house, wang):
    def said(words):
        return lambda *_: Reply(words)

    routes = [
        Route("a", lambda m: isinstance(m, Image), said("a")),
        Route("b", lambda m: isinstance(m, Text), said("b")),
        Route("c", lambda m: isinstance(m, Inbound), said("c")),
    ]
    assert handle(Dispatcher(house, routes), text(wang)) == "b"


def test_a_suite_push_is_stored_and_goes_to_no_handler(dispatch, database, clock):
    push = SuitePush(
        suite_id="ww_suite",
        info_type="create_auth",
        created_s=int(product_clock.timestamp()),
        auth_corpid="ww_provider",
        key="push",
        fields={"State": "x"},
    )
    dispatcher = dispatch(lambda *_: 1 / 0)
    assert handle(dispatcher, push) == handle(dispatcher, push) == ""
    (row,) = all_of(database, "inbox")
    assert (row.corpid, row.agentid, row.userid, row.kind, row.state) == ("ww_provider", 0, "", "create_auth", "stored")
    assert row.fields == {"State": "x"}


# The limit a sender has


def test_too_many_messages_are_told_so_once_and_then_taken_in_silence(dispatch, database, clock, wang, li):
    calls = []

    def handler(message, ctx):
        calls.append(message.key)
        return Reply("答")

    dispatcher = dispatch(handler)
    replies = [handle(dispatcher, text(wang)) for _ in range(25)]
    assert replies == ["答"] * 20 + [common.LIMITED] + [""] * 4
    assert len(calls) == 20
    assert [row.state for row in all_of(database, "inbox")] == ["handled"] * 20 + ["limited"] * 5
    assert handle(dispatcher, text(li)) == "答", "another person is not held up"
    clock.tick(seconds=61)
    assert handle(dispatcher, text(wang)) == "答", "the next minute is fine"


def test_a_repeat_costs_nothing_of_the_limit(dispatch, clock, wang):
    dispatcher, message = dispatch(echo), text(wang)
    for _ in range(40):
        assert handle(dispatcher, message) == "听到：为什么掉榜"
    assert handle(dispatcher, text(wang)) == "听到：为什么掉榜"


def test_an_event_is_never_held_up_by_the_limit(dispatch, database, clock, wang):
    dispatcher = dispatch(lambda *_: Reply("欢迎"))
    for _ in range(21):
        handle(dispatcher, text(wang))
    press = EnterAgent(corpid=wang.corpid, agentid=wang.agentid, userid=wang.userid, created_s=0, key="p", event="enter_agent")
    with product_clock.freeze(datetime(1970, 1, 1, 0, 1, tzinfo=UTC)):
        assert handle(dispatcher, press) == "欢迎"
