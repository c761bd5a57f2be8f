"""A list of whom a broadcast is for, pasted or out of a file: providers' codes and people's userids, one a line."""

import csv
import io
from dataclasses import dataclass

from bot.context import Context
from bot.model.texts import broadcasts as texts
from bot.store import audiences

MOST_LINES = 100_000
_MOST_CHARS = 128  # of a userid


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Whom a list names; wrong: a sentence for each line that names nobody."""

    providers: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()


def read(ctx: Context, text: str) -> Named:
    """What stands in the first column of each line: a code, or a userid of this app. Empty lines and a heading are passed over.

    Of further columns what is one too is taken, and what is none (a name) is not held against the line.
    """
    lines, more = _columns(text)
    if len(lines) > MOST_LINES:
        return Named(wrong=(texts.too_many_lines(MOST_LINES),))
    words = {word for word in (*(word for _, word in lines), *more) if len(word) <= _MOST_CHARS and word.isprintable()}
    with ctx.read() as connection:
        codes, userids = audiences.known(connection, ctx.settings.wecom_corpid, ctx.settings.wecom_agentid, words)
    known = codes.keys() | userids | texts.LIST_HEADINGS  # a list put behind another brings its heading along
    wrong = [texts.bad_line(n, word) for n, word in lines if word not in known and word.casefold() not in known]
    named = [*(word for _, word in lines), *more]
    providers = dict.fromkeys(word for word in named if word in codes)
    people = dict.fromkeys(word for word in named if word in userids and word not in codes)
    return Named(providers=tuple(providers), people=tuple(people), wrong=tuple(wrong))


def _columns(text: str) -> tuple[list[tuple[int, str]], list[str]]:
    """((number of the line, its first column) of lines that hold something, all other columns). A column may hold several, parted by 、."""
    first: list[tuple[int, str]] = []
    more: list[str] = []
    for n, line in enumerate(text.lstrip("\ufeff").splitlines(), 1):
        row = [cell.strip() for cell in next(csv.reader(io.StringIO(line)), [])]
        if not any(row):
            continue
        first += [(n, word) for word in texts.LIST_PARTED.split(row[0]) if word]
        more += [word for word in row[1:] if word]
    return first, more
