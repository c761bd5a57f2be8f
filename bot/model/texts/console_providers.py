"""Words of the console's pages about providers."""

import re
from collections.abc import Iterator

from bot.model.provider import Listing
from bot.model.provider_list import Which
from bot.model.roster_changes import Changes

WHICH = {Which.ALL: "全部", Which.OPEN: "有处理中的案件", Which.SHORT: "管理员不足", Which.BARRED: "黑名单"}
SAID = {
    "saved": "已保存。",
    "same": "没有改动。",
    "departed": "已登记离任：个人链接作废，还没发出的消息不再发给他。",
    "taken": "已导入。",
}
STALE = "您查看之后，登记内容已有变化，没有导入。下面是现在会发生的改动，请核对后再确认。"
GONE = "这份文件已经导入过，或放得太久已被清除。请重新上传。"
NO_FILE = "请选择 CSV 文件。"
_LINE = re.compile(r"^第 \d+ 行：")
_MOST = 200  # changes shown, of each kind


def by_hand(say: str) -> str:
    """What is wrong with a row that was filled in by hand: without the words about files and lines."""
    lines = [_LINE.sub("", line) for line in say.splitlines()]
    return "\n".join(line for line in lines[1:] or lines)


def listing(one: Listing) -> str:
    """How an app is listed, in words."""
    flags = ((one.listed, "上架"), (one.searchable, "可搜索"), (one.recommended, "推荐"))
    return "、".join(name for is_on, name in flags if is_on) or "未上架"


def changes(found: Changes) -> list[tuple[str, list[str], int]]:
    """What an import would do: (title, lines, how many more there are) of each kind."""
    kinds: list[tuple[str, Iterator[str]]] = [
        ("新增服务商", (f"{one.code} {one.name}" for one in found.new_providers)),
        ("服务商改名", (f"{known.code}：{known.name} → {wanted.name}" for known, wanted in found.changed_providers)),
        ("新增应用", (f"{one.code} {one.name}（{one.provider}）：{listing(one.baseline)}" for one in found.new_apps)),
        (
            "应用变更",
            (
                f"{known.code}：{known.name}（{listing(known.baseline)}）→ {wanted.name}（{listing(wanted.baseline)}）"
                for known, wanted in found.changed_apps
            ),
        ),
        ("新增管理员", (f"{one.name} {one.address.userid}（{one.provider}）" for one in found.new_admins)),
        (
            "管理员变更",
            (
                f"{known.address.userid}：{known.name} {known.mail} → {wanted.name} {known.mail if wanted.mail is None else wanted.mail}"
                for known, wanted in found.changed_admins
            ),
        ),
        ("管理员离任", (f"{one.name} {one.address.userid}" for one in found.departed)),
    ]
    told = [(title, list(lines)) for title, lines in kinds]
    return [(title, lines[:_MOST], max(0, len(lines) - _MOST)) for title, lines in told if lines]


def taken(added: tuple[int, int, int], changed: tuple[int, int, int], departed: int, unchanged: int) -> str:
    """What an import did."""
    named = ("服务商", "应用", "管理员")
    words = [f"新增{name} {number}" for name, number in zip(named, added, strict=True) if number]
    words += [f"更新{name} {number}" for name, number in zip(named, changed, strict=True) if number]
    words += [f"离任 {departed}"] if departed else []
    return f"已导入：{'，'.join(words) or '没有改动'}；未变 {unchanged} 行。"
