"""What is said of a CSV file that cannot be read."""

from collections.abc import Collection, Sequence

_AT_MOST = 20  # of many mistakes; who mends these sees the next ones

WIDE_SPACE = "　"  # what the space bar gives while Chinese is typed

NOT_TEXT = "这不是 CSV 文本（可能是 Excel 工作簿或其他格式）。请在表格软件里另存为“CSV UTF-8（逗号分隔）”。"
NOT_UTF8_OR_GBK = "既不是 UTF-8 也不是 GBK 编码。请另存为“CSV UTF-8（逗号分隔）”。"
MIXED_ENCODINGS = "与其他行的编码不一致（有的是 UTF-8，有的不是）。请把整个文件另存为“CSV UTF-8（逗号分隔）”。"
UNSURE_ENCODING = "看不准是 UTF-8 还是 GBK 编码。请另存为“CSV UTF-8（逗号分隔）”，它带有编码标记。"
EMPTY = "文件是空的，至少要有表头和一行内容。"
BAD_QUOTES = "引号不成对，或引号后面还有文字。字段里的引号要写成两个。"
INVISIBLE = "含有看不见的字符（控制符、零宽字符或无效字符）"
MANY_LINES = "不能换行"


def too_large(most_bytes: int) -> str:
    """To a file with more bytes than are read."""
    return f"文件超过 {most_bytes // 1_048_576} MB，请分成几个文件。"


def too_many(most_rows: int) -> str:
    """To a file with more rows than are read."""
    return f"超过 {most_rows} 行，请分成几个文件。"


def no_such_columns(names: Sequence[str], known: Collection[str]) -> str:
    """To a header with columns nobody asked for."""
    told = "、".join(f"“{name[:20]}”" for name in names[:5])
    return f"表头里不认识的列：{told}。可用的列：{'、'.join(known)}。列与列之间用英文逗号分隔。"


def column_twice(title: str) -> str:
    """To a header that names a column twice."""
    return f"表头里“{title}”出现了两次。"


def columns_missing(titles: Sequence[str]) -> str:
    """To a header without columns that must be there."""
    return f"表头缺少：{'、'.join(titles)}。"


def cells(found: int, wanted: int) -> str:
    """To a line with more or fewer cells than the header."""
    return f"有 {found} 列，表头有 {wanted} 列。"


def cell(title: str, what: str) -> str:
    """One cell of a line that is wrong."""
    return f"“{title}”{what}。"


def too_long(most_chars: int) -> str:
    """What is wrong with a cell that is too long."""
    return f"超过 {most_chars} 个字"


def mistakes(found: Sequence[tuple[int, str]]) -> str:
    """All that is wrong with a file, by line; line 0 is the file as a whole."""
    lines = [f"第 {line} 行：{what}" if line else what for line, what in sorted(found)[:_AT_MOST]]
    if len(found) > _AT_MOST:
        lines.append(f"……另有 {len(found) - _AT_MOST} 处问题。")
    return "\n".join(["文件有误，什么都没有导入。", *lines])
