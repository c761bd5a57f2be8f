"""Words of the console's page of a case: what each press will do, said before it is made."""

from collections.abc import Sequence

from bot.model.case import Case, Kind
from bot.model.days import DayKind
from bot.model.filing import FilingKind
from bot.model.notice import NoticeKind
from bot.model.similar import Similar
from bot.model.texts.bundles import ACTIONS
from bot.model.texts.cases import MEASURES
from bot.model.texts.deliveries import step as delivery_step
from rules.catalogue import GROUNDS

NOTICES = {
    NoticeKind.DECISION: "处理通知",
    NoticeKind.REMINDER: "提醒",
    NoticeKind.REVOKED: "撤销通知",
    NoticeKind.RECOVERED: "恢复通知",
    NoticeKind.OUTCOME: "结果通知",
}
SAID = {
    "submitted": "已提交审批。",
    "drafted": "草稿已保存。",
    "retracted": "已撤回，可以接着修改。",
    "renewed": "已改按现行规则，请核对预览。",
    "discarded": "草稿已作废，需要时可以恢复。",
    "restored": "草稿已恢复。",
    "undone": "已更正，这项措施回到待办。",
    "evidence_added": "证据已添加。",
    "served": "送达已登记，期限从送达时起算。",
    "approved": "已通过，通知正在发出。",
    "endorsed": "已记下您的审批；还要另一位审批人通过才会发出。",
    "sent_back": "已退回起草人。",
    "revoked": "已撤销，撤销通知正在发出。",
    "closed": "提醒已结束。",
    "applied": "已确认执行。",
    "lifted": "已确认解除。",
    "noted": "备注已写下，服务商看不到。",
    "resent": "通知正在补发。",
    "nobody": "没有需要补发的人：每位管理员都已收到、正在发送，或已经签收。",
    "done": "待办已办结。",
    "decided": "已决定，结果通知正在发给服务商。",
    "claimed": "已领取，审核期间别人不能处理这份材料。",
    "confirmed": "已确认，服务商会收到书面告知。",
    "answered": "答复已发出。",
    "dropped": "申请已关闭，对方会收到告知。",
}
STALE = "您打开页面之后，同事或系统已经改动了这里，所以这一步没有办理。下面已是最新内容，您填写的文字还在；核对后请再办理一次。"
NO_CHANGE_TOLD = "改动没有留下单独的记录，请核对下面的内容。"
REASON = {"send_back": "退回理由（给起草人看）", "revoke": "撤销理由（会写进给服务商的通知）"}
LABELS = {
    "submit": "提交审批",
    "retract": "撤回提交",
    "discard": "作废草稿",
    "restore": "恢复草稿",
    "approve": "审批通过",
    "send_back": "退回草稿",
    "revoke": "撤销处理",
    "close": "结束提醒",
    "resend": "补发通知",
}
_TITLE_CHARS = 12
_MORE = {"files_destroyed": "文件按期销毁"}
RENEW = "改按现行规则"
NOT_APPROVER = "需要“审批”权限。"
NOT_OPERATOR = "需要“运营”权限。"
ENDED_OTHERWISE = {
    "apply": "在“处理措施”里确认已执行后，这项待办自动办结。",
    "lift": "在“处理措施”里确认已解除后，这项待办自动办结。",
    "serve": "在“人工送达”里登记后，这项待办自动办结。",
}


def older_rules(version: str, current: str, differing: Sequence[str], *, is_own_draft: bool) -> str:
    """Of a case not issued yet that was written under an earlier version of the rules than the one in force."""
    told = f"本案按 {version} 版规则起草，现行的是 {current} 版。"
    told += f"它引用的第 {'、'.join(differing)} 条（原编号）在现行版里有改动。" if differing else "它引用的条款在现行版里没有改动。"
    return told + ("可以保留，发出时引用起草时的版本；也可以改按现行规则。" if is_own_draft else "发出时引用起草时的版本。")


def will(step: str, case: Case, admins: int) -> str:
    """What a press does, and whether it can be undone. admins: of the provider, who speak for it now."""
    match step:
        case "submit":
            return "草稿交给审批人；审批人通过前服务商不会知道。审批人可以退回给您，您也可以撤回。"
        case "discard":
            return "草稿作废，从待办里消失，编号不再使用。作废后可以恢复。"
        case "retract":
            return "案件回到草稿，由您接着修改；已有的审批作废。服务商不会知道。"
        case "restore":
            return "作废的草稿回到编辑中，编号不变。"
        case "approve" if case.is_permanent and case.approver_id is None:
            return "这是永久下架，需要两位审批人。您通过后只记下审批，另一位审批人也通过才会发出通知。"
        case "approve":
            return (
                f"通知立即发给服务商的 {admins} 位管理员，内容如本页所示，不能再改。"
                + ("措施记为待执行，由运营在平台上执行后回来确认。" if case.measures else "")
                + "发出后可以撤销，撤销也会书面告知服务商。"
            )
        case "send_back":
            return "案件回到草稿，已有的审批作废，由起草人修改后重新提交。服务商不会知道。"
        case "revoke":
            return "处理自始撤销：停止催办，已执行的措施转为待解除，未执行的作废，未办结的材料终止，并书面告知服务商。不能恢复。"
        case "close":
            return "提醒结束，停止催办。不能恢复。"
        case "resend":
            return "只补发给没有收到通知卡片的管理员；已收到、正在发送或已签收的人不会收到第二次。"
    raise ValueError(step)


def measure_will(action: str) -> str:
    """What confirming a measure does."""
    if action == "apply":
        return "请先在平台上执行这项措施，再确认。确认后应用状态随之改变。"
    return "请先在平台上解除这项措施，再确认。最后一项解除后案件恢复完成，并书面告知服务商。"


def undo_will(*, is_applied: bool) -> str:
    """What taking back a confirmation does."""
    if is_applied:
        return "改回待执行，应用状态随之改变，并写入留痕。只在点错时使用；要让应用恢复，请走恢复流程或撤销案件。"
    return "改回待解除，并写入留痕。只在点错时使用。"


def decision_will(kind: FilingKind, action: str, *, is_of_case: bool) -> str:
    """What a decision on a filing brings about. is_of_case: it belongs to a case, and not to a withdrawal."""
    match kind, action:
        case _, "need_more":
            return "不算退回；服务商补充后重新回到待办。须写明意见。"
        case _, "send_back":
            return "服务商修改后可以重新提交。须写明意见。"
        case FilingKind.REPORT, "accept":
            return "措施随之转为待解除，由运营在平台上解除后确认；取消推荐、取消搜索的，还须重新申请也通过。"
        case FilingKind.REAPPLICATION, "accept" if is_of_case:
            return "整改报告也已通过的，取消推荐、取消搜索随之转为待解除，由运营在平台上解除后确认。"
        case FilingKind.REAPPLICATION, "accept":
            return "由运营在平台上恢复推荐和搜索后确认。"
        case FilingKind.OBJECTION, "uphold":
            return "案件随即撤销：停止催办，已执行的措施转为待解除，未执行的作废，未办结的材料终止。不能恢复。"
        case FilingKind.OBJECTION, "dismiss":
            return "维持原处理，期限不变。须写明意见。"
        case FilingKind.WITHDRAWAL, "grant":
            return "应用即视为已撤出推荐，由运营在平台上取消推荐和搜索后确认。"
        case _, "refuse":
            return "服务商可以重新提出。须写明意见。"
    raise ValueError(action)


def ground(name: str) -> str:
    """On what a case was opened, in a few words."""
    if name.startswith("row:"):
        return f"细则 {name.removeprefix('row:')}"
    known = GROUNDS.get(name)
    return f"{name} {known.title if len(known.title) <= _TITLE_CHARS else known.title[:_TITLE_CHARS] + '…'}" if known else name


SIMILAR_NONE = "还没有同一依据的其他案件。"


def similar(found: Similar) -> list[str]:
    """How cases on the same ground went before, a line each."""
    given = "、".join(f"{MEASURES[one]} {number} 件" for one, number in found.measures.items())
    days = "、".join(f"{number} {'个工作日' if counted is DayKind.WORKING else '天'}" for counted, number in found.days.items())
    lines = [f"最近 {found.of} 件中：{given or '没有措施'}。"]
    if days:
        lines.append(f"整改期限的中位数：{days}。")
    if found.back_days is not None:
        lines.append(f"从发出到恢复的中位数：{found.back_days} 天。")
    return [*lines, f"其中撤销 {found.revoked} 件，占 {found.revoked * 100 // found.of}%。"]


def kind(case: Case) -> str:
    """What sort of case."""
    return "提醒" if case.kind is Kind.REMINDER else "违规处理"


def action(name: str) -> str:
    """What happened, on the trail."""
    if name.startswith("queued_"):
        return f"排入发送：{delivery_step(name.removeprefix('queued_'))}"
    return ACTIONS.get(name) or _MORE.get(name, name)


def actor(name: str) -> str:
    """Who did it: of our own staff the login, of a provider the userid."""
    how, _, who = name.partition(":")
    return {"operator": who, "admin": f"服务商 {who.rpartition('/')[2]}"}.get(how, "系统")
