from bot.store.greetings import greet
from tests.platform import Person


def say(database, person, day):
    with database.write() as tx:
        return greet(tx, person.corpid, person.agentid, person.userid, day)


def test_a_person_is_greeted_once_a_day(database, wang):
    assert say(database, wang, "2026-03-02")
    assert not say(database, wang, "2026-03-02")
    assert say(database, wang, "2026-03-03")
    assert not say(database, wang, "2026-03-02"), "a clock that went back greets nobody again"


def test_one_greeting_is_not_anothers(database, wang, li):
    assert say(database, wang, "2026-03-02")
    assert say(database, li, "2026-03-02")
    assert say(database, Person("wwother", wang.agentid, wang.userid), "2026-03-02")
    assert say(database, Person(wang.corpid, 7, wang.userid), "2026-03-02")


def test_a_greeting_that_was_rolled_back_was_not_said(database, wang):
    try:
        with database.write() as tx:
            greet(tx, wang.corpid, wang.agentid, wang.userid, "2026-03-02")
            raise RuntimeError
    except RuntimeError:
        pass
    assert say(database, wang, "2026-03-02")
