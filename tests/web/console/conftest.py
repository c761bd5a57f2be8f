"""The operators' pages over the house of a test."""

import pytest

from bot.store.tokens import DatabaseTokens
from bot.web.app import create_app
from bot.web.console import Console
from bot.wecom.client import Client
from tests.cast import AGENTID, CORPID


@pytest.fixture
def console(house, settings, wecom):
    client = Client(wecom.own_url, CORPID, AGENTID, settings.wecom_secret.get_secret_value(), DatabaseTokens(house.database))
    return Console(house, client)


@pytest.fixture
def site(console):
    return create_app({}, [], 0, console=console.blueprint())
