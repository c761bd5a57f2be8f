"""Who may do what, cell by cell: every route of the console and of the provider's pages, every command and press in chat, each by
everybody there is; and that no second person is ever the first, however the row is written.
"""

from tests.bench.common import Run
from tests.bench.tested import run_tests

MATRICES = ("tests/web/console/test_guard.py", "tests/web/test_portal_rights.py", "tests/flows/test_chat_rights.py")
# By hand-written SQL too, on both databases.
TWO_PEOPLE = (
    "tests/actions/test_cases.py::test_the_database_refuses_too",
    "tests/actions/test_cases.py::test_permanent_delisting_takes_two_people_besides_the_author",
    "tests/actions/test_objections.py::test_the_database_refuses_such_a_reviewer_too",
    "tests/actions/test_objections.py::test_the_database_wants_a_reviewer_where_something_is_under_review",
    "tests/actions/test_broadcasts.py::test_whoever_wrote_it_never_approves_even_with_both_roles",
    "tests/actions/test_broadcasts.py::test_the_database_refuses_an_unapproved_one_that_needed_it",
    "tests/actions/test_rulebooks.py::test_nobody_approves_a_version_of_their_own_and_only_what_was_tested_is_approved",
    "tests/actions/test_rulebooks.py::test_the_database_refuses_a_version_in_force_that_nobody_approved",
    "tests/store/test_grounds.py::test_the_database_holds_rows_to_two_checkers_and_keys_to_one_row",
)


def run(run: Run) -> bool:
    return run_tests(run, "rights", "every cell", [*MATRICES, *TWO_PEOPLE])
