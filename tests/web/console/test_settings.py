"""The page that shows what is set up: never a secret, and every setting and form by name."""

import tomllib
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.actions import house_page
from bot.actions.house_page import Line
from bot.model.operator import Role
from bot.model.texts import settings as texts
from bot.model.token import Token
from bot.store.tokens import DatabaseTokens
from config.settings import Settings
from tests.web.console.visitors import add, signed_in


def value(settings, name):
    [line] = [one for lines in house_page.shown(settings).values() for one in lines if one.name == name]
    return line.value


def test_every_setting_is_named_once():
    named = [name for names in texts.SETTINGS.values() for name in names]
    assert sorted(named) == sorted(Settings.model_fields)


def test_every_form_of_the_console_is_named(site, console):
    forms = {rule.endpoint.removeprefix("console.") for rule in site.url_map.iter_rules() if "POST" in rule.methods}
    named = {name for names in texts.DEEDS.values() for name in names}
    before = {"sign_in", "use_link"}
    assert {one for one in forms if f"console.{one}" in console.guard.rights} - before == named


def test_no_secret_and_no_password_is_on_the_page(site, house, cast, make_settings, settings):
    DatabaseTokens(house.database).put("a", Token("token-value", 9e9))
    for login, role in (("own", Role.OWNER), ("aud", Role.AUDITOR)):
        add(house, login, [role])
        page = signed_in(site, house, login).get("/console/settings").text
        for name, kept in settings:
            if isinstance(kept, SecretStr):
                assert kept.get_secret_value() not in page, name
        assert "token-value" not in page
        assert settings.wecom_corpid in page


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://bot:s3cret@db.example:5432/bot?password=other", "postgresql+psycopg://db.example:5432/bot"),
        ("redis://:s3cret@cache.example:6379/0", "redis://cache.example:6379/0"),
        ("postgresql://bot:s3cret@db:notaport/x", texts.SET),
    ],
)
def test_of_an_address_only_where_it_leads_is_shown(make_settings, url, shown):
    assert value(make_settings(database_url=url), "DATABASE_URL") == shown


def test_a_password_in_the_address_of_a_page_is_not_shown_either(make_settings):
    assert value(make_settings(console_url="https://ops:s3cret@desk.example"), "CONSOLE_URL") == "https://desk.example"
    assert value(make_settings(files_url="/srv/files"), "FILES_URL") == "/srv/files"


def test_what_is_not_set_is_said_to_be_so_or_shown_as_it_holds(make_settings):
    assert value(make_settings(database_url=""), "DATABASE_URL").startswith("sqlite:///")
    assert value(make_settings(), "SMTP_URL") == texts.NOT_SET


def test_the_version_is_that_of_the_project(house, cast):
    from bot.context import Context

    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text("utf-8"))["project"]
    assert Line(texts.VERSIONS["product"], project["version"]) in house_page.page(Context(house)).versions


def test_what_is_not_well_is_marked_and_a_queue_that_is_away_is_no_error(site, house, cast):
    def away():
        raise ConnectionError

    from bot.context import Context

    page = house_page.page(Context(house), away)
    queue = page.health[-1]
    assert isinstance(queue, Line)
    assert queue.is_fine is False
    assert [one.is_fine for one in page.health if one.label == texts.HEALTH["database"]] == [True]
