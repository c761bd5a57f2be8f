"""What our own staff read when something cannot be done."""

import pytest

from bot.errors import BotError, NotFound, Stale, TransitionNotAllowed, Unavailable, UserMistake
from bot.model.case import CASE, MEASURE
from bot.model.machine import Machine
from bot.model.texts.errors import say


@pytest.mark.parametrize("machine", [CASE, MEASURE], ids=["case", "measure"])
def test_every_step_that_is_not_open_is_answered_in_words(machine: Machine) -> None:
    for state in machine.states:
        for action in [*machine.actions, "amend"]:
            words = say(TransitionNotAllowed(machine.name, action, state))
            assert words.endswith("。")
            assert not any(char.isascii() and char.isalpha() for char in words), words


def test_what_is_open_instead_is_said() -> None:
    assert say(TransitionNotAllowed("case", "approve", "draft")) == "案件现在是“草稿”，不能审批；现在可以修改、提交审批、作废。"
    assert say(TransitionNotAllowed("case", "submit", "revoked")).endswith("这个状态下没有可做的操作。")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (NotFound("case"), "cases list"),
        (NotFound("anything"), "没有找到"),
        (Stale("V2026-000001"), "没有写入"),
        (UserMistake("请写理由。"), "请写理由。"),
        (TransitionNotAllowed("report", "accept", "draft"), "这份整改报告现在是“草稿”，不能通过"),
        (TransitionNotAllowed("something", "accept", "draft"), "现在的状态不能这样做"),
        (NotFound("filing"), "filings list"),
        (Unavailable("no turn to write"), "数据库暂时用不了（no turn to write）"),
        (Unavailable("数据库还没有迁移"), "数据库还没有迁移"),
    ],
)
def test_other_errors_say_what_to_do(error: BotError, words: str) -> None:
    assert words in say(error)
