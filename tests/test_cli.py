"""The commands, as somebody at a shell has them."""

import json
import re
import subprocess
import sys

import pytest

from tests.conftest import letters
from tests.flows.processes import environment


@pytest.fixture
def bot(tmp_path):
    """Run `python -m bot …` in an empty folder. Returns the finished process."""

    def run(*words, given="", **settings):
        env = environment(ENV_FILE="/dev/null", DATA_DIR=str(tmp_path / "data"), **settings)
        return subprocess.run(
            [sys.executable, "-m", "bot", *words],
            cwd=tmp_path,
            env=env,
            input=given,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )

    return run


@pytest.fixture
def good():
    return {
        "WECOM_CORPID": "ww0123456789abcdef",
        "WECOM_AGENTID": "1000002",
        "WECOM_SECRET": letters(43),
        "WECOM_TOKEN": letters(20),
        "WECOM_AES_KEY": letters(43),
        "WECOM_API_BASE": "http://127.0.0.1:9",
        "SECRET_KEY": letters(48),
        "PUBLIC_URL": "http://127.0.0.1:9",
    }


def test_asking_needs_no_settings_and_gives_the_clause(bot, book):
    done = bot("ask", "应用被取消推荐后怎么恢复", "--encoder", "off")
    assert done.returncode == 0
    assert book.clause("4.2").text in done.stdout
    assert done.stderr == ""


def test_asking_in_json_gives_the_clause_its_version_and_source(bot, book):
    done = bot("ask", "--json", "--encoder", "off", "应用被取消推荐后怎么恢复")
    told = json.loads(done.stdout)
    assert set(told) == {"refused", "clauses", "reply"}
    assert told["refused"] is False
    assert told["clauses"] == [{"id": "4.2", "text": book.clause("4.2").text, "version": book.version, "url": book.url}]
    assert book.clause("4.2").text in told["reply"]


def test_lines_are_answered_one_by_one(bot):
    done = bot("ask", "--json", "--encoder", "off", "-", given="应用被取消推荐后怎么恢复\n\n今天天气怎么样\n你好\n转人工")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["refused"] for answer in answers] == [False, True, True, True, True]
    assert all(answer["clauses"] == [] for answer in answers[1:])
    assert all(answer["reply"] for answer in answers)


def test_a_refusal_names_neighbours_in_words_only(bot):
    told = json.loads(bot("ask", "--json", "--encoder", "off", "整改报告要在几天内提交").stdout)
    assert told["refused"] is True
    assert told["clauses"] == []
    assert re.search(r"\d\.\d", told["reply"])


@pytest.mark.parametrize("command", ["serve", "worker", "migrate", "menu", "sandbox"])
def test_a_command_without_its_settings_says_which_are_missing(bot, command):
    done = bot(command)
    assert done.returncode == 2
    for name in ("WECOM_CORPID", "WECOM_AES_KEY", "SECRET_KEY", "PUBLIC_URL"):
        assert f"{name}: is not set" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_that_is_away_is_told_in_one_line(bot, good):
    done = bot("migrate", **good, DATABASE_URL="postgresql://nobody:hunter2@127.0.0.1:9/none")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "hunter2" not in done.stderr + done.stdout


def test_migrating_tells_from_where_to_where(bot, good):
    assert re.search(r"空 → \d+", bot("migrate", **good).stdout)
    assert re.search(r"(\d+) → \1", bot("migrate", **good).stdout)


@pytest.mark.server
@pytest.mark.parametrize("command", ["serve", "worker"])
def test_an_unmigrated_postgresql_is_not_served(bot, good, command, postgres_url):
    import psycopg

    from tests.conftest import POSTGRES

    name = f"{postgres_url.rpartition('/')[2]}_{command}"
    with psycopg.connect(POSTGRES, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
        try:
            done = bot(command, **good, DATABASE_URL=postgres_url.rpartition("/")[0] + "/" + name)
            assert done.returncode == 1
            assert "python -m bot migrate" in done.stderr
            assert "Traceback" not in done.stderr
        finally:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def test_the_menu_is_put_in_place(bot, good, wecom, settings):
    keys = {f"WECOM_{name}": getattr(settings, f"wecom_{name.lower()}").get_secret_value() for name in ("SECRET", "TOKEN", "AES_KEY")}
    done = bot("menu", **{**good, **keys, "WECOM_API_BASE": wecom.own_url})
    assert done.returncode == 0, done.stderr
    assert [entry["name"] for entry in wecom.menu["button"]] == ["我的办理", "更多办理", "平台规则"]


def test_the_menu_says_what_the_platform_said(bot, good, wecom):
    done = bot("menu", **{**good, "WECOM_API_BASE": wecom.own_url})
    assert done.returncode == 1
    assert "40001" in done.stderr
    assert good["WECOM_SECRET"] not in done.stderr


def test_help_lists_the_commands(bot):
    told = bot("--help").stdout
    for command in ("serve", "worker", "migrate", "doctor", "menu", "sandbox", "demo", "ask"):
        assert re.search(rf"^\s+{command}\s", told, re.MULTILINE)


def test_no_command_is_a_mistake(bot):
    assert bot().returncode == 2
    assert bot("dance").returncode == 2
