"""The world that the request at hand belongs to."""

from flask import current_app

from bot.sandbox.world import World

KEY = "sandbox"


def the_world() -> World:
    """The World given to create_app."""
    world = current_app.extensions[KEY]
    assert isinstance(world, World)
    return world
