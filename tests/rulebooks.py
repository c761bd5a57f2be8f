"""A newer text of the rules, and a version of it on its way: what tests about rule changes share."""

from bot.actions import packaged, rulebook_fits, rulebooks
from bot.actions.rulebook_texts import NEW, Typed
from bot.context import Context
from rules import bank
from rules.documents import latest

DATED, TODAY = "2026-03-01", "2026-03-02"  # today: of the stopped clock
ADDED = "1. **广告主：**在应用中心投放推广内容的服务商。"
SOURCE = (
    latest()
    .source.replace("2024/06/17", DATED.replace("-", "/"))
    .replace("1. **用户：**", f"{ADDED}\n1. **用户：**")
    .replace("测试数据。", "测试数据和退款。")
)
PHRASES = (
    "什么是广告主",
    "广告主指谁",
    "广告主的定义",
    "谁算广告主",
    "投广告的服务商叫什么",
    "广告主是什么意思",
    "投推广内容的是谁",
    "广告主包括哪些人",
)
# By id in the new text: where each clause comes from that has not the same words under the same number.
ORIGINS = {"2.4": "turnover", "2.8": NEW, "2.9": "user", "2.10": "shell_app", "2.11": "clone_app"}


def typed(effective_on=TODAY, **more):
    """The form of this version, filled in."""
    known = {clause.id: clause.lineage for clause in latest().clauses}
    first = {
        "title": "企业微信第三方应用平台运营规则",
        "name_in_text": "企业微信第三方应用与小程序平台运营规则",
        "url": "https://developer.work.weixin.qq.com/document/path/92522",
        "effective_on": effective_on,
        "note": "增加广告主的定义；交易流水不含退款。",
        "lineages": {**known, **ORIGINS},
        "names": {"2.8": "广告主"},
        "phrases": {"2.8": "\n".join(PHRASES)},
    }
    return Typed(**{**first, **more})


def few():
    """A tenth of the bank: enough to fit in a second."""
    return tuple(phrase for number, phrase in enumerate(bank.read()) if number % 10 == 0)


def uploaded(house, cast, source=None):
    packaged.take_in(house.database)
    return rulebooks.upload(Context(house), cast["author"], "规则.md", (source or SOURCE).encode(), "")


def confirmed(house, cast, **more):
    made = uploaded(house, cast)
    return rulebooks.confirm(Context(house), cast["author"], DATED, made.version, typed(**more))


def ready(house, cast, **more):
    confirmed(house, cast, **more)
    assert rulebook_fits.run(Context(house), few) == 1
    return read(house)


def submitted(house, cast, **more):
    return rulebooks.submit(Context(house), cast["author"], DATED, ready(house, cast, **more).version)


def approved(house, cast, **more):
    return rulebooks.approve(Context(house), cast["approver"], DATED, submitted(house, cast, **more).version, accepts_broken=True)


def read(house, dated=DATED):
    from bot.store import rulebooks as rows

    with house.database.read() as connection:
        return rows.dated(connection, dated)
