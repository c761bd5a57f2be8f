"""A picture or file: it joins what the asker's provider is writing."""

from bot.actions import chat_media
from bot.context import InboundContext
from bot.model.inbound import File, Image
from bot.model.provider import Address
from bot.model.reply import Reply
from bot.model.texts import chat_filings as texts


def media(message: Image | File, ctx: InboundContext) -> Reply:
    """Say that it is coming; where nothing is being written, how to begin."""
    address = Address(message.corpid, message.agentid, message.userid)
    name = message.filename if isinstance(message, File) else ""
    found = chat_media.take(ctx, address, message.media_id, name)
    if found is None:
        return Reply(texts.NO_PLACE)
    ctx.outcome = found.filing.number
    return Reply(texts.coming(found.filing) if found.is_new else texts.coming_before(found.filing))
