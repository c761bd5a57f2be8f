"""Words about questions that got no answer, and about what people say of answers."""

import re

from bot.model.question import GroupState

STATES = {GroupState.OPEN: "待处理", GroupState.TIED: "已有答案", GroupState.PASSED: "不处理"}
VERDICTS = {"broken": "原来答对，改后答错", "gone": "原来的条款已没有", "mended": "原来答错，改后答对", "other": "答案改变"}
SAID = {
    "tied": "答案已生效，一秒内所有进程都会这样回答。",
    "undone": "答案已撤回。",
    "passed": "已标为不处理。",
    "reopened": "已重新打开。",
}
STALE = "您查看之后，同事改动了这里，或效果有了变化，没有生效。请重新查看效果后再确定。"
SAY_SOMETHING = "选择“规则没有写”时，请写明要说的话。"
NO_SUCH_CLAUSE = "请选择现行版本里的条款。"
# What looks like the rules' own words: the marks that they stand between, and the numbers of clauses.
CITES = re.compile(r"[「」『』]|第\s*[0-9零一二三四五六七八九十百]+\s*[条款章]|(?<![\d.])\d{1,2}\.\d{1,2}(?![\d.%])")
NO_QUOTES = "要说的话里不能用「」，也不能写条款编号：那样会被当成规则原文。规则里写了的，请选择条款。"
_SOMEBODYS = re.compile(r"\d{6,}|[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
OF_ANOTHER_TIME = "这个问题问的是以前的规则，一律从当时的版本回答，不能另外指定答案。"
BREAKS = "这样会有原来答对的问题答错。确要这样回答，请勾选“我已看过，仍要这样回答”。"
CHOOSE = "请至少选一种问法。"
NOTHING_TO_RATE = "没有找到您最近得到的答复，没有什么可评价的。"
THANKS_GOOD = "谢谢反馈，已记下这个答复有用。"
THANKS_BAD = "谢谢反馈，已记下这个答复没有帮到您。可以换个说法再问；需要工作人员答复的，回复“申请人工”。"


def kept(question: str) -> str:
    """A question as operators see it: without long numbers and mail addresses, which are somebody's."""
    return _SOMEBODYS.sub("…", question)


def too_long(most_chars: int) -> str:
    """To words that do not fit an answer."""
    return f"要说的话不超过 {most_chars} 个字，且不能含有无法保存的字符。"


def outcome(words: str) -> str:
    """What came of a question, as its row has it: "ask_rule 4.2", "ask_rule refusal deadline", "ask_rule 2024-06-17 4.2"."""
    kind, _, rest = words.removeprefix("ask_rule ").partition(" ")
    if kind == "unknown":
        return "没有那时的规则"
    if _DAY.fullmatch(kind):
        return f"{kind} 版{outcome(rest) if rest else ''}"
    return answered("" if kind == "refusal" else kind)


def answered(clause: str) -> str:
    """What a question is answered with, by a clause id; "" is a refusal."""
    return f"第 {clause} 条" if clause else "不作答"
