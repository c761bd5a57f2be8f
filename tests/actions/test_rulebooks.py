"""A version of the rules from its upload to the day it comes into force."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import IntegrityError

from bot import bookshelf
from bot.actions import packaged, rulebook_fits, rulebook_pages, rulebooks
from bot.actions.rulebook_texts import NEW
from bot.bookshelf import Bookshelf
from bot.context import Context
from bot.errors import Stale, TransitionNotAllowed, UserMistake
from bot.model.rulebook import RuleState
from bot.store import rulebooks as rows
from bot.store import ties, trail
from bot.store.tables import rule_versions
from rules import Overlay, Tie
from rules.documents import latest
from tests import cast as players
from tests.rulebooks import DATED, PHRASES, SOURCE, TODAY, approved, confirmed, few, read, ready, submitted, typed, uploaded

OLD = latest().version


@pytest.fixture
def ctx(house):
    return Context(house)


def shelf_of(house):
    shelf = Bookshelf(house.database, "off")
    shelf.open()
    return shelf


def actions_of(house):
    with house.database.snapshot() as snapshot:
        return [(event.action, event.actor) for event in trail.read(snapshot, "house") if event.action.startswith("rules_")]


def test_a_version_goes_from_upload_to_in_force_and_is_answered_from(house, cast):
    shelf = shelf_of(house)
    assert approved(house, cast).state is RuleState.IN_FORCE
    assert shelf.look() is True
    answer = shelf.book.ask("什么是广告主")
    assert answer.clause
    assert (answer.clause.id, shelf.book.version) == ("2.8", DATED)
    assert shelf.book.ask("套壳应用").clause == shelf.book.clause("2.10")
    assert read(house, OLD).state is RuleState.SUPERSEDED
    assert [action for action, _ in actions_of(house)] == [
        "rules_uploaded",
        "rules_confirmed",
        "rules_made_ready",
        "rules_submit",
        "rules_approved",
        "rules_in_force",
    ]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (("1. **用户：**", "- 用户："), "第 21 行"),
        (("###### **四、", "###### **五、"), "第 33 行"),
        (("最后更新：2026/03/01", "更新"), "第 7 行"),
        (("不包含测试数据和退款。", "不包含<b>测试</b>数据。"), "第 20 行"),
        (("**用户：**", "**用户："), "第 25 行"),
    ],
)
def test_a_text_that_does_not_parse_is_refused_with_its_line_and_nothing_is_kept(house, cast, change, line):
    broken = SOURCE.replace(*change)
    assert broken != SOURCE
    with pytest.raises(UserMistake, match="行不能解析") as refused:
        uploaded(house, cast, broken)
    wrong = next(number for number, (one, other) in enumerate(zip(SOURCE.split("\n"), broken.split("\n"), strict=True), 1) if one != other)
    assert f"第 {wrong} 行" in refused.value.say or line in refused.value.say
    with house.database.read() as connection:
        assert rows.dates(connection) == {OLD}


@pytest.mark.parametrize(
    ("name", "raw", "pasted", "say"),
    [
        ("a.md", b"", "", "请选择文件"),
        ("a.md", b"x", "y", "只能给一种"),
        ("a.exe", b"MZ", "", "只收"),
        ("a.md", b"\xff\xfe\x00", "", "UTF-8"),
        ("a.md", b"x" * (64 * 1024 + 1), "", "太大"),
        ("a.md", b"\x00", "", "控制字符"),
        ("", b"", "\ud800", "UTF-8"),
        ("a.md", "最后更新：2026/13/45\n## **一、原则**\n一段。".encode(), "", "不存在"),
        ("a.md", ("最后更新：2026/03/01\n## **一、原则**\n" + "1. 条。\n" * 201).encode(), "", "最多 200 条"),
        ("a.md", "最后更新：2024/06/17\n## **一、原则**\n一段。".encode(), "", "已经有了"),
        ("a.md", "最后更新：2023/06/17\n## **一、原则**\n一段。".encode(), "", "不晚于现行版本"),
    ],
)
def test_what_is_no_newer_text_is_refused_by_name(house, cast, ctx, name, raw, pasted, say):
    with pytest.raises(UserMistake, match=say):
        rulebooks.upload(ctx, cast["author"], name, raw, pasted)


def test_pasted_text_is_kept_as_a_file_would_be(house, cast, ctx):
    made = rulebooks.upload(ctx, cast["author"], "", b"", SOURCE.replace("\n", "\r\n"))
    assert made.source == SOURCE


def test_every_clause_is_compared_with_the_version_in_force(house, cast, ctx):
    uploaded(house, cast)
    page = rulebook_pages.page(ctx, DATED)
    told = {change.new.id: change.kind for change in page.changes if change.new and change.kind != "same"}
    assert told == {"2.4": "changed", "2.8": "added", "2.9": "moved", "2.10": "moved", "2.11": "moved"}
    changed = next(change for change in page.changes if change.kind == "changed")
    assert [part for part in changed.parts if part[0] != "same"] == [("ins", "和退款")]
    assert [(choice.clause.id, choice.guess and choice.guess.id) for choice in page.choices if not choice.is_settled] == [
        ("2.4", "2.4"),
        ("2.8", None),
        ("2.9", "2.8"),
        ("2.10", "2.9"),
        ("2.11", "2.10"),
    ]


@pytest.mark.parametrize(
    ("more", "say"),
    [
        ({"lineages": {}}, "请为第 2.4、2.8、2.9、2.10、2.11 条"),
        ({"lineages": {**typed().lineages, "2.8": ""}}, "请为第 2.8 条"),
        ({"lineages": {**typed().lineages, "2.8": "user"}}, "同一个来历"),
        ({"lineages": {**typed().lineages, "2.8": "nonsense"}}, "不存在"),
        ({"names": {}}, "起一个名称"),
        ({"phrases": {"2.8": "\n".join(PHRASES[:3])}}, "至少写 8 种"),
        ({"phrases": {"2.8": "\n".join("问" * 121 + str(n) for n in range(9))}}, "最多 120 个字"),
        ({"effective_on": "2026-03-01"}, "不能早于今天"),
        ({"effective_on": "2026-02-30"}, "请写成"),
        ({"effective_on": "2036-01-01"}, "三年"),
        ({"note": " "}, "修改说明"),
        ({"title": ""}, "页面标题"),
        ({"url": "javascript:alert(1)"}, "https://"),
        ({"url": "https://"}, "https://"),
        ({"note": "a\x00"}, "UTF-8"),
    ],
)
def test_what_is_missing_or_wrong_is_named_and_nothing_goes_on(house, cast, ctx, more, say):
    made = uploaded(house, cast)
    with pytest.raises(UserMistake, match=say):
        rulebooks.confirm(ctx, cast["author"], DATED, made.version, typed(**more))
    assert read(house).state is RuleState.DRAFT


def test_a_version_is_not_in_force_before_the_day_that_its_text_gives(house, cast, ctx):
    made = uploaded(house, cast, SOURCE.replace("2026/03/01", "2026/04/01"))
    with pytest.raises(UserMistake, match="不能早于文本自己的日期 2026-04-01"):
        rulebooks.confirm(ctx, cast["author"], "2026-04-01", made.version, typed())


def test_what_was_typed_so_far_can_be_saved_and_is_there_again(house, cast, ctx):
    made = uploaded(house, cast)
    half = typed(lineages={"2.8": NEW}, names={"2.8": "广告"}, phrases={"2.8": "一种问法"}, note="")
    rulebooks.save(ctx, cast["author"], DATED, made.version, half)
    choice = next(one for one in rulebook_pages.page(ctx, DATED).choices if one.clause.id == "2.8")
    assert (choice.chosen, choice.name, choice.phrases) == (NEW, "广告", "一种问法")


def test_nobody_approves_a_version_of_their_own_and_only_what_was_tested_is_approved(house, cast, ctx):
    pending = submitted(house, cast)
    with pytest.raises(UserMistake):
        rulebooks.approve(ctx, cast["author"], DATED, pending.version)
    with house.database.write() as tx, pytest.raises(IntegrityError):
        tx.execute(update(rule_versions).where(rule_versions.c.dated == DATED).values(approver_id=cast["author"].id))
    with house.database.write() as tx, pytest.raises(IntegrityError):
        tx.execute(update(rule_versions).where(rule_versions.c.dated == DATED).values(tested="another"))


def test_the_database_refuses_a_version_in_force_that_nobody_approved(house, cast):
    uploaded(house, cast)
    with house.database.write() as tx, pytest.raises(IntegrityError):
        tx.execute(update(rule_versions).where(rule_versions.c.dated == DATED).values(state="approved"))


def test_an_approver_who_is_also_the_author_is_refused_by_name(house, cast, ctx):
    with house.database.write() as tx:
        tx.execute(text("""UPDATE operators SET roles = '["operator", "approver"]' WHERE login = 'author'"""))
    pending = submitted(house, cast)
    with pytest.raises(UserMistake, match="起草人不能批准自己"):
        rulebooks.approve(ctx, cast["author"], DATED, pending.version)


@pytest.mark.parametrize("login", ["approver", "auditor"])
def test_only_operators_upload_and_only_approvers_approve(house, cast, ctx, login):
    with pytest.raises(UserMistake):
        rulebooks.upload(ctx, cast[login], "a.md", SOURCE.encode(), "")


def test_what_would_be_answered_wrongly_must_be_looked_at_before_it_is_approved(house, cast, ctx):
    pending = submitted(house, cast)
    assert pending.regression["broken"]
    with pytest.raises(UserMistake, match="会答坏"):
        rulebooks.approve(ctx, cast["approver"], DATED, pending.version)
    assert rulebooks.approve(ctx, cast["approver"], DATED, pending.version, accepts_broken=True).state is RuleState.IN_FORCE


def test_a_version_for_another_day_waits_for_it_and_comes_by_itself_at_midnight(house, cast, ctx, clock):
    known = approved(house, cast, effective_on="2026-03-05")
    assert known.state is RuleState.APPROVED
    clock.tick(hours=62, minutes=59)  # 23:59 on the 4th
    assert rulebooks.publish_due(ctx) == 0
    clock.tick(minutes=1)
    assert rulebooks.publish_due(ctx) == 1
    assert read(house).state is RuleState.IN_FORCE
    assert rulebooks.publish_due(ctx) == 0


def test_an_approval_can_be_taken_back_before_its_day(house, cast, ctx):
    known = approved(house, cast, effective_on="2026-03-05")
    back = rulebooks.unapprove(ctx, cast["approver"], DATED, known.version)
    assert (back.state, back.approver_id) == (RuleState.PENDING_APPROVAL, None)
    with pytest.raises(TransitionNotAllowed):
        rulebooks.unapprove(ctx, cast["approver"], DATED, back.version)


def test_two_workers_publish_once(house, cast, ctx, clock, open_database, make_house):
    approved(house, cast, effective_on="2026-03-05")
    clock.tick(days=4)
    with ThreadPoolExecutor(4) as pool:
        houses = [make_house(open_database()) for _ in range(4)]
        done = list(pool.map(lambda one: rulebooks.publish_due(Context(one)), houses))
    assert sum(done) == 1
    assert [action for action, _ in actions_of(house)].count("rules_in_force") == 1


def test_two_workers_make_a_model_once(house, cast, open_database, make_house):
    confirmed(house, cast)
    with ThreadPoolExecutor(2) as pool:
        houses = [make_house(open_database()) for _ in range(2)]
        done = list(pool.map(lambda one: rulebook_fits.run(Context(one), few), houses))
    assert sum(done) == 1
    assert read(house).tries == 1


def test_a_lease_that_ran_out_is_given_to_another_worker_and_the_first_keeps_nothing(house, cast, ctx, clock):
    confirmed(house, cast)
    first = rulebook_fits._claim(ctx)
    assert first
    assert rulebook_fits._claim(ctx) is None
    clock.tick(minutes=6)
    assert rulebook_fits.run(ctx, few) == 1
    with pytest.raises(rulebook_fits._Unwanted):
        rulebook_fits._make(ctx, first, few())


def test_a_model_that_is_never_finished_is_given_up_after_three_tries(house, cast, ctx, clock):
    confirmed(house, cast)
    for _ in range(3):
        assert rulebook_fits._claim(ctx)
        clock.tick(minutes=6)
    assert rulebook_fits.run(ctx, few) == 0
    assert (read(house).state, read(house).failure) == (RuleState.DRAFT, "too_often")


def test_a_model_that_cannot_be_made_says_so_on_the_version(house, cast, ctx):
    confirmed(house, cast)

    def broken():
        raise ValueError("torn")

    rulebook_fits.run(ctx, broken)
    assert (read(house).state, read(house).failure) == (RuleState.DRAFT, "unusable")


def test_a_version_edited_while_its_model_is_made_is_left_as_it_is(house, cast, ctx):
    known = confirmed(house, cast)

    def edits():
        rulebooks.edit(Context(house), cast["author"], DATED, known.version)
        return few()

    assert rulebook_fits.run(ctx, edits) == 0
    assert read(house).state is RuleState.DRAFT
    with house.database.read() as connection:
        assert rows.model(connection, known.id) is None


def test_the_question_set_says_what_would_change(house, cast):
    told = ready(house, cast).regression
    assert told["asked"] >= 150
    assert told["broken"] + told["gone"] + told["other"] + told["mended"] == len(told["lines"])
    assert read(house).tested == read(house).content


def test_a_clause_that_goes_takes_its_answers_with_it(house, cast, ctx, monkeypatch):
    overlay = Overlay((Tie("流水怎么算来着", "turnover", ""),))
    monkeypatch.setattr(ties, "overlay", lambda _tx: overlay)
    gone = "\n".join(line for line in SOURCE.split("\n") if "交易流水" not in line)
    made = uploaded(house, cast, gone)
    lineages = {**{clause.id: clause.lineage for clause in latest().clauses}, "2.4": "recommendation", "2.5": "search", "2.6": "delisting"}
    del lineages["2.8"]
    form = typed(lineages={**lineages, "2.7": NEW, "2.8": "user", "2.9": "shell_app", "2.10": "clone_app"}, names={"2.7": "广告主"})
    form = typed(lineages=form.lineages, names=form.names, phrases={"2.7": "\n".join(PHRASES)})
    rulebooks.confirm(ctx, cast["author"], DATED, made.version, form)
    assert rulebook_fits.run(ctx, few) == 1
    told = read(house).regression
    assert {"text": "流水怎么算来着", "verdict": "gone", "was": "2.4", "now": "", "origin": "tied"} in told["lines"]
    page = rulebook_pages.page(ctx, DATED)
    assert [change.old.id for change in page.changes if change.kind == "removed" and change.old] == ["2.4"]
    assert [tie.text for tie in page.lost] == ["流水怎么算来着"]
    pending = rulebooks.submit(ctx, cast["author"], DATED, read(house).version)
    rulebooks.approve(ctx, cast["approver"], DATED, pending.version, accepts_broken=True)
    book = shelf_of(house).book
    assert book.ask("流水怎么算来着").kind == "refusal"
    assert book.ask("流水怎么算来着").topic == "gone"


def test_open_cases_that_rest_on_what_changes_are_listed(house, cast, ctx):
    number = players.issue(house, cast)
    harmless = players.draft(house, cast, players.reminder(ground="5.1"), "second")
    changed = SOURCE.replace("没有提供实际产品功能", "没有提供任何实际产品功能")
    uploaded(house, cast, changed)
    touched = rulebook_pages.page(ctx, DATED).touched
    assert ([case.number for case in touched.cases], touched.in_all, touched.providers) == ([number], 1, 1)
    assert harmless not in {case.number for case in touched.cases}


def test_a_stale_page_changes_nothing(house, cast, ctx):
    made = uploaded(house, cast)
    rulebooks.save(ctx, cast["author"], DATED, made.version, typed())
    for act in (rulebooks.save, rulebooks.confirm):
        with pytest.raises(Stale):
            act(ctx, cast["author"], DATED, made.version, typed())


def test_another_version_coming_into_force_takes_those_under_way_back_to_their_drafts(house, cast, ctx, clock):
    waiting = approved(house, cast, effective_on="2026-03-20")
    other = uploaded_as("2026-03-02", house, cast, ctx)
    assert other.state is RuleState.IN_FORCE
    back = read(house)
    assert (back.state, back.failure, back.approver_id, back.base_id) == (RuleState.DRAFT, "base_changed", None, other.id)
    assert waiting.base_id != other.id
    with pytest.raises(UserMistake, match="不晚于现行版本"):
        rulebooks.confirm(ctx, cast["author"], DATED, back.version, typed(effective_on="2026-03-20"))


def uploaded_as(dated, house, cast, ctx):
    """Another version, straight into force."""
    source = latest().source.replace("2024/06/17", dated.replace("-", "/")).replace("测试数据。", "测试数据和优惠。")
    made = rulebooks.upload(ctx, cast["author"], "b.md", source.encode(), "")
    form = typed(lineages={clause.id: clause.lineage for clause in latest().clauses}, names={}, phrases={})
    rulebooks.confirm(ctx, cast["author"], dated, made.version, form)
    assert rulebook_fits.run(ctx, few) == 1
    pending = rulebooks.submit(ctx, cast["author"], dated, read(house, dated).version)
    return rulebooks.approve(ctx, cast["approver"], dated, pending.version, accepts_broken=True)


def test_a_text_approved_after_its_day_is_in_force_from_the_day_it_was_approved(house, cast, ctx, clock):
    pending = submitted(house, cast)
    clock.tick(days=3)
    done = rulebooks.approve(ctx, cast["approver"], DATED, pending.version, accepts_broken=True)
    assert (done.state, done.effective_on) == (RuleState.IN_FORCE, "2026-03-05")


def test_sending_back_and_discarding_leave_the_day_free(house, cast, ctx):
    pending = submitted(house, cast)
    back = rulebooks.send_back(ctx, cast["approver"], DATED, pending.version, "第 2.8 条定义不清。")
    assert back.state is RuleState.DRAFT
    rulebooks.discard(ctx, cast["author"], DATED, back.version)
    assert uploaded(house, cast).state is RuleState.DRAFT


def test_the_packaged_versions_are_written_down_before_the_first_upload(house, cast, ctx):
    rulebooks.upload(ctx, cast["author"], "a.md", SOURCE.encode(), "")
    assert read(house, OLD).author_id is None
    assert packaged.take_in(house.database) is False


def test_the_lease_outlives_the_longest_step(house):
    assert timedelta(minutes=2) < rulebook_fits.LEASE
    assert bookshelf.LOOK_EVERY_S <= 0.5
    assert TODAY > DATED
