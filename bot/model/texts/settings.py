"""Words of the page that shows what is set up, how it is doing, and who may do what."""

from collections.abc import Mapping

SET, NOT_SET, YES, NO = "已设置", "未设置", "是", "否"

# Every setting, by what it is about. Whoever adds one names it here; a test compares.
SETTINGS: Mapping[str, Mapping[str, str]] = {
    "企业微信": {
        "wecom_corpid": "企业 ID",
        "wecom_agentid": "应用 ID",
        "wecom_secret": "应用 Secret",
        "wecom_token": "回调 Token",
        "wecom_aes_key": "回调 EncodingAESKey",
        "wecom_token_old": "轮换中的旧 Token",
        "wecom_aes_key_old": "轮换中的旧 EncodingAESKey",
        "wecom_suite_id": "第三方应用套件 ID",
        "wecom_api_base": "接口地址",
        "wecom_oauth_base": "网页授权地址",
        "wecom_login_base": "扫码登录地址",
        "wecom_trusted_domain": "已配置可信域名",
        "wecom_account_ceiling": "账号上限",
    },
    "地址与进程": {
        "public_url": "对外地址",
        "bind": "监听地址",
        "console_bind": "控制台监听地址",
        "console_url": "控制台对外地址",
        "console_wecom": "企业微信扫码登录",
        "sandbox_bind": "沙盒监听地址",
        "trusted_proxies": "可信代理层数",
        "web_workers": "网页进程数",
        "web_threads": "每个进程的线程数",
        "callback_max_bytes": "回调最大字节数",
        "callback_stale_s": "回调时间窗（秒）",
        "sender_limit_per_minute": "每人每分钟提问上限",
    },
    "存储": {
        "data_dir": "数据目录",
        "database_url": "数据库",
        "queue_url": "队列",
        "files_url": "文件存放处",
        "evidence_max_bytes": "证据文件最大字节数",
        "file_max_bytes": "材料文件最大字节数",
        "filing_max_files": "每份材料的文件数上限",
        "files_keep_days": "材料文件保存天数",
        "inbox_keep_days": "消息保存天数",
    },
    "通知与期限": {
        "quiet_hours": "免打扰时段",
        "notice_ladder": "催办安排",
        "notice_mail": "邮件通知",
        "last_call_days": "到期前几天提醒",
        "review_days": "审核期限（工作日）",
        "claim_hours": "领取保留（小时）",
        "human_days": "人工答复期限（工作日）",
        "broadcast_approval_above": "超过多少人的广播要审批",
        "broadcast_fail_share": "失败比例超过多少自动暂停",
        "broadcast_fail_least": "至少失败多少人才自动暂停",
        "smtp_url": "邮件服务器",
        "mail_from": "发件人",
    },
    "安全与运行": {
        "secret_key": "会话密钥",
        "audit_key": "审计签名密钥",
        "rules_encoder": "句向量模型",
        "log_level": "日志级别",
        "clock_rate": "时钟倍速（仅沙盒）",
        "clock_origin": "时钟起点（仅沙盒）",
        "failpoint": "故障注入（仅沙盒）",
    },
}

# What the console's forms do, by endpoint and what they are about. Whoever adds one names it here; a test compares.
DEEDS: Mapping[str, Mapping[str, str]] = {
    "案件": {
        "compose": "新建案件",
        "rewrite": "修改自己的草稿",
        "template_move": "停用、恢复模板",
        "template_back": "恢复模板旧版本",
        "grounds_brought": "录入处理细则",
        "submit": "提交审批",
        "renew_rules": "把草稿改按现行规则",
        "retract": "撤回提交",
        "discard": "作废草稿",
        "restore": "恢复草稿",
        "approve": "审批",
        "send_back": "退回草稿",
        "revoke": "撤销处理",
        "close": "结束提醒",
        "resend": "补发通知",
        "measure": "确认措施",
        "undo": "更正措施",
        "serve": "登记人工送达",
        "add_evidence": "添加证据",
        "export": "导出证据包",
        "record_conduct": "登记第 4.4 条所禁止的行为",
        "note": "写内部备注",
        "errand": "办结案件待办",
    },
    "服务商": {"provider_row": "修改登记", "roster_brought": "上传名单", "roster_taken": "确认导入名单"},
    "服务商的材料": {"take": "领取", "release": "放弃领取", "decide": "审核", "confirm": "确认平台操作"},
    "广播": {
        "broadcast_write": "写广播",
        "broadcast_preview": "预览广播",
        "broadcast_submit": "提交广播",
        "broadcast_approve": "审批广播",
        "broadcast_send_back": "退回广播",
        "broadcast_withdraw": "撤回为草稿",
        "broadcast_reschedule": "改定时",
        "broadcast_pause": "暂停发送",
        "broadcast_resume": "继续发送",
        "broadcast_cancel": "取消广播",
        "broadcast_resend": "补发给没收到的人",
        "broadcast_recall": "撤回已发出的消息",
        "broadcast_test": "试发给自己",
        "categories_put": "写应用类目",
    },
    "提问与待办": {
        "claim": "领取待办",
        "unclaim": "放弃领取待办",
        "answer": "人工答复",
        "drop": "关闭人工申请",
        "finish": "办结待办",
    },
    "规则版本": {
        "rulebook_upload": "上传新版本",
        "rulebook_save": "修改草稿",
        "rulebook_step": "提交、撤回、作废",
        "rulebook_tell": "通知服务商",
        "rulebook_decide": "审批、退回",
    },
    "没答上的提问": {
        "question_look": "看答案会改变什么",
        "question_take_up": "为没用的答复另给答案",
        "question_tie": "确定答案",
        "question_undo": "撤回答案",
        "question_pass": "不处理、重新打开",
    },
    "运营账号": {"staff_add": "添加账号", "staff_change": "修改姓名和权限", "staff_move": "停用、启用账号", "staff_link": "生成登录链接"},
    "自己的登录": {"password": "修改密码", "sign_out": "退出", "sign_out_everywhere": "在所有设备上退出"},
}

HEALTH = {
    "database": "数据库",
    "queue": "任务队列",
    "waiting": "最早一条待发消息",
    "callback": "最近一次回调",
    "token": "企业微信接口令牌",
    "head": "最近一份审计日结",
    "alarms": "未解除的告警",
    "pauses": "暂停中的发送",
    "disk": "数据目录剩余空间",
}
VERSIONS = {"product": "规则助手", "schema": "数据库结构", "rules": "规则正文", "python": "Python", "server": "数据库软件"}


def database(*, fits: bool) -> str:
    """Whether its schema is this code's."""
    return "结构与程序一致" if fits else "结构与程序不一致，请运行 python -m bot migrate"


def queue(waiting: int | None) -> str:
    """How many tasks wait; None: it is away."""
    return "连不上；消息仍会由定时巡查发出，只是慢一些" if waiting is None else f"{waiting} 个任务在等待"


def waiting(age_s: float | None) -> str:
    """For how long the message waits that waits longest; None: nothing does."""
    return "没有积压" if age_s is None else f"已等待 {lasted(age_s)}"


def ago(age_s: float | None) -> str:
    """How long ago; None: never."""
    return "还没有" if age_s is None else f"{lasted(age_s)}前"


def lasted(seconds: float) -> str:
    """A length of time in its largest unit."""
    for unit_s, name in ((86_400, "天"), (3_600, "小时"), (60, "分钟")):
        if seconds >= unit_s:
            return f"{int(seconds // unit_s)} {name}"
    return f"{int(seconds)} 秒"


def token(left_s: float | None) -> str:
    """How long the token of the interface still holds; None: none was fetched yet."""
    return "还没有取过" if left_s is None else f"还有 {lasted(left_s)}有效" if left_s > 0 else "已过期，下次调用时换新"


def alarms(titles: list[str]) -> str:
    """What is wrong now."""
    return "没有" if not titles else f"{len(titles)} 个：{'；'.join(titles[:3])}{' 等' if len(titles) > 3 else ''}"


def pauses(number: int) -> str:
    """How many apps or interfaces rest."""
    return "没有" if not number else f"{number} 处，恢复后自动继续"


def disk(free_bytes: int) -> str:
    """How much room is left."""
    return f"{free_bytes / (1 << 30):.1f} GB"


def head(day: str) -> str:
    """The newest of the trail's heads."""
    return day or "还没有，每天零点后自动生成"
