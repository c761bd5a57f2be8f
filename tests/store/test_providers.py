from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from bot import clock as product_clock
from bot.errors import NotFound, Stale
from bot.model.provider import Address, Listing
from bot.store import providers

CORPID, AGENTID = "ww0123456789abcdef", 1000002
WANG, LI = Address(CORPID, AGENTID, "WangWei"), Address(CORPID, AGENTID, "li.na")
WHOLE = Listing(listed=True, searchable=True, recommended=True)


# Any: a test that takes for there what is not there fails by itself.
by_code: Any = providers.by_code
app_by_code: Any = providers.app_by_code
admin_at: Any = providers.admin_at


@pytest.fixture
def ids(database, clock):
    """Providers A and B, an app of A; wang and li speak for A."""
    now = product_clock.now()
    with database.write() as tx:
        made = providers.add(tx, [("A", "甲公司"), ("B", "乙公司")], now)
        providers.add_apps(tx, [(made["A"], "app-1", "日程", WHOLE)], now)
        providers.add_admins(tx, [(made["A"], WANG, "王伟", "w@example.com"), (made["A"], LI, "李娜", "")], now)
    return made


def userids(database, provider_id, **more):
    with database.read() as connection:
        return [admin.address.userid for admin in providers.admins(connection, provider_id, **more)]


def test_what_was_written_is_read_back(database, ids):
    with database.read() as connection:
        provider = by_code(connection, "A")
        assert (provider.id, provider.name, provider.version) == (ids["A"], "甲公司", 1)
        assert providers.get(connection, ids["A"]) == provider
        app = app_by_code(connection, "app-1")
        assert (app.provider_id, app.baseline) == (ids["A"], WHOLE)
        assert providers.app(connection, app.id) == app
        assert providers.apps(connection, ids["A"]) == [app]
        admin = admin_at(connection, WANG)
        assert (admin.name, admin.mail, admin.is_active, admin.unreachable) == ("王伟", "w@example.com", True, "")
        assert providers.provider_at(connection, WANG) == provider
        assert providers.everybody(connection)[2] == providers.admins(connection, ids["A"])


def test_what_there_is_not_is_not_found(database, ids):
    with database.read() as connection:
        assert by_code(connection, "a") is None
        assert app_by_code(connection, "APP-1") is None
        assert providers.provider_at(connection, Address(CORPID, AGENTID, "nobody")) is None
        for read in (providers.get, providers.app):
            with pytest.raises(NotFound):
                read(connection, 999)


@pytest.mark.parametrize(
    "other", [Address(CORPID, AGENTID, "wangwei"), Address("wwother", AGENTID, "WangWei"), Address(CORPID, 7, "WangWei")]
)
def test_another_case_corp_or_app_is_another_person(database, ids, other, clock):
    with database.write() as tx:
        assert admin_at(tx, other) is None
        providers.add_admins(tx, [(ids["B"], other, "汪维", "")], product_clock.now())
        assert admin_at(tx, other).provider_id == ids["B"]
        assert admin_at(tx, WANG).provider_id == ids["A"]


def test_the_database_holds_a_person_to_one_provider_at_a_time(database, ids, clock):
    with pytest.raises(IntegrityError), database.write() as tx:
        providers.add_admins(tx, [(ids["B"], WANG, "王伟", "")], product_clock.now())
    with database.write() as tx:
        providers.depart(tx, admin_at(tx, WANG).id, product_clock.now())
        providers.add_admins(tx, [(ids["B"], WANG, "王伟", "")], product_clock.now())
    assert userids(database, ids["A"]) == ["li.na"]
    assert userids(database, ids["A"], departed=True) == ["WangWei", "li.na"]
    assert userids(database, ids["B"]) == ["WangWei"]


def test_who_has_left_can_neither_leave_nor_be_changed(database, ids, clock):
    with database.write() as tx:
        wang = admin_at(tx, WANG)
        providers.depart(tx, wang.id, product_clock.now())
        with pytest.raises(Stale):
            providers.depart(tx, wang.id, product_clock.now())
        with pytest.raises(Stale):
            providers.change_admin(tx, wang, "别人", "")


def test_a_change_on_old_knowledge_is_stale(database, ids):
    with database.write() as tx:
        provider, app = by_code(tx, "A"), app_by_code(tx, "app-1")
        providers.rename(tx, provider, "新名")
        providers.change_app(tx, app, "新名", Listing(listed=True, searchable=False, recommended=False))
        assert by_code(tx, "A").version == 2
        with pytest.raises(Stale):
            providers.rename(tx, provider, "又一个")
        with pytest.raises(Stale):
            providers.change_app(tx, app, "又一个", WHOLE)


def test_a_provider_is_short_below_two_admins_whom_messages_reach(database, ids, clock):
    def numbers(**more):
        with database.read() as connection:
            found = providers.standings(connection, CORPID, AGENTID, **more)
        return {one.provider.code: (one.apps, one.admins, one.reachable, one.is_short) for one in found}

    assert numbers() == {"A": (1, 2, 2, False), "B": (0, 0, 0, True)}
    assert set(numbers(short=True)) == {"B"}
    with database.write() as tx:
        providers.mark_unreachable(tx, {admin_at(tx, LI).id: "invaliduser"}, product_clock.now())
        providers.add_admins(tx, [(ids["A"], Address("wwother", 7, "x"), "远", "")], product_clock.now())
    assert numbers(short=True)["A"] == (1, 3, 1, True)
    assert set(numbers(of=[ids["A"]])) == {"A"}
    assert numbers(of=[]) == {}


def test_a_mark_keeps_why_and_since_when_until_it_is_cleared(database, ids, clock):
    with database.write() as tx:
        li = admin_at(tx, LI)
        providers.mark_unreachable(tx, {li.id: "60011"}, product_clock.now())
        marked = admin_at(tx, LI)
        assert (marked.unreachable, marked.unreachable_at) == ("60011", product_clock.now())
        providers.mark_unreachable(tx, {li.id: ""}, product_clock.now())
        assert admin_at(tx, LI) == li


def test_thousands_are_found_at_once(database, ids, clock):
    many = [(ids["B"], Address(CORPID, AGENTID, f"u{number}"), "某人", "") for number in range(2_000)]
    with database.write() as tx:
        providers.add_admins(tx, many, product_clock.now())
        asked = {address.userid for _, address, _, _ in many} | {"WangWei", "wangwei", "nobody"}
        assert len(providers.speaking(tx, CORPID, AGENTID, asked)) == 2_001
