"""What providers handed in, from the shell: read beside its files and case, claimed, decided, carried out."""

import hashlib
import json
from pathlib import Path

import pytest

from bot.actions import filings
from bot.context import Context
from bot.model.filing import FilingKind, FilingState
from bot.model.texts import findings
from rules.catalogue import Measure
from tests.cast import case_of, finding, issue, permanent
from tests.way_back import (
    ALL_THREE,
    PARTS,
    WANG,
    ZHAO,
    apply,
    decide,
    filing_of,
    hand_in,
    hand_in_about_app,
    rows_of,
    started,
    titles,
    written,
)

AUTHOR, APPROVER, APPROVER2 = ("--as", "author"), ("--as", "approver"), ("--as", "approver2")
R = "R2026-000001"


@pytest.fixture
def number(house, cast):
    """A case with one report that waits."""
    number = issue(house, cast)
    hand_in(house, number)
    return number


def test_the_list_shows_what_waits_and_other_states_when_asked(bot, house, cast, number):
    other = hand_in_about_app(house, "app-b", by=ZHAO)
    started(house, issue(house, cast, key="second"))
    done = bot("filings", "list")
    assert (done.status, done.err) == (0, "")
    lines = done.out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == [R, other.number]
    for shown in ("整改报告", "待审核", "甲公司", "乙公司", "日程助手", number, "撤出推荐"):
        assert shown in done.out
    assert other.number not in bot("filings", "list", "--kind", "report").out
    assert "没有这样的材料" in bot("filings", "list", "--state", "accepted").out
    bot("filings", "take", R, *APPROVER)
    assert "Approver" in bot("filings", "list", "--state", "under_review").out
    assert len(json.loads(bot("filings", "list", "--state", "all", "--json").out)) == 2
    assert "还有更多" in bot("filings", "list", "--limit", "1").out
    assert "没有等待审核的材料" in bot("filings", "list", "--overdue").out


def test_a_draft_is_not_shown_to_anybody(bot, house, cast):
    filing = started(house, issue(house, cast))
    done = bot("filings", "show", filing.number)
    assert (done.status, done.out) == (1, "")
    assert "没有这份材料" in done.err
    assert filing.number not in bot("filings", "list", "--state", "all").out


def test_the_page_follows_the_form_clause_by_clause_with_the_files_beside(bot, house, cast, number):
    filing = filing_of(house, R)
    text = bot("filings", "show", R).out
    order = ["整改报告 R2026-000001  待审核", "第 2.9 条 套壳应用", *PARTS.values(), "截图.png", filing.files[0].sha256, f"案件 {number}"]
    places = [text.index(words) for words in order]
    assert places == sorted(places)
    for shown in ("image/png", "问题原因", "整改措施", "预防措施", "证据材料", "应审完于", "应用状态", "本案恢复后"):
        assert shown in text
    page = json.loads(bot("filings", "show", R, "--json").out)
    assert page["rounds"][0]["content"]["items"][0]["done"] == PARTS["done"]
    assert page["files"][0]["sha256"] == filing.files[0].sha256
    assert page["recovery"]["apps"][0]["after"] == {"listed": True, "searchable": True, "recommended": True}


def test_what_is_being_rewritten_is_nobodys_business_until_it_is_handed_in(bot, house, cast, number):
    decide(house, cast["approver"], R, "send_back", remarks={"2.9": "请补充改版的时间。"})
    filing = filing_of(house, R)
    filings.save(Context(house), WANG, R, written(filing, items={"2.9": {**PARTS, "done": "还没有写完的话"}}))
    for text in (bot("filings", "show", R).out, bot("filings", "show", R, "--json").out):
        assert "还没有写完的话" not in text
        assert PARTS["done"] in text
        assert "请补充改版的时间。" in text


def test_the_page_shows_earlier_rounds_other_cases_and_what_they_keep(bot, house, cast, number):
    other = issue(house, cast, finding(measures=(ALL_THREE[1],)), key="second")
    apply(house, cast, other)
    decide(house, cast["approver"], R, "send_back", reasons="第一次的意见")
    filings.submit(Context(house), WANG, R, written(filing_of(house, R), words="第二稿"))
    text = bot("filings", "show", R).out
    assert "历次提交和审核" in text
    assert "第一次的意见" in text
    assert "服务商的其他案件（1）" in text
    assert "其他案件仍然有效的措施" in text
    assert other in text


def test_a_hostile_name_cannot_command_the_terminal(bot, house, cast):
    from tests.way_back import keep

    filing = started(house, issue(house, cast))
    filings.attach(Context(house), WANG, filing.number, "", "坏\x1b[2J\u202e.png", keep(house, b"x"))
    filings.submit(Context(house), WANG, filing.number, written(filing, words="第一行\x1b]0;x\x07"))
    out = bot("filings", "show", filing.number).out
    assert not [char for char in out if char in "\x1b\x07\u202e"]


def test_take_accept_lift_and_the_case_is_back(bot, house, cast):
    number = issue(house, cast, finding(measures=ALL_THREE[2:]))
    apply(house, cast, number)
    hand_in(house, number)
    taken = bot("filings", "take", R, *APPROVER)
    assert taken.status == 0
    assert f"filings show {R}" in taken.out
    refused = bot("filings", "accept", R, *APPROVER2)
    assert refused.status == 1
    assert "Approver（approver） 正在审核" in refused.err
    done = bot("filings", "accept", R, "--reasons", "整改到位。", *APPROVER)
    assert done.status == 0, done.err
    assert "已决定并通知服务商：R2026-000001（已通过）" in done.out
    assert "请在平台上解除“应用下架”" in done.out
    shown = bot("cases", "show", number).out
    for words in ("服务商提交的材料", R, "应用状态", "恢复中", "待解除", "结果通知"):
        assert words in shown
    assert bot("cases", "lifted", number, "delist", *AUTHOR).status == 0
    assert "恢复通知" in bot("cases", "show", number).out
    assert titles(house, number)[-1] == "恢复通知"
    assert json.loads(bot("cases", "show", number, "--json").out)["filings"][0]["number"] == R


def test_remarks_are_by_clause_and_a_bad_one_changes_nothing(bot, house, cast, number):
    bot("filings", "take", R, *APPROVER)
    for words in ("没有等号", "=没有条款", "2.9=", "2.9= "):
        done = bot("filings", "send-back", R, "--remark", words, *APPROVER)
        assert (done.status, "请写成" in done.err) == (1, True), words
    assert "没有这个条款" in bot("filings", "send-back", R, "--remark", "2.10=x", *APPROVER).err
    assert "请写明理由" in bot("filings", "send-back", R, *APPROVER).err
    assert filing_of(house, R).state is FilingState.UNDER_REVIEW
    assert bot("filings", "send-back", R, "--remark", "2.9=a=b", "--reasons", "总的意见", *APPROVER).status == 0
    assert filing_of(house, R).items[0].remark == "a=b"


@pytest.mark.parametrize("command", ["accept", "need-more", "send-back", "uphold", "dismiss", "grant", "refuse"])
def test_every_decision_needs_a_claim_and_says_so(bot, house, cast, number, command):
    done = bot("filings", command, R, "--reasons", "x", *APPROVER)
    assert done.status == 1
    assert done.err.startswith("没有完成：")
    assert not any(word in done.err for word in ("submitted", "need_more", "TransitionNotAllowed"))
    assert filing_of(house, R).state is FilingState.SUBMITTED


def test_a_claim_can_be_given_back(bot, house, cast, number):
    bot("filings", "take", R, *APPROVER)
    assert "正在审核" in bot("filings", "release", R, *APPROVER2).err
    assert bot("filings", "release", R, *APPROVER).status == 0
    assert "不能放弃领取" in bot("filings", "release", R, *APPROVER).err


def test_an_objection_is_upheld_by_somebody_else(bot, house, cast):
    number = issue(house, cast)
    objection = hand_in(house, number, FilingKind.OBJECTION).number
    assert "另一位同事" in bot("filings", "take", objection, *APPROVER).err
    assert "异议针对" in bot("filings", "show", objection).out
    bot("filings", "take", objection, *APPROVER2)
    assert bot("filings", "uphold", objection, *APPROVER2).status == 0
    assert case_of(house, number).state == "revoked"


def test_a_withdrawal_is_granted_and_confirmed(bot, house, cast):
    number = hand_in_about_app(house, "app-1").number
    bot("filings", "take", number, *APPROVER)
    done = bot("filings", "grant", number, *APPROVER)
    assert "已同意，待平台执行" in done.out
    assert "取消应用“日程助手”的推荐和搜索" in done.out
    task = json.loads(bot("cases", "tasks", "--json").out)[0]["id"]
    assert "不能单独办结" in bot("cases", "task-done", str(task), "--note", "x", *AUTHOR).err
    assert "已同意，平台已执行" in bot("filings", "done", number, *AUTHOR).out
    assert bot("filings", "done", number, *AUTHOR).status == 1
    assert "撤出推荐" in bot("cases", "history", "A").out
    assert "撤出推荐" in bot("providers", "show", "A").out
    assert [one["withdrawn"] for one in json.loads(bot("providers", "show", "A", "--json").out)["apps"]] == [True, False]


# Files


def test_a_file_is_fetched_whole_once_and_stands_on_the_trail(bot, house, cast, number, tmp_path):
    file = filing_of(house, R).files[0]
    target = tmp_path / "out.png"
    done = bot("filings", "fetch", R, str(file.id), "-o", str(target), *APPROVER)
    assert done.status == 0, done.err
    assert hashlib.sha256(target.read_bytes()).hexdigest() == file.sha256
    event = rows_of(house, "events")[-1]
    assert (event["action"], event["actor"]) == ("file_fetched", "operator:approver")
    assert event["content"] == {"filing": R, "sha256": file.sha256}
    again = bot("filings", "fetch", R, str(file.id), "-o", str(target), *APPROVER)
    assert (again.status, "已经存在" in again.err) == (1, True)


def test_a_fetched_file_is_named_by_its_content_not_by_a_stranger(bot, house, cast, tmp_path, monkeypatch):
    from tests.way_back import keep

    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    filing = started(house, issue(house, cast))
    for n, name in enumerate(("../../etc/passwd", "-rf.png", "a.png\n.sh; rm")):
        filings.attach(Context(house), WANG, filing.number, "", name, keep(house, bytes([n])))
    filings.submit(Context(house), WANG, filing.number, written(filing))
    for file in filing_of(house, filing.number).files:
        assert bot("filings", "fetch", filing.number, str(file.id), *APPROVER).status == 0
    made = {path.name for path in Path.cwd().iterdir()}
    assert len(made) == 4
    assert all(name[:16].isalnum() and name[16:] in ("", ".png") for name in made), made


def test_a_flagged_file_is_fetched_with_a_warning(bot, house, cast, number, tmp_path):
    from sqlalchemy import update

    from bot.store.tables import filing_files

    with house.database.write() as tx:
        tx.execute(update(filing_files).values(flags=["macros"]))
    assert "注意：含宏或控件" in bot("filings", "show", R).out
    done = bot("filings", "fetch", R, "1", "-o", str(tmp_path / "x"), *APPROVER)
    assert "注意  含宏或控件" in done.out


def test_no_file_that_is_not_of_it_is_fetched(bot, house, cast, number, tmp_path):
    other = started(house, issue(house, cast, key="second"))
    for about, file in ((R, "999"), (R, str(other.files[0].id)), (other.number, str(other.files[0].id)), ("R2026-999999", "1")):
        done = bot("filings", "fetch", about, file, "-o", str(tmp_path / "x"), *APPROVER)
        assert done.status == 1
        assert not (tmp_path / "x").exists()
    assert "请说明是谁在操作" in bot("filings", "fetch", R, "1").err


# 4.4


def test_conduct_is_recorded_and_a_delisting_proposed_and_everything_shows_the_black_list(bot, house, cast, number, tmp_path):
    proof = tmp_path / "截图.txt"
    proof.write_text("页面", encoding="utf-8")
    draft = tmp_path / "draft.toml"
    from tests.cli.test_cases import filled

    draft.write_text(filled(findings.template(permanent=True)), encoding="utf-8")
    assert "登记所见的行为" in bot("cases", "propose-delisting", number, str(draft), *AUTHOR).err
    done = bot("cases", "conduct", number, "--facts", "另上架了同样的应用", "--evidence", str(proof), *AUTHOR)
    assert done.status == 0, done.err
    assert "读不了" in bot("cases", "conduct", number, "--facts", "x", "--evidence", str(tmp_path / "no"), *AUTHOR).err
    done = bot("cases", "propose-delisting", number, str(draft), *AUTHOR)
    assert "V2026-000002（草稿）" in done.out
    assert bot("cases", "propose-delisting", number, str(draft), *AUTHOR).out == done.out, "once"
    assert "黑名单" not in bot("providers", "list").out
    bot("cases", "submit", "V2026-000002", *AUTHOR)
    bot("cases", "approve", "V2026-000002", *APPROVER)
    bot("cases", "approve", "V2026-000002", *APPROVER2)
    for words in (("providers", "list"), ("providers", "show", "A"), ("cases", "history", "A"), ("filings", "show", R)):
        assert "黑名单" in bot(*words).out, words
    assert json.loads(bot("providers", "list", "--json").out)[0]["barred"] is True


def test_an_import_for_a_barred_provider_is_taken_in_and_named(bot, house, cast, tmp_path):
    issue(house, cast, permanent())
    sheet = tmp_path / "p.csv"
    exported = bot("providers", "export").out
    sheet.write_text(exported, encoding="utf-8")
    assert "黑名单" not in bot("providers", "import", str(sheet), *AUTHOR).out
    app = next(line for line in exported.splitlines() if "app-1" in line).replace("app-1", "app-9")
    admin = next(line for line in exported.splitlines() if "WangWei" in line).replace("WangWei", "SunLi")
    other = next(line for line in exported.splitlines() if "app-b" in line).replace("app-b", "app-c")
    sheet.write_text("\n".join((exported.rstrip("\n"), app, admin, other)) + "\n", encoding="utf-8")
    done = bot("providers", "import", str(sheet), *AUTHOR)
    assert done.status == 0, done.err
    noted = [line for line in done.out.splitlines() if "黑名单" in line]
    assert len(noted) == 1
    assert "A（甲公司）在黑名单上" in noted[0]
    assert "应用 1 个、管理员 1 人" in noted[0]


def test_steps_side_by_side_show_what_other_cases_keep(bot, house, cast):
    number = issue(house, cast, finding(measures=ALL_THREE))
    other = issue(house, cast, finding(measures=(ALL_THREE[0],)), key="second")
    apply(house, cast, number)
    value = json.loads(bot("cases", "show", number, "--json").out)["recovery"]
    assert value["apps"][0]["now"] == {"listed": False, "searchable": False, "recommended": False}
    assert value["apps"][0]["after"] == {"listed": True, "searchable": True, "recommended": False}
    assert value["others"] == [{"case": other, "measure": Measure.CANCEL_RECOMMENDATION, "state": "owed"}]
