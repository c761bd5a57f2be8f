from itertools import product

import pytest

from bot.errors import TransitionNotAllowed
from bot.model.case import CASE, MEASURE
from bot.model.machine import Machine, Transition

ALLOWED = {
    ("draft", "submit"): "pending_approval",
    ("draft", "discard"): "discarded",
    ("pending_approval", "endorse"): "pending_approval",
    ("pending_approval", "approve"): "in_force",
    ("pending_approval", "send_back"): "draft",
    ("pending_approval", "retract"): "draft",
    ("discarded", "restore"): "draft",
    ("in_force", "close"): "closed",
    ("in_force", "start_recovery"): "recovering",
    ("recovering", "finish_recovery"): "recovered",
    ("in_force", "revoke"): "revoked",
    ("recovering", "revoke"): "revoked",
    ("recovered", "revoke"): "revoked",
}
MEASURE_ALLOWED = {
    ("planned", "owe"): "owed",
    ("planned", "drop"): "void",
    ("owed", "apply"): "applied",
    ("owed", "drop"): "void",
    ("applied", "start_lifting"): "lifting",
    ("lifting", "lift"): "lifted",
    ("void", "plan"): "planned",
    ("applied", "undo_apply"): "owed",
    ("lifted", "undo_lift"): "lifting",
}


@pytest.mark.parametrize(("machine", "allowed"), [(CASE, ALLOWED), (MEASURE, MEASURE_ALLOWED)], ids=["case", "measure"])
def test_every_pair_is_either_in_the_table_or_refused(machine: Machine, allowed: dict[tuple[str, str], str]) -> None:
    for state, action in product(machine.states, machine.actions):
        if (state, action) in allowed:
            assert machine.next(state, action).target == allowed[state, action]
        else:
            with pytest.raises(TransitionNotAllowed):
                machine.next(state, action)


def test_what_is_open_to_a_state_stands_in_the_order_of_the_table() -> None:
    assert CASE.open_to("pending_approval") == ("endorse", "approve", "send_back", "retract")
    assert CASE.open_to("revoked") == ()


def test_a_table_that_says_two_things_of_one_pair_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        Machine("odd", [Transition("go", "here", "there"), Transition("go", "here", "elsewhere")])
