"""A WeCom stand-in for the demo and the tests: the vendor's API with faults on demand, and a chat page to be a provider admin in.

A program of its own, with its own wire code and its own limits, so that it cannot share a mistake with the product.
"""

from bot.sandbox.app import create_app
from bot.sandbox.server import Server, serve
from bot.sandbox.world import World

__all__ = ["Server", "World", "create_app", "serve"]
