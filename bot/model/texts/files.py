"""Wording about files that people hand in: which are taken, and why one was not. Every refusal names its file."""

from collections.abc import Mapping

ALLOWED = "PDF、PNG、JPG、DOCX、XLSX、PPTX、TXT、CSV、MP4"
_MEBIBYTE = 1 << 20
_SHOWN_CHARS = 60

# What a file turned out to be (bot/file_types), and what can be done about it.
_REFUSED: Mapping[str, str] = {
    "program": "是可执行程序或脚本，不能上传。",
    "page": "是网页、SVG 或 XML，打开时可能执行其中的脚本，不能上传；请截图或另存为 PDF。",
    "archive": "是压缩包，看不到里面是什么；请解压后逐个上传。",
    "old_office": "是旧版或加了密码的 Office 文件；请去掉密码，另存为 DOCX、XLSX、PPTX 或 PDF。",
    "macros": "里面有宏或控件，打开时可能执行；请另存为不含宏的文件或 PDF。",
    "huge": "解开后大得不正常，不能上传；请另存为 PDF。",
    "locked": "里面有加了密码的内容；请去掉密码后再上传。",
    "picture": "不是 PNG 或 JPG 图片；请另存为其中一种。",
    "movie": "不是 MP4 视频；请转换为 MP4。",
    "broken": "不完整或已损坏，请重新导出后上传。",
}
_KINDS = {"pdf": "PDF", "png": "PNG 图片", "jpg": "JPG 图片", "mp4": "MP4 视频", "docx": "DOCX", "xlsx": "XLSX", "pptx": "PPTX"}


TAKEN = "PDF、PNG、JPG、DOCX、XLSX、PPTX、MP4、ZIP"

# What a reviewer must know before opening a file that was taken all the same.
FLAGS: Mapping[str, str] = {
    "active": "含脚本、附件或外部启动动作",
    "bomb": "解压后大得不正常",
    "broken": "压缩包损坏，或目录与内容不符",
    "locked": "加了密码",
    "macros": "含宏或控件",
    "nested": "压缩包里还有压缩包",
    "polyglot": "尾部还有别的数据",
    "program_inside": "里面有可执行程序",
}


def not_taken(name: str, head: bytes) -> str:
    """To a file of a kind that a provider cannot hand in. head: its first bytes."""
    if not head:
        return empty(name)
    return f"{shown(name)}的内容不是可以提交的类型，没有上传。可以上传：{TAKEN}。"


NO_SPACE = "服务器暂时没有空间，文件没有上传；已填写的内容都还在，请稍后再试。"
OUT_OF_STEP = "上传的位置对不上，请从已收到的位置继续。"
BUSY = "这个文件正在另一处上传，请稍后再试。"
STALE_UPLOAD = "这次上传已过期，请重新选择文件。"


def refused(name: str, what: str) -> str:
    """To a file of a kind that is not taken."""
    return f"{shown(name)}{_REFUSED[what]}"


def unknown(name: str) -> str:
    """To a file of no kind that is known."""
    return f"{shown(name)}的类型不能上传。可以上传：{ALLOWED}。"


def misnamed(name: str, kind: str) -> str:
    """To a file whose ending says another kind than it is."""
    return f"{shown(name)}的内容是 {_KINDS[kind]}，与扩展名不符；请把扩展名改为 .{kind} 后再上传。"


def not_text(name: str) -> str:
    """To a file that is called text and is none."""
    return f"{shown(name)}不是纯文本；请另存为 UTF-8 或 GBK 编码的文本。"


def too_large(name: str, max_bytes: int) -> str:
    """To a file over the limit."""
    limit = f"{max_bytes / _MEBIBYTE:.4g} MB" if max_bytes >= _MEBIBYTE else f"{max_bytes} 字节"
    return f"{shown(name)}超过 {limit}，没有上传；请压缩图片、剪短视频或分成几个文件。"


def empty(name: str) -> str:
    """To a file of no bytes."""
    return f"{shown(name)}是空文件。"


def shown(name: str) -> str:
    """A file's name in a sentence: on one line, and nothing in it that a screen would obey."""
    last = name.replace("\\", "/").rpartition("/")[2]
    words = "".join(char if char.isprintable() else "·" for char in last)
    cut = words if len(words) <= _SHOWN_CHARS else f"{words[: _SHOWN_CHARS // 2]}…{words[-_SHOWN_CHARS // 2 :]}"
    return f"文件“{cut}”"
