"""Words of the console's pages about providers."""

import re
from collections.abc import Iterator, Sequence

from bot.model.provider import Admin, App, Listing
from bot.model.provider_list import Which
from bot.model.roster import WantedAdmin, WantedApp
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
# What a file of providers looks like, for who has not written one yet.
EXAMPLE = (
    {"type": "服务商", "provider": "acme", "name": "示例科技有限公司"},
    {
        "type": "应用",
        "provider": "acme",
        "app": "acme-crm",
        "name": "示例客户管理",
        "listed": "是",
        "searchable": "是",
        "recommended": "否",
    },
    {"type": "管理员", "provider": "acme", "userid": "WangWei", "name": "王伟", "mail": "wang@example.com", "state": "在任"},
    {"type": "管理员", "provider": "acme", "userid": "li.na", "name": "李娜", "state": "离任"},
)
NO_MAIL = "（无邮箱）"
ELSEWHERE = "送不到：不属于本应用"
_LINE = re.compile(r"^第 \d+ 行：")
_MOST = 200  # changes shown, of each kind
_NOTES = 20  # remarks on odd rows shown


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
    of = found.codes
    kinds: list[tuple[str, Iterator[str]]] = [
        ("新增服务商", (f"{one.code} {one.name}" for one in found.new_providers)),
        ("服务商改名", (f"{known.code}：{known.name} → {wanted.name}" for known, wanted in found.changed_providers)),
        ("新增应用", (f"{one.code} {one.name}（{one.provider}）：{listing(one.baseline)}" for one in found.new_apps)),
        ("应用变更", (_of_app(known, wanted, of[known.provider_id]) for known, wanted in found.changed_apps)),
        ("新增管理员", (f"{one.name} {one.address.userid}（{one.provider}）" for one in found.new_admins)),
        ("管理员变更", (_of_admin(known, wanted, of[known.provider_id]) for known, wanted in found.changed_admins)),
        ("管理员离任", (f"{one.name} {one.address.userid}（{of[one.provider_id]}）" for one in found.departed)),
    ]
    told = [(title, list(lines)) for title, lines in kinds]
    return [(title, lines[:_MOST], max(0, len(lines) - _MOST)) for title, lines in told if lines]


def _of_app(known: App, wanted: WantedApp, provider: str) -> str:
    before, after = f"{known.name}（{listing(known.baseline)}）", f"{wanted.name}（{listing(wanted.baseline)}）"
    return f"{known.code}（{provider}）：{before} → {after}"


def _of_admin(known: Admin, wanted: WantedAdmin, provider: str) -> str:
    mail = known.mail if wanted.mail is None else wanted.mail
    return f"{known.address.userid}（{provider}）：{known.name} {known.mail or NO_MAIL} → {wanted.name} {mail or NO_MAIL}"


def notes(found: Sequence[str]) -> list[str]:
    """Remarks on odd rows, the first of them."""
    more = len(found) - _NOTES
    return [*found[:_NOTES], *([f"另有 {more} 处要留意的没有列出。"] if more > 0 else [])]


def short(number: int) -> str:
    """How many providers are short of admins after an import."""
    return f"现在有 {number} 家服务商可送达的管理员不足两人"


def taken(added: tuple[int, int, int], changed: tuple[int, int, int], departed: int, unchanged: int) -> str:
    """What an import did."""
    named = ("服务商", "应用", "管理员")
    words = [f"新增{name} {number}" for name, number in zip(named, added, strict=True) if number]
    words += [f"更新{name} {number}" for name, number in zip(named, changed, strict=True) if number]
    words += [f"离任 {departed}"] if departed else []
    return f"已导入：{'，'.join(words) or '没有改动'}；未变 {unchanged} 行。"
