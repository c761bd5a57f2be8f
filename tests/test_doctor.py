"""`doctor` says, line by line, what is well and what to do."""

import socket

import pytest

from bot import clock as product_clock
from bot.actions import cases, heads
from bot.context import Context
from bot.doctor import examine
from bot.model.operator import Role
from bot.model.signing import new_key
from bot.model.trail import SYSTEM
from bot.store import operators, providers, trail
from tests.cast import permanent
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


def test_a_mail_server_that_is_away_is_a_problem_and_none_at_all_is_not(findings, wecom):
    assert findings(WECOM_API_BASE=wecom.own_url)["SMTP_URL"][0]
    away = f"smtp://bot:mail-password@127.0.0.1:{free_port()}"
    ok, say = findings(WECOM_API_BASE=wecom.own_url, SMTP_URL=away, MAIL_FROM="bot@example.com")["SMTP_URL"]
    assert not ok
    assert "mail-password" not in say


def test_a_file_folder_that_cannot_be_is_a_problem(findings, wecom, tmp_path):
    (tmp_path / "a file").write_text("")
    found = findings(WECOM_API_BASE=wecom.own_url, FILES_URL=tmp_path / "a file" / "files")
    assert not found["FILES_URL"][0]


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


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"CONSOLE_BIND": "0.0.0.0:8100"}, "别的电脑打不开"),
        ({"CONSOLE_BIND": "10.0.0.5:8100"}, "不是 https"),
        ({"CONSOLE_BIND": "0.0.0.0:8100", "CONSOLE_URL": "https://desk.example.com"}, "运营人员打开 https://desk.example.com/console/"),
        ({"CONSOLE_BIND": "127.0.0.1:8100"}, "运营人员打开 http://127.0.0.1:8100/console/"),
    ],
)
def test_where_operators_find_the_console_is_told_with_what_keeps_them_from_it(findings, wecom, environment, said):
    ok, say = findings(WECOM_API_BASE=wecom.own_url, **environment)["控制台"]
    assert ok
    assert said in say


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


def staff(database, *roles):
    with database.write() as tx:
        for number, role in enumerate(roles):
            operators.add(tx, f"{role}{number}", "某人", "x@example.com", [role], None, product_clock.now())


@pytest.fixture
def look(findings, wecom, database, database_url):
    """What the doctor mentions beside what is well: {name: words}."""

    def run(**environment):
        found = findings(**{"WECOM_API_BASE": wecom.own_url, "DATABASE_URL": database_url, "AUDIT_KEY": new_key(), **environment})
        assert failing(found) == set()
        return {finding.name: finding.say for finding in examine() if finding.is_warning}

    return run


def test_too_few_operators_and_admins_are_worth_a_look_and_no_failure(look, database, clock):
    assert set(look()) == {"运营人员", "SMTP_URL"}
    staff(database, Role.OPERATOR, Role.APPROVER, Role.AUDITOR, Role.OWNER)
    assert "2 人，其中审批 1 人；至少应有 3 人" in look()["运营人员"], "who changes nothing does not count"
    with database.write() as tx:
        providers.add(tx, [("A", "甲公司")], product_clock.now())
        operators.move(tx, operators.active(tx)[1], is_active=False)
    assert "审批至少应有 2 人" in look()["运营人员"]
    assert "1 家服务商" in look()["服务商管理员"]


def test_three_operators_are_enough_and_four_where_4_4_is_used(look, house, cast, database):
    with database.write() as tx:
        operators.move(tx, cast["auditor"], is_active=False)
    assert "运营人员" not in look()
    number = cases.open_case(Context(house), cast["author"], permanent(), "one").number
    assert "至少应有 4 人，审批至少应有 3 人" in look()["运营人员"], "two approve, and a third hears an objection"
    cases.discard(Context(house), cast["author"], number)
    assert "运营人员" not in look()


def test_a_trail_that_nobody_signs_or_closes_is_mentioned(look, house, clock):
    assert "没有签名" in look(AUDIT_KEY="")["AUDIT_KEY"]
    with house.database.write() as tx:
        trail.record(tx, SYSTEM, "step", {})
    assert "AUDIT_KEY" not in look()
    clock.tick(days=3)
    assert "应当每天都有" in look()["AUDIT_KEY"]
    heads.make(Context(house))
    assert "AUDIT_KEY" not in look()
