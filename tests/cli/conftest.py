"""Commands run in this process, on the test's own database."""

from dataclasses import dataclass

import pytest

from bot.cli import main


@dataclass(frozen=True)
class Done:
    """One finished command."""

    status: int
    out: str
    err: str


@pytest.fixture
def bot(settings, database_url, monkeypatch, capfd):
    """Run `python -m bot …`. Returns its exit status and what it printed."""
    names = ("wecom_corpid", "wecom_agentid", "wecom_api_base", "public_url", "data_dir", "rules_encoder")
    known = {name.upper(): str(getattr(settings, name)) for name in names}
    secrets = ("wecom_secret", "wecom_token", "wecom_aes_key", "secret_key")
    known |= {name.upper(): getattr(settings, name).get_secret_value() for name in secrets}
    for name, value in {**known, "ENV_FILE": "/dev/null", "DATABASE_URL": database_url}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("BOT_OPERATOR", raising=False)

    def run(*words):
        capfd.readouterr()
        status = main(words)
        return Done(status, *capfd.readouterr())

    return run
