"""THE ordered table: the first line that matches takes the message.

A command matches only when the whole normalised text stands in its list. Everything else a person types is a question. None of
these commands changes anything; one that does will ask for a confirming press first.
"""

from collections.abc import Callable

from bot.dispatch import Route
from bot.model.inbound import Click, EnterAgent, Event, Inbound, Message, Subscribe, Text
from handlers.ask_rule import ask_rule, clause, contents, version
from handlers.commands import clause_id, is_command
from handlers.help import acknowledge, greet, not_text, usage

HELP = frozenset({"帮助", "使用帮助", "使用说明", "怎么用", "功能", "菜单", "help"})
CONTENTS = frozenset({"目录", "规则目录", "条款目录", "全部条款", "所有条款", "contents"})
VERSION = frozenset({"版本", "规则版本", "当前版本", "version"})


def of(*kinds: type[Inbound]) -> Callable[[Inbound], bool]:
    """Matches values of these kinds."""
    return lambda message: isinstance(message, kinds)


def command(words: frozenset[str], key: str) -> Callable[[Inbound], bool]:
    """Matches a text that is wholly one of `words`, and the menu entry with this key."""
    return lambda message: is_command(message, words, key)


ROUTES = (
    Route("greet", of(EnterAgent, Subscribe), greet),
    Route("clause", lambda message: clause_id(message) is not None, clause),
    Route("contents", command(CONTENTS, "contents"), contents),
    Route("version", command(VERSION, "version"), version),
    Route("help", command(HELP, "help"), usage),
    Route("ask_rule", of(Text), ask_rule),
    Route("help", of(Click), usage),
    Route("not_text", of(Message), not_text),
    Route("acknowledge", of(Event), acknowledge),
)
