from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.case import Imposed, Step, listing
from bot.model.provider import Listing
from bot.model.texts.placeholders import unfilled
from rules.catalogue import Measure

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def _imposed(measure: Measure, state: Step = Step.APPLIED, starts_at: datetime | None = NOW) -> Imposed:
    return Imposed(id=1, measure=measure, state=state, version=1, starts_at=starts_at, ends_at=None, applied_at=None, lifted_at=None)


@pytest.mark.parametrize(
    "text",
    [
        "应用{name}存在",
        "联系人：【待填写】",
        "电话____",
        "截至XXX日",
        "日期××××年",
        "TO" + "DO",
        "理由{{ reason }}",
        "请在此【此处填写事实】",
        "待补充",
    ],
)
def test_a_placeholder_is_found(text: str) -> None:
    assert unfilled({"facts": text})


@pytest.mark.parametrize("text", ["应用“日程”没有任何功能，只引导添加客服。", "【处理依据】见附件", "价格为 2x 优惠", "a_b", "X 光管理"])
def test_an_ordinary_text_has_none(text: str) -> None:
    assert unfilled({"facts": text}) == {}


ALL = Listing(listed=True, searchable=True, recommended=True)


def test_an_app_without_measures_stands_as_its_baseline() -> None:
    some = Listing(listed=True, searchable=True, recommended=False)
    assert listing(some, [], NOW) == some


def test_one_measure_takes_what_it_takes_and_the_rest_stays() -> None:
    assert listing(ALL, [_imposed(Measure.CANCEL_RECOMMENDATION)], NOW) == Listing(listed=True, searchable=True, recommended=False)


def test_a_delisted_app_has_nothing_left() -> None:
    assert listing(ALL, [_imposed(Measure.DELIST)], NOW) == Listing(listed=False, searchable=False, recommended=False)


def test_lifting_one_of_two_measures_leaves_the_other_in_force() -> None:
    both = [_imposed(Measure.CANCEL_RECOMMENDATION), _imposed(Measure.DELIST, Step.LIFTED)]
    assert listing(ALL, both, NOW) == Listing(listed=True, searchable=True, recommended=False)


def test_a_measure_that_begins_later_takes_nothing_yet() -> None:
    assert listing(ALL, [_imposed(Measure.DELIST, Step.OWED, NOW + timedelta(hours=1))], NOW) == ALL


@given(st.lists(st.tuples(st.sampled_from(list(Measure)), st.sampled_from(list(Step)))), st.booleans(), st.booleans(), st.booleans())
def test_measures_never_give_more_than_the_baseline(
    pairs: list[tuple[Measure, Step]], listed: bool, searchable: bool, recommended: bool
) -> None:
    baseline = Listing(listed=listed, searchable=searchable, recommended=recommended)
    left = listing(baseline, [_imposed(measure, step) for measure, step in pairs], NOW)
    pairs_of_flags = [(left.listed, listed), (left.searchable, searchable), (left.recommended, recommended)]
    assert all(had or not held for held, had in pairs_of_flags)
