"""Wording about imported rows of the table behind clause 3.1, and the columns of the file in which they come."""

from collections.abc import Sequence

from bot.model.sheet import Column
from rules.catalogue import Measure

COLUMNS = (
    Column(name="key", title="编号", most_chars=60),
    Column(name="title", title="标题", most_chars=200),
    Column(name="wording", title="原文", most_chars=4_000, has_lines=True),
    Column(name="measures", title="处理措施"),
    Column(name="source", title="来源", most_chars=500),
    Column(name="source_date", title="来源日期"),
    Column(name="position", title="图中位置", most_chars=64),
    Column(name="checker_one", title="核对人一", most_chars=64),
    Column(name="checker_two", title="核对人二", most_chars=64),
)
BETWEEN = "、，,;；/ \n"  # what people write between two measures
TITLES = {column.name: column.title for column in COLUMNS}

ABOUT = "第 3.1 条所附的处理细则表只以图片公布，由人照图逐字录入、两人核对。没有录入的，案件要写明处理理由，并注明细则未录入。"
FORM = "每行是表里的一行。处理措施填取消推荐、取消搜索、应用下架，多项用顿号分隔；核对人填两位在用的运营账号。"
FOR_GOOD = "录入之后不能改也不能删：案件会引用它。请照图逐字核对以下内容。"
NO_FILE = "请选择 CSV 文件。"
BAD_KEY = f"“{TITLES['key']}”只能由字母、数字和 . _ - 组成，并以字母或数字开头。"
BAD_DATE = f"“{TITLES['source_date']}”应为不晚于今天的日期，写作 2024-06-17。"
SAME_CHECKER = "两位核对人必须是不同的人。"


def owed(name: str) -> str:
    """To an empty cell."""
    return f"“{TITLES[name]}”不能为空。"


def bad_measure(word: str, given: Sequence[Measure]) -> str:
    """To a measure that clause 3.1 does not give, or that is none."""
    return f"“{word[:20]}”不是规则 3.1 给出的处理措施；可填：{'、'.join(one.words for one in given)}（多项用顿号分隔）。"


def not_active(name: str, login: str) -> str:
    """To a checker who is no operator, or no longer one."""
    return f"“{TITLES[name]}”{login} 不是在用的运营账号。"


def twice(line: int) -> str:
    """To a key that stands in the file before. line: where."""
    return f"编号与第 {line} 行相同。"


def differs(key: str, names: Sequence[str]) -> str:
    """To another row under a key that is taken: cases cite rows by their key, so a row stays what it was."""
    return (
        f"编号 {key} 已录入，且{'、'.join(f'“{TITLES[name]}”' for name in names)}与这次不同。已录入的不能改，请用新编号录入更正后的内容。"
    )


def too_large(most_bytes: int) -> str:
    """To a file that is larger than what the console takes."""
    return f"文件超过 {most_bytes // 1_024} KB，请分成几个文件。"


def taken(added: int, unchanged: int) -> str:
    """What an import did."""
    return f"已录入 {added} 行；未变 {unchanged} 行。"
