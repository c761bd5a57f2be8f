"""Which time a question asks the rules of: "2024年6月的规定", "去年的规则第4.2条", "按2024-06-17版".

A date alone asks for nothing: "2024年6月被下架怎么恢复" tells when something happened, and is answered from the version in force. A date
counts only where it says which rules are meant: it stands right before a word for the rules or a clause id, or right after one ("规则在
2024年6月是怎么写的"). What is left without it is the question put to that version.
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

_DIGIT = {character: number for number, character in enumerate("〇一二三四五六七八九")} | {"零": 0, "○": 0, "两": 2}
_HAN = "〇零○一二两三四五六七八九十"
_YEAR = rf"(?P<year>(?:19|20)\d{{2}}|[{_HAN}]{{4}}|(?<!\d)\d{{2}}(?=年))"
_MONTH, _DAY = rf"(?P<month>\d{{1,2}}|[{_HAN}]{{1,3}})", rf"(?P<day>\d{{1,2}}|[{_HAN}]{{1,3}})"
_DATE = (
    rf"(?:{_YEAR}\s*年(?:\s*{_MONTH}\s*月(?:份|\s*{_DAY}\s*[日号])?)?"
    r"|(?P<iso>(?<!\d)(?:19|20)\d{2}[-/.\s]{1,3}\d{1,2}(?:[-/.\s]{1,3}\d{1,2})?(?!\d))"
    r"|(?P<bare>(?<!\d)20\d{2}(?=\s*版))"
    r"|(?P<said>前年|去年|今年|上个?月|这个月|本月|昨天|前天)(?:\s*(?P<of>\d{1,2}|[一二三四五六七八九十]{1,2})\s*月(?:份)?)?)"
)
_CLAUSE = r"第?\s*\d{1,2}\.\d{1,3}\s*条?|第\s*[一二三四五六七八九十]{1,3}\s*[章条]"
# 规定时间 and the like are limits of time, no rules; 规则助手 is us; 规则更新了 tells what happened.
_RULES = (
    r"(?:平台|运营|的)*(?:规则(?!助手|又?(?:更新|修订|修改|调整|改了|变))|规定(?!的?(?:时间|期限|时限|日期|期间|内|之内|动作))"
    r"|规范|版本|条款|条文|原文|文本)"
)
_LINK = (
    r"\s*(?:年底|年初|年末|月底|月初|初|底|中旬|上旬|下旬)?(?:的时候|那时候?|当时|那会儿|时|期间|以来)?"
    r"(?:更新|修订|发布|公布|生效|施行|实施|执行|适用|有效)?"
)
_BEFORE = re.compile(
    rf"(?P<lead>按照?|依照?|根据|在|以)?\s*{_DATE}{_LINK}的?\s*(?P<version>那?[一个]?版的?|版本的?)?(?P<what>{_RULES}|{_CLAUSE})?"
)
_AFTER = re.compile(
    rf"(?P<what>{_RULES}|{_CLAUSE})\s*(?:在|于|到)\s*{_DATE}{_LINK}?\s*(?=是?怎么(?:写|规定|说)|是?如何(?:规定|写)|写|有没有|是什么|的?内容|$|[,，?？])"
)
_OF = ("的", "版", "时", "在", "于")
_FILLER = re.compile(
    r"[\s,，。?？!！、:：的]|(?:内容|是什么样?|是啥|有哪些|有什么|怎么样|怎么写的?|怎么规定的?|怎么说的?|如何规定的?|写了什么|规定|规则|条款|版本|原文|全文"
    r"|请问|我想[看要知道了解]*|想看|给我|看看|看一下|查一下|查|告诉我|呢|吗|是)"
)
_CLAUSE_ALONE = re.compile(r"第?\s*(?P<id>\d{1,2}\.\d{1,3})\s*条?")


@dataclass(frozen=True, slots=True)
class Period:
    """From the first to the last day asked about, both YYYY-MM-DD. said: as it stands in the question."""

    first: str
    last: str
    said: str


@dataclass(frozen=True, slots=True)
class Dated:
    """What is asked of the rules of another time. clause_id: "4.2" where only a clause is asked for. rest: the question without the date;

    "" where nothing else is asked than what the rules were.
    """

    period: Period
    rest: str
    clause_id: str = ""


def asked_of(tidied: str, today: str) -> Dated | None:
    """The time that a tidied question asks the rules of; None for one that asks of none. today: YYYY-MM-DD, for 去年 and its like."""
    for pattern in (_BEFORE, _AFTER):
        for match in pattern.finditer(tidied):
            if not (match["what"] or match.groupdict().get("version")):
                continue
            if match["said"] and not any(sign in match.group() for sign in _OF):  # 去年规则… rather tells when
                continue
            period = _period(match, today)
            if period is not None:
                return _dated(tidied, match, period)
    return None


def _dated(tidied: str, match: re.Match[str], period: Period) -> Dated:
    what = match["what"] or ""
    kept = what if _CLAUSE_ALONE.search(what) else ""
    rest = f"{tidied[: match.start()]} {kept} {tidied[match.end() :]}".strip(" ,，的:：")
    clause = _CLAUSE_ALONE.search(rest)
    if clause and not _FILLER.sub("", rest.replace(clause[0], "")):
        return Dated(period, rest, clause["id"])
    return Dated(period, rest if _FILLER.sub("", rest) else "")


def _period(match: re.Match[str], today: str) -> Period | None:
    """The days that a date covers; None for one that does not exist."""
    said = match.group()
    now = date.fromisoformat(today)
    try:
        first, last = _span(match, now)
    except (ValueError, OverflowError):
        return None
    return Period(first.isoformat(), last.isoformat(), said)


def _span(match: re.Match[str], now: date) -> tuple[date, date]:
    if match["bare"]:
        return _whole(int(match["bare"]), None, None)
    if match["iso"]:
        parts = [int(part) for part in re.split(r"[-/.\s]+", match["iso"].strip())]
        return _whole(parts[0], parts[1], parts[2] if len(parts) > 2 else None)
    if match["said"]:
        return _relative(match["said"], match["of"], now)
    month, day = match["month"], match["day"]
    return _whole(_year(match["year"]), _number(month) if month else None, _number(day) if day else None)


def _whole(year: int, month: int | None, day: int | None) -> tuple[date, date]:
    if month is None:
        return date(year, 1, 1), date(year, 12, 31)
    if day is None:
        return date(year, month, 1), date(year, month, monthrange(year, month)[1])
    return date(year, month, day), date(year, month, day)


def _relative(said: str, month: str | None, now: date) -> tuple[date, date]:
    years = {"前年": 2, "去年": 1, "今年": 0}
    if said in years:
        return _whole(now.year - years[said], _number(month) if month else None, None)
    if said in ("昨天", "前天"):
        then = now - timedelta(days=1 if said == "昨天" else 2)
        return then, then
    then = now if said in ("这个月", "本月") else now.replace(day=1) - timedelta(days=1)
    return _whole(then.year, then.month, None)


def _year(text: str) -> int:
    if text.isdigit() and text.isascii():
        return int(text) if len(text) == 4 else 2000 + int(text)
    if "十" in text:
        raise ValueError(text)
    return int("".join(str(_DIGIT[character]) for character in text))


def _number(text: str) -> int:
    """6, 六, 十二, 二十一 → 6, 6, 12, 21."""
    if text.isascii():
        return int(text)
    tens, ten, ones = text.partition("十")
    if not ten:
        return int("".join(str(_DIGIT[character]) for character in text))
    return (_DIGIT[tens] if tens else 1) * 10 + (_DIGIT[ones] if ones else 0)
