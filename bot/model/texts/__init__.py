"""Every sentence a person reads in chat, one file a subject."""

from bot.model.texts import common as common
