"""The audit trail, from the shell."""

import random
import re
import subprocess
import sys

import pytest

from bot.actions import heads
from bot.context import Context
from bot.model.signing import Key, new_key
from bot.model.trail import SYSTEM
from bot.store import trail
from tests import tampering
from tests.drafts import add_case
from tests.flows.processes import environment

KEY = new_key()


@pytest.fixture
def settings(make_settings):
    return make_settings(audit_key=KEY)


@pytest.fixture
def bot(bot, monkeypatch):
    monkeypatch.setenv("AUDIT_KEY", KEY)
    return bot


@pytest.fixture
def closed(database, house, clock):
    """A case with two events on a day that a head has closed. Returns the head."""
    case_id = add_case(database)
    with database.write() as tx:
        for action in ("open", "submit"):
            trail.record(tx, SYSTEM, action, {}, case_id=case_id)
    clock.tick(days=1)
    return heads.make(Context(house))[0]


def test_an_intact_trail_is_said_to_be(bot, closed):
    done = bot("audit", "verify")
    assert (done.status, done.err) == (0, "")
    assert done.out == "已核对 1 条链、2 条记录、1 份日结（最近一份 2026-03-02）。\n完好，没有发现改动。\n"


def test_what_is_wrong_is_named_and_ends_with_status_one(bot, database, closed):
    tampering.change_event(database, 2, "actor", random.Random(1))
    done = bot("audit", "verify")
    assert done.status == 1
    assert "案件 V2026-000001：第 2 条记录的内容与它的哈希不符" in done.out
    assert done.out.endswith("发现 1 处问题。\n")


def test_heads_kept_elsewhere_are_held_against_the_database(bot, database, closed, tmp_path, settings):
    kept = tmp_path / "kept.json"
    kept.write_bytes(closed.file())
    for given in (str(kept), closed.sha256):
        assert bot("audit", "verify", "--head", given).status == 0
    tampering.rewrite(database, "V2026-000001", 1, action="other")
    with tampering.free_hand(database) as tx:
        tx.exec_driver_sql("DELETE FROM heads")
    heads.file(heads.folder(settings), closed.day).unlink()
    assert bot("audit", "verify").status == 0  # nothing is left here to tell
    for given, words in ((str(kept), "与 2026-03-02 的日结不符"), (closed.sha256, f"没有哈希为 {closed.sha256} 的日结")):
        done = bot("audit", "verify", "--head", given)
        assert done.status == 1
        assert words in done.out


def test_what_is_no_head_is_refused_by_name(bot, closed, tmp_path):
    for name, raw in (("x.json", b"{}"), ("gone.json", None)):
        if raw is not None:
            (tmp_path / name).write_bytes(raw)
        done = bot("audit", "verify", "--head", str(tmp_path / name))
        assert done.status == 1
        assert name in done.err


def test_heads_are_listed_with_what_an_auditor_compares(bot, closed):
    done = bot("audit", "heads")
    assert done.out == f"2026-03-02  {closed.sha256}  签名 {Key(KEY).id[:16]}\n"


def test_a_trail_without_heads_or_key_says_what_is_missing(bot, database, clock, house, monkeypatch, make_settings):
    from dataclasses import replace

    with database.write() as tx:
        trail.record(tx, SYSTEM, "step", {})
    assert "还没有日结" in bot("audit", "verify").out
    monkeypatch.delenv("AUDIT_KEY")
    clock.tick(days=1)
    heads.make(Context(replace(house, settings=make_settings())))
    done = bot("audit", "verify")
    assert done.status == 0
    assert "日结没有签名" in done.out


def test_a_new_key_is_one_that_settings_take(bot, monkeypatch):
    first, second = (bot("audit", "key").out for _ in range(2))
    assert first != second
    found = re.search(r"AUDIT_KEY=(\S+)", first)
    assert found
    assert Key(found[1]).public in first
    assert Key(found[1]).id in first


def test_a_bundle_is_checked_where_nothing_is_set(tmp_path):
    (tmp_path / "case.zip").write_bytes(b"PK nothing")
    known = {
        name: value for name, value in environment(ENV_FILE="/dev/null").items() if not name.startswith(("WECOM_", "SECRET", "PUBLIC"))
    }
    done = subprocess.run(
        [sys.executable, "-m", "bot", "audit", "verify", "case.zip"], cwd=tmp_path, env=known, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert "不是本系统导出的证据包" in done.stdout
    assert [file.name for file in tmp_path.iterdir()] == ["case.zip"]
