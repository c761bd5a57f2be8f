"""What people write in their own words: taken as it is, or refused by name."""

from bot.errors import UserMistake
from bot.model.texts import cases as texts

MOST_CHARS = 4_000


def written(name: str, text: str) -> str:
    """The text without spaces around it. Raises UserMistake, naming it, where it is empty, too long, or no database could keep it."""
    text = text.strip()
    if not text or len(text) > MOST_CHARS or not can_be_kept(text):
        raise UserMistake(texts.bad_text(name, MOST_CHARS))
    return text


def can_be_kept(text: str) -> bool:
    """No NUL, and no half characters, which a shell makes of bytes that are not UTF-8."""
    return "\x00" not in text and not any("\ud800" <= char <= "\udfff" for char in text)
