import pytest

from bot.wecom.limits import Fault, fault_of, is_permanent


@pytest.mark.parametrize(
    ("errcode", "fault", "permanent"),
    [
        (-1, Fault.BUSY, False),
        (-2, Fault.NO_ANSWER, False),
        (40001, Fault.CREDENTIAL, False),
        (40014, Fault.REFRESH, False),
        (42001, Fault.REFRESH, False),
        (45009, Fault.WAIT_WINDOW, False),
        (45033, Fault.SLOW_DOWN, False),
        (40003, Fault.BAD_RECIPIENT, True),
        (60011, Fault.BAD_RECIPIENT, True),
        (81013, Fault.BAD_RECIPIENT, True),
        (40007, Fault.BAD_MEDIA, True),
        (45002, Fault.TOO_LONG, True),
        (60020, Fault.CONFIG, False),
        (93004, Fault.CONFIG, False),
        (50003, Fault.CORP_GONE, False),
        (44004, Fault.CODE, True),
        (40029, Fault.LOGIN, True),
        (123456, Fault.UNKNOWN, False),
    ],
)
def test_each_errcode_asks_for_what_the_platforms_page_says(errcode, fault, permanent):
    assert (fault_of(errcode), is_permanent(errcode)) == (fault, permanent)
