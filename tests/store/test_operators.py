import pytest
from sqlalchemy.exc import IntegrityError

from bot import clock as product_clock
from bot.errors import NotFound, Stale
from bot.model.operator import Role
from bot.model.provider import Address
from bot.store import operators

HERE = Address("ww0123456789abcdef", 1000002, "Anna")


def add(tx, login="anna", roles=(Role.OWNER, Role.OPERATOR), address=HERE):
    return operators.add(tx, login, "安娜", "a@example.com", roles, address, product_clock.now())


def test_what_was_written_is_read_back(database, clock):
    with database.write() as tx:
        anna = add(tx)
    with database.read() as connection:
        assert operators.by_login(connection, "anna") == operators.get(connection, anna.id) == anna
        assert operators.everyone(connection) == operators.active(connection) == [anna]
        assert operators.count(connection) == 1
    assert (anna.roles, anna.address, anna.is_active) == (frozenset({Role.OWNER, Role.OPERATOR}), HERE, True)
    assert anna.may(Role.OWNER)
    assert not anna.may(Role.APPROVER)


def test_what_there_is_not_is_not_found(database):
    with database.read() as connection:
        assert operators.by_login(connection, "Anna") is None
        with pytest.raises(NotFound):
            operators.get(connection, 1)


def test_a_login_is_given_once(database, clock):
    with database.write() as tx:
        operators.move(tx, add(tx), is_active=False)
    with pytest.raises(IntegrityError), database.write() as tx:
        add(tx)


def test_who_is_disabled_may_nothing_and_is_still_listed(database, clock):
    with database.write() as tx:
        gone = operators.move(tx, add(tx), is_active=False)
        assert not gone.may(Role.OWNER)
        assert operators.active(tx) == []
        assert operators.everyone(tx) == [gone]
        assert operators.move(tx, gone, is_active=True).may(Role.OWNER)


def test_a_change_on_old_knowledge_is_stale(database, clock):
    with database.write() as tx:
        anna = add(tx)
        changed = operators.change(tx, anna, "安", "b@example.com", {Role.AUDITOR}, None)
        assert (changed.name, changed.mail, changed.roles, changed.address) == ("安", "b@example.com", frozenset({Role.AUDITOR}), None)
        assert changed.version == anna.version + 1
        for attempt in (lambda: operators.move(tx, anna, is_active=False), lambda: operators.change(tx, anna, "x", "y@z.cn", [], None)):
            with pytest.raises(Stale):
                attempt()
