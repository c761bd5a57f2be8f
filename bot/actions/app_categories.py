"""Saying of what category (类目) apps are: a broadcast may be for the providers of some categories only."""

import csv
import io

from bot.actions.rights import by, must
from bot.actions.words import can_be_kept
from bot.context import Context
from bot.errors import UserMistake
from bot.model.operator import Operator, Role
from bot.model.texts import broadcasts as texts
from bot.store import app_categories, trail

_MOST_LINES, _CHARS, _SHOWN = 20_000, 64, 20


def put(ctx: Context, actor: Operator, text: str) -> int:
    """Take lines of an app's code and its category; without one its category is gone. Returns of how many apps was said something.

    Raises UserMistake that names each line that cannot be, and then nothing is changed.
    """
    lines = [
        (n, row)
        for n, line in enumerate(text.lstrip("\ufeff").splitlines(), 1)
        if any(row := [cell.strip() for cell in next(csv.reader(io.StringIO(line)), [])])
    ]
    if not lines or len(lines) > _MOST_LINES or not can_be_kept(text):
        raise UserMistake(texts.no_categories(_MOST_LINES))
    with ctx.transaction() as tx:
        must(tx, actor, Role.OPERATOR)
        known = app_categories.ids(tx, {row[0] for _, row in lines})
        wrong = [texts.bad_category(n, row[0]) for n, row in lines if row[0] not in known or len(row) > 2 or len(row[-1]) > _CHARS]
        if wrong:
            raise UserMistake("\n".join([*wrong[:_SHOWN], *([texts.and_more(len(wrong) - _SHOWN)] if len(wrong) > _SHOWN else [])]))
        said = {known[row[0]]: row[1] if len(row) == 2 else "" for _, row in lines}
        app_categories.put(tx, said)
        trail.record(tx, by(actor), "app_categories", {"apps": len(said)})
        return len(said)
