import re
import traceback
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.errors import BadSetting
from config.settings import Settings, is_loopback, load, new_secret, split_bind

ROOT = Path(__file__).parents[2]
REQUIRED = ["WECOM_CORPID", "WECOM_AGENTID", "WECOM_SECRET", "WECOM_TOKEN", "WECOM_AES_KEY", "SECRET_KEY", "PUBLIC_URL"]
GOOD = {
    "WECOM_CORPID": "ww0123456789abcdef",
    "WECOM_AGENTID": "1000002",
    "WECOM_SECRET": "the-secret-of-the-app",
    "WECOM_TOKEN": "QDG6eK",
    "WECOM_AES_KEY": "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C",
    "SECRET_KEY": "0123456789abcdef0123456789abcdef-key",
    "PUBLIC_URL": "https://bot.example.com/",
}


@pytest.fixture
def read(monkeypatch):
    """Read settings from this environment and no file."""

    def read(**environment):
        for name in Settings.model_fields:
            monkeypatch.delenv(name.upper(), raising=False)
        for name, value in {**GOOD, **environment}.items():
            if value is not None:
                monkeypatch.setenv(name, value)
        return load(_env_file=None)

    return read


@pytest.fixture
def problems(read):
    def problems(**environment):
        with pytest.raises(BadSetting) as bad:
            read(**environment)
        return bad.value.problems

    return problems


def test_the_seven_that_are_required_are_enough(read):
    settings = read()
    assert settings.wecom_agentid == 1000002
    assert settings.public_url == "https://bot.example.com", "without the slash at its end"
    assert (settings.callback_stale_s, settings.sender_limit_per_minute, settings.callback_max_bytes) == (300, 20, 1 << 20)
    assert settings.database.startswith("sqlite:////")
    assert settings.queue.startswith("sqlite:////")


def test_every_missing_variable_is_named_at_once(problems):
    assert problems(**dict.fromkeys(REQUIRED)) == tuple(f"{name}: is not set" for name in REQUIRED)


def test_an_empty_variable_counts_as_not_set(problems, read):
    assert problems(WECOM_SECRET="") == ("WECOM_SECRET: is not set",)
    assert read(WECOM_TOKEN_OLD="", BIND="").bind == "127.0.0.1:8000"


BAD = {
    "WECOM_CORPID": "ww one",
    "WECOM_AGENTID": "abc",
    "WECOM_TOKEN": "with-dash",
    "WECOM_AES_KEY": "a" * 42,
    "SECRET_KEY": "too short",
    "PUBLIC_URL": "bot.example.com",
    "WECOM_API_BASE": "ftp://example.com",
    "TRUSTED_PROXIES": "-1",
    "BIND": "8000",
    "SANDBOX_BIND": "127.0.0.1:99999",
    "WEB_WORKERS": "0",
    "CALLBACK_MAX_BYTES": "12",
    "CALLBACK_STALE_S": "0",
    "SENDER_LIMIT_PER_MINUTE": "0",
    "RULES_ENCODER": "maybe",
    "LOG_LEVEL": "loud",
}


def test_every_bad_variable_is_named_at_once(problems):
    told = problems(**BAD)
    assert sorted(problem.partition(":")[0] for problem in told) == sorted(BAD)


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_with_a_bad_variable_is_told_on_one_line(problems, name):
    (problem,) = problems(**{name: BAD[name]})
    assert problem.startswith(f"{name}: ")
    assert "\n" not in problem


@pytest.mark.parametrize("key", ["a" * 42, "a" * 44, "a" * 42 + "=", "a" * 42 + " ", "密" * 43])
def test_an_aes_key_has_exactly_43_letters_or_digits(problems, key):
    (problem,) = problems(WECOM_AES_KEY=key)
    assert "43" in problem


@pytest.mark.parametrize("half", ["WECOM_TOKEN_OLD", "WECOM_AES_KEY_OLD"])
def test_half_of_an_old_pair_is_refused(problems, read, half):
    assert "both" in problems(**{half: GOOD[half.removesuffix("_OLD")]})[0]
    assert read(WECOM_TOKEN_OLD="old", WECOM_AES_KEY_OLD=GOOD["WECOM_AES_KEY"]).wecom_token_old


@pytest.mark.parametrize(
    "base", ["https://qyapi.weixin.qq.com", "http://10.0.0.1:8001", "http://127.0.0.1.example.com", "http://localhost.evil.com"]
)
def test_switches_of_tests_are_refused_where_the_platform_may_be_the_real_one(problems, base):
    told = problems(WECOM_API_BASE=base, CLOCK_RATE="60", FAILPOINT="store.before_commit:1")
    assert sorted(problem.partition(":")[0] for problem in told) == ["CLOCK_RATE", "FAILPOINT"]


@pytest.mark.parametrize("base", ["http://127.0.0.1:8001", "http://localhost:8001/cgi-bin/", "http://[::1]:8001", "http://127.9.9.9"])
def test_switches_of_tests_work_against_this_machine(read, base):
    settings = read(WECOM_API_BASE=base, CLOCK_RATE="60", FAILPOINT="store.before_commit:1")
    assert (settings.clock_rate, settings.failpoint) == (60.0, "store.before_commit:1")


SECRETS = {
    "WECOM_SECRET": "s-e-c-r-e-t-1",
    "WECOM_TOKEN": "TokenThatIsSecret",
    "WECOM_AES_KEY": GOOD["WECOM_AES_KEY"],
    "WECOM_TOKEN_OLD": "OldTokenThatIsSecret",
    "WECOM_AES_KEY_OLD": GOOD["WECOM_AES_KEY"][::-1],
    "SECRET_KEY": "a-secret-key-of-more-than-32-characters",
    "AUDIT_KEY": "YXVkaXQta2V5LXNlY3JldC1vZi0zMi1ieXRlcy0hISE=",
    "DATABASE_URL": "postgresql://bot:db-password@db/bot",
    "QUEUE_URL": "redis://:queue-password@redis/0",
    "SMTP_URL": "smtp://bot:mail-password@mail/",
    "MAIL_FROM": "bot@example.com",
    "FILES_URL": "s3://key:files-password@s3/bucket",
}
HIDDEN = ["s-e-c-r-e-t-1", "TokenThatIsSecret", GOOD["WECOM_AES_KEY"], "a-secret-key", "audit-key", "-password"]


def test_no_secret_is_printed(read):
    settings = read(**SECRETS)
    for shown in (repr(settings), str(settings), f"{settings}"):
        assert not [word for word in HIDDEN if word in shown]


def test_no_bad_secret_is_printed_by_what_complains_about_it(read):
    bad = {"WECOM_TOKEN": "secret token!", "WECOM_AES_KEY": "secret-aes-key", "SECRET_KEY": "secret-short"}
    with pytest.raises(BadSetting) as raised:
        read(**bad)
    told = "".join(traceback.format_exception(raised.value))
    assert not [value for value in bad.values() if value in told]


@pytest.mark.parametrize(
    "url",
    [
        "http://mail.example.com",
        "smtp://",
        "smtp://mail.example.com?starttls=perhaps",
        "smtp://mail.example.com/inbox",
        "smtp://mail.example.com:0",
        "smtp://bot:hidden/word@mail.example.com",
        "smtp://bot:hidden#word@mail.example.com",
        "smtp://bot:hid[den@mail.example.com",
    ],
)
def test_a_mail_server_that_cannot_be_one_is_refused_and_its_password_not_repeated(problems, url):
    (problem,) = problems(SMTP_URL=url, MAIL_FROM="bot@example.com")
    assert problem.startswith("SMTP_URL: must look like")
    assert "hid" not in problem


@pytest.mark.parametrize("sender", ["", "nobody", "a@b.example\nBcc: x@y.example", "x <a@b> <c@d>"])
def test_mail_needs_a_sender_that_is_one(problems, sender):
    (problem,) = problems(SMTP_URL="smtp://mail.example.com", MAIL_FROM=sender)
    assert problem.startswith("MAIL_FROM")


@pytest.mark.parametrize("sender", ["bot@example.com", "规则助手 <bot@example.com>", "<bot@example.com>"])
def test_mail_comes_from_an_address_with_or_without_a_name(read, sender):
    assert read(SMTP_URL="smtps://u:p%2Fw@mail.example.com:465", MAIL_FROM=sender).mail_from == sender


def test_settings_cannot_be_changed(read):
    settings = read()
    with pytest.raises(ValidationError):
        settings.bind = "0.0.0.0:80"


def test_a_postgresql_address_gets_its_driver(read):
    for scheme in ("postgres", "postgresql", "postgresql+psycopg"):
        assert read(DATABASE_URL=f"{scheme}://u@h/d").database == "postgresql+psycopg://u@h/d"


def test_a_file_is_read_and_the_environment_wins(tmp_path, read, monkeypatch):
    file = tmp_path / "settings.env"
    file.write_text("WECOM_CORPID=ww_of_the_file\nBIND=127.0.0.1:7000\n")
    read()
    monkeypatch.delenv("WECOM_CORPID")
    monkeypatch.setenv("BIND", "127.0.0.1:7001")
    settings = load(_env_file=str(file))
    assert (settings.wecom_corpid, settings.bind) == ("ww_of_the_file", "127.0.0.1:7001")


def test_a_variable_that_is_none_of_ours_is_left_alone(read):
    assert read(SOMETHING_ELSE="1")


def test_the_example_names_every_setting_and_nothing_else():
    example = (ROOT / ".env.example").read_text()
    named = re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=", example, re.MULTILINE)
    assert sorted(named) == sorted(name.upper() for name in Settings.model_fields)


def test_the_example_holds_no_value_of_a_secret():
    example = (ROOT / ".env.example").read_text()
    for name in ("WECOM_SECRET", "WECOM_TOKEN", "WECOM_AES_KEY", "SECRET_KEY", "AUDIT_KEY"):
        assert re.search(rf"^#? ?{name}=$", example, re.MULTILINE), name


def test_the_readmes_list_every_setting():
    for readme in ("README.md", "README.zh-CN.md"):
        told = (ROOT / readme).read_text()
        assert [name for name in Settings.model_fields if name.upper() not in told] == [], readme


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://127.0.0.1", True),
        ("http://[::1]:1", True),
        ("http://localhost", True),
        ("http://0.0.0.0", False),
        ("http://evil", False),
        ("", False),
    ],
)
def test_only_this_machine_is_this_machine(url, local):
    assert is_loopback(url) is local


def test_binds_are_split_into_host_and_port():
    assert split_bind("[::1]:8000") == ("::1", 8000)
    assert split_bind("0.0.0.0:80") == ("0.0.0.0", 80)


def test_a_fresh_secret_is_good_enough_and_never_the_same():
    assert len(new_secret()) >= 32
    assert new_secret() != new_secret()
