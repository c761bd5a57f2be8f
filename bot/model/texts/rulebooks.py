"""Words of a version of the rules on its way: uploading, confirming, making ready, approving, coming into force."""

from collections.abc import Sequence

from bot.model.rulebook import Rulebook, RuleState
from rules import Clause
from rules.compare import Change

STATES = {
    RuleState.DRAFT: "草稿",
    RuleState.FITTING: "正在准备",
    RuleState.READY: "待提交审批",
    RuleState.PENDING_APPROVAL: "待审批",
    RuleState.APPROVED: "已批准，待生效",
    RuleState.IN_FORCE: "现行",
    RuleState.SUPERSEDED: "已被取代",
    RuleState.DISCARDED: "已作废",
}
KINDS = {"same": "未改", "moved": "移动", "changed": "修改", "added": "新增", "removed": "删除"}
VERDICTS = {"broken": "答坏了", "gone": "条款已删", "other": "答案有变", "mended": "答好了"}
SAID = {
    "uploaded": "已读懂，请核对每一条的来历。",
    "saved": "已保存。",
    "confirmed": "已确认。发送进程正在准备答问模型并试答问题集，约需一分钟。",
    "edited": "已退回草稿，可以接着修改。",
    "submitted": "已提交审批，请另一位同事审批。",
    "retracted": "已撤回。",
    "sent_back": "已退回起草人。",
    "approved": "已批准，到生效日零点自动生效。",
    "published": "已批准并生效，各进程会在一秒内换成新版本。",
    "unapproved": "批准已撤回，回到待审批。",
    "discarded": "已作废。",
    "told": "通知广播的草稿已写好，请核对后提交。",
}
STALE = "您打开页面之后，这个版本已有变化，所以这一步没有办理。下面已是最新内容，您填写的文字还在；核对后请再办理一次。"
WILL = {
    "confirm": "保存并确认以上内容，交给发送进程准备答问模型、试答问题集。答问不受影响，随时可以退回修改。",
    "edit": "退回草稿。已准备好的模型和试答结果作废，改完后要重新确认。",
    "submit": "交给另一位有审批权限的同事。批准之前可以撤回。",
    "retract": "从审批撤回。",
    "send_back": "退回草稿，由起草人修改；模型和试答结果作废。",
    "unapprove": "撤回批准，回到待审批；生效之前都可以。已经发出的通知广播不会跟着撤回，需要的话请另行更正。",
    "discard": "这个版本不再继续，不影响现行规则。同一日期的文本可以重新上传。",
    "tell": "写一份发给全部服务商的广播草稿：带改动摘要、原文对照页的链接和“确认收到”按钮。这一步不会发出任何消息。",
}
LABELS = {
    "confirm": "确认，开始准备",
    "edit": "退回草稿修改",
    "submit": "提交审批",
    "retract": "撤回提交",
    "send_back": "退回起草人",
    "approve": "批准",
    "unapprove": "撤回批准",
    "discard": "作废",
    "tell": "起草通知广播",
}
WHY_BACK = "退回理由"
NOTE = "修改说明"
TITLE = "页面标题"
NAME_IN_TEXT = "正文中的名称"
NOT_YOUR_OWN = "起草人不能批准自己的版本，请另一位同事审批。"
ONLY_THE_AUTHOR = "只有起草人可以这样做。"
NOT_UTF8 = "文件不是 UTF-8 编码的文本，请另存为 UTF-8 后再上传。"
NO_TEXT = "请选择文件，或粘贴规则全文。"
BOTH = "文件和粘贴的文字只能给一种。"
NO_KNOWN_FORM = "只收 .md 和 .txt 文件。"
BAD_URL = "原文地址应以 https:// 或 http:// 开头，不超过 500 个字符，不含空格和引号。"
BAD_DAY = "生效日期请写成 2026-07-01 这样的日期。"
DAY_IS_PAST = "生效日期不能早于今天。"
DAY_TOO_FAR = "生效日期不能晚于三年之后。"
NOT_READY = "模型和试答结果不是用现在的内容做的，请退回草稿重新确认。"
BASE_CHANGED = "现行版本在此期间换过了，请退回草稿，对照新的现行版本重新确认。"
FAILURES = {
    "": "",
    "base_changed": "现行版本在此期间换过了，本版本已退回草稿。请对照新的现行版本核对后重新确认。",
    "too_often": "准备模型三次都没有做完，多半是机器内存不足（约需 1.5 GB）。请联系部署人员，再重新确认。",
    "unusable": "准备模型时出错，请联系部署人员查看发送进程的日志，再重新确认。",
}
NO_ENCODER = "发送进程没有安装句向量模型：这个版本只按字词答问，口语和英文问题会多一些拒答。请部署人员安装后，退回草稿重新确认，即可补上。"
NOT_APPROVED_YET = "批准之后才能通知服务商。"
NEW_CHOICE = "新增条款"
_REASONS = {
    "neither chapter, item, paragraph nor picture": "这一行既不是章、条、段落，也不是图片",
    "a second date, or one inside a chapter": "出现了第二个“最后更新”日期，或日期写在了章里面",
    "the chapter before has no clause": "上一章没有任何条款",
    "a picture that belongs to no clause, or a second one": "图片前面没有条款，或一条下面有两张图片",
    "text outside any chapter": "这段文字不在任何一章里",
    "a paragraph beside numbered items, or a second paragraph": "不编号的章只能有一段，编号的章里不能有不编号的段落",
    "too long": "全文太长",
    "a control character": "有控制字符",
    "an HTML tag": "有 HTML 标签，或 &nbsp; 这样的 HTML 写法",
    "an item that isn't written 1. and a blank": "每一条都写成“1. ”（数字 1、点、空格）开头，按顺序自动编号",
    "no date": "没有“最后更新：2026/07/01”这样的一行",
    "no clause in the last chapter": "最后一章没有任何条款",
    "bold that doesn't end": "加粗标记 ** 没有成对",
    "a mark that belongs to no known markdown": "有不认识的标记（[ ] ` * \\ ~~ __）",
    "an empty clause": "条款是空的",
    "not a key: value line, or a key given twice": "文件头里有不认识的行，或同一项写了两次",
    "front matter that doesn't end": "文件头（---）没有结束",
    "a malformed address": "链接地址不正确",
    "an address that isn't http or https": "链接地址不是 http 或 https",
}


def other(change: Change) -> str:
    """What differs besides the words."""
    told = {"links": "文中的链接有改动", "picture": "所附的图片有改动"}
    if change.old and change.new:
        told["title"] = f"章名由“{change.old.chapter_title}”改为“{change.new.chapter_title}”"
    unchanged = "文字未改；" if change.old and change.new and change.old.text == change.new.text else "另外，"
    return unchanged + "，".join(told[name] for name in change.other) + "。"


def cannot_parse(line: int, reason: str, content: str) -> str:
    """Why a text is refused, and where. content: of the line, as far as it is to be shown."""
    words = _REASONS.get(reason)
    if words is None and reason.startswith("chapter "):
        words = "章的编号不连续，应当是“## **一、标题**”这样依次编号"
    if words is None and reason.startswith("an invisible character at "):
        words = f"第 {reason.rpartition(' ')[2]} 个字符看不见或已损坏（如零宽空格），请删去"
    where = f"第 {line} 行" if line else "全文"
    shown = f"：「{content[:60]}{'…' if len(content) > 60 else ''}」" if content else ""
    return f"{where}不能解析：{words or '格式不对'}{shown}。没有保存任何内容，改好后请重新上传。"


def too_big(limit: int) -> str:
    """More bytes than a text of rules has."""
    return f"文件太大：最多 {limit // 1024} KB。"


def too_many(limit: int) -> str:
    """More clauses than a text of rules has."""
    return f"条款太多：最多 {limit} 条。"


def no_date_like(day: str) -> str:
    """A text whose date is none."""
    return f"“最后更新”的日期 {day} 不存在。"


def known_already(day: str, state: RuleState) -> str:
    """There is one of this date."""
    return f"{day} 的版本已经有了（{STATES[state]}）。同一天只能有一个版本；要换文本，请先作废那一个。"


def day_before_text(dated: str) -> str:
    """In force before the day that the text itself gives."""
    return f"生效日期不能早于文本自己的日期 {dated}（“最后更新”）。"


def older(day: str, current: str) -> str:
    """It comes before what is in force."""
    return f"文本日期 {day} 不晚于现行版本 {current}，不能取代它。"


def unconfirmed(ids: Sequence[str]) -> str:
    """Clauses of which nobody said what they come from."""
    return f"请为第 {'、'.join(ids[:20])} 条选择来历。"


def unknown_lineage(clause: str) -> str:
    """A choice that no page offered."""
    return f"第 {clause} 条选择的来历不存在，请重新选择。"


def taken_twice(lineage: str, ids: Sequence[str]) -> str:
    """Two clauses say that they come from the same one."""
    return f"第 {'、'.join(ids)} 条选择了同一个来历（{lineage}），每个来历只能用一次。"


def name_owed(clause: str) -> str:
    """A new clause without a name."""
    return f"第 {clause} 条是新增的，请起一个名称（最多 20 个字）。"


def phrases_owed(clause: str, least: int, given: int) -> str:
    """Too few ways to ask for a new clause."""
    return f"第 {clause} 条是新增的，请至少写 {least} 种问法，一行一种（现有 {given} 种）。"


def phrase_too_long(clause: str, most_chars: int, most: int) -> str:
    """More than a way to ask is."""
    return f"第 {clause} 条的问法每行最多 {most_chars} 个字、最多 {most} 行。"


def owed(name: str, most: int) -> str:
    """Something that must be there, and not too long."""
    return f"请填写{name}（最多 {most} 个字）。"


def approving(book: Rulebook, today: str) -> str:
    """What approval does, said before it is made."""
    if book.effective_on <= today:
        return "批准后立即生效：答问引用新版本，新案件按新版本起草，已有案件仍按起草时的版本。生效后不能撤回，只能再发布新版本。"
    return f"批准后在 {book.effective_on} 零点（北京时间）自动生效，在那之前可以撤回批准。已有案件仍按起草时的版本。"


def broken_unseen(count: int) -> str:
    """Some questions would be answered wrongly, and nobody said that they were looked at."""
    return f"试答里有 {count} 个问题会答坏：请先看过，再勾选接受；不能接受的，请退回起草人。"


def broadcast_title(dated: str) -> str:
    """Of the card that tells providers."""
    return f"平台规则更新（{dated} 版）"


def broadcast_words(
    book: Rulebook, counts: Sequence[tuple[str, int]], changes: Sequence[Change], revisions: Clause | None, limit: int
) -> str:
    """What it says, in at most `limit` characters: from when, how much, which clauses, and what going on means, in the rules' own words."""
    told = "、".join(f"{KINDS[kind]} {count} 条" for kind, count in counts if count)
    opening = f"《{book.title}》{book.dated} 版自 {book.effective_on} 起生效：{told or '文字未变'}。"
    which = [f"{KINDS[kind]}：{'、'.join(ids)}。" for kind in ("added", "changed", "removed") if (ids := _ids(changes, kind))]
    pointed = [f"继续提供应用服务的含义，见第 {revisions.id} 条原文。"] if revisions else []
    quoted = [f"继续提供应用服务的含义，第 {revisions.id} 条原文：", f"「{revisions.text}」"] if revisions else []
    ways = ([opening, *which, *quoted, _LOOK], [opening, *which, *pointed, _LOOK], [opening, *pointed, _LOOK])
    return next((words for way in ways if len(words := "\n".join(way)) <= limit), opening[:limit])


def _ids(changes: Sequence[Change], kind: str) -> list[str]:
    """The clauses of a kind of change, as they are numbered now; one that is gone as it was."""
    found = [change.new or change.old for change in changes if change.kind == kind]
    return [f"{'' if kind != 'removed' else '原 '}{clause.id}" for clause in found if clause]


_LOOK = "请看改动对照，并确认收到。"
BROADCAST_LABEL = "看改动对照"
