"""What takes two people takes two in the database too, however it is written."""

from tests.two_persons import STEPS, let_through, prepare


def test_no_step_that_takes_two_people_is_taken_by_one_past_the_code(house, cast):
    named = prepare(house, cast)
    assert {name: found for name, step in STEPS.items() if (found := list(let_through(house, step, named)))} == {}


def test_every_step_that_the_machines_give_to_a_second_person_is_among_them():
    from bot.model.broadcast import BROADCAST
    from bot.model.case import CASE
    from bot.model.filing import MACHINES
    from bot.model.rulebook import RULEBOOK

    machines = {
        machine.name for machine in (CASE, BROADCAST, RULEBOOK, *MACHINES.values()) if any(one.second_person for one in machine.transitions)
    }
    assert len(machines) == 4, "a case, an objection, a broadcast, a version of the rules: another one belongs into STEPS"
