import threading

from bot import clock as product_clock
from bot.model.token import Token
from bot.store import tokens as tokens_module
from bot.store.tokens import DatabaseTokens


def test_a_token_is_shared_by_processes_and_replaced(open_database):
    one, two = DatabaseTokens(open_database()), DatabaseTokens(open_database())
    assert one.get("a") is None
    one.put("a", Token("t" * 600, 100.5))
    assert two.get("a") == Token("t" * 600, 100.5)
    two.put("a", Token("new", 200.0))
    assert one.get("a") == Token("new", 200.0)


def test_only_the_token_that_was_refused_is_forgotten(database):
    store = DatabaseTokens(database)
    store.put("a", Token("new", 1.0))
    store.drop("a", "old")
    assert store.get("a") == Token("new", 1.0)
    store.drop("a", "new")
    assert store.get("a") is None


def test_a_token_is_never_printed():
    assert "secret" not in repr(Token("secret", 1.0))


def test_one_holds_a_lease_and_the_other_waits_for_it(open_database):
    one, two = DatabaseTokens(open_database()), DatabaseTokens(open_database())
    order, taken = [], threading.Event()

    def second():
        taken.wait()
        with two.exclusive("a", 10.0) as held:
            order.append(("second", held))

    thread = threading.Thread(target=second)
    thread.start()
    with one.exclusive("a", 1.0) as held:
        taken.set()
        with two.exclusive("a", 0.0) as also:
            assert (held, also) == (True, False)
        with two.exclusive("b", 0.0) as other_name:
            assert other_name
        order.append(("first", held))
    thread.join()
    assert order == [("first", True), ("second", True)]


def test_of_many_that_ask_at_once_one_holds_the_lease(open_database):
    stores = [DatabaseTokens(open_database()) for _ in range(4)]
    inside, most, lock = 0, 0, threading.Lock()

    def ask(store):
        nonlocal inside, most
        for _ in range(5):
            with store.exclusive("a", 20.0) as held:
                assert held
                with lock:
                    inside += 1
                    most = max(most, inside)
                with lock:
                    inside -= 1

    threads = [threading.Thread(target=ask, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_the_lease_of_a_dead_holder_ends_by_itself(database, clock):
    store = DatabaseTokens(database)
    assert store._take("a", "dead")
    with store.exclusive("a", 0.0) as held:
        assert not held
    clock.tick(seconds=tokens_module.LEASE_S + 1)
    with store.exclusive("a", 0.0) as held:
        assert held


def test_a_lease_lasts_its_real_seconds_however_fast_the_clock_runs(database, monkeypatch):
    monkeypatch.setattr(product_clock, "_clock", product_clock._Clock())
    product_clock.speed_up(10_000, product_clock.timestamp())
    store = DatabaseTokens(database)
    with store.exclusive("a", 0.0) as held, store.exclusive("a", 0.2) as also:
        assert (held, also) == (True, False)
