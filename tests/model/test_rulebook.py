import itertools

import pytest

from bot.errors import TransitionNotAllowed
from bot.model.rulebook import KNOWN, OPEN, RULEBOOK, RuleState, content_of

ALLOWED = {
    ("draft", "confirm"): "fitting",
    ("draft", "discard"): "discarded",
    ("fitting", "fitted"): "ready",
    ("fitting", "fail"): "draft",
    ("fitting", "edit"): "draft",
    ("fitting", "discard"): "discarded",
    ("ready", "edit"): "draft",
    ("ready", "submit"): "pending_approval",
    ("ready", "discard"): "discarded",
    ("pending_approval", "retract"): "ready",
    ("pending_approval", "send_back"): "draft",
    ("pending_approval", "approve"): "approved",
    ("approved", "unapprove"): "pending_approval",
    ("approved", "publish"): "in_force",
    ("in_force", "supersede"): "superseded",
    **{(state, "outdate"): "draft" for state in ("fitting", "ready", "pending_approval", "approved")},
}


@pytest.mark.parametrize(("state", "action"), list(itertools.product(sorted(RuleState), sorted(RULEBOOK.actions))))
def test_a_version_takes_the_steps_of_its_table_and_no_others(state, action):
    if (state, action) in ALLOWED:
        assert RULEBOOK.next(state, action).target == ALLOWED[state, action]
    else:
        with pytest.raises(TransitionNotAllowed):
            RULEBOOK.next(state, action)


def test_every_state_but_discarded_is_open_or_known():
    assert set(RuleState) - OPEN - KNOWN == {RuleState.DISCARDED}
    assert RULEBOOK.states == set(RuleState)


def test_only_approving_takes_a_second_person():
    assert [step.action for step in RULEBOOK.transitions if step.second_person] == ["approve"]


def test_whatever_the_answers_hang_on_changes_the_digest():
    base = content_of("a", {"1.1": "x"}, {"x": ["问"]}, {"id": 1})
    others = [
        content_of("b", {"1.1": "x"}, {"x": ["问"]}, {"id": 1}),
        content_of("a", {"1.1": "y"}, {"x": ["问"]}, {"id": 1}),
        content_of("a", {"1.1": "x"}, {"x": ["问", "再问"]}, {"id": 1}),
        content_of("a", {"1.1": "x"}, {"x": ["问"]}, {"id": 2}),
    ]
    assert len({base, *others}) == 5
