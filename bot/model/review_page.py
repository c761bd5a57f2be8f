"""What providers handed in, with all that our own staff may see of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.model.case import Case
from bot.model.case_file import Listed, Recovery
from bot.model.filing import FiledFile, Filing, Round
from bot.model.provider import App, Provider


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A filing as one line of a list. case: its number, "" where it is about none. claimed_by: a name, "" where nobody is at it."""

    filing: Filing
    provider: Provider
    app: App | None
    case: str
    claimed_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPage:
    """files: all that were ever handed in. staff, admins: names by id. parent: number of the withdrawal that it comes back from.
    here: names of who has the page open.

    What the provider is writing at this moment is none of it: what was handed in stands in rounds.
    """

    waiting: Waiting
    case: Case | None
    parent: str
    rounds: tuple[Round, ...]
    files: tuple[FiledFile, ...]
    staff: Mapping[int, str]
    admins: Mapping[int, str]
    recovery: Recovery
    other_cases: tuple[Listed, ...]
    is_barred: bool
    here: tuple[str, ...]

    @property
    def filing(self) -> Filing:
        return self.waiting.filing
