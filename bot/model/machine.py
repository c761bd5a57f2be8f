"""State machines as tables: one a record, and nothing else assigns a state."""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.errors import TransitionNotAllowed


@dataclass(frozen=True, slots=True)
class Transition:
    """action: what somebody does. second_person: must not be the author. clause: of the rules, where it rests on one."""

    action: str
    source: str
    target: str
    second_person: bool = False
    clause: str = ""


class Machine:
    """The steps that one record may take."""

    def __init__(self, name: str, transitions: Iterable[Transition]) -> None:
        self.name = name
        self.transitions = tuple(transitions)
        self._steps = {(step.source, step.action): step for step in self.transitions}
        if len(self._steps) != len(self.transitions):
            raise ValueError(f"{name}: a state has the same action twice")

    @property
    def states(self) -> frozenset[str]:
        return frozenset(state for step in self.transitions for state in (step.source, step.target))

    @property
    def actions(self) -> frozenset[str]:
        return frozenset(step.action for step in self.transitions)

    def next(self, state: str, action: str) -> Transition:
        """The step that `action` takes from `state`. Raises TransitionNotAllowed."""
        step = self._steps.get((state, action))
        if step is None:
            raise TransitionNotAllowed(self.name, action, state)
        return step

    def open_to(self, state: str) -> tuple[str, ...]:
        """The actions that exist in `state`, in the table's order."""
        return tuple(step.action for step in self.transitions if step.source == state)
