"""申请人工: an answer is marked for a person, once, by a time that is told; and the person's answer comes back."""

import pytest

from bot.actions import humans
from bot.context import Context
from bot.errors import NotFound, UserMistake
from bot.model.human import OPEN
from bot.model.texts import humans as texts
from bot.model.trail import verify
from bot.store import humans as rows
from bot.store import trail
from tests.actions.conftest import at_once
from tests.cast import at
from tests.flows.chat import Chat
from tests.store.rows import all_of

QUESTION = "应用被取消推荐后怎么恢复"
WANG = at("WangWei")


@pytest.fixture
def chat(post, wecom, run_worker, clock, cast):
    return Chat(post, wecom, run_worker, clock)


def ask(chat, person, question=QUESTION):
    """Ask, want a person, and confirm it. Returns what the press brought."""
    chat.say(person, question)
    return chat.press(person, chat.say(person, "申请人工").keys[0])


def requests(house):
    with house.database.read() as connection:
        return rows.listed(connection, only_open=False)


def test_the_words_alone_mark_nothing_and_the_press_marks_the_last_answer(chat, wang, house):
    answered = chat.say(wang, QUESTION).now
    heard = chat.say(wang, "申请人工")
    assert QUESTION in heard.now
    assert requests(house) == []
    told = chat.press(wang, heard.keys[0]).texts[0]
    (request,) = requests(house)
    assert (request.about, request.answered_with, request.state, request.address) == (QUESTION, answered, OPEN, WANG)
    assert "2026-03-03 23:59 前" in told  # one working day after a Monday


def test_what_is_no_answer_is_not_marked(chat, wang, house):
    assert chat.say(wang, "申请人工").now == texts.NOTHING_TO_MARK
    for small_talk in ("你好", "谢谢", "转人工", "目录", "4.2", "帮助"):
        chat.say(wang, small_talk)
    assert chat.say(wang, "申请人工").now == texts.NOTHING_TO_MARK
    chat.say(wang, QUESTION)
    chat.say(wang, "转人工")
    assert QUESTION in chat.say(wang, "申请人工").now


def test_a_refusal_says_how_to_get_a_person_and_can_be_marked(chat, wang, house):
    assert "申请人工" in chat.say(wang, "罚款是多少钱").now
    chat.press(wang, chat.say(wang, "申请人工").keys[0])
    assert [one.about for one in requests(house)] == ["罚款是多少钱"]


def test_pressed_and_sent_twice_it_is_once_and_one_is_open_at_a_time(chat, wang, li, house):
    chat.say(wang, QUESTION)
    key = chat.say(wang, "申请人工").keys[0]
    chat.press(wang, key)
    assert "不需要重复申请" in chat.press(wang, key).texts[0]
    again = chat.say(wang, "申请人工")
    assert (again.cards, "不需要重复申请" in again.now) == ([], True)
    chat.say(wang, "什么是套壳应用")
    assert "不需要重复申请" in chat.say(wang, "申请人工").now
    assert len(requests(house)) == 1
    ask(chat, li)
    assert len(requests(house)) == 2


def test_two_presses_at_the_same_moment_make_one(chat, wang, house, elsewhere):
    chat.say(wang, QUESTION)
    key = chat.say(wang, "申请人工").keys[0].removeprefix(humans.PREFIX)
    results = at_once(*(lambda house=house: humans.ask(Context(house), WANG, key)[1] for house in (house, elsewhere)))
    assert sorted(map(bool, results)) == [False, True]
    assert len(requests(house)) == 1


def test_the_answer_reaches_who_asked_and_the_next_question_can_be_marked(chat, wang, house, cast, run_worker):
    ask(chat, wang)
    (request,) = requests(house)
    assert "应在 2026-03-03 23:59 前答复" in chat.say(wang, "进度").now
    humans.answer(Context(house), cast["author"], request.id, " 请先提交整改报告，再重新申请。 ")
    run_worker()
    told = chat.wecom.delivered("WangWei")[-1].body["content"]
    assert "【人工答复】" in told
    assert "请先提交整改报告，再重新申请。" in told
    assert "人工" not in chat.say(wang, "进度").now
    assert "已经由人工答复过" in chat.say(wang, "申请人工").now
    ask(chat, wang, "什么是套壳应用")
    assert len(requests(house)) == 2


def test_a_long_answer_comes_whole_in_order(chat, wang, house, cast, run_worker):
    ask(chat, wang)
    words = "".join(f"第{n}句。" for n in range(600))
    humans.answer(Context(house), cast["approver"], 1, words)
    run_worker()
    told = [one.body["content"].rpartition("\n（编号")[0] for one in chat.wecom.delivered("WangWei") if one.body["msgtype"] == "text"]
    assert words in "".join(told)


@pytest.mark.parametrize("words", ["", "  ", "长" * 4_001, "a\x00b"])
def test_an_answer_is_words(chat, wang, house, cast, words):
    ask(chat, wang)
    with pytest.raises(UserMistake, match="人工答复"):
        humans.answer(Context(house), cast["author"], 1, words)
    assert [one.state for one in requests(house)] == [OPEN]


def test_only_those_who_run_things_answer_and_only_once(chat, wang, house, cast):
    ask(chat, wang)
    with pytest.raises(UserMistake, match="权限"):
        humans.answer(Context(house), cast["auditor"], 1, "好")
    with pytest.raises(NotFound):
        humans.answer(Context(house), cast["author"], 9, "好")
    humans.answer(Context(house), cast["author"], 1, "好")
    for act in (lambda: humans.answer(Context(house), cast["author"], 1, "又"), lambda: humans.drop(Context(house), cast["author"], 1)):
        with pytest.raises(UserMistake, match="已经答复或关闭"):
            act()


def test_who_asked_is_told_that_it_was_closed(chat, wang, house, cast, run_worker):
    ask(chat, wang)
    humans.drop(Context(house), cast["author"], 1)
    run_worker()
    assert "已关闭，没有另行答复" in chat.wecom.delivered("WangWei")[-1].body["content"]


def test_a_late_one_is_marked_once_with_an_alarm_that_the_answer_ends(chat, wang, house, cast, clock):
    ask(chat, wang)
    assert [row.what for row in all_of(house.database, "alarms") if row.state == "open"] == ["human_asked"]
    clock.tick(days=1)
    assert humans.look_after(Context(house)) == 0
    clock.tick(days=1)
    assert [humans.look_after(Context(house)) for _ in range(2)] == [1, 0]
    assert "已超期" in chat.say(wang, "进度").now
    late = [row for row in all_of(house.database, "alarms") if row.what == "human_late"]
    assert [row.state for row in late] == ["open"]
    humans.answer(Context(house), cast["author"], 1, "抱歉，晚了。")
    assert [row.state for row in all_of(house.database, "alarms") if row.what.startswith("human_")] == ["cleared", "cleared"]


def test_all_of_it_stands_on_the_chain_of_the_house_and_words_stand_beside_it(chat, wang, house, cast, clock):
    ask(chat, wang)
    clock.tick(days=3)
    humans.look_after(Context(house))
    humans.answer(Context(house), cast["author"], 1, "请看 4.2。")
    events = [row for row in all_of(house.database, "events") if row.action.startswith("human_")]
    assert [row.action for row in events] == ["human_asked", "human_late", "human_answered"]
    assert all(row.content == {"request": 1} for row in events)
    with house.database.snapshot() as snapshot:
        assert verify(trail.read(snapshot), {})[0] == []
