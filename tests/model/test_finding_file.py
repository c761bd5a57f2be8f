"""A finding read from a file."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.errors import UserMistake
from bot.model.case import Finding, Kind
from bot.model.days import DayKind
from bot.model.finding_file import MOST_BYTES, read, request_key
from rules.catalogue import Measure

WHOLE = """
kind = "violation"
provider = "acme"
app = "acme-crm"
ground = "2.9"
power = "3.1"
facts = "应用没有任何功能。"
reasons = "经两次核查。"
recovery = "补齐功能。"
found_on = 2026-03-01
contact = "平台运营"
rectify_days = 10
objection_days = 5
deem_days = 3
day_kind = "working"

[[measures]]
measure = "cancel_search"
starts_at = 2026-03-02 09:00:00
ends_at = 2026-04-02T09:00:00+09:00

[[measures]]
measure = "cancel_recommendation"
"""


def test_every_field_is_read() -> None:
    found = read(WHOLE.encode())
    assert (found.kind, found.provider, found.app, found.ground, found.power) == (Kind.VIOLATION, "acme", "acme-crm", "2.9", "3.1")
    assert (found.facts, found.reasons, found.recovery, found.contact) == ("应用没有任何功能。", "经两次核查。", "补齐功能。", "平台运营")
    assert (found.found_on, found.rectify_days, found.objection_days, found.deem_days) == ("2026-03-01", 10, 5, 3)
    assert found.day_kind is DayKind.WORKING
    assert [one.measure for one in found.measures] == [Measure.CANCEL_SEARCH, Measure.CANCEL_RECOMMENDATION]


def test_a_time_without_offset_is_that_of_china() -> None:
    first, second = read(WHOLE.encode()).measures
    assert first.starts_at == datetime(2026, 3, 2, 1, tzinfo=UTC)
    assert first.ends_at == datetime(2026, 4, 2, 9, tzinfo=timezone(timedelta(hours=9)))
    assert (second.starts_at, second.ends_at) == (None, None)


def test_windows_line_ends_and_a_mark_of_byte_order_change_nothing() -> None:
    assert read(b"\xef\xbb\xbf" + WHOLE.replace("\n", "\r\n").encode()) == read(WHOLE.encode())


@pytest.mark.parametrize("kind", ["violation", "reminder"])
def test_what_is_left_out_is_as_in_an_empty_finding(kind: str) -> None:
    least = f'kind = "{kind}"\nprovider = "a"\nground = "2.9"\nfacts = "x"\nfound_on = "2026-03-01"\ncontact = "y"'
    assert read(least.encode()) == Finding(
        kind=Kind(kind), provider="a", app="", ground="2.9", power="", facts="x", found_on="2026-03-01", contact="y"
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("deem_days = 3", "deem_days = 3.0"), "deem_days 应是整数"),
        (("deem_days = 3", "deem_days = true"), "deem_days 应是整数"),
        (("2026-03-01", "2026-03-01 09:00:00"), "found_on 应是日期"),
        (("2026-03-01", "20260301"), "found_on 应是日期"),
        (("starts_at = 2026-03-02 09:00:00", 'starts_at = "2026-03-02 09:00"'), "第 1 段 [[measures]]：starts_at 应是时间"),
        (("starts_at = 2026-03-02 09:00:00", "starts_at = 0001-01-01 00:00:00"), "第 1 段 [[measures]]：starts_at 应是时间"),
        (("cancel_search", "ban"), "第 1 段 [[measures]]：measure 只能是"),
        (("ends_at", "end_at"), "第 1 段 [[measures]]：不认识“end_at”，是不是想写“ends_at”"),
        (("power =", "powers ="), "不认识“powers”，是不是想写“power”"),
        (('"working"', '"week"'), "day_kind 只能是：natural、working"),
        (('provider = "acme"', 'provider = "【填写服务商编号】"'), "provider 还没有填写"),
        (('kind = "violation"\n', ""), "没有写 kind"),
        (('"acme-crm"', "[]"), "app 应是文字"),
        (('power = "3.1"', 'power = "3.1'), "第 6 行不合 TOML 的写法"),
    ],
)
def test_what_is_not_as_it_should_be_is_named(change: tuple[str, str], words: str) -> None:
    assert change[0] in WHOLE
    with pytest.raises(UserMistake) as refused:
        read(WHOLE.replace(change[0], change[1], 1).encode())
    assert words in refused.value.say


@pytest.mark.parametrize("raw", [b"measures = 1", b"measures = [1]", b"[measures]\nmeasure = 'delist'"])
def test_measures_in_another_form_are_refused(raw: bytes) -> None:
    with pytest.raises(UserMistake, match="几段"):
        read(raw)


@example(b"a=" + b"[" * 50_000)
@example(b"x" * (MOST_BYTES + 1))
@example(b"\xff\xfe")
@example(WHOLE.encode()[:-10])
@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_whatever_comes_is_a_finding_or_a_mistake_with_words(raw: bytes) -> None:
    with pytest.raises(UserMistake) as refused:  # nothing so short can be a whole finding
        read(raw)
    assert refused.value.say


def test_the_same_file_of_two_people_is_two_wishes() -> None:
    assert request_key("a", b"bc") != request_key("ab", b"c")
    assert request_key("a", b"bc") == request_key("a", b"bc")
    assert len(request_key("a", b"")) == 64
