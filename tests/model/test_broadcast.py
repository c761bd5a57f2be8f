"""Broadcasts: every state and every step, what a content may be, and whom an audience names."""

import pytest

from bot.errors import TransitionNotAllowed
from bot.model import audience
from bot.model.audience import AppState, Audience
from bot.model.broadcast import BROADCAST, State
from bot.model.provider import Listing
from bot.model.texts import broadcasts as texts
from bot.model.texts.errors import say

S = State
# By hand, from the issue and the design: what may happen in each state, and where it leads.
ALLOWED = {
    (S.DRAFT, "submit"): S.PENDING_APPROVAL,
    (S.DRAFT, "launch"): S.SCHEDULED,
    (S.DRAFT, "cancel"): S.CANCELLED,
    (S.PENDING_APPROVAL, "approve"): S.SCHEDULED,
    (S.PENDING_APPROVAL, "send_back"): S.DRAFT,
    (S.PENDING_APPROVAL, "withdraw"): S.DRAFT,
    (S.PENDING_APPROVAL, "cancel"): S.CANCELLED,
    (S.SCHEDULED, "withdraw"): S.DRAFT,
    (S.SCHEDULED, "grow"): S.PENDING_APPROVAL,
    (S.SCHEDULED, "start"): S.SENDING,
    (S.SCHEDULED, "cancel"): S.CANCELLED,
    (S.SENDING, "grow"): S.PENDING_APPROVAL,
    (S.SENDING, "pause"): S.PAUSED,
    (S.SENDING, "finish"): S.DONE,
    (S.SENDING, "cancel"): S.CANCELLED,
    (S.PAUSED, "resume"): S.SENDING,
    (S.PAUSED, "cancel"): S.CANCELLED,
    (S.DONE, "resend"): S.SENDING,
    (S.CANCELLED, "resend"): S.SENDING,
}
ACTIONS = sorted({action for _, action in ALLOWED})


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("action", ACTIONS)
def test_every_pair_of_state_and_action_leads_where_it_should_or_nowhere(state, action):
    if (state, action) in ALLOWED:
        assert BROADCAST.next(state, action).target == ALLOWED[state, action]
        return
    with pytest.raises(TransitionNotAllowed) as refused:
        BROADCAST.next(state, action)
    assert say(refused.value)


def test_only_approving_takes_a_second_person():
    assert {step.action for step in BROADCAST.transitions if step.second_person} == {"approve"}


def test_every_state_has_a_name():
    assert set(texts.STATES) == set(State)
    assert BROADCAST.states == set(State)


def test_an_audience_is_read_as_it_was_kept():
    to = Audience(providers=("A", "B"), people=("WangWei",), states=(AppState.DELISTED,), open_case=True, but_people=("li.na",))
    assert audience.read(to.kept()) == to
    assert audience.read({}) == Audience()
    assert audience.read(audience.EVERYBODY.kept()) == audience.EVERYBODY


def test_filters_alone_name_nobody():
    assert not Audience(open_case=True, states=(AppState.LISTED,)).is_named
    assert Audience(everybody=True).is_named
    assert Audience(people=("WangWei",)).is_named


def test_what_a_measure_took_is_told_from_what_never_was():
    never, had = Listing(listed=True, searchable=True, recommended=False), Listing(listed=True, searchable=True, recommended=True)
    assert not AppState.NOT_RECOMMENDED.holds(never, never)
    assert AppState.NOT_RECOMMENDED.holds(had, never)
    assert AppState.RECOMMENDED.holds(had, had)
    gone = Listing(listed=False, searchable=False, recommended=False)
    assert AppState.DELISTED.holds(had, gone)
    assert AppState.NOT_SEARCHABLE.holds(had, gone)


def test_an_audience_is_said_in_one_sentence():
    assert texts.audience(Audience()) == "还没有选择"
    assert texts.audience(audience.EVERYBODY) == "全部服务商的管理员"
    to = Audience(providers=("A",), states=(AppState.DELISTED,), open_case=True, but_people=("li.na",))
    assert texts.audience(to) == "服务商 A，限有应用已下架，且有未办结的案件；不含管理员 li.na"
