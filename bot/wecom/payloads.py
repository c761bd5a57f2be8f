"""Messages as message/send and message/update_template_card take them (path/90236, 94888), checked before anything is stored or sent."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.model.reply import Outgoing
from bot.wecom import limits
from bot.wecom.cards import BadPayload, Card, check_url, cut_chars

_EVERYBODY = "@all"


def text(content: str) -> Outgoing:
    """A text of 1 to 2048 bytes; line breaks and <a href> are shown. Raises BadPayload: the platform would cut a longer one unasked."""
    return Outgoing("text", {"content": _content("text.content", content)})


def markdown(content: str) -> Outgoing:
    """Markdown of 1 to 2048 bytes: headings, bold, links, inline code, quotes and three font colours. Raises BadPayload."""
    return Outgoing("markdown", {"content": _content("markdown.content", content)})


def textcard(title: str, description: str, url: str, btntxt: str = "") -> Outgoing:
    """A card that opens `url`. Title and description are shortened to what is shown (128, 512 characters). Raises BadPayload."""
    if not title or not description:
        raise BadPayload("textcard.title" if not title else "textcard.description", "is empty")
    if len(btntxt) > limits.TEXTCARD_BTNTXT_CHARS:
        raise BadPayload("textcard.btntxt", f"is over {limits.TEXTCARD_BTNTXT_CHARS} characters")
    body = {
        "title": cut_chars(title, limits.TEXTCARD_TITLE_CHARS),
        "description": cut_chars(description, limits.TEXTCARD_DESCRIPTION_CHARS),
        "url": check_url("textcard.url", url),
    }
    return Outgoing("textcard", {**body, "btntxt": btntxt} if btntxt else body)


def template_card(card: Card) -> Outgoing:
    """A template card. Raises BadPayload."""
    return Outgoing("template_card", card.body())


def image(media_id: str) -> Outgoing:
    """A picture uploaded before, within three days and by the same corp."""
    return Outgoing("image", {"media_id": _media_id("image.media_id", media_id)})


def file(media_id: str) -> Outgoing:
    """A file uploaded before, within three days and by the same corp."""
    return Outgoing("file", {"media_id": _media_id("file.media_id", media_id)})


def payload(outgoing: Outgoing, duplicate_check_interval: int = limits.DUPLICATE_CHECK_S) -> dict[str, Any]:
    """What a batch freezes: the request without `touser` and `agentid`. An identical request inside the interval (s) is swallowed."""
    if not 0 < duplicate_check_interval <= limits.DUPLICATE_CHECK_S:
        raise BadPayload("duplicate_check_interval", f"must be 1 to {limits.DUPLICATE_CHECK_S}")
    return {
        "msgtype": outgoing.msgtype,
        outgoing.msgtype: dict(outgoing.body),
        "enable_duplicate_check": 1,
        "duplicate_check_interval": duplicate_check_interval,
    }


def addressed(touser: Sequence[str], agentid: int, frozen: Mapping[str, Any]) -> dict[str, Any]:
    """`frozen` (from `payload`) to 1–1,000 userids. Raises BadPayload, also for an id that would reach somebody else."""
    return {**frozen, "touser": "|".join(check_touser("touser", touser)), "agentid": agentid}


def message(touser: Sequence[str], agentid: int, outgoing: Outgoing) -> dict[str, Any]:
    """A whole request to message/send. Raises BadPayload."""
    return addressed(touser, agentid, payload(outgoing))


def replaced_button(name: str) -> dict[str, Any]:
    """The change that puts `name` on a card's pressed button and makes it dead (button, vote and multiple cards only)."""
    if not name:
        raise BadPayload("button.replace_name", "is empty")
    return {"button": {"replace_name": name}}


def replaced_card(card: Card) -> dict[str, Any]:
    """The change that puts `card` in a card's place. Raises BadPayload."""
    return {"template_card": dict(card.body())}


def check_touser(field: str, touser: Sequence[str]) -> Sequence[str]:
    """`touser` if it is a list of 1–1,000 single people. Raises BadPayload."""
    if not 1 <= len(touser) <= limits.TOUSER:
        raise BadPayload(field, f"must name 1 to {limits.TOUSER} people")
    if len(set(touser)) != len(touser):
        raise BadPayload(field, "names somebody twice")
    if any(not userid or "|" in userid or userid.strip().casefold() == _EVERYBODY for userid in touser):
        raise BadPayload(field, "holds an id that is not one person's")
    return touser


def _content(field: str, content: str) -> str:
    if not content.strip():
        raise BadPayload(field, "is empty")
    if len(content.encode(errors="replace")) > limits.TEXT_BYTES:
        raise BadPayload(field, f"is over {limits.TEXT_BYTES} bytes")
    return content


def _media_id(field: str, media_id: str) -> str:
    if not media_id or not media_id.isprintable():
        raise BadPayload(field, "is no media id")
    return media_id
