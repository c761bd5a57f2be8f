"""`doctor` says, line by line, what is well and what to do."""

import socket

import pytest

from bot.doctor import examine
from tests.flows.processes import free_port


@pytest.fixture
def findings(settings, monkeypatch, tmp_path):
    """What the doctor finds with these settings: {name: (ok, words)}."""
    known = {name.upper(): getattr(settings, name) for name in ("wecom_corpid", "wecom_agentid", "public_url", "data_dir", "rules_encoder")}
    secrets = ("wecom_secret", "wecom_token", "wecom_aes_key", "secret_key")
    known |= {name.upper(): getattr(settings, name).get_secret_value() for name in secrets}
    monkeypatch.chdir(tmp_path)

    def look(**environment):
        bind = f"127.0.0.1:{free_port()}"
        for name, value in {**known, "ENV_FILE": "/dev/null", "BIND": bind, **environment}.items():
            monkeypatch.setenv(name, str(value))
        return {finding.name: (finding.ok, finding.say) for finding in examine()}

    return look


def test_a_fresh_installation_that_is_right_is_well_throughout(findings, wecom):
    found = findings(WECOM_API_BASE=wecom.own_url)
    assert {name: say for name, (ok, say) in found.items() if not ok} == {}
    assert set(found) >= {"DATA_DIR", "DATABASE_URL", "QUEUE_URL", "BIND", "PUBLIC_URL"}


def test_looking_changes_nothing_in_the_database(findings, wecom, tmp_path):
    first, second = findings(WECOM_API_BASE=wecom.own_url), findings(WECOM_API_BASE=wecom.own_url)
    assert first["DATABASE_URL"] == second["DATABASE_URL"]


def test_every_bad_setting_is_a_line(findings):
    found = findings(WECOM_AES_KEY="short", PUBLIC_URL="nowhere")
    assert not found["WECOM_AES_KEY"][0]
    assert not found["PUBLIC_URL"][0]
    assert "43" in found["WECOM_AES_KEY"][1]


def failing(found):
    return {name for name, (ok, _) in found.items() if not ok}


def test_a_platform_that_is_away_does_not_end_the_examination(findings):
    found = findings(WECOM_API_BASE=f"http://127.0.0.1:{free_port()}")
    assert failing(found) == {"时钟", "企业微信接口"}


def test_a_wrong_secret_is_named(findings, wecom):
    found = findings(WECOM_API_BASE=wecom.own_url, WECOM_SECRET="another-secret-altogether")
    assert failing(found) == {"企业微信接口"}
    assert "WECOM_SECRET" in found["企业微信接口"][1]
    assert "another-secret" not in str(found)


def test_an_untrusted_address_of_ours_is_told_what_to_enter(findings, wecom):
    wecom.set_faults([{"api": "getcallbackip", "kind": "errcode:60020"}])
    found = findings(WECOM_API_BASE=wecom.own_url)
    assert "可信 IP" in found["企业微信接口"][1]


def test_a_database_that_is_away_is_told_without_its_password(findings, wecom):
    found = findings(WECOM_API_BASE=wecom.own_url, DATABASE_URL="postgresql://bot:hunter2@127.0.0.1:9/x")
    assert "DATABASE_URL" in failing(found)
    assert "hunter2" not in str(found)


@pytest.mark.server
def test_an_unmigrated_postgresql_is_told_what_to_run(findings, wecom, postgres_url):
    import psycopg

    from tests.conftest import POSTGRES

    name = f"{postgres_url.rpartition('/')[2]}_doctor"
    with psycopg.connect(POSTGRES, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
        try:
            found = findings(WECOM_API_BASE=wecom.own_url, DATABASE_URL=postgres_url.rpartition("/")[0] + "/" + name)
            assert "python -m bot migrate" in found["DATABASE_URL"][1]
        finally:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def test_a_queue_that_is_away_is_named(findings, wecom):
    assert failing(findings(WECOM_API_BASE=wecom.own_url, QUEUE_URL=f"redis://:hunter2@127.0.0.1:{free_port()}/0")) == {"QUEUE_URL"}


def test_a_folder_that_cannot_be_written_is_named(findings, wecom, tmp_path):
    (tmp_path / "file").write_text("no folder")
    assert "DATA_DIR" in failing(findings(WECOM_API_BASE=wecom.own_url, DATA_DIR=tmp_path / "file"))


def test_a_public_address_without_tls_is_a_problem_unless_it_is_this_machine(findings, wecom):
    assert failing(findings(WECOM_API_BASE=wecom.own_url, PUBLIC_URL="http://bot.example.com")) == {"PUBLIC_URL"}
    assert findings(WECOM_API_BASE=wecom.own_url, PUBLIC_URL="https://bot.example.com")["PUBLIC_URL"][0]


def test_where_we_already_run_is_no_problem(findings, wecom):
    with socket.socket() as running:
        running.bind(("127.0.0.1", 0))
        running.listen()
        found = findings(WECOM_API_BASE=wecom.own_url, BIND=f"127.0.0.1:{running.getsockname()[1]}")
    assert found["BIND"][0]
    assert "已有服务" in found["BIND"][1]


def test_an_env_file_that_others_can_read_is_a_problem(findings, wecom, tmp_path):
    file = tmp_path / ".env"
    file.write_text("")
    file.chmod(0o644)
    assert failing(findings(WECOM_API_BASE=wecom.own_url)) == {".env"}
    file.chmod(0o600)
    assert failing(findings(WECOM_API_BASE=wecom.own_url)) == set()


def test_a_rotation_under_way_is_mentioned(findings, wecom, settings):
    key = settings.wecom_aes_key.get_secret_value()
    assert findings(WECOM_API_BASE=wecom.own_url, WECOM_TOKEN_OLD="old", WECOM_AES_KEY_OLD=key)["密钥轮换"][0]
