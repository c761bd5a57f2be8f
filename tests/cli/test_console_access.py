"""How an operator is let into the console, from the shell."""

import io

import pytest

ADD = ("operators", "add")


@pytest.fixture
def staffed(bot):
    """anna owns, ben approves."""
    assert bot(*ADD, "anna", "--name", "安娜", "--mail", "anna@example.com", "--role", "owner").status == 0
    assert bot(*ADD, "ben", "--name", "本", "--mail", "ben@example.com", "--role", "approver", "--as", "anna").status == 0
    return bot


def test_a_link_is_printed_for_whoever_may_act(staffed, settings):
    done = staffed("operators", "link", "ben")
    assert done.status == 0
    assert done.out.startswith(f"{settings.console}/links/")
    assert staffed("operators", "link", "nobody").status == 1
    assert staffed("operators", "link", "anna", "--as", "ben").status == 1
    staffed("operators", "disable", "ben", "--as", "anna")
    assert "已停用" in staffed("operators", "link", "ben").err


def test_a_password_is_read_and_never_named_on_the_command_line(staffed, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("a good long password\n"))
    done = staffed("operators", "password", "ben", "--as", "anna")
    assert "已设置 ben" in done.out
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    assert "至少 12 个字符" in staffed("operators", "password", "ben", "--as", "ben").err
