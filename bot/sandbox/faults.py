"""Faults on demand: which call fails, how often, in which way.

A rule is {"api": "message/send" or "*", "kind": …, "times": n or "share": 0…1, "after": n, "seed": n, "effect": bool}.

kind                       what the caller meets                                    effect taken?
errcode:45009, errcode:-1  that errcode                                             no
timeout                    no answer, ever                                          yes
timeout_before             no answer, ever                                          no
reset                      the connection is reset                                  yes
reset_before               the connection is reset                                  no
slow:1.5                   the true answer, 1.5 s later (of the sandbox's clock)    yes
http:502                   that HTTP status with a page of a gateway                no
html                       status 200 with a page instead of JSON                   no
truncated                  half of the true answer, then the end of the connection  yes

`effect` overrides the last column.
"""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.errors import UserMistake

_KINDS = re.compile(
    r"errcode:(?P<errcode>-?\d{1,7})|slow:(?P<slow_s>\d{1,3}(\.\d{1,3})?)|http:(?P<status>[45]\d\d)"
    r"|timeout(_before)?|reset(_before)?|html|truncated"
)
_FIELDS = {"api", "kind", "times", "share", "after", "seed", "effect"}
_MOST_RULES = 100


@dataclass
class Fault:
    """One rule at work. `name` is the kind without its number or `_before`."""

    api: str
    kind: str
    name: str
    number: float
    takes_effect: bool
    times: int | None = None
    share: float | None = None
    after: int = 0
    dice: random.Random = field(default_factory=random.Random, repr=False)

    def strikes(self, api: str) -> bool:
        if self.api not in (api, "*") or self.times == 0:
            return False
        if self.after:
            self.after -= 1
            return False
        if self.share is not None and self.dice.random() >= self.share:
            return False
        if self.times is not None:
            self.times -= 1
        return True

    def shown(self) -> dict[str, object]:
        return {"api": self.api, "kind": self.kind, "times": self.times, "share": self.share, "after": self.after}


def read_rules(rules: object) -> list[Fault]:
    """Faults from the rules of a request. Raises UserMistake on the first rule that makes no sense."""
    if not isinstance(rules, Sequence) or isinstance(rules, str) or len(rules) > _MOST_RULES:
        raise UserMistake(f"故障规则须是列表，最多 {_MOST_RULES} 条")
    return [_read(rule) for rule in rules]


def _read(rule: object) -> Fault:
    if not isinstance(rule, Mapping) or not isinstance(rule.get("api"), str) or not isinstance(rule.get("kind"), str):
        raise UserMistake("每条故障规则须有 api 与 kind")
    if set(rule) - _FIELDS:
        raise UserMistake(f"故障规则里有不认识的字段：{'、'.join(sorted(map(str, set(rule) - _FIELDS)))}")
    match = _KINDS.fullmatch(rule["kind"])
    if match is None:
        raise UserMistake(f"不认识的故障：{rule['kind']}")
    kind = match[0]
    name = kind.partition(":")[0].removesuffix("_before")
    by_default = name in ("timeout", "reset", "slow", "truncated") and not kind.endswith("_before")
    times, share = _number(rule, "times"), _number(rule, "share")
    return Fault(
        api=rule["api"],
        kind=kind,
        name=name,
        number=float(match["errcode"] or match["slow_s"] or match["status"] or 0),
        takes_effect=bool(rule.get("effect", by_default)),
        times=None if times is None else int(times),
        share=share,
        after=int(_number(rule, "after") or 0),
        dice=random.Random(_number(rule, "seed")),
    )


def _number(rule: Mapping[str, Any], name: str) -> float | None:
    value = rule.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1e9:
        raise UserMistake(f"故障规则的 {name} 须是不小于 0 的数")
    return value
