"""Evidence, service by hand and the bundle of a case, from the shell."""

import json
import zipfile

import pytest

from bot.cli import main
from bot.model.signing import new_key
from tests.cast import case_of, draft, issue

AUTHOR = ("--as", "author")


@pytest.fixture
def proof(tmp_path):
    path = tmp_path / "签收单.txt"
    path.write_text("李娜，三月二日。", encoding="utf-8")
    return str(path)


def test_evidence_is_added_once_and_shown(bot, house, cast, proof):
    number = draft(house, cast)
    done = bot("cases", "evidence", number, proof, *AUTHOR)
    assert done.status == 0, done.err
    assert "已添加  签收单.txt  text/plain" in done.out
    assert "1 个文件的内容此前已在案" in bot("cases", "evidence", number, proof, *AUTHOR).out
    assert "签收单.txt" in bot("cases", "show", number).out
    assert [one["name"] for one in json.loads(bot("cases", "show", number, "--json").out)["evidence"]] == ["签收单.txt"]


def test_a_file_over_the_limit_of_a_type_not_taken_or_not_there_is_refused_by_name(bot, house, cast, proof, tmp_path, monkeypatch):
    number = draft(house, cast)
    (tmp_path / "工具.exe").write_bytes(b"MZ\x00\x00")
    (tmp_path / "长.txt").write_text("x" * 5_000)
    monkeypatch.setenv("EVIDENCE_MAX_BYTES", "4096")
    done = bot("cases", "evidence", number, proof, str(tmp_path / "工具.exe"), str(tmp_path / "长.txt"), *AUTHOR)
    assert done.status == 1
    assert "“工具.exe”是可执行程序" in done.err
    assert "“长.txt”超过 4096 字节" in done.err
    gone = bot("cases", "evidence", number, proof, str(tmp_path / "gone.txt"), str(tmp_path), *AUTHOR)
    assert gone.err.count("读不了") == 2
    assert json.loads(bot("cases", "show", number, "--json").out)["evidence"] == []


def test_a_service_by_hand_starts_both_deadlines(bot, house, cast, proof, clock):
    number = issue(house, cast)
    clock.tick(hours=30)
    done = bot("cases", "serve", number, "--at", "2026-03-02 15:00", "--evidence", proof, "--note", "当面交给李娜", *AUTHOR)
    assert done.status == 0, done.err
    assert "整改期限  2026-03-09 23:59" in done.out
    assert case_of(house, number).served_how == "recorded"
    assert "2026-03-02 15:00（人工送达）" in bot("cases", "show", number).out
    again = bot("cases", "serve", number, "--at", "2026-03-02 15:00", "--evidence", proof, "--note", "当面", *AUTHOR)
    assert "案件已于 2026-03-02 15:00 送达（人工送达）" in again.err


@pytest.mark.parametrize("when", ["yesterday", "2026-03-02", "2026-13-01 10:00", "", "2026-03-02T99:00"])
def test_a_time_that_is_none_is_answered_with_the_form(bot, house, cast, proof, when):
    done = bot("cases", "serve", issue(house, cast), "--at", when, "--evidence", proof, "--note", "当面", *AUTHOR)
    assert done.status == 1
    assert "YYYY-MM-DD HH:MM" in done.err


def test_a_service_without_proof_is_no_command(cast, house):
    with pytest.raises(SystemExit):
        main(("cases", "serve", issue(house, cast), "--at", "2026-03-02 09:00", "--note", "当面", *AUTHOR))


def test_a_bundle_is_exported_once_and_verifies(bot, house, cast, proof, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AUDIT_KEY", new_key())
    number = issue(house, cast)
    bot("cases", "evidence", number, proof, *AUTHOR)
    bot("cases", "note", number, "疑似同一团队", *AUTHOR)
    done = bot("cases", "export", number, *AUTHOR)
    assert done.status == 0, done.err
    assert f"已导出 {number}.zip" in done.out
    assert "已经存在" in bot("cases", "export", number, *AUTHOR).err
    verified = bot("audit", "verify", f"{number}.zip")
    assert (verified.status, verified.err) == (0, "")
    with zipfile.ZipFile(f"{number}.zip") as bundle:
        members = {name: bundle.read(name) for name in bundle.namelist()}
    assert any(name.startswith("evidence/") for name in members)
    assert not any("疑似".encode() in raw for raw in members.values())


def test_a_bundle_without_key_or_place_says_so(bot, house, cast, proof):
    number = issue(house, cast)
    assert "写不了" in bot("cases", "export", number, f"{proof}/a.zip", *AUTHOR).err
    assert "没有签名" in bot("cases", "export", number, f"{proof}.zip", *AUTHOR).out
    assert "没有这个案件" in bot("cases", "export", "V2026-000404", f"{proof}.2.zip", *AUTHOR).err
