"""A made-up platform of any size, to try the product and measure it with: written straight into an empty database, nothing is sent."""

from bot.actions.seeding.fill import Size, fill

__all__ = ["Size", "fill"]
