"""Wording about conduct that clause 4.4 forbids."""

FACTS = "所见事实"
NOTE = "第 4.4 条所禁止的行为："
RECORD_FIRST = "请先在案件上登记所见的行为和证据，再提出永久下架。"
RECORDED = "已登记，证据已存入这个案件。"
WILL_RECORD = "写进内部备注和留痕，文件存为这个案件的证据；服务商看不到。不能撤回。"
WILL_PROPOSE = "起草一件新案件：对服务商本身永久下架、列入黑名单。起草后还可以改；要由起草人以外的两位审批人先后通过才会发出。"


def proposed_from(number: str) -> str:
    """Over the form of such a case."""
    return f"由案件 {number} 上登记的行为提出，依据和措施由第 4.4 条给定。要由起草人以外的两位审批人先后通过。"
