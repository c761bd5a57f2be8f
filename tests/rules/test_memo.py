from rules.memo import Memo


def test_what_was_put_is_known_and_nothing_else():
    memo: Memo[int] = Memo(2)
    memo.put("a", 1)
    assert (memo.get("a"), memo.get("b")) == (1, None)


def test_what_was_not_asked_for_longest_goes_first():
    memo: Memo[int] = Memo(2)
    memo.put("a", 1)
    memo.put("b", 2)
    memo.get("a")
    memo.put("c", 3)
    assert [memo.get(key) for key in "abc"] == [1, None, 3]
