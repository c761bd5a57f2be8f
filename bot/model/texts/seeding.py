"""Words of the command that fills an empty database with a made-up platform."""

NOT_EMPTY = "数据库里已有数据。生成试用数据只能在空的数据库上进行，请换一个 DATA_DIR 或 DATABASE_URL。"
NOT_HERE = "WECOM_API_BASE 指向企业微信，不能写入试用数据：只能在连接本机沙盒的环境中使用。"


def people(number: int) -> str:
    """Providers are there."""
    return f"服务商 {number:,} 家，及其应用和管理员"


def cases(number: int) -> str:
    """Cases are there, with all that belongs to them."""
    return f"案件 {number:,} 件，及其通知、材料、待办和留痕"


def questions(number: int) -> str:
    """Questions are there."""
    return f"提问 {number:,} 次"


def deliveries(number: int) -> str:
    """All is there."""
    return f"发送记录 {number:,} 条"


def sign_in(login: str) -> str:
    """How to look at it."""
    return f"登录控制台：python -m bot operators link {login}"
