"""Wording of broadcasts: what operators are told about them, and what stands on their cards."""

import re
from collections.abc import Sequence
from datetime import datetime

from bot.model.audience import AppState, Audience
from bot.model.broadcast import Broadcast, Content, Form, State
from bot.model.texts.notices import moment

STATES = {
    State.DRAFT: "草稿",
    State.PENDING_APPROVAL: "待审批",
    State.SCHEDULED: "等待发送",
    State.SENDING: "发送中",
    State.PAUSED: "已暂停",
    State.DONE: "已发完",
    State.CANCELLED: "已取消",
}
FORMS = {Form.MARKDOWN: "文字（Markdown）", Form.CARD: "卡片"}
APP_STATES = {
    AppState.LISTED: "已上架",
    AppState.SEARCHABLE: "可搜索",
    AppState.RECOMMENDED: "在推荐位",
    AppState.NOT_RECOMMENDED: "推荐已取消",
    AppState.NOT_SEARCHABLE: "搜索已取消",
    AppState.DELISTED: "已下架",
}
CONFIRM, CONFIRMED, READ, OPEN = "确认收到", "已签收", "查看全文", "打开链接"
TITLE_CHARS, WORDS_CHARS, LABEL_CHARS = 36, 4_000, 20

NO_TITLE = "请填写标题。"
NO_WORDS = "请填写正文。"
NOBODY_NAMED = "请选择发给谁：全部服务商，或写明服务商编号、管理员账号。"
NOBODY = "没有人符合所选的范围，不能发送。请调整发送范围。"
UNPRINTABLE = "文字里有无法保存的字符，请删除后再试。"
BAD_TIME = "没有看懂定时的日期和时间，请按“2026-03-02 10:05”的形式填写。"
BAD_URL = "链接要以 http:// 或 https:// 开头，不能有空格，最长 2048 字节。"
LABEL_WITHOUT_URL = "写了链接名称，却没有写链接地址。"
RECEIPT_IS_A_CARD = "文字消息没有按钮，不能要求签收。要求签收时请选“卡片”。"
CARD_NEEDS_SOMETHING = "卡片要有链接，或要求签收：企业微信不接受点不开的卡片。"
NOT_YOUR_OWN = "自己写的广播要由另一位审批人通过。"
ONLY_THE_AUTHOR = "只有起草人可以修改这条广播。"
ONLY_DRAFTS = "只有草稿可以修改。请先撤回为草稿。"
NOTHING_TO_RESEND = "没有需要补发的人：每个人都已受理、正在发送，或可能已送出。"
RECALLED = "这条广播已经撤回，不能再补发。"
RECALLED_BEFORE = "这条广播已经撤回过。"
NOTHING_TO_RECALL = "没有可以撤回的消息：都没有发出，或发出已超过 24 小时，或平台没有给消息编号。"
RECALL_WHEN_STILL = "请先等它发完，或取消它，再撤回。"
NO_ADDRESS = "您的运营账号没有登记企业微信身份，无法给自己试发。请负责人在账号上填写您的企业微信成员账号。"
ADDRESS_ELSEWHERE = "您登记的企业微信身份不属于本应用，无法给自己试发。请负责人核对账号上的企业和应用。"
TEST = "【试发】"
WHY_BACK = "退回理由"
RESEND_AGAIN = "可能已送出的人也包括在内，他们可能收到两次。"


def too_long(name: str, limit: int, unit: str, is_now: int) -> str:
    """unit: as WeCom counts it."""
    return f"{name}太长：最多 {limit} {unit}，现在 {is_now} {unit}。"


LIST_HEADINGS = frozenset({"编号", "账号", "服务商编号", "管理员账号", "userid", "code", "provider"})  # of the first column
LIST_PARTED = re.compile(r"[、;；\s]+")
TITLE, WORDS, LABEL, ALL = "标题", "正文", "链接名称", "标题、正文和链接合计"
BYTES, CHARS = "字节", "个字"


def unfilled(found: Sequence[str]) -> str:
    """Placeholders that a template left."""
    return f"还有没填写的内容：{'、'.join(found)}。"


def past(at: datetime, good: datetime) -> str:
    """A time that is over."""
    return f"{moment(at)} 已经过去。最近的合适时间是 {moment(good)}。"


def peak(at: datetime, good: datetime) -> str:
    """A minute in which everybody sends."""
    return f"{moment(at)} 是整点或半点，企业微信要求错开这些时间。最近的合适时间是 {moment(good)}。"


def quiet(at: datetime, good: datetime) -> str:
    """Within quiet hours."""
    return f"{moment(at)} 在免打扰时段内，到时不会发出。最近的合适时间是 {moment(good)}。"


def beyond_quota(people: int, left: int, good: datetime) -> str:
    """More than may be sent that day."""
    return f"要发给 {people} 人，而 24 小时内的额度只剩 {left} 人次。最近的合适时间是 {moment(good)}。"


def beyond_any_day(people: int, most: int) -> str:
    """More than may be sent in any day."""
    return f"要发给 {people} 人，超过一天最多能发的 {most} 人次。请分成几条广播，每条缩小范围。"


def bad_line(n: int, line: str) -> str:
    """A line of a list that names nobody."""
    shown = line if len(line) <= 40 else line[:39] + "…"
    return f"第 {n} 行“{shown}”既不是服务商编号，也不是本应用在任管理员的账号。"


def too_many_lines(most: int) -> str:
    """A list that is too long."""
    return f"名单太长：最多 {most} 行。要发给更多人时，请选“全部服务商”再用条件缩小范围。"


def no_categories(most: int) -> str:
    """Nothing to take, or too much."""
    return f"请每行写一个应用编号和它的类目，用逗号隔开，最多 {most} 行。"


def bad_category(n: int, code: str) -> str:
    """A line that cannot be taken."""
    return f"第 {n} 行“{code[:40]}”：没有这个应用编号，或类目超过 64 个字，或多了一列。"


def and_more(number: int) -> str:
    """Lines that are not shown."""
    return f"另有 {number} 行同样无法识别。"


def audience(to: Audience) -> str:
    """Whom it is for, in one sentence."""
    if to.everybody:
        who = "全部服务商的管理员"
    else:
        named = [f"服务商 {_some(to.providers)}" if to.providers else "", f"管理员 {_some(to.people)}" if to.people else ""]
        who = " 和 ".join(filter(None, named)) or "还没有选择"
    narrowed = []
    if to.states:
        narrowed.append(f"有应用{'或'.join(APP_STATES[one] for one in to.states)}")
    if to.categories:
        narrowed.append(f"有应用属于{'、'.join(to.categories)}")
    if to.open_case:
        narrowed.append("有未办结的案件")
    but = [f"服务商 {_some(to.but_providers)}" if to.but_providers else "", f"管理员 {_some(to.but_people)}" if to.but_people else ""]
    but.append("有未办结案件的服务商" if to.but_open_case else "")
    left_out = "、".join(filter(None, but))
    return who + (f"，限{'，且'.join(narrowed)}" if narrowed else "") + (f"；不含{left_out}" if left_out else "")


def _some(names: Sequence[str]) -> str:
    return "、".join(names[:5]) + (f" 等 {len(names)} 个" if len(names) > 5 else "")


def to_press(content: Content) -> str:
    """What opens the link of a content."""
    return content.url_label or OPEN


def confirmed(number: str, at: datetime) -> str:
    """To whoever pressed 确认收到."""
    return f"已记录您于 {moment(at)} 签收广播 {number}。"


def confirmed_before(number: str, at: datetime) -> str:
    """To whoever pressed it again."""
    return f"您已于 {moment(at)} 签收过广播 {number}，不用重复操作。"


NOT_FOR_YOU = "没有找到发给您的这条广播。这可能是一条试发，或您已不在收件人之列。"


def confirmed_row(at: datetime) -> str:
    """What stands on the card in place of the button."""
    return moment(at)


def grown(people: int, limit: int) -> str:
    """Why it was not sent after all."""
    return f"开始发送时范围内有 {people} 人，超过免审批的 {limit} 人，需要审批。"


def heading(one: Broadcast) -> str:
    """A broadcast by name."""
    return f"{one.number} {one.content.title}"
