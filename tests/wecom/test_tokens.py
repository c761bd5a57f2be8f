import threading

import pytest

from bot import clock
from bot.errors import WecomError
from bot.model.token import Token
from bot.wecom.tokens import MemoryTokens, Tokens


class Platform:
    """gettoken as the platform plays it: the same token while it lives, counted."""

    def __init__(self, life_s=7200.0):
        self.asked = 0
        self.life_s = life_s
        self.error: WecomError | None = None
        self.gate = threading.Event()
        self.gate.set()
        self._token = Token("", 0.0)

    def fetch(self):
        self.asked += 1
        self.gate.wait(10)
        if self.error:
            raise self.error
        if self._token.expires_at <= clock.timestamp():
            self.renew()
        return self._token

    def renew(self):
        self._token = Token(f"token-{self.asked}", clock.timestamp() + self.life_s)


@pytest.fixture
def platform():
    return Platform()


@pytest.fixture(autouse=True)
def still():
    with clock.freeze(clock.now()) as frozen:
        yield frozen


def tokens(platform, store, alarms=None):
    return Tokens(store, "access:ww:1", platform.fetch, (alarms if alarms is not None else []).append)


def in_threads(functions):
    found: list[str] = []
    threads = [threading.Thread(target=lambda function=function: found.append(function())) for function in functions]
    for thread in threads:
        thread.start()
    return threads, found


def test_processes_that_share_a_store_fetch_one_token_between_them(platform):
    store = MemoryTokens()
    platform.gate.clear()
    processes = [tokens(platform, store) for _ in range(4)]
    threads, found = in_threads([process.get for process in processes for _ in range(8)])
    platform.gate.set()
    for thread in threads:
        thread.join()
    assert platform.asked == 1
    assert found == ["token-1"] * 32


def test_a_token_refused_in_many_threads_is_replaced_once(platform):
    store = MemoryTokens()
    processes = [tokens(platform, store) for _ in range(4)]
    assert {process.get() for process in processes} == {"token-1"}
    platform._token = Token("", 0.0)
    threads, found = in_threads([lambda process=process: process.refresh("token-1") for process in processes for _ in range(8)])
    for thread in threads:
        thread.join()
    assert platform.asked == 2
    assert found == ["token-2"] * 32


def test_a_token_is_replaced_before_it_ends(platform, still):
    mine = tokens(platform, MemoryTokens())
    assert mine.get() == "token-1"
    still.tick(seconds=7100)
    assert mine.get() == "token-1"
    assert platform.asked == 1
    platform._token = Token("", 0.0)
    still.tick(seconds=50)
    assert mine.get() == "token-2"


def test_a_platform_that_hands_out_the_old_token_to_its_end_is_not_asked_all_the_time(platform, still):
    mine = tokens(platform, MemoryTokens())
    mine.get()
    still.tick(seconds=7141)
    for _ in range(59):
        mine.get()
        still.tick(seconds=1)
    assert platform.asked <= 5


def test_a_token_that_the_platform_insists_on_is_tried_again_but_not_asked_for_again(platform, still):
    mine = tokens(platform, MemoryTokens())
    assert mine.get() == "token-1"
    assert [mine.refresh("token-1") for _ in range(10)] == ["token-1"] * 10
    assert platform.asked == 2
    still.tick(seconds=30)
    platform.renew()
    assert mine.refresh("token-1") == "token-2"


def test_another_processes_fresh_token_is_taken_without_asking(platform):
    store = MemoryTokens()
    mine, other = tokens(platform, store), tokens(platform, store)
    assert mine.get() == other.get() == "token-1"
    platform._token = Token("", 0.0)
    assert other.refresh("token-1") == "token-2"
    assert mine.get() == "token-1"
    assert mine.refresh("token-1") == "token-2"
    assert platform.asked == 2


@pytest.mark.parametrize(("errcode", "hold_s", "alarmed"), [(40001, 300, [40001]), (60020, 60, [60020]), (-2, 5, []), (-1, 5, [])])
def test_a_refusal_is_remembered_and_the_alarm_raised_where_a_person_is_needed(platform, still, errcode, hold_s, alarmed):
    alarms: list[int] = []
    mine = tokens(platform, MemoryTokens(), alarms)
    platform.error = WecomError(errcode, "no")
    for _ in range(50):
        with pytest.raises(WecomError) as caught:
            mine.get()
        assert caught.value.errcode == errcode
    assert (platform.asked, alarms) == (1, alarmed)
    platform.error = None
    still.tick(seconds=hold_s + 1)
    assert mine.get() == "token-2"


def test_an_hour_with_a_wrong_secret_costs_far_fewer_calls_than_lock_us_out(platform, still):
    mine = tokens(platform, MemoryTokens())
    platform.error = WecomError(40001, "no")
    for _ in range(3600):
        with pytest.raises(WecomError):
            mine.get()
        still.tick(seconds=1)
    assert platform.asked <= 13


def test_a_lease_that_another_process_keeps_does_not_hold_us_for_ever(platform, monkeypatch):
    monkeypatch.setattr("bot.wecom.tokens._WAIT_S", 0.5)
    store = MemoryTokens()
    mine = tokens(platform, store)
    with store.exclusive("access:ww:1", 0) as held:
        assert held
        with pytest.raises(WecomError) as caught:
            mine.get()
    assert (caught.value.errcode, platform.asked) == (-2, 0)


def test_a_token_that_appears_while_waiting_for_the_lease_is_taken(platform):
    store = MemoryTokens()
    mine = tokens(platform, store)
    with store.exclusive("access:ww:1", 0):
        threads, found = in_threads([mine.get])
        store.put("access:ww:1", Token("theirs", clock.timestamp() + 7200))
        threads[0].join(10)
    assert (found, platform.asked) == (["theirs"], 0)


def test_only_the_token_that_was_refused_is_dropped_from_the_store():
    store = MemoryTokens()
    store.put("a", Token("new", 1e12))
    store.drop("a", "old")
    assert store.get("a") == Token("new", 1e12)
    store.drop("a", "new")
    assert store.get("a") is None


def test_a_token_does_not_print_itself():
    assert "hush" not in repr(Token("hush", 1.0))
