"""The reckoning after the kills: inbox, greetings and messages that reached people, against what was said and acknowledged."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.model.reply import messages, split
from tests.bench.house import long_text
from tests.bench.platform import Platform

INBOX = "SELECT userid, kind, fields, arrived_at, reply, reply_state, state, outcome FROM inbox ORDER BY id"
_TOKEN = re.compile(r"T\d+X")
_MARK = re.compile(r"\n（编号 [0-9a-f]+）$")
_SHANGHAI = ZoneInfo("Asia/Shanghai")

Row = Sequence[Any]


def tokens(rows: Iterable[Row]) -> set[str]:
    """The tokens in the first column of these rows."""
    return {found for row in rows for found in _TOKEN.findall(row[0])}


def examine(platform: Platform, rows: Sequence[Row], delivered: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """How much was wrong, by kind; all zero is right.

    rows: as INBOX asks. delivered: texts that reached each person through the API, in order.
    """
    stored = Counter(_TOKEN.findall(row[2])[0] for row in rows)
    acknowledged = {said.token for said in platform.acknowledged()}
    wanted = Counter(_expected(rows))
    reached = Counter((userid, _MARK.sub("", text)) for userid, texts in delivered.items() for text in texts)
    return {
        "lost": len(acknowledged - set(stored)),
        "stored_twice": sum(count > 1 for count in stored.values()),
        "failed": sum(row[6] == "failed" for row in rows),
        "greeted_twice": _greeted_twice(rows),
        "repeats_that_differ": sum(said.repeat_differs for said in platform.said),
        "wrong_replies": _wrong_replies(platform),
        "never_reached": sum((wanted - reached).values()),
        "reached_twice": sum((reached - wanted).values()),
        "out_of_order": sum(_out_of_order(texts) for texts in delivered.values()),
    }


def _expected(rows: Sequence[Row]) -> list[tuple[str, str]]:
    """(person, text) of everything that must have gone out: the rest of each long reply, and each reply that came too late."""
    texts = []
    for userid, kind, fields, _, reply, reply_state, state, outcome in rows:
        if kind == "text" and state == "handled" and outcome.startswith("long"):
            texts += [(userid, part) for part in split(long_text(_TOKEN.findall(fields)[0]))[1:]]
        if reply_state == "queued":
            texts += [(userid, outgoing.body["content"]) for outgoing in messages(reply)]
    return texts


def _greeted_twice(rows: Sequence[Row]) -> int:
    """Greetings beyond the first of one person on one day of China."""
    greeted: Counter[tuple[str, str]] = Counter()
    for userid, kind, _, arrived_at, reply, *_ in rows:
        if kind == "enter_agent" and reply:
            greeted[userid, _day(arrived_at)] += 1
    return sum(count - 1 for count in greeted.values())


def _day(arrived_at: str) -> str:
    """The day in China of a moment as SQLite keeps it: UTC, without a zone."""
    return datetime.fromisoformat(arrived_at).replace(tzinfo=UTC).astimezone(_SHANGHAI).date().isoformat()


def _wrong_replies(platform: Platform) -> int:
    """Acknowledged long messages whose passive reply is neither their own first part nor empty (it went out late instead)."""
    longs = [said for said in platform.acknowledged() if said.kind == "long"]
    return sum(said.reply not in ("", split(long_text(said.token))[0]) for said in longs)


def _out_of_order(texts: Sequence[str]) -> int:
    """Parts that came before an earlier part of the same reply."""
    newest: dict[str, int] = {}
    wrong = 0
    for text in texts:
        found = re.match(r"(T\d+X) 第 (\d+) 行", text)
        if found:
            line = int(found[2])
            wrong += line < newest.get(found[1], -1)
            newest[found[1]] = line
    return wrong
