"""THE ordered table: the first line that matches takes the message.

A command matches only when the whole normalised text stands in its list. Everything else a person types is a question; so is 广播 with
words behind it, to everybody but an operator. None of these commands changes anything but what is kept of an opinion (有用, 没用): what
does is a press on a card.
"""

from collections.abc import Callable

from bot.actions.broadcast_messages import VERBS as BROADCAST_VERBS
from bot.actions.chat_filings import Want
from bot.actions.chat_presses import VERBS
from bot.actions.humans import PREFIX
from bot.dispatch import Route
from bot.model.inbound import Click, EnterAgent, Event, File, Image, Inbound, Message, Subscribe, TemplateCardEvent, Text
from bot.model.texts.broadcast_chat import is_broadcast
from handlers.app_standing import EVENTS, app_standing
from handlers.ask_rule import ask_rule, clause, contents, version
from handlers.broadcast import broadcast, broadcast_card, confirm_broadcast
from handlers.commands import clause_id, is_command
from handlers.filings import filing_card, progress, wants
from handlers.help import acknowledge, greet, not_text, usage
from handlers.humans import ask_human, confirm_human
from handlers.media import media
from handlers.my_cases import my_cases
from handlers.notice_card import notice_card
from handlers.thumbs import bad, good

HELP = frozenset({"帮助", "使用帮助", "使用说明", "怎么用", "功能", "菜单", "help"})
CONTENTS = frozenset({"目录", "规则目录", "条款目录", "全部条款", "所有条款", "contents"})
CASES = frozenset({"我的处理", "我的案件", "我的处理案件"})
VERSION = frozenset({"版本", "规则版本", "当前版本", "version"})
WANTS = {
    Want.REPORT: frozenset({"提交整改报告", "交整改报告", "写整改报告"}),
    Want.OBJECTION: frozenset({"我要申诉", "提出异议", "我要提出异议"}),
    Want.RECOVERY: frozenset({"申请恢复", "我要申请恢复"}),
    Want.REAPPLICATION: frozenset({"重新申请", "我要重新申请"}),
    Want.WITHDRAWAL: frozenset({"撤出推荐", "申请撤出推荐", "我要撤出推荐"}),
}
PROGRESS = frozenset({"进度", "办理进度", "查看进度"})
GOOD = frozenset({"有用", "有帮助", "很有用"})
BAD = frozenset({"没用", "没有用", "没帮助", "没有帮助"})
HUMAN = frozenset({"申请人工", "申请人工答复"})


def of(*kinds: type[Inbound]) -> Callable[[Inbound], bool]:
    """Matches values of these kinds."""
    return lambda message: isinstance(message, kinds)


def command(words: frozenset[str], key: str) -> Callable[[Inbound], bool]:
    """Matches a text that is wholly one of `words`, and the menu entry with this key."""
    return lambda message: is_command(message, words, key)


def key_of(*verbs: str) -> Callable[[Inbound], bool]:
    """Matches a press on a button whose key begins with one of these, before its first colon."""
    return lambda message: isinstance(message, TemplateCardEvent) and message.event_key.partition(":")[0] in verbs


ROUTES = (
    Route("greet", of(EnterAgent, Subscribe), greet),
    Route("clause", lambda message: clause_id(message) is not None, clause, at_once=True),
    Route("contents", command(CONTENTS, "contents"), contents),
    Route("version", command(VERSION, "version"), version, at_once=True),
    Route("my_cases", command(CASES, "my_cases"), my_cases),
    *(Route(want, command(words, want), wants(want)) for want, words in WANTS.items()),
    Route("progress", command(PROGRESS, "progress"), progress),
    Route("ask_human", command(HUMAN, "ask_human"), ask_human),
    Route("thumb_up", command(GOOD, "thumb_up"), good),
    Route("thumb_down", command(BAD, "thumb_down"), bad),
    Route("filing_card", key_of(*VERBS), filing_card),
    Route("confirm_broadcast", key_of("broadcast"), confirm_broadcast),
    Route("broadcast_card", key_of(*BROADCAST_VERBS), broadcast_card),
    Route("confirm_human", key_of(PREFIX.removesuffix(":")), confirm_human),
    Route("notice_card", of(TemplateCardEvent), notice_card),
    Route("app_standing", lambda message: isinstance(message, Event) and message.event in EVENTS, app_standing),
    Route("help", command(HELP, "help"), usage, at_once=True),
    Route("broadcast", lambda message: isinstance(message, Text) and is_broadcast(message.content), broadcast),
    Route("ask_rule", of(Text), ask_rule, at_once=True),
    Route("help", of(Click), usage, at_once=True),
    Route("media", of(Image, File), media),
    Route("not_text", of(Message), not_text, at_once=True),
    Route("acknowledge", of(Event), acknowledge, at_once=True),
)
