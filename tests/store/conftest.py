"""Rows that stand before what a store test is about."""

import pytest

from tests.drafts import add_case


@pytest.fixture
def make_case(database):
    """Write a draft. Returns its id; numbers count from V2026-000001."""
    return lambda: add_case(database)
