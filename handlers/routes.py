"""THE ordered table: the first line that matches takes the message.

A command matches only when the whole normalised text stands in its list. Everything else a person types is a question. None of
these commands changes anything: what does is a press on a card.
"""

from collections.abc import Callable

from bot.dispatch import Route
from bot.model.inbound import Click, EnterAgent, Event, Inbound, Message, Subscribe, TemplateCardEvent, Text
from handlers.app_standing import EVENTS, app_standing
from handlers.ask_rule import ask_rule, clause, contents, version
from handlers.commands import clause_id, is_command
from handlers.help import acknowledge, greet, not_text, usage
from handlers.my_cases import my_cases
from handlers.notice_card import notice_card

HELP = frozenset({"帮助", "使用帮助", "使用说明", "怎么用", "功能", "菜单", "help"})
CONTENTS = frozenset({"目录", "规则目录", "条款目录", "全部条款", "所有条款", "contents"})
CASES = frozenset({"我的处理", "我的案件", "我的处理案件"})
VERSION = frozenset({"版本", "规则版本", "当前版本", "version"})


def of(*kinds: type[Inbound]) -> Callable[[Inbound], bool]:
    """Matches values of these kinds."""
    return lambda message: isinstance(message, kinds)


def command(words: frozenset[str], key: str) -> Callable[[Inbound], bool]:
    """Matches a text that is wholly one of `words`, and the menu entry with this key."""
    return lambda message: is_command(message, words, key)


ROUTES = (
    Route("greet", of(EnterAgent, Subscribe), greet),
    Route("clause", lambda message: clause_id(message) is not None, clause, at_once=True),
    Route("contents", command(CONTENTS, "contents"), contents),
    Route("version", command(VERSION, "version"), version, at_once=True),
    Route("my_cases", command(CASES, "my_cases"), my_cases),
    Route("notice_card", of(TemplateCardEvent), notice_card),
    Route("app_standing", lambda message: isinstance(message, Event) and message.event in EVENTS, app_standing),
    Route("help", command(HELP, "help"), usage, at_once=True),
    Route("ask_rule", of(Text), ask_rule, at_once=True),
    Route("help", of(Click), usage, at_once=True),
    Route("not_text", of(Message), not_text, at_once=True),
    Route("acknowledge", of(Event), acknowledge, at_once=True),
)
