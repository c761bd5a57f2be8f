"""Questions that got no answer: gathered once each, grouped by likeness, answered by operators, and taken back."""

import subprocess
import sys
from dataclasses import replace

import pytest

import rules
from bot import failpoint
from bot.actions import questions_asked
from bot.context import Context
from bot.errors import NotFound, Stale, TransitionNotAllowed, UserMistake
from bot.model.question import GROUP, GroupState, Wanted
from bot.model.texts import questions_asked as texts
from bot.store import questions, rulebooks, ties
from rules.overlay import MAX_SAY_CHARS
from tests.cast import at
from tests.flows.processes import environment
from tests.store.rows import all_of


def gather(house):
    return questions_asked.gather(Context(house))


def groups(house, state=GroupState.OPEN):
    return questions_asked.listed(Context(house), state).groups


def wanted(house, group, lineage=None, say="请以平台后台的提示为准。"):
    page = questions_asked.read(Context(house), group.id)
    return Wanted(phrasings=[one.id for one in page.phrasings], lineage=lineage, say=say)


def tie(house, cast, group, *, accepted=False, **given):
    ctx, what = Context(house), wanted(house, group, **given)
    mark = questions_asked.look(ctx, cast["author"], group.id, what).mark
    return questions_asked.tie(Context(house), cast["author"], group.id, group.version, what, mark, accepted=accepted)


def test_what_is_alike_stands_in_one_group_with_how_often_it_was_asked(house, cast, asked):
    asked("整改报告要在几天内提交", "整改报告要在几天内提交？", "整改报告在几天内要提交", "客服电话是多少")
    asked("怎么恢复", outcome="ask_rule 4.2")
    assert gather(house) == 4
    assert [(one.text, one.count) for one in groups(house)] == [("整改报告要在几天内提交", 3), ("客服电话是多少", 1)]
    assert gather(house) == 0
    asked("整改报告要在几天内提交")
    gather(house)
    assert groups(house)[0].count == 4
    page = questions_asked.read(Context(house), groups(house)[0].id)
    assert [one.count for one in page.phrasings] == [3, 1]


def test_a_message_that_is_young_waits_so_that_none_is_passed_over(house, cast, asked, clock):
    asked("客服电话是多少")
    clock.tick(seconds=-50)
    assert gather(house) == 0
    clock.tick(seconds=60)
    assert gather(house) == 1


def test_nothing_says_who_asked(house, cast, asked):
    asked("客服电话是多少", userid="ZhaoMin")
    gather(house)
    for table in ("question_groups", "unanswered", "ties", "thumbs"):
        assert all("ZhaoMin" not in str(tuple(row)) for row in all_of(house.database, table))


@pytest.mark.parametrize("point", ["questions.grouped:1", "questions.tied:1"])
def test_a_kill_loses_nothing_and_counts_nothing_twice(house, cast, asked, settings, database, point):
    asked("客服电话是多少", "客服电话是多少")
    program = (
        "import sys; from bot import clock, failpoint; from bot.actions import questions_asked as q; from bot.app import App;"
        "from bot.context import Context; from bot.model.question import GroupState, Wanted; from bot.store import operators;"
        "from config.settings import load; app = App(load()); ctx = lambda: Context(app.house); q._YOUNG *= 0\n"
        "with ctx().read() as c: me = operators.by_login(c, 'author')\n"
        "failpoint.arm(sys.argv[1]); q.gather(ctx()); [g] = q.listed(ctx(), GroupState.OPEN).groups\n"
        "w = Wanted(phrasings=[1], lineage=None, say='x'); q.tie(ctx(), me, g.id, g.version, w, q.look(ctx(), me, g.id, w).mark)"
    )
    hidden = ("wecom_secret", "wecom_token", "wecom_aes_key", "secret_key")
    known = {name.upper(): getattr(settings, name).get_secret_value() for name in hidden}
    plain = ("wecom_corpid", "wecom_agentid", "wecom_api_base", "public_url", "data_dir")
    shown = {name.upper(): str(getattr(settings, name)) for name in plain}
    url = database.url.render_as_string(hide_password=False)
    env = environment(**shown, **known, DATABASE_URL=url, ENV_FILE="/dev/null", RULES_ENCODER="off", INBOX_KEEP_DAYS="9999")
    died = subprocess.run([sys.executable, "-c", program, point], env=env, capture_output=True, text=True, timeout=120, check=False)
    assert died.returncode == -9, died.stderr
    assert all_of(house.database, "ties") == []
    gather(house)
    assert [one.count for one in groups(house)] == [2]
    with house.database.read() as connection:
        assert rulebooks.generation(connection) == 0


def test_an_answer_is_what_the_rule_book_says_from_then_on_until_it_is_taken_back(house, cast, asked):
    asked("客服电话是多少", "客服的电话是多少呀")
    gather(house)
    [group] = groups(house)
    done = tie(house, cast, group)
    assert done.state is GroupState.TIED
    with house.database.read() as connection:
        overlay, generation = ties.overlay(connection), rulebooks.generation(connection)
    assert generation == 1
    answer = rules.load(encoder="off").with_ties(overlay).ask("客服电话是多少？")
    assert (answer.kind, answer.say) == ("refusal", "请以平台后台的提示为准。")
    assert "question_tied" in [row.action for row in all_of(house.database, "events")]
    questions_asked.undo(Context(house), cast["author"], group.id, done.version)
    with house.database.read() as connection:
        assert ties.overlay(connection).ties == ()
        assert rulebooks.generation(connection) == 2
    assert groups(house)[0].state is GroupState.OPEN
    [tied] = questions_asked.read(Context(house), group.id).tied
    assert tied.ended_by == cast["author"].id


def test_tying_to_a_clause_quotes_it(house, cast, asked):
    asked("应用没了咋整")
    gather(house)
    tie(house, cast, groups(house)[0], lineage="recovery", say="")
    with house.database.read() as connection:
        overlay = ties.overlay(connection)
    answer = rules.load(encoder="off").with_ties(overlay).ask("应用没了咋整")
    assert answer.clause
    assert answer.clause.id == "4.2"


def test_what_it_would_break_is_shown_before_it_is_so(house, cast, asked):
    kept = next(one for one in questions_asked._kept() if one.lineages)
    asked(kept.text)
    gather(house)
    [group] = groups(house)
    effect = questions_asked.look(Context(house), cast["author"], group.id, wanted(house, group))
    assert [(line.text, line.now) for line in effect.outcome.lines] == [(kept.text, "")]
    with pytest.raises(UserMistake, match="答错"):
        tie(house, cast, group)
    assert groups(house)[0].state is GroupState.OPEN
    assert tie(house, cast, group, accepted=True).state is GroupState.TIED


def test_only_what_was_looked_at_goes_live(house, cast, asked):
    asked("客服电话是多少", "怎么开发票")
    gather(house)
    first, second = sorted(groups(house), key=lambda one: one.id)
    what = wanted(house, first)
    effect = questions_asked.look(Context(house), cast["author"], first.id, what)
    with pytest.raises(Stale):
        questions_asked.tie(Context(house), cast["author"], first.id, first.version, replace(what, say="别的话。"), effect.mark)
    with pytest.raises(Stale):
        questions_asked.tie(Context(house), cast["author"], first.id, first.version + 1, what, effect.mark)
    questions_asked.pass_over(Context(house), cast["author"], second.id, second.version)
    assert questions_asked.tie(Context(house), cast["author"], first.id, first.version, what, effect.mark).state is GroupState.TIED


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"say": ""}, texts.SAY_SOMETHING),
        ({"lineage": "none of it"}, texts.NO_SUCH_CLAUSE),
        ({"say": "「4.2」说可以"}, texts.NO_QUOTES),
        ({"say": "x" * (MAX_SAY_CHARS + 1)}, str(MAX_SAY_CHARS)),
    ],
)
def test_what_cannot_be_an_answer_is_refused(house, cast, asked, given, words):
    asked("客服电话是多少")
    gather(house)
    with pytest.raises(UserMistake, match=words):
        tie(house, cast, groups(house)[0], **given)
    assert all_of(house.database, "ties") == []


def test_only_operators_say_what_the_bot_answers(house, cast, asked):
    asked("客服电话是多少")
    gather(house)
    [group] = groups(house)
    for login in ("approver", "auditor"):
        for act in (
            lambda who: questions_asked.look(Context(house), who, group.id, wanted(house, group)),
            lambda who: questions_asked.undo(Context(house), who, group.id, group.version),
            lambda who: questions_asked.pass_over(Context(house), who, group.id, group.version),
        ):
            with pytest.raises(UserMistake):
                act(cast[login])


ALLOWED = {
    ("open", "tie"): "tied",
    ("passed", "tie"): "tied",
    ("tied", "tie"): "tied",
    ("tied", "undo"): "open",
    ("open", "pass"): "passed",
    ("passed", "reopen"): "open",
}


def test_every_pair_of_state_and_step_is_allowed_or_refused():
    for state in GROUP.states:
        for action in GROUP.actions:
            if (state, action) in ALLOWED:
                assert GROUP.next(state, action).target == ALLOWED[state, action]
            else:
                with pytest.raises(TransitionNotAllowed):
                    GROUP.next(state, action)


def test_what_nobody_asked_for_long_is_forgotten_unless_it_was_tied(house, cast, asked, clock):
    asked("客服电话是多少", "怎么开发票")
    gather(house)
    first, _ = sorted(groups(house), key=lambda one: one.id)
    tie(house, cast, first)
    questions_asked.thumb(Context(house), at("WangWei"), is_good=False)
    clock.tick(days=house.settings.inbox_keep_days + 1)
    assert questions_asked.forget(Context(house)) == 2
    assert all_of(house.database, "thumbs") == []
    assert [row.text for row in all_of(house.database, "question_groups")] == ["客服电话是多少"]
    assert [row.text for row in all_of(house.database, "unanswered")] == ["客服电话是多少"]
    assert questions_asked.forget(Context(house)) == 0


def test_thumbs_are_kept_once_for_each_answer_and_the_last_word_counts(house, cast, asked):
    assert questions_asked.thumb(Context(house), at("WangWei"), is_good=True) == texts.NOTHING_TO_RATE
    asked("怎么恢复", outcome="ask_rule 4.2")
    for is_good in (True, True, False):
        questions_asked.thumb(Context(house), at("WangWei"), is_good=is_good)
    page = questions_asked.unhelpful(Context(house))
    assert page.thumbs == (0, 1)
    assert [(one.text, one.outcome) for one in page.down] == [("怎么恢复", "ask_rule 4.2")]
    assert questions_asked.thumb(Context(house), at("ZhaoMin"), is_good=True) == texts.NOTHING_TO_RATE


def test_two_workers_at_once_count_each_message_once(house, cast, asked, monkeypatch):
    asked("客服电话是多少", "怎么开发票")
    real = questions.refused

    def other_first(*given):
        found = real(*given)
        monkeypatch.setattr(questions, "refused", real)
        assert gather(house) == 2
        return found

    monkeypatch.setattr(questions, "refused", other_first)
    assert gather(house) == 0
    assert [one.count for one in groups(house)] == [1, 1]


def test_what_was_answered_as_an_operator_said_is_not_asked_in_vain(house, cast, asked):
    asked("客服电话是多少", outcome="ask_rule refusal tied")
    assert gather(house) == 0
    assert groups(house) == []


def test_numbers_and_addresses_of_somebody_are_not_kept(house, cast, asked):
    asked("我的手机 13800001111，邮箱 wang.wei@example.com，第 12 天还没答复")
    gather(house)
    assert [one.text for one in groups(house)] == ["我的手机 …，邮箱 …，第 12 天还没答复"]


def test_what_another_tie_changed_meanwhile_must_be_looked_at_again(house, cast, asked, monkeypatch):
    asked("客服电话是多少", "怎么开发票")
    gather(house)
    first, second = sorted(groups(house), key=lambda one: one.id)
    what = wanted(house, first)
    effect = questions_asked.look(Context(house), cast["author"], first.id, what)
    real = questions_asked.look

    def overtaken(ctx, actor, group_id, given):
        found = real(ctx, actor, group_id, given)
        if group_id == first.id:
            tie(house, cast, second)
        return found

    monkeypatch.setattr(questions_asked, "look", overtaken)
    with pytest.raises(Stale):
        questions_asked.tie(Context(house), cast["author"], first.id, first.version, what, effect.mark)
    with house.database.read() as connection:
        assert [one.text for one in ties.overlay(connection).ties] == ["怎么开发票"]
        assert rulebooks.generation(connection) == 1


@pytest.mark.parametrize("say", ["按 4.2 办", "规则第四条写了", "第3.1条", "『可以』"])
def test_words_that_look_like_the_rules_are_refused(house, cast, asked, say):
    asked("客服电话是多少")
    gather(house)
    with pytest.raises(UserMistake, match="规则原文"):
        tie(house, cast, groups(house)[0], say=say)


@pytest.mark.parametrize("say", ["请看“应用管理”页，约占 99.5%。", "9 点到 18 点有人接听。"])
def test_other_figures_may_be_said(house, cast, asked, say):
    asked("客服电话是多少")
    gather(house)
    assert tie(house, cast, groups(house)[0], say=say).state is GroupState.TIED


def test_a_question_whose_answer_did_not_help_is_taken_up_once(house, cast, asked):
    asked("应用没了咋整呢", outcome="ask_rule 4.1")
    questions_asked.thumb(Context(house), at("WangWei"), is_good=False)
    [down] = questions_asked.unhelpful(Context(house)).down
    with pytest.raises(UserMistake):
        questions_asked.take_up(Context(house), cast["auditor"], down.key)
    with pytest.raises(NotFound):
        questions_asked.take_up(Context(house), cast["author"], "none")
    group_id = questions_asked.take_up(Context(house), cast["author"], down.key)
    assert questions_asked.take_up(Context(house), cast["author"], down.key) == group_id
    assert [(one.id, one.text, one.count) for one in groups(house)] == [(group_id, "应用没了咋整呢", 1)]
    tie(house, cast, groups(house)[0], lineage="recovery", say="")
    with house.database.read() as connection:
        assert [one.lineage for one in ties.overlay(connection).ties] == ["recovery"]


class Killed(Exception):
    pass


def test_stopped_while_it_forgets_it_forgets_the_next_time(house, cast, asked, clock, monkeypatch):
    def stop(name):
        if name == "questions.forgotten":
            raise Killed

    asked("客服电话是多少")
    gather(house)
    clock.tick(days=house.settings.inbox_keep_days + 1)
    with monkeypatch.context() as patch:
        patch.setattr(failpoint, "reach", stop)
        with pytest.raises(Killed):
            questions_asked.forget(Context(house))
    assert len(all_of(house.database, "unanswered")) == 1
    assert questions_asked.forget(Context(house)) == 1
    assert all_of(house.database, "question_groups") == []


def test_another_way_of_asking_what_has_an_answer_waits_for_one_of_its_own(house, cast, asked):
    asked("整改报告要在几天内提交")
    gather(house)
    tie(house, cast, groups(house)[0])
    asked("整改报告要在几天内交上来")
    gather(house)
    assert [(one.text, one.count) for one in groups(house)] == [("整改报告要在几天内交上来", 1)]
    assert [one.count for one in groups(house, GroupState.TIED)] == [1]


def test_what_was_left_out_of_an_answer_comes_back_when_it_is_asked_again(house, cast, asked, clock):
    asked("整改报告要在几天内提交", "整改报告要在几天内提交", "整改报告在几天内要提交")
    gather(house)
    group = groups(house)[0]
    page = questions_asked.read(Context(house), group.id)
    what = Wanted(phrasings=[page.phrasings[0].id], lineage=None, say="请看平台后台。")
    mark = questions_asked.look(Context(house), cast["author"], group.id, what).mark
    questions_asked.tie(Context(house), cast["author"], group.id, group.version, what, mark)
    assert groups(house) == []
    clock.tick(minutes=1)
    asked("整改报告在几天内要提交")
    gather(house)
    again = groups(house)[0]
    assert (again.text, again.count) == ("整改报告在几天内要提交", 1)
    assert [one.text for one in questions_asked.read(Context(house), again.id).phrasings] == ["整改报告在几天内要提交"]
    tie(house, cast, again)
    assert [one.count for one in groups(house, GroupState.TIED)] == [3, 1]


def test_what_was_asked_before_the_answer_and_gathered_after_it_needs_none(house, cast, asked, clock):
    asked("客服电话是多少")
    gather(house)
    asked("客服电话是多少")
    tie(house, cast, groups(house)[0])
    gather(house)
    assert groups(house) == []
    assert groups(house, GroupState.TIED)[0].count == 2
