"""Words of the provider's pages: what did not work and how to go on, and what a press has done."""

from bot.model.filing import FilingKind
from bot.model.texts.filings import KINDS

_FAILURES = {
    400: ("无法完成这个操作", "提交的内容不完整。请返回上一页再试。"),
    403: (
        "无法完成这个操作",
        "您的登录已过期，或这个操作不是从我们的页面发出的。请回到企业微信，重新打开通知卡片，或给规则助手发送“我的处理”获取新的链接。",
    ),
    404: ("没有找到这个页面", "链接不完整，或者它不属于您所在的服务商。请在企业微信里从收到的通知卡片打开，或给规则助手发送“我的处理”。"),
    405: ("无法完成这个操作", "请回到上一页，用页面上的按钮操作。"),
    408: ("连接中断", "提交的内容没有传完，没有保存。请返回上一页再试。"),
    409: ("内容已有变化", "您打开页面之后，这里的内容已有变化，这次操作没有生效。请刷新页面，核对后再试。"),
    410: (
        "链接已失效",
        "这个链接已过期、已停用，或已在另一台设备上打开过。获取新链接：在企业微信里的通知卡片上点“查看全文”，"
        "或给规则助手发送“我的处理”或“进度”。链接只供本人使用，30 分钟内有效，请勿转发。",
    ),
    413: ("内容太大", "提交的内容超过限制，没有保存。请返回上一页，缩短文字或减小文件后再试。"),
    414: ("地址太长", "这个地址超过限制。请在企业微信里从收到的通知卡片打开，或给规则助手发送“我的处理”。"),
    415: ("无法完成这个操作", "提交的内容格式不对。请返回上一页再试。"),
    429: ("操作太频繁", "请稍等片刻再试。"),
    503: ("暂时无法使用", "服务暂时不可用，没有保存这次提交。请稍后再试；已保存的草稿不受影响。"),
    507: ("存储空间不足", "服务器存储空间不足，文件没有保存。已保存的草稿和文件不受影响，请稍后再试，或联系平台运营。"),
}

_OURS = ("出了点问题", "我们已经记录下来，请稍后再试。")
REFUSED = "没有办理"
NO_COOKIES = "您的浏览器没有保存 Cookie，无法确认是谁在打开链接。请允许本站的 Cookie，或在企业微信里打开链接。"
PRELOADED = "请重新打开这个链接。"

SAVED = "草稿已保存。"
SAVED_WITHOUT_FILES = "草稿已保存。您选择的文件还没有上传：请重新选择，再点“上传所选文件”。"
FILES_UNSENT = "还没有提交：您选择的文件没有上传。请重新选择，点“上传所选文件”，然后再提交。已填写的内容已保存为草稿。"
DROPPED = "草稿已放弃，内容不再显示；随时可以重新开始。"
TAKEN_BACK = "申请已撤回。"
STALE = (
    "您打开页面之后，同事（或您在另一个窗口）修改了这份材料，所以这次没有保存。"
    "您填写的内容都还在下面；有出入的地方，旁边列出了现在保存的内容。核对后请再保存一次。"
)
NOT_KEPT_BESIDE = "同事（或您在另一个窗口）修改过这份材料，您填写的内容没有保存，列在下面，请点“再试一次”核对。"
TOO_LONG_BESIDE = "有一栏内容太长，或含有无法保存的字符，您填写的内容没有保存，列在下面，请点“再试一次”改短。"
INCOMPLETE = "还不能提交，请补全下列内容。已填写的内容已保存为草稿。"
KEPT_HERE = "没有保存。您填写的内容都还在下面，改好后请再保存一次。"
KEPT_AS_DRAFT = "您的登录已过期，这次没有提交；您填写的内容已经保存为草稿。请重新确认身份，草稿会带着这些内容打开。"
NOT_KEPT = (
    "您的登录已过期，这次没有保存，也没有提交。您填写的内容在下面：请在另一个窗口重新确认身份，再回到这里点“再试一次”；也可以先复制保存。"
)


def failure(status: int) -> tuple[str, str]:
    """(title, words) of a page that says what did not work, and how to go on."""
    return _FAILURES.get(status) or (_FAILURES[400] if status < 500 else _OURS)


def handed_in(kind: FilingKind) -> str:
    """After a press that handed something in."""
    return f"{KINDS[kind]}已提交，平台会在审核期限内处理，结果会以通知告知。"


def too_long(chars: int, most: int) -> str:
    """At a field that holds more than it takes."""
    return f"现在 {chars} 字，最多 {most} 字，请改短。"


def unkeepable() -> str:
    """At a field with a character that no database keeps."""
    return "含有无法保存的字符，请删去后再试（可以重新输入或粘贴为纯文本）。"


def missing(part: str) -> str:
    """At a field that must be filled in. part: its name."""
    return f"还没有填写{part}。"


NO_EVIDENCE = "还没有证据材料，请至少上传一个文件。"
NOT_AGREED = "请先勾选。"


MY_APPS = "我的应用"


def case(number: str) -> str:
    """Where a link leads."""
    return f"案件 {number}"
