"""What verification says about the audit trail."""

from bot.model.trail import HOUSE, Problem

_WORDS = {
    # of a chain
    "changed": "第 {seq} 条记录的内容与它的哈希不符，被改动过",
    "gap": "第 {seq} 至 {detail} 条记录不见了",
    "unlinked": "第 {seq} 条记录接不上它前面的那一条",
    "cut": "从第 {seq} 条起，末尾的记录不见了（应有 {detail} 条）",
    "cut_from_head": "从第 {seq} 条起，末尾的记录不见了（{day} 的日结写明有 {detail} 条）",
    "rewritten": "第 {seq} 条记录与 {detail} 的日结不符，此前的记录被整体改写过",
    "missing": "所有记录都不见了",
    "missing_from_head": "所有记录都不见了（{detail} 的日结里有）",
    "personal_gone": "第 {seq} 条记录的个人信息不见了，却没有销毁的记录",
    "end_changed": "末尾的登记与第 {seq} 条记录不符",
    "no_case": "这个编号发出过，案件却不在了",
    "notice_changed": "通知 {detail} 的内容与第 {seq} 条记录不符，被改动过",
    "notice_gone": "第 {seq} 条记录所说的通知 {detail} 不见了",
    "notice_unknown": "通知 {detail} 没有任何记录",
    "receipt_gone": "第 {seq} 条记录所说的签收（通知 {detail}）不见了",
    "receipt_unknown": "通知 {detail} 有一份签收没有任何记录",
    "evidence_gone": "第 {seq} 条记录所说的证据 {detail} 不见了",
    "evidence_unknown": "证据 {detail} 没有任何记录",
    "evidence_spoilt": "证据文件 {detail} 不在文件夹里，或被改动过",
    # of what providers handed in
    "round_changed": "材料 {filing} 第 {part} 次提交的内容与第 {seq} 条记录不符，被改动过",
    "round_gone": "第 {seq} 条记录所说的材料 {filing} 第 {part} 次提交不见了",
    "round_unknown": "材料 {filing} 第 {part} 次提交没有任何记录",
    "decision_changed": "材料 {filing} 第 {part} 次提交的审核结果或意见与第 {seq} 条记录不符，被改动过",
    "decision_gone": "第 {seq} 条记录所说的材料 {filing} 第 {part} 次提交的审核不见了",
    "decision_unknown": "材料 {filing} 第 {part} 次提交（第 {seq} 条记录）的审核结果没有任何记录",
    "filing_changed": "材料 {filing} 的状态与第 {seq} 条记录不符，被改动过",
    "filing_gone": "第 {seq} 条记录所说的材料 {filing} 不见了",
    "filed_file_gone": "材料 {filing} 的文件 {part}（第 {seq} 条记录所提交）不见了",
    "filed_file_spoilt": "材料 {filing} 的文件 {part} 不在文件夹里，或被改动过",
    # of heads
    "head_changed": "{detail} 的日结被改动过，或签名不对",
    "head_unlinked": "{detail} 的日结接不上前一份，中间有日结不见了或被换过",
    "head_unsigned": "{detail} 的日结没有签名，而此前的都有",
    "head_untrusted": "{detail} 的日结不是用我们的密钥签的",
    "head_missing": "数据库里没有 {detail} 的日结，留存的副本里有",
    "head_differs": "数据库里 {detail} 的日结与留存的副本不同",
    "head_file_changed": "日结文件 {detail} 被改动过，或不是日结",
    "head_unknown": "没有哈希为 {detail} 的日结",
    # of a bundle
    "bundle_malformed": "不是本系统导出的证据包，或已损坏：{detail}",
    "member_changed": "文件 {detail} 与清单不符，被改动过",
    "member_missing": "清单所列的文件 {detail} 不在包里",
    "member_unknown": "文件 {detail} 不在清单里",
    "manifest_changed": "清单的签名不对，被改动过",
    "manifest_unsigned": "清单没有签名，不能证明出自谁手",
    "manifest_untrusted": "清单不是用所给的密钥签的",
    "evidence_changed": "证据文件 {detail} 与案件所登记的不符",
    "case_differs": "案卷内容与清单不符：{detail}",
}


def problem(found: Problem) -> str:
    """One line that names the chain, the event and what is wrong with it."""
    kind, detail, day = found.kind, found.detail, ""
    if kind == "cut" and " " in detail:
        kind, (detail, day) = "cut_from_head", detail.split(" ", 1)
    if kind == "missing" and detail:
        kind = "missing_from_head"
    filing, _, part = detail.partition(" ")
    words = _WORDS[kind].format(seq=found.seq, detail=detail, day=day, filing=filing, part=part)
    return f"{_chain(found.chain)}：{words}" if found.chain else words


def _chain(chain: str) -> str:
    if chain == HOUSE:
        return "总务链"
    return f"案件 {chain}" if chain.startswith("V") else f"材料 {chain}"  # a notice about a withdrawal is numbered after it


def counted(chains: int, events: int, heads: int, newest: str) -> str:
    """What was read."""
    until = f"{heads} 份日结（最近一份 {newest}）" if heads else "还没有日结"
    return f"已核对 {chains} 条链、{events} 条记录、{until}。"


INTACT = "完好，没有发现改动。"
UNSIGNED = "提示：日结没有签名。请用 python -m bot audit key 生成密钥，填入 AUDIT_KEY。"
NO_HEAD = "提示：还没有日结，链条被整体改写时无从发现。日结每天零点后自动生成。"
KEY_UNKNOWN = "提示：没有可信的公钥可比对，只能确认前后一致。请用 --key 给出公布的公钥，或核对指纹 {key_id}。"


def broken(number: int) -> str:
    """After the list of problems."""
    return f"发现 {number} 处问题。"


def new_key(secret: str, public: str, fingerprint: str) -> str:
    """A key just made."""
    return "\n".join(
        (
            f"AUDIT_KEY={secret}",
            "",
            f"公钥：{public}",
            f"公钥指纹：{fingerprint}",
            "",
            "请把 AUDIT_KEY 一行写进 .env，私下保存；公钥和指纹交给审计人员，他们据此核对日结和证据包。密钥只显示这一次。",
        )
    )


def head_line(day: str, sha256: str, *, sound: bool, key_id: str) -> str:
    """One head of a list."""
    signed = f"签名 {key_id[:16]}" if key_id else "未签名"
    return f"{day}  {sha256}  {signed if sound else '被改动过'}"


def bundle_counted(number: str, events: int, heads: list[str], files: int) -> str:
    """What of a bundle was read."""
    until = f"日结 {heads[0]}" + (f" 至 {heads[-1]}" if len(heads) > 1 else "") if heads else "还没有日结"
    return f"已核对案件 {number} 的证据包：{files} 个文件、{events} 条记录、{until}。"


def head_mail(day: str, sha256: str, signature: str) -> tuple[str, list[str]]:
    """(subject, paragraphs) of the mail that takes a day's head to an auditor."""
    signed = f"签名：{signature}" if signature else "未签名（没有设置 AUDIT_KEY）。"
    told = "请保留这封邮件：以后核验时，用 python -m bot audit verify --head 加上面的 SHA-256，即可发现此后对当日及以前记录的任何改动。"
    return f"审计日结 {day}", [f"{day} 的审计日结已经封存。", f"SHA-256：{sha256}", signed, told]
