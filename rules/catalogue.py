"""What a case may rest on: grounds, the powers that give measures, and what a measure takes from an app.

Every word here stands in a clause; tests hold them against the text. Which ground opens which power is read off the clauses thus:

- 3.1 gives 取消推荐, 取消搜索 and 应用下架 for 本规则规定的任一违规或降级行为: what the rules call a violation without saying what follows.
  That is 2.9 and 2.10, which define forbidden kinds of apps, 5.1, which imposes a duty and names no measure, and the rows of its own
  table. All three measures are things done to one app.
- A clause that says itself what follows is its own power, and the only one. 4.4 leaves no choice (一经发现 … 将永久下架), its subject is
  the provider (服务商在平台内的全部应用), and no other clause speaks of permanence. 5.2 gives 暂停或终止, one or the other, of the service
  (对你的服务): to the provider as a whole, or for the app it was found in.
- The 等 in 3.1 adds nothing that can be named, so nothing is added.

The table behind 3.1 is published as a picture only. Its rows come from people (`row:` and a key); a row gives what it says and no more.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Literal

from rules.documents import documents

Flags = tuple[bool, bool, bool]  # listed, searchable, recommended
Subject = Literal["app", "provider"]

CITES = "2024-06-17"  # the version whose clause ids grounds and powers have for names
ROW = "row:"  # what the ground of a case begins with where it is an imported row of the table


class Measure(StrEnum):
    """What may be done to an app or a provider. `words`: verbatim, as the clause that gives it writes it."""

    CANCEL_RECOMMENDATION = "cancel_recommendation"
    CANCEL_SEARCH = "cancel_search"
    DELIST = "delist"
    PERMANENT_DELIST = "permanent_delist"
    SUSPEND_SERVICE = "suspend_service"
    TERMINATE_SERVICE = "terminate_service"

    @property
    def words(self) -> str:
        return _WORDS[self]


_WORDS = {
    Measure.CANCEL_RECOMMENDATION: "取消推荐",
    Measure.CANCEL_SEARCH: "取消搜索",
    Measure.DELIST: "应用下架",
    Measure.PERMANENT_DELIST: "永久下架服务商在平台内的全部应用，将服务商纳入黑名单",
    Measure.SUSPEND_SERVICE: "暂停",
    Measure.TERMINATE_SERVICE: "终止",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """A clause that gives measures.

    lineage: the clause's name through all versions of the text. subjects: what the measures may be taken against.
    approvals: how many people besides the author must agree; two for what cannot be undone by recovery.
    is_choice: the clause joins its measures by 或, so that a case takes one of them.
    """

    clause: str
    lineage: str
    title: str
    measures: frozenset[Measure]
    subjects: frozenset[Subject]
    approvals: int = 1
    is_choice: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A clause that says what is forbidden. powers: clauses whose measures it opens, see above."""

    clause: str
    lineage: str
    title: str
    powers: frozenset[str]


POWERS: Mapping[str, Power] = {
    power.clause: power
    for power in (
        Power(
            clause="3.1",
            lineage="measures",
            title="取消推荐、取消搜索、应用下架等处理措施",
            measures=frozenset({Measure.CANCEL_RECOMMENDATION, Measure.CANCEL_SEARCH, Measure.DELIST}),
            subjects=frozenset({"app"}),
        ),
        Power(
            clause="4.4",
            lineage="conduct",
            title="永久下架服务商在平台内的全部应用，将服务商纳入黑名单永不合作",
            measures=frozenset({Measure.PERMANENT_DELIST}),
            subjects=frozenset({"provider"}),
            approvals=2,
        ),
        Power(
            clause="5.2",
            lineage="public_events",
            title="暂停或终止对你的服务",
            measures=frozenset({Measure.SUSPEND_SERVICE, Measure.TERMINATE_SERVICE}),
            subjects=frozenset({"app", "provider"}),
            is_choice=True,
        ),
    )
}

GROUNDS: Mapping[str, Ground] = {
    ground.clause: ground
    for ground in (
        Ground(clause="2.9", lineage="shell_app", title="套壳应用", powers=frozenset({"3.1"})),
        Ground(clause="2.10", lineage="clone_app", title="克隆应用", powers=frozenset({"3.1"})),
        Ground(
            clause="4.4",
            lineage="conduct",
            title="引导、转移已安装企业或以任何理由不为已安装企业继续提供服务等影响企业微信生态或损害平台合法利益的行为",
            powers=frozenset({"4.4"}),
        ),
        Ground(clause="5.1", lineage="local_law", title="违反了当地法律法规或道德风俗", powers=frozenset({"3.1"})),
        Ground(clause="5.2", lineage="public_events", title="卷入政治和公共事件", powers=frozenset({"5.2"})),
    )
}

_ROW_POWERS = frozenset({"3.1"})  # the table is that clause's own


class NotGiven(ValueError):
    """The rules do not give what was asked for."""


class UnknownGround(NotGiven):
    """No clause or imported row of this name forbids anything."""

    def __init__(self, ground: str) -> None:
        super().__init__(f"no ground {ground!r}")
        self.ground = ground


class UnknownPower(NotGiven):
    """No clause of this id gives measures."""

    def __init__(self, power: str) -> None:
        super().__init__(f"no power {power!r}")
        self.power = power


class PowerNotOpen(NotGiven):
    """The power exists, but this ground does not open it. powers: those that it does."""

    def __init__(self, ground: str, power: str, powers: Collection[str]) -> None:
        super().__init__(f"{ground} does not open {power}")
        self.ground = ground
        self.power = power
        self.powers = tuple(sorted(powers))


class MeasureNotGiven(NotGiven):
    """The power, or the imported row, does not give this measure. given: what it does."""

    def __init__(self, power: str, measure: Measure, given: Collection[Measure]) -> None:
        super().__init__(f"{power} does not give {measure}")
        self.power = power
        self.measure = measure
        self.given = tuple(one for one in Measure if one in given)


class OnlyOneOf(NotGiven):
    """The power gives one of its measures, not several at once."""

    def __init__(self, power: str, measures: Iterable[Measure]) -> None:
        super().__init__(f"{power} gives one measure")
        self.power = power
        self.measures = tuple(measures)


class WrongSubject(NotGiven):
    """The power is not one over an app, or not one over the provider itself. subjects: what it is over."""

    def __init__(self, power: str, subject: Subject, subjects: Collection[Subject]) -> None:
        super().__init__(f"{power} is not over the {subject}")
        self.power = power
        self.subject = subject
        self.subjects = tuple(sorted(subjects))


@cache
def cited_lineage() -> Mapping[str, str]:
    """The lineage of every clause that this catalogue, and what is written about cases, calls by its id.

    Those ids are of the version of 2024-06-17. Later versions may number a clause anew: what is quoted is found by its lineage.
    """
    of = next(document for document in documents() if document.version == CITES)
    return {clause.id: clause.lineage for clause in of.clauses}


def power(clause: str) -> Power:
    """The power that rests on this clause. Raises UnknownPower."""
    found = POWERS.get(clause)
    if found is None:
        raise UnknownPower(clause)
    return found


def check(
    ground: str, power_clause: str, measures: Collection[Measure], subject: Subject, *, row_measures: Collection[Measure] | None = None
) -> None:
    """Return only if the rules give all of `measures` against `subject`. Raises the NotGiven that says what is wrong.

    ground: a clause id, or "row:" and a key; for a row `row_measures` is what it gives, None if there is no such row.
    """
    asked = power(power_clause)
    opened = _opened_by(ground, row_measures)
    if power_clause not in opened:
        raise PowerNotOpen(ground, power_clause, opened)
    given = asked.measures if row_measures is None else asked.measures & frozenset(row_measures)
    for measure in measures:
        if measure not in given:
            raise MeasureNotGiven(power_clause, measure, given)
    if asked.is_choice and len(measures) > 1:
        raise OnlyOneOf(power_clause, measures)
    if subject not in asked.subjects:
        raise WrongSubject(power_clause, subject, asked.subjects)


def _opened_by(ground: str, row_measures: Collection[Measure] | None) -> frozenset[str]:
    if ground.startswith(ROW):
        if row_measures is None:
            raise UnknownGround(ground)
        return _ROW_POWERS
    found = GROUNDS.get(ground)
    if found is None or row_measures is not None:
        raise UnknownGround(ground)
    return found.powers


# What is left of (listed, searchable, recommended). 2.7: a delisted app is neither recommended, searchable nor installable. 2.5 and 2.6
# define recommendation and search apart from each other, so each of these measures takes one; that 4.3 takes both is said of withdrawal.
# 4.4 delists, for good and all apps. 5.2 speaks of the service and not of the app centre.
_LEAVES: Mapping[Measure, Flags] = {
    Measure.CANCEL_RECOMMENDATION: (True, True, False),
    Measure.CANCEL_SEARCH: (True, False, True),
    Measure.DELIST: (False, False, False),
    Measure.PERMANENT_DELIST: (False, False, False),
    Measure.SUSPEND_SERVICE: (True, True, True),
    Measure.TERMINATE_SERVICE: (True, True, True),
}


def remains(baseline: Flags, measures: Iterable[Measure]) -> Flags:
    """What is left of a baseline (listed, searchable, recommended) while `measures` are in force; never more than it had."""
    listed, searchable, recommended = baseline
    for measure in measures:
        leaves = _LEAVES[measure]
        listed, searchable, recommended = listed and leaves[0], searchable and leaves[1], recommended and leaves[2]
    return listed, searchable, recommended
