"""`python -m bot seed`."""

import pytest

SMALL = ("--cases", "20", "--providers", "3", "--deliveries", "100", "--questions", "10")


def test_it_says_what_it_made_and_how_to_look_at_it(bot):
    done = bot("seed", *SMALL)
    assert done.status == 0
    assert "operators link staff1" in done.out
    again = bot("seed", *SMALL)
    assert again.status == 1
    assert "空的数据库" in again.err


def test_it_never_touches_a_house_that_talks_to_wecom(bot, monkeypatch):
    monkeypatch.setenv("WECOM_API_BASE", "https://qyapi.weixin.qq.com")
    assert "WECOM_API_BASE 指向企业微信" in bot("seed", *SMALL).err


@pytest.mark.parametrize("number", ["-1", "x", "10000001"])
def test_a_number_that_is_none_is_refused(bot, number):
    with pytest.raises(SystemExit):
        bot("seed", "--cases", number)
