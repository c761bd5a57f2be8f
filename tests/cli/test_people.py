"""Operators, providers and grounds, from the shell."""

import csv
import io
import json
from pathlib import Path

import pytest

from bot.model.texts import grounds as ground_texts
from tests.model.test_ground import HEAD, LINE

EXAMPLE = str(Path(__file__).parents[2] / "docs" / "providers.example.csv")
ADD = ("operators", "add")


@pytest.fixture
def staffed(bot):
    """With an owner, anna, who is an operator too."""
    assert bot(*ADD, "anna", "--name", "安娜", "--mail", "anna@example.com", "--role", "owner", "--role", "operator").status == 0
    return bot


def test_the_first_operator_is_added_by_nobody_and_the_next_by_an_owner(staffed, monkeypatch):
    ben = (*ADD, "ben", "--name", "本", "--mail", "ben@example.com", "--role", "approver", "--userid", "Ben")
    refused = staffed(*ben)
    assert (refused.status, refused.out) == (1, "")
    assert "--as" in refused.err
    assert staffed(*ben, "--as", "nobody").status == 1
    assert "已添加 ben（本，审批）" in staffed(*ben, "--as", "anna").out
    monkeypatch.setenv("BOT_OPERATOR", "anna")
    assert staffed("operators", "disable", "ben").status == 0
    listed = json.loads(staffed("operators", "list", "--json").out)
    assert [(one["login"], one["roles"], one["userid"], one["active"]) for one in listed] == [
        ("anna", ["operator", "owner"], None, True),
        ("ben", ["approver"], "Ben", False),
    ]
    assert "停用" in staffed("operators", "list").out


def test_what_is_not_named_in_a_change_stays(staffed):
    assert staffed("operators", "change", "anna", "--mail", "new@example.com", "--userid", "Anna", "--as", "anna").status == 0
    [anna] = json.loads(staffed("operators", "list", "--json").out)
    assert (anna["name"], anna["mail"], anna["userid"], anna["roles"]) == ("安娜", "new@example.com", "Anna", ["operator", "owner"])
    assert staffed("operators", "change", "anna", "--userid", "", "--as", "anna").status == 0
    assert json.loads(staffed("operators", "list", "--json").out)[0]["userid"] is None


def test_the_last_owner_is_not_disabled(staffed):
    refused = staffed("operators", "disable", "anna", "--as", "anna")
    assert refused.status == 1
    assert "最后一个" in refused.err


def test_the_example_is_imported_listed_and_shown(staffed):
    done = staffed("providers", "import", EXAMPLE, "--as", "anna")
    assert done.status == 0, done.err
    assert "新增：服务商 2，应用 3，管理员 3" in done.out
    assert "qinghe（青禾科技）：可送达的管理员 1 人" in done.out
    assert "未变 8 行" in staffed("providers", "import", EXAMPLE, "--as", "anna").out
    assert [one["code"] for one in json.loads(staffed("providers", "list", "--json").out) if one["short"]] == ["qinghe"]
    table = staffed("providers", "list").out.splitlines()
    assert [("管理员不足" in line) for line in table] == [False, True, False]
    shown = json.loads(staffed("providers", "show", "xinghe", "--json").out)
    assert [app["code"] for app in shown["apps"]] == ["xinghe-crm", "xinghe-form"]
    assert [admin["userid"] for admin in shown["admins"]] == ["WangWei", "li.na"]
    assert "王伟" in staffed("providers", "show", "xinghe").out


def test_what_is_exported_is_imported_without_a_change_and_computes_nothing_in_a_spreadsheet(staffed, tmp_path):
    staffed("providers", "import", EXAMPLE, "--as", "anna")
    evil = tmp_path / "evil.csv"
    evil.write_text(
        "类型,服务商编号,应用编号,成员账号,名称,上架,可搜索,推荐\n服务商,evil,,,=cmd|' /C calc'!A0,,,\n管理员,evil,,x,@SUM(1),,,\n"
    )
    assert staffed("providers", "import", str(evil), "--as", "anna").status == 0
    exported = staffed("providers", "export").out
    cells = [cell for row in csv.reader(io.StringIO(exported)) for cell in row]
    assert "'=cmd|' /C calc'!A0" in cells
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))] == []
    file = tmp_path / "all.csv"
    file.write_text(exported)
    assert "未变 10 行" in staffed("providers", "import", str(file), "--as", "anna").out


def test_a_bad_file_is_told_by_line_on_standard_error(staffed, tmp_path):
    file = tmp_path / "bad.csv"
    file.write_bytes("类型,服务商编号,应用编号,成员账号,名称,上架,可搜索,推荐\n公司,A,,,甲公司,,,\n".encode("gbk"))
    done = staffed("providers", "import", str(file), "--as", "anna")
    assert (done.status, done.out) == (1, "")
    assert "第 2 行：“类型”只能是" in done.err
    missing = staffed("providers", "import", str(tmp_path / "none.csv"), "--as", "anna")
    assert missing.status == 1
    assert "Traceback" not in missing.err
    assert staffed("providers", "list").out == "还没有服务商。\n"


def test_an_admin_departs_by_exact_id(staffed):
    staffed("providers", "import", EXAMPLE, "--as", "anna")
    assert staffed("providers", "depart", "xinghe", "wangwei", "--as", "anna").status == 1
    done = staffed("providers", "depart", "xinghe", "WangWei", "--as", "anna")
    assert "已不再是" in done.out
    assert "离任" in staffed("providers", "show", "xinghe").out


def test_an_unknown_provider_is_told(staffed):
    done = staffed("providers", "show", "nobody")
    assert (done.status, done.out) == (1, "")
    assert "没有服务商 nobody" in done.err


def test_rows_of_the_table_are_imported_and_listed_beside_the_clauses(staffed, tmp_path):
    staffed(*ADD, "ben", "--name", "本", "--mail", "ben@example.com", "--role", "approver", "--as", "anna")
    file = tmp_path / "grounds.csv"
    file.write_text(HEAD + LINE.replace("li,chen", "anna,ben"))
    assert "录入 1 行" in staffed("grounds", "import", str(file), "--as", "anna").out
    listed = {one["ground"]: one for one in json.loads(staffed("grounds", "list", "--json").out)}
    assert set(listed) == {"2.9", "2.10", "4.4", "5.1", "5.2", "row:t-01"}
    assert listed["row:t-01"]["checkers"] == ["anna", "ben"]
    assert listed["4.4"]["measures"] == ["permanent_delist"]
    assert "row:t-01" in staffed("grounds", "list").out


def test_the_help_names_every_column_of_the_table(capsys):
    from bot.cli import main

    with pytest.raises(SystemExit):
        main(["grounds", "import", "--help"])
    told = "".join(capsys.readouterr().out.split())
    assert all(title in told for title in ground_texts.TITLES.values())
