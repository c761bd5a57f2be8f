"""Telling providers of a version: what the broadcast says, and that nobody forgets it."""

import pytest

from bot.actions import broadcasts, queue, rulebook_news, rulebook_pages, rulebooks
from bot.context import Context
from bot.errors import UserMistake
from bot.model.broadcast import State
from bot.model.queue import Wanted, What
from bot.model.rulebook import RuleState
from rules.documents import latest
from tests.rulebooks import DATED, SOURCE, approved, read, submitted, typed, uploaded


@pytest.fixture
def ctx(house):
    return Context(house)


def owed(ctx, cast):
    lines = queue.page(ctx, cast["author"], Wanted(what=What.RULES)).lines
    return [(one.kind, one.number) for one in lines]


def test_the_message_gives_the_day_the_clauses_and_the_whole_of_clause_7_1(house, cast, ctx):
    approved(house, cast)
    said = rulebook_news.draft(ctx, cast["author"], DATED).content
    opening, added, changed, _, quoted, _ = said.words.split("\n")
    assert "自 2026-03-02 起生效：新增 1 条、修改 1 条、移动 3 条。" in opening
    assert (added, changed) == ("新增：2.8。", "修改：2.4。")
    assert quoted == f"「{next(clause for clause in latest().clauses if clause.id == '7.1').text}」"
    assert said.asks_receipt
    assert said.url.endswith(f"/portal/rules/{DATED}")


def test_a_version_waits_in_the_list_until_its_broadcast_is_on_its_way(house, cast, ctx):
    approved(house, cast, effective_on="2026-03-05")
    assert owed(ctx, cast) == [("approved", DATED)]
    draft = rulebook_news.draft(ctx, cast["author"], DATED)
    assert owed(ctx, cast) == [("approved", DATED)], "a draft tells nobody"
    sent = broadcasts.submit(ctx, cast["author"], draft.number, draft.version)
    assert owed(ctx, cast) == []
    broadcasts.cancel(ctx, cast["author"], sent.number, sent.version)
    assert owed(ctx, cast) == [("approved", DATED)]
    assert rulebook_news.draft(ctx, cast["author"], DATED).number != draft.number


def test_what_came_with_the_program_is_told_to_nobody(house, cast, ctx):
    uploaded(house, cast)
    assert owed(ctx, cast) == []


def test_what_was_written_before_the_last_approval_does_not_count(house, cast, ctx, clock):
    first = approved(house, cast, effective_on="2026-03-05")
    early = rulebook_news.draft(ctx, cast["author"], DATED)
    clock.tick(minutes=1)
    back = rulebooks.unapprove(ctx, cast["approver"], DATED, first.version)
    with pytest.raises(UserMistake):
        rulebook_news.draft(ctx, cast["author"], DATED)
    rulebooks.approve(ctx, cast["approver"], DATED, back.version, accepts_broken=True)
    again = rulebook_news.draft(ctx, cast["author"], DATED)
    assert again.number != early.number
    assert again.state is State.DRAFT
    assert rulebook_news.draft(ctx, cast["author"], DATED).number == again.number
    assert len(rulebook_pages.page(ctx, DATED).told) == 2


def test_a_version_that_was_superseded_untold_is_still_owed(house, cast, ctx):
    approved(house, cast)
    with house.database.write() as tx:
        tx.exec_driver_sql("UPDATE rule_versions SET state = 'superseded' WHERE state = 'in_force'")
    assert read(house).state is RuleState.SUPERSEDED
    assert owed(ctx, cast) == [("superseded", DATED)]
    assert rulebook_news.draft(ctx, cast["author"], DATED).state is State.DRAFT


def test_a_version_that_nobody_approved_is_told_to_nobody(house, cast, ctx):
    submitted(house, cast)
    with pytest.raises(UserMistake):
        rulebook_news.draft(ctx, cast["author"], DATED)


def test_a_clause_that_only_moved_is_taken_for_the_one_it_was_and_another_name_of_its_chapter_is_told(house, cast, ctx):
    uploaded(house, cast, SOURCE.replace("**三、运营规范及违规/降权规则**", "**三、运营规范**"))
    page = rulebook_pages.page(ctx, DATED)
    chosen = {one.clause.id: one.chosen for one in page.choices if not one.is_settled}
    assert chosen == {"2.4": "", "2.8": "", "2.9": "user", "2.10": "shell_app", "2.11": "clone_app"}
    renamed = next(change for change in page.changes if change.new and change.new.id == "3.1")
    assert (renamed.kind, renamed.other) == ("changed", ("title",))
    assert rulebooks.save(ctx, cast["author"], DATED, page.book.version, typed()).state is RuleState.DRAFT
