"""What the shell says of the store of files."""


def counted(number: int, *, deep: bool) -> str:
    """number: of files that rows speak of."""
    return f"已核对 {number} 个文件{'（逐个读取并核对 SHA-256）' if deep else '（只核对有无和长度；加 --deep 逐个读取）'}。"


MISSING, DAMAGED, UNKNOWN = "有记录、没有文件", "文件与记录不符", "有文件、没有记录（一天后自动清理）"
SOUND = "文件与记录一致。"


def swept(number: int) -> str:
    """After a sweep."""
    return f"清理了 {number} 个没有记录的文件。"
