"""The provider's pages over the house of a test, and one case in force."""

import pytest

from tests.cast import finding, issue
from tests.web.visitors import first_notice, make_site


@pytest.fixture
def site(house, wecom, settings):
    """The Flask app with its portal, asking the stand-in who somebody is."""
    return make_site(house, wecom, settings)


@pytest.fixture
def issued(house, cast):
    """The number of a case in force."""
    return issue(house, cast, finding())


@pytest.fixture
def notice(house, issued):
    return first_notice(house, issued)
