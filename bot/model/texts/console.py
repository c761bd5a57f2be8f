"""Words of the console: signing in, and what did not work."""

WRONG = "账号或密码不对。忘记密码时，请负责人为您重设，或发给您一次性登录链接。"
LOCKED = "登录失败次数过多，这个账号暂时锁定。请 15 分钟后再试，或请负责人发给您一次性登录链接。"
SLOW_DOWN = "这个网络地址登录失败次数过多，请 15 分钟后再试。"
NO_ACCOUNT = "这个企业微信成员没有对应的运营账号。请负责人为您添加账号，或在账号上填写您的企业微信成员账号。"
NOT_WECOM = "企业微信没有确认您的身份，请重新扫码，或用密码登录。"
NO_WECOM = "暂时连不上企业微信，请稍后再扫码，或用密码登录。"
LINK_GONE = "这个登录链接已经用过或已过期。请用其他方式登录，或请负责人再发给您一个。"
HOLDS_LOGIN = "密码不能包含账号。"
TOO_PLAIN = "密码太简单，请至少用 5 种不同的字符。"
OLD_WRONG = "原来的密码不对。"
PROVE_FIRST = "您还没有密码。请退出后用企业微信扫码或一次性链接重新登录，在 15 分钟内设置。"
CHANGED = "密码已更新，其他设备都已退出登录。"
NOT_THE_SAME = "两次输入的密码不一样。"
OUT = "已退出登录。"
OUT_EVERYWHERE = "已在所有设备上退出登录。"
HOW = {"password": "密码", "wecom": "企业微信扫码", "link": "一次性链接"}
NOT_ALLOWED = "您的账号没有办理这件事的权限。需要权限时，请联系负责人。"

_SYSTEMS = (("Windows", "Windows"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Mac OS", "macOS"), ("Linux", "Linux"))
_PROGRAMS = (("wxwork", "企业微信"), ("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))

_FAILURES = {
    400: ("无法完成这个操作", "提交的内容不完整，没有办理。请返回上一页再试。"),
    403: ("没有权限", NOT_ALLOWED),
    404: ("没有找到这个页面", "地址不完整，或者它所指的内容不存在。"),
    405: ("无法完成这个操作", "请回到上一页，用页面上的按钮操作。"),
    408: ("连接中断", "提交的内容没有传完，没有办理。请返回上一页再试。"),
    409: ("内容已有变化", "您打开页面之后，同事或系统已经改动了这里，这次操作没有生效。请返回，核对后再试。"),
    410: ("链接已失效", LINK_GONE),
    413: ("内容太大", "提交的内容超过限制，没有办理。请返回上一页，缩短文字后再试。"),
    414: ("地址太长", "这个地址超过限制。请回到首页，从页面上重新打开。"),
    415: ("无法完成这个操作", "提交的内容格式不对，没有办理。请返回上一页再试。"),
    429: ("操作太频繁", "请稍等片刻再试。"),
    503: ("暂时无法使用", "服务暂时不可用，这次操作没有生效。请稍后再试。"),
    507: ("存储空间不足", "服务器存储空间不足，没有保存。请联系维护人员。"),
}
_OURS = ("出了点问题", "我们已经记录下来。请稍后再试；仍不行时，把下面的编号告诉维护人员。")
REFUSED = "没有办理"
MENU = {
    "waiting": "待办",
    "cases": "案件",
    "providers": "服务商",
    "broadcasts": "广播",
    "rulebooks": "规则",
    "questions": "提问",
    "overview": "概览",
    "settings": "设置",
}


def failure(status: int) -> tuple[str, str]:
    """(title, words) of a page that says what did not work, and how to go on."""
    return _FAILURES.get(status) or (_FAILURES[400] if status < 500 else _OURS)


def password_length(shortest: int, longest: int) -> str:
    """To a password that is too short or too long."""
    return f"密码至少 {shortest} 个字符，最多 {longest} 个。"


def device(agent: str) -> str:
    """A browser in two words, by what it says of itself."""
    system = next((name for sign, name in _SYSTEMS if sign in agent), "")
    program = next((name for sign, name in _PROGRAMS if sign in agent), "")
    return " · ".join(filter(None, (program, system))) or "未知设备"
