"""Every step that takes two people, written past the code: what tests and the figure ask of the database itself."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from bot.context import House
from bot.model.filing import FilingKind
from bot.store.database import Tx
from tests import broadcasts, rulebooks
from tests.cast import Cast, issue, pending, permanent
from tests.way_back import hand_in


@dataclass(frozen=True, slots=True)
class Step:
    """done: the step as somebody else takes it, which is right. refused: as nobody may. Both are statements; {login} is somebody's id."""

    done: str
    refused: tuple[str, ...]


_ISSUED = "UPDATE cases SET state = 'in_force', issued_at = submitted_at"
_DECIDED = "UPDATE filings SET state = 'dismissed', claimed_by = NULL, claimed_until = NULL"
_GROUND = (
    "INSERT INTO grounds (key, title, wording, measures, source, source_date, position, checker_one, checker_two, imported_at)"
    " SELECT 'row-1', 'a', 'a', '[]', 'a', '2024-06-17', '1', 'author', {second}, opened_at FROM cases WHERE number = '{case}'"
)
STEPS = {
    "a case is approved": Step(
        _ISSUED + ", approver_id = {approver} WHERE number = '{case}'",
        (
            _ISSUED + ", approver_id = {author} WHERE number = '{case}'",
            _ISSUED + " WHERE number = '{case}'",
            "UPDATE cases SET approver_id = {author} WHERE number = '{case}'",
        ),
    ),
    "permanent delisting is approved twice": Step(
        _ISSUED + ", approver_id = {approver}, second_approver_id = {approver2} WHERE number = '{permanent}'",
        (
            _ISSUED + ", approver_id = {approver} WHERE number = '{permanent}'",
            _ISSUED + ", second_approver_id = {approver} WHERE number = '{permanent}'",
            _ISSUED + ", approver_id = {approver}, second_approver_id = {approver} WHERE number = '{permanent}'",
            _ISSUED + ", approver_id = {approver}, second_approver_id = {author} WHERE number = '{permanent}'",
            _ISSUED + ", approver_id = {author}, second_approver_id = {approver} WHERE number = '{permanent}'",
        ),
    ),
    "an objection is decided": Step(
        _DECIDED + ", reviewer_id = {approver2} WHERE number = '{objection}'",
        (
            _DECIDED + ", reviewer_id = {author} WHERE number = '{objection}'",
            _DECIDED + ", reviewer_id = {approver} WHERE number = '{objection}'",
            _DECIDED + " WHERE number = '{objection}'",
            "UPDATE filings SET case_author_id = NULL WHERE number = '{objection}'",
            "UPDATE filings SET case_approver_id = NULL WHERE number = '{objection}'",
        ),
    ),
    "an objection to permanent delisting is decided": Step(
        _DECIDED + ", reviewer_id = {auditor} WHERE number = '{grave}'",
        tuple(_DECIDED + f", reviewer_id = {{{login}}} WHERE number = '{{grave}}'" for login in ("author", "approver", "approver2")),
    ),
    "a broadcast is approved": Step(
        "UPDATE broadcasts SET state = 'scheduled', approver_id = {approver} WHERE number = '{broadcast}'",
        (
            "UPDATE broadcasts SET state = 'scheduled', approver_id = {author} WHERE number = '{broadcast}'",
            "UPDATE broadcasts SET state = 'scheduled' WHERE number = '{broadcast}'",
            "UPDATE broadcasts SET state = 'sending' WHERE number = '{broadcast}'",
        ),
    ),
    "a version of the rules is approved": Step(
        "UPDATE rule_versions SET state = 'approved', approver_id = {approver} WHERE dated = '{rules}'",
        (
            "UPDATE rule_versions SET state = 'approved', approver_id = {author} WHERE dated = '{rules}'",
            "UPDATE rule_versions SET state = 'approved' WHERE dated = '{rules}'",
            "UPDATE rule_versions SET state = 'superseded' WHERE dated = '{rules}'",
            "UPDATE rule_versions SET state = 'approved', approver_id = {approver}, tested = 'other' WHERE dated = '{rules}'",
        ),
    ),
    "a row of the table is taken in": Step(_GROUND.replace("{second}", "'approver'"), (_GROUND.replace("{second}", "'author'"),)),
}


def prepare(house: House, staff: Cast) -> dict[str, str]:
    """One of each that waits for its second person, and who there is. Returns what statements name."""
    named = {
        "case": pending(house, staff),
        "permanent": pending(house, staff, permanent(), key="permanent"),
        "objection": hand_in(house, issue(house, staff, key="objection"), FilingKind.OBJECTION).number,
        "grave": hand_in(house, issue(house, staff, permanent(), key="grave"), FilingKind.OBJECTION).number,
        "broadcast": broadcasts.draft(house, staff).number,
        "rules": rulebooks.uploaded(house, staff).dated,
    }
    with house.database.write() as tx:
        _run(tx, "UPDATE broadcasts SET state = 'pending_approval', needs_approval = true", named)
        _run(tx, "UPDATE rule_versions SET state = 'pending_approval', content = 'one', tested = 'one' WHERE dated = '{rules}'", named)
    return {**named, **{login: str(one.id) for login, one in staff.items()}}


def let_through(house: House, step: Step, named: dict[str, str]) -> Iterator[str]:
    """Those statements of a step that the database took and should not have, or should have taken and did not."""
    for statement, is_right in ((step.done, True), *((one, False) for one in step.refused)):
        if _is_taken(house, statement, named) is not is_right:
            yield statement


def _is_taken(house: House, statement: str, named: dict[str, str]) -> bool:
    try:
        with house.database.write() as tx:
            if _run(tx, statement, named) != 1:
                raise AssertionError(f"nothing to write: {statement}")
            raise _Enough
    except _Enough:
        return True
    except IntegrityError:
        return False


class _Enough(Exception):
    """It was taken: nothing of it stays."""


def _run(tx: Tx, statement: str, named: dict[str, str]) -> int:
    return tx.execute(text(statement.format(**named))).rowcount
