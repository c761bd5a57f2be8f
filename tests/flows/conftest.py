"""What whole stories share: a WeCom that takes cards with buttons, and a chat with the bot."""

import pytest

from tests.flows.chat import Chat


@pytest.fixture
def chat(post, wecom, run_worker, clock):
    """The chat of everybody with the bot; `wecom` takes cards that can be pressed."""
    wecom.callback.url = "http://127.0.0.1:9/wecom/callback"  # without one: 43012
    return Chat(post, wecom, run_worker, clock)
