"""The day of an operator in real Chromium, on PostgreSQL: no console error, no violation of the policy, no serious finding of axe."""

from tests.bench.common import Run
from tests.bench.tested import run_tests


def run(run: Run) -> bool:
    return run_tests(run, "day", "the whole day passes", ["tests/flows/test_operators_day.py"])
