"""What is handed in: every state and every step of the four machines, and what a form still lacks."""

from datetime import UTC, datetime

import pytest

from bot.errors import TransitionNotAllowed
from bot.model.filing import DECISIONS, MACHINES, OPEN, WAITING, WRITABLE, FiledFile, Filing, FilingKind, FilingState, Item, digest, missing
from bot.model.texts.errors import say

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
S = FilingState
ACTIONS = sorted(DECISIONS | {"submit", "take", "release", "drop", "lapse"})

# By hand, from the issue: what may happen to each kind, and where it leads.
_COMMON = {
    (S.DRAFT, "submit"): S.SUBMITTED,
    (S.DRAFT, "drop"): S.DROPPED,
    (S.DRAFT, "lapse"): S.LAPSED,
    (S.SUBMITTED, "take"): S.UNDER_REVIEW,
    (S.SUBMITTED, "lapse"): S.LAPSED,
    (S.UNDER_REVIEW, "release"): S.SUBMITTED,
    (S.UNDER_REVIEW, "lapse"): S.LAPSED,
}
_MORE = {(S.UNDER_REVIEW, "need_more"): S.NEEDS_MORE, (S.NEEDS_MORE, "submit"): S.SUBMITTED, (S.NEEDS_MORE, "lapse"): S.LAPSED}
_BACK = {(S.UNDER_REVIEW, "send_back"): S.RETURNED, (S.RETURNED, "submit"): S.SUBMITTED, (S.RETURNED, "lapse"): S.LAPSED}
ALLOWED = {
    FilingKind.REPORT: {**_COMMON, **_MORE, **_BACK, (S.UNDER_REVIEW, "accept"): S.ACCEPTED},
    FilingKind.OBJECTION: {**_COMMON, **_MORE, (S.UNDER_REVIEW, "uphold"): S.UPHELD, (S.UNDER_REVIEW, "dismiss"): S.DISMISSED},
    FilingKind.REAPPLICATION: {
        **_COMMON,
        **_MORE,
        **_BACK,
        (S.UNDER_REVIEW, "accept"): S.ACCEPTED,
        (S.UNDER_REVIEW, "refuse"): S.REFUSED,
    },
    FilingKind.WITHDRAWAL: {
        **_COMMON,
        (S.SUBMITTED, "drop"): S.DROPPED,
        (S.UNDER_REVIEW, "grant"): S.GRANTED,
        (S.UNDER_REVIEW, "refuse"): S.REFUSED,
    },
}


@pytest.mark.parametrize("kind", FilingKind)
@pytest.mark.parametrize("state", FilingState)
@pytest.mark.parametrize("action", ACTIONS)
def test_a_step_leads_where_the_table_says_or_is_refused_in_words(kind: FilingKind, state: FilingState, action: str) -> None:
    if (state, action) in ALLOWED[kind]:
        assert MACHINES[kind].next(state, action).target is ALLOWED[kind][state, action]
        return
    with pytest.raises(TransitionNotAllowed) as refused:
        MACHINES[kind].next(state, action)
    words = say(refused.value)
    assert words.endswith("。")
    assert not any(char.isascii() and char.isalpha() for char in words), words


def test_machines_know_no_other_action() -> None:
    assert {action for machine in MACHINES.values() for action in machine.actions} == set(ACTIONS)


def test_who_reviews_an_objection_must_be_another_person() -> None:
    second = {step.action for step in MACHINES[FilingKind.OBJECTION].transitions if step.second_person}
    assert second == {"take", "uphold", "dismiss", "need_more"}


def test_an_open_filing_is_either_theirs_to_write_or_ours_to_decide() -> None:
    assert WRITABLE | WAITING == OPEN
    assert not WRITABLE & WAITING
    for machine in MACHINES.values():
        for state in set(FilingState) - OPEN:
            assert machine.open_to(state) == ()


def test_what_to_do_instead_is_said() -> None:
    assert say(TransitionNotAllowed("report", "accept", "submitted")) == "这份整改报告现在是“待审核”，不能通过；现在可以领取。"
    assert say(TransitionNotAllowed("report", "accept", "returned")).endswith("现在等服务商修改后重新提交。")
    assert say(TransitionNotAllowed("report", "uphold", "under_review")).startswith("整改报告不适用“认定异议成立”；领取后可以")
    assert say(TransitionNotAllowed("withdrawal", "grant", "granted")).endswith("已经办结，没有可做的操作。")


# What is missing


def filing(kind: FilingKind, words: str = "", items: tuple[Item, ...] = (), files: tuple[FiledFile, ...] = ()) -> Filing:
    fields = (
        "case_id app_id measure_id parent_id submitted_at due_at overdue_at claimed_by claimed_until reviewer_id decided_at"
        " applied_at applied_by ended_at case_author_id case_approver_id case_second_approver_id"
    )
    nothing = dict.fromkeys(fields.split())
    same = {"id": 1, "number": "R2026-000001", "provider_id": 1, "admin_id": 1, "state": S.DRAFT, "version": 1, "round": 0}
    moments = {"started_at": NOW, "touched_at": NOW}
    return Filing(**nothing, **same, **moments, kind=kind, words=words, is_late=False, items=items, files=files)  # type: ignore[arg-type]


def shown(clause: str) -> FiledFile:
    named = {"name": "a.png", "media_type": "image/png", "bytes": 1, "sha256": "0" * 64, "flags": (), "admin_id": 1, "how": "portal"}
    return FiledFile(id=1, filing_id=1, clause=clause, added_at=NOW, round=0, destroyed_at=None, **named)  # type: ignore[arg-type]


FULL = {"root_cause": "一", "done": "二", "prevention": "三"}


def test_a_report_lacks_each_part_of_each_item_and_its_evidence() -> None:
    items = (Item(clause="2.9", title="套壳", **{**FULL, "done": " \n"}), Item(clause="2.10", title="克隆", **FULL))
    lacking = missing(filing(FilingKind.REPORT, items=items, files=(shown("2.10"),)))
    assert [(one.clause, one.part) for one in lacking] == [("2.9", "done"), ("2.9", "evidence")]


def test_evidence_for_the_whole_is_evidence_for_every_item() -> None:
    items = (Item(clause="2.9", title="套壳", **FULL), Item(clause="2.10", title="克隆", **FULL))
    assert missing(filing(FilingKind.REPORT, items=items, files=(shown(""),))) == []


@pytest.mark.parametrize("kind", [FilingKind.OBJECTION, FilingKind.REAPPLICATION, FilingKind.WITHDRAWAL])
def test_all_others_take_words(kind: FilingKind) -> None:
    assert [(one.clause, one.part) for one in missing(filing(kind, words="  "))] == [("", "words")]
    assert missing(filing(kind, words="理由。")) == []


def test_a_round_says_what_was_written_and_which_files_and_its_digest_is_of_all_of_it() -> None:
    one = filing(
        FilingKind.REPORT, items=(Item(clause="2.9", title="套壳", **FULL, verdict="wanting", remark="不足"),), files=(shown("2.9"),)
    )
    content = one.content()
    assert content["items"] == [{"clause": "2.9", **FULL}], "what a reviewer said of the last round is none of it"
    assert content["files"] == [{"clause": "2.9", "name": "a.png", "sha256": "0" * 64, "bytes": 1}]
    assert digest(content) != digest({**content, "words": "另"})
