"""Words about templates of cases."""

from collections.abc import Mapping
from difflib import SequenceMatcher

from bot.model.case import Kind
from bot.model.days import DayKind
from bot.model.texts.cases import FIELDS, MEASURES
from bot.model.texts.console_cases import ground
from rules.catalogue import Measure

BAD_NAME = "模板名称不能为空，不超过 60 个字，且不能含有看不见的字符。"
TOO_LONG = "模板的每一项不超过 4000 个字，且不能含有无法保存的字符。"
SAID = {
    "kept": "模板已保存。",
    "renewed": "模板已更新，旧版本还在。",
    "back": "已恢复为选中的版本，记为新版本。",
    "retired": "模板已停用，不再出现在选单里；可以恢复。",
    "active": "模板已恢复。",
}
LABELS: Mapping[str, str] = {
    "kind": "类型",
    "ground": "依据",
    "measures": "措施",
    **{name: label for name, label in FIELDS.items() if name != "reason"},
    "day_kind": "日期算法",
}


_KINDS = {Kind.VIOLATION.value: "违规处理", Kind.REMINDER.value: "提醒（不采取措施）"}
_DAY_KINDS = {DayKind.WORKING.value: "工作日", DayKind.NATURAL.value: "自然日"}


def taken(name: str) -> str:
    """To a name that a template has already."""
    return f"已经有名为“{name}”的模板（停用的也算）。请换一个名称，或到那个模板里更新。"


def shown(name: str, value: str) -> str:
    """What a template holds in a field, in words; what it can't hold as it lies there."""
    if name == "ground":
        return ground(value)
    if name == "measures":
        return "、".join(MEASURES[Measure(one)] if one in set(Measure) else one for one in value.split(",") if one)
    if name.endswith("_days"):
        return f"{value} 天" if value else ""
    return {"kind": _KINDS, "day_kind": _DAY_KINDS}.get(name, {}).get(value, value)


def changes(before: str, after: str) -> list[tuple[str, str]]:
    """Runs of a text that was rewritten: ("same", "gone" or "new", words)."""
    found: list[tuple[str, str]] = []
    for action, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if action == "equal":
            found.append(("same", before[a:b]))
            continue
        found += [("gone", before[a:b])] if b > a else []
        found += [("new", after[c:d])] if d > c else []
    return found
