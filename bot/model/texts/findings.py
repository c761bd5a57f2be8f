"""The file in which an operator writes a finding down: its explained template, and what is said of a file that can't be read so."""

from collections.abc import Iterable

from bot.model.case import Kind
from bot.model.days import DayKind
from bot.model.texts.cases import MEASURES
from rules.catalogue import GROUNDS, POWERS, Measure

TYPES = {
    "text": "文字，写在引号里",
    "number": "整数，不加引号",
    "day": "日期，写成 YYYY-MM-DD",
    "moment": "时间，例如 2026-03-02 09:00:00，不加引号",
}

_HEAD = """\
# 案件草稿。填好后运行：python -m bot cases open 文件名
# 以 # 开头的是说明。【】里是要您填写的地方，没填完的案件不能提交审批。
# 备注请不要写在这里：事实、理由、恢复条件和联系方式都会原样写进发给服务商的通知。

kind = "{kind}"  # violation 违规处理；reminder 提醒（不采取措施）
provider = "【填写服务商编号】"  # 见 python -m bot providers list
"""

_APP = """\
app = "【填写应用编号】"  # 见 python -m bot providers show 服务商编号
"""

_NO_APP = """\
app = ""  # 永久下架针对服务商的全部应用，不填单个应用
"""

_GROUND = """\

# 依据哪一条认定：{grounds}；
# 或处理细则表中已录入的一行，写成 row:编号，见 python -m bot grounds list
ground = "{ground}"
"""

_POWER = """\
# 依据哪一条采取措施：{powers}
power = "{power}"
"""

_FACTS = '''\

found_on = "【填写发现日期】"  # YYYY-MM-DD
facts = """
【此处填写认定的事实：时间、页面、现象】
"""
'''

_REASONS = '''\
# 第 3.1 条所附的处理细则表只以图片公布。ground 不是 row: 开头时，须写明处理理由。
reasons = """
【此处填写处理理由】
"""
'''

_RECOVERY = '''\
# 做到哪些就可以恢复。没有可写的就留空："""
recovery = """
【此处填写恢复条件】
"""
'''

_CONTACT = """\
contact = "【填写联系方式】"  # 服务商可以问谁：姓名或岗位，以及电话或邮箱，一行以内

# 以下天数由您就本案设定，都从送达的次日起算，各在 1 到 365 之间。
{rectify}objection_days = 7  # 异议期
deem_days = 7  # 两个渠道受理或页面被打开后，再过几天视为送达
day_kind = "natural"  # natural 自然日；working 工作日
"""

_RECTIFY = """\
rectify_days = 7  # 整改期限；没有整改期限的，删去这一行
"""

_MEASURE = """\

# 每项措施写一段。可用的措施：
{measures}
[[measures]]
measure = "{measure}"
# starts_at = 2026-03-02 09:00:00  # 开始时间（北京时间）；不写则自审批通过时起
"""

_END = """\
# ends_at = 2026-04-02 09:00:00  # 结束时间（北京时间）；不写则到恢复为止
"""


def template(*, reminder: bool = False, permanent: bool = False) -> str:
    """A file to fill in, for a violation, a 提醒, or permanent delisting."""
    ground, power, measure = ("4.4", "4.4", Measure.PERMANENT_DELIST) if permanent else ("2.9", "3.1", Measure.CANCEL_RECOMMENDATION)
    grounds = "、".join(f"{one.clause} {_short(one.title)}" for one in GROUNDS.values())
    parts = [_HEAD.format(kind=Kind.REMINDER if reminder else Kind.VIOLATION), _NO_APP if permanent else _APP]
    parts.append(_GROUND.format(grounds=grounds, ground=ground))
    if not reminder:
        powers = "；".join(f"{one.clause} {one.title}" for one in POWERS.values())
        parts.append(_POWER.format(powers=powers, power=power))
    parts.append(_FACTS)
    if not reminder and not permanent:
        parts += [_REASONS, _RECOVERY]
    parts.append(_CONTACT.format(rectify="" if permanent else _RECTIFY))
    if not reminder:
        of_power = [one for one in Measure if one in POWERS[power].measures]
        parts.append(_MEASURE.format(measures="\n".join(f"#   {one} {MEASURES[one]}" for one in of_power), measure=measure))
        parts += [] if permanent else [_END]
    return "".join(parts)


def _short(title: str) -> str:
    return title if len(title) <= 16 else f"{title[:16]}……"


NOT_TEXT = "文件不是 UTF-8 编码的文本。"
TOO_LARGE = "文件超过 64 KiB，不像是一份案件草稿。"
MEASURES_FORM = "measures 应写成一段或几段 [[measures]]。"


def bad_toml(line: str) -> str:
    """line: "" where the parser did not say."""
    where = f"第 {line} 行" if line else "文件里有一处"
    return f"{where}不合 TOML 的写法；请对照 python -m bot cases template 给出的样子检查引号和等号。"


def unknown(where: str, name: str, like: str) -> str:
    """like: a name it may have been meant to be, or ""."""
    return f"{where}不认识“{name}”" + (f"，是不是想写“{like}”？" if like else "。")


def missing(where: str, name: str) -> str:
    """To a file without a key that it must have."""
    return f"{where}没有写 {name}。"


def still_to_fill(name: str) -> str:
    """To a placeholder where a code or a day belongs."""
    return f"{name} 还没有填写。"


def wrong_type(where: str, name: str, kind: str) -> str:
    """kind: of TYPES."""
    return f"{where}{name} 应是{TYPES[kind]}。"


def wrong_word(where: str, name: str, words: Iterable[str]) -> str:
    """words: that it may be."""
    return f"{where}{name} 只能是：{'、'.join(words)}。"


def of_measure(n: int) -> str:
    """Before what is said of the n-th measure."""
    return f"第 {n} 段 [[measures]]："


CHOICES = {"kind": tuple(Kind), "day_kind": tuple(DayKind), "measure": tuple(Measure)}
